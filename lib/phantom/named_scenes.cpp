#include "base/error.hpp"
#include "phantom/scene.hpp"

namespace snitt::phantom {
namespace {

// All regions are 40 mm cubes around this point: not the origin, so that a lost translation shows.
constexpr Vec3 center{12, -7, 31};

Scene empty_scene(const std::string& name) {
  Scene scene;
  scene.name = name;
  scene.center_mm = center;
  scene.size_mm = {40, 40, 40};
  return scene;
}

Scene spheres(double edge_mm) {
  Scene scene = empty_scene("spheres");
  scene.background = 20;
  scene.objects = {
      sphere(center + Vec3{0, 1, 0}, 7, 200, edge_mm), sphere(center + Vec3{-11, -9, 8}, 5, 120, edge_mm),
      sphere(center + Vec3{11, 8, -9}, 4, 160, edge_mm), sphere(center + Vec3{-10, 10, -8}, 3, 240, edge_mm),
      sphere(center + Vec3{10, -10, 9}, 6, 0, edge_mm)};
  return scene;
}

/// Three layers of wires as in wire phantoms, and two oblique ones.
Scene wires() {
  Scene scene = empty_scene("wires");
  scene.background = 10;
  constexpr double sigma_mm = 1.0;
  for (const double y : {-10.0, 0.0, 10.0}) {
    scene.objects.push_back(line(center + Vec3{-10, y, -25}, center + Vec3{-10, y, 25}, sigma_mm, 230));
    scene.objects.push_back(line(center + Vec3{12, y, -25}, center + Vec3{12, y, 25}, sigma_mm, 230));
  }
  scene.objects.push_back(line(center + Vec3{-6, -5, -25}, center + Vec3{8, -5, 25}, sigma_mm, 230));
  scene.objects.push_back(line(center + Vec3{6, 4, -25}, center + Vec3{-4, 6, 25}, sigma_mm, 230));
  return scene;
}

/// Smooth everywhere: what a method's order of convergence is measured on.
Scene ramp() {
  Scene scene = empty_scene("ramp");
  scene.background = 120;
  scene.gradient_per_mm = {0.8, -0.5, 0.6};
  scene.waves = {{15, {0.6, 0, 0.8}, 12, 0.1}, {10, {0, 1, 0}, 9, 0.35}};
  scene.objects = {blob(center + Vec3{-4, 3, 5}, {5, 4, 6}, 40),
                   blob(center + Vec3{8, -6, -4}, {4, 6, 5}, -30)};
  return scene;
}

Scene mixed(double edge_mm) {
  Scene scene = empty_scene("mixed");
  scene.background = 60;
  scene.gradient_per_mm = {0, -0.6, 0};
  scene.objects = {wall(center + Vec3{0, 16, 0}, {0.1, 1, 0.05}, 2, 220, edge_mm),
                   sphere(center + Vec3{-8, -4, 4}, 6, 10, edge_mm),
                   turned(ellipsoid(center + Vec3{9, -5, -5}, {7, 4, 5}, 150, edge_mm), {1, 1, 0}, 30),
                   turned(box(center + Vec3{6, 6, 8}, {8, 6, 10}, 180, edge_mm), {0, 1, 1}, 20),
                   cylinder(center + Vec3{-14, 8, -18}, center + Vec3{-6, 6, 18}, 2, 5, edge_mm),
                   line(center + Vec3{-12, -12, -20}, center + Vec3{12, -12, 20}, 0.7, 250)};
  return scene;
}

/// The bottom of a water tank: flat, bright, nothing else. Its size is the travel of a bounce that keeps it
/// in the image.
Scene floor(double edge_mm) {
  Scene scene = empty_scene("floor");
  scene.background = 10;
  scene.size_mm = {40, 40, 24};
  scene.objects = {wall(center, {0, 1, 0}, 0.8, 220, edge_mm)};
  return scene;
}

}  // namespace

Scene named_scene(const std::string& name, double edge_mm) {
  if (name == "spheres") return spheres(edge_mm);
  if (name == "wires") return wires();
  if (name == "ramp") return ramp();
  if (name == "mixed") return mixed(edge_mm);
  if (name == "floor") return floor(edge_mm);
  throw UsageError("there is no scene '{}'; expected spheres, wires, ramp, mixed or floor", name);
}

}  // namespace snitt::phantom
