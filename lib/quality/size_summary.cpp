#include "quality/size_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace snitt::quality {
namespace {

using Sections = std::vector<const SliceSize*>;

template <typename Value>
double mean_of(const Sections& sections, const Value& value) {
  double sum = 0;
  for (const SliceSize* slice : sections) sum += value(*slice);
  return sections.empty() ? not_stated : sum / static_cast<double>(sections.size());
}

Sections bodies_of(const std::vector<SliceSize>& slices) {
  Sections bodies;
  for (const SliceSize& slice : slices)
    if (slice.body.status != SectionStatus::no_body) bodies.push_back(&slice);
  return bodies;
}

void add_sizes(const Sections& bodies, CalibrationRecord& record) {
  const SliceSize& middle = *bodies[(bodies.size() - 1) / 2];
  const auto diameter = [](const SliceSize& s) { return s.body.water_equivalent_diameter_mm; };
  const auto corrected = [](const SliceSize& s) { return s.body.corrected_diameter_mm; };
  const auto effective = [](const SliceSize& s) { return s.body.effective_diameter_mm; };
  record.summary.push_back(plain("mean_water_equivalent_diameter_mm", mean_of(bodies, diameter), "mm",
                                 "mean over the slices with a body"));
  record.summary.push_back(plain("mean_corrected_diameter_mm", mean_of(bodies, corrected), "mm",
                                 "the same, truncated slices corrected (Anam 2017, thorax)"));
  record.summary.push_back(plain("middle_water_equivalent_diameter_mm", diameter(middle), "mm",
                                 "of the middle one of the slices with a body"));
  record.summary.push_back(plain("mean_effective_diameter_mm", mean_of(bodies, effective), "mm",
                                 "root of lateral times AP width, mean over the slices with a body"));
  record.summary.push_back(plain("middle_z_mm", middle.z_mm, "mm", "position of the middle slice"));
}

/// Nothing is said of a dose that a diameter outside of the factor's range would give.
void add_doses(const Sections& bodies, const SizeOptions& options, CalibrationRecord& record) {
  const bool is_head = options.phantom == DosePhantom::head_16cm;
  if (!is_head && options.phantom != DosePhantom::body_32cm) return;
  const SizeFactor& factor = is_head ? options.factor_16cm : options.factor_32cm;
  const double ctdi = mean_of(bodies, [](const SliceSize& s) { return s.ctdivol_mgy; });
  if (std::isnan(ctdi)) return;
  const double diameter = record.find("mean_water_equivalent_diameter_mm")->value;
  const double middle = record.find("middle_water_equivalent_diameter_mm")->value;
  const double effective = bodies[(bodies.size() - 1) / 2]->body.effective_diameter_mm;
  const auto add = [&](const char* name, double value, const char* description) {
    if (!std::isnan(value)) record.summary.push_back(plain(name, value, "mGy", description));
  };
  add("mean_ctdivol_mgy", ctdi, "mean over the slices with a body");
  add("mean_ssde_mgy", mean_of(bodies, [](const SliceSize& s) { return s.ssde_mgy; }),
      "mean of SSDE(z) over the slices with a body (AAPM report 293)");
  add("mean_corrected_ssde_mgy", mean_of(bodies, [](const SliceSize& s) { return s.corrected_ssde_mgy; }),
      "the same, truncated slices corrected");
  add("ssde_of_mean_diameter_mgy", factor.at(diameter) * ctdi,
      "factor of the mean water-equivalent diameter times mean CTDIvol (AAPM report 220)");
  add("ssde_of_middle_diameter_mgy", factor.at(middle) * ctdi,
      "factor of the middle slice's water-equivalent diameter times mean CTDIvol (AAPM report 220)");
  add("ssde_of_effective_diameter_mgy", factor.at(effective) * ctdi,
      "factor of the middle slice's effective diameter times mean CTDIvol (AAPM report 204)");
}

void add_reasons(const Sections& bodies, CalibrationRecord& record) {
  std::size_t truncated = 0;
  std::size_t others = 0;
  std::size_t outside = 0;
  for (const SliceSize* slice : bodies) {
    truncated += slice->body.status == SectionStatus::truncated ? 1 : 0;
    others += slice->body.other_area_mm2 > 0 ? 1 : 0;
    outside += slice->no_ssde.starts_with("diameter outside") ? 1 : 0;
  }
  if (bodies.empty())
    record.reasons.emplace_back(
        "No slice holds a body: only a couch or air; look at the slices, or lower --smallest-area-mm2.");
  std::vector<const BodySection*> sections;
  for (const SliceSize* slice : bodies) sections.push_back(&slice->body);
  for (std::string& doubt : doubts_of_hu(sections)) record.reasons.push_back(std::move(doubt));
  if (truncated > 0)
    record.reasons.push_back(fmt::format(
        "{} of {} slices are truncated by the field of view and their diameters too small; use the "
        "corrected ones, or a reconstruction with a larger field.",
        truncated, bodies.size()));
  if (others > 0)
    record.reasons.push_back(
        fmt::format("In {} of {} slices further parts of the body lie apart from the largest (arms, a second "
                    "leg) and are left out; column other_area_mm2 has their area.",
                    others, bodies.size()));
  if (outside > 0)
    record.reasons.push_back(
        fmt::format("{} of {} slices have a {}, where the conversion factor was fitted; they get no SSDE, "
                    "nor does the mean.",
                    outside, bodies.size(), (*std::ranges::find_if(bodies, [](const SliceSize* s) {
                                              return s->no_ssde.starts_with("diameter outside");
                                            }))->no_ssde));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
}

}  // namespace

CalibrationRecord size_summary(const std::vector<SliceSize>& slices, const SizeOptions& options) {
  const Sections bodies = bodies_of(slices);
  CalibrationRecord record;
  record.method = "patient size";
  record.summary.push_back(plain("slices", static_cast<double>(slices.size()), "1", "slices of the series"));
  record.summary.push_back(
      plain("slices_with_body", static_cast<double>(bodies.size()), "1", "slices that hold a body"));
  if (!bodies.empty()) {
    add_sizes(bodies, record);
    add_doses(bodies, options, record);
  }
  add_reasons(bodies, record);
  return record;
}

}  // namespace snitt::quality
