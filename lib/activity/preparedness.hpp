#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "activity/basis.hpp"
#include "data/calibration.hpp"
#include "data/table.hpp"

/// What is left when sites or machines are lost.
namespace snitt::activity {

struct PreparednessOptions {
  std::vector<std::string> lost;  ///< "SITE", "SITE=UNITS", "SITE:MODALITY", "SITE:MODALITY=UNITS"
  double weeks = 52;              ///< how long
  double growth_percent = 0;      ///< of demand
  double unit_percentile = 0.9;   ///< of examinations per unit and year among sites: what a unit can do
  double longest_travel = 0;      ///< with a column travel: farther sites are not reached; 0: no limit
  std::vector<BasisEntry> basis;
};

struct PreparednessResult {
  Table areas;  ///< modality, area: demand, met where it was, moved, unmet
  CalibrationRecord record;
};

/// `flows`: area, site, modality, exams (a year), perhaps travel (minutes or km): who goes where now. Pairs
/// without exams may stand there to say that a site is within reach. `units`: site, modality, units, perhaps
/// exams_per_unit (capacity of one); where it is missing or empty, the percentile of exams / units among the
/// sites of the modality, and no less than what the site does today.
///
/// What lost units did is offered to the sites within reach: each area's first in proportion to what it has
/// there today (all reachable sites alike where it has nothing), as far as there is room, until nothing can
/// be moved; then by chains of moves as long as they help (maximum flow), so that what is unmet is as little
/// as can be. Tables: sites (load, capacity, overtime), flows, lost, basis. Throws InputError and UsageError
/// for sites that are not there.
PreparednessResult preparedness(const Table& flows, const std::string& flows_name, const Table& units,
                                const std::string& units_name, const PreparednessOptions& options);

/// Largest flow from areas with demand to sites with room over allowed pairs [area * sites + site]; `flow` is
/// the start (feasible) and is raised. Plain augmenting paths, in fixed order.
double raise_flow(std::vector<double>& flow, const std::vector<std::uint8_t>& allowed,
                  const std::vector<double>& demand, const std::vector<double>& room);

}  // namespace snitt::activity
