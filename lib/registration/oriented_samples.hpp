#pragma once
#include <cstdint>
#include <vector>

#include "data/point_set.hpp"
#include "data/tree.hpp"
#include "geometry/matrix.hpp"

/// Center lines as what registration compares: places with the direction of the line and its radius.
namespace snitt::registration {

struct OrientedSample {
  Vec3 position_mm;
  Vec3 direction;          ///< unit vector along the line; of a tree away from the root, else of either sense
  double radius_mm = 0;    ///< NaN where not known
  std::int32_t line = -1;  ///< samples of one line (branch, stretch of a path) follow each other
  friend bool operator==(const OrientedSample&, const OrientedSample&) = default;
};

using OrientedSamples = std::vector<OrientedSample>;

/// At equal steps of about `spacing_mm` along every branch, both its ends too; directions are chords over
/// `chord_mm`, which smooths the stairs of voxels. Loops are lines of their own.
OrientedSamples sample_tree(const Tree& tree, double spacing_mm, double chord_mm);

/// Points of center lines in no order, thinned until neighbors are `spacing_mm` apart; directions are the
/// principal ones of the points within `chord_mm` (or of the nearest six), radii not known.
OrientedSamples sample_points(const PointSet& set, double spacing_mm, double chord_mm);

/// Every so manieth sample, so that at most `most` remain; in their order.
OrientedSamples thinned(const OrientedSamples& samples, std::size_t most);

/// How many balls of this radius about samples it takes, greedily, to hold all of them: the size of a set
/// that neither noise along its lines nor their sampling changes much.
std::size_t covering_balls(const OrientedSamples& samples, double radius_mm);

/// Mean position and root mean square distance from it.
struct SampleExtent {
  Vec3 center_mm;
  double radius_mm = 0;
};
SampleExtent extent_of(const OrientedSamples& samples);

}  // namespace snitt::registration
