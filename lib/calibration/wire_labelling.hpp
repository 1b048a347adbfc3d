#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calibration/dot_detection.hpp"
#include "data/phantom_definition.hpp"

/// Which dot of an image belongs to which wire of an N-wire phantom.
namespace snitt::calibration {

/// How an image lies relative to what its recording says (MF: the first wire of a pattern on the side of
/// larger u, the first pattern nearest to the probe, at small v).
enum class ImageTurn { as_recorded, mirrored, upside_down, turned };
constexpr std::array<ImageTurn, 4> all_turns{ImageTurn::as_recorded, ImageTurn::mirrored,
                                             ImageTurn::upside_down, ImageTurn::turned};
/// "as recorded", "mirrored left to right", "mirrored top to bottom", "turned by 180 degrees".
std::string describe(ImageTurn turn);

/// An N as a section across its wires shows it, in the phantom's lateral direction (from the first to the
/// third wire), along its outer wires, and across its plane.
struct PatternGeometry {
  double width_mm = 0;          ///< distance of the outer wires
  double lateral_mm = 0;        ///< position of their middle
  double level_mm = 0;          ///< position across the planes of the Ns, rising from the first pattern on
  std::array<Vec3, 2> ends_mm;  ///< closest approach of the middle wire to the first and to the third
};

/// What labelling needs to know of a phantom.
struct WireModel {
  std::vector<WirePattern> patterns;
  std::vector<PatternGeometry> geometry;  ///< [pattern]
  Vec3 lateral;                           ///< unit vectors in phantom coordinates
  Vec3 along;
  Vec3 level;
  bool one_level = false;  ///< all Ns side by side: top and bottom of an image cannot be told apart

  std::size_t wires() const { return 3 * patterns.size(); }
  const PhantomWire& wire(std::size_t index) const { return patterns[index / 3].wires[index % 3]; }
  /// A wire's place where the plane "along = 0" through the phantom's origin cuts it, as (lateral, level).
  std::array<double, 2> section(std::size_t wire) const;
};

/// Throws InputError for a phantom without N-wire patterns, and for patterns that are not parallel to each
/// other within 5 degrees. `origin` begins the message.
WireModel wire_model(const PhantomDefinition& phantom, const std::string& origin);

struct LabellingSettings {
  double pixel_size_mm = 0;      ///< approximate
  double width_error_mm = 4;     ///< of the distance of the outer wires in the image
  double collinear_mm = 0.6;     ///< distance of the middle dot from the line of the outer ones
  double steepest_deg = 70;      ///< of the Ns in the image, from the direction of u
  double angle_error_deg = 10;   ///< between the Ns
  double distance_error = 0.1;   ///< of the distances between Ns, as a share
  double lateral_error_mm = 10;  ///< of their positions along the Ns
  double misfit_mm = 1.0;        ///< RMS distance between the dots and the best affine section of the phantom
};

enum class SegmentationStatus {
  ok,
  image_invalid,   ///< the recording says so
  no_dots,         ///< nothing bright and small enough
  too_few_dots,    ///< fewer than there are wires
  no_pattern,      ///< no three dots in line with the width of a pattern
  no_arrangement,  ///< patterns, but not lying to each other as in the phantom
  inconsistent,    ///< an arrangement that no plane through the phantom gives
};
/// "ok", "image-invalid", "no-dots", …: the words of the per-frame table.
std::string name_of(SegmentationStatus status);
/// A sentence for a person: what is wrong and what usually helps.
std::string describe(SegmentationStatus status);

struct WirePoint {
  double u = 0;
  double v = 0;
  double strength = 0;
};

struct Labelling {
  SegmentationStatus status = SegmentationStatus::no_dots;
  std::string detail;             ///< numbers behind the status
  std::vector<WirePoint> points;  ///< [wire], in the order of the patterns; empty unless ok
  double misfit_mm = 0;
};

/// The arrangement of dots with the largest strength that fits the phantom, as PLUS finds it (candidate lines
/// of three, then one line per pattern with the phantom's distances), for any number of Ns, also several on
/// one level, and only if a plane through the phantom can give it.
Labelling label_wires(std::span<const Dot> dots, const WireModel& model, const LabellingSettings& settings,
                      ImageTurn turn);

}  // namespace snitt::calibration
