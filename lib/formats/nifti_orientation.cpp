#include "formats/nifti_orientation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "geometry/pose.hpp"

namespace snitt::formats {
namespace {

/// RAS and LPS differ by the sign of the first two coordinates.
Vec3 flipped(Vec3 v) { return {-v.x + 0.0, -v.y + 0.0, v.z}; }

/// Steps of one voxel along each axis and the first voxel's centre, in LPS.
struct Frame {
  std::array<Vec3, 3> step;
  Vec3 origin;
};

Frame from_sform(const NiftiOrientation& o, double scale) {
  Frame frame;
  for (std::size_t axis = 0; axis < 3; ++axis)
    frame.step[axis] = flipped(scale * Vec3{o.sform[axis], o.sform[4 + axis], o.sform[8 + axis]});
  frame.origin = flipped(scale * Vec3{o.sform[3], o.sform[7], o.sform[11]});
  return frame;
}

Frame from_qform(const NiftiOrientation& o, const std::array<double, 8>& pixdim, double scale) {
  const auto& [b, c, d] = o.quaternion;
  // nifti1.h: a = sqrt(1 - b² - c² - d²), which rounding may push below 0 for half turns.
  const double rest = 1 - (b * b + c * c + d * d);
  const double length = std::sqrt(b * b + c * c + d * d);
  const double shrink = rest < 0 ? 1 / length : 1;
  const Quaternion q{rest < 0 ? 0 : std::sqrt(rest), b * shrink, c * shrink, d * shrink};
  const Matrix4 rotation = rigid_matrix(q, {});
  Frame frame;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double sign = axis == 2 && pixdim[0] < 0 ? -1 : 1;
    frame.step[axis] = flipped(scale * pixdim[axis + 1] * sign *
                               Vec3{rotation(0, axis), rotation(1, axis), rotation(2, axis)});
  }
  frame.origin = flipped(scale * Vec3{o.offset[0], o.offset[1], o.offset[2]});
  return frame;
}

Frame from_pixdim(const std::array<double, 8>& pixdim, double scale) {
  Frame frame;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Vec3 unit;
    unit[axis] = 1;
    frame.step[axis] = flipped(scale * pixdim[axis + 1] * unit);
  }
  return frame;
}

/// Largest distance between the two frames' positions of the image's corners.
double largest_difference(const Frame& a, const Frame& b, const VolumeGeometry& geometry) {
  double worst = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    Vec3 difference = a.origin - b.origin;
    for (unsigned axis = 0; axis < 3; ++axis)
      if ((corner >> axis & 1U) != 0)
        difference =
            difference + static_cast<double>(geometry.size[axis] - 1) * (a.step[axis] - b.step[axis]);
    worst = std::max(worst, norm(difference));
  }
  return worst;
}

}  // namespace

void set_geometry(const std::string& path, const NiftiOrientation& o, const std::array<double, 8>& pixdim,
                  double scale_mm, VolumeGeometry& geometry, Monitor& monitor) {
  Frame frame;
  const Frame by_qform = from_qform(o, pixdim, scale_mm);
  if (o.sform_code > 0) {
    frame = from_sform(o, scale_mm);
    const double difference = largest_difference(frame, by_qform, geometry);
    if (o.qform_code > 0 && difference > 0.1)
      monitor.warn(fmt::format("{}: sform and qform put a corner of the image {:.3g} mm apart: sform is used",
                               path, difference));
  } else if (o.qform_code > 0) {
    frame = by_qform;
  } else {
    frame = from_pixdim(pixdim, scale_mm);
    monitor.warn(
        fmt::format("{}: has neither sform nor qform: left and right are unknown, axes are taken as right, "
                    "anterior, superior",
                    path));
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (geometry.size[axis] == 1 && norm(frame.step[axis]) == 0) {  // an unused axis may say nothing
      frame.step[axis] = cross(frame.step[(axis + 1) % 3], frame.step[(axis + 2) % 3]);
      const double length = norm(frame.step[axis]);
      if (length > 0) frame.step[axis] = (1 / length) * frame.step[axis];
    }
    const double spacing = norm(frame.step[axis]);
    if (!(spacing > 0) || !std::isfinite(spacing))
      throw InputError("{}: axis {} has a spacing of {}; expected a positive number", path, axis, spacing);
    geometry.spacing_mm[axis] = spacing;
    geometry.axis_directions[axis] = (1 / spacing) * frame.step[axis];
  }
  geometry.origin_mm = frame.origin;
}

NiftiOrientation nifti_orientation(const std::string& path, const VolumeGeometry& geometry,
                                   Monitor& monitor) {
  NiftiOrientation o;
  o.sform_code = 1;
  o.qform_code = 1;
  std::array<Vec3, 3> axes;
  for (std::size_t axis = 0; axis < 3; ++axis) axes[axis] = flipped(geometry.axis_directions[axis]);
  o.handedness = dot(cross(axes[0], axes[1]), axes[2]) < 0 ? -1 : 1;
  const Vec3 origin = flipped(geometry.origin_mm);
  Matrix4 rotation;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      o.sform[4 * row + axis] = axes[axis][row] * geometry.spacing_mm[axis];
      rotation(row, axis) = axes[axis][row] * (axis == 2 ? o.handedness : 1);
    }
    o.sform[4 * row + 3] = origin[row];
    o.offset[row] = origin[row];
  }
  if (rigidity_error(rotation) > 1e-3) {
    o.qform_code = 0;
    monitor.warn(fmt::format("{}: sheared axes cannot be said as a qform; only the sform is written", path));
    return o;
  }
  const Quaternion q = rotation_of(rotation);
  const double sign = q.w < 0 ? -1 : 1;  // nifti1.h: a is not stored and taken as positive
  o.quaternion = {sign * q.x, sign * q.y, sign * q.z};
  return o;
}

}  // namespace snitt::formats
