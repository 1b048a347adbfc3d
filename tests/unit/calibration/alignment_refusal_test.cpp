#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>

#include "base/error.hpp"
#include "calibration/time_alignment.hpp"
#include "calibration/time_record.hpp"
#include "motion_fixture.hpp"

namespace snitt::calibration {
namespace {

using test::Motion;
using test::sampled;
using test::Stream;
using test::tracker;
using test::video;
using testing::HasSubstr;

std::string refusal(const MotionSignal& fixed, const MotionSignal& moving, AlignmentOptions options = {}) {
  options.step_s = 0.005;
  try {
    align(fixed, moving, options);
  } catch (const ComputationError& error) {
    return error.what();
  }
  return "accepted";
}

/// The stream with other values at the same times.
template <typename Function>
MotionSignal with_values(MotionSignal signal, Function value_at) {
  for (std::size_t i = 0; i < signal.value.size(); ++i) signal.value[i] = value_at(signal.time_s[i]);
  return signal;
}

const Motion motion(3);
const MotionSignal a = sampled(motion, video(), 1);
const MotionSignal b = sampled(motion, tracker(0.05), 2);

TEST(AlignmentRefusal, OfTooLittleMotionInEitherStream) {
  const auto half = [](double) { return 1.0; };
  EXPECT_THAT(refusal(with_values(a, half), b), HasSubstr("video moves by 0 px"));
  EXPECT_THAT(refusal(a, with_values(b, half)), HasSubstr("tracker moves by 0 mm"));
  EXPECT_THAT(refusal(a, with_values(b, [](double t) { return 0.1 * motion.at(t); })),
              HasSubstr("expected at least 8 mm"));
  // One wrong sample is no motion.
  MotionSignal spike = with_values(b, half);
  spike.value[50] = 100;
  EXPECT_THAT(refusal(a, spike), HasSubstr("tracker moves by 0 mm"));
}

TEST(AlignmentRefusal, OfTooFewSamplesAndOfNoCommonTime) {
  Stream brief = video();
  brief.last_s = brief.first_s + 2;
  EXPECT_THAT(refusal(sampled(motion, brief, 1), b), HasSubstr("25 of 25 samples can be used"));
  Stream late = video();
  late.first_s += 100;
  late.last_s += 100;
  EXPECT_THAT(refusal(sampled(motion, late, 1), b), HasSubstr("no common time"));
  late.first_s = 119.5;  // 0.5 s in common
  EXPECT_THAT(refusal(sampled(motion, late, 1), b), testing::Not("accepted"));
  EXPECT_THAT(refusal(MotionSignal{}, b), HasSubstr("0 of 0 samples"));
}

TEST(AlignmentRefusal, OfAMotionThatRepeatsItselfWithinTheSearch) {
  const auto sine = [](double t) { return 10 * std::sin(2 * std::numbers::pi * 2 * t); };
  Stream dense = video();
  dense.rate_hz = 25;
  const MotionSignal fixed = with_values(sampled(motion, dense, 1), [&](double t) { return 10 * sine(t); });
  const MotionSignal moving = with_values(b, [&](double t) { return sine(t - 0.05); });
  EXPECT_THAT(refusal(fixed, moving), HasSubstr("the motion repeats itself"));
  AlignmentOptions narrow;
  narrow.maximum_lag_s = 0.2;
  EXPECT_THAT(refusal(fixed, moving, narrow), HasSubstr("border"));  // of the other sign
  narrow.axis = AxisSign::same;
  EXPECT_EQ(refusal(fixed, moving, narrow), "accepted");
}

TEST(AlignmentRefusal, OfASignThatTheMotionContradictsNamesTheOther) {
  const MotionSignal mirrored = with_values(b, [](double t) { return -motion.at(t - 0.05); });
  AlignmentOptions options;
  options.axis = AxisSign::same;
  EXPECT_THAT(refusal(a, mirrored, options), testing::AllOf(HasSubstr("with --axis-sign same the best"),
                                                            HasSubstr("give --axis-sign opposite")));
  options.axis = AxisSign::opposite;
  EXPECT_EQ(refusal(a, mirrored, options), "accepted");
  EXPECT_THAT(refusal(a, b, options), HasSubstr("give --axis-sign same"));
}

TEST(AlignmentRefusal, OfABestLagAtTheBorder) {
  Stream far = tracker(0.6);
  EXPECT_THAT(refusal(a, sampled(motion, far, 2)),
              testing::AnyOf(HasSubstr("border"), HasSubstr("same motion")));
}

TEST(AlignmentRefusal, OfOneWay) {
  // Any lag explains a straight line.
  EXPECT_NE(refusal(with_values(a, [](double t) { return 30 * t; }),
                    with_values(b, [](double t) { return 3 * t; })),
            "accepted");
}

TEST(AlignmentRefusal, OfStreamsThatShowDifferentMotions) {
  int accepted = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    accepted += refusal(a, sampled(Motion(1000 + seed), tracker(0), 2)) == "accepted";
  EXPECT_EQ(accepted, 0);
}

TEST(AlignmentRefusal, OfImpossibleOptions) {
  AlignmentOptions options;
  options.step_s = 1;
  EXPECT_THROW(align(a, b, options), UsageError);
  options.step_s = 0;
  EXPECT_THROW(align(a, b, options), UsageError);
}

TEST(TimeRecord, DoubtsAWeakResultAndSaysWhatToDo) {
  Stream shaky = video();
  shaky.correlated_noise = 45;
  AlignmentOptions options;
  options.maximum_lag_s = 0.3;
  const MotionSignal noisy = sampled(motion, shaky, 8);
  const CalibrationRecord record = time_record(noisy, b, align(noisy, b, options));
  EXPECT_EQ(record.verdict, "doubtful");
  ASSERT_FALSE(record.reasons.empty());
  EXPECT_THAT(record.reasons, testing::Contains(HasSubstr("correlation of 0.9")));
  const CalibrationRecord good = time_record(a, b, align(a, b, options));
  EXPECT_EQ(good.verdict, "good");
  EXPECT_NEAR(good.find("time_offset_s")->value, 0.05, 1e-4);
  for (const char* name : {"rms_mm", "largest_residual_mm", "scale_mm_per_px", "axis_sign", "frames_used"})
    EXPECT_NE(good.find(name), nullptr) << name;
  for (const char* name : {"signals", "frames", "poses"}) EXPECT_NE(good.table(name), nullptr) << name;
  EXPECT_EQ(good.table("curve"), nullptr) << "it is the file's own table";
  for (const std::string& reason : record.reasons) {
    EXPECT_TRUE(std::islower(static_cast<unsigned char>(reason.front()))) << reason;
    EXPECT_NE(reason.back(), '.') << reason;
  }
}

}  // namespace
}  // namespace snitt::calibration
