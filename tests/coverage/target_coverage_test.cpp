// Does the truth lie in the 95 % intervals of a calibration with a point or a wall in 95 % of simulated
// recordings? Each run renders its images, finds the target in them, and calibrates; one frame in twenty
// shows something brighter elsewhere. SNITT_SEED moves all seeds, SNITT_SHOW prints.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"
#include "statistics/summary.hpp"
#include "unit/calibration/target_fixture.hpp"

namespace snitt::calibration {
namespace {

constexpr int runs = 200;
/// 95 % of 200: a parameter lies within 183 … 197 in 95 of 100 cases; 42 of them lie within 180 … 198
/// together in 93 (each in 99.8).
constexpr int fewest = 180;
constexpr int most = 198;

const std::array<const char*, target_parameters> names{
    "rotation x", "rotation y", "rotation z", "translation x", "translation y", "translation z",
    "pixel u",    "pixel v",    "place 1",    "place 2",       "place 3",       "lag"};

std::uint64_t first_seed() {
  const char* text = std::getenv("SNITT_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

struct Coverage {
  std::array<int, target_parameters> covered{};
  std::array<std::vector<double>, target_parameters> width;
  std::array<std::vector<double>, target_parameters> error;
  int refused = 0;
};

/// A point's place is the middle of the phantom. A wall's third number is its distance from the origin.
void add_place(std::array<double, target_parameters>& error, const TargetRefinement& r, TargetKind kind) {
  const Matrix4 place = phantom::default_phantom_to_reference();
  const Vec3 origin{place(0, 3), place(1, 3), place(2, 3)};
  if (kind == TargetKind::point)
    for (std::size_t i = 0; i < 3; ++i) error[target_place_1 + i] = r.place.point_mm[i] - origin[i];
  else
    error[target_place_3] = std::abs(dot(r.place.point_mm, r.place.normal)) -
                            std::abs(dot(origin, {place(0, 2), place(1, 2), place(2, 2)}));
}

Coverage cover(const Simulation& like, bool lag) {
  Coverage coverage;
  for (int run = 0; run < runs; ++run) {
    Simulation s = like;
    s.seed = first_seed() + static_cast<std::uint64_t>(run);
    const auto source = simulate(s);
    TargetSettings settings = settings_for(s);
    settings.refinement.estimate_lag = lag;
    TargetCalibration c;
    Monitor monitor;
    try {
      calibrate_target(*source, nullptr, settings, monitor, c);
    } catch (const Error& error) {
      ++coverage.refused;
      if (std::getenv("SNITT_SHOW") != nullptr)
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(s.seed), error.what());
      continue;
    }
    std::array<double, target_parameters> error{};
    const auto of_image = errors_of(c.refinement, source->truth().image_to_probe());
    std::copy(of_image.begin(), of_image.end(), error.begin());
    add_place(error, c.refinement, s.kind);
    error[target_lag] = c.lag_s - s.lag_s;
    for (std::size_t k = 0; k < target_parameters; ++k) {
      const bool distance = s.kind == TargetKind::wall && k == target_place_3;
      const double half_width =
          distance ? c.refinement.distance_half_width_mm : c.refinement.half_width_95[k];
      coverage.covered[k] += std::abs(error[k]) <= half_width ? 1 : 0;
      coverage.width[k].push_back(2 * half_width);
      coverage.error[k].push_back(error[k]);
    }
  }
  return coverage;
}

void expect_held(const Coverage& coverage, const std::vector<std::size_t>& parameters) {
  EXPECT_EQ(coverage.refused, 0);
  for (const std::size_t k : parameters) {
    EXPECT_GE(coverage.covered[k], fewest) << names[k];
    EXPECT_LE(coverage.covered[k], most) << names[k];
    if (std::getenv("SNITT_SHOW") != nullptr)
      std::printf("%-14s covered %d of %d, median width %.4g, rms error %.4g, mean error %.2g\n", names[k],
                  coverage.covered[k], runs, statistics::median(coverage.width[k]),
                  statistics::root_mean_square(coverage.error[k]), statistics::mean(coverage.error[k]));
  }
}

TEST(TargetCoverage, ThePointsIntervalsHold) {
  Simulation s;
  s.kind = TargetKind::point;
  expect_held(cover(s, false), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
}

/// The wall's tilts are counted from its place at the start, which differs from run to run, and are no
/// result.
TEST(TargetCoverage, TheWallsIntervalsHold) {
  Simulation s;
  s.kind = TargetKind::wall;
  expect_held(cover(s, false), {0, 1, 2, 3, 4, 5, 6, 7, 10});
}

TEST(TargetCoverage, ThePointsIntervalsHoldWithALag) {
  Simulation s;
  s.kind = TargetKind::point;
  s.lag_s = 0.03;
  s.tracker_rate_hz = 100;  // at 20 Hz interpolation alone errs by 0.2 mm in so lively a motion
  expect_held(cover(s, true), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST(TargetCoverage, TheWallsIntervalsHoldWithALag) {
  Simulation s;
  s.kind = TargetKind::wall;
  s.lag_s = 0.03;
  s.tracker_rate_hz = 100;  // at 20 Hz interpolation alone errs by 0.2 mm in so lively a motion
  expect_held(cover(s, true), {0, 1, 2, 3, 4, 5, 6, 7, 10, 11});
}

}  // namespace
}  // namespace snitt::calibration
