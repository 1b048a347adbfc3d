#include <utility>

#include "quality/patient_size.hpp"

namespace snitt::quality {
namespace {

template <typename Value>
void number(Table& table, const std::vector<SliceSize>& slices, std::string name, std::string units,
            std::string description, const Value& value) {
  std::vector<double> values;
  values.reserve(slices.size());
  for (const SliceSize& slice : slices) values.push_back(static_cast<double>(value(slice)));
  table.columns.push_back({std::move(name), std::move(units), std::move(description), std::move(values)});
}

template <typename Value>
void text(Table& table, const std::vector<SliceSize>& slices, std::string name, std::string description,
          const Value& value) {
  std::vector<std::string> values;
  values.reserve(slices.size());
  for (const SliceSize& slice : slices) values.emplace_back(value(slice));
  table.columns.push_back({std::move(name), "", std::move(description), std::move(values)});
}

void add_sizes(Table& table, const std::vector<SliceSize>& slices) {
  using S = const SliceSize&;
  number(table, slices, "area_mm2", "mm2", "area of the body, pixels counted",
         [](S s) { return s.body.area_mm2; });
  number(table, slices, "mean_hu", "HU", "mean over that area", [](S s) { return s.body.mean_hu; });
  number(table, slices, "water_equivalent_diameter_mm", "mm", "Dw of AAPM report 220",
         [](S s) { return s.body.water_equivalent_diameter_mm; });
  number(table, slices, "effective_diameter_mm", "mm", "root of lateral times AP width (AAPM report 204)",
         [](S s) { return s.body.effective_diameter_mm; });
  number(table, slices, "lateral_mm", "mm", "width from side to side", [](S s) { return s.body.lateral_mm; });
  number(table, slices, "ap_mm", "mm", "width from front to back", [](S s) { return s.body.ap_mm; });
  number(table, slices, "truncated_share", "1", "share of the contour on the edge of the field of view",
         [](S s) { return s.body.truncated_share; });
  number(table, slices, "corrected_diameter_mm", "mm", "Dw corrected for truncation (Anam 2017, thorax)",
         [](S s) { return s.body.corrected_diameter_mm; });
  number(table, slices, "other_area_mm2", "mm2", "area of further parts of the body, left out",
         [](S s) { return s.body.other_area_mm2; });
}

}  // namespace

Table size_table(const PatientSize& size) {
  using S = const SliceSize&;
  const std::vector<SliceSize>& slices = size.slices;
  Table table;
  number(table, slices, "slice", "1", "index of the slice, from 0", [](S s) { return s.slice; });
  number(table, slices, "z_mm", "mm", "z of the centre of the slice's first pixel, LPS",
         [](S s) { return s.z_mm; });
  text(table, slices, "status", "body, truncated, or no body (the numbers are those of the couch)",
       [](S s) { return name_of(s.body.status); });
  add_sizes(table, slices);
  number(table, slices, "tube_current_ma", "mA", "of the slice's header",
         [](S s) { return s.tube_current_ma; });
  number(table, slices, "ctdivol_mgy", "mGy", "CTDIvol of the slice", [](S s) { return s.ctdivol_mgy; });
  number(table, slices, "size_factor", "1", "SSDE over CTDIvol", [](S s) { return s.factor; });
  number(table, slices, "ssde_mgy", "mGy", "size-specific dose estimate of the slice",
         [](S s) { return s.ssde_mgy; });
  number(table, slices, "corrected_ssde_mgy", "mGy", "the same with the corrected diameter",
         [](S s) { return s.corrected_ssde_mgy; });
  text(table, slices, "no_ssde", "why there is no SSDE; empty when there is one",
       [](S s) { return s.no_ssde; });
  return table;
}

}  // namespace snitt::quality
