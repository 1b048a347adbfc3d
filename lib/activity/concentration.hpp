#pragma once
#include <cstdint>
#include <vector>

/// How unevenly examinations come from referrers.
namespace snitt::activity {

/// Referrers' numbers, sorted, and what their curve says. Referrers without examinations are not known and
/// not in it.
class Concentration {
 public:
  explicit Concentration(std::vector<std::uint64_t> counts);
  std::size_t referrers() const { return sum_.size(); }
  std::uint64_t examinations() const { return sum_.empty() ? 0 : sum_.back(); }
  /// Σ (2i - n - 1) x_i / (n Σ x), i from the smallest: 0 when all refer as many, near 1 when one refers all.
  double gini() const;
  /// Share of examinations that the `share` of referrers with most of them has; linear inside a referrer.
  double top(double share) const;
  /// Share of examinations of the `share` of referrers with fewest: Lorenz' curve.
  double lorenz(double share) const { return 1 - top(1 - share); }
  /// Smallest share of referrers that has `share` of the examinations.
  double referrers_of(double share) const;

 private:
  std::vector<std::uint64_t> sum_;  ///< cumulative, from the largest
};

}  // namespace snitt::activity
