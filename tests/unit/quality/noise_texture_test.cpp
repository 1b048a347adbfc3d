#include "quality/noise_texture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "simulated_plane.hpp"

namespace snitt::quality {
namespace {

TEST(TextureNoise, HasUnitVarianceAndItsSpectrum) {
  NoiseTexture texture = ramp_texture(0.6);
  texture.slice_correlation = {1, 0.4, 0.1};
  const TextureNoise source(texture, 192, 256, 0.7, 0.7, 11);
  const auto slices = source.slices(0, 40);
  double squares = 0;
  double product = 0;
  for (std::size_t k = 0; k + 1 < slices.size(); ++k)
    for (std::size_t i = 0; i < slices[k].size(); ++i) {
      squares += std::pow(double{slices[k][i]}, 2);
      product += double{slices[k][i]} * double{slices[k + 1][i]};
    }
  const double count = 39.0 * 192 * 256;
  EXPECT_NEAR(squares / count, 1, 0.01);
  EXPECT_NEAR(product / squares, 0.4, 0.01);
  // A slice does not depend on which others are asked for.
  EXPECT_EQ(source.slices(7, 1)[0], slices[7]);
}

TEST(NoiseTexture, IsFreeOfWhatSmallPatchesDoToIt) {
  // Patches of 24 pixels smooth a narrow spectrum by a tenth of its height; undone to within a fiftieth.
  const auto power = [](double f) { return f * std::exp(-std::pow(f / 0.25, 2)); };
  std::vector<OwnedPlane> owned;
  for (std::uint64_t k = 0; k < 40; ++k) {
    owned.push_back(drawn({240, 240, 0.8, 0.8}, [](double, double) { return 0.0; }));
    add_noise(
        owned.back(), [&](double u, double v) { return 1e4 * power(std::hypot(u, v)); }, 900 + k);
  }
  std::vector<SquareRegion> regions;
  for (std::size_t k = 0; k < 40; ++k)
    for (std::size_t r = 0; r < 10; ++r)
      for (std::size_t c = 0; c < 10; ++c) regions.push_back({k, 24 * r, 24 * c, 24});
  const NoisePower seen = noise_power(views(owned), regions);
  const NoiseTexture texture = texture_of(seen.radial, 24);
  double worst = 0;
  double worst_seen = 0;
  for (double f = 0.1; f < 0.45; f += 0.01) {
    worst = std::max(worst, std::abs(texture.at(f) / (1e4 * power(f)) - 1));
    worst_seen = std::max(worst_seen, std::abs(seen.radial.at(f) / (1e4 * power(f)) - 1));
  }
  EXPECT_LT(worst, 0.06);  // lines between points that are 0.05 /mm apart
  EXPECT_LT(worst, worst_seen);
}

}  // namespace
}  // namespace snitt::quality
