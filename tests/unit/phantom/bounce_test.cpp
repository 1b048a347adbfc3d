#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "phantom/sweep.hpp"
#include "phantom/trajectory.hpp"

namespace snitt::phantom {
namespace {

double depth_at(const Trajectory& path, double time_s) { return path.plane_to_reference(time_s)(1, 3); }

TEST(Bounce, MovesAlongDepthAloneAndStaysWithinItsTravel) {
  TrajectorySettings settings;
  settings.motion = Motion::bounce;
  settings.travel_mm = 24;
  const Trajectory path(settings);
  const Matrix4 first = path.plane_to_reference(10);
  double lowest = 1e9;
  double highest = -1e9;
  for (double t = 10; t < 40; t += 0.01) {
    Matrix4 now = path.plane_to_reference(t);
    lowest = std::min(lowest, now(1, 3));
    highest = std::max(highest, now(1, 3));
    now(1, 3) = first(1, 3);
    EXPECT_EQ(now, first);
  }
  EXPECT_LE(highest - lowest, 24);
  EXPECT_GT(highest - lowest, 16);  // four sines rarely meet
}

TEST(Bounce, DoesNotRepeatItself) {
  TrajectorySettings settings;
  settings.motion = Motion::bounce;
  const Trajectory path(settings);
  for (double lag = 0.3; lag < 5; lag += 0.05) {
    double difference = 0;
    for (double t = 10; t < 27; t += 0.05)
      difference = std::max(difference, std::abs(depth_at(path, t + lag) - depth_at(path, t)));
    EXPECT_GT(difference, 5) << lag;  // of a travel of 40
  }
}

TEST(Bounce, KeepsTheFloorInTheImage) {
  const Scene scene = named_scene("floor", 0.5);
  SweepSettings settings;
  settings.path = path_over(scene, Motion::bounce);
  settings.frames = 300;
  const SweepSource sweep(scene, settings);
  for (std::size_t k = 0; k < settings.frames; ++k) {
    const Matrix4 image = sweep.image_to_reference(k);
    const double row = (scene.center_mm.y - image(1, 3)) / image(1, 1);
    EXPECT_GT(row, 20) << k;
    EXPECT_LT(row, 379) << k;
  }
}

}  // namespace
}  // namespace snitt::phantom
