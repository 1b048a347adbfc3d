#include "quality/patient_size.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <random>

#include "base/error.hpp"
#include "quality/pixel_runs.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;
using Density = std::function<double(double x_mm, double y_mm, std::size_t slice)>;

/// CT whose pixel (i, j) lies at the centred position; `hu` is given millimetres from the middle.
Volume ct_of(std::size_t columns, std::size_t rows, std::size_t slices, Vec3 spacing, const Density& hu) {
  Volume ct;
  ct.geometry.size = {columns, rows, slices};
  ct.geometry.spacing_mm = spacing;
  ct.format = {PixelType::i16, 1};
  ct.units = "HU";
  ct.voxels.resize(ct.geometry.voxels() * sizeof(std::int16_t));
  auto values = ct.values<std::int16_t>();
  for (std::size_t k = 0; k < slices; ++k)
    for (std::size_t j = 0; j < rows; ++j)
      for (std::size_t i = 0; i < columns; ++i)
        values[(k * rows + j) * columns + i] = static_cast<std::int16_t>(
            hu((static_cast<double>(i) - (static_cast<double>(columns) - 1) / 2) * spacing.x,
               (static_cast<double>(j) - (static_cast<double>(rows) - 1) / 2) * spacing.y, k));
  return ct;
}

BodySection section_of(const Volume& ct, bool turned = false) {
  return measure_section(ct, 0, turned, BodyOptions{});
}

/// Counting the pixels whose centres lie in a disk errs by the lattice: some 25 pixels of 6 000 for the
/// smallest one here, which is a fifth of a pixel of diameter.
constexpr double pixel = 0.9;

Volume disk(double radius, double hu = 0) {
  return ct_of(400, 400, 1, {pixel, pixel, 5},
               [=](double x, double y, std::size_t) { return std::hypot(x, y) < radius ? hu : -1000; });
}

TEST(BodySection, OfAWaterDiskIsItsDiameter) {
  for (const double radius : {40.0, 75.3, 160.1}) {
    const BodySection s = section_of(disk(radius));
    EXPECT_EQ(s.status, SectionStatus::body);
    EXPECT_NEAR(s.water_equivalent_diameter_mm, 2 * radius, 0.25 * pixel);
    EXPECT_NEAR(s.lateral_mm, 2 * radius, pixel);
    EXPECT_NEAR(s.ap_mm, 2 * radius, pixel);
    EXPECT_NEAR(s.mean_hu, 0, 1e-12);
    EXPECT_EQ(s.truncated_share, 0);
    EXPECT_EQ(s.corrected_diameter_mm, s.water_equivalent_diameter_mm);
  }
}

TEST(BodySection, GrowsWithTheRootOfTheDensity) {
  const BodySection s = section_of(disk(100, 210));
  EXPECT_NEAR(s.water_equivalent_diameter_mm, 200 * std::sqrt(1.21), 0.1 * pixel);
}

TEST(BodySection, OfAnEllipseInPixelsThatAreNoSquares) {
  const Volume ct = ct_of(300, 320, 1, {1.2, 0.8, 5}, [](double x, double y, std::size_t) {
    return std::hypot(x / 150, y / 90) < 1 ? 0 : -1000;
  });
  const BodySection s = section_of(ct);
  EXPECT_NEAR(s.water_equivalent_diameter_mm, 2 * std::sqrt(150.0 * 90), 0.1);
  EXPECT_NEAR(s.lateral_mm, 300, 1.2);
  EXPECT_NEAR(s.ap_mm, 180, 0.8);
  EXPECT_NEAR(s.effective_diameter_mm, std::sqrt(300.0 * 180), 1);
  const BodySection turned = section_of(ct, true);
  EXPECT_EQ(turned.lateral_mm, s.ap_mm);
  EXPECT_EQ(turned.ap_mm, s.lateral_mm);
}

TEST(BodySection, CountsAirInsideAsBody) {
  const Volume ct = ct_of(400, 400, 1, {pixel, pixel, 5}, [](double x, double y, std::size_t) {
    const double r = std::hypot(x, y);
    return r < 120 && std::hypot(x - 30, y) >= 40 ? 0 : r < 120 ? -1000 : -1010;
  });
  const BodySection s = section_of(ct);
  EXPECT_NEAR(s.area_mm2, pi * 120 * 120, 2 * pi * 120 * 0.05);
  EXPECT_NEAR(s.water_equivalent_diameter_mm, 2 * std::sqrt(120.0 * 120 - 40 * 40), 0.15);
  EXPECT_NEAR(s.lateral_mm, 240, pixel);
}

/// A shell of a couch with foam inside, 420 mm wide, 4 mm under the body.
double couch(double x, double y) {
  if (std::abs(x) > 210 || y < 100 || y > 160) return -1000;
  return std::abs(x) > 206 || y < 103 || y > 157 ? -50 : -930;
}

TEST(BodySection, LeavesTheCouchOut) {
  const Density body_on_couch = [](double x, double y, std::size_t) {
    return std::hypot(x / 140, y / 96) < 1 ? 20 : couch(x, y);
  };
  const BodySection s = section_of(ct_of(512, 512, 1, {pixel, pixel, 5}, body_on_couch));
  EXPECT_EQ(s.status, SectionStatus::body);
  EXPECT_NEAR(s.water_equivalent_diameter_mm, 2 * std::sqrt(140.0 * 96 * 1.02), 0.15);
  EXPECT_NEAR(s.ap_mm, 192, pixel);
  // A newborn has less area than the couch.
  const BodySection small =
      section_of(ct_of(512, 512, 1, {pixel, pixel, 5}, [](double x, double y, std::size_t) {
        return std::hypot(x, y - 50) < 45 ? 20 : couch(x, y);
      }));
  EXPECT_EQ(small.status, SectionStatus::body);
  EXPECT_NEAR(small.lateral_mm, 90, pixel);
}

TEST(BodySection, OfACouchAloneIsNoBody) {
  const BodySection s = section_of(
      ct_of(512, 512, 1, {pixel, pixel, 5}, [](double x, double y, std::size_t) { return couch(x, y); }));
  EXPECT_EQ(s.status, SectionStatus::no_body);
  EXPECT_NEAR(s.lateral_mm, 420, pixel);
  const BodySection air =
      section_of(ct_of(64, 64, 1, {1, 1, 1}, [](double, double, std::size_t) { return -1000; }));
  EXPECT_EQ(air.status, SectionStatus::no_body);
  EXPECT_TRUE(std::isnan(air.water_equivalent_diameter_mm));
}

TEST(BodySection, TellsWhatIsLeftOutBesideTheBody) {
  const BodySection s = section_of(ct_of(512, 512, 1, {pixel, pixel, 5}, [](double x, double y, std::size_t) {
    return std::hypot(x + 60, y) < 100 || std::hypot(x - 120, y) < 40 ? 0 : -1000;
  }));
  EXPECT_NEAR(s.water_equivalent_diameter_mm, 200, 0.1 * pixel);
  EXPECT_NEAR(s.other_area_mm2, pi * 40 * 40, 20);
}

/// Share of a circle's contour with the arc beyond x = cut replaced by its chord.
double chord_share(double radius, double cut) {
  const double half = std::acos(cut / radius);
  const double chord = 2 * radius * std::sin(half);
  return chord / (chord + 2 * radius * (pi - half));
}

TEST(BodySection, TruncatedByTheImageHasTheShareOfTheChord) {
  for (const double radius : {102.0, 120.0, 150.0}) {
    const Volume ct = ct_of(222, 400, 1, {pixel, pixel, 5}, [&](double x, double y, std::size_t) {
      return std::hypot(x, y) < radius ? 0 : -1000;
    });
    const double half_width = 222 * pixel / 2;
    const BodySection s = section_of(ct);
    EXPECT_EQ(s.status, SectionStatus::truncated);
    // Two chords; the contour's length is good to 1 %, and a chord ends within a pixel.
    const double half = std::acos(half_width / radius);
    const double chords = 4 * radius * std::sin(half);
    const double share = chords / (chords + 2 * radius * (pi - 2 * half));
    EXPECT_NEAR(s.truncated_share, share, 0.02);
    EXPECT_DOUBLE_EQ(s.corrected_diameter_mm,
                     s.water_equivalent_diameter_mm * std::exp(1.15 * std::pow(s.truncated_share, 3)));
  }
  EXPECT_NEAR(chord_share(100, 0), 2 / (2 + pi), 1e-12);  // half a disk
}

/// Disk of radius 120 around (60, 0) in a circle of reconstruction of radius 150, padded.
Volume padded(double padding) {
  return ct_of(334, 334, 1, {pixel, pixel, 5}, [=](double x, double y, std::size_t) {
    if (std::hypot(x, y) >= 150) return padding;
    return std::hypot(x - 60, y) < 120 ? 0.0 : -1000.0;
  });
}

TEST(BodySection, TruncatedByTheCircleOfReconstruction) {
  // Circles of radii 150 and 120 with centres 60 apart meet at cos = (150² + 60² - 120²) / (2·150·60).
  const double at_circle = std::acos((150.0 * 150 + 60 * 60 - 120 * 120) / (2 * 150 * 60));
  const double at_body = pi - std::acos((120.0 * 120 + 60 * 60 - 150 * 150) / (2 * 120 * 60));
  const double on_edge = 2 * 150 * at_circle;
  const double free = 2 * 120 * (pi - at_body);
  for (const double padding : {-3024.0, -2000.0, -8192.0, -1024.0}) {
    const BodySection s = section_of(padded(padding));
    EXPECT_EQ(s.status, SectionStatus::truncated) << padding;
    EXPECT_NEAR(s.truncated_share, on_edge / (on_edge + free), 0.02) << padding;
    EXPECT_NEAR(s.mean_hu, 0, 1e-12);
  }
}

/// An ellipse of 320 x 220 mm in a circle of that radius within a larger image, air around it.
Volume in_circle(double radius, double padding, double half_height = 110) {
  return ct_of(384, 384, 1, {1, 1, 5}, [=](double x, double y, std::size_t) {
    if (std::hypot(x, y) > radius) return padding;
    const bool grain = (static_cast<int>(x + 500) * 7 + static_cast<int>(y + 500) * 13) % 5 == 0;
    return std::hypot(x / 160, y / half_height) < 1 ? 40.0 : grain ? -1000.0 : -1005.0;
  });
}

TEST(BodySection, TruncatedByACircleSmallerThanTheImageWhateverThePadding) {
  for (const double radius : {120.0, 140.0})
    for (const double padding : {-1000.0, -1024.0, -2000.0}) {
      const BodySection s = section_of(in_circle(radius, padding));
      EXPECT_EQ(s.status, SectionStatus::truncated) << radius << " " << padding;
      // The circle meets the ellipse where x = 160 cos t and y = 110 sin t.
      const double cosine = std::sqrt((radius * radius - 110.0 * 110) / (160.0 * 160 - 110.0 * 110));
      const double on_edge = 4 * radius * std::acos(160 * cosine / radius);
      double free = 0;
      constexpr int steps = 2000;
      const double from = std::acos(cosine);
      for (int i = 0; i < steps; ++i) {
        const double t = from + (pi / 2 - from) * (i + 0.5) / steps;
        free += 4 * std::hypot(160 * std::sin(t), 110 * std::cos(t)) * (pi / 2 - from) / steps;
      }
      EXPECT_NEAR(s.truncated_share, on_edge / (on_edge + free), 0.02) << radius << " " << padding;
    }
}

TEST(BodySection, ThatTouchesTheSmallestCircleAroundItIsWhole) {
  // Constant air: nothing but the body is inside the circle. From a flat body to one that is nearly round.
  for (const double half_height : {80.0, 110.0, 140.0, 152.0, 158.0, 160.0})
    for (const double air : {-1000.0, -1024.0}) {
      const BodySection s = section_of(ct_of(384, 384, 1, {1, 1, 5}, [&](double x, double y, std::size_t) {
        return std::hypot(x / 160, y / half_height) < 1 ? 40.0 : air;
      }));
      EXPECT_EQ(s.status, SectionStatus::body) << half_height;
      EXPECT_EQ(s.truncated_share, 0) << half_height;
    }
  // And a body that the circle does not reach.
  EXPECT_EQ(section_of(in_circle(175, -1000)).status, SectionStatus::body);
}

TEST(BodySection, AirCutOffAt1024IsNoPadding) {
  const BodySection s = section_of(ct_of(400, 400, 1, {pixel, pixel, 5}, [](double x, double y, std::size_t) {
    return std::hypot(x, y) < 120 ? 0 : -1024;
  }));
  EXPECT_EQ(s.status, SectionStatus::body);
}

/// What the literature prescribes: both masks filled, joined by AND.
TEST(FillHoles, OneThresholdGivesWhatTwoJoinedWouldGive) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    constexpr std::size_t columns = 23;
    std::vector<std::uint8_t> low(columns * 17);
    std::vector<std::uint8_t> high(low.size());
    for (std::size_t i = 0; i < low.size(); ++i) {
      const double hu = -600 + 600.0 * static_cast<double>(random() % 1000) / 1000;
      low[i] = hu >= -400 ? 1 : 0;
      high[i] = hu >= -200 ? 1 : 0;
    }
    fill_holes(low, columns);
    fill_holes(high, columns);
    for (std::size_t i = 0; i < low.size(); ++i) ASSERT_EQ(low[i] & high[i], high[i]);
  }
}

TEST(PixelRuns, ComponentsAreThoseOfAFloodFill) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    constexpr std::size_t columns = 19;
    std::vector<std::uint8_t> mask(columns * 21);
    for (auto& pixel_value : mask) pixel_value = random() % 5 < 3 ? 1 : 0;
    const PixelRuns found = runs_of(mask, columns, 1);
    std::vector<int> label(mask.size(), -1);
    for (const PixelRun& run : found.runs)
      for (std::size_t i = run.begin; i < run.end; ++i)
        label[run.row * columns + i] = static_cast<int>(run.component);
    std::vector<int> flood(mask.size(), -1);
    int next = 0;
    const std::function<void(std::size_t)> spread = [&](std::size_t i) {
      if (mask[i] == 0 || flood[i] >= 0) return;
      flood[i] = next;
      if (i % columns > 0) spread(i - 1);
      if (i % columns + 1 < columns) spread(i + 1);
      if (i >= columns) spread(i - columns);
      if (i + columns < mask.size()) spread(i + columns);
    };
    for (std::size_t i = 0; i < mask.size(); ++i)
      if (mask[i] != 0 && flood[i] < 0) spread(i), ++next;
    ASSERT_EQ(label, flood);
    ASSERT_EQ(found.components, static_cast<std::size_t>(next));
  }
}

/// The stored values of report 204's fits (six independent programs have the same).
TEST(SizeFactor, HasTheValuesOfItsTable) {
  EXPECT_NEAR(body_factor.at(80), 2.7614, 1e-4);
  EXPECT_NEAR(body_factor.at(300), 1.2311, 5e-5);
  EXPECT_NEAR(body_factor.at(400), 0.8528, 5e-5);
  EXPECT_NEAR(head_factor.at(160), 1.0091, 5e-5);
  EXPECT_NEAR(head_factor.at(200), 0.8644, 5e-5);
  for (const double outside : {79.9, 450.1, std::nan("")}) EXPECT_TRUE(std::isnan(body_factor.at(outside)));
}

/// A cone of radii 60, 80, … mm.
Volume cone(std::size_t slices) {
  return ct_of(400, 400, slices, {pixel, pixel, 5}, [](double x, double y, std::size_t k) {
    return std::hypot(x, y) < 60 + 20 * static_cast<double>(k) ? 0 : -1000;
  });
}

std::vector<CtSliceDose> doses(std::size_t slices, double ctdi) {
  std::vector<CtSliceDose> dose(slices);
  for (std::size_t k = 0; k < slices; ++k) {
    dose[k].z_mm = 5 * static_cast<double>(k);
    dose[k].ctdivol_mgy = ctdi;
    dose[k].tube_current_ma = 100 + 50 * static_cast<double>(k);
  }
  return dose;
}

TEST(PatientSize, MeanSsdeIsTheMeanOverSlices) {
  SizeOptions options;
  options.phantom = DosePhantom::body_32cm;
  Monitor monitor;
  const PatientSize size = patient_size(cone(5), "cone", doses(5, 10), options, monitor);
  double mean = 0;
  for (std::size_t k = 0; k < 5; ++k)
    mean += 10 * 3.704369 * std::exp(-0.03671937 * (12 + 4 * static_cast<double>(k))) / 5;
  EXPECT_NEAR(size.record.find("mean_ssde_mgy")->value, mean, 0.001 * mean);
  EXPECT_NEAR(size.record.find("ssde_of_middle_diameter_mgy")->value, 10 * body_factor.at(200), 0.02);
  EXPECT_EQ(size.record.verdict, "good");
}

TEST(PatientSize, CtdiVolFollowsTheCurrent) {
  SizeOptions options;
  options.phantom = DosePhantom::body_32cm;
  options.follow_current = true;
  Monitor monitor;
  const PatientSize size = patient_size(cone(5), "cone", doses(5, 10), options, monitor);
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_NEAR(size.slices[k].ctdivol_mgy, 10 * (100 + 50 * static_cast<double>(k)) / 200, 1e-12);
  EXPECT_THROW(patient_size(cone(5), "cone", std::vector<CtSliceDose>(5), options, monitor),
               ComputationError);
}

TEST(PatientSize, OutsideTheFactorsRangeThereIsNoSsde) {
  SizeOptions options;
  options.phantom = DosePhantom::body_32cm;
  options.factor_32cm.largest_cm = 15;
  Monitor monitor;
  const PatientSize size = patient_size(cone(5), "cone", doses(5, 10), options, monitor);
  EXPECT_TRUE(std::isnan(size.slices[4].ssde_mgy));
  EXPECT_EQ(size.slices[4].no_ssde, "diameter outside 8 to 15 cm");
  EXPECT_EQ(size.record.find("mean_ssde_mgy"), nullptr);
  EXPECT_EQ(size.record.verdict, "doubtful");
}

TEST(PatientSize, HeadersFindTheirSlices) {
  VolumeGeometry geometry;
  geometry.size = {1, 1, 4};
  geometry.spacing_mm = {1, 1, 5};
  geometry.origin_mm = {0, 0, -20};
  std::vector<CtSliceDose> headers(3);
  headers[0].z_mm = -5.001;
  headers[1].z_mm = -20;
  headers[2].z_mm = 300;
  for (std::size_t i = 0; i < 3; ++i) headers[i].ctdivol_mgy = static_cast<double>(i);
  const std::vector<CtSliceDose> matched = matched_to_slices(geometry, headers);
  EXPECT_EQ(matched[0].ctdivol_mgy, 1);
  EXPECT_TRUE(std::isnan(matched[1].ctdivol_mgy));
  EXPECT_EQ(matched[3].ctdivol_mgy, 0);
}

std::string complaint(const Volume& ct) {
  Monitor monitor;
  try {
    patient_size(ct, "ct.h5", std::vector<CtSliceDose>(ct.geometry.size[2]), {}, monitor);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(PatientSize, RefusesByNameWhatIsNoCtAcrossTheBody) {
  Volume coronal = cone(2);
  coronal.geometry.axis_directions = {Vec3{1, 0, 0}, Vec3{0, 0, -1}, Vec3{0, 1, 0}};
  EXPECT_NE(complaint(coronal).find("ct.h5: its slices are not axial"), std::string::npos);
  Volume colors = cone(1);
  colors.format.components = 3;
  EXPECT_NE(complaint(colors).find("3 components"), std::string::npos);
  const Volume unsigned_values =
      ct_of(20, 20, 2, {1, 1, 1}, [](double x, double, std::size_t) { return x > 0 ? 1000 : 0; });
  EXPECT_NE(complaint(unsigned_values).find("has no value below -250"), std::string::npos);
}

}  // namespace
}  // namespace snitt::quality
