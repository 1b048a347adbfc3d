#include "phantom/ct_scan.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "phantom/ct_scan_truth.hpp"

namespace snitt::phantom {
namespace {

using ct_truth::Slices;

Slices slices_of(const CtScanSettings& s, ZRange z, double body_diameter_mm) {
  const double half_slice_mm = s.slice.fwhm_mm / 2;
  const double from_mm = s.from_mm.value_or(z.from_mm + half_slice_mm);
  const double to_mm = s.to_mm.value_or(std::max(z.to_mm - half_slice_mm, from_mm));
  if (!(s.increment_mm > 0 && s.slice.fwhm_mm > 0 && s.field_of_view_mm > 0 && s.matrix >= 2))
    throw UsageError("increment {} mm, slices of {} mm, field of view {} mm, matrix {}; expected more than 0",
                     s.increment_mm, s.slice.fwhm_mm, s.field_of_view_mm, s.matrix);
  if (!(to_mm >= from_mm))
    throw UsageError("slices from {} to {} mm; expected the second not to be smaller", from_mm, to_mm);
  const auto count = static_cast<std::size_t>(std::floor((to_mm - from_mm) / s.increment_mm + 1e-9)) + 1;
  if (static_cast<double>(count) * static_cast<double>(s.matrix) * static_cast<double>(s.matrix) > 1e9)
    throw UsageError(
        "{} slices of {} x {} pixels; expected at most 1e9 pixels: larger increments or a smaller matrix",
        count, s.matrix, s.matrix);
  Slices slices;
  slices.body_diameter_mm = body_diameter_mm;
  slices.blur = ct_blur(s.f50_per_mm, s.enhancement);
  slices.pixels = {s.matrix, s.matrix, s.field_of_view_mm / static_cast<double>(s.matrix), s.center_x_mm,
                   s.center_y_mm};
  slices.pose = s.pose;
  // The first slice shows `from`, and the last, unless the range is no whole number of increments, `to`.
  const double half_mm = static_cast<double>(count - 1) * s.increment_mm / 2;
  slices.pose.pivot_z_mm = from_mm + half_mm;
  for (std::size_t k = 0; k < count; ++k)
    slices.scanner_z_mm.push_back(static_cast<double>(k) * s.increment_mm - half_mm);
  if (s.descending) std::reverse(slices.scanner_z_mm.begin(), slices.scanner_z_mm.end());
  return slices;
}

Volume empty_ct(const CtScanSettings& s, const Slices& slices) {
  const CtPixels& p = slices.pixels;
  const double corner_mm = -(static_cast<double>(p.columns) - 1) / 2 * p.pixel_mm;
  Volume ct;
  ct.geometry.size = {p.columns, p.rows, slices.scanner_z_mm.size()};
  ct.geometry.spacing_mm = {p.pixel_mm, p.pixel_mm, s.increment_mm};
  ct.geometry.origin_mm = {p.center_x_mm + corner_mm, p.center_y_mm + corner_mm, slices.scanner_z_mm.front()};
  if (s.descending) ct.geometry.axis_directions[2] = {0, 0, -1};
  ct.format = {PixelType::i16, 1};
  ct.voxels.resize(ct.geometry.voxels() * sizeof(std::int16_t));
  ct.quantity = "attenuation";
  ct.units = "HU";
  // As an import from DICOM names them.
  ct.metadata = {{"KVP", fmt::format("{:g}", s.tube_voltage_kv)},
                 {"SliceThickness", fmt::format("{:g}", s.slice.fwhm_mm)}};
  return ct;
}

/// A board of foam in two skins, 5 mm below a body of this diameter on the axis; its value above air.
std::vector<float> table_of(const CtScanSettings& s, const Slices& slices) {
  const double top_mm = slices.body_diameter_mm / 2 + 5;
  CtScene scene;
  scene.bars = {{0, top_mm + 1, 210, 1, 0, {}, 100 - air_hu},
                {0, top_mm + 22, 210, 20, 0, {}, -940 - air_hu},
                {0, top_mm + 43, 210, 1, 0, {}, 100 - air_hu}};
  CtPose pose;
  const CtRenderer renderer(scene, slices.blur, s.slice, pose, slices.pixels);
  std::vector<float> values(slices.pixels.rows * slices.pixels.columns);
  renderer.slice(0, values);
  for (float& value : values) value -= static_cast<float>(air_hu);
  return values;
}

Volume scan(CtScene scene, const CtScanSettings& s, const Slices& slices) {
  Volume ct = empty_ct(s, slices);
  const CtPixels& p = slices.pixels;
  const std::size_t area = p.rows * p.columns;
  const CtRenderer renderer(std::move(scene), slices.blur, s.slice, slices.pose, p);
  std::vector<float> noise;
  if (s.noise.sigma_hu > 0)
    noise = ct_noise(s.noise, slices.blur, p, slices.scanner_z_mm.size(), s.increment_mm);
  const std::vector<float> table = s.has_table ? table_of(s, slices) : std::vector<float>();
  const auto voxels = ct.values<std::int16_t>();
  tbb::parallel_for(std::size_t{0}, slices.scanner_z_mm.size(), [&](std::size_t k) {
    std::vector<float> hu(area);
    renderer.slice(slices.scanner_z_mm[k], hu);
    const double factor = slices.noise_factor.empty() ? 1 : slices.noise_factor[k];
    for (std::size_t i = 0; i < area; ++i) {
      double value = static_cast<double>(hu[i]);
      if (!table.empty()) value += static_cast<double>(table[i]);
      value = ct_truth::stored_hu(value, s);
      if (!noise.empty()) value += factor * static_cast<double>(noise[k * area + i]);
      value = std::max(value, s.lowest_hu);
      if (s.padding_hu) {
        const double x = static_cast<double>(i % p.columns) - (static_cast<double>(p.columns) - 1) / 2;
        const double y = static_cast<double>(i / p.columns) - (static_cast<double>(p.rows) - 1) / 2;
        if (std::hypot(x, y) > static_cast<double>(p.columns) / 2) value = *s.padding_hu;
      }
      voxels[k * area + i] = static_cast<std::int16_t>(std::lround(std::clamp(value, -32768.0, 32767.0)));
    }
  });
  return ct;
}

/// Noise grows with what the beam has to pass: by the diameter of the module nearest to the slice.
void grow_noise(const CtPhantomModel& model, const CtScanSettings& s, Slices& slices) {
  if (s.noise_growth_per_mm == 0) return;
  const CtFrame frame = ct_frame(slices.pose);
  for (const double scanner_z : slices.scanner_z_mm) {
    const double z = (scanner_z - frame.to_scanner[2][3]) / frame.to_scanner[2][2];
    const PhantomModule* nearest = &model.modules.front();
    const auto beyond = [&](const PhantomModule& m) { return std::abs(z - m.z_mm) - m.length_mm / 2; };
    for (const PhantomModule& module : model.modules)
      if (beyond(module) < beyond(*nearest)) nearest = &module;
    const double diameter_mm =
        nearest->body_diameter_mm > 0 ? nearest->body_diameter_mm : model.body_diameter_mm;
    slices.noise_factor.push_back(std::exp(s.noise_growth_per_mm * (diameter_mm - model.body_diameter_mm)));
  }
}

}  // namespace

SimulatedScan simulate_ct_phantom(const CtPhantomModel& model, const CtScanSettings& settings) {
  const CtScene scene = ct_phantom_scene(model, settings.tube_voltage_kv, settings.cupping_hu);
  Slices slices = slices_of(settings, scene.z, model.body_diameter_mm);
  grow_noise(model, settings, slices);
  SimulatedScan made;
  made.ct = scan(scene, settings, slices);
  made.objects = ct_truth::objects(model, settings, slices);
  made.record = ct_truth::record(settings, slices);
  made.record.tables.emplace_back("modules", ct_truth::modules(model, settings, slices));
  return made;
}

SimulatedScan simulate_ct_body(const CtBodySettings& settings, const CtScanSettings& scan_settings) {
  CtBody body = ct_body(settings);
  body.scene.cupping = {settings.lateral_mm / 2, settings.ap_mm / 2, body.scene.z, scan_settings.cupping_hu};
  const double half_mm = settings.length_mm / 2;
  const Slices slices = slices_of(scan_settings, {-half_mm, half_mm}, settings.ap_mm);
  SimulatedScan made;
  made.ct = scan(body.scene, scan_settings, slices);
  made.objects = ct_truth::objects(body, scan_settings);
  made.record = ct_truth::record(scan_settings, slices);
  const auto add = [&](const char* name, double value, const char* units, const char* description) {
    made.record.summary.push_back(plain(name, value, units, description));
  };
  add("lateral_mm", settings.lateral_mm, "mm", "width of the trunk");
  add("ap_mm", settings.ap_mm, "mm", "its depth");
  add("area_mm2", body.area_mm2, "mm2", "of its section");
  add("water_equivalent_diameter_mm", body.water_equivalent_mm, "mm",
      "of the trunk, at a scale of 1 and without cupping");
  add("water_equivalent_diameter_all_mm", body.water_equivalent_all_mm, "mm", "with the arms");
  return made;
}

}  // namespace snitt::phantom
