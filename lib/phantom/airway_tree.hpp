#pragma once
#include <cstdint>
#include <vector>

#include "data/tree.hpp"
#include "geometry/matrix.hpp"

/// Seeded trees with the proportions of human airways and vessels, in LPS millimetres.
namespace snitt::phantom {

struct AirwayTreeSettings {
  std::uint64_t seed = 1;
  double trachea_radius_mm = 8.5;
  double trachea_length_mm = 110;
  double smallest_radius_mm = 1;  ///< nothing thinner is grown
  double node_spacing_mm = 1;     ///< largest distance of neighbouring nodes
  /// Of the whole body: 0.5 makes a small animal with the same proportions, for quick tests. The radii above
  /// are those at scale 1.
  double scale = 1;
};

/// A lung: the ellipsoid that its airways stay in.
struct LungEllipsoid {
  Vec3 center_mm;
  Vec3 half_size_mm;
  /// Below 1 inside, 1 on the surface.
  double level(Vec3 point_mm) const;
};

struct AirwayTree {
  Tree tree;            ///< carina at the origin, trachea up (+z), left main bronchus towards +x
  LungEllipsoid right;  ///< at negative x
  LungEllipsoid left;
};

/// Trachea, main and lobar bronchi with the sizes and angles of adults (Horsfield et al. 1971, J Appl Physiol
/// 31:207; Weibel 1963), each varied by the seed by some per cent and degrees, and below them a tree that
/// fills the lobes (GrowingTree). Labels: trachea, right main bronchus, left main bronchus, right upper lobe
/// bronchus, intermediate bronchus, right middle lobe bronchus, right lower lobe bronchus, left upper lobe
/// bronchus, left lower lobe bronchus; "" below. Radii are those of the lumen. Throws UsageError for sizes
/// that are not positive, or when the smallest radius is above a quarter of the trachea's.
AirwayTree airway_tree(const AirwayTreeSettings& settings);

struct VesselTreeSettings {
  std::uint64_t seed = 1;
  double root_radius_mm = 2.5;
  double smallest_radius_mm = 0.6;
  double node_spacing_mm = 0.5;
  Vec3 half_size_mm{40, 40, 40};  ///< of the ellipsoid around the origin that is supplied
  double bow = 0.08;              ///< tortuosity: how far a vessel bends aside, as share of its length
};

/// One artery that enters the ellipsoid from below (-z) and branches by Murray's law. Throws UsageError for
/// sizes that are not positive or a smallest radius above the root's.
Tree vessel_tree(const VesselTreeSettings& settings);

}  // namespace snitt::phantom
