#include "dose/protocol_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.hpp"
#include "dose/name_pattern.hpp"
#include "formats/csv.hpp"

namespace snitt::dose {
namespace {

constexpr std::array<const char*, 3> name_fields{"protocol", "study_description", "procedure"};
constexpr std::array<const char*, 3> site_fields{"institution", "station", "scanner"};

std::string text_at(const Column* column, std::size_t row) {
  if (column == nullptr) return {};
  if (const auto* texts = std::get_if<std::vector<std::string>>(&column->values)) return (*texts)[row];
  if (const auto* coded = std::get_if<Categorical>(&column->values))
    return coded->codes[row] < 0 ? "" : coded->categories[static_cast<std::size_t>(coded->codes[row])];
  return {};
}

/// Whether a row counts: what is not typical (localizers, bolus tracking) needs no examination.
bool counts(const Table& table, std::size_t row) {
  const Column* typical = table.find("typical");
  const auto* flags = typical == nullptr ? nullptr : std::get_if<std::vector<std::uint8_t>>(&typical->values);
  return flags == nullptr || (*flags)[row] != 0;
}

/// Finds rules for rows; rows with the same names are looked at once.
class Matcher {
 public:
  Matcher(const Table& table, const std::vector<ProtocolRule>& rules) : table_(table), rules_(rules) {
    std::set<std::string> fields(name_fields.begin(), name_fields.end());
    for (const ProtocolRule& rule : rules) {
      if (!rule.field.empty() && table.find(rule.field) == nullptr)
        throw InputError("line {} of the patterns looks at column '{}', which the table does not have",
                         rule.line, rule.field);
      if (!rule.field.empty()) fields.insert(rule.field);
    }
    fields_.assign(fields.begin(), fields.end());
    const bool has_any = std::any_of(fields_.begin(), fields_.end(),
                                     [&](const std::string& field) { return table.find(field) != nullptr; });
    if (!has_any) throw InputError("the table has none of the columns {}", fmt::join(fields_, ", "));
  }

  /// Position of the rule, or npos.
  std::size_t rule_for(std::size_t row) {
    std::vector<std::string> key;
    for (const std::string& field : fields_) key.push_back(plain_name(text_at(table_.find(field), row)));
    for (const char* field : site_fields) key.push_back(plain_name(text_at(table_.find(field), row)));
    const auto [at, is_new] = known_.try_emplace(std::move(key), none);
    if (is_new) at->second = search(at->first);
    return at->second;
  }
  static constexpr std::size_t none = std::string::npos;

 private:
  std::size_t search(const std::vector<std::string>& key) const {
    for (const bool with_site : {true, false})
      for (std::size_t i = 0; i < rules_.size(); ++i)
        if (rules_[i].site.empty() != with_site && fits_rule(rules_[i], key)) return i;
    return none;
  }
  bool fits_rule(const ProtocolRule& rule, const std::vector<std::string>& key) const {
    bool here = rule.site.empty();
    for (std::size_t i = fields_.size(); i < key.size(); ++i)
      here = here || (!key[i].empty() && fits(key[i], rule.site));
    if (!here) return false;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const bool is_usual =
          std::find(name_fields.begin(), name_fields.end(), fields_[i]) != name_fields.end();
      if (rule.field.empty() ? !is_usual : fields_[i] != rule.field) continue;
      if (!key[i].empty() && fits(key[i], rule.pattern)) return true;
    }
    return false;
  }

  const Table& table_;
  const std::vector<ProtocolRule>& rules_;
  std::vector<std::string> fields_;
  std::map<std::vector<std::string>, std::size_t> known_;
};

Table unmapped_table(const std::map<std::vector<std::string>, std::int64_t>& names) {
  std::vector<std::pair<std::vector<std::string>, std::int64_t>> rows(names.begin(), names.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::int64_t> numbers;
  std::array<std::vector<std::string>, 4> texts;
  for (const auto& [key, number] : rows) {
    numbers.push_back(number);
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i].push_back(key[i]);
  }
  Table table;
  table.columns.push_back({"rows", "1", "rows with these names", std::move(numbers)});
  table.columns.push_back({"institution", "", "where", std::move(texts[0])});
  table.columns.push_back({"protocol", "", "as the table has it", std::move(texts[1])});
  table.columns.push_back({"study_description", "", "as the table has it", std::move(texts[2])});
  table.columns.push_back({"procedure", "", "as the table has it", std::move(texts[3])});
  return table;
}

}  // namespace

std::vector<ProtocolRule> read_protocol_rules(const std::string& path) {
  const formats::CsvText csv = formats::read_csv_text(path);
  const std::size_t pattern = formats::column_index(csv, "pattern");
  const std::size_t exam = formats::column_index(csv, "exam");
  const auto optional_cell = [&](const char* name, std::size_t row) {
    const auto at = std::find(csv.names.begin(), csv.names.end(), name);
    return at == csv.names.end() ? std::string()
                                 : csv.rows[row][static_cast<std::size_t>(at - csv.names.begin())];
  };
  std::vector<ProtocolRule> rules;
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    ProtocolRule rule{optional_cell("site", row), optional_cell("field", row), csv.rows[row][pattern],
                      csv.rows[row][exam], csv.lines[row]};
    if (rule.pattern.empty() || rule.exam.empty())
      throw InputError("{}: line {} has an empty {}; expected a pattern and an examination ('-' for none)",
                       path, rule.line, rule.pattern.empty() ? "pattern" : "exam");
    rules.push_back(std::move(rule));
  }
  return rules;
}

ProtocolMapping map_protocols(const Table& table, const std::vector<ProtocolRule>& rules) {
  Matcher matcher(table, rules);
  ProtocolMapping result;
  std::vector<std::string> exams;
  std::vector<std::int64_t> lines;
  std::set<std::size_t> used;
  std::map<std::vector<std::string>, std::int64_t> names;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::size_t rule = matcher.rule_for(row);
    const bool found = rule != Matcher::none;
    exams.push_back(found ? rules[rule].exam : "");
    lines.push_back(found ? static_cast<std::int64_t>(rules[rule].line) : 0);
    if (found) used.insert(rule);
    if (!counts(table, row)) continue;
    ++result.rows;
    result.mapped_rows += found ? 1 : 0;
    if (found) continue;
    std::vector<std::string> key{text_at(table.find("institution"), row)};
    for (const char* field : name_fields) key.push_back(text_at(table.find(field), row));
    ++names[std::move(key)];
  }
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (!used.contains(i)) result.unused_rules.push_back(rules[i].line);
  result.table = table;
  std::erase_if(result.table.columns,
                [](const Column& column) { return column.name == "exam" || column.name == "exam_rule"; });
  result.table.columns.push_back(
      {"exam", "", "standard examination; '-' for none, empty when no rule fits", std::move(exams)});
  result.table.columns.push_back(
      {"exam_rule", "1", "line of the rule that decided; 0 for none", std::move(lines)});
  result.unmapped = unmapped_table(names);
  return result;
}

}  // namespace snitt::dose
