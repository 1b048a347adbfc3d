#pragma once
#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "formats/exam_rows.hpp"

/// Examinations from FHIR (R4, R5) resources: ServiceRequest, Appointment, ImagingStudy, DiagnosticReport,
/// with Patient and Encounter for who and how; Bundles are opened.
namespace snitt::formats {

struct FhirAccount {
  std::map<std::string, std::size_t> used;     ///< by resource type
  std::map<std::string, std::size_t> ignored;  ///< that say nothing of an examination
  std::size_t lost_references = 0;             ///< to resources that are not there
};

/// Resources may come in any order. A row per ServiceRequest, and per ImagingStudy or DiagnosticReport that
/// no request led to.
///
/// requested authoredOn; scheduled Appointment.start, else occurrenceDateTime; arrived Encounter.period.start
/// of those that are not inpatients; examined ImagingStudy.started, else the report's effective time;
/// exam_end effectivePeriod.end; preliminary and reported `issued` by status (amended ones do not move it);
/// status from ServiceRequest, Appointment (noshow), ImagingStudy and DiagnosticReport; care level
/// Encounter.class; codes of the request, else procedureCode of the study, else the report's; patient the
/// identifier with Norway's system of national numbers, else the first, else the reference.
class FhirRecords {
 public:
  void add(const nlohmann::json& resource);
  FhirAccount& account() { return account_; }
  /// Joins what was added.
  std::vector<ExamRow> take();

 private:
  struct Person {
    std::string identifier;
    std::string birth_date;
    std::string sex;
    std::string municipality;
  };
  struct Visit {
    std::string care_level;
    std::string arrived;
    std::string provider;
  };
  struct Part {  ///< what one resource says
    std::string self;
    std::vector<std::string> requests;  ///< it is based on
    std::vector<std::string> studies;   ///< of a report
    std::string patient;
    std::string encounter;
    ExamRow row;
  };
  void add_patient(const nlohmann::json& resource);
  void add_encounter(const nlohmann::json& resource);
  void add_request(const nlohmann::json& resource);
  void add_appointment(const nlohmann::json& resource);
  void add_study(const nlohmann::json& resource);
  void add_report(const nlohmann::json& resource);
  void complete(Part& part);

  std::map<std::string, Person> people_;
  std::map<std::string, Visit> visits_;
  std::vector<Part> requests_;
  std::vector<Part> appointments_;
  std::vector<Part> studies_;
  std::vector<Part> reports_;
  FhirAccount account_;
};

}  // namespace snitt::formats
