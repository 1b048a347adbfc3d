#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "activity/basis.hpp"

/// Which area (catchment) a patient belongs to, from municipality and city district.
namespace snitt::activity {

/// What a map says about a place.
enum class PlaceFinding {
  found,
  missing,               ///< no municipality was given
  unknown_municipality,  ///< the map does not have it
  unknown_district       ///< the municipality belongs to several areas, and the district does not decide
};
struct AreaOfPlace {
  PlaceFinding finding = PlaceFinding::missing;
  std::int32_t area = -1;  ///< in CatchmentMap::areas(), -1 unless found
};

/// A table from places to areas, any number of times looked up in.
class CatchmentMap {
 public:
  /// Names of the areas, in the order of the file.
  const std::vector<std::string>& areas() const { return areas_; }
  /// The municipality's number with or without leading zeros, or number and name ("0301 Oslo"); the
  /// district's number inside the municipality ("10"), the whole one ("030110", "30110"), or its name
  /// ("Grorud"). A district the map does not know is passed over when all of the municipality belongs to one
  /// area, or when the map has a row for the municipality without district.
  AreaOfPlace area_of(const std::string& municipality, const std::string& district = "") const;
  /// "catchment map": file name, column and digest.
  const BasisEntry& basis() const { return basis_; }

  /// Reads CSV with any of the separators: municipality in column municipality, kommune, kommunenr or komnr;
  /// district in district or bydel, its name in bydel_navn; area in `area_column`, by default area or
  /// bohf_navn. Rows without municipality are passed over. Throws InputError naming the line: no such column,
  /// two areas for one place, a municipality that is no number.
  friend CatchmentMap read_catchment_map(const std::string& path, const std::string& area_column);

 private:
  struct Municipality {
    std::int32_t itself = -1;  ///< area of the row without district
    std::int32_t common = -1;  ///< area of all its districts, -2 for several
    std::map<std::string, std::int32_t> by_name;
    std::map<std::int64_t, std::int32_t> by_number;
  };
  std::int32_t area_index(const std::string& name);
  std::vector<std::string> areas_;
  std::map<std::int64_t, Municipality> municipalities_;
  BasisEntry basis_;
};

CatchmentMap read_catchment_map(const std::string& path, const std::string& area_column = "");

/// A table with municipality (and district) as one with a column `area`, rows of one area and equal other
/// columns added up over the column `numbers`; places that the map does not know are left out and named in
/// `unknown` with their sums. For populations by municipality. Throws InputError for a table without
/// municipality.
struct MappedTable {
  Table table;
  std::vector<std::pair<std::string, double>> unknown;
};
MappedTable by_catchment(const Table& table, const std::string& numbers, const CatchmentMap& map,
                         const std::string& where);

/// The table with a further column `area`; places that the map does not know are areas "(place 9999)", and a
/// missing municipality "". A table that has an area already is left as it is. Throws InputError as
/// by_catchment does.
Table with_areas(Table table, const CatchmentMap& map, const std::string& where);

}  // namespace snitt::activity
