#pragma once
#include <array>
#include <string>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt {

/// A straight wire from the front to the back of a phantom, in phantom coordinates (mm).
struct PhantomWire {
  std::string name;
  Vec3 front_mm;
  Vec3 back_mm;
};

/// Wires that belong together: three that form an N (two outer ones and, between them in `wires`, the one
/// that runs across).
struct WirePattern {
  std::array<PhantomWire, 3> wires;
};

/// A point that can be touched with a stylus, or seen in an image (where two wires cross, a bead).
struct PhantomPoint {
  std::string name;
  Vec3 position_mm;
};

/// The plane through three points.
struct PhantomPlane {
  std::string name;
  Vec3 base_mm;
  Vec3 end1_mm;
  Vec3 end2_mm;
};

/// The straight line through two points.
struct PhantomLine {
  std::string name;
  Vec3 from_mm;
  Vec3 to_mm;
};

/// What is known of a calibration phantom, all in the coordinate frame "Phantom".
struct PhantomDefinition {
  std::string name;
  std::string version;
  std::string description;
  std::vector<WirePattern> patterns;    ///< Ns, in the order in which PLUS sorts them: from the probe down
  std::vector<PhantomPoint> points;     ///< seen in images: crossings of wires, beads
  std::vector<PhantomPoint> landmarks;  ///< touched with a stylus
  std::vector<PhantomPlane> planes;     ///< the stylus is moved on them
  std::vector<PhantomLine> lines;       ///< the stylus is moved along them
  std::vector<PhantomWire> wires;       ///< wires that belong to no N: parallel ones, those that cross
};

}  // namespace snitt
