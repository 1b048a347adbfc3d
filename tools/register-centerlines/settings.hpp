#pragma once
#include <optional>
#include <string>
#include <variant>

#include "base/monitor.hpp"
#include "registration/airway_path.hpp"
#include "registration/centerlines.hpp"
#include "shell/point_input.hpp"
#include "shell/registration_frames.hpp"

/// What FIXED and MOVING are.
namespace snitt::register_centerlines {

struct Settings {
  std::string fixed;
  std::string moving;
  std::string output;
  registration::CenterlineOptions lines;
  registration::AirwayPathOptions of_path;
  std::string model = "rigid";
  std::string path = "auto";
  std::string sensor_frame;
  std::string reference_frame;
  std::string tool_axis = "travel";
  std::int64_t seed = 1;
  double most_shift_mm = 1e9;
  double most_turn_deg = 180;
  std::optional<double> spacing_mm;
  std::optional<double> least_radius_mm;
  shell::RegistrationFrames frames;
  shell::PointInput fixed_input;
  shell::PointInput moving_input;
};

struct Input {
  std::variant<registration::Centerlines, registration::TrackedPath> content;
  std::string frame;
  bool is_path() const { return std::holds_alternative<registration::TrackedPath>(content); }
};

/// Reads FIXED or MOVING; a recording is a path, points are one when `as_path`. Throws InputError and
/// UsageError.
Input read_input(const std::string& path, const shell::PointInput& input, bool as_path, const Settings& s,
                 Monitor& monitor);

}  // namespace snitt::register_centerlines
