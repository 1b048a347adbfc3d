#include <gmock/gmock.h>

#include "statistics/summary.hpp"
#include "target_fixture.hpp"

namespace snitt::calibration {
namespace {

void show(TargetKind kind, int runs) {
  std::array<int, 8> covered{};
  std::array<std::vector<double>, 8> widths, errors;
  for (int run = 1; run <= runs; ++run) {
    Simulation s;
    s.kind = kind;
    s.seed = static_cast<std::uint64_t>(run);
    if (const char* v = std::getenv("POSE")) { s.pose_noise_mm *= std::atof(v); s.pose_noise_deg *= std::atof(v); }
    if (const char* v = std::getenv("PIX")) s.pixel_noise = std::atof(v);
    if (const char* v = std::getenv("SPOIL")) s.spoiled = std::atof(v);
    auto source = simulate(s);
    TargetCalibration c;
    Monitor monitor;
    try {
      calibrate_target(*source, nullptr, settings_for(s), monitor, c);
    } catch (const std::exception& e) {
      printf("run %d: %s\n", run, e.what());
    }
    if (c.refinement.parameters.empty()) continue;
    const auto e = errors_of(c.refinement, source->truth().image_to_probe());
    for (std::size_t k = 0; k < 8; ++k) {
      covered[k] += std::abs(e[k]) <= c.refinement.half_width_95[k];
      widths[k].push_back(2 * c.refinement.half_width_95[k]);
      errors[k].push_back(e[k]);
    }
    if (run <= 3) {
      printf("weakest %.2f used %ld/%zu group %zu dev", c.refinement.weakest.half_width_mm,
             std::count(c.refinement.used.begin(), c.refinement.used.end(), 1), c.refinement.used.size(),
             c.refinement.frames_per_group);
      for (double d : c.refinement.deviation_mm) printf(" %.3f", d);
      printf(" moved %.1f turned %.1f %.1f %.1f\n", c.motion.moved_mm, c.motion.turned_about_deg.x, c.motion.turned_about_deg.y, c.motion.turned_about_deg.z);
    }
  }
  for (std::size_t k = 0; k < 8; ++k)
    printf("%zu covered %d width %.4g rms error %.4g mean %.4g\n", k, covered[k], statistics::median(widths[k]),
           statistics::root_mean_square(errors[k]), statistics::mean(errors[k]));
}

TEST(Target, ShowPoint) { show(TargetKind::point, std::atoi(std::getenv("RUNS") ? std::getenv("RUNS") : "3")); }
TEST(Target, ShowWall) { show(TargetKind::wall, std::atoi(std::getenv("RUNS") ? std::getenv("RUNS") : "3")); }

}  // namespace
}  // namespace snitt::calibration
