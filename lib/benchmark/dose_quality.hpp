#pragma once
#include <optional>
#include <string>
#include <vector>

#include "benchmark/dose_levels.hpp"
#include "benchmark/exam_data.hpp"

/// Dose against image quality, and the dose that suffices for a quality.
namespace snitt::benchmark {

/// What noise is to dose to the power -1/2 and detectability to the power 1/2, where images are reconstructed
/// by filtered back-projection. Iterative and learned reconstruction break that law: then the exponent is to
/// be fitted.
double physical_exponent(Measure quality);

struct ExponentFit {
  double value = 0;  ///< of dose: quality ~ dose^value inside groups, at equal size
  double error = 0;
  double low = 0;  ///< 95 %
  double high = 0;
  bool with_size = false;
  double rows = 0;
};
/// log quality = group + exponent log dose + slope size, least squares inside groups, from the groups' sums.
/// Nothing without enough rows or spread.
std::optional<ExponentFit> fit_exponent(const Exam& exam, Measure quality);

struct Recommendation {
  Measure quality = Measure::noise;
  double target = 0;
  double exponent = 0;  ///< that was used
  bool exponent_is_fitted = false;
  std::optional<ExponentFit> fit;
  std::vector<double> quality_median;  ///< [group]
  std::vector<double> merit_median;    ///< [group]
  std::vector<Interval> by_law;        ///< [group]: dose for the target by the physical exponent
  std::vector<Interval> dose;          ///< [group]: by the exponent used
  Interval middle;     ///< median of the groups' doses: what suffices for the group in the middle
  Interval efficient;  ///< their 25th percentile: what the better quarter needs
};
/// D (q / target)^(-1 / exponent) with the medians D and q of each group. `target` not given: the median of
/// the groups' medians. `exponent` not given: the fitted one when its interval is narrower than half of the
/// law's, else the law's. Nothing when fewer than one group has both measures.
std::optional<Recommendation> recommend(const Exam& exam, Measure quality, std::optional<double> target,
                                        std::optional<double> exponent, const Resampling& resampling);

}  // namespace snitt::benchmark
