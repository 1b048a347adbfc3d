#pragma once
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "calibration/target_frames.hpp"

/// The equations of a target that stands still in Reference, whatever it is.
namespace snitt::calibration {

/// Order of the parameters.
enum TargetParameter : std::size_t {
  target_rotation_x,  ///< rad, on top of the start, about the axes of the probe's frame
  target_rotation_y,
  target_rotation_z,
  target_translation_x,  ///< mm, of the pixel (0, 0) in the probe's frame
  target_translation_y,
  target_translation_z,
  target_pixel_u,  ///< mm
  target_pixel_v,
  target_place_1,  ///< point: x, y, z in Reference, mm; wall: two tilts (rad) and a distance (mm)
  target_place_2,
  target_place_3,
  target_lag,  ///< s
  target_parameters
};

/// Where the target is in Reference.
struct TargetPlace {
  Vec3 point_mm;  ///< the point, or a point of the wall
  Vec3 normal;    ///< of a wall, unit length
};

/// Where a refinement begins.
struct TargetStart {
  Matrix4 image_to_probe;  ///< as solve_linear gives it
  TargetPlace place;
};

/// Residuals of frames as functions of the parameters.
class TargetModel {
 public:
  TargetModel(std::span<const TargetFrame> frames, const TargetStart& start);
  virtual ~TargetModel() = default;
  TargetModel(const TargetModel&) = delete;
  TargetModel& operator=(const TargetModel&) = delete;

  const std::vector<double>& start() const { return start_; }
  /// About 1e-4 of a usual change of each parameter.
  virtual std::vector<double> steps() const = 0;
  /// By how many millimetres a unit of each parameter moves things in an image of this shape, roughly.
  virtual std::vector<double> reach_mm(const FrameShape& shape) const = 0;

  std::size_t frames() const { return frames_.size(); }
  const TargetFrame& frame(std::size_t i) const { return frames_[i]; }
  Matrix4 image_to_probe(std::span<const double> parameters) const;
  virtual TargetPlace place(std::span<const double> parameters) const = 0;

  /// Residuals per frame.
  virtual std::size_t dimension() const = 0;
  /// Millimetres, [dimension]; along u and v times a power of the pixel size over its start (see
  /// set_image_share).
  virtual void residual(std::size_t frame, std::span<const double> parameters,
                        std::span<double> out) const = 0;
  /// Which share of the residuals' variance along u and v comes from the image, the rest from the tracker.
  /// Measured places are factors of the pixel sizes: where all the error is the image's, millimetres would
  /// favour small pixels and pixels are the right measure; where all is the tracker's, the other way round.
  /// Orthogonal distance regression (Fuller 1987, Measurement error models) lies between, and to first order
  /// is the power `share` of the pixel size.
  void set_image_share(std::array<double, 2> share) { image_share_ = share; }
  /// Looks in the residuals for the errors that depend on the parameters in other ways; `deviation_mm`: of
  /// them all, [dimension].
  virtual void estimate_noise(std::span<const double> /*parameters*/, std::span<const std::size_t> /*frames*/,
                              std::span<const double> /*deviation_mm*/) {}
  /// Takes in each frame the strongest candidate that may be the target, else the nearest.
  virtual void select(std::span<const double> /*parameters*/) {}
  /// What was taken for the target, and where the target is expected in the image.
  struct Seen {
    std::vector<ImagePoint> measured;  ///< one for a point, two for a wall
    std::vector<ImagePoint> expected;  ///< nearest places
    std::vector<double> distance_mm;   ///< of the measured ones, placed in Reference, from the target
  };
  virtual Seen seen(std::size_t frame, std::span<const double> parameters) const = 0;

 protected:
  std::span<const TargetFrame> frames_;
  Matrix4 start_rotation_;
  std::vector<double> start_;
  std::array<double, 2> image_share_{0.5, 0.5};
};

/// A point: 3 residuals, along the image's rows, columns and normal.
class PointModel : public TargetModel {
 public:
  PointModel(std::span<const TargetFrame> frames, const TargetStart& start);
  std::vector<double> steps() const override;
  std::vector<double> reach_mm(const FrameShape& shape) const override;
  TargetPlace place(std::span<const double> parameters) const override;
  std::size_t dimension() const override { return 3; }
  void residual(std::size_t frame, std::span<const double> parameters, std::span<double> out) const override;
  void select(std::span<const double> parameters) override;
  Seen seen(std::size_t frame, std::span<const double> parameters) const override;

 private:
  std::vector<std::size_t> chosen_;  ///< [frame]: candidate
};

/// A wall: 2 residuals, the distance of the line's middle from it, and the line's angle against it times the
/// line's length at the start. An angle, because whatever turns the line (an error of the pose's angle or of
/// the image) moves its ends the less the smaller the pixels are taken to be: distances would shrink them.
class WallModel : public TargetModel {
 public:
  WallModel(std::span<const TargetFrame> frames, const TargetStart& start);
  std::vector<double> steps() const override;
  std::vector<double> reach_mm(const FrameShape& shape) const override;
  TargetPlace place(std::span<const double> parameters) const override;
  std::size_t dimension() const override { return 2; }
  void residual(std::size_t frame, std::span<const double> parameters, std::span<double> out) const override;
  void estimate_noise(std::span<const double> parameters, std::span<const std::size_t> frames,
                      std::span<const double> deviation_mm) override;
  Seen seen(std::size_t frame, std::span<const double> parameters) const override;

 private:
  Vec3 base_;  ///< a point of the wall at the start, in the middle of what was seen
  Vec3 normal_;
  Vec3 first_;  ///< unit vectors along it
  Vec3 second_;
  /// Standard deviation of the poses' angles over that of the rest, 1/mm. An error of the angle moves a point
  /// the more the farther it lies from the marker, and so do the parameters: unless the residual is measured
  /// in its own deviation, the farther points would be drawn nearer.
  double turn_share_ = 0;
};

}  // namespace snitt::calibration
