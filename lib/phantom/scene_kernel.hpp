#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "phantom/scene.hpp"

namespace snitt::phantom {

/// An object with what its evaluation needs worked out once.
struct PreparedObject {
  Shape shape;
  Blend blend;
  double value;
  double edge_mm;
  Vec3 half_size_mm;
  Vec3 bound_mm;  ///< half edges of the box, along its axes, outside which coverage is exactly 0
  Vec3 center_mm;
  std::array<Vec3, 3> axes;
};

PreparedObject prepare(const Object& object);
std::vector<PreparedObject> prepare(const std::vector<Object>& objects);

/// Objects whose bounding boxes meet the parallelogram start + a*across + b*down, 0 <= a, b <= 1.
std::vector<PreparedObject> meeting(const std::vector<PreparedObject>& objects, Vec3 start, Vec3 across,
                                    Vec3 down);

struct Touched {
  std::size_t first = 0;
  std::size_t last = 0;  ///< one past the end
};

/// Truth at start + i*step into out[i]. Outside the returned interval every value is the scene's constant
/// background (the interval is the whole row when the background is not constant).
Touched sample_row(const Scene& scene, std::span<const PreparedObject> objects, Vec3 start, Vec3 step,
                   std::span<double> out);

/// Blends the objects into out[i] at start + i*step; where they reach.
Touched blend_row(std::span<const PreparedObject> objects, Vec3 start, Vec3 step, std::span<double> out);

/// Multiplies out[i] by the speckle at start + i*step.
void apply_speckle(const Speckle& speckle, Vec3 start, Vec3 step, std::span<double> out);

}  // namespace snitt::phantom
