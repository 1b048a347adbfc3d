#include "phantom/image_scene.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "phantom/truth.hpp"

namespace snitt::phantom {
namespace {

/// t = (2x + y - z) / 100 in its own millimetres, which linear interpolation gives back exactly.
double slope(Vec3 p) { return 2 * p.x + p.y - p.z; }

image::ScalarVolume sloping() {
  image::ScalarVolume volume;
  volume.geometry.size = {20, 16, 12};
  volume.geometry.spacing_mm = {1, 1.5, 2};
  volume.geometry.origin_mm = {-8, 5, 3};
  const Matrix4 to_space = index_to_space(volume.geometry);
  for (std::size_t k = 0; k < 12; ++k)
    for (std::size_t j = 0; j < 16; ++j)
      for (std::size_t i = 0; i < 20; ++i)
        volume.values.push_back(static_cast<float>(slope(transform_point(
            to_space, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}))));
  return volume;
}

Matrix4 quarter_turn_and_shift() {
  Matrix4 m;
  m(0, 0) = m(1, 1) = 0;
  m(0, 1) = -1;
  m(1, 0) = 1;
  m(2, 3) = 40;
  return m;
}

TEST(ImageScene, ShowsTheImageWhereItIsPlaced) {
  const Matrix4 placement = quarter_turn_and_shift();
  const Scene scene = scene_of_image(sloping(), placement, Tissue::values);
  for (const Vec3 p : {Vec3{0.3, 10, 8.7}, Vec3{-8, 5, 3}, Vec3{10.9, 27, 24}})
    EXPECT_NEAR(value(scene, transform_point(placement, p)), slope(p), 1e-4) << p.x;  // stored as float
  EXPECT_EQ(value(scene, transform_point(placement, {-9, 10, 8})), 0);
  EXPECT_NEAR(scene.size_mm.x, 22.5, 1e-12);  // the image's y
  EXPECT_NEAR(scene.center_mm.z, 40 + 3 + 11, 1e-12);
  VolumeGeometry voxel;  // rows of a volume go the same way
  voxel.origin_mm = transform_point(placement, {0.3, 10, 8.7});
  EXPECT_NEAR(truth_volume(scene, voxel).values<float>()[0], slope({0.3, 10, 8.7}), 1e-4);
}

TEST(ImageScene, EchoesAreTissueAndItsBoundaries) {
  image::ScalarVolume step = sloping();
  for (std::size_t v = 0; v < step.values.size(); ++v) step.values[v] = v % 20 < 10 ? 100.0F : 300.0F;
  const Scene scene = scene_of_image(step, {}, Tissue::echoes);
  EXPECT_NEAR(value(scene, {-6, 10, 9}), 0, 1e-9);
  EXPECT_NEAR(value(scene, {8, 10, 9}), 70, 1e-9);
  EXPECT_NEAR(value(scene, {1, 10, 9}), 130, 1e-9);  // the gradient of t beside the step is 1/2 per mm
  step.values.assign(step.values.size(), 5.0F);
  EXPECT_THROW(scene_of_image(step, {}, Tissue::echoes), InputError);
}

}  // namespace
}  // namespace snitt::phantom
