#include "accuracy/study.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "phantom/truth.hpp"

namespace snitt::accuracy {
namespace {

using phantom::Object;
using phantom::Scene;
using phantom::Shape;

constexpr Vec3 center{12, -7, 31};
constexpr double region_mm = 24;

Scene empty_scene(const std::string& name) {
  Scene scene;
  scene.name = name;
  scene.center_mm = center;
  scene.size_mm = {region_mm, region_mm, region_mm};
  return scene;
}

Vec3 voxel_center(const VolumeGeometry& g, std::size_t i, std::size_t j, std::size_t k) {
  return {g.origin_mm.x + static_cast<double>(i) * g.spacing_mm.x,
          g.origin_mm.y + static_cast<double>(j) * g.spacing_mm.y,
          g.origin_mm.z + static_cast<double>(k) * g.spacing_mm.z};
}

/// Sums of (value - background) over the voxels of a box: how much, where, how wide.
struct Moments {
  double sum = 0;
  Vec3 first;
  double second = 0;  ///< of the in-plane distance from `about`
};

struct Box {
  Vec3 low;
  Vec3 high;
};

Moments moments(const Reconstruction& r, double background, const Box& box, Vec3 about) {
  Moments m;
  std::array<std::size_t, 3> from{};
  std::array<std::size_t, 3> to{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double size = static_cast<double>(r.geometry.size[a]);
    const double scale = 1 / r.geometry.spacing_mm[a];
    from[a] = static_cast<std::size_t>(
        std::clamp(std::ceil((box.low[a] - r.geometry.origin_mm[a]) * scale), 0.0, size));
    to[a] = static_cast<std::size_t>(
        std::clamp(std::floor((box.high[a] - r.geometry.origin_mm[a]) * scale) + 1, 0.0, size));
  }
  for (std::size_t k = from[2]; k < to[2]; ++k)
    for (std::size_t j = from[1]; j < to[1]; ++j)
      for (std::size_t i = from[0]; i < to[0]; ++i) {
        const std::size_t n = (k * r.geometry.size[1] + j) * r.geometry.size[0] + i;
        if (!r.known[n]) continue;
        const double v = static_cast<double>(r.values[n]) - background;
        const Vec3 d = voxel_center(r.geometry, i, j, k) - about;
        m.sum += v;
        m.first = m.first + v * d;
        m.second += v * (d.x * d.x + d.y * d.y);
      }
  return m;
}

void measure_sphere(const Scene& scene, const Object& sphere, const Reconstruction& r, Errors& errors) {
  const double spacing = r.geometry.spacing_mm.x;
  const double reach = sphere.half_size_mm.x + 0.5 * sphere.edge_mm + 2 * spacing;
  const Vec3 reach3{reach, reach, reach};
  const Moments m =
      moments(r, scene.background, {sphere.center_mm - reach3, sphere.center_mm + reach3}, sphere.center_mm);
  const double volume = m.sum * spacing * spacing * spacing / (sphere.value - scene.background);
  const double truth = phantom::volume_mm3(sphere);
  errors.volume_percent = std::max(errors.volume_percent, 100 * std::abs(volume / truth - 1));
  errors.centroid_mm = std::max(errors.centroid_mm, norm((1 / m.sum) * m.first));
}

/// Slice by slice: centroid and width of the bright spot against where the wire's axis crosses.
void measure_wires(const Scene& scene, const Reconstruction& r, Errors& errors) {
  double squares = 0;
  double spread = 0;
  double true_spread = 0;
  std::size_t slices = 0;
  for (const Object& wire : scene.objects) {
    if (wire.shape != Shape::line) continue;
    const Vec3 axis = wire.axes[2];
    const double sigma = wire.half_size_mm.x;
    for (std::size_t k = 1; k + 1 < r.geometry.size[2]; ++k) {
      const double z = voxel_center(r.geometry, 0, 0, k).z;
      const Vec3 crossing = wire.center_mm + ((z - wire.center_mm.z) / axis.z) * axis;
      const double reach = 4.5 * sigma;
      const Box box{crossing - Vec3{reach, reach, 1e-6}, crossing + Vec3{reach, reach, 1e-6}};
      const Moments m = moments(r, scene.background, box, crossing);
      const Vec3 shift = (1 / m.sum) * m.first;
      squares += shift.x * shift.x + shift.y * shift.y;
      spread += m.second / m.sum;
      // An oblique cut widens the profile along the tilt: variances sigma^2 and sigma^2 / cos^2.
      true_spread += sigma * sigma * (1 + 1 / (axis.z * axis.z));
      ++slices;
    }
  }
  if (slices == 0) return;
  errors.wire_mm = std::sqrt(squares / static_cast<double>(slices));
  errors.wire_width_percent = 100 * (std::sqrt(spread / true_spread) - 1);
}

}  // namespace

Scene smooth_scene() {
  Scene scene = empty_scene("smooth");
  scene.background = 120;
  scene.gradient_per_mm = {1.6, -1.0, 1.2};
  scene.waves = {{20, {0.6, 0, 0.8}, 16, 0.1}, {15, {0, 0.8, -0.6}, 20, 0.35}};
  scene.objects = {phantom::blob(center + Vec3{-3, 2, 3}, {5, 4, 6}, 40),
                   phantom::blob(center + Vec3{5, -4, -3}, {4, 6, 5}, -30)};
  return scene;
}

Scene sphere_scene(double edge_mm) {
  Scene scene = empty_scene("spheres");
  scene.background = 20;
  // Far enough apart that the neighbourhood in which one is measured never meets the other.
  scene.objects = {phantom::sphere(center + Vec3{-4.2, 4.1, 3.9}, 5, 200, edge_mm),
                   phantom::sphere(center + Vec3{5.6, -5.8, -5.9}, 3.5, 120, edge_mm)};
  return scene;
}

Scene wire_scene() {
  Scene scene = empty_scene("wires");
  scene.background = 10;
  scene.objects = {phantom::line(center + Vec3{-7, 5, -30}, center + Vec3{-4.5, 7, 30}, 1, 230),
                   phantom::line(center + Vec3{9, 3, -30}, center + Vec3{3, 6, 30}, 1, 230),
                   phantom::line(center + Vec3{-3, -5.5, -30}, center + Vec3{4, -5, 30}, 1, 230)};
  return scene;
}

std::unique_ptr<phantom::SweepSource> sweep_through(const Scene& scene, const Sampling& sampling) {
  // The region's cube, turned by the orientation below, reaches 15 mm; the wobble adds up to 3 mm.
  constexpr double reach_mm = 37;
  phantom::SweepSettings s;
  s.path = phantom::path_over(scene, phantom::Motion::freehand);
  s.path.orientation_deg = {6, -9, 4};
  s.path.travel_mm = reach_mm;
  s.path.seed = 5;
  s.pixel_size_mm = sampling.pixel_per_voxel * sampling.spacing_mm;
  s.columns = s.rows = static_cast<std::size_t>(std::ceil(reach_mm / s.pixel_size_mm)) + 1;
  s.frames =
      static_cast<std::size_t>(std::ceil(reach_mm / (sampling.frame_per_voxel * sampling.spacing_mm))) + 1;
  s.format = {PixelType::f32, 1};
  return std::make_unique<phantom::SweepSource>(scene, s);
}

const Method& method_named(const std::vector<Method>& methods, const std::string& name) {
  for (const Method& method : methods)
    if (method.name == name) return method;
  throw UsageError("there is no method '{}'", name);
}

Errors compare(const Scene& scene, const Reconstruction& r) {
  Errors errors;
  const Volume truth = phantom::truth_volume(scene, r.geometry);
  double squares = 0;
  std::size_t known = 0;
  for (std::size_t n = 0; n < r.values.size(); ++n) {
    if (!r.known[n]) continue;
    const double error = static_cast<double>(r.values[n]) - static_cast<double>(truth.values<float>()[n]);
    squares += error * error;
    ++known;
  }
  errors.known_percent = 100 * static_cast<double>(known) / static_cast<double>(r.values.size());
  errors.rms = std::sqrt(squares / static_cast<double>(known));
  for (const Object& object : scene.objects)
    if (object.shape == Shape::ellipsoid) measure_sphere(scene, object, r, errors);
  measure_wires(scene, r, errors);
  return errors;
}

Errors run_study(const Scene& scene, const Method& method, const Sampling& sampling) {
  const auto sweep = sweep_through(scene, sampling);
  return compare(scene, method.run(*sweep, phantom::region_geometry(scene, sampling.spacing_mm), sampling));
}

}  // namespace snitt::accuracy
