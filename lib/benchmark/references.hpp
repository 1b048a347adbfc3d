#pragma once
#include <map>
#include <string>
#include <vector>

#include "benchmark/dose_levels.hpp"
#include "data/table.hpp"

/// Published reference levels, from a table that its user edits.
namespace snitt::benchmark {

struct ReferenceLevel {
  std::string exam;
  std::string source;
  std::string region;
  double year = 0;
  Measure measure = Measure::ctdivol;
  double value = 0;
  double percentile =
      75;                 ///< of what distribution it is; 75 for a reference level, 50 for an achievable dose
  double phantom_cm = 0;  ///< NaN when not stated
  std::string definition;  ///< per sequence, per examination …
};

/// Columns exam, source, region, year, measure (ctdivol or dlp), value, percentile, phantom_cm and
/// definition. Throws InputError naming row and column.
std::vector<ReferenceLevel> references_from(const Table& table, const std::string& where);

struct Comparison {
  ReferenceLevel reference;
  std::string group;  ///< "" for the level of all groups
  double value = 0;
  double ratio = 0;              ///< value over reference
  double probability_above = 0;  ///< share of the bootstrap's replicates above the reference
};
/// The exam's level (of reference levels) or achievable dose, and each group's median, against every
/// reference for `name`, upper and lower case alike.
std::vector<Comparison> compare(const Exam& exam, const std::string& name, const MeasureLevels& levels,
                                const std::vector<ReferenceLevel>& references);

}  // namespace snitt::benchmark
