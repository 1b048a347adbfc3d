#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/monitor.hpp"
#include "data/point_set.hpp"
#include "shell/point_input.hpp"
#include "shell/registration_frames.hpp"

namespace snitt::register_points {

struct Settings {
  std::string fixed;
  std::string moving;
  std::string output;
  std::string model = "rigid";
  std::string method = "auto";
  std::string distance = "auto";
  std::string start = "global";
  std::string start_transform;
  std::optional<double> overlap;
  std::int64_t points = 10000;
  std::string correspondences = "features";
  std::optional<double> noise_mm;
  double omega = 0.1;
  double beta = 1;
  double lambda = 2;
  std::int64_t rank = 120;
  std::string linear_model = "affine";
  std::int64_t drift_points = 3000;
  std::int64_t control_points = 400;
  std::string moved;
  std::string distances;
  std::int64_t fixed_label = 0;
  std::int64_t moving_label = 0;
  double smoothing_mm = 0;
  shell::RegistrationFrames frames;
  shell::PointInput fixed_input;
  shell::PointInput moving_input;
};

/// Points of a file, or the surface of a mask: voxels of `label`, or for 0 all that are not 0.
PointSet read_input(const std::string& path, const shell::PointInput& input, std::int64_t label,
                    double smoothing_mm, Monitor& monitor);

}  // namespace snitt::register_points
