#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "calibrate-probe/settings.hpp"
#include "formats/constant_transforms.hpp"
#include "formats/plus_config.hpp"
#include "formats/recording.hpp"
#include "shell/calibration_text.hpp"
#include "store/layouts.hpp"

namespace snitt::calibrate_probe {
namespace {

/// Constant transforms of --transforms, each said once.
std::vector<StaticTransform> given_transforms(const Settings& s) {
  std::vector<StaticTransform> all;
  std::vector<std::string> files;
  for (const std::string& path : s.transforms)
    for (StaticTransform& t : formats::read_constant_transforms(path)) {
      for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].name == t.name && !(all[i].matrix == t.matrix))
          throw UsageError("--transforms: {} is in {} and, with other numbers, in {}; expected it once",
                           t.name.text(), files[i], path);
      files.push_back(path);
      all.push_back(std::move(t));
    }
  return all;
}

std::vector<StaticTransform> constants(const Settings& s, const Frames& frames) {
  std::vector<StaticTransform> all = given_transforms(s);
  const TransformName wanted{s.phantom_frame, s.reference_frame};
  const auto is_wanted = [&](const StaticTransform& t) { return t.name == wanted; };
  if (std::any_of(all.begin(), all.end(), is_wanted) ||
      std::any_of(frames.constant.begin(), frames.constant.end(), is_wanted) || s.phantom.empty() ||
      !formats::is_plus_config(s.phantom))
    return all;
  for (StaticTransform& t : formats::read_plus_transforms(s.phantom)) {
    const auto measured = [&](const TrackedTransform& tracked) { return tracked.name == t.name; };
    if (std::none_of(frames.tracked.begin(), frames.tracked.end(), measured)) all.push_back(std::move(t));
  }
  return all;
}

}  // namespace

std::unique_ptr<FrameSource> open(const Settings& s, const std::string& path, Monitor& monitor) {
  std::unique_ptr<FrameSource> source = formats::open_recording(path, monitor);
  if (source->frames().shape.pixels() == 0)
    throw InputError("{}: holds poses alone; expected a recording with images of the phantom or target",
                     path);
  const std::vector<StaticTransform> added = constants(s, source->frames());
  for (const StaticTransform& t : added)
    for (const StaticTransform& recorded : source->frames().constant)
      if (recorded.name == t.name && !(recorded.matrix == t.matrix))
        monitor.inform(
            fmt::format("{}: {} of the recording is replaced by the one given", path, t.name.text()));
  return formats::with_constants(std::move(source), added, path);
}

std::unique_ptr<FrameSource> open_validation(const Settings& s, const FrameSource& calibration,
                                             Monitor& monitor) {
  if (s.validation.empty()) {
    monitor.inform("no recording is kept apart: --validation would say how the result does on new frames");
    return nullptr;
  }
  std::unique_ptr<FrameSource> source = open(s, s.validation, monitor);
  const Frames& one = calibration.frames();
  const Frames& other = source->frames();
  const auto same_poses = [](const TrackedTransform& a, const TrackedTransform& b) {
    return a.name == b.name && a.matrix == b.matrix;
  };
  if (one.time_s == other.time_s && std::equal(one.tracked.begin(), one.tracked.end(), other.tracked.begin(),
                                               other.tracked.end(), same_poses))
    throw InputError("{}: --validation is the calibration recording again; expected another recording",
                     s.validation);
  return source;
}

std::optional<std::array<double, 2>> nominal_pixel(const Settings& s, const Frames& frames) {
  if (s.nominal_pixel_mm) return std::array<double, 2>{(*s.nominal_pixel_mm)[0], (*s.nominal_pixel_mm)[1]};
  return recorded_pixel(frames);
}

std::optional<std::array<double, 2>> recorded_pixel(const Frames& frames) {
  if (frames.pixel_spacing_mm) return frames.pixel_spacing_mm;
  for (const StaticTransform& t : frames.constant)
    if (t.name == TransformName{"TransducerOriginPixel", "TransducerOrigin"})
      return std::array<double, 2>{t.matrix(0, 0), t.matrix(1, 1)};
  return std::nullopt;
}

std::array<std::size_t, 4> clip_rectangle(const Settings& s, const FrameShape& shape) {
  std::array<std::size_t, 4> rectangle{};
  for (std::size_t k = 0; k < 4; ++k) {
    const double value = (*s.region)[k];
    if (value != std::floor(value))
      throw UsageError("--clip-rectangle-px is '{}'; expected whole numbers", value);
    rectangle[k] = static_cast<std::size_t>(value);
  }
  // One pixel more than there is: PLUS's configurations name the size of the image as that of the rectangle.
  if (rectangle[0] + rectangle[2] > shape.columns || rectangle[1] + rectangle[3] > shape.rows)
    throw UsageError(
        "--clip-rectangle-px {} {} {} {} leaves the image of {} x {} pixels; expected a part of it",
        rectangle[0], rectangle[1], rectangle[2], rectangle[3], shape.columns, shape.rows);
  rectangle[2] = std::min(rectangle[2], shape.columns - 1 - rectangle[0]);
  rectangle[3] = std::min(rectangle[3], shape.rows - 1 - rectangle[1]);
  return rectangle;
}

void rethrow_with_name(const Settings& s, const Error& error) {
  constexpr std::string_view of_other = "validation: ";
  const std::string text = error.what();
  const std::string message = text.starts_with(of_other)
                                  ? fmt::format("{}: {}", s.validation, text.substr(of_other.size()))
                                  : fmt::format("{}: {}", s.input, text);
  if (dynamic_cast<const InputError*>(&error) != nullptr) throw InputError("{}", message);
  if (dynamic_cast<const UsageError*>(&error) != nullptr) throw UsageError("{}", message);
  throw ComputationError("{}", message);
}

void hand_over(const Settings& s, shell::Session& session, const Matrix4& m,
               const CalibrationRecord& record) {
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  store::write_transform(s.output, {{s.image_frame, s.probe_frame}, m}, session.provenance(), if_exists,
                         &record);
  nlohmann::json json = shell::calibration_json(record);
  json["output"] = s.output;
  json["matrix"] = m.m;
  std::string rows;
  for (std::size_t r = 0; r < 3; ++r)
    rows += fmt::format("  {:12.6g} {:12.6g} {:12.6g} {:12.6g}\n", m(r, 0), m(r, 1), m(r, 2), m(r, 3));
  session.result(
      fmt::format("{}To{}\n{}{}", s.image_frame, s.probe_frame, rows, shell::calibration_text(record)), json);
}

}  // namespace snitt::calibrate_probe
