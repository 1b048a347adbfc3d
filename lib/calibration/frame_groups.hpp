#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace snitt::calibration {

/// Neighbouring frames whose errors go together: twice the lag at which the correlation of the whitened
/// residuals [frame, dimension] of successive frames falls below 0.2, but leaving at least 20 groups.
std::size_t frames_per_group(std::span<const double> whitened, std::size_t dimension);

/// [frame]: the group of each, groups of `length` neighbours; a shorter rest joins the last one.
std::vector<std::size_t> groups_of(std::size_t frames, std::size_t length);

}  // namespace snitt::calibration
