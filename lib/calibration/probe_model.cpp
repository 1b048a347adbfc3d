#include "calibration/probe_model.hpp"

#include <algorithm>
#include <cmath>

#include "data/transform_graph.hpp"
#include "geometry/pose.hpp"
#include "geometry/rotation.hpp"

namespace snitt::calibration {
namespace {

Vec3 unit(Vec3 v) { return (1 / norm(v)) * v; }

/// A vector that is not parallel to the wire.
Vec3 helper(Vec3 direction) { return std::abs(direction.z) < 0.9 ? Vec3{0, 0, 1} : Vec3{1, 0, 0}; }

Matrix4 shifted(Vec3 by) {
  Matrix4 m;
  for (std::size_t i = 0; i < 3; ++i) m(i, 3) = by[i];
  return m;
}

}  // namespace

RigidParts rigid_parts(const Matrix4& m) {
  RigidParts parts;
  Eigen::Matrix3d columns;
  for (std::size_t c = 0; c < 3; ++c) {
    const Vec3 column{m(0, c), m(1, c), m(2, c)};
    const double length = norm(column);
    if (c < 2) parts.pixel_mm[c] = length;
    for (std::size_t r = 0; r < 3; ++r)
      columns(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = column[r] / length;
  }
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(columns, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const Eigen::Matrix3d rotation = svd.matrixU() * svd.matrixV().transpose();
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c)
      parts.rigid(r, c) = rotation(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c));
    parts.rigid(r, 3) = m(r, 3);
  }
  return parts;
}

Matrix4 image_to_probe_of(const RigidParts& parts) {
  Matrix4 m = parts.rigid;
  const std::array<double, 3> scale{parts.pixel_mm[0], parts.pixel_mm[1],
                                    (parts.pixel_mm[0] + parts.pixel_mm[1]) / 2};
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) m(r, c) *= scale[c];
  return m;
}

ProbeModel::ProbeModel(std::span<const WireFrame> frames, const WireModel& model,
                       const Matrix4& phantom_to_reference, const Matrix4& start)
    : frames_(frames), phantom_to_reference_(phantom_to_reference) {
  for (std::size_t w = 0; w < model.wires(); ++w) {
    const PhantomWire& wire = model.wire(w);
    const Vec3 along = unit(wire.back_mm - wire.front_mm);
    const Vec3 first = unit(cross(along, helper(along)));
    wires_.push_back({wire.front_mm, first, cross(along, first)});
    phantom_middle_ =
        phantom_middle_ + 0.5 / static_cast<double>(model.wires()) * (wire.front_mm + wire.back_mm);
  }
  const RigidParts parts = rigid_parts(start);
  start_rotation_ = parts.rigid;
  start_.assign(refined_parameters, 0);
  for (std::size_t i = 0; i < 3; ++i) {
    start_[translation_x + i] = parts.rigid(i, 3);
    start_rotation_(i, 3) = 0;
  }
  start_[pixel_u] = parts.pixel_mm[0];
  start_[pixel_v] = parts.pixel_mm[1];
}

std::vector<double> ProbeModel::start() const { return start_; }

std::vector<double> ProbeModel::steps() {
  return {1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3, 1e-6, 1e-6, 1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3, 1e-4};
}

template <typename Make>
const Matrix4& ProbeModel::remember(Remembered& last, std::span<const double> parameters, const Make& make) {
  if (!last.known || !std::equal(parameters.begin(), parameters.end(), last.parameters.begin())) {
    std::copy(parameters.begin(), parameters.end(), last.parameters.begin());
    last.matrix = make();
    last.known = true;
  }
  return last.matrix;
}

Matrix4 ProbeModel::image_to_probe(std::span<const double> p) const {
  RigidParts parts{rotation_from_vector({p[rotation_x], p[rotation_y], p[rotation_z]}) * start_rotation_,
                   {p[pixel_u], p[pixel_v]}};
  for (std::size_t i = 0; i < 3; ++i) parts.rigid(i, 3) = p[translation_x + i];
  return image_to_probe_of(parts);
}

Matrix4 ProbeModel::phantom_to_reference(std::span<const double> p) const {
  const Vec3 turn{p[phantom_rotation_x], p[phantom_rotation_y], p[phantom_rotation_z]};
  const Vec3 shift{p[phantom_x], p[phantom_y], p[phantom_z]};
  return phantom_to_reference_ * shifted(phantom_middle_ + shift) * rotation_from_vector(turn) *
         shifted(-1.0 * phantom_middle_);
}

Matrix4 ProbeModel::probe_to_phantom(std::size_t frame, std::span<const double> p) const {
  const WireFrame& f = frames_[frame];
  const Matrix4& to_phantom = remember(reference_to_phantom_, p.subspan(phantom_rotation_x, 6),
                                       [&] { return inverse(phantom_to_reference(p)); });
  if (p[lag] == 0) return to_phantom * f.probe_to_reference;
  // The pose itself keeps its noise and only moves with its velocity: blending it with its neighbours would
  // average the noise away and pull the lag away from 0.
  // The marker's own way is a straight line in Reference; in its turning frame it would not be.
  const double fraction = p[lag] / (2 * f.step_s);
  Matrix4 turn = inverse(f.earlier) * f.later;
  for (std::size_t i = 0; i < 3; ++i) turn(i, 3) = 0;
  Matrix4 pose = f.probe_to_reference * interpolate_pose({}, turn, fraction);
  for (std::size_t i = 0; i < 3; ++i) pose(i, 3) += fraction * (f.later(i, 3) - f.earlier(i, 3));
  return to_phantom * pose;
}

void ProbeModel::residual(std::size_t frame, std::span<const double> p, std::span<double> out) const {
  const Matrix4 image_to_phantom =
      probe_to_phantom(frame, p) * remember(image_to_probe_, p.first(8), [&] { return image_to_probe(p); });
  const std::vector<WirePoint>& points = frames_[frame].points;
  for (std::size_t w = 0; w < wires_.size(); ++w) {
    const Vec3 from_wire = transform_point(image_to_phantom, {points[w].u, points[w].v, 0}) - wires_[w].at;
    out[2 * w] = dot(from_wire, wires_[w].first);
    out[2 * w + 1] = dot(from_wire, wires_[w].second);
  }
}

ProbeModel::Sensitivity ProbeModel::sensitivity(std::size_t frame, std::span<const double> p) const {
  const Matrix4 probe_to_phantom_now = probe_to_phantom(frame, p);
  const Matrix4 to_probe = image_to_probe(p);
  const RigidParts parts = rigid_parts(to_probe);
  const std::vector<WirePoint>& points = frames_[frame].points;
  Vec3 middle;
  for (const WirePoint& point : points)
    middle =
        middle + 1.0 / static_cast<double>(points.size()) * transform_point(to_probe, {point.u, point.v, 0});
  const auto rows = static_cast<Eigen::Index>(2 * wires_.size());
  Sensitivity s{Eigen::MatrixXd(rows, 2), Eigen::MatrixXd(rows, 6)};
  for (std::size_t w = 0; w < wires_.size(); ++w) {
    const auto row = static_cast<Eigen::Index>(2 * w);
    const Vec3 arm = transform_point(to_probe, {points[w].u, points[w].v, 0}) - middle;
    const auto set = [&](Eigen::MatrixXd& matrix, Eigen::Index column, Vec3 probe_shift) {
      const Vec3 shift = transform_vector(probe_to_phantom_now, probe_shift);
      matrix(row, column) = dot(shift, wires_[w].first);
      matrix(row + 1, column) = dot(shift, wires_[w].second);
    };
    for (std::size_t k = 0; k < 2; ++k)
      set(s.point, static_cast<Eigen::Index>(k), {parts.rigid(0, k), parts.rigid(1, k), parts.rigid(2, k)});
    for (std::size_t k = 0; k < 3; ++k) {
      Vec3 axis;
      axis[k] = 1;
      set(s.pose, static_cast<Eigen::Index>(k), axis);
      set(s.pose, static_cast<Eigen::Index>(3 + k), cross(axis, arm));
    }
  }
  return s;
}

}  // namespace snitt::calibration
