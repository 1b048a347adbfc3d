#include "phantom/sweep.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "base/error.hpp"
#include "phantom/scene_kernel.hpp"
#include "phantom/sweep_kernel.hpp"
#include "phantom/tracking.hpp"

namespace snitt::phantom {
namespace {

void require(bool good, const char* what, double value, const char* expected) {
  if (!good) throw UsageError("{} is {}; expected {}", what, value, expected);
}

void check_settings(const SweepSettings& s) {
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  require(s.frames >= 1 && s.frames <= 100'000'000, "the number of frames", count(s.frames),
          "1 to 100000000");
  require(s.columns >= 1 && s.columns <= 65536, "the number of columns", count(s.columns), "1 to 65536");
  require(s.rows >= 1 && s.rows <= 65536, "the number of rows", count(s.rows), "1 to 65536");
  require(s.pixel_size_mm > 0 && std::isfinite(s.pixel_size_mm), "the pixel size in mm", s.pixel_size_mm,
          "more than 0");
  const double height_mm = s.pixel_height_mm.value_or(s.pixel_size_mm);
  require(height_mm > 0 && std::isfinite(height_mm), "the pixel height in mm", height_mm, "more than 0");
  if (s.point_spread_mm)
    for (std::size_t axis = 0; axis < 3; ++axis)
      require((*s.point_spread_mm)[axis] > 0 && std::isfinite((*s.point_spread_mm)[axis]),
              "the point spread in mm", (*s.point_spread_mm)[axis], "more than 0");
  require(s.frame_rate_hz > 0 && std::isfinite(s.frame_rate_hz), "the frame rate in Hz", s.frame_rate_hz,
          "more than 0");
  require(s.noise >= 0 && std::isfinite(s.noise), "the noise", s.noise, "0 or more");
  require(std::isfinite(s.gain), "the gain", s.gain, "a finite number");
  require(s.format.components == 1 || s.format.components == 3, "the number of components",
          count(s.format.components), "1 or 3");
  const TrackerSettings& t = s.tracker;
  if (t.rate_hz)
    require(*t.rate_hz > 0 && *t.rate_hz <= 1e5, "the tracker's rate in Hz", *t.rate_hz,
            "above 0, up to 100000");
  require(std::isfinite(t.lag_s), "the tracker's lag in s", t.lag_s, "a finite number");
  require(t.position_noise_mm >= 0, "the tracker's position noise in mm", t.position_noise_mm, "0 or more");
  require(t.angle_noise_deg >= 0, "the tracker's angle noise in degrees", t.angle_noise_deg, "0 or more");
  require(t.invalid_fraction >= 0 && t.invalid_fraction <= 1, "the fraction of invalid poses",
          t.invalid_fraction, "0 to 1");
  require(t.dropped_fraction >= 0 && t.dropped_fraction <= 1, "the fraction of dropped poses",
          t.dropped_fraction, "0 to 1");
}

/// Duration and depth follow from frames and rows; a single frame shows the middle of the sweep.
SweepSettings completed(SweepSettings s) {
  check_settings(s);
  s.path.depth_mm = static_cast<double>(s.rows - 1) * s.pixel_height_mm.value_or(s.pixel_size_mm);
  s.path.duration_s = static_cast<double>(std::max<std::size_t>(s.frames - 1, 1)) / s.frame_rate_hz;
  return s;
}

TrajectorySettings trajectory_of(const SweepSettings& s) {
  TrajectorySettings path = s.path;
  if (s.frames == 1) path.start_s -= 0.5 * path.duration_s;
  return path;
}

/// Pixels to mm in the image plane: x from the middle of the columns, y from the probe's face.
Matrix4 plane_of_image(const SweepSettings& s) {
  const double width_mm = s.pixel_size_mm;
  const double height_mm = s.pixel_height_mm.value_or(width_mm);
  const double last_row = static_cast<double>(s.rows - 1);
  Matrix4 plane;
  plane(0, 0) = s.flip_columns ? -width_mm : width_mm;
  plane(0, 3) = -0.5 * static_cast<double>(s.columns - 1) * plane(0, 0);
  plane(1, 1) = s.flip_rows ? -height_mm : height_mm;
  if (s.flip_rows) plane(1, 3) = last_row * height_mm;
  plane(2, 2) = 0.5 * (width_mm + height_mm);  // nothing is ever off the image; PLUS has the mean, too
  return plane;
}

std::vector<std::uint8_t> sector_mask(const SweepSettings& s, const Matrix4& image_to_plane) {
  std::vector<std::uint8_t> mask(s.rows * s.columns, 0);
  const double tangent = std::tan(s.sector->half_angle_deg * std::numbers::pi / 180);
  for (std::size_t v = 0; v < s.rows; ++v)
    for (std::size_t u = 0; u < s.columns; ++u) {
      const Vec3 p = transform_point(image_to_plane, {static_cast<double>(u), static_cast<double>(v), 0});
      const double x = p.x;
      const double y = p.y - s.sector->apex_mm;
      const double distance = std::hypot(x, y);
      const bool inside = y > 0 && std::abs(x) <= y * tangent && distance >= s.sector->start_mm &&
                          distance <= s.sector->stop_mm;
      mask[v * s.columns + u] = inside ? 1 : 0;
    }
  return mask;
}

/// Anisotropic scale that turns the point spread into a Gaussian of 1 in every direction.
Matrix4 sharpened(Vec3 spread_mm) {
  Matrix4 scale;
  for (std::size_t axis = 0; axis < 3; ++axis) scale(axis, axis) = 1 / spread_mm[axis];
  return scale;
}

/// Where an affine map takes a thin line or blob, seen there with a standard deviation of 1: a Gaussian
/// integrated along a line depends on nothing but the distance from it.
Object mapped(const Object& thin, const Matrix4& map) {
  const double half_length = thin.shape == Shape::line ? thin.half_size_mm.z : 0;
  const Vec3 along = half_length * thin.axes[2];
  const Vec3 from = transform_point(map, thin.center_mm - along);
  const Vec3 to = transform_point(map, thin.center_mm + along);
  Object object = half_length > 0 ? line(from, to, 1, thin.value) : blob(from, {1, 1, 1}, thin.value);
  object.blend = thin.blend;
  return object;
}

Touched either(Touched a, Touched b) {
  if (a.first >= a.last) return b;
  if (b.first >= b.last) return a;
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

}  // namespace

/// What every row needs and no row changes.
struct SweepSource::Renderer {
  std::vector<PreparedObject> objects;
  std::vector<Object> thin;               ///< lines and blobs that are seen through the point spread
  std::vector<std::byte> background_row;  ///< a row that meets no object, when all of them are the same
  bool constant_background = false;
};

TrajectorySettings path_over(const Scene& scene, Motion motion) {
  TrajectorySettings path;
  path.motion = motion;
  path.center_mm = scene.center_mm;
  path.travel_mm = scene.size_mm.z;
  return path;
}

SweepSource::SweepSource(Scene scene, const SweepSettings& settings)
    : scene_(std::move(scene)),
      settings_(completed(settings)),
      trajectory_(trajectory_of(settings_)),
      renderer_(std::make_unique<Renderer>()) {
  check(scene_, "scene '" + scene_.name + "'");
  image_to_plane_ = plane_of_image(settings_);
  image_to_probe_ = plane_to_probe() * image_to_plane_;

  frames_.count = settings_.frames;
  frames_.shape = {settings_.rows, settings_.columns, settings_.format};
  frames_.pixel_spacing_mm = {settings_.pixel_size_mm,
                              settings_.pixel_height_mm.value_or(settings_.pixel_size_mm)};
  frames_.time_s.resize(settings_.frames);
  for (std::size_t k = 0; k < settings_.frames; ++k)
    frames_.time_s[k] = settings_.path.start_s + static_cast<double>(k) / settings_.frame_rate_hz;
  frames_.image_status.assign(settings_.frames, Status::ok);
  frames_.tracked = track(trajectory_, settings_, frames_.time_s);
  frames_.constant = settings_.constants;
  if (!settings_.hide_calibration)
    frames_.constant.insert(frames_.constant.begin(), {{"Image", "Probe"}, image_to_probe_});
  if (settings_.sector) frames_.mask = sector_mask(settings_, image_to_plane_);

  for (const Object& object : scene_.objects)
    if (settings_.point_spread_mm && (object.shape == Shape::line || object.shape == Shape::blob))
      renderer_->thin.push_back(object);
    else
      renderer_->objects.push_back(prepare(object));
  renderer_->constant_background =
      scene_.waves.empty() && scene_.gradient_per_mm == Vec3{} && !scene_.image && !scene_.speckle &&
      settings_.noise == 0;
  renderer_->background_row.resize(settings_.columns * size_of(settings_.format));
  const std::vector<double> constant(settings_.columns, scene_.background);
  quantize(constant, settings_.gain, settings_.format, renderer_->background_row);
}

/// What one frame shows, and from where.
struct SweepSource::View {
  Matrix4 pose;  ///< pixels to mm in Reference
  std::vector<PreparedObject> objects;
  Matrix4 sharp_pose;  ///< pixels to multiples of the point spread
  std::vector<PreparedObject> thin;
};

SweepSource::~SweepSource() = default;

Matrix4 SweepSource::image_to_reference(std::size_t frame) const {
  return trajectory_.plane_to_reference(frames_.time_s.at(frame)) * image_to_plane_;
}

SweepSource::View SweepSource::view_of(std::size_t frame) const {
  const FrameShape& shape = frames_.shape;
  const auto seen = [&](const std::vector<PreparedObject>& objects, const Matrix4& pose) {
    return meeting(objects, transform_point(pose, {0, 0, 0}),
                   transform_vector(pose, {static_cast<double>(shape.columns - 1), 0, 0}),
                   transform_vector(pose, {0, static_cast<double>(shape.rows - 1), 0}));
  };
  View view;
  view.pose = image_to_reference(frame);
  view.objects = seen(renderer_->objects, view.pose);
  if (renderer_->thin.empty()) return view;
  const Matrix4 sharpen = sharpened(*settings_.point_spread_mm);
  const Matrix4 to_sharp = sharpen * inverse(trajectory_.plane_to_reference(frames_.time_s.at(frame)));
  std::vector<PreparedObject> thin;
  for (const Object& object : renderer_->thin) thin.push_back(prepare(mapped(object, to_sharp)));
  view.sharp_pose = sharpen * image_to_plane_;
  view.thin = seen(thin, view.sharp_pose);
  return view;
}

void SweepSource::read(std::size_t first, std::size_t count, std::span<std::byte> out) {
  const FrameShape& shape = frames_.shape;
  if (first > frames_.count || count > frames_.count - first || out.size() != count * shape.bytes())
    throw ComputationError("frames {} to {} of a sweep of {} were asked for, into {} bytes", first,
                           first + count, frames_.count, out.size());
  const std::size_t pixel_bytes = size_of(shape.format);
  const std::size_t row_bytes = shape.columns * pixel_bytes;
  const Renderer& renderer = *renderer_;

  const auto render_row = [&](std::size_t frame, std::size_t row, const View& view,
                              std::vector<double>& values, std::span<std::byte> target) {
    const Vec3 start = transform_point(view.pose, {0, static_cast<double>(row), 0});
    const Vec3 step = transform_vector(view.pose, {1, 0, 0});
    Touched part = sample_row(scene_, view.objects, start, step, values);
    if (!view.thin.empty())
      part = either(part,
                    blend_row(view.thin, transform_point(view.sharp_pose, {0, static_cast<double>(row), 0}),
                              transform_vector(view.sharp_pose, {1, 0, 0}), values));
    if (scene_.speckle) apply_speckle(*scene_.speckle, start, step, values);
    if (settings_.noise > 0)
      add_pixel_noise(settings_.seed, frame, row * shape.columns, settings_.noise, values);
    if (!renderer.constant_background) part = {0, shape.columns};
    std::memcpy(target.data(), renderer.background_row.data(), row_bytes);
    const std::size_t width = part.last - part.first;
    quantize(std::span(values).subspan(part.first, width), settings_.gain, shape.format,
             target.subspan(part.first * pixel_bytes, width * pixel_bytes));
    if (!frames_.mask.empty())
      apply_mask(std::span(frames_.mask).subspan(row * shape.columns, shape.columns), pixel_bytes, target);
  };

  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, 1), [&](const auto& some) {
    for (std::size_t k = some.begin(); k != some.end(); ++k) {
      const View view = view_of(first + k);
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, shape.rows, 32), [&](const auto& rows) {
        std::vector<double> values(shape.columns);
        for (std::size_t row = rows.begin(); row != rows.end(); ++row)
          render_row(first + k, row, view, values,
                     out.subspan(k * shape.bytes() + row * row_bytes, row_bytes));
      });
    }
  });
}

}  // namespace snitt::phantom
