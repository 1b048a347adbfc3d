#include "quality/transfer_function.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "simulated_plane.hpp"

namespace snitt::quality {
namespace {

struct Rod {
  double column = 61.37;
  double row = 66.81;
  double radius_mm = 6;
  double sigma_mm = 0.6;
  double contrast_hu = 120;
};

OwnedPlane rod_plane(const Rod& rod, const Grid& grid = {}) {
  return drawn(grid, [&](double x, double y) {
    const double r = std::hypot(x - rod.column * grid.column_mm, y - rod.row * grid.row_mm);
    return 30 + rod.contrast_hu * blurred_disk(r, rod.radius_mm, rod.sigma_mm);
  });
}

/// Largest difference to the Gaussian's transfer up to where that has fallen to 0.1.
double largest_error(const TransferFunction& t, double sigma) {
  double worst = 0;
  for (std::size_t k = 0; k < t.value.size(); ++k) {
    const double f = t.frequency_per_mm[k];
    if (f > gaussian_crossing(0.1, sigma)) break;
    worst = std::max(worst, std::abs(t.value[k] - gaussian_transfer(f, sigma)));
  }
  return worst;
}

TEST(SimulatedRod, IsWhatAFineSumOverTheDiskGives) {
  // The rendering used below against brute force: the share of a Gaussian at distance r inside of the disk.
  const double radius = 3;
  const double sigma = 0.7;
  const double h = 0.01;
  for (const double r : {0.0, 2.2, 3.0, 4.1}) {
    double sum = 0;
    for (double y = -radius + h / 2; y < radius; y += h)
      for (double x = -radius + h / 2; x < radius; x += h)
        if (x * x + y * y < radius * radius)
          sum += std::exp(-((x - r) * (x - r) + y * y) / (2 * sigma * sigma)) * h * h;
    EXPECT_NEAR(blurred_disk(r, radius, sigma), sum / (2 * std::numbers::pi * sigma * sigma), 2e-4) << r;
  }
}

TEST(EdgeTransfer, OfABlurredRodIsItsTransferFunctionWithinOnePercent) {
  for (const double contrast : {120.0, -900.0})
    for (const double sigma : {0.45, 0.6, 0.9})
      for (const double shift : {0.0, 0.21, 0.5}) {
        const Rod rod{61 + shift, 66 + 0.7 * shift, 6, sigma, contrast};
        const std::vector<OwnedPlane> owned{rod_plane(rod)};
        const TransferFunction t = edge_transfer(views(owned), {62.5, 64.8}, 6.5);
        EXPECT_LT(largest_error(t, sigma), 0.01) << contrast << " " << sigma << " " << shift;
        EXPECT_NEAR(t.f50_per_mm / gaussian_crossing(0.5, sigma), 1, 0.01);
        EXPECT_NEAR(t.f10_per_mm / gaussian_crossing(0.1, sigma), 1, 0.01);
        EXPECT_EQ(t.value[0], 1);
        EXPECT_NEAR(t.centre.column, rod.column, 0.005);
        EXPECT_NEAR(t.centre.row, rod.row, 0.005);
        // The fitted edge has no curvature: half of the contrast is reached sigma^2 / 2 R within the radius.
        EXPECT_NEAR(t.radius_mm, 6, 0.6 * sigma * sigma / 6 + 0.005);
        EXPECT_NEAR(t.contrast_hu, contrast, 0.005 * std::abs(contrast));
      }
}

TEST(EdgeTransfer, ConvergesWithTheWidthOfItsBinsAndTheSizeOfPixels) {
  const Rod rod{61.37, 66.81, 6, 0.6, 120};
  const std::vector<OwnedPlane> owned{rod_plane(rod)};
  double last = 1;
  for (const double bin : {0.8, 0.4, 0.2}) {
    EdgeOptions options;
    options.bin_per_pixel = bin;
    const double error = largest_error(edge_transfer(views(owned), {61, 67}, 6, options), 0.6);
    EXPECT_LT(error, last) << bin;
    last = error;
  }
  Rod finer = rod;
  finer.column *= 2;
  finer.row *= 2;
  const std::vector<OwnedPlane> fine{rod_plane(finer, {256, 256, 0.25, 0.25})};
  EXPECT_LT(largest_error(edge_transfer(views(fine), {122, 133}, 6), 0.6), 0.002);
}

TEST(EdgeTransfer, OfASmallRodHasItsCurvatureTakenAway) {
  // Blur over radius 0.3: without the factor sqrt(r / R) the value at f10 would be 13 % low.
  const Rod rod{61.37, 66.81, 3, 0.9, 200};
  const std::vector<OwnedPlane> owned{rod_plane(rod)};
  EdgeOptions options;
  options.outer_factor = 3;
  const TransferFunction t = edge_transfer(views(owned), {61, 67}, 3, options);
  EXPECT_NEAR(t.f10_per_mm / gaussian_crossing(0.1, 0.9), 1, 0.02);
  EXPECT_LT(largest_error(t, 0.9), 0.02);
}

TEST(EdgeTransfer, IsTheSameInPixelsThatAreNoSquares) {
  const Grid grid{128, 160, 0.5, 0.4};
  const Rod rod{70.2, 63.9, 6, 0.6, 150};
  const std::vector<OwnedPlane> owned{rod_plane(rod, grid)};
  const TransferFunction t = edge_transfer(views(owned), {69, 65}, 6);
  EXPECT_LT(largest_error(t, 0.6), 0.01);
  EXPECT_NEAR(t.centre.column, 70.2, 0.01);
  EXPECT_NEAR(t.centre.row, 63.9, 0.01);
}

TEST(EdgeTransfer, OfANoisyRodAtAContrastToNoiseOfFifteen) {
  // White noise of 15 HU in each of 4 planes: 112.5 / 15 * 2 = 15.
  const double sigma = 0.6;
  double sum50 = 0;
  double sum10 = 0;
  double worst_centre = 0;
  const int trials = 12;
  const OwnedPlane clean = rod_plane({61.37, 66.81, 6, sigma, 112.5});
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<OwnedPlane> owned;
    for (std::uint64_t k = 0; k < 4; ++k) {
      owned.push_back(clean);
      add_white_noise(owned.back(), 15, 1000 + 10 * static_cast<std::uint64_t>(trial) + k);
    }
    const TransferFunction t = edge_transfer(views(owned), {62, 66}, 6);
    EXPECT_NEAR(t.contrast_to_noise, 15, 1.5);
    EXPECT_NEAR(t.noise_hu, 7.5, 0.8);
    sum50 += t.f50_per_mm;
    sum10 += t.f10_per_mm;
    worst_centre = std::max(worst_centre, std::hypot(t.centre.column - 61.37, t.centre.row - 66.81));
    EXPECT_NEAR(t.f50_per_mm / gaussian_crossing(0.5, sigma), 1, 0.1);
  }
  EXPECT_LT(worst_centre, 0.05);
  EXPECT_NEAR(sum50 / trials / gaussian_crossing(0.5, sigma), 1, 0.02);
  // First crossings of a noisy curve scatter by 5 % here; their mean is 1.5 % high.
  EXPECT_NEAR(sum10 / trials / gaussian_crossing(0.1, sigma), 1, 0.05);
}

TEST(EdgeTransfer, WithTheHannWindowOfOthersIsTheSameForALongProfile) {
  const std::vector<OwnedPlane> owned{rod_plane({61.37, 66.81, 10, 0.45, 120})};
  EdgeOptions options;
  options.window = EdgeWindow::hann;
  EXPECT_LT(largest_error(edge_transfer(views(owned), {61, 67}, 10, options), 0.45), 0.02);
}

TEST(EdgeTransfer, KeepsTheOvershootOfASharpKernel) {
  // The difference of two Gaussians has a transfer function above 1: it is not cut.
  const Grid grid;
  std::vector<OwnedPlane> owned{drawn(grid, [&](double x, double y) {
    const double r = std::hypot(x - 31.2, y - 32.1);
    return 100 * (2 * blurred_disk(r, 7, 0.5) - blurred_disk(r, 7, 1.0));
  })};
  const TransferFunction t = edge_transfer(views(owned), {62, 64}, 7);
  double highest = 0;
  for (std::size_t k = 0; k < t.value.size() && t.frequency_per_mm[k] < 0.6; ++k) {
    const double f = t.frequency_per_mm[k];
    EXPECT_NEAR(t.value[k], 2 * gaussian_transfer(f, 0.5) - gaussian_transfer(f, 1.0), 0.02) << f;
    highest = std::max(highest, t.value[k]);
  }
  EXPECT_GT(highest, 1.1);
}

TEST(EdgeTransfer, RefusesWhereThereIsNoEdge) {
  const auto refuses = [](const OwnedPlane& plane, PlanePoint guess, double radius) {
    const std::vector<OwnedPlane> owned{plane};
    EXPECT_THROW(edge_transfer(views(owned), guess, radius), InputError);
  };
  const Grid grid;
  OwnedPlane uniform = drawn(grid, [](double, double) { return 10.0; });
  refuses(uniform, {64, 64}, 6);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    OwnedPlane noisy = uniform;
    add_white_noise(noisy, 10, seed);
    refuses(noisy, {64, 64}, 6);
  }
  // A step, a ramp, a rod elsewhere, one of twice the size, one that the image cuts, a half rod.
  refuses(drawn(grid, [](double x, double) { return x > 32 ? 100.0 : 0.0; }), {64, 64}, 6);
  refuses(drawn(grid, [](double x, double y) { return 3 * x + y; }), {64, 64}, 6);
  refuses(rod_plane({61, 66, 6, 0.6, 120}), {90, 66}, 6);
  refuses(rod_plane({61, 66, 14, 0.6, 120}), {61, 66}, 6);
  refuses(rod_plane({14, 66, 6, 0.6, 120}), {14, 66}, 6);
  refuses(rod_plane({61, 66, 6, 0.6, 120}), {-4, 66}, 6);
  refuses(
      drawn(grid, [](double x, double y) { return x > 32 && std::hypot(x - 32, y - 32) < 6 ? 100.0 : 0.0; }),
      {64, 64}, 6);
  OwnedPlane broken = rod_plane({61, 66, 6, 0.6, 120});
  broken.hu[66 * 128 + 61] = std::nanf("");
  refuses(broken, {61, 66}, 6);
}

OwnedPlane wire_plane(double column, double row, double sigma, double diameter, const Grid& grid) {
  return drawn(grid, [&](double x, double y) {
    const double r = std::hypot(x - column * grid.column_mm, y - row * grid.row_mm);
    if (diameter == 0) return 20 + 800 * std::exp(-r * r / (2 * sigma * sigma));
    return 20 + 3000 * blurred_disk(r, diameter / 2, sigma);
  });
}

TEST(PointTransfer, OfAWireIsTheTransferOfItsBlur) {
  const double sigma = 0.45;
  for (const double shift : {0.0, 0.3, 0.5}) {
    const std::vector<OwnedPlane> owned{wire_plane(60 + shift, 70 - shift, sigma, 0, {128, 128, 0.3, 0.35})};
    const TransferFunction t = point_transfer(views(owned), {62, 68}, 3);
    EXPECT_LT(largest_error(t, sigma), 0.002);
    EXPECT_NEAR(t.f50_per_mm / gaussian_crossing(0.5, sigma), 1, 0.002);
    EXPECT_NEAR(t.f10_per_mm / gaussian_crossing(0.1, sigma), 1, 0.005);
    EXPECT_NEAR(t.centre.column, 60 + shift, 1e-3);
    EXPECT_NEAR(t.centre.row, 70 - shift, 1e-3);
    EXPECT_NEAR(t.edge_width_mm, sigma * 2.3548, 1e-3);
  }
}

TEST(PointTransfer, CorrectsForTheDiameterOfTheWire) {
  const double sigma = 0.4;
  const std::vector<OwnedPlane> owned{wire_plane(60.2, 70.4, sigma, 0.8, {128, 128, 0.25, 0.25})};
  EXPECT_LT(largest_error(point_transfer(views(owned), {60, 70}, 3, 0.8), sigma), 0.005);
  EXPECT_GT(largest_error(point_transfer(views(owned), {60, 70}, 3), sigma), 0.03);
}

TEST(PointTransfer, OfANoisyWire) {
  const double sigma = 0.5;
  double sum50 = 0;
  for (std::uint64_t k = 0; k < 8; ++k) {
    std::vector<OwnedPlane> owned{wire_plane(60.2, 70.4, sigma, 0, {128, 128, 0.3, 0.3})};
    add_white_noise(owned[0], 10, 900 + k);
    const TransferFunction t = point_transfer(views(owned), {61, 69}, 3);
    EXPECT_NEAR(t.centre.column, 60.2, 0.03);
    sum50 += t.f50_per_mm;
  }
  EXPECT_NEAR(sum50 / 8 / gaussian_crossing(0.5, sigma), 1, 0.03);
}

TEST(PointTransfer, RefusesWhereNothingStandsOut) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<OwnedPlane> owned{drawn({}, [](double, double) { return 5.0; })};
    EXPECT_THROW(point_transfer(views(owned), {64, 64}, 4), InputError);
    add_white_noise(owned[0], 10, seed);
    EXPECT_THROW(point_transfer(views(owned), {64, 64}, 4), InputError) << seed;
  }
  const std::vector<OwnedPlane> near_rim{wire_plane(3, 70, 0.5, 0, {128, 128, 0.5, 0.5})};
  EXPECT_THROW(point_transfer(views(near_rim), {3, 70}, 2), InputError);
}

TEST(TransferFunction, InterpolatesLinearlyAndFindsFirstCrossings) {
  const TransferFunction t = transfer_function_of({0, 0.5, 1, 1.5}, {1, 0.6, 0.2, 0.3});
  EXPECT_DOUBLE_EQ(t.at(0.25), 0.8);
  EXPECT_DOUBLE_EQ(t.at(1.5), 0.3);
  EXPECT_EQ(t.at(1.51), 0);
  EXPECT_DOUBLE_EQ(t.f50_per_mm, 0.625);
  EXPECT_TRUE(std::isnan(t.f10_per_mm));
  EXPECT_THROW(transfer_function_of({0, 0.5, 2}, {1, 1, 1}), InputError);
}

}  // namespace
}  // namespace snitt::quality
