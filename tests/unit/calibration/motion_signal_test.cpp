#include "calibration/motion_signal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "phantom/sweep.hpp"

namespace snitt::calibration {
namespace {

using testing::HasSubstr;

phantom::SweepSettings tank(PixelFormat format = {}) {
  phantom::SweepSettings s;
  s.path = phantom::path_over(phantom::named_scene("floor", 0.5), phantom::Motion::bounce);
  s.frames = 40;
  s.columns = 80;
  s.rows = 300;
  s.pixel_size_mm = 40.0 / 300;
  s.frame_rate_hz = 12;
  s.format = format;
  s.gain = format.type == PixelType::u16 ? 200 : 1;
  s.tracker.rate_hz = 40;
  return s;
}

/// Row at which the middle of the floor lies: where the image's plane meets the scene's centre in depth.
double floor_row(const phantom::SweepSource& sweep, std::size_t frame) {
  const Matrix4 image = sweep.image_to_reference(frame);
  return (phantom::named_scene("floor", 0.5).center_mm.y - image(1, 3)) / image(1, 1);
}

template <typename Function>
std::string message(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(MotionSignal, OfALineIsTheRowOfTheFloorForEveryKindOfPixel) {
  Monitor monitor;
  for (const PixelFormat format : {PixelFormat{PixelType::u8, 1}, PixelFormat{PixelType::u16, 1},
                                   PixelFormat{PixelType::f32, 1}, PixelFormat{PixelType::u8, 3}}) {
    phantom::SweepSource sweep(phantom::named_scene("floor", 0.5), tank(format));
    const MotionSignal signal = line_signal(sweep, {}, monitor);
    ASSERT_EQ(signal.value.size(), 40u);
    for (std::size_t k = 0; k < 40; ++k)
      EXPECT_NEAR(signal.value[k], floor_row(sweep, k), 0.15) << k;  // a floor of 6 pixels that lies level:
    // all columns see the same place between two pixels, and nothing averages
    EXPECT_EQ(signal.time_s, sweep.frames().time_s);
    EXPECT_EQ(rejections(signal), "");
  }
}

TEST(MotionSignal, OfAShiftDiffersFromTheRowByAConstant) {
  Monitor monitor;
  phantom::SweepSource sweep(phantom::named_scene("floor", 0.5), tank());
  const MotionSignal signal = shift_signal(sweep, {}, monitor);
  ASSERT_EQ(signal.value.size(), 40u);
  for (std::size_t k = 1; k < 40; ++k)
    EXPECT_NEAR(signal.value[k] - signal.value[0], floor_row(sweep, k) - floor_row(sweep, 0), 0.15) << k;
}

TEST(MotionSignal, OfPosesHasTheTrackersOwnClockAndItsMainAxis) {
  const phantom::SweepSource sweep(phantom::named_scene("floor", 0.5), tank());
  const MotionSignal signal = position_signal(sweep.frames(), "Probe", "Reference", 0.25);
  EXPECT_EQ(signal.time_s, sweep.frames().tracked[0].time_s);
  EXPECT_NEAR(signal.quantities[1].value, 1, 1e-6);  // y, which is depth
  EXPECT_NEAR(signal.quantities[3].value, 1, 1e-6);  // all of the motion
  double mean = 0;
  for (const double v : signal.value) mean += v / static_cast<double>(signal.value.size());
  EXPECT_NEAR(mean, 0, 1e-9);
}

TEST(MotionSignal, OfPosesIsTheFramesClockWhereThereIsNoOther) {
  phantom::SweepSettings settings = tank();
  settings.tracker.rate_hz.reset();
  settings.tracker.invalid_samples = {3, 7};
  const phantom::SweepSource sweep(phantom::named_scene("floor", 0.5), settings);
  const MotionSignal signal = position_signal(sweep.frames(), "Probe", "Reference", 0.25);
  EXPECT_EQ(signal.time_s.size(), 38u);
  EXPECT_EQ(signal.sample[3], 4u);
  EXPECT_EQ(signal.reason[3], "pose INVALID");
  EXPECT_EQ(rejections(signal), "pose INVALID: 2");
}

TEST(MotionSignal, RefusesPosesThatCannotMoveOrAreNeverUsable) {
  phantom::SweepSettings settings = tank();
  const phantom::SweepSource sweep(phantom::named_scene("floor", 0.5), settings);
  EXPECT_THAT(message([&] { position_signal(sweep.frames(), "Image", "Probe", 1); }),
              HasSubstr("constant transforms only"));
  EXPECT_THAT(message([&] { position_signal(sweep.frames(), "Stylus", "Probe", 1); }), HasSubstr("Stylus"));
  settings.tracker.invalid_fraction = 1;
  const phantom::SweepSource invalid(phantom::named_scene("floor", 0.5), settings);
  EXPECT_THAT(message([&] { position_signal(invalid.frames(), "Probe", "Reference", 1); }),
              HasSubstr("is usable (the first is INVALID)"));
}

TEST(MotionSignal, RefusesImagesThatShowNoLine) {
  Monitor monitor;
  phantom::Scene empty = phantom::named_scene("floor", 0.5);
  empty.objects.clear();
  phantom::SweepSource sweep(empty, tank());
  EXPECT_THAT(message([&] { line_signal(sweep, {}, monitor); }),
              HasSubstr("a line was found in 0 of 40 frames (no peaks: 40)"));
  EXPECT_THAT(message([&] { shift_signal(sweep, {}, monitor); }),
              HasSubstr("a shift was found in 0 of 40 frames (no match: 40)"));
}

TEST(MotionSignal, OfAColumnLeavesOutWhatIsNoNumberAndTimesThatDoNotRise) {
  const double nan = std::nan("");
  const Table table{{{"time", "s", "", std::vector<double>{0, 1, 1, nan, 2, 3}},
                     {"x", "mm", "", std::vector<double>{5, nan, 6, 7, 8, 9}},
                     {"count", "1", "", std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}},
                     {"note", "", "", std::vector<std::string>(6)}}};
  const MotionSignal signal = column_signal(table, "time", "x");
  EXPECT_EQ(signal.value, (std::vector<double>{5, 6, 8, 9}));
  EXPECT_EQ(signal.sample, (std::vector<std::size_t>{0, 2, 4, 5}));
  EXPECT_EQ(signal.units, "mm");
  EXPECT_EQ(rejections(signal), "no time: 1, no value: 1");
  EXPECT_EQ(rejections(column_signal(table, "time", "count")), "no time: 1, time does not rise: 1");
  EXPECT_THAT(message([&] { column_signal(table, "time", "note"); }), HasSubstr("holds no numbers"));
  EXPECT_THAT(message([&] { column_signal(table, "tiem", "x"); }), HasSubstr("did you mean 'time'"));
}

TEST(MotionSignal, OfAFieldIsItsNumbersPerFrame) {
  Frames frames;
  frames.count = 3;
  frames.time_s = {1, 2, 3};
  frames.fields = {{"Encoder", std::vector<double>{4, 5, 6}}, {"Note", std::vector<std::string>(3)}};
  EXPECT_EQ(field_signal(frames, "Encoder").value, (std::vector<double>{4, 5, 6}));
  EXPECT_THAT(message([&] { field_signal(frames, "Note"); }), HasSubstr("holds no numbers"));
  EXPECT_THAT(message([&] { field_signal(frames, "Encodr"); }), HasSubstr("did you mean 'Encoder'"));
}

}  // namespace
}  // namespace snitt::calibration
