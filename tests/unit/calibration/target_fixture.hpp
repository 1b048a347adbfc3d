#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>

#include "base/monitor.hpp"
#include "calibration/probe_refinement.hpp"
#include "calibration/target_calibration.hpp"
#include "formats/phantom_file.hpp"
#include "geometry/rotation.hpp"
#include "phantom/phantom_scene.hpp"
#include "phantom/sweep.hpp"

namespace snitt::calibration {

inline PhantomDefinition target_phantom(TargetKind kind) {
  return formats::read_phantom(std::string(SNITT_SOURCE_DIR) + "/sample_data/phantoms/" +
                               (kind == TargetKind::point ? "crossed-wires.json" : "single-wall.json"));
}

struct Simulation {
  TargetKind kind = TargetKind::point;
  std::uint64_t seed = 1;
  std::size_t frames = 150;
  double pose_noise_mm = 0.15;
  double pose_noise_deg = 0.1;
  double pixel_noise = 6;  ///< grey levels
  double spoiled = 0.05;   ///< share of frames with something brighter elsewhere
  double lag_s = 0;
  std::optional<double> tracker_rate_hz;  ///< of a clock of its own
  std::optional<Vec3> amplitude_mm;
  std::optional<Vec3> amplitude_deg;
  bool mirrored = false;
  double pixel_height_mm = 0.21;
  Vec3 target_shift_mm;      ///< of the target in Reference
  bool wrong_poses = false;  ///< in reversed order
};

/// In some frames something brighter than the target: a disc at a random place, or a random line.
class SpoiledSource : public FrameSource {
 public:
  SpoiledSource(std::unique_ptr<phantom::SweepSource> source, const Simulation& s)
      : source_(std::move(source)), simulation_(s), frames_(source_->frames()) {
    if (!s.wrong_poses) return;
    for (TrackedTransform& t : frames_.tracked) std::reverse(t.matrix.begin(), t.matrix.end());
  }
  const Frames& frames() const override { return frames_; }
  const phantom::SweepSource& truth() const { return *source_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    source_->read(first, count, out);
    const std::size_t bytes = frames().shape.bytes();
    for (std::size_t i = 0; i < count; ++i) spoil(first + i, out.subspan(i * bytes, bytes));
  }

 private:
  void spoil(std::size_t frame, std::span<std::byte> pixels) const {
    std::mt19937_64 random(simulation_.seed * 1000003 + frame);
    const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
    if (!(uniform() < simulation_.spoiled)) return;
    const auto rows = static_cast<double>(frames().shape.rows);
    const auto columns = static_cast<double>(frames().shape.columns);
    const double u = columns * (0.1 + 0.8 * uniform());
    const double v = rows * (0.1 + 0.8 * uniform());
    const double slope = uniform() - 0.5;
    for (std::size_t r = 0; r < frames().shape.rows; ++r)
      for (std::size_t c = 0; c < frames().shape.columns; ++c) {
        const double du = static_cast<double>(c) - u;
        const double dv = static_cast<double>(r) - v;
        const bool inside =
            simulation_.kind == TargetKind::point ? std::hypot(du, dv) < 4.5 : std::abs(dv - slope * du) < 5;
        if (inside) pixels[r * frames().shape.columns + c] = std::byte{255};
      }
  }
  std::unique_ptr<phantom::SweepSource> source_;
  Simulation simulation_;
  Frames frames_;
};

inline std::unique_ptr<SpoiledSource> simulate(const Simulation& s) {
  const PhantomDefinition phantom = target_phantom(s.kind);
  const Matrix4 place = phantom::translation(s.target_shift_mm) * phantom::default_phantom_to_reference();
  const phantom::Scene scene = phantom::scene_of_phantom(phantom, place);
  phantom::SweepSettings sweep;
  sweep.path = phantom::path_around(phantom, place, scene);
  if (s.amplitude_mm) sweep.path.amplitude_mm = *s.amplitude_mm;
  if (s.amplitude_deg) sweep.path.amplitude_deg = *s.amplitude_deg;
  sweep.path.seed = sweep.seed = s.seed;
  sweep.frames = s.frames;
  sweep.columns = 240;
  sweep.rows = 200;
  sweep.pixel_size_mm = 0.2;
  sweep.pixel_height_mm = s.pixel_height_mm;
  sweep.flip_columns = s.mirrored;
  sweep.noise = s.pixel_noise;
  sweep.tracker.position_noise_mm = s.pose_noise_mm;
  sweep.tracker.angle_noise_deg = s.pose_noise_deg;
  sweep.tracker.lag_s = s.lag_s;
  sweep.tracker.rate_hz = s.tracker_rate_hz;
  sweep.hide_calibration = true;
  return std::make_unique<SpoiledSource>(std::make_unique<phantom::SweepSource>(scene, sweep), s);
}

inline TargetSettings settings_for(const Simulation& s) {
  TargetSettings settings;
  settings.detection.kind = s.kind;
  settings.detection.dots.pixel_size_mm = 0.205;
  settings.detection.dots.threshold_percent = 20;
  settings.nominal_pixel_mm = {0.2, s.pixel_height_mm};
  return settings;
}

/// What was found minus the truth, in the order of the parameters (place and lag stay 0).
inline std::array<double, 8> errors_of(const TargetRefinement& found, const Matrix4& truth) {
  std::array<double, 8> error{};
  const RigidParts a = rigid_parts(found.image_to_probe);
  const RigidParts b = rigid_parts(truth);
  const Vec3 turn = vector_from_rotation(a.rigid * inverse(b.rigid));
  for (std::size_t i = 0; i < 3; ++i) {
    error[target_rotation_x + i] = turn[i];
    error[target_translation_x + i] = a.rigid(i, 3) - b.rigid(i, 3);
  }
  error[target_pixel_u] = a.pixel_mm[0] - b.pixel_mm[0];
  error[target_pixel_v] = a.pixel_mm[1] - b.pixel_mm[1];
  return error;
}

}  // namespace snitt::calibration
