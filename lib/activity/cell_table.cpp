#include "activity/cell_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

constexpr double most_cells = 2e6;

std::vector<std::size_t> strides_of(const std::vector<CellDimension>& dimensions) {
  std::vector<std::size_t> strides(dimensions.size(), 1);
  for (std::size_t d = dimensions.size(); d-- > 1;) strides[d - 1] = strides[d] * dimensions[d].nodes.size();
  return strides;
}

/// Leaves in the order of their words, then the groups, then the total.
CellDimension dimension_of(const std::string& name, const Words& words, const Hierarchy* hierarchy,
                           const CellTableOptions& options, const std::string& where) {
  CellDimension dimension{name, words.names, {}, words.names.size()};
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t leaf = 0; leaf < dimension.leaves; ++leaf) {
    const std::string& word = dimension.nodes[leaf];
    if (word == options.total_word)
      throw InputError(
          "{}: column '{}' has rows for '{}'; expected cells without totals, which are made here (or "
          "--total-word with another word)",
          where, name, word);
    if (!hierarchy) continue;
    const auto parent = hierarchy->find(word);
    if (parent == hierarchy->end())
      throw InputError("{}: column '{}': the hierarchy does not say what '{}' belongs to", where, name, word);
    groups[parent->second].push_back(leaf);
  }
  dimension.children.resize(dimension.leaves);
  std::vector<std::size_t> top;
  for (const auto& [group, members] : groups) {
    top.push_back(dimension.nodes.size());
    dimension.nodes.push_back(group);
    dimension.children.push_back(members);
  }
  if (!hierarchy)
    for (std::size_t leaf = 0; leaf < dimension.leaves; ++leaf) top.push_back(leaf);
  dimension.nodes.push_back(options.total_word);
  dimension.children.push_back(top);
  return dimension;
}

std::vector<double> counts_of(const Table& table, const std::string& name, const std::string& where) {
  std::vector<double> counts = numbers_of(column_of(table, name, where, "--count-column"), where);
  for (std::size_t row = 0; row < counts.size(); ++row)
    if (!(counts[row] >= 0) || counts[row] != std::floor(counts[row]))
      throw InputError("{}: row {}: {} is {}; expected a whole number, 0 or above", where, row + 1, name,
                       std::isnan(counts[row]) ? "missing" : fmt::format("{}", counts[row]));
  return counts;
}

/// The cell whose node along the last dimension that is no leaf is split into its children: so every sum is
/// said once, and all others follow.
void add_sums(CellTable& table, const std::vector<std::size_t>& strides) {
  for (std::size_t cell = 0; cell < table.cells(); ++cell) {
    const std::vector<std::size_t> nodes = table.nodes_of(cell);
    for (std::size_t d = nodes.size(); d-- > 0;) {
      const std::vector<std::size_t>& children = table.dimensions[d].children[nodes[d]];
      if (children.empty()) continue;
      CellSum sum{cell, {}};
      for (const std::size_t child : children)
        sum.parts.push_back(cell - nodes[d] * strides[d] + child * strides[d]);
      table.sums.push_back(std::move(sum));
      break;
    }
  }
}

/// Parents after their parts: parts of a sum differ from the parent in one dimension, where they are nearer
/// the leaves, so that going through the dimensions' heights suffices.
void add_up(CellTable& table, std::vector<double>& values) {
  std::vector<std::uint8_t> known(table.cells(), 0);
  for (std::size_t cell = 0; cell < table.cells(); ++cell) known[cell] = table.is_interior(cell);
  std::vector<std::size_t> open(table.sums.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  while (!open.empty()) {
    std::vector<std::size_t> later;
    for (const std::size_t i : open) {
      const CellSum& sum = table.sums[i];
      if (!std::all_of(sum.parts.begin(), sum.parts.end(), [&](std::size_t p) { return known[p]; })) {
        later.push_back(i);
        continue;
      }
      values[sum.parent] = 0;
      for (const std::size_t part : sum.parts) values[sum.parent] += values[part];
      known[sum.parent] = 1;
    }
    open.swap(later);
  }
}

void mark_published(CellTable& table, const CellTableOptions& options, const std::string& where) {
  table.published.assign(table.cells(), options.published.empty() ? 1 : 0);
  for (const std::vector<std::string>& names : options.published) {
    std::set<std::string> free(names.begin(), names.end());
    for (const std::string& name : names)
      if (std::find(options.dimensions.begin(), options.dimensions.end(), name) == options.dimensions.end())
        throw UsageError("{}: --publish names '{}'; expected dimensions of the table: {}", where, name,
                         fmt::join(options.dimensions, ", "));
    for (std::size_t cell = 0; cell < table.cells(); ++cell) {
      const std::vector<std::size_t> nodes = table.nodes_of(cell);
      bool inside = true;
      for (std::size_t d = 0; d < nodes.size(); ++d)
        inside = inside && (free.count(table.dimensions[d].name) || nodes[d] == table.dimensions[d].total());
      if (inside) table.published[cell] = 1;
    }
  }
}

}  // namespace

std::vector<std::size_t> CellTable::nodes_of(std::size_t cell) const {
  std::vector<std::size_t> nodes(dimensions.size());
  for (std::size_t d = dimensions.size(); d-- > 0;) {
    nodes[d] = cell % dimensions[d].nodes.size();
    cell /= dimensions[d].nodes.size();
  }
  return nodes;
}

bool CellTable::is_interior(std::size_t cell) const {
  for (std::size_t d = dimensions.size(); d-- > 0;) {
    if (cell % dimensions[d].nodes.size() >= dimensions[d].leaves) return false;
    cell /= dimensions[d].nodes.size();
  }
  return true;
}

std::string CellTable::name_of(std::size_t cell) const {
  const std::vector<std::size_t> nodes = nodes_of(cell);
  std::vector<std::string> parts;
  for (std::size_t d = 0; d < nodes.size(); ++d)
    parts.push_back(dimensions[d].name + "=" + dimensions[d].nodes[nodes[d]]);
  return fmt::format("{}", fmt::join(parts, ", "));
}

CellTable cell_table(const Table& table, const CellTableOptions& options, const std::string& where) {
  if (options.dimensions.empty())
    throw UsageError("{}: expected --by with the columns that make up a cell", where);
  CellTable result;
  std::vector<Words> words;
  double cells = 1;
  for (const std::string& name : options.dimensions) {
    words.push_back(words_of(texts_of(column_of(table, name, where, "--by"))));
    const auto hierarchy = options.hierarchies.find(name);
    result.dimensions.push_back(
        dimension_of(name, words.back(),
                     hierarchy == options.hierarchies.end() ? nullptr : &hierarchy->second, options, where));
    cells *= static_cast<double>(result.dimensions.back().nodes.size());
  }
  if (cells > most_cells)
    throw InputError("{}: {} cells with all totals; expected at most {} (take fewer or coarser columns)",
                     where, cells, most_cells);
  const std::vector<std::size_t> strides = strides_of(result.dimensions);
  result.count.assign(static_cast<std::size_t>(cells), 0);
  result.known_least.assign(static_cast<std::size_t>(cells), 0);
  add_sums(result, strides);

  for (std::size_t row = 0; row < table.rows(); ++row) {
    std::size_t cell = 0;
    for (std::size_t d = 0; d < words.size(); ++d) cell += words[d].code[row] * strides[d];
    result.row_cell.push_back(cell);
  }
  std::vector<std::size_t> sorted = result.row_cell;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    throw InputError(
        "{}: {} is there twice; expected one row per cell (name all columns that tell cells apart by --by)",
        where, result.name_of(*twice));

  std::vector<std::string> counted{options.count};
  counted.insert(counted.end(), options.also.begin(), options.also.end());
  for (const std::string& name : counted) {
    const std::vector<double> counts = counts_of(table, name, where);
    std::vector<double> values(result.cells(), 0);
    for (std::size_t row = 0; row < counts.size(); ++row) values[result.row_cell[row]] = counts[row];
    add_up(result, values);
    if (name == options.count) result.count = result.least = values;
    for (std::size_t cell = 0; cell < values.size(); ++cell)
      result.least[cell] = std::min(result.least[cell], values[cell]);
  }
  mark_published(result, options, where);
  return result;
}

}  // namespace snitt::activity
