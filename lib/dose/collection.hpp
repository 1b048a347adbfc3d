#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "data/dose.hpp"
#include "dose/role.hpp"

/// Documents become studies and events: cumulative and continued reports are merged, duplicates are counted
/// once, totals are compared, and for everything left out there is a reason.
namespace snitt::dose {

/// What became of one file.
struct FileFate {
  std::string name;    ///< pseudonym or path
  bool used = false;   ///< whether something of it stands in the tables
  std::string kind;    ///< "CT dose report", …, or why not: "not DICOM", "damaged", "copy", …
  std::string reason;  ///< "" when used
  std::string study;
  std::size_t events = 0;        ///< new ones
  std::size_t known_events = 0;  ///< that an earlier file had
};

struct CollectedEvent {
  DoseEvent event;
  std::size_t file = 0;
  DoseSource source = DoseSource::ct_report;
  std::string modality;
  std::string series_description;
  Role role = Role::examination;
  bool in_total = true;  ///< part of the study's total
  bool typical = false;  ///< counts for the typical dose of an examination
  std::string reason;    ///< why it is not in the total, or not typical
};

struct StatedTotal {
  std::size_t file = 0;
  DoseSource source = DoseSource::ct_report;
  StatedDose stated;
  std::vector<std::size_t> events;  ///< of the study, that this file lists
};

struct CollectedStudy {
  DoseDocument header;  ///< of its first document (reports before images), without events
  std::vector<CollectedEvent> events;
  std::vector<StatedTotal> totals;
  std::size_t files = 0;
};

struct CollectedAnomaly {
  std::size_t file = 0;
  DoseAnomaly anomaly;
};

struct DoseCollection {
  std::vector<CollectedStudy> studies;  ///< in the order in which they came
  std::vector<FileFate> files;
  std::vector<CollectedAnomaly> anomalies;
};

/// Takes files one after another; the result depends on their order alone.
class Collector {
 public:
  /// A file that gave no document.
  void add_refused(const std::string& name, const std::string& kind, const std::string& reason);
  /// A document without identities (see deidentify).
  void add(const std::string& name, DoseDocument&& document);
  /// The studies of one table of another system.
  void add_table(const std::string& name, std::vector<DoseDocument>&& studies);
  /// Judges events and totals, and hands everything over.
  DoseCollection finish();

 private:
  CollectedStudy& study_of(const DoseDocument& document);
  void add_image(DoseDocument&& document, FileFate& fate);
  void add_report(DoseDocument&& document, FileFate& fate);
  std::size_t merge_event(std::size_t study, const DoseDocument& document, DoseEvent&& event, FileFate& fate);
  void note(std::size_t file, std::string place, std::string value, std::string expected);

  DoseCollection all_;
  std::unordered_map<std::string, std::size_t> studies_;  ///< by pseudonym
  std::unordered_map<std::string, std::size_t> events_;   ///< by study and event: position in the study
  std::unordered_map<std::string, std::size_t> instances_;
  std::map<std::string, std::vector<CtSliceDose>> slices_;  ///< by the same key as events_
};

}  // namespace snitt::dose
