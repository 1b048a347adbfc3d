#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "data/frames.hpp"
#include "phantom/scene.hpp"
#include "phantom/trajectory.hpp"

namespace snitt::phantom {

/// How poses are measured. Frames "Image", "Probe", "Tracker" and "Reference", as PLUS names them.
struct TrackerSettings {
  std::optional<double>
      rate_hz;  ///< a clock of its own, from 0.5 s before to 0.5 s after the frames; else one pose per frame
  double lag_s = 0;  ///< a sample stamped t shows the pose of t - lag: add the lag to the frame's time
  double position_noise_mm = 0;  ///< standard deviation per axis, of the probe only
  double angle_noise_deg = 0;    ///< standard deviation about each axis, of the probe only
  double invalid_fraction = 0;   ///< of the probe's poses, at random: status INVALID, identity matrix
  double dropped_fraction =
      0;  ///< of the probe's poses, at random: absent on a clock of its own, else MISSING, identity
  std::vector<std::size_t> invalid_samples;  ///< these too
  double reference_drift_mm =
      4;  ///< amplitude of the slow motion of the reference marker in the tracker's space
  double reference_drift_deg = 3;
};

/// Image sector with its apex on the middle line of the image; pixels outside are 0.
struct Sector {
  double apex_mm = -10;  ///< depth of the apex, negative above the image
  double half_angle_deg = 35;
  double start_mm = 12;  ///< distances from the apex
  double stop_mm = 55;
};

struct SweepSettings {
  TrajectorySettings path;  ///< duration and depth are filled in from the values below
  std::size_t frames = 200;
  double frame_rate_hz = 20;
  std::size_t columns = 400;
  std::size_t rows = 400;
  double pixel_size_mm = 0.1;
  std::optional<double> pixel_height_mm;  ///< distance of rows, if not that of columns
  bool flip_columns = false;              ///< columns from right to left: a recording in UF called MF
  bool flip_rows = false;                 ///< rows from the bottom up: MN called MF
  /// Standard deviations (mm) along the image's rows, along its columns and across it, of the Gaussian that
  /// a point is seen as. With it every line and blob of the scene is seen as an infinitely thin one, and
  /// drawn after the other objects; its own width is not used.
  std::optional<Vec3> point_spread_mm;
  PixelFormat format;  ///< u8, u16 or f32; 3 components are the grey value times 1, 0.75 and 0.5
  double gain = 1;     ///< pixel = gain * value, rounded to nearest and clamped for whole types
  double noise = 0;    ///< standard deviation of pixel noise, in scene values; bounded by 3.46 of it
  std::optional<Sector> sector;
  TrackerSettings tracker;
  bool hide_calibration = false;           ///< leave ImageToProbe out of the recording
  std::vector<StaticTransform> constants;  ///< transforms that the recording has besides
  std::uint64_t seed = 1;
};

/// Path with one sweep over the scene's region: its centre, depth and length (tilt and rotation keep their
/// angle).
TrajectorySettings path_over(const Scene& scene, Motion motion);

/// A recording that is computed when it is read. Frames in any order, parallel over rows, the same bytes for
/// any order and number of threads. Memory: poses (about 300 bytes a frame), one row per thread.
class SweepSource : public FrameSource {
 public:
  /// Throws UsageError for settings out of range, InputError for an impossible scene.
  SweepSource(Scene scene, const SweepSettings& settings);
  ~SweepSource() override;

  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override;

  /// The true pose of each frame, whatever the tracker said: pixels (u, v, 0) to mm in Reference.
  Matrix4 image_to_reference(std::size_t frame) const;
  /// The calibration of the recording: pixels to mm at the probe's marker.
  const Matrix4& image_to_probe() const { return image_to_probe_; }

 private:
  struct Renderer;
  struct View;
  View view_of(std::size_t frame) const;
  Scene scene_;
  SweepSettings settings_;
  Trajectory trajectory_;
  Matrix4 image_to_plane_;
  Matrix4 image_to_probe_;
  Frames frames_;
  std::unique_ptr<Renderer> renderer_;
};

}  // namespace snitt::phantom
