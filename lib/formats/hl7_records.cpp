#include "formats/hl7_records.hpp"

#include <algorithm>

namespace snitt::formats {
namespace {

using Field = ExamField;

std::string care_level_of(const std::string& patient_class) {
  if (patient_class == "I") return "inpatient";
  if (patient_class == "O" || patient_class == "R" || patient_class == "P") return "outpatient";
  return patient_class == "E" ? "emergency" : "";
}

/// HL7 table 0074, as far as it names imaging.
std::string modality_of(const std::string& section) {
  static const std::map<std::string, std::string> words{
      {"CT", "CT"},  {"NMR", "MR"}, {"MRI", "MR"}, {"RAD", "RG"}, {"RX", "RG"}, {"XRC", "RG"},
      {"RUS", "UL"}, {"CUS", "UL"}, {"OUS", "UL"}, {"VUS", "UL"}, {"US", "UL"}, {"NMS", "NM"}};
  const auto at = words.find(section);
  return at == words.end() ? section : at->second;
}

std::string laterality_of(const std::string& modifier) {
  if (modifier == "L" || modifier == "LT" || modifier == "LEFT") return "left";
  if (modifier == "R" || modifier == "RT" || modifier == "RIGHT") return "right";
  return modifier == "B" || modifier == "BI" || modifier == "BIL" ? "bilateral" : "";
}

/// A report says that the examination was made; a cancellation after that does not undo it.
bool is_done(const ExamRow& row) { return !row[Field::preliminary].empty() || !row[Field::reported].empty(); }

void set_status(ExamRow& row, const std::string& status) {
  if (status == "completed" || !is_done(row)) row[Field::status] = status;
}

std::string first_text(const Hl7Message& m, const Hl7Segment* a, std::size_t field_a, std::size_t component_a,
                       const Hl7Segment* b, std::size_t field_b, std::size_t component_b) {
  const std::string text = a ? m.text(*a, field_a, component_a) : "";
  return text.empty() && b ? m.text(*b, field_b, component_b) : text;
}

}  // namespace

void Hl7Records::add_patient(const Hl7Message& m, ExamRow& row) const {
  if (const Hl7Segment* pid = m.find("PID")) {
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < m.repetitions(*pid, 3); ++i) {
      const std::string authority = m.text(*pid, 3, 4, i);
      if (m.text(*pid, 3, 5, i).substr(0, 2) == "NN" || authority.find("FNR") != std::string::npos)
        chosen = i;
    }
    row.update(Field::patient, m.text(*pid, 3, 1, chosen));
    row.update(Field::birth_date, iso_time_of_hl7(m.text(*pid, 7)).substr(0, 10));
    const std::string sex = m.text(*pid, 8);
    row.update(Field::sex, sex == "F"                 ? "female"
                           : sex == "M"               ? "male"
                           : sex == "O" || sex == "A" ? "other"
                                                      : "");
    row.update(Field::municipality, m.text(*pid, 11, 9));
  }
  if (const Hl7Segment* visit = m.find("PV1")) {
    row.update(Field::care_level, care_level_of(m.text(*visit, 2)));
    row.update(Field::site, m.text(*visit, 3, 4));
    if (row[Field::care_level] != "inpatient")
      row.update(Field::arrived, iso_time_of_hl7(m.text(*visit, 44)));
  }
  if (const Hl7Segment* header = m.find("MSH")) row.update(Field::provider, m.text(*header, 4));
}

ExamRow* Hl7Records::row_of(const Hl7Message& m, const Hl7Segment* order, const Hl7Segment* request) {
  const std::string placer = first_text(m, request, 2, 1, order, 2, 1);
  const std::string filler = first_text(m, request, 3, 1, order, 3, 1);
  if (placer.empty() && filler.empty()) {
    ++account_.without_key;
    if (account_.first_without_key_line == 0) account_.first_without_key_line = m.line;
    return nullptr;
  }
  std::string key = filler.empty() ? "" : "filler " + filler;
  if (!placer.empty()) {
    const auto known = filler_of_.find(placer);
    // An order that was first known by its placer number alone keeps its row.
    if (known != filler_of_.end() && (filler.empty() || known->second == "placer " + placer))
      key = known->second;
    if (key.empty()) key = "placer " + placer;
    filler_of_.emplace(placer, key);
  }
  ExamRow& row = rows_.of(key);
  row.update(Field::exam, filler.empty() ? placer : filler);
  return &row;
}

void Hl7Records::add_order(const Hl7Message& m, const Hl7Segment* order, const Hl7Segment* request,
                           const std::string& type) {
  ExamRow* found = row_of(m, order, request);
  if (!found) return;
  ExamRow& row = *found;
  add_patient(m, row);
  const std::string control = order ? m.text(*order, 1) : "";
  if (order) {
    if (control == "NW") row.keep_earlier(Field::requested, iso_time_of_hl7(m.text(*order, 9)));
    row.update(Field::priority, m.text(*order, 7, 6));
    row.update(Field::referrer, m.text(*order, 12));
  }
  if (request) {
    row.fill(Field::requested, iso_time_of_hl7(m.text(*request, 6)));
    row.update(Field::scheduled, iso_time_of_hl7(m.text(*request, 36)));
    row.update(Field::scheduled, iso_time_of_hl7(m.text(*request, 27, 4)));
    row.update(Field::examined, iso_time_of_hl7(m.text(*request, 7)));
    row.update(Field::exam_end, iso_time_of_hl7(m.text(*request, 8)));
    row.update(Field::priority, m.text(*request, 27, 6));
    row.fill(Field::priority, m.text(*request, 5));
    row.update(Field::referrer, m.text(*request, 16));
    row.update(Field::accession, m.text(*request, 18));
    row.fill(Field::accession, m.text(*request, 3));
    row.update(Field::source_modality, modality_of(m.text(*request, 24)));
    row.update(Field::device, m.text(*request, 21));
    row.update(Field::laterality, laterality_of(m.text(*request, 15, 5)));
    row.update(Field::description, m.text(*request, 4, 2));
    std::string codes = m.text(*request, 4, 1);
    for (std::size_t i = 0; i < m.repetitions(*request, 44); ++i) {
      const std::string more = m.text(*request, 44, 1, i);
      if (!more.empty() && ("/" + codes + "/").find("/" + more + "/") == std::string::npos)
        codes += (codes.empty() ? "" : "/") + more;
    }
    row.update(Field::codes, codes);
    const std::string result = m.text(*request, 25);
    const std::string when = iso_time_of_hl7(m.text(*request, 22));
    if (type == "ORU" && (result == "P" || result == "R")) row.fill(Field::preliminary, when);
    if (type == "ORU" && result == "F") row.fill(Field::reported, when);
    if (result == "F" || result == "P" || result == "C" || result == "R") set_status(row, "completed");
    if (result == "X") set_status(row, "cancelled");
  }
  if (control == "CA" || control == "OC" || control == "DC" || control == "CR") set_status(row, "cancelled");
  const std::string state = order ? m.text(*order, 5) : "";
  if (state == "CA" || state == "DC") set_status(row, "cancelled");
  if (state == "CM") set_status(row, "completed");
  if (row[Field::status].empty()) row[Field::status] = "scheduled";
}

void Hl7Records::add_schedule(const Hl7Message& m, const std::string& event) {
  const Hl7Segment* schedule = m.find("SCH");
  if (!schedule) return;
  const std::string placer = m.text(*schedule, 26);
  const std::string filler = m.text(*schedule, 27);
  std::string key = filler.empty() ? "" : "filler " + filler;
  if (const auto known = filler_of_.find(placer); !placer.empty() && known != filler_of_.end())
    key = known->second;
  if (key.empty() && placer.empty()) {
    ++account_.without_key;
    if (account_.first_without_key_line == 0) account_.first_without_key_line = m.line;
    return;
  }
  if (key.empty()) key = filler_of_.emplace(placer, "placer " + placer).first->second;
  ExamRow& row = rows_.of(key);
  row.fill(Field::exam, filler.empty() ? placer : filler);
  add_patient(m, row);
  row.update(Field::scheduled, iso_time_of_hl7(m.text(*schedule, 11, 4)));
  if (event == "S26") set_status(row, "no-show");
  if (event == "S15" || event == "S17") set_status(row, "cancelled");
  if (row[Field::status].empty()) row[Field::status] = "scheduled";
}

void Hl7Records::add(const Hl7Message& m) {
  const Hl7Segment* header = m.find("MSH");
  if (!header) return;
  const std::string type = m.text(*header, 9, 1);
  const std::string event = m.text(*header, 9, 2);
  const std::string name = type + "^" + event;
  if (type == "SIU") {
    ++account_.used[name];
    return add_schedule(m, event);
  }
  if (type != "ORM" && type != "OMI" && type != "OMG" && type != "ORU") {
    ++account_.ignored[name];
    return;
  }
  ++account_.used[name];
  // ORC belongs to the OBRs that follow it, until the next.
  const Hl7Segment* order = nullptr;
  bool order_open = false;
  for (const Hl7Segment& segment : m.segments) {
    if (segment.name == "ORC") {
      if (order_open) add_order(m, order, nullptr, type);
      order = &segment;
      order_open = true;
    }
    if (segment.name == "OBR") {
      add_order(m, order, &segment, type);
      order_open = false;
    }
  }
  if (order_open) add_order(m, order, nullptr, type);
}

std::vector<ExamRow> Hl7Records::take() { return std::move(rows_.rows()); }

}  // namespace snitt::formats
