#include "phantom/scene_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "phantom/image_scene.hpp"
#include "phantom/noise.hpp"

namespace snitt::phantom {
namespace {

constexpr double gaussian_cut = 7;  // sigmas

/// Coverage at signed distance `d` (negative inside) of a surface with an edge of width `w`.
inline double edge_profile(double d, double w) {
  if (w == 0) return d <= 0 ? 1.0 : 0.0;
  const double t = std::clamp(d / w + 0.5, 0.0, 1.0);
  // The quintic is odd about its middle; taken from the nearer end it never leaves 0 … 1 by rounding.
  const double near = std::min(t, 1 - t);
  const double share = near * near * near * (near * (6 * near - 15) + 10);
  return t < 0.5 ? 1 - share : share;
}

/// Distance of an ellipsoid to first order: exact for a sphere, and on the axes of any ellipsoid.
inline double ellipsoid_distance(Vec3 p, Vec3 r) {
  const Vec3 k{p.x / r.x, p.y / r.y, p.z / r.z};
  const Vec3 g{k.x / r.x, k.y / r.y, k.z / r.z};
  const double k2 = dot(k, k);
  if (k2 == 0) return -std::min({r.x, r.y, r.z});
  const double length = std::sqrt(k2);
  return length * (length - 1) / std::sqrt(dot(g, g));
}

inline double box_distance(Vec3 p, Vec3 h) {
  const double qx = std::abs(p.x) - h.x;
  const double qy = std::abs(p.y) - h.y;
  const double qz = std::abs(p.z) - h.z;
  const double inside = std::max({qx, qy, qz});
  if (inside <= 0) return inside;
  const Vec3 outside{std::max(qx, 0.0), std::max(qy, 0.0), std::max(qz, 0.0)};
  return std::sqrt(dot(outside, outside));
}

inline double cylinder_distance(Vec3 p, Vec3 h) {
  const double qr = std::sqrt(p.x * p.x + p.y * p.y) - h.x;
  const double qz = std::abs(p.z) - h.z;
  if (qr <= 0 || qz <= 0) return std::max(qr, qz);
  return std::sqrt(qr * qr + qz * qz);
}

inline double gaussian(double squared_sigmas) {
  return squared_sigmas > gaussian_cut * gaussian_cut ? 0.0 : std::exp(-0.5 * squared_sigmas);
}

inline double local_coverage(const PreparedObject& o, Vec3 p) {
  const Vec3 h = o.half_size_mm;
  switch (o.shape) {
    case Shape::ellipsoid:
      return edge_profile(ellipsoid_distance(p, h), o.edge_mm);
    case Shape::box:
      return edge_profile(box_distance(p, h), o.edge_mm);
    case Shape::cylinder:
      return edge_profile(cylinder_distance(p, h), o.edge_mm);
    case Shape::line: {
      const double beyond = std::max(std::abs(p.z) - h.z, 0.0);
      return gaussian((p.x * p.x + p.y * p.y + beyond * beyond) / (h.x * h.x));
    }
    case Shape::blob: {
      const Vec3 k{p.x / h.x, p.y / h.y, p.z / h.z};
      return gaussian(dot(k, k));
    }
  }
  return 0;
}

inline Vec3 to_local(const PreparedObject& o, Vec3 direction) {
  return {dot(o.axes[0], direction), dot(o.axes[1], direction), dot(o.axes[2], direction)};
}

inline double blended(const PreparedObject& o, double below, double share) {
  return o.blend == Blend::add ? below + share * o.value : below + share * (o.value - below);
}

/// Samples i of 0 … count-1 with start + i*step inside the object's bounding box, one more at each end for
/// rounding.
Touched interval(const PreparedObject& o, Vec3 start, Vec3 step, std::size_t count) {
  double low = 0;
  double high = static_cast<double>(count) - 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double bound = o.bound_mm[axis];
    if (step[axis] == 0) {
      if (std::abs(start[axis]) > bound) return {};
      continue;
    }
    const double a = (-bound - start[axis]) / step[axis];
    const double b = (bound - start[axis]) / step[axis];
    low = std::max(low, std::min(a, b) - 1);
    high = std::min(high, std::max(a, b) + 1);
  }
  if (low > high) return {};
  return {static_cast<std::size_t>(std::ceil(low)), static_cast<std::size_t>(std::floor(high)) + 1};
}

double wave_at(const Wave& w, Vec3 p) {
  return w.amplitude * std::cos(2 * std::numbers::pi * (dot(w.direction, p) / w.period_mm + w.phase));
}

double background_at(const Scene& scene, Vec3 p) {
  double sum = scene.background + dot(scene.gradient_per_mm, p - scene.center_mm);
  for (const Wave& wave : scene.waves) sum += wave_at(wave, p);
  if (scene.image) add_image_row(*scene.image, p, {}, std::span(&sum, 1));
  return sum;
}

struct Complex {
  double re;
  double im;
};

/// Real and imaginary part at a lattice node: each the sum of two uniforms, zero mean, unit variance.
Complex node(std::uint64_t seed, std::int64_t i, std::int64_t j, std::int64_t k) {
  const auto cell = static_cast<std::uint64_t>(i) * 0x1f1f1f1fULL ^ (static_cast<std::uint64_t>(j) << 21) ^
                    (static_cast<std::uint64_t>(k) << 42);
  const std::uint64_t bits = random_bits(seed, cell, static_cast<std::uint64_t>(k));
  const auto part = [](std::uint64_t b) {
    return (static_cast<double>((b & 0xffff) + ((b >> 16) & 0xffff)) * 0x1.0p-16 - (1 - 0x1.0p-16)) *
           std::sqrt(6.0);
  };
  return {part(bits & 0xffffffff), part(bits >> 32)};
}

double speckle_at(const Speckle& s, Vec3 p) {
  std::int64_t cell[3];
  double weight[3][2];
  for (std::size_t a = 0; a < 3; ++a) {
    const double q = p[a] / s.cell_mm;
    const double low = std::floor(q);
    cell[a] = static_cast<std::int64_t>(low);
    // Weights whose squares sum to one keep the variance the same between the nodes as at them.
    const double t = q - low;
    const double length = std::sqrt(t * t + (1 - t) * (1 - t));
    weight[a][0] = (1 - t) / length;
    weight[a][1] = t / length;
  }
  Complex sum{0, 0};
  for (int c = 0; c < 8; ++c) {
    const int i = c & 1;
    const int j = (c >> 1) & 1;
    const int k = c >> 2;
    const Complex z = node(s.seed, cell[0] + i, cell[1] + j, cell[2] + k);
    const double w = weight[0][i] * weight[1][j] * weight[2][k];
    sum.re += w * z.re;
    sum.im += w * z.im;
  }
  // The mean of the modulus of two unit normals is sqrt(pi/2).
  const double modulus = std::sqrt((sum.re * sum.re + sum.im * sum.im) * 2 / std::numbers::pi);
  return 1 - s.strength + s.strength * modulus;
}

}  // namespace

PreparedObject prepare(const Object& o) {
  const Vec3 h = o.half_size_mm;
  Vec3 bound = h;
  switch (o.shape) {
    case Shape::ellipsoid:
      // The first-order distance is at least (k - 1) r_min, so coverage ends at k = 1 + w / (2 r_min).
      bound = (1 + 0.5 * o.edge_mm / std::min({h.x, h.y, h.z})) * h;
      break;
    case Shape::box:
    case Shape::cylinder:
      bound = h + 0.5 * o.edge_mm * Vec3{1, 1, 1};
      break;
    case Shape::line:
      bound = {gaussian_cut * h.x, gaussian_cut * h.x, h.z + gaussian_cut * h.x};
      break;
    case Shape::blob:
      bound = gaussian_cut * h;
      break;
  }
  // Wider by a hair, so that rounding never cuts a sample on the surface itself.
  bound = (1 + 1e-9) * bound;
  return {o.shape, o.blend, o.value, o.edge_mm, h, bound, o.center_mm, o.axes};
}

std::vector<PreparedObject> prepare(const std::vector<Object>& objects) {
  std::vector<PreparedObject> prepared;
  prepared.reserve(objects.size());
  for (const Object& object : objects) prepared.push_back(prepare(object));
  return prepared;
}

std::vector<PreparedObject> meeting(const std::vector<PreparedObject>& objects, Vec3 start, Vec3 across,
                                    Vec3 down) {
  std::vector<PreparedObject> kept;
  for (const PreparedObject& o : objects) {
    const Vec3 s = to_local(o, start - o.center_mm);
    const Vec3 a = to_local(o, across);
    const Vec3 d = to_local(o, down);
    bool separate = false;
    for (std::size_t axis = 0; axis < 3 && !separate; ++axis) {
      const double low = s[axis] + std::min(a[axis], 0.0) + std::min(d[axis], 0.0);
      const double high = s[axis] + std::max(a[axis], 0.0) + std::max(d[axis], 0.0);
      separate = low > o.bound_mm[axis] || high < -o.bound_mm[axis];
    }
    // The image plane itself as separating plane: the box's half width along the normal against its distance.
    const Vec3 normal = cross(a, d);
    const double reach = std::abs(normal.x) * o.bound_mm.x + std::abs(normal.y) * o.bound_mm.y +
                         std::abs(normal.z) * o.bound_mm.z;
    // With an infinite extent along a zero component the reach is not a number: then the box is kept.
    separate = separate || std::abs(dot(normal, s)) > reach * (1 + 1e-9);
    if (!separate) kept.push_back(o);
  }
  return kept;
}

Touched sample_row(const Scene& scene, std::span<const PreparedObject> objects, Vec3 start, Vec3 step,
                   std::span<double> out) {
  const bool ramp = !(scene.gradient_per_mm == Vec3{});
  const double first = scene.background + (ramp ? dot(scene.gradient_per_mm, start - scene.center_mm) : 0.0);
  if (ramp) {
    const double slope = dot(scene.gradient_per_mm, step);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = first + static_cast<double>(i) * slope;
  } else {
    std::fill(out.begin(), out.end(), first);
  }
  for (const Wave& wave : scene.waves)
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] += wave_at(wave, start + static_cast<double>(i) * step);
  if (scene.image) add_image_row(*scene.image, start, step, out);
  const Touched part = blend_row(objects, start, step, out);
  return ramp || !scene.waves.empty() || scene.image ? Touched{0, out.size()} : part;
}

Touched blend_row(std::span<const PreparedObject> objects, Vec3 start, Vec3 step, std::span<double> out) {
  Touched touched{out.size(), 0};
  for (const PreparedObject& o : objects) {
    const Vec3 local_start = to_local(o, start - o.center_mm);
    const Vec3 local_step = to_local(o, step);
    const Touched part = interval(o, local_start, local_step, out.size());
    for (std::size_t i = part.first; i < part.last; ++i) {
      const double share = local_coverage(o, local_start + static_cast<double>(i) * local_step);
      out[i] = blended(o, out[i], share);
    }
    if (part.first < part.last)
      touched = {std::min(touched.first, part.first), std::max(touched.last, part.last)};
  }
  return touched.first < touched.last ? touched : Touched{};
}

void apply_speckle(const Speckle& speckle, Vec3 start, Vec3 step, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] *= speckle_at(speckle, start + static_cast<double>(i) * step);
}

double coverage(const Object& object, Vec3 point_mm) {
  const PreparedObject o = prepare(object);
  return local_coverage(o, to_local(o, point_mm - o.center_mm));
}

double value(const Scene& scene, Vec3 point_mm) {
  double result = background_at(scene, point_mm);
  for (const Object& object : scene.objects)
    result = blended(prepare(object), result, coverage(object, point_mm));
  return result;
}

double echo(const Scene& scene, Vec3 point_mm) {
  const double truth = value(scene, point_mm);
  return scene.speckle ? truth * speckle_at(*scene.speckle, point_mm) : truth;
}

}  // namespace snitt::phantom
