#include "phantom/ct_render.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "phantom/ct_body.hpp"

namespace snitt::phantom {
namespace {

constexpr double pi = std::numbers::pi;

struct Rendered {
  CtPixels pixels;
  std::vector<float> hu;
  double at(std::size_t row, std::size_t column) const {
    return static_cast<double>(hu[row * pixels.columns + column]);
  }
  double above_air() const {
    double sum = 0;
    for (const float value : hu) sum += static_cast<double>(value) - air_hu;
    return sum * pixels.pixel_mm * pixels.pixel_mm;
  }
};

Rendered render(const CtScene& scene, const CtPose& pose = {}, double z_mm = 0, double fwhm_mm = 2,
                SliceShape shape = SliceShape::rectangle) {
  Rendered made;
  made.pixels = {200, 200, 0.25, 0, 0};
  made.hu.resize(made.pixels.rows * made.pixels.columns);
  CtRenderer(scene, ct_blur(0.5, 0.3), {shape, fwhm_mm}, pose, made.pixels).slice(z_mm, made.hu);
  return made;
}

// A sum over pixels of a band-limited image is its integral: 1e-4 is left for float and the tables.
TEST(CtRender, ACylinderKeepsItsVolumeAndItsValue) {
  CtScene scene;
  scene.cylinders = {{3.3, -2.1, 8, {-1, 50}, 500}};
  const Rendered whole = render(scene, {}, 10);
  EXPECT_NEAR(whole.above_air(), 500 * pi * 64, 1e-4 * 500 * pi * 64);
  EXPECT_NEAR(whole.at(92, 113), -500, 0.1);
  EXPECT_NEAR(whole.at(0, 0), -1000, 1e-3);
  EXPECT_NEAR(render(scene, {}, -1).above_air(), 0.5 * 500 * pi * 64, 1e-4 * 250 * pi * 64);
}

TEST(CtRender, PointsBarsAndWiresKeepTheirStrength) {
  CtScene point;
  point.points = {{1.1, 2.2, 0.3, 0.28, 4000}};
  double sum = 0;
  for (double z = -3; z < 3; z += 0.05)
    sum += 0.05 * render(point, {}, z, 2, SliceShape::gaussian).above_air();
  EXPECT_NEAR(sum, 4000, 4);  // the step in z; exact is 4000
  CtScene bar;
  bar.bars = {{-1, 0.4, 0.4, 4, 30, {}, 800}};
  EXPECT_NEAR(render(bar).above_air(), 800 * 0.8 * 8, 0.5);
  // A wire climbing at 23 deg crosses a slice of 2 mm over 2 / sin(23) mm of its length, and the slice is the
  // mean over 2 mm.
  CtScene wire;
  wire.wires = {{0, 0, 0, 40, 23, 20, 0.3, 700}};
  for (const SliceShape shape : {SliceShape::rectangle, SliceShape::gaussian})
    EXPECT_NEAR(render(wire, {}, 1, 2, shape).above_air(), 700 / std::sin(23 * pi / 180), 1);
}

// The trace of a wire at 23 deg is as long at half its height as the slice is thick over tan(23).
TEST(CtRender, ARampShowsTheSliceThickness) {
  for (const SliceShape shape : {SliceShape::rectangle, SliceShape::gaussian})
    for (const double fwhm_mm : {2.0, 5.0}) {
      CtScene scene;
      scene.wires = {{0, 0.125, 0, 0, 23, 24, 0.3, 700}};
      const Rendered made = render(scene, {}, 0, fwhm_mm, shape);
      double highest = 0;
      std::size_t over = 0;
      for (std::size_t column = 0; column < 200; ++column)
        highest = std::max(highest, made.at(100, column) + 1000);
      for (std::size_t column = 0; column < 200; ++column)
        if (made.at(100, column) + 1000 > highest / 2) ++over;
      // One pixel; the blur widens a Gaussian trace by sqrt(1 + (0.5 / 2)^2), 3 %, at most.
      EXPECT_NEAR(0.25 * static_cast<double>(over), fwhm_mm / std::tan(23 * pi / 180), 0.35);
    }
}

TEST(CtRender, TheTraceOfARampMovesTowardsItsDirectionAsZGrows) {
  CtScene scene;
  scene.wires = {{0, 0, 0, 0, 23, 24, 0.3, 700}};
  const auto mean_column = [](const Rendered& made) {
    double sum = 0, moment = 0;
    for (std::size_t column = 0; column < 200; ++column) {
      sum += made.at(100, column) + 1000;
      moment += (made.at(100, column) + 1000) * static_cast<double>(column);
    }
    return moment / sum;
  };
  EXPECT_NEAR(mean_column(render(scene, {}, 2)) - mean_column(render(scene, {}, 0)),
              2 / std::tan(23 * pi / 180) / 0.25, 0.05);
}

// The contrast of a long pattern of bars at its own frequency: 4 / pi MTF(f), the first term of the square
// wave's Fourier series; the third harmonic is at 1.5 / mm, where the MTF is below 0.01.
TEST(CtRender, LinePairsAreModulatedByTheMtf) {
  CtScene scene;
  const double per_mm = 0.5;
  for (int bar = -12; bar <= 12; ++bar)
    scene.bars.push_back({bar / per_mm, 0, 0.25 / per_mm, 20, 0, {}, 100});
  const Rendered made = render(scene);
  double low = 1e9, high = -1e9;
  for (std::size_t column = 80; column < 120; ++column) {
    low = std::min(low, made.at(100, column));
    high = std::max(high, made.at(100, column));
  }
  // The pixels nearest to the middle of a bar lie 0.125 mm from it, a sixteenth of a period. 1 %: the
  // harmonics.
  EXPECT_NEAR(high - low, std::cos(pi / 8) * 100 * 4 / pi * ct_mtf(ct_blur(0.5, 0.3), per_mm), 0.6);
}

TEST(CtRender, TheFrameOfAPoseIsUndoneByItsInverse) {
  CtPose pose;
  pose.offset_x_mm = 7;
  pose.offset_y_mm = -4;
  pose.pivot_z_mm = 33;
  pose.roll_deg = 20;
  pose.tilt_deg = 4;
  pose.tilt_direction_deg = 130;
  for (const bool mirrored : {false, true})
    for (const bool reversed : {false, true}) {
      pose.is_mirrored = mirrored;
      pose.is_reversed = reversed;
      const CtFrame frame = ct_frame(pose);
      for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 4; ++column) {
          double sum = column == 3 ? frame.to_phantom[row][3] : 0;
          for (int k = 0; k < 3; ++k) sum += frame.to_phantom[row][k] * frame.to_scanner[k][column];
          EXPECT_NEAR(sum, row == column ? 1 : 0, 1e-12);
        }
      // The axis passes the offset at the pivot.
      EXPECT_NEAR(frame.to_scanner[0][2] * 33 + frame.to_scanner[0][3], 7, 1e-12);
      EXPECT_NEAR(frame.to_scanner[2][2] * 33 + frame.to_scanner[2][3], 0, 1e-12);
    }
}

TEST(CtRender, AnObjectIsDrawnWhereThePoseSays) {
  CtScene scene;
  scene.cylinders = {{10, 4, 3, {-100, 100}, 1000}};
  CtPose pose;
  pose.roll_deg = 30;
  pose.is_mirrored = true;
  pose.is_reversed = true;
  pose.offset_x_mm = 2;
  pose.tilt_deg = 3;
  const Rendered made = render(scene, pose, 20);
  double sum = 0, x = 0, y = 0;
  for (std::size_t row = 0; row < 200; ++row)
    for (std::size_t column = 0; column < 200; ++column) {
      const double value = made.at(row, column) + 1000;
      sum += value;
      x += value * (static_cast<double>(column) - 99.5) * 0.25;
      y += value * (static_cast<double>(row) - 99.5) * 0.25;
    }
  // x is turned over, then 30 deg from x towards y, then the axis has moved by 20 tan(3 deg). 0.02 mm: the
  // tilt also stretches by 1 / cos(3 deg), 0.14 % of 10 mm.
  const double c = std::cos(pi / 6), s = std::sin(pi / 6);
  EXPECT_NEAR(x / sum, 2 + (-10 * c - 4 * s) + 20 * std::tan(3 * pi / 180), 0.02);
  EXPECT_NEAR(y / sum, -10 * s + 4 * c, 0.02);
}

TEST(CtRender, CuppingLowersTheAxisAndNotTheRim) {
  CtScene scene;
  scene.cylinders = {{0, 0, 20, {}, 1000}};
  scene.cupping = {20, 20, {}, 15};
  const Rendered made = render(scene);
  EXPECT_NEAR(made.at(100, 100), -15, 0.01);
  EXPECT_NEAR(made.at(100, 100 + 56), -15 * (1 - std::pow(14.125 / 20, 2)), 0.05);
}

TEST(CtRender, AtAnotherVoltageHeavyMaterialsShiftMostAndAt120None) {
  EXPECT_NEAR(hu_at_voltage("Teflon", 1000, 120), 1000, 1e-9);
  EXPECT_EQ(hu_at_voltage("unheard of", 77, 80), 77);
  EXPECT_EQ(hu_at_voltage("Water", 0, 80), 0);
  const double teflon = hu_at_voltage("Teflon", 1000, 80) - 1000;
  const double pmp = hu_at_voltage("PMP", -196, 80) + 196;
  const double bone = hu_at_voltage("Bone 50%", 725, 80) - 725;
  EXPECT_GT(teflon, 0);
  EXPECT_LT(pmp, 0);  // lighter than water: less photoelectric absorption
  EXPECT_GT(bone, teflon);
}

// Water-equivalent area by the sum over pixels, as AAPM report 220 has it, against the areas of the shapes.
// 1e-3: the straight-edge approximation of the blurred ellipses, and the pixels.
TEST(CtRender, ABodyHasTheWaterEquivalentDiameterItStates) {
  CtBodySettings settings;
  settings.lateral_mm = 44;
  settings.ap_mm = 32;
  settings.fat_mm = 2;
  settings.has_lungs = true;
  settings.has_bones = true;
  const CtBody body = ct_body(settings);
  const double found_mm = 2 * std::sqrt(render(body.scene).above_air() / 1000 / pi);
  EXPECT_NEAR(found_mm / body.water_equivalent_mm, 1, 1e-3);
  EXPECT_EQ(body.water_equivalent_all_mm, body.water_equivalent_mm);
}

}  // namespace
}  // namespace snitt::phantom
