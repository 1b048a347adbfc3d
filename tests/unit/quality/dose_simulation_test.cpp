#include "quality/dose_simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "quality/noise_source.hpp"
#include "simulated_body.hpp"
#include "simulated_plane.hpp"

namespace snitt::quality {
namespace {

using simulated::Body;
using simulated::Scan;

Scan scan_of(double noise_hu, std::size_t slices = 4) {
  Scan scan;
  scan.slices = slices;
  scan.noise_hu = noise_hu;
  scan.noise = simulated::Noise::band(0.7, 2.2);
  return scan;
}

DoseSimulation simulated_at(const Volume& ct, double fraction, std::uint64_t seed = 3) {
  Monitor quiet;
  DoseSimulationOptions options;
  options.fraction = fraction;
  options.seed = seed;
  return simulate_dose(ct, "ct", options, quiet);
}

/// Result minus input.
std::vector<std::vector<float>> added(const Volume& before, const Volume& after) {
  const SliceStack a = slices_of(before);
  SliceStack b = slices_of(after);
  for (std::size_t k = 0; k < b.values.size(); ++k)
    for (std::size_t i = 0; i < b.values[k].size(); ++i) b.values[k][i] -= a.values[k][i];
  return b.values;
}

/// Root mean square within an ellipse of these half axes in pixels around a point from the middle.
double rms(const std::vector<std::vector<float>>& values, const Scan& scan, double half_width,
           double half_height, double shift_columns = 0) {
  double squares = 0;
  double count = 0;
  for (const auto& slice : values)
    for (std::size_t r = 0; r < scan.rows; ++r)
      for (std::size_t c = 0; c < scan.columns; ++c) {
        const double x =
            (static_cast<double>(c) - static_cast<double>(scan.columns) / 2 - shift_columns) / half_width;
        const double y = (static_cast<double>(r) - static_cast<double>(scan.rows) / 2) / half_height;
        if (x * x + y * y >= 1) continue;
        squares += std::pow(double{slice[r * scan.columns + c]}, 2);
        count += 1;
      }
  return std::sqrt(squares / count);
}

double quantity(const DoseSimulation& s, const char* name) { return s.record.find(name)->value; }

TEST(SimulateDose, AddsTheNoiseThatLessDoseWouldHaveHad) {
  const Scan scan = scan_of(15, 6);  // three slices apart there are patches enough
  const Volume ct = simulated::volume_of({}, scan);
  for (const double fraction : {0.75, 0.5, 0.1}) {
    const DoseSimulation s = simulated_at(ct, fraction);
    const double wanted = 15 * std::sqrt(1 / fraction - 1);
    EXPECT_NEAR(rms(added(ct, s.low_dose), scan, 180, 120) / wanted, 1, 0.02) << fraction;
    // Its own measurement says the same.
    EXPECT_NEAR(quantity(s, "found_over_wished_noise"), 1, 0.02);
    EXPECT_NEAR(quantity(s, "input_noise_hu"), 15, 0.3);
    EXPECT_NEAR(quantity(s, "mean_shift_hu"), 0, 0.1);
    EXPECT_LT(quantity(s, "spectrum_deviation_in_errors"), 1.5);
    EXPECT_EQ(s.record.verdict, "good") << (s.record.reasons.empty() ? "" : s.record.reasons[0]);
  }
}

TEST(SimulateDose, AddsNoiseOfTheSpectrumThatWasThere) {
  const Scan scan = scan_of(0, 8);
  Volume ct = simulated::volume_of({}, scan);
  const auto power = [](double u, double v) {
    const double f = std::hypot(u, v);
    return 4000 * f * std::exp(-f * f / 0.1);
  };
  auto values = ct.values<std::int16_t>();
  for (std::size_t k = 0; k < scan.slices; ++k) {
    OwnedPlane noise =
        drawn({scan.rows, scan.columns, scan.pixel_mm, scan.pixel_mm}, [](double, double) { return 0.0; });
    add_noise(noise, power, 30 + k);
    for (std::size_t i = 0; i < noise.hu.size(); ++i)
      values[k * noise.hu.size() + i] =
          static_cast<std::int16_t>(std::lround(values[k * noise.hu.size() + i] + noise.hu[i]));
  }
  const auto difference = added(ct, simulated_at(ct, 0.5).low_dose);
  std::vector<ImagePlane> planes;
  std::vector<SquareRegion> regions;
  for (std::size_t k = 0; k < difference.size(); ++k) {
    planes.push_back({difference[k], scan.rows, scan.columns, scan.pixel_mm, scan.pixel_mm, 0});
    for (std::size_t r = 0; r < 2; ++r)
      for (std::size_t c = 0; c < 4; ++c) regions.push_back({k, 96 + 64 * r, 96 + 64 * c, 64});
  }
  const NoisePower found = noise_power(planes, regions);
  double squares = 0;
  double bins = 0;
  for (std::size_t k = 3; k < found.radial.power_hu2_mm2.size(); ++k) {
    const double wanted = power(found.radial.mean_frequency_per_mm[k], 0);
    if (!(wanted > 100)) continue;  // a fifth of the peak
    // The texture was measured in about as much noise as it is looked at in here.
    const double error = std::numbers::sqrt2 * found.radial.relative_error[k];
    EXPECT_NEAR(found.radial.power_hu2_mm2[k] / wanted, 1, 3 * error + 0.03)
        << found.radial.mean_frequency_per_mm[k];
    squares += std::pow((found.radial.power_hu2_mm2[k] / wanted - 1) / error, 2);
    bins += 1;
  }
  EXPECT_GT(bins, 15);
  EXPECT_LT(squares / bins, 2);
}

TEST(SimulateDose, TakesOrgansForOrgans) {
  Body body;
  body.structured = true;
  body.skin_mm = 2;
  body.fat_mm = 15;
  body.on_couch = true;
  Scan scan = scan_of(12);
  const Volume ct = simulated::volume_of(body, scan);
  const DoseSimulation s = simulated_at(ct, 0.5);
  // Small vessels and faint edges in patches and tiles: 7 % too much here.
  EXPECT_NEAR(rms(added(ct, s.low_dose), scan, 180, 120) / 12, 1, 0.09);
  EXPECT_NEAR(quantity(s, "found_over_wished_noise"), 1, 0.03);
  EXPECT_NEAR(quantity(s, "level_scale"), 1, 0.1);
}

TEST(SimulateDose, FollowsTheNoiseFromPlaceToPlace) {
  // Noise of 10 HU at the left, 30 at the right.
  Scan scan = scan_of(0, 6);
  Volume ct = simulated::volume_of({}, scan);
  auto values = ct.values<std::int16_t>();
  const auto truth = [&](std::size_t c) {
    return 10 + 20 * static_cast<double>(c) / static_cast<double>(scan.columns);
  };
  for (std::size_t k = 0; k < scan.slices; ++k) {
    const auto noise = scan.noise.image(scan.columns, scan.rows, 70 + static_cast<unsigned>(k));
    for (std::size_t i = 0; i < noise.size(); ++i) {
      auto& value = values[k * noise.size() + i];
      value = static_cast<std::int16_t>(std::lround(value + truth(i % scan.columns) * double{noise[i]}));
    }
  }
  const auto difference = added(ct, simulated_at(ct, 0.5).low_dose);
  for (const double shift : {-130.0, 0.0, 130.0})
    EXPECT_NEAR(rms(difference, scan, 25, 60, shift) / (20 + 20 * shift / 448), 1, 0.05) << shift;
}

TEST(SimulateDose, TellsWhereItsMapOfTheNoiseFallsShort) {
  // 20 HU in the middle, 5 far from it.
  Scan scan = scan_of(0, 8);
  Volume ct = simulated::volume_of({}, scan);
  auto values = ct.values<std::int16_t>();
  for (std::size_t k = 0; k < scan.slices; ++k) {
    const auto noise = scan.noise.image(scan.columns, scan.rows, 270 + static_cast<unsigned>(k));
    for (std::size_t i = 0; i < noise.size(); ++i) {
      const double x = (static_cast<double>(i % scan.columns) - 223.5) * scan.pixel_mm / 80;
      const double y = (static_cast<double>(i / scan.columns) - 159.5) * scan.pixel_mm / 56;
      auto& value = values[k * noise.size() + i];
      value = static_cast<std::int16_t>(
          std::lround(value + (5 + 15 * std::exp(-x * x - y * y)) * double{noise[i]}));
    }
  }
  const DoseSimulation s = simulated_at(ct, 0.5);
  EXPECT_GT(std::abs(quantity(s, "worst_place_ratio") - 1), 0.05);
  // Even noise is followed everywhere.
  const DoseSimulation even = simulated_at(simulated::volume_of({}, scan_of(15, 8)), 0.5);
  EXPECT_NEAR(quantity(even, "worst_place_ratio"), 1, 0.05);
}

TEST(SimulateDose, FollowsAJumpOfTheNoiseFromSliceToSlice) {
  // 8 HU in four slices, 24 in the next four. Smoothed along z the slices beside the jump had 1.5 and 0.8 of
  // theirs.
  Scan scan = scan_of(0, 8);
  Volume ct = simulated::volume_of({}, scan);
  auto values = ct.values<std::int16_t>();
  for (std::size_t k = 0; k < scan.slices; ++k) {
    const auto noise = scan.noise.image(scan.columns, scan.rows, 170 + static_cast<unsigned>(k));
    for (std::size_t i = 0; i < noise.size(); ++i) {
      auto& value = values[k * noise.size() + i];
      value = static_cast<std::int16_t>(std::lround(value + (k < 4 ? 8 : 24) * double{noise[i]}));
    }
  }
  const auto difference = added(ct, simulated_at(ct, 0.5).low_dose);
  for (std::size_t k = 0; k < scan.slices; ++k)
    EXPECT_NEAR(rms({difference[k]}, scan, 180, 120) / (k < 4 ? 8 : 24), 1, 0.07) << k;
}

TEST(SimulateDose, KeepsTheCorrelationOfNeighbouringSlices) {
  Scan scan = scan_of(0, 8);
  Volume ct = simulated::volume_of({}, scan);
  auto values = ct.values<std::int16_t>();
  const std::size_t pixels = scan.columns * scan.rows;
  for (std::size_t k = 0; k < scan.slices; ++k) {
    const auto here = scan.noise.image(scan.columns, scan.rows, 20 + static_cast<unsigned>(k));
    const auto next = scan.noise.image(scan.columns, scan.rows, 21 + static_cast<unsigned>(k));
    for (std::size_t i = 0; i < pixels; ++i)
      values[k * pixels + i] = static_cast<std::int16_t>(std::lround(
          values[k * pixels + i] + 20 / std::numbers::sqrt2 * (double{here[i]} + double{next[i]})));
  }
  const DoseSimulation s = simulated_at(ct, 0.5);
  EXPECT_NEAR(quantity(s, "slice_correlation"), 0.5, 0.03);
  const auto difference = added(ct, s.low_dose);
  const auto correlation = [&](std::size_t apart) {
    double product = 0;
    double squares = 0;
    for (std::size_t k = 0; k + apart < scan.slices; ++k)
      for (std::size_t r = 120; r < 200; ++r)
        for (std::size_t c = 150; c < 300; ++c) {
          const std::size_t i = r * scan.columns + c;
          product += double{difference[k][i]} * double{difference[k + apart][i]};
          squares += std::pow(double{difference[k][i]}, 2);
        }
    return product / squares;
  };
  EXPECT_NEAR(correlation(1), 0.5, 0.05);
  EXPECT_NEAR(correlation(2), 0, 0.05);
}

/// A series of 10 HU of noise with a texture of 8 HU and lower frequencies that is the same in all slices.
Volume with_static_texture(const Scan& scan) {
  Volume ct = simulated::volume_of({}, scan);
  auto values = ct.values<std::int16_t>();
  OwnedPlane texture =
      drawn({scan.rows, scan.columns, scan.pixel_mm, scan.pixel_mm}, [](double, double) { return 0.0; });
  // 64 HU²: the integral of p exp(-(f / c)²) over the plane is pi c² p.
  add_noise(
      texture,
      [](double u, double v) {
        return 64 / (std::numbers::pi * 0.0064) * std::exp(-(u * u + v * v) / 0.0064);
      },
      5);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::int16_t>(std::lround(values[i] + texture.hu[i % texture.hu.size()]));
  return ct;
}

TEST(SimulateDose, TellsStructureThatSlicesShareFromNoise) {
  const Scan scan = scan_of(10, 10);
  const Volume ct = with_static_texture(scan);
  const DoseSimulation s = simulated_at(ct, 0.5);
  const auto difference = added(ct, s.low_dose);
  // Level within 6 %: the map of levels sees some of the texture. It was 25 % too high.
  EXPECT_NEAR(rms(difference, scan, 180, 120) / 10, 1, 0.06);
  EXPECT_NEAR(quantity(s, "input_noise_hu"), 10, 0.4);
  double product = 0;
  double squares = 0;
  for (std::size_t k = 0; k + 1 < scan.slices; ++k)
    for (std::size_t r = 120; r < 200; ++r)
      for (std::size_t c = 150; c < 300; ++c) {
        const std::size_t i = r * scan.columns + c;
        product += double{difference[k][i]} * double{difference[k + 1][i]};
        squares += std::pow(double{difference[k][i]}, 2);
      }
  EXPECT_NEAR(product / squares, 0, 0.03);  // the noise of slices is independent; it was 0.3
  EXPECT_GT(quantity(s, "structure_share"), 0.15);
  EXPECT_EQ(s.record.verdict, "doubtful");
  EXPECT_NE(s.record.reasons.front().find("structure"), std::string::npos);
}

TEST(SimulateDose, SaysThatASingleSliceCannotTellStructureFromNoise) {
  const DoseSimulation s = simulated_at(with_static_texture(scan_of(10, 1)), 0.5);
  EXPECT_EQ(s.record.verdict, "doubtful");
  EXPECT_TRUE(std::any_of(s.record.reasons.begin(), s.record.reasons.end(), [](const std::string& reason) {
    return reason.find("Structure cannot be told") != std::string::npos;
  }));
}

TEST(SimulateDose, LeavesPaddingAndEmptyAirAlone) {
  Scan scan = scan_of(15, 3);
  Volume ct = simulated::volume_of({}, scan);
  auto values = ct.values<std::int16_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i % scan.columns;
    const std::size_t r = i / scan.columns % scan.rows;
    const double distance = std::hypot(static_cast<double>(c) - 223.5, static_cast<double>(r) - 159.5);
    if (distance > 240)
      values[i] = -3024;
    else if (r < 15)
      values[i] = -1000;  // masked air
  }
  const DoseSimulation s = simulated_at(ct, 0.25);
  const auto after = s.low_dose.values<std::int16_t>();
  std::size_t cut = 0;
  double air = 0;
  double air_pixels = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t c = i % scan.columns;
    const std::size_t r = i / scan.columns % scan.rows;
    if (values[i] == -3024) {
      ASSERT_EQ(after[i], -3024);
      continue;
    }
    ASSERT_GE(after[i], -1024);
    cut += after[i] == -1024 ? 1 : 0;
    const double distance = std::hypot(static_cast<double>(c) - 223.5, static_cast<double>(r) - 159.5);
    if (r < 13 && distance < 238) {
      ASSERT_EQ(after[i], values[i]) << c << " " << r;
    }
    if (r > 20 && r < 40 && c > 200 && c < 250) {
      air += std::pow(after[i] - values[i], 2);
      air_pixels += 1;
    }
  }
  EXPECT_GT(cut, 1000U);  // more dark pixels meet the scanner's limit than before
  EXPECT_GT(std::sqrt(air / air_pixels), 10);
}

TEST(SimulateDose, AllowsForRounding) {
  // 1.5 HU of noise in whole HU: rounding is a twenty-seventh of its variance.
  const Scan scan = scan_of(1.5);
  const Volume ct = simulated::volume_of({}, scan);
  const DoseSimulation s = simulated_at(ct, 0.5);
  // True noise 1.5² plus 1/12 each: after, 2 * 1.5² + 1/12.
  const double wanted = std::sqrt((2 * 2.25 + 1.0 / 12) / (2.25 + 1.0 / 12));
  EXPECT_NEAR(quantity(s, "found_over_wished_noise") * std::sqrt(2) / wanted, 1, 0.01);
}

TEST(SimulateDose, KeepsTypeAndPlaceAndSaysWhatItIs) {
  Volume ct = simulated::volume_of({}, scan_of(15, 2));
  std::vector<float> values;
  for (const std::int16_t value : ct.values<std::int16_t>()) values.push_back(value);
  ct.format.type = PixelType::f32;
  ct.voxels.resize(values.size() * sizeof(float));
  std::copy(values.begin(), values.end(), ct.values<float>().begin());
  ct.geometry.origin_mm = {-10, 20, 30};
  const DoseSimulation s = simulated_at(ct, 0.5);
  EXPECT_EQ(s.low_dose.geometry, ct.geometry);
  EXPECT_EQ(s.low_dose.format.type, PixelType::f32);
  EXPECT_EQ(s.low_dose.metadata.back(),
            (std::pair<std::string, std::string>{"SimulatedDoseFraction", "0.5"}));
  const auto after = s.low_dose.values<float>();
  EXPECT_TRUE(std::any_of(after.begin(), after.end(), [](float v) { return v != std::round(v); }));
  // Another seed, another noise; the same seed, the same.
  EXPECT_EQ(simulated_at(ct, 0.5).low_dose.voxels, s.low_dose.voxels);
  EXPECT_NE(simulated_at(ct, 0.5, 4).low_dose.voxels, s.low_dose.voxels);
}

TEST(SimulateDose, SaysWhenTheTextureIsAGuess) {
  // A wrist: no patch of 12 mm fits within its edges.
  Body body;
  body.half_width_mm = 18;
  body.half_height_mm = 13;
  const DoseSimulation s = simulated_at(simulated::volume_of(body, scan_of(15, 2)), 0.5);
  EXPECT_EQ(s.record.verdict, "doubtful");
  EXPECT_EQ(quantity(s, "texture_measured"), 0);
  EXPECT_NE(s.record.reasons.back().find("--noise-spectrum"), std::string::npos);
}

TEST(SimulateDose, RefusesWhatItCannotDo) {
  const Volume ct = simulated::volume_of({}, scan_of(15, 1));
  for (const double fraction : {0.0, 1.0, -0.5, 2.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(simulated_at(ct, fraction), InputError);
  EXPECT_THROW(simulated_at(simulated::volume_of({}, scan_of(0, 1)), 0.5), InputError);  // no noise
  Volume colour = ct;
  colour.format.components = 3;
  EXPECT_THROW(simulated_at(colour, 0.5), InputError);
  Volume air = ct;
  std::fill(air.voxels.begin(), air.voxels.end(), std::byte{0x80});
  EXPECT_THROW(simulated_at(air, 0.5), InputError);
}

}  // namespace
}  // namespace snitt::quality
