#include <algorithm>

#include "base/error.hpp"
#include "calibrate-probe/settings.hpp"
#include "calibration/target_calibration.hpp"
#include "calibration/target_overlay.hpp"
#include "data/transform_graph.hpp"
#include "formats/phantom_file.hpp"
#include "formats/png_file.hpp"
#include "store/layouts.hpp"

namespace snitt::calibrate_probe {
namespace {

namespace cal = calibration;

/// Weaker parts of an image than this share of its brightest dot are no crossing.
constexpr double dot_threshold_percent = 20;

/// The points of the phantom in the reference frame; none without a phantom.
std::vector<Vec3> expected_places(const Settings& s, const Frames& frames) {
  if (s.phantom.empty()) return {};
  const PhantomDefinition phantom = formats::read_phantom(s.phantom);
  if (phantom.points.empty())
    throw InputError(
        "{}: has no points; expected at least one that the images show (see "
        "sample_data/phantoms/crossed-wires.json)",
        s.phantom);
  Matrix4 place;
  for (const PathStep& step : find_path(frames, s.phantom_frame, s.reference_frame)) {
    if (step.tracked)
      throw InputError(
          "{}: the way from {} to {} leads over {}, which was measured in every frame; expected a phantom "
          "that stands still (--reference-frame {} when it has a marker of its own)",
          s.input, s.phantom_frame, s.reference_frame, step.name.text(), s.phantom_frame);
    const Matrix4& m = frames.constant[step.index].matrix;
    place = (step.inverted ? inverse(m) : m) * place;
  }
  std::vector<Vec3> places;
  for (const PhantomPoint& point : phantom.points)
    places.push_back(transform_point(place, point.position_mm));
  return places;
}

cal::TargetDetection detection_of(const Settings& s, const Frames& frames) {
  cal::TargetDetection d;
  d.kind = s.target == "point" ? cal::TargetKind::point : cal::TargetKind::wall;
  d.dots.threshold_percent = s.threshold_percent.value_or(dot_threshold_percent);
  d.dots.maximum_dots = static_cast<std::size_t>(s.maximum_dots.value_or(10));
  if (const auto pixel = recorded_pixel(frames)) d.dots.pixel_size_mm = ((*pixel)[0] + (*pixel)[1]) / 2;
  if (s.pixel_size_mm) d.dots.pixel_size_mm = *s.pixel_size_mm;
  if (s.bar_mm) d.dots.bar_mm = *s.bar_mm;
  if (s.disc_mm) d.dots.disc_mm = *s.disc_mm;
  if (s.minimum_contrast) d.line.minimum_contrast = *s.minimum_contrast;
  if (s.region) {
    const std::array<std::size_t, 4> r = clip_rectangle(s, frames.shape);
    d.dots.region = cal::PixelBox{r[0], r[1], r[2] + 1, r[3] + 1};
    const auto whole = [&](std::size_t k) { return static_cast<std::int64_t>(r[k]); };
    d.line.clip = cal::PixelRectangle{whole(0), whole(1), whole(2), whole(3)};
  }
  if (d.kind == cal::TargetKind::point && !(d.dots.pixel_size_mm > 0))
    throw UsageError("{}: does not say how large a pixel is; expected --pixel-size-mm, roughly", s.input);
  return d;
}

cal::TargetSettings target_settings(const Settings& s, const Frames& frames) {
  cal::TargetSettings t;
  t.nominal_pixel_mm = nominal_pixel(s, frames);
  t.detection = detection_of(s, frames);
  t.poses = {s.probe_frame, s.reference_frame, s.time_offset_s, s.maximum_gap_s, false};
  t.refinement.isotropic = s.pixels == "isotropic";
  t.refinement.estimate_lag = s.estimate_lag;
  t.expected_mm = expected_places(s, frames);
  if (s.place_error_mm) t.expected_error_mm = *s.place_error_mm;
  t.largest_error_mm = s.largest_error_mm;
  for (const StaticTransform& known : frames.constant)
    if (known.name == TransformName{s.image_frame, s.probe_frame}) t.earlier_image_to_probe = known.matrix;
  return t;
}

void write_overlays(const std::string& folder, FrameSource& source, cal::TargetKind kind,
                    const cal::TargetRecording& recording, IfExists if_exists) {
  if (folder.empty() || recording.findings.empty()) return;
  std::vector<std::byte> pixels(source.frames().shape.bytes());
  const auto picture = [&](std::size_t i) {
    source.read(i, 1, pixels);
    return cal::target_overlay(pixels, source.frames().shape, kind, recording, i);
  };
  formats::write_png_folder(folder, "frame", source.frames().count, picture, if_exists);
}

}  // namespace

void run_fixed_target(const Settings& s, shell::Session& session) {
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const std::unique_ptr<FrameSource> calibration = open(s, s.input, session.monitor());
  const std::unique_ptr<FrameSource> validation = open_validation(s, *calibration, session.monitor());
  const cal::TargetSettings settings = target_settings(s, calibration->frames());
  const cal::TargetKind kind = settings.detection.kind;
  cal::TargetCalibration result;
  const auto write_diagnosis = [&] {
    if (!s.frames_table.empty() && !result.calibration.findings.empty())
      store::write_table(s.frames_table, cal::frames_table(result), session.provenance(), if_exists);
    write_overlays(s.overlays, *calibration, kind, result.calibration, if_exists);
    if (result.validation)
      write_overlays(s.validation_overlays, *validation, kind, *result.validation, if_exists);
  };
  try {
    cal::calibrate_target(*calibration, validation.get(), settings, session.monitor(), result);
  } catch (const Error& error) {
    write_diagnosis();
    rethrow_with_name(s, error);
  }
  write_diagnosis();
  hand_over(s, session, result.refinement.image_to_probe, cal::record_of(result, settings));
}

}  // namespace snitt::calibrate_probe
