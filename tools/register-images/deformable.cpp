#include <algorithm>

#include "base/error.hpp"
#include "image/resampling.hpp"
#include "image_registration/deformable.hpp"
#include "register-images/settings.hpp"
#include "store/layouts.hpp"

namespace snitt::register_images {
namespace {

namespace ir = image_registration;

ir::DeformableMetric metric_of(const Settings& s, const Images& images) {
  const std::string& word = s.deformable_metric;
  if (word == "auto" && images.fixed_is_ultrasound && !images.moving_is_ultrasound)
    return ir::DeformableMetric::lc2;
  return word == "ssd"   ? ir::DeformableMetric::squared_difference
         : word == "lcc" ? ir::DeformableMetric::local_correlation
         : word == "lc2" ? ir::DeformableMetric::lc2
         : word == "ngf" ? ir::DeformableMetric::gradient_field
         : word == "mi"  ? ir::DeformableMetric::mutual_information
                         : ir::DeformableMetric::automatic;
}

ir::DeformableSettings settings_of(const Settings& s, const Images& images) {
  ir::DeformableSettings settings;
  settings.metric = metric_of(s, images);
  settings.preset = s.preset == "fast"       ? ir::DeformablePreset::fast
                    : s.preset == "accurate" ? ir::DeformablePreset::accurate
                                             : ir::DeformablePreset::standard;
  settings.control_spacing_mm = s.control_spacing_mm;
  settings.bending_mm2 = s.bending_mm2;
  settings.is_diffeomorphic = s.diffeomorphic;
  return settings;
}

}  // namespace

void declare_deformable(Options& options, Settings& s) {
  options.section("Deformable");
  options.choice("--deformable-metric", s.deformable_metric,
                 {{"auto", "lc2 where the moving image's edges explain much of the fixed one, else lcc"},
                  {"lcc",
                   "squared local correlation: any modalities whose values go together within some "
                   "voxels, rising or falling"},
                  {"lc2", "local correlation with values and edges together: ultrasound (FIXED) to MR or CT"},
                  {"ngf", "directions of edges"},
                  {"mi", "mutual information of 32 bins"},
                  {"ssd", "squared differences: the same values, as in CT"}},
                 "how the deformable stage compares the images");
  options.value(
      "--control-spacing-mm", s.control_spacing_mm, {0.1, 1000},
      "distance of the B-spline's control points at the finest resolution, instead of the preset's");
  options.value(
      "--bending-mm2", s.bending_mm2, {0, 1e6},
      "weight of the bending energy (mean squared second derivative), instead of the preset's: more "
      "makes the field smoother");
  options.flag("--diffeomorphic", s.diffeomorphic,
               "only a map that is proved to be one-to-one will do: it bends less where need be");
}

void refuse_deformable_options(const Settings& s) {
  if (s.model == "deformable") return;
  const char* given = s.deformable_metric != "auto" ? "--deformable-metric"
                      : s.control_spacing_mm        ? "--control-spacing-mm"
                      : s.bending_mm2               ? "--bending-mm2"
                      : s.diffeomorphic             ? "--diffeomorphic"
                                                    : nullptr;
  if (given != nullptr)
    throw UsageError("{} is given with --model {}; expected --model deformable", given, s.model);
}

DeformableStage register_deformable_stage(const Settings& s, const Images& images, const TransformName& name,
                                          const LinearStage& linear, Monitor& monitor) {
  const ir::DeformableSettings settings = settings_of(s, images);
  const ir::DeformablePlan plan =
      ir::deformable_plan(images.pair.fixed.geometry, images.pair.moving.geometry, settings);
  monitor.inform(
      fmt::format("bending will take about {} MB of memory beside the images", plan.memory_bytes >> 20U));
  ir::DeformableRegistration found =
      ir::register_deformable(images.pair, linear.fixed_to_moving, settings, monitor);
  found.record.tables.emplace_back("linear", summary_table(linear.record));
  // Bending cannot make good what went wrong before it.
  for (const std::string& reason : linear.record.reasons)
    found.record.reasons.push_back("before bending: " + reason);
  if (!found.record.reasons.empty()) found.record.verdict = "doubtful";
  return {{name, std::move(found.steps)}, std::move(found.record)};
}

void write_resampled(const Settings& s, const Images& images, const SpatialTransform& fixed_to_moving,
                     shell::Session& session) {
  if (s.resampled.empty()) return;
  const image::ScalarVolume& moving = images.pair.moving;
  Volume volume;
  volume.geometry = moving.geometry;
  volume.format = {PixelType::f32, 1};
  volume.voxels.resize(moving.values.size() * sizeof(float));
  std::copy(moving.values.begin(), moving.values.end(), volume.values<float>().begin());
  volume.quantity = images.moving_quantity;
  volume.units = images.moving_units;
  image::ResamplingOptions options;
  options.outside = s.outside;
  Volume on_fixed = image::resampled(volume, images.pair.fixed.geometry, fixed_to_moving, options);
  on_fixed.frame = images.fixed_frame;
  store::write_volume(s.resampled, on_fixed, session.provenance(),
                      session.overwrite() ? IfExists::overwrite : IfExists::refuse);
}

}  // namespace snitt::register_images
