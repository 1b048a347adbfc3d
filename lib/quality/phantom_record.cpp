#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "quality/phantom_quality.hpp"
#include "quality/phantom_table.hpp"

namespace snitt::quality {
namespace {

constexpr double sure = 0.8;

Table localization_table(const PhantomScan& scan) {
  Table table{{number_column("slice", "1", "index of the slice, from 0"),
               number_column("position_mm", "mm", "along the stack of slices, from the first"),
               number_column("center_column", "px", "column of the axis, the first pixel's center being 0"),
               number_column("center_row", "px", "row of the axis"),
               number_column("body_diameter_mm", "mm", "of the circle fitted to the edge of the body"),
               number_column("circle_rms_mm", "mm", "distance of the edge from that circle"),
               number_column("arc_share", "1", "share of the circle along which an edge was seen"),
               number_column("phantom_z_mm", "mm", "in the phantom's frame"),
               text_column("module", "that the slice lies wholly in; empty for none"),
               number_column("score", "1", "likeness to it")}};
  for (std::size_t k = 0; k < scan.slices.size(); ++k) {
    const PhantomSlice& s = scan.slices[k];
    const std::string module =
        s.module < 0 ? "" : scan.description(scan.modules[static_cast<std::size_t>(s.module)]).name;
    add_row(table, {module},
            {static_cast<double>(k), scan.slice_position_mm[k], s.centre.column, s.centre.row,
             s.body_diameter_mm, s.circle_rms_mm, s.arc_share, s.z_mm, s.score});
  }
  return table;
}

Table module_table(const PhantomScan& scan) {
  Table table{{text_column("module", "part of the phantom"), text_column("purpose", "what it is for"),
               text_column("known_by", "content, place, or missing where no slice lies in it"),
               number_column("first_slice", "1", "of those wholly inside, from 0"),
               number_column("last_slice", "1", "of those wholly inside"),
               number_column("slices", "1", "how many"),
               number_column("z_mm", "mm", "of its center in the phantom's frame, as seen"),
               number_column("nominal_z_mm", "mm", "as the model says"),
               number_column("score", "1", "likeness to what the model says it holds")}};
  for (std::size_t m = 0; m < scan.model.modules.size(); ++m) {
    const PhantomModule& module = scan.model.modules[m];
    const auto found = std::ranges::find(scan.modules, m, &FoundModule::module);
    if (found == scan.modules.end()) {
      add_row(table, {module.name, module.purpose, "missing"},
              {not_found, not_found, 0, not_found, module.z_mm, not_found});
      continue;
    }
    add_row(table, {module.name, module.purpose, found->is_seen ? "content" : "place"},
            {static_cast<double>(found->slices.front()), static_cast<double>(found->slices.back()),
             static_cast<double>(found->slices.size()), found->z_mm, module.z_mm, found->score});
  }
  return table;
}

Table object_table(const PhantomScan& scan) {
  Table table{{text_column("module", "part of the phantom"), text_column("material", "of the object"),
               number_column("nominal_x_mm", "mm", "in the phantom's frame, as the model says"),
               number_column("nominal_y_mm", "mm", "the same"), number_column("x_mm", "mm", "as found"),
               number_column("y_mm", "mm", "as found"),
               number_column("contrast_hu", "HU", "against the ring around it"),
               number_column("nominal_contrast_hu", "HU", "against the module's background"),
               number_column("found", "1", "1 where an object like it was seen")}};
  for (const FoundModule& found : scan.modules)
    for (const FoundObject& place : found.objects) {
      const PhantomObject& object = scan.description(found).objects[place.object];
      if (object.kind != PhantomObjectKind::rod && object.kind != PhantomObjectKind::hole) continue;
      add_row(table, {scan.description(found).name, object.material},
              {object.x_mm, object.y_mm, place.x_mm, place.y_mm, place.contrast_hu,
               object.hu - scan.description(found).background_hu, place.is_found ? 1.0 : 0.0});
    }
  return table;
}

/// Of each kind the first, or what the object's name says: the rest is in the tables.
struct Highlight {
  const char* measure;
  const char* object;
  const char* description;
};
constexpr std::array<Highlight, 15> highlights{{
    {"linearity_slope", "", "of measured HU on nominal HU"},
    {"linearity_r2", "", "of that line"},
    {"slice_thickness_mm", "mean", "from the ramps"},
    {"pixel_size_ratio", "", "measured over nominal distances"},
    {"noise_hu", "center", "standard deviation of pixels in the uniform module's middle"},
    {"cupping_hu", "", "mean of the edges less the center of the uniform module"},
    {"integral_nonuniformity_percent", "", "of HU + 1000"},
    {"nps_mean_per_mm", "", "mean frequency of the noise power spectrum"},
    {"nps_peak_per_mm", "", "frequency of its peak"},
    {"ttf_f50_per_mm", "Teflon", "resolution of the insert of Teflon"},
    {"ttf_f50_per_mm", "Acrylic", "resolution of the insert of acrylic"},
    {"mtf_f50_per_mm", "bead", "resolution of the bead"},
    {"mtf_f10_per_mm", "bead", "resolution of the bead"},
    {"line_pair_f50_per_mm", "", "modulation of the bars"},
    {"line_pairs_resolved_per_cm", "", "finest group of bars with a modulation above 0.1"},
}};

void add_highlights(const PhantomFindings& findings, CalibrationRecord& record) {
  for (const Highlight& h : highlights)
    for (const PhantomMeasure& m : findings.measures) {
      if (m.measure != h.measure || m.object != h.object || std::isnan(m.value)) continue;
      std::string name = m.measure;
      if (m.measure.starts_with("ttf") || m.measure.starts_with("mtf")) {
        std::string object = m.object;
        std::ranges::transform(object, object.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        name = m.measure.substr(0, 4) + object + m.measure.substr(3);
      }
      record.summary.push_back(plain(name, m.value, m.units, h.description));
      break;
    }
  for (const PhantomMeasure& m : findings.measures)
    if (m.measure == "smallest_seen_mm" && !std::isnan(m.value)) {
      record.summary.push_back(
          plain("smallest_seen_mm", m.value, "mm",
                fmt::format("target of {} that exceeds 3.29 standard deviations", m.object)));
      break;
    }
}

void add_place(const PhantomScan& scan, CalibrationRecord& record) {
  record.summary.push_back(plain("certainty", scan.certainty, "1", "that it is this model, 0 to 1"));
  record.summary.push_back(plain("modules_found", static_cast<double>(scan.modules.size()), "1",
                                 fmt::format("of {} modules", scan.model.modules.size())));
  if (scan.is_roll_known)
    record.summary.push_back(
        plain("roll_deg", scan.roll_deg, "deg", "turn of the phantom about its axis, with the clock"));
  record.summary.push_back(
      plain("tilt_deg", scan.tilt_deg, "deg", "of its axis against the normal of the slices"));
  if (scan.is_roll_known)
    record.summary.push_back(
        plain("mirrored", scan.is_mirrored ? 1 : 0, "1", "1: the slices show it from behind"));
  double worst = 0;
  double diameter = 0;
  double count = 0;
  for (const PhantomSlice& slice : scan.slices)
    if (!std::isnan(slice.body_diameter_mm) && slice.module >= 0) {
      diameter += slice.body_diameter_mm;
      worst = std::max(worst, slice.circle_rms_mm);
      ++count;
    }
  if (count > 0)
    record.summary.push_back(
        plain("body_diameter_mm", diameter / count, "mm", "of circles fitted to the edge of the body"));
}

}  // namespace

Table measure_table(const std::vector<PhantomMeasure>& measures) {
  Table table{{text_column("module", "part of the phantom; empty for the whole"),
               text_column("measure", "what was measured, its units at the end"),
               text_column("object", "insert, place or task; empty where there is none"),
               number_column("value", "1", "in the units of its row"),
               text_column("units", "of value, nominal and tolerance"),
               number_column("nominal", "1", "as the model or --nominal says"),
               number_column("difference", "1", "value minus nominal"),
               number_column("tolerance", "1", "largest difference that passes"),
               text_column("verdict", "pass or fail; empty without a tolerance"),
               text_column("note", "how far the value can be trusted, where that is in doubt")}};
  for (const PhantomMeasure& m : measures)
    add_row(table, {m.module, m.measure, m.object, m.units, m.verdict(), m.note},
            {m.value, m.nominal, m.value - m.nominal, m.tolerance});
  return table;
}

CalibrationRecord phantom_record(const PhantomScan& scan, const PhantomFindings& findings) {
  CalibrationRecord record;
  record.method = scan.model.name;
  record.reasons = scan.reasons;
  record.reasons.insert(record.reasons.end(), findings.reasons.begin(), findings.reasons.end());
  if (scan.certainty < sure && scan.reasons.empty())
    record.reasons.push_back(fmt::format("Certainty {:.2f} that this is {}; look at the overlay.",
                                         scan.certainty, scan.model.name));
  double judged = 0;
  double failed = 0;
  for (const PhantomMeasure& m : findings.measures) {
    judged += m.verdict().empty() ? 0 : 1;
    failed += m.verdict() == "fail" ? 1 : 0;
  }
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  add_place(scan, record);
  record.summary.push_back(
      plain("measures_judged", judged, "1", "that have a nominal value and a tolerance"));
  record.summary.push_back(plain("measures_failed", failed, "1", "of those"));
  add_highlights(findings, record);
  record.tables.emplace_back("modules", module_table(scan));
  record.tables.emplace_back("localization", localization_table(scan));
  record.tables.emplace_back("objects", object_table(scan));
  for (const auto& [name, table] : findings.tables) record.tables.emplace_back(name, table);
  return record;
}

}  // namespace snitt::quality
