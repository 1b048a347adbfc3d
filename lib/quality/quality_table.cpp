#include <utility>

#include "quality/patient_quality.hpp"

namespace snitt::quality {
namespace {

class Rows {
 public:
  explicit Rows(const std::vector<SliceQuality>& slices) : slices_(slices) {}

  template <typename Value>
  void number(std::string name, std::string units, std::string description, const Value& value) {
    std::vector<double> values;
    for (const SliceQuality& slice : slices_) values.push_back(static_cast<double>(value(slice)));
    table_.columns.push_back({std::move(name), std::move(units), std::move(description), std::move(values)});
  }

  template <typename Value>
  void text(std::string name, std::string description, const Value& value) {
    std::vector<std::string> values;
    for (const SliceQuality& slice : slices_) values.emplace_back(value(slice));
    table_.columns.push_back({std::move(name), "", std::move(description), std::move(values)});
  }

  Table take() { return std::move(table_); }

 private:
  const std::vector<SliceQuality>& slices_;
  Table table_;
};

using S = const SliceQuality&;

void add_noise(Rows& rows) {
  rows.number("global_noise_hu", "HU", "most frequent local standard deviation in soft tissue",
              [](S s) { return s.noise.noise_hu; });
  rows.number("noise_width_hu", "HU", "spread of the local standard deviations around it",
              [](S s) { return s.noise.width_hu; });
  rows.number("noise_anisotropy", "1", "noise differences between rows over those between columns",
              [](S s) { return s.noise.anisotropy; });
  rows.number("tissue_mm2", "mm2", "area of the soft tissue that was looked at",
              [](S s) { return s.noise.tissue_mm2; });
  rows.number("metal_mm2", "mm2", "area of metal", [](S s) { return s.noise.metal_mm2; });
}

void add_contrast(Rows& rows) {
  rows.number("soft_tissue_hu", "HU", "mean of that soft tissue", [](S s) { return s.noise.soft_tissue_hu; });
  rows.number("soft_tissue_spread_hu", "HU", "standard deviation of its local means",
              [](S s) { return s.noise.soft_spread_hu; });
  rows.number("fat_hu", "HU", "median of fat, apart from edges", [](S s) { return s.noise.fat_hu; });
  rows.number("fat_mm2", "mm2", "area of that fat", [](S s) { return s.noise.fat_mm2; });
  rows.number("dense_hu", "HU", "mean of bone and enhanced vessels: local means of 200 HU and more",
              [](S s) { return s.noise.dense_hu; });
  rows.number("dense_mm2", "mm2", "area of those", [](S s) { return s.noise.dense_mm2; });
}

}  // namespace

Table quality_table(const PatientQuality& quality, const std::vector<DetectionTask>& tasks) {
  Rows rows(quality.slices);
  rows.number("slice", "1", "index of the slice, from 0", [](S s) { return s.slice; });
  rows.number("z_mm", "mm", "z of the centre of the slice's first pixel, LPS", [](S s) { return s.z_mm; });
  rows.text("status", "body, truncated, or no body", [](S s) { return name_of(s.body.status); });
  rows.text("left_out", "why the slice is not in the medians of the series; empty when it is",
            [](S s) { return s.left_out; });
  add_noise(rows);
  rows.number("water_equivalent_diameter_mm", "mm", "Dw of AAPM report 220",
              [](S s) { return s.body.water_equivalent_diameter_mm; });
  rows.number("lateral_mm", "mm", "width from side to side", [](S s) { return s.body.lateral_mm; });
  rows.number("ap_mm", "mm", "width from front to back", [](S s) { return s.body.ap_mm; });
  rows.number("truncated_share", "1", "share of the contour on the edge of the field of view",
              [](S s) { return s.body.truncated_share; });
  add_contrast(rows);
  rows.number("noise_power_patches", "1", "uniform patches in the noise power spectrum of the series",
              [](S s) { return s.patches; });
  rows.number("skin_segments", "1", "pieces of bare skin that the resolution was measured on",
              [](S s) { return s.skin_segments; });
  rows.number("skin_f50_per_mm", "1/mm", "frequency where the transfer function of the skin's edge is 0.5",
              [](S s) { return s.skin_f50_per_mm; });
  rows.number("skin_f10_per_mm", "1/mm", "frequency where it is 0.1", [](S s) { return s.skin_f10_per_mm; });
  for (std::size_t i = 0; i < tasks.size(); ++i)
    rows.number("detectability_" + name_of(tasks[i]), "1",
                "d' with texture and resolution of the series and the noise of the slice",
                [i](S s) { return s.detectability.at(i); });
  return rows.take();
}

}  // namespace snitt::quality
