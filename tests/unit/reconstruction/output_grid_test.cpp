#include "reconstruction/output_grid.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"

namespace snitt::reconstruction {
namespace {

FramePoses one_pose(double scale, Vec3 translation) {
  Matrix4 m;
  for (std::size_t k = 0; k < 3; ++k) {
    m(k, k) = scale;
    m(k, 3) = translation[k];
  }
  return {{m}, {Status::ok}};
}

TEST(OutputGrid, SpansTheCornersOfTheRegionInUsableFramesAlone) {
  FramePoses poses = one_pose(0.1, {5, 6, 7});
  poses.matrix.push_back(one_pose(0.1, {5, 6, 9}).matrix[0]);
  poses.matrix.push_back(one_pose(0.1, {500, 6, 9}).matrix[0]);
  poses.status = {Status::ok, Status::switch1_is_on, Status::invalid};
  GridOptions options;
  options.spacing_mm = {0.5, 0.25, 1};
  const VolumeGeometry grid = output_grid(poses, ImageRegion(41, 101), options);
  EXPECT_EQ(grid.origin_mm, (Vec3{5, 6, 7}));
  EXPECT_EQ(grid.size, (std::array<std::size_t, 3>{21, 17, 3}));  // 10, 4 and 2 mm
}

TEST(OutputGrid, KeepsWhatIsGiven) {
  GridOptions options;
  options.origin_mm = Vec3{-1, -2, -3};
  options.size = {4, 5, 6};
  const VolumeGeometry grid = output_grid(one_pose(0.1, {}), ImageRegion(10, 10), options);
  EXPECT_EQ(grid.origin_mm, (Vec3{-1, -2, -3}));
  EXPECT_EQ(grid.size, (std::array<std::size_t, 3>{4, 5, 6}));
}

TEST(OutputGrid, RefusesAGridBeyondMemoryNamingItsSizeAndTheWayOut) {
  GridOptions options;
  options.size = {1000, 1000, 1000};
  options.bytes_per_voxel = 10;
  options.memory_limit_bytes = 5e9;
  try {
    (void)output_grid(one_pose(0.1, {}), ImageRegion(10, 10), options);
    FAIL();
  } catch (const UsageError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("10.0 GB"), std::string::npos) << message;
    EXPECT_NE(message.find("spacing of 0.64"), std::string::npos) << message;
  }
}

TEST(OutputGrid, RefusesABadSpacingAndARecordingWithoutPoses) {
  GridOptions options;
  options.spacing_mm.y = 0;
  EXPECT_THROW((void)output_grid(one_pose(0.1, {}), ImageRegion(10, 10), options), UsageError);
  FramePoses poses = one_pose(0.1, {});
  poses.status[0] = Status::missing;
  EXPECT_THROW((void)output_grid(poses, ImageRegion(10, 10), {}), ComputationError);
}

}  // namespace
}  // namespace snitt::reconstruction
