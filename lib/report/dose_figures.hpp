#pragma once
#include <string>

#include "data/table.hpp"
#include "report/figure.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// Tables of snitt-dose, told by their columns: they carry no record.
enum class DoseTable { none, events, studies, files, anomalies };
DoseTable dose_table(const Table& table);

/// Distributions of CTDIvol (events) or DLP (studies) by region and scanner; what became of events and files.
Figures dose_figures(DoseTable kind, const std::string& name, const Table& table, const Wording& wording);

/// Slices of snitt-patient-size: diameters and SSDE over z.
bool is_patient_size(const Table& slices);
Figures patient_size_figures(const Table& slices, const Wording& wording);

}  // namespace snitt::report
