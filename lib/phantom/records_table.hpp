#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "data/calibration.hpp"
#include "data/table.hpp"
#include "phantom/records_row.hpp"

namespace snitt::phantom {

/// The records with the columns of data/activity_columns.hpp, in the order of time. Without places, `area` is
/// there instead of municipality and district.
Table records_table(const RecordsWorld& world, const RecordsEvents& events);

enum class RecordsHeadings { english, norwegian };

/// The same as the text of a radiology information system's export: local time, codes joined by '/'; English
/// has commas and 2024-03-31T09:05, Norwegian semicolons and 31.03.2024 09:05. The pieces come in order.
/// Gives the number of rows.
std::size_t records_csv(const RecordsWorld& world, const RecordsEvents& events, RecordsHeadings headings,
                        const std::function<void(std::string_view)>& write);

/// What the records were made from and what is in them: the relative risks of areas and modalities as the
/// main table; settings, counts, repeats, referrers, times, devices, hours and planted faults beside it.
struct RecordsTruth {
  Table areas;
  CalibrationRecord record;
};
RecordsTruth records_truth(const RecordsWorld& world, const RecordsEvents& events);

/// Calls `use(event index, first row)` for every event, in parallel, where `first row` counts the rows of all
/// events before it; gives the number of all rows.
std::size_t for_each_event(const RecordsWorld& world, const RecordsEvents& events,
                           const std::function<void(std::size_t event, std::size_t first_row)>& use);

}  // namespace snitt::phantom
