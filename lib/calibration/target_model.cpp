#include "calibration/target_model.hpp"

#include <cmath>

#include "calibration/probe_refinement.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

/// A dot so near to where the point is expected may be it.
constexpr double may_be_it_mm = 3;

/// Half the diagonal of the image in mm: how far from the middle a turn moves things.
double half_diagonal_mm(const FrameShape& shape, double pixel_u, double pixel_v) {
  return std::hypot(static_cast<double>(shape.columns) * pixel_u, static_cast<double>(shape.rows) * pixel_v) /
         2;
}

std::vector<double> reach_of_image(const FrameShape& shape, std::span<const double> start) {
  const double arm = half_diagonal_mm(shape, start[target_pixel_u], start[target_pixel_v]);
  return {
      arm, arm, arm, 1,  1, 1, static_cast<double>(shape.columns) / 2, static_cast<double>(shape.rows) / 2,
      1,   1,   1,   100};  // a hand moves at about 100 mm/s
}

Vec3 column(const Matrix4& m, std::size_t c) { return {m(0, c), m(1, c), m(2, c)}; }

}  // namespace

TargetModel::TargetModel(std::span<const TargetFrame> frames, const TargetStart& start)
    : frames_(frames), start_(target_parameters, 0) {
  const RigidParts parts = rigid_parts(start.image_to_probe);
  start_rotation_ = parts.rigid;
  for (std::size_t i = 0; i < 3; ++i) {
    start_[target_translation_x + i] = parts.rigid(i, 3);
    start_rotation_(i, 3) = 0;
  }
  start_[target_pixel_u] = parts.pixel_mm[0];
  start_[target_pixel_v] = parts.pixel_mm[1];
}

Matrix4 TargetModel::image_to_probe(std::span<const double> p) const {
  RigidParts parts{rotation_from_vector({p[target_rotation_x], p[target_rotation_y], p[target_rotation_z]}) *
                       start_rotation_,
                   {p[target_pixel_u], p[target_pixel_v]}};
  for (std::size_t i = 0; i < 3; ++i) parts.rigid(i, 3) = p[target_translation_x + i];
  return image_to_probe_of(parts);
}

PointModel::PointModel(std::span<const TargetFrame> frames, const TargetStart& start)
    : TargetModel(frames, start), chosen_(frames.size(), 0) {
  for (std::size_t i = 0; i < 3; ++i) start_[target_place_1 + i] = start.place.point_mm[i];
}

std::vector<double> PointModel::steps() const {
  return {1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3, 1e-6, 1e-6, 1e-3, 1e-3, 1e-3, 1e-4};
}

std::vector<double> PointModel::reach_mm(const FrameShape& shape) const {
  return reach_of_image(shape, start_);
}

TargetPlace PointModel::place(std::span<const double> p) const {
  return {{p[target_place_1], p[target_place_2], p[target_place_3]}, {}};
}

void PointModel::residual(std::size_t frame, std::span<const double> p, std::span<double> out) const {
  const Matrix4 to_probe = image_to_probe(p);
  const Matrix4 to_reference = frames_[frame].pose(p[target_lag]) * to_probe;
  const ImagePoint& at = frames_[frame].points[chosen_[frame]];
  const Vec3 error = transform_point(to_reference, {at.u, at.v, 0}) - place(p).point_mm;
  for (std::size_t k = 0; k < 3; ++k) {
    const Vec3 axis = column(to_reference, k);
    out[k] = dot(error, axis) / norm(axis);
  }
  for (std::size_t k = 0; k < 2; ++k)
    out[k] *= std::pow(start_[target_pixel_u + k] / p[target_pixel_u + k], image_share_[k]);
}

void PointModel::select(std::span<const double> p) {
  const Vec3 target = place(p).point_mm;
  const Matrix4 to_probe = image_to_probe(p);
  for (std::size_t f = 0; f < frames_.size(); ++f) {
    const Matrix4 to_reference = frames_[f].pose(p[target_lag]) * to_probe;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < frames_[f].points.size(); ++c) {
      const ImagePoint& at = frames_[f].points[c];
      const double distance = norm(transform_point(to_reference, {at.u, at.v, 0}) - target);
      if (!(distance < nearest)) continue;
      nearest = distance;
      chosen_[f] = c;
      // The strongest of those that may be it: the nearest would follow the errors of the poses.
      if (distance <= may_be_it_mm) break;
    }
  }
}

TargetModel::Seen PointModel::seen(std::size_t frame, std::span<const double> p) const {
  const Matrix4 to_reference = frames_[frame].pose(p[target_lag]) * image_to_probe(p);
  const ImagePoint& at = frames_[frame].points[chosen_[frame]];
  const Vec3 target = place(p).point_mm;
  const Vec3 expected = transform_point(inverse(to_reference), target);
  return {{at}, {{expected.x, expected.y}}, {norm(transform_point(to_reference, {at.u, at.v, 0}) - target)}};
}

WallModel::WallModel(std::span<const TargetFrame> frames, const TargetStart& start)
    : TargetModel(frames, start), normal_(unit(start.place.normal)) {
  for (const TargetFrame& f : frames)
    for (const ImagePoint& at : f.points)
      base_ = base_ + (0.5 / static_cast<double>(frames.size())) *
                          transform_point(f.probe_to_reference * start.image_to_probe, {at.u, at.v, 0});
  base_ = base_ - dot(base_ - start.place.point_mm, normal_) * normal_;
  const Vec3 helper = std::abs(normal_.z) < 0.9 ? Vec3{0, 0, 1} : Vec3{1, 0, 0};
  first_ = unit(cross(normal_, helper));
  second_ = cross(normal_, first_);
}

std::vector<double> WallModel::steps() const {
  return {1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3, 1e-6, 1e-6, 1e-5, 1e-5, 1e-3, 1e-4};
}

std::vector<double> WallModel::reach_mm(const FrameShape& shape) const {
  std::vector<double> reach = reach_of_image(shape, start_);
  reach[target_place_1] = reach[target_place_2] = reach[target_rotation_x];
  return reach;
}

TargetPlace WallModel::place(std::span<const double> p) const {
  const Vec3 normal = unit(normal_ + p[target_place_1] * first_ + p[target_place_2] * second_);
  return {base_ + p[target_place_3] * normal, normal};
}

void WallModel::residual(std::size_t frame, std::span<const double> p, std::span<double> out) const {
  const Matrix4 pose = frames_[frame].pose(p[target_lag]);
  const Matrix4 to_reference = pose * image_to_probe(p);
  const TargetPlace wall = place(p);
  const ImagePoint& a = frames_[frame].points[0];
  const ImagePoint& b = frames_[frame].points[1];
  const Vec3 from = transform_point(to_reference, {a.u, a.v, 0});
  const Vec3 apart = transform_point(to_reference, {b.u, b.v, 0}) - from;
  const Vec3 middle = from + 0.5 * apart;
  // Lines run along the rows, more or less: their errors are in v.
  const double scale = std::pow(start_[target_pixel_v] / p[target_pixel_v], image_share_[1]);
  const double lever = turn_share_ * norm(cross(wall.normal, middle - column(pose, 3)));
  out[0] = scale * dot(middle - wall.point_mm, wall.normal) / std::sqrt(1 + lever * lever);
  const double length =
      std::hypot((b.u - a.u) * start_[target_pixel_u], (b.v - a.v) * start_[target_pixel_v]);
  out[1] = length * dot(apart, wall.normal) / norm(cross(wall.normal, apart));
}

void WallModel::estimate_noise(std::span<const double> p, std::span<const std::size_t> frames,
                               std::span<const double> deviation_mm) {
  std::vector<double> turns;  // squared, as far as the two points of a frame differ
  std::vector<double> levers;
  const TargetPlace wall = place(p);
  for (const std::size_t f : frames) {
    const Matrix4 pose = frames_[f].pose(p[target_lag]);
    const Matrix4 to_reference = pose * image_to_probe(p);
    std::array<Vec3, 2> at;
    for (std::size_t k = 0; k < 2; ++k)
      at[k] = transform_point(to_reference, {frames_[f].points[k].u, frames_[f].points[k].v, 0});
    const Vec3 apart = at[1] - at[0];
    turns.push_back(std::pow(dot(apart, wall.normal) / norm(cross(wall.normal, apart)), 2));
    const Vec3 middle = 0.5 * (at[0] + at[1]);
    levers.push_back(norm(cross(wall.normal, middle - column(pose, 3))));
  }
  // The median of the square of a normal value is 0.4549 of its variance.
  const double turn = (1 - image_share_[1]) * statistics::median(turns) / 0.4549;
  const double lever = std::pow(statistics::median(levers), 2);
  // turn_share_ has stretched the deviation already, where it was not 0.
  const double all = std::pow(deviation_mm[0], 2) * (1 + turn_share_ * turn_share_ * lever);
  const double rest = std::max(all - turn * lever, 0.1 * all);
  turn_share_ = std::sqrt(turn / rest);
}

TargetModel::Seen WallModel::seen(std::size_t frame, std::span<const double> p) const {
  const Matrix4 to_reference = frames_[frame].pose(p[target_lag]) * image_to_probe(p);
  const TargetPlace wall = place(p);
  // In the image the distance grows by so much per pixel along u and v.
  const double by_u = dot(column(to_reference, 0), wall.normal);
  const double by_v = dot(column(to_reference, 1), wall.normal);
  const double slope = by_u * by_u + by_v * by_v;
  Seen seen;
  for (const ImagePoint& at : frames_[frame].points) {
    const double distance = dot(transform_point(to_reference, {at.u, at.v, 0}) - wall.point_mm, wall.normal);
    seen.measured.push_back(at);
    seen.expected.push_back({at.u - distance * by_u / slope, at.v - distance * by_v / slope});
    seen.distance_mm.push_back(std::abs(distance));
  }
  return seen;
}

}  // namespace snitt::calibration
