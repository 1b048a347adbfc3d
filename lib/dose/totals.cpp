#include "dose/totals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace snitt::dose {
namespace {

struct Sum {
  double value = not_stated;
  std::size_t count = 0;
  void add(double more) {
    if (std::isnan(more)) return;
    value = count == 0 ? more : value + more;
    ++count;
  }
};

struct TotalCheck {
  const char* place;
  const char* units;
  double StatedDose::*stated;
  double DoseEvent::*value;
  double relative_tolerance;  ///< totals of projections are summed from unrounded values
};

constexpr std::array<TotalCheck, 3> total_checks{{
    {"CT Dose Length Product Total", "mGy.cm", &StatedDose::dlp_mgy_cm, &DoseEvent::dlp_mgy_cm, 0},
    {"Dose Area Product Total", "Gy.m2", &StatedDose::dose_area_product_gy_m2,
     &DoseEvent::dose_area_product_gy_m2, 1e-3},
    {"Dose (RP) Total", "mGy", &StatedDose::reference_air_kerma_mgy, &DoseEvent::reference_air_kerma_mgy,
     1e-3},
}};

bool agree(const TotalCheck& check, double sum, double stated, std::size_t events) {
  const double tolerance =
      check.relative_tolerance > 0 ? check.relative_tolerance * stated : rounding_of_total(events);
  return std::abs(sum - stated) <= tolerance;
}

std::string summed(const Sum& sum, const char* units) {
  return fmt::format("sum of {} events: {:g} {}", sum.count, sum.value, units);
}

/// The best source a study has of its CT dose.
DoseSource best_source(const CollectedStudy& study) {
  DoseSource best = DoseSource::ct_image;
  for (const CollectedEvent& event : study.events)
    if (event.source != DoseSource::projection_report) best = std::min(best, event.source);
  return best;
}

std::string reason_not_typical(const CollectedEvent& event) {
  if (event.role != Role::examination) return name_of(event.role);
  const bool has_dose = event.event.ctdivol_mgy > 0 || event.event.dlp_mgy_cm > 0;
  return has_dose ? "" : "states neither CTDIvol nor DLP";
}

}  // namespace

double rounding_of_total(std::size_t events) { return 0.005 * static_cast<double>(events + 1); }

std::vector<DoseAnomaly> disagreements_with_total(const DoseDocument& document) {
  std::vector<DoseAnomaly> found;
  const auto events = static_cast<double>(document.events.size());
  if (!std::isnan(document.stated.events) && document.stated.events != events)
    found.push_back({"Total Number of Irradiation Events", fmt::format("{:g}", document.stated.events),
                     fmt::format("{:g}, the number of events in the report", events)});
  for (const TotalCheck& check : total_checks) {
    Sum sum;
    for (const DoseEvent& event : document.events) sum.add(event.*check.value);
    const double stated = document.stated.*check.stated;
    if (std::isnan(stated) || (sum.count == 0 && stated == 0)) continue;
    if (sum.count == 0)
      found.push_back(
          {check.place, fmt::format("{:g} {}", stated, check.units), "events that state their part"});
    else if (!agree(check, sum.value, stated, sum.count))
      found.push_back({check.place, fmt::format("{:g} {}", stated, check.units), summed(sum, check.units)});
  }
  return found;
}

void judge_events(CollectedStudy& study) {
  const DoseSource best = best_source(study);
  for (CollectedEvent& event : study.events) {
    if (event.source != DoseSource::projection_report && event.source != best) {
      event.in_total = false;
      event.typical = false;
      event.reason = fmt::format("the study has a better source: {}", name_of(best));
      continue;
    }
    event.reason = reason_not_typical(event);
    event.typical = event.reason.empty();
  }
}

double stated_dlp_mgy_cm(const CollectedStudy& study) {
  const DoseSource best = best_source(study);
  std::size_t events = 0;
  for (const CollectedEvent& event : study.events) events += event.source == best ? 1 : 0;
  Sum disjoint;
  std::size_t listed = 0;
  for (const StatedTotal& total : study.totals) {
    if (total.source != best || std::isnan(total.stated.dlp_mgy_cm)) continue;
    if (total.events.size() == events) return total.stated.dlp_mgy_cm;
    disjoint.add(total.stated.dlp_mgy_cm);
    listed += total.events.size();
  }
  return listed == events ? disjoint.value : not_stated;
}

std::vector<CollectedAnomaly> disagreements_of_study(const CollectedStudy& study) {
  const double stated = stated_dlp_mgy_cm(study);
  Sum sum;
  for (const CollectedEvent& event : study.events)
    if (event.in_total) sum.add(event.event.dlp_mgy_cm);
  std::size_t reports = 0;
  for (const StatedTotal& total : study.totals) reports += total.source == DoseSource::ct_report ? 1 : 0;
  // One report was compared with itself when it was read.
  if (reports < 2 || std::isnan(stated) || sum.count == 0 ||
      agree(total_checks[0], sum.value, stated, sum.count))
    return {};
  const std::size_t file = study.totals.front().file;
  return {
      {file, {"the study's reports together", fmt::format("{:g} mGy.cm", stated), summed(sum, "mGy.cm")}}};
}

void summarize_slices(std::vector<CtSliceDose> slices, DoseEvent& event) {
  Sum ctdi;
  Sum current;
  double lowest_z = not_stated;
  double highest_z = not_stated;
  for (const CtSliceDose& slice : slices) {
    ctdi.add(slice.ctdivol_mgy);
    current.add(slice.tube_current_ma);
    event.ctdivol_lowest_mgy = std::fmin(event.ctdivol_lowest_mgy, slice.ctdivol_mgy);
    event.ctdivol_highest_mgy = std::fmax(event.ctdivol_highest_mgy, slice.ctdivol_mgy);
    event.tube_current_max_ma = std::fmax(event.tube_current_max_ma, slice.tube_current_ma);
    lowest_z = std::fmin(lowest_z, slice.z_mm);
    highest_z = std::fmax(highest_z, slice.z_mm);
  }
  if (ctdi.count > 0) event.ctdivol_mgy = ctdi.value / static_cast<double>(ctdi.count);
  if (current.count > 0) event.tube_current_mean_ma = current.value / static_cast<double>(current.count);
  event.scanning_length_mm = highest_z - lowest_z;
  event.slices = static_cast<double>(slices.size());
}

}  // namespace snitt::dose
