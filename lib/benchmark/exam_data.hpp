#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "data/table.hpp"
#include "statistics/mixed_model.hpp"

/// Examinations of many sites, sorted by exam and group.
namespace snitt::benchmark {

enum class Measure : std::size_t { ctdivol, dlp, size, noise, quality, merit_noise, merit_quality };
constexpr std::size_t measures = 7;
const char* name_of(Measure measure);   ///< "ctdivol", "dlp" …
const char* units_of(Measure measure);  ///< "mGy", "mGy.cm", "cm", "HU", "1"

/// Names of the columns to take; "" where there is none.
struct ExamColumns {
  std::string exam = "exam";
  std::string group;  ///< "": site, or scanner in a table of snitt-dose
  std::string sector;
  std::string patient;
  std::string ctdivol = "ctdivol_mgy";
  std::string dlp;
  std::string size;     ///< water-equivalent diameter or the like, cm
  std::string weight;   ///< kg
  std::string noise;    ///< HU
  std::string quality;  ///< the more the better, such as d'
  std::string phantom;  ///< CTDI phantom: its diameter in cm, or words that hold it
  std::string keep;     ///< flag: whether the row counts
};

/// Covariances that a model wants and that sites may share: of the rows that have all of them.
struct GroupModels {
  statistics::GroupSums dose;          ///< log CTDIvol alone
  statistics::GroupSums dose_size;     ///< size, log CTDIvol
  statistics::GroupSums noise;         ///< log CTDIvol, log noise
  statistics::GroupSums noise_size;    ///< log CTDIvol, size, log noise
  statistics::GroupSums quality;       ///< log CTDIvol, log quality
  statistics::GroupSums quality_size;  ///< log CTDIvol, size, log quality
};

/// Exams of one kind in one group (a site, a scanner, a provider).
struct ExamGroup {
  std::string name;
  std::string sector;
  std::array<std::vector<double>, measures> values;  ///< [measure][row]; NaN: missing; empty: never given
  std::vector<std::uint64_t> patient;                ///< [row]; empty: every row its own
  std::set<double> phantoms;                         ///< diameters in cm
  GroupModels models;
  /// Of a group that shared no rows: its exact quantiles [measure][share] and moments; `values` are then
  /// drawn from between the quantiles, to compute what wants a distribution.
  bool from_summary = false;
  std::array<std::map<double, double>, measures> knots;
  std::array<double, measures> mean{};
  std::array<double, measures> deviation{};
  std::map<double, double> above;  ///< [CTDIvol in mGy]: how many lie above it, where the group said so

  std::size_t rows() const { return values[0].size(); }
  /// Values of a measure that are there.
  std::vector<double> known(Measure measure) const;
  double count(Measure measure) const { return static_cast<double>(known(measure).size()); }
  /// Of type 7; exact for a summary where it shares that quantile. NaN without values.
  double quantile(Measure measure, double share) const;
  double mean_of(Measure measure) const;
  double deviation_of(Measure measure) const;
};

struct Exam {
  std::string name;
  std::vector<ExamGroup> groups;  ///< by name
  std::size_t rows() const;
};

/// The same with the columns of snitt-dose where nothing was asked for and the table is one of its events or
/// studies: group scanner, patient, phantom, DLP (of studies: of the typical events), keep typical (of
/// events).
ExamColumns resolved(ExamColumns columns, const Table& table);

struct Excluded {
  std::string exam;
  std::string group;
  std::string reason;
  std::size_t rows = 0;
};

struct ExamData {
  std::vector<Exam> exams;  ///< by name
  std::vector<Excluded> excluded;
  std::size_t repeated = 0;  ///< rows that equal an earlier one in every column that is used
};

struct WeightRange {
  double low = 0;
  double high = 1e9;
};

/// Sorts the rows of a table. A row that does not count, has no exam or group, whose CTDIvol or DLP is
/// missing or zero, whose phantom is neither 16 nor 32 cm, or that lies outside the range of weights is left
/// out and counted. A column that states its units, or whose name ends with them, is converted (diameters in
/// mm, say), or refused. Throws InputError naming `where`, row (from 1, as in a spreadsheet below its
/// heading) and column: a column that is not there, text where a number belongs, a negative dose, a size or
/// noise that is not positive, sizes that are none in cm, a group in two sectors.
ExamData exams_from(const Table& table, const ExamColumns& columns, const std::optional<WeightRange>& weights,
                    const std::string& where);

/// Figure of merit and sums for the models, from the values.
void complete(ExamGroup& group);

/// Adds the exams of `more`; throws InputError when a group of one exam stands in both.
void merge(ExamData& data, ExamData more, const std::string& where);

/// Size-specific dose over CTDIvol: AAPM report 204, tables for the 32 cm and the 16 cm phantom as
/// exponentials of the diameter in cm.
double size_factor(double diameter_cm, double phantom_cm);

}  // namespace snitt::benchmark
