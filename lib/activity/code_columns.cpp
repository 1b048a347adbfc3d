#include "activity/code_columns.hpp"

#include <algorithm>
#include <array>

#include "data/activity_columns.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

struct DerivedColumn {
  const char* name;
  std::string CodeMeaning::*value;
};
constexpr std::array<DerivedColumn, 3> derived{
    {{"modality", &CodeMeaning::modality}, {"region", &CodeMeaning::region}, {"kind", &CodeMeaning::kind}}};

/// Words and, by cell of codes, their numbers; -1 where no code counts.
Categorical words_by_code(const Words& cells, const std::vector<CodeMeaning>& meanings,
                          std::string CodeMeaning::*value) {
  std::vector<std::string> of_cell;
  for (const CodeMeaning& meaning : meanings) of_cell.push_back(meaning.*value);
  const Words words = words_of(of_cell);
  Categorical column;
  column.categories = words.names;
  for (const std::uint32_t cell : cells.code)
    column.codes.push_back(of_cell[cell].empty() ? -1 : static_cast<std::int32_t>(words.code[cell]));
  return column;
}

}  // namespace

std::optional<BasisEntry> add_code_columns(Table& records, const std::vector<std::string>& wanted,
                                           const CodeList& list) {
  const Column* codes = records.find(activity_columns::codes);
  if (!codes) return std::nullopt;
  std::vector<DerivedColumn> missing;
  for (const DerivedColumn& column : derived)
    if (std::count(wanted.begin(), wanted.end(), column.name) > 0 && !records.find(column.name))
      missing.push_back(column);
  if (missing.empty()) return std::nullopt;
  const Words cells = words_of(texts_of(*codes));
  std::vector<CodeMeaning> meanings;
  for (const std::string& cell : cells.names) {
    const CodeCell read = read_code_cell(cell, list);
    meanings.push_back(read.meanings.empty() ? CodeMeaning{} : read.meanings.front());
  }
  for (const DerivedColumn& column : missing)
    records.columns.push_back(
        {column.name, "", "by the first code that counts", words_by_code(cells, meanings, column.value)});
  return list.basis();
}

}  // namespace snitt::activity
