#pragma once
#include <array>
#include <span>
#include <vector>

#include "calibration/wire_labelling.hpp"
#include "geometry/matrix.hpp"

/// Probe calibration with an N-wire phantom: equations and errors. The path of PLUS and of Chen et al. 2009
/// (doi:10.1016/j.ultrasmedbio.2008.12.003, N-wires and closed form).
namespace snitt::calibration {

/// One segmented frame with its tracked pose.
struct WireFrame {
  std::size_t frame = 0;  ///< in the recording
  Matrix4 probe_to_reference;
  Matrix4 earlier;  ///< the pose step_s before and after; used where a time lag is estimated
  Matrix4 later;
  double step_s = 0.02;
  std::vector<WirePoint> points;  ///< [wire]
};

/// A middle wire: its place in the image and, by its share of the distance between the outer wires, in space.
struct MiddlePoint {
  std::size_t frame = 0;  ///< index into the frames given
  std::size_t wire = 0;
  double u = 0;
  double v = 0;
  Vec3 probe_mm;
};
std::vector<MiddlePoint> middle_points(std::span<const WireFrame> frames, const WireModel& model,
                                       const Matrix4& phantom_to_reference);

struct LinearSolution {
  Matrix4 image_to_probe;  ///< third column: normal of the image, its length the mean of the other two
  std::vector<std::array<bool, 3>> used;  ///< [point, x y z]: equations that were kept
  std::size_t left_out = 0;               ///< points with at least one equation left out
};

/// Least squares for each coordinate of the probe's frame, leaving out equations whose residual lies 3
/// standard deviations or more from the mean until none does. Throws ComputationError for fewer than 10
/// frames, fewer than 9 equations left, and points that lie on a line of the image.
LinearSolution solve_linear(std::span<const MiddlePoint> points);

/// Distances |ImageToProbe · (u, v, 0) - probe_mm|, [point].
std::vector<double> errors_3d_mm(std::span<const MiddlePoint> points, const Matrix4& image_to_probe);

/// Mean and standard deviation (n) of the best 95 % of errors, as PLUS reports them, and of all.
struct ErrorStatistics {
  double mean95 = 0;
  double deviation95 = 0;
  double mean = 0;
  double median = 0;
  double rms = 0;
  double largest = 0;
  std::size_t count = 0;
};
ErrorStatistics error_statistics(std::vector<double> errors);

/// Where a wire pierces the image plane, in pixels. Nothing when it runs along the plane.
struct ImagePoint {
  double u = 0;
  double v = 0;
};
std::optional<ImagePoint> wire_in_image(const PhantomWire& wire, const Matrix4& phantom_to_image);

}  // namespace snitt::calibration
