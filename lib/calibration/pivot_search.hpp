#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "calibration/resting.hpp"
#include "calibration/tracked_poses.hpp"

/// The linear half of the pivot calibration: which tip rests, and when.
namespace snitt::calibration {

/// Motion of the marker's unit vectors over some poses: eigenvalues of the mean of (R_i - R̄)ᵀ(R_i - R̄), whose
/// roots say how far the least and most moved vector went (RMS).
struct RotationSpread {
  std::array<double, 3> chord_rms{};  ///< rising
  std::array<Vec3, 3> direction;      ///< in the marker's coordinates, of unit length
};

struct PivotGuess {
  Vec3 tip_mm;
  std::vector<Rest> rests;  ///< of that tip, over the poses
  double cost = 0;          ///< sum over poses of min(1, (distance from the rest / tolerance)²)
};

std::vector<Vec3> tip_path(const std::vector<Matrix4>& poses, Vec3 tip_mm);

/// Spread over groups of poses, each about its own mean.
RotationSpread rotation_spread(const std::vector<Matrix4>& poses,
                               const std::vector<std::vector<std::size_t>>& groups);

/// Tip that solves R_i p + t_i = c_g for all groups in the sense of least squares. Directions of the marker
/// that moved less than `least_chord` (RMS) are left at 0.
Vec3 solve_tip(const std::vector<Matrix4>& poses, const std::vector<std::vector<std::size_t>>& groups,
               double least_chord);

/// The tip that rests for most poses; nothing when none does.
std::optional<PivotGuess> search_pivot(const std::vector<Matrix4>& poses, double tolerance_mm,
                                       std::size_t minimum_poses, std::uint64_t seed);

std::vector<std::vector<std::size_t>> members_of(const std::vector<Rest>& rests);

}  // namespace snitt::calibration
