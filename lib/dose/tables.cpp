#include "dose/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "dose/study_summary.hpp"
#include "dose/table_builder.hpp"

namespace snitt::dose {
namespace {

struct EventRow {
  const CollectedStudy* study;
  const CollectedEvent* event;
  const std::string* file;
};

std::vector<EventRow> event_rows(const DoseCollection& collection) {
  std::vector<EventRow> rows;
  for (const CollectedStudy& study : collection.studies)
    for (const CollectedEvent& event : study.events)
      rows.push_back({&study, &event, &collection.files[event.file].name});
  return rows;
}

/// "08:15:30" from "081530.123".
std::string iso_time(const std::string& time) {
  if (time.size() < 4) return time;
  return time.substr(0, 2) + ":" + time.substr(2, 2) + (time.size() >= 6 ? ":" + time.substr(4, 2) : "");
}

std::string started(const EventRow& row) {
  const std::string& own = row.event->event.started;
  if (own.size() > 8) return iso_date(own.substr(0, 8)) + " " + iso_time(own.substr(8));
  return own.empty() ? iso_date(row.study->header.date) : iso_date(own);
}

/// Where the CTDIvol comes from: a mean over slices is not what a report calls mean CTDIvol.
std::string ctdi_kind(const EventRow& row) {
  const DoseEvent& event = row.event->event;
  if (std::isnan(event.ctdivol_mgy)) return "";
  if (row.event->source != DoseSource::ct_image) return "stated for the event";
  return event.ctdivol_lowest_mgy < event.ctdivol_highest_mgy ? "mean of slices of a modulated series"
                                                              : "the same in all slices";
}

void add_header_columns(TableBuilder<EventRow>& table) {
  const auto header = [](const EventRow& row) -> const DoseDocument& { return row.study->header; };
  table.text("event", "irradiation event", [](const EventRow& r) { return r.event->event.uid; });
  table.text("study", "study it belongs to", [=](const EventRow& r) { return header(r).study_uid; });
  table.text("patient", "pseudonym of the patient",
             [=](const EventRow& r) { return header(r).identity.patient_id; });
  table.text("file", "file it was first found in", [](const EventRow& r) { return *r.file; });
  table.text("source", "kind of document", [](const EventRow& r) { return name_of(r.event->source); });
  table.text("modality", "modality of that document", [](const EventRow& r) { return r.event->modality; });
  table.text("institution", "pseudonym or name of the institution",
             [=](const EventRow& r) { return header(r).institution; });
  table.text("scanner", "pseudonym of the device", [=](const EventRow& r) { return header(r).device; });
  table.text("manufacturer", "maker of the device",
             [=](const EventRow& r) { return header(r).manufacturer; });
  table.text("model", "model of the device", [=](const EventRow& r) { return header(r).model; });
  table.text("started", "start of the event, else date of the study", started);
  table.text("study_description", "as the scanner or the order calls the study",
             [=](const EventRow& r) { return header(r).study_description; });
  table.text("procedure", "coded procedure", [=](const EventRow& r) { return header(r).procedure; });
  table.text("protocol", "acquisition protocol", [](const EventRow& r) { return r.event->event.protocol; });
  table.text("target_region", "anatomy, in the document's words",
             [](const EventRow& r) { return r.event->event.region; });
  table.text("target_region_code", "its code", [](const EventRow& r) { return r.event->event.region_code; });
}

void add_event_columns(TableBuilder<EventRow>& table) {
  table.text("acquisition_type", "spiral, sequenced, constant angle, stationary or free",
             [](const EventRow& r) { return name_of(r.event->event.acquisition); });
  table.text("role", "examination, localizer, bolus tracking or projection",
             [](const EventRow& r) { return name_of(r.event->role); });
  table.flag("in_total", "whether it is part of the study's total",
             [](const EventRow& r) { return r.event->in_total; });
  table.flag("typical", "whether it counts for the typical dose of an examination",
             [](const EventRow& r) { return r.event->typical; });
  table.text("reason", "why it is not in the total or not typical",
             [](const EventRow& r) { return r.event->reason; });
  table.text("phantom", "phantom that CTDIvol and DLP refer to",
             [](const EventRow& r) { return name_of(r.event->event.phantom); });
  table.text("ctdivol_kind", "what the CTDIvol is", ctdi_kind);
  for (const DoseQuantity& quantity : dose_quantities())
    table.number(quantity.name, quantity.units, quantity.description,
                 [&](const EventRow& r) { return r.event->event.*(quantity.value); });
  table.text("modulation", "exposure modulation or kind of event",
             [](const EventRow& r) { return r.event->event.modulation; });
  table.text("view", "image view or plane of a projection",
             [](const EventRow& r) { return r.event->event.view; });
}

struct AnomalyRow {
  const std::string* file;
  const DoseAnomaly* anomaly;
};

}  // namespace

std::string iso_date(const std::string& date) {
  return date.size() == 8 ? date.substr(0, 4) + "-" + date.substr(4, 2) + "-" + date.substr(6, 2) : date;
}

Table events_table(const DoseCollection& collection) {
  const std::vector<EventRow> rows = event_rows(collection);
  TableBuilder<EventRow> table(rows);
  add_header_columns(table);
  add_event_columns(table);
  return table.finish();
}

Table anomalies_table(const DoseCollection& collection) {
  std::vector<AnomalyRow> rows;
  for (const CollectedAnomaly& found : collection.anomalies)
    rows.push_back({&collection.files[found.file].name, &found.anomaly});
  TableBuilder<AnomalyRow> table(rows);
  table.text("file", "file it was found in", [](const AnomalyRow& r) { return *r.file; });
  table.text("place", "where in the document", [](const AnomalyRow& r) { return r.anomaly->place; });
  table.text("value", "what stands there", [](const AnomalyRow& r) { return r.anomaly->value; });
  table.text("expected", "what should stand there", [](const AnomalyRow& r) { return r.anomaly->expected; });
  return table.finish();
}

Table files_table(const DoseCollection& collection) {
  TableBuilder<FileFate> table(collection.files);
  std::size_t number = 0;
  table.number("number", "1", "position in the order of reading", [&](const FileFate&) { return ++number; });
  table.text("file", "pseudonym or path", [](const FileFate& f) { return f.name; });
  table.flag("used", "whether something of it stands in the tables",
             [](const FileFate& f) { return f.used; });
  table.text("kind", "what it is, or why it was not used", [](const FileFate& f) { return f.kind; });
  table.text("reason", "why it was not used, in words", [](const FileFate& f) { return f.reason; });
  table.text("study", "study it belongs to", [](const FileFate& f) { return f.study; });
  table.number("events", "1", "irradiation events that no earlier file had",
               [](const FileFate& f) { return f.events; });
  table.number("known_events", "1", "irradiation events that an earlier file had",
               [](const FileFate& f) { return f.known_events; });
  return table.finish();
}

Table studies_table(const DoseCollection& collection, const std::vector<KFactor>& factors) {
  std::vector<StudySummary> rows;
  for (const CollectedStudy& study : collection.studies) rows.push_back(summarize(study));
  Table table = studies_table(rows);
  if (!factors.empty()) add_effective_doses(table, collection, factors);
  return table;
}

}  // namespace snitt::dose
