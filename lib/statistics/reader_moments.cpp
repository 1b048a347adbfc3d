#include "statistics/reader_moments.hpp"

#include <cmath>
#include <functional>

#include "base/error.hpp"

namespace snitt::statistics {
namespace {

/// Sums of the kernel over readers r, healthy cases i and diseased cases j that the eight moments are made
/// of. "pairs" are products of two kernel values that share what the name says, themselves included.
struct KernelSums {
  double all = 0;       ///< sum over r, i, j
  double same = 0;      ///< same r, i, j: squares
  double same_r_i = 0;  ///< sum over r, i of (sum over j)^2
  double same_r_j = 0;
  double same_r = 0;
  double same_i_j = 0;  ///< sum over i, j of (sum over r)^2
  double same_i = 0;
  double same_j = 0;
};

using Kernel = std::function<double(std::size_t reader, std::size_t healthy, std::size_t diseased)>;

KernelSums kernel_sums(const Kernel& kernel, std::size_t readers, std::size_t healthy, std::size_t diseased) {
  KernelSums sums;
  std::vector<double> of_pair(healthy * diseased, 0);
  std::vector<double> of_healthy(healthy, 0);
  std::vector<double> of_diseased(diseased, 0);
  for (std::size_t r = 0; r < readers; ++r) {
    std::vector<double> row(healthy, 0);
    std::vector<double> column(diseased, 0);
    double total = 0;
    for (std::size_t i = 0; i < healthy; ++i)
      for (std::size_t j = 0; j < diseased; ++j) {
        const double value = kernel(r, i, j);
        row[i] += value;
        column[j] += value;
        total += value;
        sums.same += value * value;
        of_pair[i * diseased + j] += value;
      }
    for (std::size_t i = 0; i < healthy; ++i) {
      sums.same_r_i += row[i] * row[i];
      of_healthy[i] += row[i];
    }
    for (std::size_t j = 0; j < diseased; ++j) {
      sums.same_r_j += column[j] * column[j];
      of_diseased[j] += column[j];
    }
    sums.same_r += total * total;
    sums.all += total;
  }
  for (const double v : of_pair) sums.same_i_j += v * v;
  for (const double v : of_healthy) sums.same_i += v * v;
  for (const double v : of_diseased) sums.same_j += v * v;
  return sums;
}

/// Gallas 2006, equations 16 to 23: the mean of products over distinct indices, by inclusion and exclusion,
/// weighted by how often each kind of pair stands in the square of the mean.
ReaderMoments moments(const Kernel& kernel, std::size_t readers, std::size_t healthy, std::size_t diseased) {
  const KernelSums s = kernel_sums(kernel, readers, healthy, diseased);
  const auto r = static_cast<double>(readers);
  const auto n0 = static_cast<double>(healthy);
  const auto n1 = static_cast<double>(diseased);
  const double n = r * n0 * n1;
  // Sums of products over pairs that share exactly what is named.
  const double m1 = s.same;
  const double m2 = s.same_r_j - s.same;                               // another healthy case
  const double m3 = s.same_r_i - s.same;                               // another diseased case
  const double m4 = s.same_r - s.same_r_j - s.same_r_i + s.same;       // both others
  const double m5 = s.same_i_j - s.same;                               // another reader
  const double m6 = s.same_j - s.same_r_j - s.same_i_j + s.same;       // reader and healthy case others
  const double m7 = s.same_i - s.same_r_i - s.same_i_j + s.same;       // reader and diseased case others
  const double m8 = s.all * s.all - m1 - m2 - m3 - m4 - m5 - m6 - m7;  // all three others
  const double mean = s.all / n;
  // E[mean^2] is (m1 + … + m8) / n^2; the square of its expectation is estimated by m8's own mean.
  const double square_of_expectation = m8 / (n * (r - 1) * (n0 - 1) * (n1 - 1));
  return {mean, mean * mean - square_of_expectation};
}

ReaderMoments moments_of(const ReaderStudy& study,
                         const std::function<double(std::size_t, std::size_t, std::size_t)>& success) {
  std::vector<std::size_t> healthy;
  std::vector<std::size_t> diseased;
  for (std::size_t c = 0; c < study.diseased.size(); ++c)
    (study.diseased[c] ? diseased : healthy).push_back(c);
  if (study.readers < 2 || healthy.size() < 2 || diseased.size() < 2)
    throw ComputationError(
        "{} readers, {} healthy and {} diseased cases: expected two or more of each for the variance",
        study.readers, healthy.size(), diseased.size());
  return moments(
      [&](std::size_t r, std::size_t i, std::size_t j) { return success(r, healthy[i], diseased[j]); },
      study.readers, healthy.size(), diseased.size());
}

double success(const ReaderStudy& study, std::size_t modality, std::size_t r, std::size_t i, std::size_t j) {
  const double healthy = study.at(modality, r, i);
  const double diseased = study.at(modality, r, j);
  return diseased > healthy ? 1 : diseased == healthy ? 0.5 : 0;
}

}  // namespace

ReaderMoments area_moments(const ReaderStudy& study, std::size_t modality) {
  return moments_of(
      study, [&](std::size_t r, std::size_t i, std::size_t j) { return success(study, modality, r, i, j); });
}

ReaderMoments difference_moments(const ReaderStudy& study, std::size_t first, std::size_t second) {
  return moments_of(study, [&](std::size_t r, std::size_t i, std::size_t j) {
    return success(study, first, r, i, j) - success(study, second, r, i, j);
  });
}

}  // namespace snitt::statistics
