#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

/// How the columns of an export become those of a table of examinations (data/activity_columns.hpp):
/// schemas/activity-mapping-1.json.
namespace snitt::formats {

enum class FieldKind {
  key,        ///< int64: keyed digest of an identifier
  person,     ///< category: pseudonym of a person
  number,     ///< double
  category,   ///< words
  codes,      ///< category: several codes in one cell
  time,       ///< seconds since 1970 UTC
  birth_date  ///< read for ages alone
};

struct FieldMapping {
  std::vector<std::string> columns;  ///< of the source; two for a time whose date and hour stand apart
  std::map<std::string, std::string> words;  ///< word of the source: ours; "" for missing
  /// Of words that `words` does not know: "keep" them, take them as "missing", or as "other".
  std::string otherwise = "keep";
  std::vector<std::string> formats;  ///< of times; empty: those between which no date is ambiguous
  std::string separators = "/,; ";   ///< between codes
  std::string issuer;                ///< of a person's identifier
  std::string default_word;          ///< of missing cells; "" for none
};

struct KeptColumn {
  std::string column;
  std::string name;
  FieldKind kind = FieldKind::category;
  std::string units;
};

struct ActivityMapping {
  std::string description;
  std::string source = "export";  ///< what the column `source` says
  std::string time_zone = "Europe/Oslo";
  std::string encoding = "detect";
  std::string delimiter;  ///< "" to find it
  bool decimal_comma = false;
  std::vector<std::string> missing{"", "NA", "NULL", "null", "NaN", "-"};
  std::map<std::string, FieldMapping> fields;    ///< by our name
  std::map<std::string, std::string> constants;  ///< category: the same word in every row
  std::vector<KeptColumn> keep;
};

/// Name and kind of all columns that a mapping can fill, in the order in which a table has them. birth_date
/// among them, which no table has.
struct FieldRule {
  std::string name;
  FieldKind kind;
  std::string description;
  std::vector<std::string> vocabulary;  ///< the words expected; empty: any
};
const std::vector<FieldRule>& activity_fields();
const FieldRule* find_field(const std::string& name);

/// Throws InputError naming file, object, value and the nearest known name.
ActivityMapping read_activity_mapping(const std::string& path);
/// As a file of that form, to be edited.
std::string mapping_text(const ActivityMapping& mapping);
/// From well-known column names, English and Norwegian. `names` are those of the file's first line.
ActivityMapping guessed_mapping(const std::vector<std::string>& names);

}  // namespace snitt::formats
