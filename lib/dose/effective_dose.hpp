#pragma once
#include <string>
#include <vector>

#include "data/table.hpp"
#include "dose/collection.hpp"

/// Effective dose as DLP times a factor. The factors are means over a reference population of one age; they
/// say nothing about the patient at hand.
namespace snitt::dose {

struct KFactor {
  std::string region;                            ///< pattern (see name_pattern.hpp)
  DosePhantom phantom = DosePhantom::body_32cm;  ///< that the DLP has to refer to
  double age_from_years = 0;
  double age_to_years = 0;  ///< not included
  double k_msv_per_mgy_cm = 0;
  std::string source;
};

/// Columns region, phantom ("head 16 cm" or "body 32 cm"), age_from_years, age_to_years, k_msv_per_mgy_cm,
/// source. Throws InputError naming the line.
std::vector<KFactor> read_k_factors(const std::string& path);

/// The first factor for the event: its target region, else its protocol, else the study's description has to
/// fit; phantom and age have to agree. nullptr when there is none, or region, phantom or age is not known.
const KFactor* factor_for(const std::vector<KFactor>& factors, const CollectedStudy& study,
                          const DoseEvent& event);

/// Adds the columns effective_dose_msv and effective_dose_dlp_share (share of the typical DLP that had a
/// factor): a sum over part of the events is not hidden.
void add_effective_doses(Table& table, const DoseCollection& collection, const std::vector<KFactor>& factors);

}  // namespace snitt::dose
