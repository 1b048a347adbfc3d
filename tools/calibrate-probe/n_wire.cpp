#include <algorithm>

#include "base/error.hpp"
#include "calibrate-probe/settings.hpp"
#include "calibration/overlay.hpp"
#include "calibration/plus_settings.hpp"
#include "calibration/probe_calibration.hpp"
#include "formats/phantom_file.hpp"
#include "formats/plus_config.hpp"
#include "formats/png_file.hpp"
#include "store/layouts.hpp"

namespace snitt::calibrate_probe {
namespace {

namespace cal = calibration;

cal::NWireSettings wire_settings(const Settings& s, const Frames& frames, const PhantomDefinition& phantom) {
  cal::NWireSettings n;
  if (!s.plus_compatible) n.dots.maximum_dots = 40;
  n.nominal_pixel_mm = nominal_pixel(s, frames);
  // What the result is compared with may be far off; it must not decide what is found.
  if (const auto pixel = recorded_pixel(frames)) n.dots.pixel_size_mm = ((*pixel)[0] + (*pixel)[1]) / 2;
  const double own_threshold = 3;
  const std::size_t own_dots = n.dots.maximum_dots;
  if (formats::is_plus_config(s.phantom))
    cal::apply_plus_segmentation(formats::read_plus_attributes(s.phantom, "Segmentation"), s.phantom, n.dots,
                                 n.labelling);
  if (!s.plus_compatible) {
    n.dots.threshold_percent = own_threshold;
    n.dots.maximum_dots = std::max(own_dots, n.dots.maximum_dots);
  }
  if (s.region) {
    const std::array<std::size_t, 4> r = clip_rectangle(s, frames.shape);
    n.dots.region = cal::PixelBox{r[0], r[1], r[2] + 1, r[3] + 1};
  }
  if (s.pixel_size_mm) n.dots.pixel_size_mm = *s.pixel_size_mm;
  if (s.bar_mm) n.dots.bar_mm = *s.bar_mm;
  if (s.disc_mm) n.dots.disc_mm = *s.disc_mm;
  if (s.threshold_percent) n.dots.threshold_percent = *s.threshold_percent;
  if (s.maximum_dots) n.dots.maximum_dots = static_cast<std::size_t>(*s.maximum_dots);
  if (s.collinear_mm) n.labelling.collinear_mm = *s.collinear_mm;
  if (s.width_error_mm) n.labelling.width_error_mm = *s.width_error_mm;
  if (!(n.dots.pixel_size_mm > 0))
    throw UsageError("{}: does not say how large a pixel is; expected --pixel-size-mm, roughly", s.input);
  n.labelling.pixel_size_mm = n.dots.pixel_size_mm;
  n.poses = {s.probe_frame, s.reference_frame, s.time_offset_s, s.maximum_gap_s, false};
  n.phantom_frame = s.phantom_frame;
  n.linear_only = s.plus_compatible;
  n.largest_error_mm = s.largest_error_mm;
  n.refinement.isotropic = s.pixels == "isotropic";
  n.refinement.estimate_lag = s.estimate_lag;
  if (s.phantom_error_mm) n.refinement.phantom.error_mm = *s.phantom_error_mm;
  if (n.refinement.phantom.error_mm > 0) {
    for (const PhantomPoint& landmark : phantom.landmarks)
      n.refinement.phantom.landmarks_mm.push_back(landmark.position_mm);
    // A phantom without landmarks was registered by other means: its wires' ends stand for them.
    for (const WirePattern& pattern : phantom.patterns)
      for (const PhantomWire& wire : pattern.wires)
        if (phantom.landmarks.empty()) {
          n.refinement.phantom.landmarks_mm.push_back(wire.front_mm);
          n.refinement.phantom.landmarks_mm.push_back(wire.back_mm);
        }
  }
  if (s.image_turn == "mirrored") n.turn = cal::ImageTurn::mirrored;
  if (s.image_turn == "upside-down") n.turn = cal::ImageTurn::upside_down;
  if (s.image_turn == "turned") n.turn = cal::ImageTurn::turned;
  return n;
}

void write_overlays(const std::string& folder, FrameSource& source, const cal::NWireRecording& recording,
                    const cal::NWireCalibration& result, IfExists if_exists) {
  if (folder.empty() || recording.dots.empty()) return;
  std::vector<std::byte> pixels(source.frames().shape.bytes());
  const auto picture = [&](std::size_t i) {
    source.read(i, 1, pixels);
    const cal::Labelling none;
    return cal::overlay(pixels, source.frames().shape, recording.dots[i],
                        i < recording.segmentation.frames.size() ? recording.segmentation.frames[i] : none,
                        cal::expected_points(result, recording, i));
  };
  formats::write_png_folder(folder, "frame", source.frames().count, picture, if_exists);
}

}  // namespace

void run_n_wire(const Settings& s, shell::Session& session) {
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (s.phantom.empty())
    throw UsageError(
        "--phantom is not given; expected the definition of the phantom (see sample_data/phantoms)");
  if (s.plus_compatible && s.estimate_lag)
    throw UsageError("--plus-compatible finds no lag; expected it without --estimate-lag");
  const PhantomDefinition phantom = formats::read_phantom(s.phantom);
  const std::unique_ptr<FrameSource> calibration = open(s, s.input, session.monitor());
  const std::unique_ptr<FrameSource> validation = open_validation(s, *calibration, session.monitor());
  const cal::NWireSettings settings = wire_settings(s, calibration->frames(), phantom);
  cal::NWireCalibration result;
  result.model = cal::wire_model(phantom, s.phantom);

  const auto write_diagnosis = [&] {
    if (!s.frames_table.empty() && !result.calibration.segmentation.frames.empty())
      store::write_table(s.frames_table, cal::frames_table(result), session.provenance(), if_exists);
    write_overlays(s.overlays, *calibration, result.calibration, result, if_exists);
    if (result.validation)
      write_overlays(s.validation_overlays, *validation, *result.validation, result, if_exists);
  };
  try {
    cal::calibrate_n_wire(*calibration, validation.get(), settings, session.monitor(), result);
  } catch (const Error& error) {
    write_diagnosis();
    rethrow_with_name(s, error);
  }
  const CalibrationRecord record = cal::record_of(result, settings);
  write_diagnosis();
  if (!s.refined_phantom.empty())
    store::write_transform(s.refined_phantom,
                           {{s.phantom_frame, s.reference_frame}, result.phantom_to_reference},
                           session.provenance(), if_exists);
  hand_over(s, session, result.image_to_probe, record);
}

}  // namespace snitt::calibrate_probe
