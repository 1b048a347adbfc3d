#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

/// Resampling with numbers that are pure functions of (seed, stream, replicate, draw).
namespace snitt::statistics {

/// A number for a name, so that a group draws the same patients whatever groups are beside it.
std::uint64_t stream_of(std::string_view name);

/// Draws the patients of one group with replacement; rows of one patient are drawn together.
class ClusterBootstrap {
 public:
  /// Every row its own patient.
  explicit ClusterBootstrap(std::size_t rows);
  /// `cluster` [row]: any number per patient.
  explicit ClusterBootstrap(std::span<const std::uint64_t> cluster);

  std::size_t rows() const { return rows_; }
  std::size_t clusters() const { return clusters_; }
  /// How often each row [row] was drawn.
  void draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t replicate,
            std::span<std::uint32_t> counts) const;
  /// Every row once, but those of one patient.
  void leave_out(std::size_t cluster, std::span<std::uint32_t> counts) const;

 private:
  std::size_t rows_ = 0;
  std::size_t clusters_ = 0;
  std::vector<std::uint32_t> row_;    ///< rows in the order of their clusters
  std::vector<std::uint32_t> start_;  ///< [cluster + 1]
};

/// Values with the order that sorts them, for many quantiles of redrawn rows. NaN are passed over.
class RedrawnQuantiles {
 public:
  explicit RedrawnQuantiles(std::span<const double> values);
  /// Quantile of type 7 of the values, the one of row i `counts[i]` times; NaN when none was drawn.
  double quantile(std::span<const std::uint32_t> counts, double share) const;

 private:
  std::vector<double> sorted_;
  std::vector<std::uint32_t> row_;
};

/// [statistic, replicate]: what `compute` writes, for replicates 0 to count - 1, in parallel.
std::vector<std::vector<double>> replicate(
    std::size_t count, std::size_t statistics,
    const std::function<void(std::uint64_t replicate, std::span<double> statistics)>& compute);

struct Interval {
  double low = 0;
  double high = 0;
};

/// Between the quantiles of the replicates (type 7); NaN replicates are passed over.
Interval percentile_interval(std::span<const double> replicates, double confidence);

/// Bias-corrected and accelerated (Efron 1987), with the acceleration of several samples (Davison and Hinkley
/// 1997, section 5.3.2): `left_out` holds one vector per group, the estimate without each of its patients.
Interval bca_interval(std::span<const double> replicates, double estimate,
                      const std::vector<std::vector<double>>& left_out, double confidence);

}  // namespace snitt::statistics
