#pragma once
#include <cstddef>
#include <vector>

namespace snitt::activity {

/// The end of a table's time when some years in it may be mistyped: one row of 2099 must not become the
/// extract date, or the end of everybody's follow-up.
class LatestMoments {
 public:
  /// Of a table of `rows`, each with up to `per_row` moments: one row in 200, and always one, may be wrong.
  explicit LatestMoments(std::size_t rows, std::size_t per_row = 1);

  /// In any order; NaN is passed over.
  void add(double moment_s);
  /// The latest; -infinity without any.
  double latest() const { return latest_; }
  /// The latest before the first gap among the last few that is longer than 60 days and ten times what usually
  /// lies between two. The latest where there is no such gap, or fewer than 20 rows.
  double plausible() const;

 private:
  std::size_t kept_;
  std::size_t least_;
  std::size_t number_ = 0;
  double first_, latest_;
  std::vector<double> heap_;  ///< the last `kept_`, the earliest in front
};

}  // namespace snitt::activity
