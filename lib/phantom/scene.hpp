#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "geometry/matrix.hpp"
#include "image/scalar_volume.hpp"

/// Objects whose values are known everywhere in closed form, and tracked sweeps through them.
namespace snitt::phantom {

enum class Shape {
  ellipsoid,  ///< half_size: radii
  box,        ///< half_size: half edges; an infinite one makes a wall
  cylinder,   ///< flat-ended; half_size: radius, radius, half length
  line,       ///< Gaussian profile across, round ends; half_size: sigma, sigma, half length
  blob,       ///< Gaussian in three directions; half_size: sigmas
};

enum class Blend {
  over,  ///< value -> value + coverage (object - value): later objects hide earlier ones
  add,   ///< value -> value + coverage * object
};

/// One object in Reference coordinates (mm). Its coverage is 1 inside and 0 outside; over `edge_mm`, centred
/// on the surface, it falls as the quintic 6t^5 - 15t^4 + 10t^3 (twice differentiable, compact). Lines and
/// blobs have coverage exp(-d^2 / 2 sigma^2), cut to 0 beyond 7 sigma (2e-11).
struct Object {
  Shape shape = Shape::ellipsoid;
  Vec3 center_mm;
  std::array<Vec3, 3> axes{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};  ///< unit vectors of its own x, y, z
  Vec3 half_size_mm{1, 1, 1};
  double value = 0;
  double edge_mm = 0;
  Blend blend = Blend::over;
};

Object sphere(Vec3 center_mm, double radius_mm, double value, double edge_mm = 0);
Object ellipsoid(Vec3 center_mm, Vec3 radii_mm, double value, double edge_mm = 0);
Object box(Vec3 center_mm, Vec3 size_mm, double value, double edge_mm = 0);
/// Slab of `thickness_mm` around the plane through `point_mm`.
Object wall(Vec3 point_mm, Vec3 normal, double thickness_mm, double value, double edge_mm = 0);
Object cylinder(Vec3 from_mm, Vec3 to_mm, double radius_mm, double value, double edge_mm = 0);
Object line(Vec3 from_mm, Vec3 to_mm, double sigma_mm, double value);
Object blob(Vec3 center_mm, Vec3 sigma_mm, double value);
/// The same object turned about its centre by `angle_deg` about `axis`.
Object turned(Object object, Vec3 axis, double angle_deg);

/// amplitude * cos(2 pi (direction . p / period + phase)); `direction` has unit length, `phase` counts
/// periods.
struct Wave {
  double amplitude = 0;
  Vec3 direction{1, 0, 0};
  double period_mm = 10;
  double phase = 0;
};

/// Fully developed speckle: the modulus of a complex Gaussian field, interpolated between the nodes of a
/// lattice of `cell_mm`, scaled to mean 1. Fixed in space, so that overlapping frames agree.
struct Speckle {
  double strength = 0;  ///< 0 none, 1 full
  double cell_mm = 0.5;
  std::uint64_t seed = 1;
};

/// A recorded image as part of a scene (image_scene.hpp).
struct PlacedImage {
  image::ScalarVolume volume;
  Matrix4 reference_to_index;  ///< mm in Reference to its voxel indices
};

/// Background + ramp + waves + image, then the objects in order. Values are in grey levels of the image to be
/// made.
struct Scene {
  std::string name = "scene";
  double background = 0;
  Vec3 gradient_per_mm;  ///< of a linear ramp that is 0 at center_mm
  std::vector<Wave> waves;
  std::shared_ptr<const PlacedImage> image;  ///< none: nullptr; shared, as copies of a scene are many
  std::vector<Object> objects;
  std::optional<Speckle> speckle;
  Vec3 center_mm;            ///< of the region worth scanning
  Vec3 size_mm{40, 40, 40};  ///< of that region, along the axes of Reference
};

/// Throws InputError naming the object and value: sizes and sigmas that are not positive, numbers that are
/// not finite (but for a wall's extent), axes that are not orthonormal, strengths outside 0 … 1. `origin`
/// begins the message.
void check(const Scene& scene, const std::string& origin);

/// Share of the object at a point, 0 … 1.
double coverage(const Object& object, Vec3 point_mm);
/// The truth: what an ideal image shows at a point, without speckle.
double value(const Scene& scene, Vec3 point_mm);
/// What a simulated image shows: the truth times the speckle at the point.
double echo(const Scene& scene, Vec3 point_mm);

/// Volume of an ellipsoid object, its coverage integrated over space: 4/3 pi r^3 (1 + 3 w^2 / (28 r^2)) for a
/// sphere with an edge of w, since the edge's density is Beta(3, 3) with variance w^2/28. Throws
/// ComputationError for other shapes and for smooth ellipsoids that are not spheres.
double volume_mm3(const Object& object);

/// "spheres", "wires", "ramp", "mixed" or "floor"; `edge_mm` softens the surfaces. Throws UsageError for any
/// other name.
Scene named_scene(const std::string& name, double edge_mm);

}  // namespace snitt::phantom
