#pragma once
#include <vector>

#include "data/dose.hpp"
#include "dose/collection.hpp"

namespace snitt::dose {

/// Half a unit of the second decimal, which is how reports write DLP, for each of `events` and the total.
double rounding_of_total(std::size_t events);

/// Where a document's own events and totals disagree: their number, and the sum of DLP, of DAP and of kerma.
std::vector<DoseAnomaly> disagreements_with_total(const DoseDocument& document);

/// Says of each event whether it is part of the study's total and counts as typical, and why not. Where a
/// study has a dose report, dose screens, tables and images of it add nothing to the total; else the screen
/// is taken, else the table, else the images.
void judge_events(CollectedStudy& study);

/// Whether the merged events agree with what the study's reports state together.
std::vector<CollectedAnomaly> disagreements_of_study(const CollectedStudy& study);

/// The total DLP that the study's reports state: of the one that lists all events, else the sum over reports
/// that list different ones; NaN when they overlap in part, or state none.
double stated_dlp_mgy_cm(const CollectedStudy& study);

/// CTDIvol (mean, lowest, highest), tube current, number and length of a series from its slices.
void summarize_slices(std::vector<CtSliceDose> slices, DoseEvent& event);

}  // namespace snitt::dose
