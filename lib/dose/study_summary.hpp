#pragma once
#include <string>
#include <vector>

#include "data/table.hpp"
#include "dose/collection.hpp"

namespace snitt::dose {

/// A study in numbers. Sums over events that do not state a quantity are NaN when no event states it.
struct StudySummary {
  const CollectedStudy* study = nullptr;
  const CollectedEvent* main = nullptr;  ///< typical event with the highest DLP, else CTDIvol
  double events = 0;                     ///< in the total
  double typical_events = 0;
  double localizers = 0;
  double bolus_events = 0;
  double other_events = 0;                 ///< left out of the total, or not typical for another reason
  double dlp_mgy_cm = not_stated;          ///< all events in the total
  double dlp_typical_mgy_cm = not_stated;  ///< typical events alone
  double dlp_head_mgy_cm = not_stated;     ///< of all events in the total, by phantom
  double dlp_body_mgy_cm = not_stated;
  double dlp_unknown_mgy_cm = not_stated;
  double ctdivol_highest_mgy = not_stated;  ///< of typical events
  double dose_area_product_gy_m2 = not_stated;
  double reference_air_kerma_mgy = not_stated;
  double average_glandular_dose_mgy = not_stated;
  double fluoroscopy_time_s = not_stated;
  double stated_dlp_mgy_cm = not_stated;
  std::string source;   ///< of the total
  std::string phantom;  ///< of the typical events: "head 16 cm", "body 32 cm", "mixed", ""
  std::string totals;   ///< "agree", "differ", "not stated"
};

StudySummary summarize(const CollectedStudy& study);
Table studies_table(const std::vector<StudySummary>& rows);

}  // namespace snitt::dose
