#include "quality/hotelling.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "simulated_plane.hpp"

namespace snitt::quality {
namespace {

/// Samples of independent normal channel outputs with these standard deviations, shifted by `mean`.
ChannelSamples normal_samples(std::size_t count, const std::vector<double>& sd,
                              const std::vector<double>& mean, std::uint64_t seed) {
  ChannelSamples samples;
  samples.channels = sd.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < sd.size(); ++k)
      samples.values.push_back(mean[k] + sd[k] * noise_of(seed, i, k));
    samples.image.push_back(i);
  }
  return samples;
}

double dot(const double* a, const double* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

TEST(LaguerreGauss, ChannelsAreOrthonormal) {
  const Channels channels = laguerre_gauss_channels(80, 0.4, 0.5, 5, 5);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 5; ++j)
      EXPECT_NEAR(dot(channels.weights.data() + i * 6400, channels.weights.data() + j * 6400, 6400), i == j,
                  1e-6);
}

TEST(Gabor, ChannelsHaveTheirBandAsWidthAtHalfMaximum) {
  const Channels channels = gabor_channels(256);
  ASSERT_EQ(channels.count, 40U);
  // The finest octave, first orientation, phase 0: 1/8 to 1/4 cycles per pixel along the columns.
  const std::size_t k = 3 * 10;
  const auto spectrum = image::fourier_2d(std::span(channels.weights).subspan(k * 65536, 65536), 256, 256);
  const double peak = std::abs(spectrum[48]);  // 3/16
  EXPECT_NEAR(std::abs(spectrum[32]) / peak, 0.5, 1e-3);
  EXPECT_NEAR(std::abs(spectrum[64]) / peak, 0.5, 1e-3);
}

TEST(TaskImage, WithoutBlurBeyondThePixelsIsTheTaskItself) {
  const DetectionTask task{TaskShape::gaussian, 6, 10, 1};
  const auto image = task_image(task, transfer_function_of({0, 10}, {1, 1}), 41, 0.5, 0.6);
  for (std::size_t r = 0; r < 41; ++r)
    for (std::size_t c = 0; c < 41; ++c)
      EXPECT_NEAR(image[r * 41 + c],
                  task_value(task, std::hypot((static_cast<double>(c) - 20) * 0.6,
                                              (static_cast<double>(r) - 20) * 0.5)),
                  1e-6);
}

TEST(Hotelling, OnWhiteNoiseIsTheIdealChannelizedValue) {
  // A Gaussian of s² = a²/(2 pi) is the first Laguerre-Gauss channel itself: nothing of the signal is lost,
  // and d' is that of the ideal observer, |signal| / sigma.
  const double width = 6;
  const double fwhm = std::sqrt(8 * std::numbers::ln2) * width / std::sqrt(2 * std::numbers::pi);
  const DetectionTask task{TaskShape::gaussian, fwhm, 4, 1};
  const std::size_t size = 48;
  const auto signal = task_image(task, transfer_function_of({0, 10}, {1, 1}), size, 0.5, 0.5);
  const Channels channels = laguerre_gauss_channels(size, 0.5, 0.5, width, 5);
  const auto outputs = channel_outputs(channels, signal);
  const double sigma = 10;
  const double ideal = std::sqrt(dot(signal.data(), signal.data(), signal.size())) / sigma;
  std::vector<double> covariance(25, 0.0);
  for (std::size_t k = 0; k < 5; ++k) covariance[k * 6] = sigma * sigma;
  EXPECT_NEAR(ideal_channelized(outputs, covariance) / ideal, 1, 1e-6);

  // The same from a white spectrum, with bands beyond those of the channels. The grid's own corner is not in
  // the spectrum of points -1/(2p) to just below 1/(2p); the channels have nothing there.
  const NoisePower white =
      noise_power_of(std::vector<double>(64 * 64, sigma * sigma * 0.25), 64, 1.0 / 32, 1.0 / 32);
  EXPECT_NEAR(ideal_channelized(outputs, channel_covariance(channels, white, 0.5, 0.5)) / ideal, 1, 1e-6);

  // And from images of white noise.
  std::vector<OwnedPlane> owned;
  std::vector<SquareRegion> regions;
  for (std::uint64_t k = 0; k < 60; ++k) {
    owned.push_back(drawn({96, 96, 0.5, 0.5}, [](double, double) { return 50.0; }));
    add_white_noise(owned.back(), sigma, 300 + k);
    for (std::size_t r = 0; r < 2; ++r)
      for (std::size_t c = 0; c < 2; ++c) regions.push_back({k, r * size, c * size, size});
  }
  const ChannelSamples noise = channel_samples(channels, views(owned), regions);
  const HotellingResult found = hotelling_known_signal(outputs, noise);
  EXPECT_NEAR(found.detectability / ideal, 1, 0.15);  // three standard errors of 240 samples
  EXPECT_LT(found.low, ideal);
  EXPECT_GT(found.high, ideal);
  EXPECT_NEAR(found.hold_out / ideal, 1, 0.15);
  EXPECT_NEAR(found.deviation, (found.high - found.low) / 3.92, 0.5 * found.deviation);
}

TEST(Hotelling, SeesColouredNoiseAsItsSpectrumSaysItDoes) {
  const auto power = [](double u, double v) {
    const double f = std::hypot(u, v);
    return 500 * f * std::exp(-f * f / 0.2);
  };
  const std::size_t size = 40;
  std::vector<OwnedPlane> owned;
  std::vector<SquareRegion> regions;
  for (std::uint64_t k = 0; k < 60; ++k) {
    owned.push_back(drawn({160, 160, 0.6, 0.6}, [](double, double) { return 0.0; }));
    add_noise(owned.back(), power, 500 + k);
    for (std::size_t r = 0; r < 4; ++r)
      for (std::size_t c = 0; c < 4; ++c) regions.push_back({k, r * size, c * size, size});
  }
  std::vector<double> values(128 * 128);
  const double step = 1 / (128 * 0.6);
  for (std::size_t v = 0; v < 128; ++v)
    for (std::size_t u = 0; u < 128; ++u)
      values[v * 128 + u] = power((static_cast<double>(u) - 64) * step, (static_cast<double>(v) - 64) * step);
  const NoisePower noise = noise_power_of(values, 128, step, step);
  const Channels channels = laguerre_gauss_channels(size, 0.6, 0.6, 6, 5);
  const auto signal = channel_outputs(
      channels,
      task_image({TaskShape::disk, 5, 10, 1}, transfer_function_of({0, 10}, {1, 1}), size, 0.6, 0.6));
  const double wanted = ideal_channelized(signal, channel_covariance(channels, noise, 0.6, 0.6));
  const HotellingResult found =
      hotelling_known_signal(signal, channel_samples(channels, views(owned), regions));
  EXPECT_LT(found.low, wanted);
  EXPECT_GT(found.high, wanted);
  EXPECT_NEAR(found.detectability / wanted, 1, 0.07);
}

TEST(Hotelling, IsUnbiasedAndItsIntervalCovers) {
  // 12 images of each class in 5 channels, d' = 2: far too few for the plain estimate.
  const std::vector<double> sd{1, 2, 3, 4, 5};
  const std::vector<double> signal{1, 2, 3, 2, 1};
  double wanted = 0;
  for (std::size_t k = 0; k < 5; ++k) wanted += signal[k] * signal[k] / (sd[k] * sd[k]);
  const std::vector<double> zero(5, 0.0);
  double square = 0;
  double known_square = 0;
  double plain = 0;
  double hold_out = 0;
  int covered = 0;
  int known_covered = 0;
  const int trials = 600;
  HotellingOptions options;
  options.bootstraps = 0;
  options.splits = 4;
  for (int trial = 0; trial < trials; ++trial) {
    const auto seed = 2 * static_cast<std::uint64_t>(trial);
    const ChannelSamples absent = normal_samples(12, sd, zero, seed);
    const HotellingResult two = hotelling(normal_samples(12, sd, signal, seed + 1), absent, options);
    const HotellingResult known = hotelling_known_signal(signal, absent, options);
    // The root is cut at 0; the square that the formula gives is not known outside, but with d'² near 4 it is
    // hardly ever negative.
    square += two.detectability * two.detectability / trials;
    known_square += known.detectability * known.detectability / trials;
    plain += two.resubstitution * two.resubstitution / trials;
    hold_out += two.hold_out / trials;
    covered += two.low <= std::sqrt(wanted) && std::sqrt(wanted) <= two.high;
    known_covered += known.low <= std::sqrt(wanted) && std::sqrt(wanted) <= known.high;
  }
  EXPECT_NEAR(square / wanted, 1, 0.1);  // the estimates scatter by 80 %, 600 of them: three standard errors
  EXPECT_NEAR(known_square / wanted, 1, 0.1);
  EXPECT_GT(plain / wanted, 1.5);
  EXPECT_LT(hold_out, std::sqrt(wanted));
  // 95 % of 600, give or take three standard errors.
  EXPECT_NEAR(covered / 600.0, 0.95, 0.027);
  EXPECT_NEAR(known_covered / 600.0, 0.95, 0.027);
}

TEST(Hotelling, WithInternalNoiseIsLessByItsRoot) {
  const std::vector<double> sd{1, 1};
  const ChannelSamples noise = normal_samples(50, sd, {0, 0}, 1);
  HotellingOptions options;
  const HotellingResult without = hotelling_known_signal(std::vector<double>{1, 1}, noise, options);
  options.internal_noise = 2.25;
  const HotellingResult with = hotelling_known_signal(std::vector<double>{1, 1}, noise, options);
  EXPECT_NEAR(with.detectability, without.detectability / std::sqrt(1 + 2.25 * 2.25), 1e-12);
  EXPECT_LT(with.hold_out_area, without.hold_out_area);
  EXPECT_GT(with.hold_out_area, 0.5);
}

TEST(Hotelling, RefusesTooFewImagesAndDependentChannels) {
  const std::vector<double> sd{1, 1, 1};
  const std::vector<double> zero(3, 0.0);
  EXPECT_THROW(hotelling_known_signal(sd, normal_samples(5, sd, zero, 1)), InputError);
  EXPECT_NO_THROW(hotelling_known_signal(sd, normal_samples(6, sd, zero, 1)));
  EXPECT_THROW(hotelling(normal_samples(3, sd, zero, 1), normal_samples(3, sd, zero, 2)), InputError);
  EXPECT_THROW(hotelling_known_signal(std::vector<double>{1, 1}, normal_samples(20, sd, zero, 1)),
               InputError);
  ChannelSamples twice = normal_samples(20, sd, zero, 1);
  for (std::size_t i = 0; i < 20; ++i) twice.values[3 * i + 2] = twice.values[3 * i];
  EXPECT_THROW(hotelling_known_signal(sd, twice), InputError);
}

}  // namespace
}  // namespace snitt::quality
