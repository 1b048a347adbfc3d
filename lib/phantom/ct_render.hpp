#pragma once
#include <cstddef>
#include <memory>
#include <span>

#include "phantom/ct_scene.hpp"

namespace snitt::phantom {

/// How the phantom lies in the scanner. The columns' direction is X, the rows' Y, from feet to head Z; at
/// Z = 0 its axis is at `offset`, and the phantom's z is `pivot_z_mm` there. First its x is turned over when
/// mirrored, then it rolls (X towards Y), then its axis is tilted towards `tilt_direction_deg` (X towards Y).
struct CtPose {
  double offset_x_mm = 0, offset_y_mm = 0;
  double pivot_z_mm = 0;
  double roll_deg = 0;
  double tilt_deg = 0, tilt_direction_deg = 0;
  bool is_mirrored = false;
  bool is_reversed = false;  ///< the phantom's z falls as Z grows
};

/// x, y, z of the phantom's frame for X, Y, Z of the scanner's, and back.
struct CtFrame {
  double to_phantom[3][4]{};
  double to_scanner[3][4]{};
};
CtFrame ct_frame(const CtPose& pose);

/// Pixels of a slice: that of column c is at X = (c - (columns - 1) / 2) * pixel + center.
struct CtPixels {
  std::size_t rows = 512, columns = 512;
  double pixel_mm = 0.5;
  double center_x_mm = 0, center_y_mm = 0;
};

/// Draws slices of a scene. The blur is that of the scanner's plane and z; under a tilt it is turned with the
/// phantom, which at 3 deg widens an edge by 1 % in slices of 5 mm.
class CtRenderer {
 public:
  CtRenderer(CtScene scene, const CtBlur& blur, const SliceProfile& slice, const CtPose& pose,
             const CtPixels& pixels);
  ~CtRenderer();
  CtRenderer(const CtRenderer&) = delete;
  CtRenderer& operator=(const CtRenderer&) = delete;
  /// The slice at Z, [row, column], in HU, air where nothing is. May be called from any thread.
  void slice(double scanner_z_mm, std::span<float> hu) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::phantom
