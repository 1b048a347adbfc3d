#include "formats/xlsx_file.hpp"

#include <xlsxwriter.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <memory>
#include <set>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t most_rows = 1'048'576 - 1;  // one is the heading
constexpr std::size_t most_columns = 16'384;
constexpr std::size_t longest_text = 32'767;
constexpr std::size_t longest_name = 31;
constexpr double exact_whole = 9007199254740992.0;  // 2^53

std::string heading_of(const Column& column) {
  const bool plain = column.units.empty() || column.units == "1";
  return printable(plain ? column.name : column.name + " [" + column.units + "]");
}

void check_text(const Sheet& sheet, const Column& column, const std::string& text) {
  if (character_count(text) > longest_text)
    throw InputError(
        "sheet '{}', column '{}': has a text of {} characters; a cell holds {} (write .csv instead)",
        sheet.name, column.name, character_count(text), longest_text);
}

void check(const Sheet& sheet) {
  if (sheet.table.rows() > most_rows)
    throw InputError("sheet '{}': has {} rows; a sheet holds {} beside its heading (write .csv instead)",
                     sheet.name, sheet.table.rows(), most_rows);
  if (sheet.table.columns.size() > most_columns)
    throw InputError("sheet '{}': has {} columns; a sheet holds {}", sheet.name, sheet.table.columns.size(),
                     most_columns);
  for (const Column& column : sheet.table.columns) {
    if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values))
      for (const std::string& text : *texts) check_text(sheet, column, text);
    if (const auto* coded = std::get_if<Categorical>(&column.values))
      for (const std::string& text : coded->categories) check_text(sheet, column, text);
  }
}

void must(lxw_error error, const std::string& path) {
  if (error != LXW_NO_ERROR)
    throw OutputError("{}: cannot be written as a workbook: {}", path, lxw_strerror(error));
}

/// Writes cells of one sheet.
class Writer {
 public:
  Writer(lxw_worksheet* sheet, const std::string& path) : sheet_(sheet), path_(path) {}

  void cell(lxw_row_t row, lxw_col_t column, const Column& values, std::size_t i) const {
    if (const auto* reals = std::get_if<std::vector<double>>(&values.values))
      return number(row, column, (*reals)[i]);
    if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&values.values)) {
      const std::int64_t value = (*wholes)[i];
      if (std::abs(static_cast<double>(value)) < exact_whole)
        return number(row, column, static_cast<double>(value));
      return text(row, column, std::to_string(value));
    }
    if (const auto* flags = std::get_if<std::vector<std::uint8_t>>(&values.values))
      return must(worksheet_write_boolean(sheet_, row, column, (*flags)[i] != 0 ? 1 : 0, nullptr), path_);
    if (const auto* coded = std::get_if<Categorical>(&values.values)) {
      if (coded->codes[i] >= 0)
        text(row, column, coded->categories[static_cast<std::size_t>(coded->codes[i])]);
      return;
    }
    text(row, column, std::get<std::vector<std::string>>(values.values)[i]);
  }

  void text(lxw_row_t row, lxw_col_t column, const std::string& value, lxw_format* format = nullptr) const {
    if (!value.empty())  // an empty text is an empty cell
      must(worksheet_write_string(sheet_, row, column, printable(value).c_str(), format), path_);
  }

 private:
  void number(lxw_row_t row, lxw_col_t column, double value) const {
    if (std::isnan(value)) return;
    if (std::isinf(value)) return text(row, column, value > 0 ? "inf" : "-inf");
    must(worksheet_write_number(sheet_, row, column, value, nullptr), path_);
  }

  lxw_worksheet* sheet_;
  const std::string& path_;
};

void write_sheet(lxw_workbook* book, const std::string& name, const Table& table, lxw_format* bold,
                 const std::string& path) {
  lxw_worksheet* sheet = workbook_add_worksheet(book, name.c_str());
  if (sheet == nullptr) throw OutputError("{}: sheet '{}' cannot be added", path, name);
  const Writer writer(sheet, path);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const std::string heading = heading_of(table.columns[c]);
    constexpr double narrowest = 9;
    constexpr double widest = 40;
    const double width = std::clamp(static_cast<double>(character_count(heading)) + 2, narrowest, widest);
    const auto column = static_cast<lxw_col_t>(c);
    worksheet_set_column(sheet, column, column, width, nullptr);
    writer.text(0, column, heading, bold);
  }
  worksheet_freeze_panes(sheet, 1, 0);
  for (std::size_t r = 0; r < table.rows(); ++r)
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      writer.cell(static_cast<lxw_row_t>(r + 1), static_cast<lxw_col_t>(c), table.columns[c], r);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string legal_name(const std::string& wanted) {
  std::string name;
  for (const char c : printable(wanted)) {
    const bool illegal = std::string_view("[]:*?/\\").find(c) != std::string_view::npos ||
                         static_cast<unsigned char>(c) < 0x20;
    name += illegal ? '_' : c;
  }
  name = first_characters(name, longest_name);
  while (name.starts_with('\'')) name.erase(0, 1);
  while (name.ends_with('\'')) name.pop_back();
  if (name.empty()) return "table";
  return lower(name) == "history" ? name + "_" : name;  // which spreadsheet programs keep for themselves
}

}  // namespace

std::vector<std::string> sheet_names(const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const std::string& one : wanted) {
    const std::string legal = legal_name(one);
    std::string name = legal;
    for (int number = 2; !taken.insert(lower(name)).second; ++number) {
      const std::string ending = " " + std::to_string(number);
      name = std::string(first_characters(legal, longest_name - ending.size())) + ending;
    }
    names.push_back(name);
  }
  return names;
}

void write_xlsx(const std::string& path, const std::vector<Sheet>& sheets, IfExists if_exists) {
  if (sheets.empty()) throw UsageError("{}: a workbook needs a table at least", path);
  std::vector<std::string> wanted;
  for (const Sheet& sheet : sheets) {
    check(sheet);
    wanted.push_back(sheet.name);
  }
  const std::vector<std::string> names = sheet_names(wanted);
  AtomicFile file(path, if_exists);
  lxw_workbook_options options{};
  options.constant_memory = LXW_TRUE;  // rows go to the disk as they come
  options.use_zip64 = LXW_FALSE;
  lxw_workbook* book = workbook_new_opt(file.temporary().c_str(), &options);
  if (book == nullptr) throw OutputError("{}: cannot be written as a workbook", path);
  struct Free {
    void operator()(lxw_workbook* unfinished) const { lxw_workbook_free(unfinished); }
  };
  std::unique_ptr<lxw_workbook, Free> guard(book);
  lxw_doc_properties properties{};
  properties.created = 315532800;  // 1980-01-01, as the archive's members have it: the same bytes every time
  must(workbook_set_properties(book, &properties), path);
  lxw_format* bold = workbook_add_format(book);
  format_set_bold(bold);
  for (std::size_t i = 0; i < sheets.size(); ++i) write_sheet(book, names[i], sheets[i].table, bold, path);
  must(workbook_close(guard.release()), path);  // frees it, too
  file.commit();
}

}  // namespace snitt::formats
