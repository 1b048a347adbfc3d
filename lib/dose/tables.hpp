#pragma once
#include "data/table.hpp"
#include "dose/collection.hpp"
#include "dose/effective_dose.hpp"

/// A collection as tables, with units and descriptions.
namespace snitt::dose {

/// One row per irradiation event, in the order of studies.
Table events_table(const DoseCollection& collection);
/// One row per study; with `factors` also effective doses.
Table studies_table(const DoseCollection& collection, const std::vector<KFactor>& factors = {});
/// One row per anomaly: file, place in the document, value, expectation.
Table anomalies_table(const DoseCollection& collection);
/// One row per file: whether it was used, and why not.
Table files_table(const DoseCollection& collection);

/// "2024-01-31" from "20240131"; shorter dates stay.
std::string iso_date(const std::string& date);

}  // namespace snitt::dose
