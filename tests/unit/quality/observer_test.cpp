#include "quality/observer.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "quality/noise_texture.hpp"
#include "simulated_plane.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;

/// White noise of one level up to (and in the corners beyond) `highest`.
NoisePower white(double level, double highest) {
  const std::size_t n = 64;
  return noise_power_of(std::vector<double>(n * n, level), n, highest / 32, highest / 32);
}

/// No blur up to `highest`.
TransferFunction perfect(double highest) { return transfer_function_of({0, highest}, {1, 1}); }

/// So finely given that its linear interpolation is good to (pi sigma df)^2 / 2, some 1e-9.
TransferFunction gaussian(double sigma, double highest) {
  std::vector<double> f;
  std::vector<double> value;
  const std::size_t n = 40001;
  for (std::size_t k = 0; k < n; ++k) {
    f.push_back(highest * static_cast<double>(k) / static_cast<double>(n - 1));
    value.push_back(gaussian_transfer(f.back(), sigma));
  }
  return transfer_function_of(f, value);
}

TEST(TaskTransform, IsTheHankelTransformOfTheTask) {
  for (const DetectionTask& task :
       {DetectionTask{TaskShape::disk, 5, 10, 1}, DetectionTask{TaskShape::gaussian, 4, -7, 1},
        DetectionTask{TaskShape::designer, 5, 10, 1}, DetectionTask{TaskShape::designer, 8, 3, 0.5},
        DetectionTask{TaskShape::designer, 8, 3, 2}})
    for (const double f : {0.0, 1e-5, 0.05, 0.31, 1.7}) {
      // Substituting r = R sin t makes the edge of the disk and the root at it smooth.
      const double reach = task.shape == TaskShape::gaussian ? 6 * task.diameter_mm : task.diameter_mm / 2;
      double sum = 0;
      const int steps = 20000;
      for (int i = 0; i < steps; ++i) {
        const double t = (i + 0.5) / steps * pi / 2;
        const double r = reach * std::sin(t);
        sum += task_value(task, r) * j0(2 * pi * f * r) * r * reach * std::cos(t);
      }
      sum *= 2 * pi * pi / 2 / steps;
      EXPECT_NEAR(task_transform(task, f), sum, 1e-7 * std::abs(task_transform(task, 0))) << f;
    }
}

TEST(Detectability, OfAGaussianInWhiteNoiseIsItsClosedForm) {
  // W²T² is a Gaussian: d'^2 = C² (2 pi s²)² / (4 pi (s² + b²)) / NPS.
  for (const double diameter : {2.0, 5.0, 12.0})
    for (const double blur : {0.4, 0.8}) {
      const DetectionTask task{TaskShape::gaussian, diameter, 15, 1};
      const double s2 = diameter * diameter / (8 * std::numbers::ln2);
      const double level = 70;
      const double wanted = 15 * 2 * pi * s2 / std::sqrt(4 * pi * (s2 + blur * blur) * level);
      EXPECT_NEAR(detectability(task, gaussian(blur, 4), white(level, 4)) / wanted, 1, 1e-6) << diameter;
    }
}

TEST(Detectability, OfADiskInWhiteNoiseOfALimitedBandIsItsClosedForm) {
  // ∫ J1²(x) / x dx = (1 - J0² - J1²) / 2: the energy of a disk inside of the band, over the noise.
  for (const double diameter : {3.0, 10.0})
    for (const double highest : {1.0, 2.0}) {
      const DetectionTask task{TaskShape::disk, diameter, 20, 1};
      const double x = pi * diameter * highest;
      const double energy = 400 * pi * diameter * diameter / 4 * (1 - j0(x) * j0(x) - j1(x) * j1(x));
      const double wanted = std::sqrt(energy / 55);
      EXPECT_NEAR(detectability(task, perfect(highest), white(55, highest)) / wanted, 1, 1e-6);
    }
}

/// 100 regions of 32 mm without their quadratic trend hold a third too little noise for a disk of 20 mm.
TEST(Detectability, OfLargeDisksInWhiteNoiseOfSmallRegionsIsThatOfTheWholePlane) {
  std::vector<OwnedPlane> owned;
  std::vector<SquareRegion> regions;
  for (std::uint64_t k = 0; k < 20; ++k) {
    owned.push_back(drawn({256, 256, 0.5, 0.5}, [](double, double) { return 0.0; }));
    add_white_noise(owned.back(), 10, 300 + k);
    for (std::size_t r = 0; r < 256; r += 64)
      for (std::size_t c = 0; c < 256; c += 64) regions.push_back({k, r, c, 64});
  }
  const NoisePower seen = noise_power(views(owned), regions);
  const NoisePower restored = without_trend_loss(seen);
  EXPECT_NEAR(restored.noise_hu, 10, 0.1);
  const TransferFunction blur = gaussian(0.5, 1);
  for (const double diameter : {5.0, 10.0, 20.0}) {
    const DetectionTask task{TaskShape::disk, diameter, 10, 1};
    const double truth = detectability(task, blur, white(100 * 0.25, 1));
    EXPECT_NEAR(detectability(task, blur, restored) / truth, 1, 0.05) << diameter;
  }
  const DetectionTask large{TaskShape::disk, 20, 10, 1};
  EXPECT_GT(detectability(large, blur, seen) / detectability(large, blur, restored), 1.3);
}

TEST(Detectability, SharesOfADiskAreItsEncircledEnergy) {
  // Without blur, in white noise: 1 - J0² - J1² of pi f D, as of an Airy disk.
  for (const double diameter : {5.0, 10.0, 20.0}) {
    const double x = pi * diameter / 32;
    const double all = pi * diameter * 4;
    const auto energy = [](double y) { return 1 - j0(y) * j0(y) - j1(y) * j1(y); };
    EXPECT_NEAR(share_below(1.0 / 32, {TaskShape::disk, diameter, 10, 1}, perfect(4), white(3, 4)),
                energy(x) / energy(all), 1e-6);
  }
}

TEST(Detectability, OfTasksTooLargeForTheRegionsIsSaidToBe) {
  const NoisePower noise = white(25, 1);  // steps of 1/32 /mm: regions of 32 mm
  const TransferFunction blur = gaussian(0.4, 1);
  for (const double diameter : {1.0, 3.0, 5.0})
    EXPECT_EQ(too_large_for_regions({TaskShape::disk, diameter, 10, 1}, blur, noise), "") << diameter;
  for (const double diameter : {10.0, 20.0, 80.0})
    EXPECT_NE(too_large_for_regions({TaskShape::disk, diameter, 10, 1}, blur, noise).find("32 mm"),
              std::string::npos)
        << diameter;
}

TEST(Detectability, OfTheDesignerTaskApproachesItsEnergyOverTheNoise) {
  // ∫ (1 - (r/R)²)^2n 2 pi r dr = pi R² / (2n + 1); beyond 20 /mm lies less than 1e-6 of it for n = 1.
  const DetectionTask task{TaskShape::designer, 5, 12, 1};
  const double wanted = std::sqrt(144 * pi * 6.25 / 3 / 40);
  EXPECT_NEAR(detectability(task, perfect(20), white(40, 20)) / wanted, 1, 1e-6);
}

TEST(Detectability, OnTheGridInWhiteNoiseIsTheSampledTasksEnergy) {
  // Parseval on the grid. The spectrum ends inside of it: the band that holds noise sets the scale.
  const DetectionTask task{TaskShape::designer, 5, 12, 1};
  ObserverOptions options = imquest_observer();
  double energy = 0;
  for (int j = -150; j < 150; ++j)
    for (int i = -150; i < 150; ++i)
      energy += std::pow(task_value(task, std::hypot(i * 0.05, j * 0.05)), 2) * 0.0025;
  // A spectrum over the whole grid: 10 /mm is its highest frequency, its steps those of the grid.
  NoisePower noise = noise_power_of(std::vector<double>(300 * 300, 40.0), 300, 1.0 / 15, 1.0 / 15);
  EXPECT_NEAR(detectability(task, perfect(20), noise, options) / std::sqrt(energy / 40), 1, 1e-12);
}

TEST(Detectability, OnTheGridIsTheDefinitionTermByTerm) {
  // ImQuest's definition with a small grid, written out: W by its sum, T by interpolation, NPS bilinear.
  const DetectionTask task{TaskShape::designer, 3, 8, 1};
  ObserverOptions options = imquest_observer();
  options.grid_size = 20;
  options.grid_step_mm = 0.2;
  std::vector<double> power(16 * 16);
  for (std::size_t i = 0; i < power.size(); ++i)
    power[i] = 1 + statistics::uniform(statistics::random_bits(9, i));
  const NoisePower noise = noise_power_of(power, 16, 0.125, 0.125);
  const TransferFunction t = transfer_function_of({0, 0.5, 1, 1.5}, {1, 0.7, 0.3, 0.1});
  const double df = 1 / (20 * 0.2);
  double signal = 0;
  double weighted = 0;
  double total = 0;
  for (int v = -10; v < 10; ++v)
    for (int u = -10; u < 10; ++u) {
      std::complex<double> w;
      for (int j = -10; j < 10; ++j)
        for (int i = -10; i < 10; ++i)
          w += task_value(task, std::hypot(i * 0.2, j * 0.2)) * 0.04 *
               std::polar(1.0, -2 * pi * (u * i + v * j) / 20.0);
      const double x = u * df / 0.125 + 8;
      const double y = v * df / 0.125 + 8;
      double nps = 0;
      if (x >= 0 && x <= 15 && y >= 0 && y <= 15) {
        const int i = std::min(14, static_cast<int>(x));
        const int j = std::min(14, static_cast<int>(y));
        const auto p = [&](int b, int a) { return power[static_cast<std::size_t>(b * 16 + a)]; };
        nps = (p(j, i) * (1 - (x - i)) + p(j, i + 1) * (x - i)) * (1 - (y - j)) +
              (p(j + 1, i) * (1 - (x - i)) + p(j + 1, i + 1) * (x - i)) * (y - j);
      }
      const double wt = std::norm(w) * std::pow(t.at(std::hypot(u * df, v * df)), 2);
      signal += wt * df * df;
      weighted += wt * nps * df * df;
      total += nps * df * df;
    }
  const double wanted = signal / std::sqrt(weighted * noise.variance_hu2 / total);
  EXPECT_NEAR(detectability(task, t, noise, options) / wanted, 1, 1e-12);
}

TEST(Detectability, OfBothIntegrationsAgreesForACommonTask) {
  // Noise of a smooth spectrum; what differs is its interpolation and the sampled task.
  const std::size_t n = 128;
  const double step = 1.0 / 64;
  std::vector<double> power(n * n);
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t u = 0; u < n; ++u) {
      const double f = std::hypot(static_cast<double>(u) - 64, static_cast<double>(v) - 64) * step;
      power[v * n + u] = 900 * f * std::exp(-f * f / 0.18);
    }
  const NoisePower noise = noise_power_of(power, n, step, step);
  const DetectionTask task{TaskShape::designer, 5, 20, 1};
  const TransferFunction t = gaussian(0.6, 2);
  EXPECT_NEAR(detectability(task, t, noise, imquest_observer()) / detectability(task, t, noise), 1, 0.02);
}

TEST(Detectability, WithAnEyeFilterIsItsClosedForm) {
  // E = rho exp(-c rho²) over its maximum, Gaussian task and blur: moments of Gaussians.
  ObserverOptions options;
  options.observer = Observer::npwe;
  options.eye = {1, 2, 0.04, 400, 0.25, 0.5, 2};
  options.internal_noise = 0.6;
  const DetectionTask task{TaskShape::gaussian, 5, 15, 1};
  const double blur = 0.5;
  const double level = 60;
  const double s2 = 25 / (8 * std::numbers::ln2);
  // rho = k f: an image pixel of 0.5 mm is shown on 2 * 0.25 mm, 400 mm away.
  const double k = 400 * pi / 180;
  const double scale = 1 / (std::exp(-0.5) / std::sqrt(2 * 0.04));  // over the maximum of E
  const double a = 4 * pi * pi * (s2 + blur * blur);                // W²T² = w0² exp(-a f²)
  const double w0 = 15 * 2 * pi * s2;
  // ∫ f^m exp(-b f²) 2 pi f df = pi Gamma(m/2 + 1) / b^(m/2 + 1).
  const auto moment = [](double m, double b) { return pi * std::tgamma(m / 2 + 1) / std::pow(b, m / 2 + 1); };
  const double signal = w0 * w0 * scale * scale * k * k * moment(2, a + 2 * 0.04 * k * k);
  const double noise = w0 * w0 * std::pow(scale * k, 4) * moment(4, a + 4 * 0.04 * k * k) * level;
  const double internal = 0.6 * 0.16 * level * signal;
  const double wanted = signal / std::sqrt(noise + internal);
  EXPECT_NEAR(detectability(task, gaussian(blur, 4), white(level, 4), options) / wanted, 1, 1e-6);
  options.internal_noise = 0;
  EXPECT_NEAR(detectability(task, gaussian(blur, 4), white(level, 4), options) / (signal / std::sqrt(noise)),
              1, 1e-6);
}

TEST(EyeFilter, IsOneAtItsBestFrequency) {
  for (const EyeFilter& eye : {EyeFilter{}, EyeFilter{1.3, 2, 0.04, 500, 0.2, 0.5, 1}}) {
    double highest = 0;
    for (double f = 0; f < 5; f += 1e-4) highest = std::max(highest, eye.at(f));
    EXPECT_NEAR(highest, 1, 1e-6);
    EXPECT_EQ(eye.at(0), 0);
  }
}

TEST(Detectability, GrowsWithContrastAndFallsWithTheRootOfTheNoise) {
  const TransferFunction t = gaussian(0.5, 2);
  const double d = detectability({TaskShape::disk, 5, 10, 1}, t, white(50, 1));
  EXPECT_NEAR(detectability({TaskShape::disk, 5, -20, 1}, t, white(50, 1)), 2 * d, 1e-12 * d);
  EXPECT_NEAR(detectability({TaskShape::disk, 5, 10, 1}, t, white(200, 1)), d / 2, 1e-12 * d);
  EXPECT_EQ(detectability({TaskShape::disk, 5, 0, 1}, t, white(50, 1)), 0);
}

TEST(Detectability, RefusesWhatHasNoAnswer) {
  const TransferFunction t = perfect(1);
  EXPECT_THROW(detectability({TaskShape::disk, 0, 10, 1}, t, white(50, 1)), InputError);
  EXPECT_THROW(detectability({TaskShape::disk, 5, 10, 1}, t, white(0, 1)), InputError);
  EXPECT_THROW(detectability({TaskShape::disk, 5, 10, 1}, TransferFunction{}, white(50, 1)), InputError);
  EXPECT_THROW(detectability({TaskShape::disk, 20, 10, 1}, t, white(50, 1), imquest_observer()), InputError);
}

}  // namespace
}  // namespace snitt::quality
