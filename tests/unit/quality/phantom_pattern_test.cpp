#include "quality/phantom_pattern.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "quality/phantom_evidence.hpp"
#include "quality/phantom_scan.hpp"

namespace snitt::quality {
namespace {

/// The pattern itself, turned by whole steps, as a slice would show it on a background.
PolarPlane shown(const ModulePattern& pattern, std::size_t radii, std::size_t turn, float factor) {
  PolarPlane polar{radii, pattern_angles, std::vector<float>(radii * pattern_angles, 60.0F)};
  for (std::size_t i = 0; i < pattern.rings.size(); ++i)
    for (std::size_t j = 0; j < pattern_angles; ++j)
      polar.values[pattern.rings[i] * pattern_angles + (j + turn) % pattern_angles] =
          60.0F + factor * pattern.linear[i * pattern_angles + j];
  return polar;
}

ModulePattern pattern_of(const char* model, std::size_t module, bool mirrored) {
  return module_pattern(ct_phantom_model(model).modules[module], 25, 1e9, mirrored, 95);
}

TEST(ModulePattern, IsFoundAtItsTurnWithItsContrast) {
  const ModulePattern pattern = pattern_of("catphan-504", 0, false);
  for (const std::size_t turn : {0, 17, 119}) {
    const PatternMatch match = match_pattern(pattern, shown(pattern, 95, turn, 0.5F));
    const auto best =
        static_cast<std::size_t>(std::ranges::max_element(match.likeness) - match.likeness.begin());
    EXPECT_EQ(best, turn);
    EXPECT_NEAR(match.likeness[best], 1, 1e-4);  // single precision over some thousand products
    EXPECT_NEAR(match.contrast[best], 0.5, 1e-4);
  }
}

TEST(ModulePattern, OfAMirrorImageIsLessAlike) {
  const ModulePattern pattern = pattern_of("catphan-604", 0, false);
  const ModulePattern mirrored = pattern_of("catphan-604", 0, true);
  const PatternMatch match = match_pattern(pattern, shown(mirrored, 95, 5, 1));
  EXPECT_LT(*std::ranges::max_element(match.likeness), 0.9F);
}

TEST(ModulePattern, IsEmptyForAUniformModule) {
  EXPECT_TRUE(pattern_of("catphan-504", 3, false).rings.empty());
}

TEST(PhantomScan, PixelAndPhantomAreInverse) {
  PhantomScan scan;
  scan.row_spacing_mm = 0.5;
  scan.column_spacing_mm = 0.7;
  scan.slices.resize(1);
  scan.slices[0].centre = {120.3, 99.1};
  for (const bool mirrored : {false, true})
    for (const double roll : {0.0, 33.0, -170.0}) {
      scan.is_mirrored = mirrored;
      scan.roll_deg = roll;
      double x = 0;
      double y = 0;
      scan.phantom_of(0, scan.pixel_of(0, 12.5, -40), x, y);
      EXPECT_NEAR(x, 12.5, 1e-12);
      EXPECT_NEAR(y, -40, 1e-12);
    }
  // Unturned, x runs along the columns; mirrored, against them.
  scan.roll_deg = 0;
  scan.is_mirrored = true;
  EXPECT_NEAR(scan.pixel_of(0, 7, 0).column, 120.3 - 10, 1e-12);
}

}  // namespace
}  // namespace snitt::quality
