#pragma once
#include <vector>

#include "reconstruction/hole_filling_kernels.hpp"

namespace snitt::reconstruction {

/// The holes (bits of a group) whose stick along `direction` ends `forward` steps ahead and level.steps -
/// forward behind.
struct StickMatch {
  std::size_t level;
  std::size_t direction;
  int forward;
  Group holes;
};

/// Looks for the sticks of 512 holes at once. Reused from group to group, so that nothing is allocated.
class StickSearch {
 public:
  /// Matches in the order in which their values are to be summed: by preference, then direction.
  const std::vector<StickMatch>& find(const StickTable& table, const KnownMask& known, GroupPosition at,
                                      const Group& wanted);

 private:
  std::vector<StickMatch> matches_;
};

}  // namespace snitt::reconstruction
