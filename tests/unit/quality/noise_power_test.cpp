#include "quality/noise_power.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.hpp"
#include "quality/noise_trend.hpp"
#include "simulated_plane.hpp"

namespace snitt::quality {
namespace {

std::vector<OwnedPlane> white_planes(std::size_t count, double sigma, Grid grid = {}) {
  std::vector<OwnedPlane> planes;
  for (std::size_t k = 0; k < count; ++k) {
    planes.push_back(drawn(grid, [](double x, double y) { return 40 + 0.3 * x - 0.1 * y + 0.004 * x * y; }));
    add_white_noise(planes.back(), sigma, 100 + k);
  }
  return planes;
}

std::vector<SquareRegion> tiles(std::size_t planes, const ImagePlane& plane, std::size_t size) {
  std::vector<SquareRegion> regions;
  for (std::size_t k = 0; k < planes; ++k)
    for (std::size_t r = 0; r + size <= plane.rows; r += size)
      for (std::size_t c = 0; c + size <= plane.columns; c += size) regions.push_back({k, r, c, size});
  return regions;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

TEST(NoisePower, IntegratesToTheVarianceOfTheDetrendedRegions) {
  const Grid grid{128, 128, 0.7, 0.4};
  const auto owned = white_planes(3, 25, grid);
  const auto planes = views(owned);
  for (const std::size_t size : {8U, 15U, 31U, 32U, 37U, 64U})
    for (const std::size_t padded : {std::size_t{0}, std::size_t{80}, std::size_t{128}})
      for (const Detrend detrend : {Detrend::mean, Detrend::plane, Detrend::quadratic, Detrend::neighbour}) {
        NoisePowerOptions options;
        options.detrend = detrend;
        options.padded_size = padded;
        const auto regions = tiles(3, planes[0], size);
        const NoisePower noise = noise_power(planes, regions, options);
        // The variance from the pixels, by another way: mean square of region deviations.
        const double n = static_cast<double>(noise.regions);
        const double pixels_variance = noise.region_noise_hu * noise.region_noise_hu +
                                       noise.inhomogeneity_hu * noise.inhomogeneity_hu * (n - 1) / n;
        EXPECT_NEAR(
            sum(noise.power_hu2_mm2) * noise.row_step_per_mm * noise.column_step_per_mm / pixels_variance, 1,
            1e-10)
            << size << " " << padded;
        EXPECT_NEAR(noise.variance_hu2 / pixels_variance, 1, 1e-10);
        EXPECT_EQ(noise.regions, detrend == Detrend::neighbour ? regions.size() / 3 * 2 : regions.size());
      }
}

TEST(NoisePower, OfASingleWaveIsTwoPeaks) {
  // A cosine of 6 cycles in u and 2 in v over 32 pixels: half of A^2/2 on either side of frequency 0.
  const Grid grid{32, 32, 0.5, 0.8};
  const double amplitude = 10;
  std::vector<OwnedPlane> owned{drawn(grid, [&](double x, double y) {
    return amplitude * std::cos(2 * std::numbers::pi * (6 * x / (32 * 0.8) + 2 * y / (32 * 0.5)));
  })};
  NoisePowerOptions options;
  options.detrend = Detrend::mean;
  const auto planes = views(owned);
  const NoisePower noise = noise_power(planes, std::vector<SquareRegion>{{0, 0, 0, 32}}, options);
  const double peak = amplitude * amplitude / 4 / (noise.row_step_per_mm * noise.column_step_per_mm);
  for (std::size_t v = 0; v < 32; ++v)
    for (std::size_t u = 0; u < 32; ++u) {
      const bool at = (v == 18 && u == 22) || (v == 14 && u == 10);
      EXPECT_NEAR(noise.power_hu2_mm2[v * 32 + u], at ? peak : 0, peak * 1e-6);  // values are floats
    }
  EXPECT_NEAR(noise.noise_hu, amplitude / std::numbers::sqrt2, 1e-5);
}

TEST(NoisePower, OfWhiteNoiseIsFlatAtVarianceTimesPixel) {
  const Grid grid{256, 256, 0.6, 0.5};
  const auto owned = white_planes(8, 20, grid);
  const auto planes = views(owned);
  const NoisePower noise = noise_power(planes, tiles(8, planes[0], 64));
  const double level = 400 * 0.6 * 0.5;
  for (std::size_t k = 3; k < noise.radial.power_hu2_mm2.size(); ++k) {
    if (std::isnan(noise.radial.power_hu2_mm2[k])) continue;
    EXPECT_NEAR(noise.radial.power_hu2_mm2[k] / level, 1, 5 * noise.radial.relative_error[k]) << k;
  }
  // 524 288 values: the variance is known to 0.2 %; the six terms take 6/4096 = 0.15 %.
  EXPECT_NEAR(noise.variance_hu2 / 400 / (1 - 6.0 / 4096), 1, 0.01);
  EXPECT_NEAR(noise.region_noise_hu, 20, 0.1);
}

TEST(NoisePower, RecoversAKnownSpectrumWithinItsStandardError) {
  const double f0 = 0.35;
  // Ramp times Gaussian, wider along the rows: as filtered back-projection of a long body has it.
  const auto wanted = [&](double u, double v) {
    const double f = std::hypot(u, v);
    return 900 * f / f0 * std::exp(-f * f / (2 * f0 * f0)) * (1 + 0.4 * u * u / (f * f + 1e-9));
  };
  std::vector<OwnedPlane> owned;
  for (std::uint64_t k = 0; k < 24; ++k) {
    owned.push_back(drawn({256, 256, 0.5, 0.5}, [](double, double) { return 0.0; }));
    add_noise(owned.back(), wanted, 40 + k);
  }
  const auto planes = views(owned);
  const NoisePower noise = noise_power(planes, tiles(24, planes[0], 64));
  // A region of N pixels sees the autocorrelation under a triangle of half-width N: what is to be expected is
  // the spectrum so smoothed, and the difference to the wanted one is a bias that no number of regions
  // removes.
  const std::size_t n = 256;
  const std::size_t size = 64;
  std::vector<std::complex<double>> truth(n * n);
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t u = 0; u < n; ++u)
      truth[v * n + u] = wanted(image::cycles_per_sample(u, n) / 0.5, image::cycles_per_sample(v, n) / 0.5);
  const auto correlation = image::inverse_fourier_2d(truth, n, n);
  std::vector<double> seen(size * size, 0.0);
  const auto triangle = [&](int lag) { return 1 - std::abs(lag) / static_cast<double>(size); };
  for (int dy = -63; dy < 64; ++dy)
    for (int dx = -63; dx < 64; ++dx)
      seen[static_cast<std::size_t>((dy + 64) % 64 * 64 + (dx + 64) % 64)] +=
          correlation[static_cast<std::size_t>((dy + 256) % 256 * 256 + (dx + 256) % 256)].real() *
          triangle(dx) * triangle(dy);
  const auto folded = image::fourier_2d(seen, size, size);
  std::vector<double> expected(size * size);
  std::vector<double> ideal(size * size);
  for (std::size_t v = 0; v < size; ++v)
    for (std::size_t u = 0; u < size; ++u) {
      const std::size_t at = (v + 32) % 64 * 64 + (u + 32) % 64;
      expected[at] = folded[v * size + u].real();
      ideal[at] = wanted(image::cycles_per_sample(u, size) / 0.5, image::cycles_per_sample(v, size) / 0.5);
    }
  const RadialSpectrum with_bias =
      noise_power_of(expected, size, noise.column_step_per_mm, noise.row_step_per_mm).radial;
  const RadialSpectrum without =
      noise_power_of(ideal, size, noise.column_step_per_mm, noise.row_step_per_mm).radial;
  std::size_t bins = 0;
  double chi_square = 0;
  for (std::size_t k = 3; k < noise.radial.power_hu2_mm2.size(); ++k) {  // below, detrending takes its share
    const double f = noise.radial.mean_frequency_per_mm[k];
    if (std::isnan(f)) continue;
    const double deviation =
        (noise.radial.power_hu2_mm2[k] / with_bias.power_hu2_mm2[k] - 1) / noise.radial.relative_error[k];
    EXPECT_LT(std::abs(deviation), 5) << f;
    chi_square += deviation * deviation;
    ++bins;
    if (without.power_hu2_mm2[k] > 0.2 * 550) {
      // Leakage down the steep flank at 0.9 /mm is 2 %, three standard errors of a bin are 2 %.
      EXPECT_NEAR(noise.radial.power_hu2_mm2[k] / without.power_hu2_mm2[k], 1, 0.04) << f;
    }
  }
  // The stated error is honest: not too small, not too large.
  EXPECT_GT(bins, 25U);
  EXPECT_LT(chi_square / static_cast<double>(bins), 2.0);
  EXPECT_GT(chi_square / static_cast<double>(bins), 0.4);
}

TEST(NoisePower, FromNeighboursIsFreeOfStructureThatPlanesShare) {
  std::vector<OwnedPlane> owned;
  for (std::uint64_t k = 0; k < 6; ++k) {
    owned.push_back(drawn({128, 128, 0.5, 0.5}, [](double x, double y) {
      return 200 * std::sin(x) * std::cos(1.3 * y) + (x > 20 && y < 40 ? 500 : 0);
    }));
    add_white_noise(owned.back(), 12, 70 + k);
  }
  const auto planes = views(owned);
  NoisePowerOptions options;
  options.detrend = Detrend::neighbour;
  const NoisePower noise = noise_power(planes, tiles(6, planes[0], 64), options);
  EXPECT_EQ(noise.regions, 20U);
  EXPECT_NEAR(noise.noise_hu, 12, 0.15);  // 81 920 differences, half of them shared: 0.4 %
  EXPECT_GT(noise_power(planes, tiles(6, planes[0], 64)).noise_hu, 100);
}

TEST(NoisePower, HasTheCharacteristicFrequenciesOfItsSpectrum) {
  // A spectrum of one value on a ring: everything lies there.
  const std::size_t n = 128;
  const double step = 1.0 / 64;
  std::vector<double> power(n * n, 0.0);
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t u = 0; u < n; ++u) {
      const double f = std::hypot(static_cast<double>(u) - 64, static_cast<double>(v) - 64) * step;
      power[v * n + u] = std::exp(-std::pow((f - 0.4) / 0.08, 2));
    }
  const NoisePower fine = noise_power_of(power, n, step, step);
  EXPECT_NEAR(fine.peak_frequency_per_mm, 0.4, step);
  EXPECT_NEAR(fine.mean_frequency_per_mm, 0.4, 0.2 * step);
  EXPECT_NEAR(fine.median_frequency_per_mm, 0.4, 0.2 * step);
  // ImQuest's left edges lie half a bin lower.
  const NoisePower imquest = noise_power_of(power, n, step, step, imquest_noise_power());
  EXPECT_NEAR(imquest.mean_frequency_per_mm, 0.4 - 0.5 * 2 / 127, 0.2 * step);
}

TEST(NoisePower, TakesImQuestsBinsByTheirLeftEdges) {
  const std::size_t n = 128;
  const double step = 1 / (128 * 0.45);
  std::vector<double> power(n * n);
  for (std::size_t i = 0; i < power.size(); ++i) {
    const double f = std::hypot(static_cast<double>(i % n) - 64, static_cast<double>(i / n) - 64) * step;
    power[i] = f * std::exp(-8 * f * f) * (0.5 + statistics::uniform(statistics::random_bits(3, i)));
  }
  const NoisePower noise = noise_power_of(power, n, step, step, imquest_noise_power());
  double weighted = 0;
  double total = 0;
  std::vector<double> bins;
  for (std::size_t k = 0; k < 127; ++k) {
    const double low = 2.0 / 127 * static_cast<double>(k);
    const double high = 2.0 / 127 * static_cast<double>(k + 1);
    double bin = 0;
    double points = 0;
    for (std::size_t v = 0; v < n; ++v)
      for (std::size_t u = 0; u < n; ++u) {
        const double f =
            std::hypot((static_cast<double>(u) - 64) * step, (static_cast<double>(v) - 64) * step);
        if (f < low || f >= high) continue;
        bin += power[v * n + u];
        points += 1;
      }
    if (points == 0) continue;
    EXPECT_NEAR(noise.radial.power_hu2_mm2[k], bin / points, 1e-12);
    EXPECT_NEAR(noise.radial.frequency_per_mm[k], low, 1e-15);
    bins.push_back(bin / points);
    weighted += low * bin / points;
    total += bin / points;
  }
  EXPECT_NEAR(noise.mean_frequency_per_mm, weighted / total, 1e-12);
  std::size_t best = 2;
  const auto five = [&](std::size_t k) {
    return bins[k - 2] + bins[k - 1] + bins[k] + bins[k + 1] + bins[k + 2];
  };
  for (std::size_t k = 2; k + 2 < bins.size(); ++k)
    if (five(k) > five(best)) best = k;
  EXPECT_NEAR(noise.peak_frequency_per_mm, 2.0 / 127 * static_cast<double>(best), 1e-12);
}

TEST(NoisePower, RefusesWhatIsNoUniformSetOfRegions) {
  const auto owned = white_planes(2, 5, {64, 64, 0.5, 0.5});
  auto planes = views(owned);
  const auto refuses = [&](std::vector<SquareRegion> regions, NoisePowerOptions options = {}) {
    EXPECT_THROW(noise_power(planes, regions, options), InputError);
  };
  refuses({});
  refuses({{0, 0, 0, 32}, {0, 32, 0, 16}});
  refuses({{0, 40, 0, 32}});
  refuses({{2, 0, 0, 32}});
  refuses({{0, 0, 0, 4}});
  NoisePowerOptions neighbour;
  neighbour.detrend = Detrend::neighbour;
  refuses({{1, 0, 0, 32}}, neighbour);
  NoisePowerOptions padded;
  padded.padded_size = 16;
  refuses({{0, 0, 0, 32}}, padded);
  std::vector<float> broken(planes[0].hu.begin(), planes[0].hu.end());
  broken[70] = std::nanf("");
  planes[0].hu = broken;
  refuses({{0, 0, 0, 32}});
  planes[1].column_spacing_mm = 0.6;
  refuses({{0, 32, 32, 32}});
}

TEST(RemovePolynomial, TakesAnyPolynomialOfItsOrderAndNothingElse) {
  const std::size_t n = 17;
  std::vector<double> region(n * n);
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      const auto x = static_cast<double>(c);
      const auto y = static_cast<double>(r);
      region[r * n + c] = 3 - x + 0.5 * y + 0.1 * x * x - 0.2 * x * y + 0.04 * y * y;
    }
  remove_polynomial(region, n, 2);
  for (const double value : region) EXPECT_NEAR(value, 0, 1e-11);
  // What is left of anything has no part of the six terms.
  for (std::size_t i = 0; i < region.size(); ++i) region[i] = noise_of(5, i, 0);
  remove_polynomial(region, n, 2);
  const std::vector<double> once = region;
  remove_polynomial(region, n, 2);
  for (std::size_t i = 0; i < region.size(); ++i) EXPECT_NEAR(region[i], once[i], 1e-13);
}

TEST(RegionsOnCircle, LieAroundTheCentreInMillimetres) {
  const auto owned = white_planes(1, 1, {200, 300, 0.5, 1.0});
  const ImagePlane plane = views(owned)[0];
  const auto regions = regions_on_circle(plane, 4, {149.5, 99.5}, 30, 20, 4);
  ASSERT_EQ(regions.size(), 4U);
  EXPECT_EQ(regions[0].column, 170U);  // 149.5 + 30 - 9.5
  EXPECT_EQ(regions[0].row, 90U);
  EXPECT_EQ(regions[1].column, 140U);
  EXPECT_EQ(regions[1].row, 150U);  // 99.5 + 60 - 9.5
  EXPECT_EQ(regions[0].plane, 4U);
  EXPECT_EQ(regions_on_circle(plane, 0, {149.5, 99.5}, 0, 20, 4).size(), 1U);
  EXPECT_EQ(regions_on_circle(plane, 0, {149.5, 99.5}, 48, 20, 4).size(), 2U);
}

}  // namespace
}  // namespace snitt::quality
