// Does the truth lie in the 95 % intervals of an N-wire calibration in 95 % of simulated recordings? Each run
// renders its images, finds the wires in them, and calibrates. SNITT_SEED moves all seeds.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "calibration/probe_calibration.hpp"
#include "formats/phantom_file.hpp"
#include "geometry/rigid_fit.hpp"
#include "geometry/rotation.hpp"
#include "phantom/noise.hpp"
#include "phantom/phantom_scene.hpp"
#include "phantom/sweep.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr int runs = 200;
/// 95 % of 200 within the 95 % limits of the binomial distribution.
constexpr int fewest = 183;
constexpr int most = 197;
constexpr double pixel_mm = 0.15;

std::uint64_t first_seed() {
  const char* text = std::getenv("SNITT_SEED");
  return text == nullptr ? 1000 : std::strtoull(text, nullptr, 10);
}

struct Truth {
  double phantom_error_mm = 0;  ///< of each landmark in the registration that the calibration is given
  double lag_s = 0;
  bool own_clock = false;
};

struct Run {
  std::array<double, refined_parameters> error{};  ///< found minus true
  std::array<double, refined_parameters> half_width{};
  bool refused = false;
};

PhantomDefinition definition() {
  return formats::read_phantom(std::string(SNITT_SOURCE_DIR) + "/sample_data/phantoms/fcal-2.0.json");
}

/// What a registration with noisy landmarks makes of the phantom's true place.
Matrix4 registered(const PhantomDefinition& phantom, const Matrix4& truth, double error_mm,
                   std::uint64_t seed) {
  if (error_mm == 0) return truth;
  std::vector<Vec3> from;
  std::vector<Vec3> to;
  for (std::size_t i = 0; i < phantom.landmarks.size(); ++i) {
    from.push_back(phantom.landmarks[i].position_mm);
    Vec3 noise;
    for (std::size_t k = 0; k < 3; ++k)
      noise[k] = error_mm * phantom::normal(phantom::random_bits(seed, 0x6c616e64 + k, i));
    to.push_back(transform_point(truth, from.back()) + noise);
  }
  return fit_rigid(from, to).matrix;
}

Run simulate(const Truth& truth, std::uint64_t seed) {
  const PhantomDefinition phantom = definition();
  const Matrix4 place = phantom::default_phantom_to_reference();
  const phantom::Scene scene = phantom::scene_of_phantom(phantom, place);
  phantom::SweepSettings sweep;
  sweep.path = phantom::path_around(phantom, place, scene);
  sweep.frames = 60;
  sweep.frame_rate_hz = 10;
  sweep.columns = 460;
  sweep.rows = 330;
  sweep.pixel_size_mm = pixel_mm;
  sweep.noise = 3;
  sweep.tracker.position_noise_mm = 0.2;
  sweep.tracker.angle_noise_deg = 0.1;
  sweep.tracker.lag_s = truth.lag_s;
  if (truth.own_clock) sweep.tracker.rate_hz = 50;
  sweep.seed = sweep.path.seed = seed;
  phantom::SweepSource source(scene, sweep);

  NWireCalibration result;
  result.model = wire_model(phantom, "fCal 2.0");
  NWireSettings settings;
  settings.dots.pixel_size_mm = settings.labelling.pixel_size_mm = pixel_mm;
  settings.dots.threshold_percent = 15;
  settings.refinement.estimate_lag = truth.own_clock;
  settings.refinement.phantom.error_mm = truth.phantom_error_mm;
  if (truth.phantom_error_mm > 0)
    for (const PhantomPoint& l : phantom.landmarks)
      settings.refinement.phantom.landmarks_mm.push_back(l.position_mm);
  Frames frames = source.frames();

  // The registration that is given replaces the truth in the recording.
  class Given : public FrameSource {
   public:
    Given(FrameSource& images, Frames known) : images_(images), known_(std::move(known)) {}
    const Frames& frames() const override { return known_; }
    void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
      images_.read(first, count, out);
    }

   private:
    FrameSource& images_;
    Frames known_;
  };
  std::erase_if(frames.constant, [](const StaticTransform& t) { return t.name.from == "Phantom"; });
  frames.constant.push_back(
      {{"Phantom", "Reference"}, registered(phantom, place, truth.phantom_error_mm, seed)});
  Given given(source, std::move(frames));

  Run run;
  Monitor silent;
  try {
    calibrate_n_wire(given, nullptr, settings, silent, result);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "seed " << seed << ": " << error.what();
    run.refused = true;
    return run;
  }
  const RigidParts found = rigid_parts(result.image_to_probe);
  const RigidParts true_parts = rigid_parts(source.image_to_probe());
  const Vec3 turn = vector_from_rotation(found.rigid * inverse(true_parts.rigid));
  for (std::size_t k = 0; k < 3; ++k) {
    run.error[rotation_x + k] = turn[k];
    run.error[translation_x + k] = result.image_to_probe(k, 3) - source.image_to_probe()(k, 3);
  }
  run.error[pixel_u] = found.pixel_mm[0] - true_parts.pixel_mm[0];
  run.error[pixel_v] = found.pixel_mm[1] - true_parts.pixel_mm[1];
  run.error[lag] = result.refinement->lag_s - truth.lag_s;
  run.half_width = result.refinement->half_width_95;
  return run;
}

void expect_coverage(const Truth& truth, const std::vector<std::size_t>& parameters) {
  const char* names[] = {"rotation x",
                         "rotation y",
                         "rotation z",
                         "translation x",
                         "translation y",
                         "translation z",
                         "pixel u",
                         "pixel v",
                         "",
                         "",
                         "",
                         "",
                         "",
                         "",
                         "lag"};
  std::vector<Run> all;
  for (int i = 0; i < runs; ++i) all.push_back(simulate(truth, first_seed() + static_cast<std::uint64_t>(i)));
  for (const std::size_t k : parameters) {
    int covered = 0;
    std::vector<double> widths;
    for (const Run& run : all) {
      covered += std::abs(run.error[k]) <= run.half_width[k] ? 1 : 0;
      widths.push_back(2 * run.half_width[k]);
    }
    double bias = 0;
    for (const Run& run : all) bias += run.error[k] / runs;
    printf("%-14s mean error %9.2g, covered %d of %d, median width %.3g\n", names[k], bias, covered, runs,
           statistics::median(widths));
    EXPECT_GE(covered, fewest) << names[k];
    EXPECT_LE(covered, most) << names[k];
  }
}

const std::vector<std::size_t> image_parameters{rotation_x,    rotation_y,    rotation_z, translation_x,
                                                translation_y, translation_z, pixel_u,    pixel_v};

TEST(NWireCoverage, HoldsForAPhantomWhosePlaceIsKnown) { expect_coverage({}, image_parameters); }

TEST(NWireCoverage, HoldsForAPhantomWhoseRegistrationHasErrors) {
  expect_coverage({0.5, 0, false}, image_parameters);
}

TEST(NWireCoverage, HoldsWithALagThatIsEstimatedToo) {
  std::vector<std::size_t> parameters = image_parameters;
  parameters.push_back(lag);
  expect_coverage({0, 0.04, true}, parameters);
}

}  // namespace
}  // namespace snitt::calibration
