#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "statistics/bootstrap.hpp"

/// Areas under curves from readers' scores.
namespace snitt::statistics {

/// P(second > first) + P(second = first) / 2 over all pairs.
double area_between(std::span<const double> first, std::span<const double> second);

/// Scores of one condition; the same case may be scored by many readers, several times.
struct Rating {
  std::uint32_t reader = 0;
  std::uint32_t case_number = 0;
  bool test = false;  ///< else of the reference condition
  double score = 0;
};

struct VisualGrading {
  std::vector<double> area;        ///< [reader]: AUC_VGC; NaN for one without scores in both conditions
  std::vector<Interval> interval;  ///< [reader]
  double mean_area = 0;            ///< of the readers
  Interval fixed_readers;          ///< cases redrawn: holds for these readers
  Interval random_readers;         ///< cases and readers redrawn: for readers like these
};
/// Visual grading characteristics (Båth and Månsson 2007): more than 0.5 means the test condition scores
/// higher. Cases that stand in both conditions are redrawn together; 95 % percentile intervals.
VisualGrading visual_grading(std::span<const Rating> ratings, std::size_t readers, std::size_t cases,
                             std::size_t replicates, std::uint64_t seed);

/// Scores of a fully crossed study: every reader scores every case with every modality.
struct ReaderStudy {
  std::size_t modalities = 0;
  std::size_t readers = 0;
  std::vector<std::uint8_t> diseased;  ///< [case]
  std::vector<double> score;           ///< [modality, reader, case]: higher means more suspicious
  double at(std::size_t modality, std::size_t reader, std::size_t number) const {
    return score[(modality * readers + reader) * diseased.size() + number];
  }
};

struct AreaEstimate {
  double value = 0;
  double error = 0;
  double degrees = 0;
  double low = 0;  ///< 95 %
  double high = 0;
  double p = 1;  ///< of no difference; of 0.5 for an area
};
struct ReaderStudyResult {
  std::vector<double> area;             ///< [modality, reader]
  std::vector<double> area_error;       ///< [modality, reader]: by DeLong, cases random
  std::vector<AreaEstimate> mean_area;  ///< [modality]: readers and cases random
  double f = 0;                         ///< of no difference between modalities
  double degrees_between = 0;
  double degrees_within = 0;
  double p = 1;
  struct Difference {
    std::size_t first = 0;
    std::size_t second = 0;
    AreaEstimate estimate;  ///< area of the first minus that of the second
  };
  std::vector<Difference> differences;
  double variance = 0;  ///< of one area, with cases random
  /// Covariances of areas: same reader, same modality, neither.
  double same_reader = 0;
  double same_modality = 0;
  double neither = 0;
};
/// Multi-reader multi-case comparison of areas under ROC curves: Obuchowski and Rockette 1995 with DeLong's
/// covariances and the degrees of freedom of Hillis 2007; readers and cases are random. Throws
/// ComputationError without two readers, and cases of both kinds.
ReaderStudyResult compare_readers(const ReaderStudy& study);

}  // namespace snitt::statistics
