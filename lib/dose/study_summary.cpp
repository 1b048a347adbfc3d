#include "dose/study_summary.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "dose/table_builder.hpp"
#include "dose/tables.hpp"
#include "dose/totals.hpp"

namespace snitt::dose {
namespace {

void add_to(double& sum, double more) {
  if (!std::isnan(more)) sum = std::isnan(sum) ? more : sum + more;
}

double weight_of(const CollectedEvent& event) {
  return std::isnan(event.event.dlp_mgy_cm) ? event.event.ctdivol_mgy : event.event.dlp_mgy_cm;
}

void count(StudySummary& s, const CollectedEvent& event) {
  if (event.in_total) ++s.events;
  if (event.typical)
    ++s.typical_events;
  else if (event.in_total && event.role == Role::localizer)
    ++s.localizers;
  else if (event.in_total && event.role == Role::bolus_tracking)
    ++s.bolus_events;
  else if (!event.in_total || event.role != Role::projection)
    ++s.other_events;
}

void sum(StudySummary& s, const CollectedEvent& collected) {
  const DoseEvent& event = collected.event;
  add_to(s.dlp_mgy_cm, event.dlp_mgy_cm);
  add_to(event.phantom == DosePhantom::head_16cm   ? s.dlp_head_mgy_cm
         : event.phantom == DosePhantom::body_32cm ? s.dlp_body_mgy_cm
                                                   : s.dlp_unknown_mgy_cm,
         event.dlp_mgy_cm);
  add_to(s.dose_area_product_gy_m2, event.dose_area_product_gy_m2);
  add_to(s.reference_air_kerma_mgy, event.reference_air_kerma_mgy);
  add_to(s.average_glandular_dose_mgy, event.average_glandular_dose_mgy);
  s.source = name_of(collected.source);
  if (!collected.typical) return;
  add_to(s.dlp_typical_mgy_cm, event.dlp_mgy_cm);
  s.ctdivol_highest_mgy = std::fmax(s.ctdivol_highest_mgy, event.ctdivol_mgy);
  if (s.main == nullptr || weight_of(collected) > weight_of(*s.main)) s.main = &collected;
}

std::string totals_text(double sum, double stated, std::size_t events) {
  if (std::isnan(sum) || std::isnan(stated)) return "not stated";
  return std::abs(sum - stated) <= rounding_of_total(events) ? "agree" : "differ";
}

}  // namespace

StudySummary summarize(const CollectedStudy& study) {
  StudySummary s;
  s.study = &study;
  std::set<std::string> phantoms;
  for (const CollectedEvent& event : study.events) {
    count(s, event);
    if (!event.in_total) continue;
    sum(s, event);
    if (event.typical) phantoms.insert(name_of(event.event.phantom));
  }
  for (const StatedTotal& total : study.totals)
    if (!std::isnan(total.stated.fluoroscopy_time_s))
      s.fluoroscopy_time_s = std::fmax(s.fluoroscopy_time_s, total.stated.fluoroscopy_time_s);
  s.phantom = phantoms.size() > 1 ? "mixed" : phantoms.empty() ? "" : *phantoms.begin();
  s.stated_dlp_mgy_cm = stated_dlp_mgy_cm(study);
  s.totals = totals_text(s.dlp_mgy_cm, s.stated_dlp_mgy_cm, study.events.size());
  return s;
}

namespace {

using Builder = TableBuilder<StudySummary>;

const DoseDocument& header(const StudySummary& s) { return s.study->header; }

void add_identity(Builder& table) {
  table.text("study", "pseudonym of the study", [](const StudySummary& s) { return header(s).study_uid; });
  table.text("patient", "pseudonym of the patient",
             [](const StudySummary& s) { return header(s).identity.patient_id; });
  table.text("institution", "pseudonym or name of the institution",
             [](const StudySummary& s) { return header(s).institution; });
  table.text("scanner", "pseudonym of the device", [](const StudySummary& s) { return header(s).device; });
  table.text("station", "name of the device, where names are kept",
             [](const StudySummary& s) { return header(s).station; });
  table.text("manufacturer", "maker of the device",
             [](const StudySummary& s) { return header(s).manufacturer; });
  table.text("model", "model of the device", [](const StudySummary& s) { return header(s).model; });
  table.text("modality", "modality of the document",
             [](const StudySummary& s) { return header(s).modality; });
  table.text("source", "what the total was taken from", [](const StudySummary& s) { return s.source; });
  table.text("date", "date of the study", [](const StudySummary& s) { return iso_date(header(s).date); });
  table.text("study_description", "as the scanner or the order calls the study",
             [](const StudySummary& s) { return header(s).study_description; });
  table.text("procedure", "coded procedure", [](const StudySummary& s) { return header(s).procedure; });
  table.text("protocol", "protocol of the main event, else of the study", [](const StudySummary& s) {
    const std::string own = s.main == nullptr ? "" : s.main->event.protocol;
    return own.empty() ? header(s).protocol : own;
  });
  table.text("target_region", "of the main event",
             [](const StudySummary& s) { return s.main == nullptr ? std::string() : s.main->event.region; });
  table.text("sex", "M, F or O", [](const StudySummary& s) { return header(s).sex; });
  table.number("age_years", "a", "age; 90 stands for 90 and more",
               [](const StudySummary& s) { return header(s).age_years; });
  table.number("height_m", "m", "height of the patient",
               [](const StudySummary& s) { return header(s).height_m; });
  table.number("weight_kg", "kg", "weight of the patient",
               [](const StudySummary& s) { return header(s).weight_kg; });
}

void add_counts(Builder& table) {
  const auto count_column = [&](const char* name, const char* description, double StudySummary::*value) {
    table.number(name, "1", description, [=](const StudySummary& s) { return s.*value; });
  };
  table.number("files", "1", "files read of it", [](const StudySummary& s) { return s.study->files; });
  count_column("events", "irradiation events in the total", &StudySummary::events);
  count_column("typical_events", "of these, that count for the typical dose", &StudySummary::typical_events);
  count_column("localizers", "of these, localizers", &StudySummary::localizers);
  count_column("bolus_events", "of these, bolus tracking and timing", &StudySummary::bolus_events);
  count_column("other_events", "left out for another reason, which the events tell",
               &StudySummary::other_events);
}

void add_doses(Builder& table) {
  const auto dose = [&](const char* name, const char* units, const char* description,
                        double StudySummary::*value) {
    table.number(name, units, description, [=](const StudySummary& s) { return s.*value; });
  };
  dose("dlp_mgy_cm", "mGy.cm", "sum over all events in the total", &StudySummary::dlp_mgy_cm);
  dose("dlp_typical_mgy_cm", "mGy.cm", "sum over typical events", &StudySummary::dlp_typical_mgy_cm);
  dose("dlp_head_mgy_cm", "mGy.cm", "part of the total in the head phantom", &StudySummary::dlp_head_mgy_cm);
  dose("dlp_body_mgy_cm", "mGy.cm", "part of the total in the body phantom", &StudySummary::dlp_body_mgy_cm);
  dose("dlp_unknown_mgy_cm", "mGy.cm", "part of the total in no stated phantom",
       &StudySummary::dlp_unknown_mgy_cm);
  table.number(
      "ctdivol_mgy", "mGy", "CTDIvol of the main event: the typical one of highest DLP",
      [](const StudySummary& s) { return s.main == nullptr ? not_stated : s.main->event.ctdivol_mgy; });
  dose("ctdivol_highest_mgy", "mGy", "highest CTDIvol of the typical events",
       &StudySummary::ctdivol_highest_mgy);
  table.text("phantom", "phantom of the typical events, or mixed",
             [](const StudySummary& s) { return s.phantom; });
  dose("stated_dlp_mgy_cm", "mGy.cm", "total that the reports state", &StudySummary::stated_dlp_mgy_cm);
  table.text("totals", "whether sum and stated total agree, differ, or there is none",
             [](const StudySummary& s) { return s.totals; });
  dose("dose_area_product_gy_m2", "Gy.m2", "sum over projections", &StudySummary::dose_area_product_gy_m2);
  dose("reference_air_kerma_mgy", "mGy", "sum over projections", &StudySummary::reference_air_kerma_mgy);
  dose("average_glandular_dose_mgy", "mGy", "sum over exposures, both breasts",
       &StudySummary::average_glandular_dose_mgy);
  dose("fluoroscopy_time_s", "s", "as the report states it", &StudySummary::fluoroscopy_time_s);
}

}  // namespace

Table studies_table(const std::vector<StudySummary>& rows) {
  Builder table(rows);
  add_identity(table);
  add_counts(table);
  add_doses(table);
  return table.finish();
}

}  // namespace snitt::dose
