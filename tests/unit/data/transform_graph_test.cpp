#include "data/transform_graph.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/error.hpp"
#include "geometry/pose.hpp"

namespace snitt {
namespace {

/// A screw motion about z: 30 degrees and 5 mm per second.
Matrix4 helix(double t) {
  const double half = 0.5 * t * 3.14159265358979323846 / 6;
  return rigid_matrix({std::cos(half), 0, 0, std::sin(half)}, {1, 2, 5 * t});
}

double difference(const Matrix4& a, const Matrix4& b) {
  double worst = 0;
  for (std::size_t i = 0; i < 16; ++i) worst = std::max(worst, std::abs(a.m[i] - b.m[i]));
  return worst;
}

/// Frames every 0.1 s; the tracker samples at 0, 0.2, 0.4 … on its own clock.
Frames recording(std::size_t count) {
  Frames frames;
  frames.count = count;
  TrackedTransform probe{{"Probe", "Tracker"}, {}, {}, {}};
  for (std::size_t f = 0; f < count; ++f) {
    frames.time_s.push_back(0.1 * static_cast<double>(f));
    if (f % 2 == 0) {
      probe.time_s.push_back(frames.time_s[f]);
      probe.matrix.push_back(helix(frames.time_s[f]));
      probe.status.push_back(Status::ok);
    }
  }
  TrackedTransform reference{{"Reference", "Tracker"}, {}, {}, {}};
  for (std::size_t f = 0; f < count; ++f) {
    reference.matrix.push_back(rigid_matrix({1, 0, 0, 0}, {10, 0, static_cast<double>(f)}));
    reference.status.push_back(Status::ok);
  }
  frames.tracked = {probe, reference};
  Matrix4 calibration;
  calibration(0, 0) = 0.1;
  frames.constant = {{{"Image", "Probe"}, calibration}};
  return frames;
}

TEST(TransformPath, IsTheShortestAndWalksAgainstNames) {
  const Frames frames = recording(5);
  const TransformPath path = find_path(frames, "Image", "Reference");
  EXPECT_EQ(describe(path),
            "Image -> Probe (ImageToProbe) -> Tracker (ProbeToTracker) -> Reference (inverse of "
            "ReferenceToTracker)");
  EXPECT_TRUE(find_path(frames, "Image", "Image").empty());
}

TEST(TransformPath, ThatDoesNotExistNamesWhatCanBeReachedAndTheNearestSpelling) {
  try {
    (void)find_path(recording(5), "Image", "reference");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "no path from coordinate frame 'Image' to 'reference'; reachable from 'Image': Probe, "
                 "Reference, Tracker; did you "
                 "mean 'Reference'?");
  }
  EXPECT_THROW((void)find_path(recording(5), "Imag", "Reference"), InputError);
}

TEST(TransformPath, ProductEqualsTheProductOfTheMatrices) {
  Frames frames = recording(5);
  const FramePoses poses = evaluate(frames, find_path(frames, "Image", "Reference"), {});
  for (std::size_t f = 0; f < 5; f += 2) {
    const Matrix4 expected =
        inverse(frames.tracked[1].matrix[f]) * helix(frames.time_s[f]) * frames.constant[0].matrix;
    EXPECT_LT(difference(poses.matrix[f], expected), 1e-14);  // a few roundings of numbers near 10
  }
}

TEST(PoseInterpolation, OfAScrewMotionIsExactBetweenTheSamplesOfATrackerWithItsOwnClock) {
  const Frames frames = recording(21);
  const FramePoses poses = evaluate(frames, find_path(frames, "Probe", "Tracker"), {});
  for (std::size_t f = 0; f < 21; ++f) {
    ASSERT_EQ(poses.status[f], Status::ok);
    EXPECT_LT(difference(poses.matrix[f], helix(frames.time_s[f])),
              1e-14);  // roundings of sines and numbers near 10
  }
}

TEST(PoseInterpolation, TakesThePoseAtFrameTimePlusOffset) {
  const Frames frames = recording(21);
  const FramePoses poses = evaluate(frames, find_path(frames, "Probe", "Tracker"), {0.137, 0.25});
  for (std::size_t f = 0; f + 2 < 21; ++f) {
    if (frames.time_s[f] + 0.137 > 2) continue;
    EXPECT_LT(difference(poses.matrix[f], helix(frames.time_s[f] + 0.137)), 1e-13);
  }
  EXPECT_EQ(poses.status[20], Status::missing);  // beyond the last sample
}

TEST(PoseInterpolation, DoesNotDependOnTheSignOfQuaternions) {
  // Through 180 degrees the quaternion read from a matrix flips its sign.
  Frames frames = recording(3);
  const auto about_x = [](double degrees) {
    const double half = degrees * 3.14159265358979323846 / 360;
    return rigid_matrix({std::cos(half), std::sin(half), 0, 0}, {});
  };
  frames.tracked[0].matrix = {about_x(170), about_x(190)};
  const FramePoses poses = evaluate(frames, find_path(frames, "Probe", "Tracker"), {});
  EXPECT_LT(difference(poses.matrix[1], about_x(180)), 1e-14);
}

TEST(PoseInterpolation, CrossesAShortRunOfInvalidSamplesButNoGapAboveTheLimit) {
  Frames frames = recording(21);
  frames.tracked[0].status[3] = Status::invalid;  // 0.6 s
  const TransformPath path = find_path(frames, "Probe", "Tracker");
  const FramePoses strict = evaluate(frames, path, {0, 0.25});
  for (const std::size_t f : {5, 6, 7}) EXPECT_EQ(strict.status[f], Status::missing);
  EXPECT_EQ(strict.status[4], Status::ok);
  const FramePoses lenient = evaluate(frames, path, {0, 0.45});
  EXPECT_EQ(lenient.status[6], Status::ok);
  EXPECT_LT(difference(lenient.matrix[6], helix(0.6)), 1e-14);
}

TEST(FramePoses, KeepTheFirstUnusableStatusOfTransformsOnThePathOnly) {
  Frames frames = recording(5);
  frames.tracked[1].status[2] = Status::out_of_view;
  EXPECT_EQ(evaluate(frames, find_path(frames, "Image", "Reference"), {}).status[2], Status::out_of_view);
  EXPECT_EQ(evaluate(frames, find_path(frames, "Image", "Tracker"), {}).status[2], Status::ok);
}

TEST(FramePoses, RefuseMatricesThatCannotBeWhatTheyAreSaidToBe) {
  Frames frames = recording(5);
  frames.tracked[1].matrix[2](3, 3) = 0;
  EXPECT_THROW((void)evaluate(frames, find_path(frames, "Image", "Reference"), {}), InputError);
  frames = recording(5);
  frames.tracked[0].matrix[0](0, 0) = 3;  // scaled: nothing to interpolate a rotation from
  EXPECT_THROW((void)evaluate(frames, find_path(frames, "Image", "Tracker"), {}), InputError);
  frames = recording(5);
  frames.tracked[0].time_s[1] = 0;
  EXPECT_THROW((void)evaluate(frames, find_path(frames, "Image", "Tracker"), {}), InputError);
}

}  // namespace
}  // namespace snitt
