#include "formats/fhir_records.hpp"

#include <nlohmann/json.hpp>
#include <unordered_map>

namespace snitt::formats {
namespace {

using Field = ExamField;
using nlohmann::json;

constexpr const char* national_number = "urn:oid:2.16.578.1.12.4.1.4.1";

std::string text_at(const json& object, const char* key) {
  const auto at = object.is_object() ? object.find(key) : object.end();
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

const json& at_or_null(const json& object, const char* key) {
  static const json none;
  if (!object.is_object()) return none;
  const auto at = object.find(key);
  return at == object.end() ? none : *at;
}

/// A list as it is; a single thing as a list of one; nothing as an empty list.
std::vector<json> list_at(const json& object, const char* key) {
  const json& value = at_or_null(object, key);
  if (value.is_null()) return {};
  return value.is_array() ? value.get<std::vector<json>>() : std::vector<json>{value};
}

/// "https://…/Patient/7/_history/2" and "Patient/7" are the same.
std::string plain_reference(std::string reference) {
  const std::size_t version = reference.find("/_history/");
  if (version != std::string::npos) reference.resize(version);
  const std::size_t last = reference.rfind('/');
  if (last == std::string::npos || last == 0) return reference;
  const std::size_t before = reference.rfind('/', last - 1);
  return before == std::string::npos ? reference : reference.substr(before + 1);
}

std::string reference_at(const json& object, const char* key) {
  return plain_reference(text_at(at_or_null(object, key), "reference"));
}

std::vector<std::string> references_at(const json& object, const char* key) {
  std::vector<std::string> references;
  for (const json& one : list_at(object, key))
    if (const std::string r = plain_reference(text_at(one, "reference")); !r.empty()) references.push_back(r);
  return references;
}

/// Codes of a CodeableConcept, a Coding, a CodeableReference or a list of them, joined by '/'.
std::string codes_of(const std::vector<json>& concepts) {
  std::string codes;
  for (const json& one : concepts) {
    const json& inner = at_or_null(one, "concept").is_null() ? one : at_or_null(one, "concept");
    std::vector<json> codings = list_at(inner, "coding");
    if (codings.empty() && !text_at(inner, "code").empty()) codings = {inner};
    // The first coding is the one the sender chose; the others say the same in other systems.
    if (codings.empty()) continue;
    const std::string code = text_at(codings.front(), "code");
    if (!code.empty()) codes += (codes.empty() ? "" : "/") + code;
  }
  return codes;
}

std::string words_of(const std::vector<json>& concepts) {
  for (const json& one : concepts) {
    const json& inner = at_or_null(one, "concept").is_null() ? one : at_or_null(one, "concept");
    if (const std::string text = text_at(inner, "text"); !text.empty()) return text;
    for (const json& coding : list_at(inner, "coding"))
      if (const std::string text = text_at(coding, "display"); !text.empty()) return text;
    if (const std::string text = text_at(inner, "display"); !text.empty()) return text;
  }
  return "";
}

std::string accession_of(const json& resource) {
  for (const json& identifier : list_at(resource, "identifier"))
    for (const json& coding : list_at(at_or_null(identifier, "type"), "coding"))
      if (text_at(coding, "code") == "ACSN") return text_at(identifier, "value");
  return "";
}

std::string study_uid_of(const json& resource) {
  for (const json& identifier : list_at(resource, "identifier"))
    if (text_at(identifier, "system") == "urn:dicom:uid") {
      const std::string uid = text_at(identifier, "value");
      return uid.rfind("urn:oid:", 0) == 0 ? uid.substr(8) : uid;
    }
  return "";
}

std::string name_of_reference(const json& reference) {
  const std::string display = text_at(reference, "display");
  return display.empty() ? plain_reference(text_at(reference, "reference")) : display;
}

void merge(ExamRow& into, const ExamRow& from) {
  for (std::size_t f = 0; f < exam_fields; ++f) into.fill(static_cast<Field>(f), from.texts[f]);
}

/// What happened outweighs what was planned.
int weight_of(const std::string& status) {
  if (status == "completed") return 3;
  if (status == "no-show" || status == "cancelled" || status == "rejected") return 2;
  return status.empty() ? 0 : 1;
}

void take_status(ExamRow& row, const std::string& status) {
  if (weight_of(status) > weight_of(row[Field::status])) row[Field::status] = status;
}

}  // namespace

void FhirRecords::add(const json& resource) {
  const std::string type = text_at(resource, "resourceType");
  if (type == "Bundle") {
    for (const json& entry : list_at(resource, "entry")) add(at_or_null(entry, "resource"));
    return;
  }
  using Adder = void (FhirRecords::*)(const json&);
  static const std::map<std::string, Adder> adders{
      {"Patient", &FhirRecords::add_patient},        {"Encounter", &FhirRecords::add_encounter},
      {"ServiceRequest", &FhirRecords::add_request}, {"Appointment", &FhirRecords::add_appointment},
      {"ImagingStudy", &FhirRecords::add_study},     {"DiagnosticReport", &FhirRecords::add_report}};
  const auto adder = adders.find(type);
  if (adder == adders.end()) {
    ++account_.ignored[type.empty() ? "(no resourceType)" : type];
    return;
  }
  ++account_.used[type];
  (this->*adder->second)(resource);
}

void FhirRecords::add_patient(const json& resource) {
  Person person;
  for (const json& identifier : list_at(resource, "identifier")) {
    const std::string value = text_at(identifier, "value");
    if (person.identifier.empty() || text_at(identifier, "system") == national_number)
      person.identifier = value;
  }
  person.birth_date = text_at(resource, "birthDate");
  person.sex = text_at(resource, "gender");
  if (person.sex == "unknown") person.sex.clear();
  for (const json& address : list_at(resource, "address"))
    for (const json& extension : list_at(address, "extension"))
      if (text_at(extension, "url").find("municipality") != std::string::npos)
        person.municipality = text_at(at_or_null(extension, "valueCoding"), "code");
  people_["Patient/" + text_at(resource, "id")] = person;
}

void FhirRecords::add_encounter(const json& resource) {
  Visit visit;
  const json& kind = at_or_null(resource, "class");
  std::string code = text_at(kind, "code");
  if (code.empty()) code = codes_of(list_at(resource, "class"));  // R5: a list of concepts
  visit.care_level = code == "IMP" || code == "ACUTE" || code == "NONAC" ? "inpatient"
                     : code == "AMB" || code == "SS"                     ? "outpatient"
                     : code == "EMER"                                    ? "emergency"
                                                                         : "";
  const json& period = at_or_null(resource, "period");
  visit.arrived = text_at(period.is_null() ? at_or_null(resource, "actualPeriod") : period, "start");
  visit.provider = name_of_reference(at_or_null(resource, "serviceProvider"));
  visits_["Encounter/" + text_at(resource, "id")] = visit;
}

void FhirRecords::add_request(const json& resource) {
  Part part{"ServiceRequest/" + text_at(resource, "id"), {}, {}, reference_at(resource, "subject"),
            reference_at(resource, "encounter"),         {}};
  ExamRow& row = part.row;
  row[Field::exam] = text_at(resource, "id");
  row[Field::accession] = accession_of(resource);
  row[Field::requested] = text_at(resource, "authoredOn");
  row[Field::scheduled] = text_at(resource, "occurrenceDateTime");
  row[Field::priority] = text_at(resource, "priority");
  row[Field::codes] = codes_of(list_at(resource, "code"));
  row[Field::description] = words_of(list_at(resource, "code"));
  row[Field::referrer] = name_of_reference(at_or_null(resource, "requester"));
  const auto performers = list_at(resource, "performer");
  if (!performers.empty()) row[Field::provider] = name_of_reference(performers.front());
  const std::string status = text_at(resource, "status");
  row[Field::status] = status == "revoked"            ? "cancelled"
                       : status == "entered-in-error" ? "rejected"
                       : status == "completed"        ? "completed"
                                                      : "scheduled";
  requests_.push_back(std::move(part));
}

void FhirRecords::add_appointment(const json& resource) {
  Part part{"Appointment/" + text_at(resource, "id"), references_at(resource, "basedOn"), {}, "", "", {}};
  part.row[Field::scheduled] = text_at(resource, "start");
  const std::string status = text_at(resource, "status");
  part.row[Field::status] = status == "noshow"      ? "no-show"
                            : status == "cancelled" ? "cancelled"
                                                    : "scheduled";
  appointments_.push_back(std::move(part));
}

void FhirRecords::add_study(const json& resource) {
  Part part{"ImagingStudy/" + text_at(resource, "id"), references_at(resource, "basedOn"),  {},
            reference_at(resource, "subject"),         reference_at(resource, "encounter"), {}};
  ExamRow& row = part.row;
  row[Field::exam] = text_at(resource, "id");
  row[Field::accession] = accession_of(resource);
  row[Field::study] = study_uid_of(resource);
  row[Field::examined] = text_at(resource, "started");
  row[Field::source_modality] = codes_of(list_at(resource, "modality"));
  const std::string procedures = resource.contains("procedureCode") ? "procedureCode" : "procedure";
  row[Field::codes] = codes_of(list_at(resource, procedures.c_str()));
  row[Field::description] = text_at(resource, "description");
  row[Field::site] = name_of_reference(at_or_null(resource, "location"));
  const std::string status = text_at(resource, "status");
  row[Field::status] = status == "cancelled" || status == "entered-in-error" ? "cancelled"
                       : status == "registered"                              ? "scheduled"
                                                                             : "completed";
  studies_.push_back(std::move(part));
}

void FhirRecords::add_report(const json& resource) {
  Part part{"DiagnosticReport/" + text_at(resource, "id"), references_at(resource, "basedOn"),
            references_at(resource, "imagingStudy"),       reference_at(resource, "subject"),
            reference_at(resource, "encounter"),           {}};
  for (const std::string& study : references_at(resource, "study")) part.studies.push_back(study);  // R5
  ExamRow& row = part.row;
  row[Field::exam] = text_at(resource, "id");
  row[Field::accession] = accession_of(resource);
  const json& period = at_or_null(resource, "effectivePeriod");
  row[Field::examined] = text_at(resource, "effectiveDateTime");
  row.fill(Field::examined, text_at(period, "start"));
  row[Field::exam_end] = text_at(period, "end");
  row[Field::codes] = codes_of(list_at(resource, "code"));
  const std::string status = text_at(resource, "status");
  const std::string issued = text_at(resource, "issued");
  if (status == "preliminary" || status == "partial") row[Field::preliminary] = issued;
  if (status == "final") row[Field::reported] = issued;
  if (status == "cancelled" || status == "entered-in-error")
    row[Field::status] = "cancelled";
  else if (status != "registered")
    row[Field::status] = "completed";
  reports_.push_back(std::move(part));
}

void FhirRecords::complete(Part& part) {
  const auto person = people_.find(part.patient);
  if (person != people_.end()) {
    part.row.fill(Field::patient,
                  person->second.identifier.empty() ? part.patient : person->second.identifier);
    part.row.fill(Field::birth_date, person->second.birth_date);
    part.row.fill(Field::sex, person->second.sex);
    part.row.fill(Field::municipality, person->second.municipality);
  } else if (!part.patient.empty()) {
    part.row.fill(Field::patient, part.patient);
    ++account_.lost_references;
  }
  const auto visit = visits_.find(part.encounter);
  if (visit != visits_.end()) {
    part.row.fill(Field::care_level, visit->second.care_level);
    part.row.fill(Field::provider, visit->second.provider);
    if (visit->second.care_level != "inpatient") part.row.fill(Field::arrived, visit->second.arrived);
  } else if (!part.encounter.empty()) {
    ++account_.lost_references;
  }
}

std::vector<ExamRow> FhirRecords::take() {
  std::vector<Part> all;
  std::unordered_map<std::string, std::size_t> place;  // of a resource: the row it belongs to
  for (Part& request : requests_) {
    place[request.self] = all.size();
    all.push_back(std::move(request));
  }
  const auto row_of = [&](const std::vector<std::string>& references) -> Part* {
    for (const std::string& reference : references)
      if (const auto at = place.find(reference); at != place.end()) return &all[at->second];
    if (!references.empty()) ++account_.lost_references;
    return nullptr;
  };
  const auto join = [&](Part& part, const std::vector<std::string>& references, bool may_stand_alone) {
    if (Part* row = row_of(references)) {
      place[part.self] = place.at(row->self);
      // Reports and appointments come several to a request: the earliest counts.
      row->row.keep_earlier(Field::preliminary, part.row[Field::preliminary]);
      row->row.keep_earlier(Field::reported, part.row[Field::reported]);
      take_status(row->row, part.row[Field::status]);
      if (part.self.rfind("Appointment", 0) == 0)
        row->row.update(Field::scheduled, part.row[Field::scheduled]);
      merge(row->row, part.row);
      if (row->patient.empty()) row->patient = part.patient;
      if (row->encounter.empty()) row->encounter = part.encounter;
    } else if (may_stand_alone) {
      place[part.self] = all.size();
      all.push_back(std::move(part));
    }
  };
  for (Part& appointment : appointments_) join(appointment, appointment.requests, false);
  for (Part& study : studies_) join(study, study.requests, true);
  for (Part& report : reports_) {
    std::vector<std::string> references = report.requests;
    references.insert(references.end(), report.studies.begin(), report.studies.end());
    join(report, references, true);
  }
  std::vector<ExamRow> rows;
  for (Part& part : all) {
    complete(part);
    rows.push_back(std::move(part.row));
  }
  return rows;
}

}  // namespace snitt::formats
