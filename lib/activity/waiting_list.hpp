#pragma once
#include <string>
#include <utility>

#include "activity/turnaround_measures.hpp"

namespace snitt::activity {

/// Who waits at each moment of options.list_at_s (the extract date if there is none): requested by then, and not
/// examined before it. Tables waiting_list (number, ages, flows of the 28 days before, weeks to clear at their
/// pace) and waiting_ages (number by days waited). Requests that were cancelled are not on it at any time,
/// because tables seldom say when.
std::pair<Table, Table> waiting_list(const RecordMoments& moments, const RecordGroups& groups,
                                     const TurnaroundOptions& options);

/// "2024-12-31 23:59" in local time.
std::string moment_text(double moment_s, const TimeZone& zone);

}  // namespace snitt::activity
