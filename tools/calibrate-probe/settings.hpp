#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/frames.hpp"
#include "shell/tool.hpp"

/// What the targets of snitt-calibrate-probe share.
namespace snitt::calibrate_probe {

struct Settings {
  std::string target = "n-wire";
  std::string input;
  std::string output;
  std::string validation;
  std::string phantom;
  std::vector<std::string> transforms;
  std::string refined_phantom;
  std::string frames_table;
  std::string overlays;
  std::string validation_overlays;
  std::string image_frame = "Image";
  std::string probe_frame = "Probe";
  std::string reference_frame = "Reference";
  std::string phantom_frame = "Phantom";
  double time_offset_s = 0;
  double maximum_gap_s = 0.25;
  std::optional<std::vector<double>> region;
  std::optional<double> pixel_size_mm;
  std::optional<double> bar_mm;
  std::optional<double> disc_mm;
  std::optional<double> threshold_percent;
  std::optional<std::int64_t> maximum_dots;
  std::optional<double> collinear_mm;
  std::optional<double> width_error_mm;
  bool plus_compatible = false;
  std::string pixels = "anisotropic";
  std::optional<double> phantom_error_mm;
  bool estimate_lag = false;
  std::string image_turn = "recorded";
  double largest_error_mm = 3;
  std::optional<double> minimum_contrast;
  std::optional<double> place_error_mm;
  std::optional<std::vector<double>> nominal_pixel_mm;
};

/// The recording with the constant transforms of --transforms, and those of --phantom when it is a PLUS
/// configuration. Throws InputError for one without images.
std::unique_ptr<FrameSource> open(const Settings& s, const std::string& path, Monitor& monitor);

/// The recording of --validation, null without one. Throws InputError for the calibration recording itself.
std::unique_ptr<FrameSource> open_validation(const Settings& s, const FrameSource& calibration,
                                             Monitor& monitor);

/// The scanner's pixel size: asked for, recorded, or the scale of PLUS's
/// TransducerOriginPixelToTransducerOrigin.
std::optional<std::array<double, 2>> nominal_pixel(const Settings& s, const Frames& frames);

/// The same without --nominal-pixel-mm.
std::optional<std::array<double, 2>> recorded_pixel(const Frames& frames);

/// --clip-rectangle-px in whole numbers: U V WIDTH HEIGHT. Throws UsageError for others and for
/// rectangles that leave the image.
std::array<std::size_t, 4> clip_rectangle(const Settings& s, const FrameShape& shape);

/// Throws the error on, as the kind that it is, with the recording's name before it.
[[noreturn]] void rethrow_with_name(const Settings& s, const Error& error);

/// Writes matrix and record, and says both.
void hand_over(const Settings& s, shell::Session& session, const Matrix4& image_to_probe,
               const CalibrationRecord& record);

/// --target n-wire, and --target point or wall.
void run_n_wire(const Settings& s, shell::Session& session);
void run_fixed_target(const Settings& s, shell::Session& session);

}  // namespace snitt::calibrate_probe
