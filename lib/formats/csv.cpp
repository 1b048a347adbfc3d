#include "formats/csv.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

#include "base/error.hpp"
#include "formats/input_file.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

std::string read_text(const std::string& path) {
  const InputFile file(path);
  std::string text(file.size(), '\0');
  text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw InputError("{}: is UTF-16 text; expected UTF-8 (save it as 'CSV UTF-8')", path);
  if (text.find('\0') != std::string::npos)
    throw InputError("{}: has bytes that are not text; expected CSV", path);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

/// The most frequent candidate outside quotes in the first line.
char find_separator(std::string_view text) {
  constexpr std::array<char, 3> candidates{';', '\t', ','};
  std::array<std::size_t, 3> counts{};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) break;
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (c == candidates[i] && !quoted) ++counts[i];
  }
  const auto best = std::max_element(counts.begin(), counts.end());
  return *best == 0 ? ',' : candidates[static_cast<std::size_t>(best - counts.begin())];
}

/// Cuts text into records, one at a time.
class Tokenizer {
 public:
  Tokenizer(const std::string& path, std::string_view text, char separator)
      : path_(path), text_(text), separator_(separator) {}

  /// False at the end. `line` is where the record starts.
  bool next(std::vector<std::string>& cells, std::size_t& line) {
    cells.clear();
    if (at_ >= text_.size()) return false;
    line = line_;
    do cells.push_back(cell());
    while (take(separator_));
    take('\r');
    take('\n');
    return true;
  }

 private:
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    if (c == '\n') ++line_;
    ++at_;
    return true;
  }
  bool at_line_end() const {
    return text_[at_] == '\n' || (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
  }
  std::string cell() {
    if (at_ < text_.size() && text_[at_] == '"') return quoted_cell();
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && !at_line_end()) ++at_;
    return std::string(stripped(text_.substr(start, at_ - start)));
  }
  std::string quoted_cell() {
    const std::size_t start_line = line_;
    std::string value;
    ++at_;
    while (true) {
      if (at_ >= text_.size())
        throw InputError("{}: line {}: a quoted cell has no closing quote", path_, start_line);
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        value += c;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '"') {  // "" inside quotes is one quote
        value += '"';
        ++at_;
        continue;
      }
      break;
    }
    if (at_ < text_.size() && text_[at_] != separator_ && !at_line_end())
      throw InputError("{}: line {}: a closing quote is followed by '{}'; expected the end of the cell",
                       path_, line_, text_[at_]);
    return value;
  }

  const std::string& path_;
  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

void check_names(const CsvText& csv) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < csv.names.size(); ++i) {
    if (csv.names[i].empty())
      throw InputError("{}: column {} has no name in the first line", csv.path, i + 1);
    if (!seen.insert(csv.names[i]).second)
      throw InputError("{}: two columns are named '{}'", csv.path, csv.names[i]);
  }
}

bool is_missing(std::string_view cell) {
  return cell.empty() || cell == "NA" || cell == "NaN" || cell == "nan" || cell == "null";
}

/// A number as people write it; words like "inf" are text here.
std::optional<double> cell_number(const std::string& cell, bool decimal_comma) {
  if (cell.find_first_not_of("+-0123456789.,eE") != std::string::npos) return std::nullopt;
  if (!decimal_comma || cell.find(',') == std::string::npos) return parse_number(cell);
  if (cell.find('.') != std::string::npos) return std::nullopt;
  std::string with_point = cell;
  with_point[with_point.find(',')] = '.';
  return parse_number(with_point);
}

bool is_code(std::string_view cell) {
  const std::size_t first = cell.find_first_not_of("+-");
  if (first == std::string_view::npos) return false;
  const std::string_view digits = cell.substr(first);
  const bool has_leading_zero = digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  const bool is_long = digits.size() > 15 && digits.find_first_of(".,eE") == std::string_view::npos;
  return has_leading_zero || is_long;
}

using Values = decltype(Column::values);

std::optional<Values> as_flags(const CsvText& csv, std::size_t column) {
  std::vector<std::uint8_t> values;
  for (const auto& row : csv.rows) {
    const std::string& cell = row[column];
    const bool yes = cell == "true" || cell == "TRUE" || cell == "True";
    if (!yes && cell != "false" && cell != "FALSE" && cell != "False") return std::nullopt;
    values.push_back(yes ? 1 : 0);
  }
  return values.empty() ? std::nullopt : std::optional<Values>(std::move(values));
}

std::optional<Values> as_numbers(const CsvText& csv, std::size_t column) {
  std::vector<double> values;
  bool whole = true;
  for (const auto& row : csv.rows) {
    const std::string& cell = row[column];
    whole = whole && parse_whole(cell).has_value();
    if (is_missing(cell)) {
      values.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto value = is_code(cell) ? std::nullopt : cell_number(cell, csv.separator != ',');
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  if (!whole || values.empty()) return values;
  return std::vector<std::int64_t>(values.begin(), values.end());  // at most 15 digits: exact
}

Column typed_column(const CsvText& csv, std::size_t index) {
  Column column;
  column.name = csv.names[index];
  const std::size_t bracket = column.name.rfind(" [");
  if (bracket != std::string::npos && bracket > 0 && column.name.back() == ']') {
    column.units = column.name.substr(bracket + 2, column.name.size() - bracket - 3);
    column.name.erase(bracket);
  }
  if (auto flags = as_flags(csv, index)) {
    column.values = std::move(*flags);
  } else if (auto numbers = as_numbers(csv, index)) {
    column.values = std::move(*numbers);
    if (column.units.empty()) column.units.assign(1, '1');
  } else {
    std::vector<std::string> texts;
    for (const auto& row : csv.rows) texts.push_back(row[index]);
    column.values = std::move(texts);
  }
  return column;
}

std::string quoted(const std::string& text) {
  const bool plain =
      text.find_first_of(",;\t\"\r\n") == std::string::npos && stripped(text).size() == text.size();
  if (plain) return text;
  std::string result = "\"";
  for (const char c : text) result.append(c == '"' ? 2 : 1, c);
  return result + '"';
}

std::string cell_text(const Column& column, std::size_t row) {
  struct Visitor {
    std::size_t row;
    std::string operator()(const std::vector<double>& v) const {
      return v[row] != v[row] ? "" : number_text(v[row]);
    }
    std::string operator()(const std::vector<std::int64_t>& v) const { return std::to_string(v[row]); }
    std::string operator()(const std::vector<std::string>& v) const { return quoted(v[row]); }
    std::string operator()(const std::vector<std::uint8_t>& v) const {
      return v[row] != 0 ? "true" : "false";
    }
    std::string operator()(const Categorical& v) const {
      return v.codes[row] < 0 ? "" : quoted(v.categories[static_cast<std::size_t>(v.codes[row])]);
    }
  };
  return std::visit(Visitor{row}, column.values);
}

}  // namespace

CsvText read_csv_text(const std::string& path) {
  const std::string text = read_text(path);
  CsvText csv;
  csv.path = path;
  csv.separator = find_separator(text);
  Tokenizer tokens(path, text, csv.separator);
  std::vector<std::string> cells;
  std::size_t line = 0;
  while (tokens.next(cells, line)) {
    if (cells.size() == 1 && cells[0].empty()) continue;
    if (csv.names.empty()) {
      csv.names = cells;
      check_names(csv);
      continue;
    }
    if (cells.size() != csv.names.size())
      throw InputError("{}: line {} has {} cells; expected {} as in the first line", path, line, cells.size(),
                       csv.names.size());
    csv.rows.push_back(cells);
    csv.lines.push_back(line);
  }
  if (csv.names.empty()) throw InputError("{}: is empty; expected a line of column names", path);
  return csv;
}

std::size_t column_index(const CsvText& csv, const std::string& name) {
  const auto at = std::find(csv.names.begin(), csv.names.end(), name);
  if (at != csv.names.end()) return static_cast<std::size_t>(at - csv.names.begin());
  throw InputError("{}: has no column '{}'; there are: {}", csv.path, name, fmt::join(csv.names, ", "));
}

double csv_number(const CsvText& csv, std::size_t row, std::size_t column) {
  const std::string& cell = csv.rows[row][column];
  if (is_missing(cell)) return std::numeric_limits<double>::quiet_NaN();
  const auto value = cell_number(cell, csv.separator != ',');
  if (!value)
    throw InputError("{}: line {}: column '{}' has '{}'; expected a number", csv.path, csv.lines[row],
                     csv.names[column], cell);
  return *value;
}

Table read_csv(const std::string& path) {
  const CsvText csv = read_csv_text(path);
  Table table;
  for (std::size_t i = 0; i < csv.names.size(); ++i) table.columns.push_back(typed_column(csv, i));
  return table;
}

void write_csv(const std::string& path, const Table& table, IfExists if_exists) {
  AtomicFile file(path, if_exists);
  std::ofstream out(file.temporary(), std::ios::binary);
  const auto write_row = [&](const auto& cell_of) {
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      out << (i == 0 ? "" : ",") << cell_of(table.columns[i]);
    out << '\n';
  };
  write_row([](const Column& column) {
    const bool has_units = !column.units.empty() && column.units != "1";
    return quoted(has_units ? column.name + " [" + column.units + "]" : column.name);
  });
  for (std::size_t row = 0; row < table.rows(); ++row)
    write_row([row](const Column& column) { return cell_text(column, row); });
  out.close();
  if (!out) throw OutputError("{}: cannot be written", path);
  file.commit();
}

}  // namespace snitt::formats
