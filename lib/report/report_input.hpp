#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/calibration.hpp"
#include "data/spatial_transform.hpp"
#include "report/figure.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// One file of a report, as plain values: what it has of these.
struct ReportInput {
  std::string name;        ///< of the file, without folders: those may hold names of patients
  std::string sha256;      ///< of its bytes
  std::string provenance;  ///< JSON text of its story; "" for foreign files
  std::optional<Table> table;
  std::optional<CalibrationRecord> record;
  std::optional<SpatialTransform> transform;
  std::vector<std::byte> png;
  std::string refused;  ///< why it is not shown; then nothing else is there
};

/// What kind of result it is, for a heading: "Doses compared between groups".
std::string title_of(const ReportInput& input, const Wording& wording);

/// Its tables by name, each once: the table itself ("groups" of a benchmark, "events" of dose reports …, else
/// the name of the file), before it, where it is of counts, the cross table that plans print, and the summary
/// and further tables of its record.
std::vector<std::pair<std::string, Table>> tables_of(const ReportInput& input, const Wording& wording);

/// What it asks its reader to look at: reasons for doubt, anomalies, files that could not be read.
std::vector<std::string> remarks_of(const ReportInput& input, const Wording& wording);

/// All plots that its tables allow.
Figures figures_of(const ReportInput& input, const Wording& wording);

}  // namespace snitt::report
