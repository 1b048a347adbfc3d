#include "activity/disclosure_audit.hpp"

#include <tbb/parallel_for.h>
#include <ClpSimplex.hpp>
#include <CoinPackedMatrix.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.hpp"

namespace snitt::activity {
namespace {

constexpr std::size_t run_length = 64;
constexpr double infinite = std::numeric_limits<double>::infinity();

/// Groups of unknown cells that sums link.
class Components {
 public:
  Components(const CellTable& table, const std::vector<std::uint8_t>& hidden) : parent_(table.cells()) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    for (const CellSum& sum : table.sums) {
      std::size_t first = table.cells();
      const auto link = [&](std::size_t cell) {
        if (table.published[cell] && !hidden[cell]) return;
        if (first == table.cells()) first = cell;
        parent_[root(cell)] = root(first);
      };
      link(sum.parent);
      for (const std::size_t part : sum.parts) link(part);
    }
  }
  std::size_t root(std::size_t cell) {
    while (parent_[cell] != cell) cell = parent_[cell] = parent_[parent_[cell]];
    return cell;
  }

 private:
  std::vector<std::size_t> parent_;
};

/// The sums of one component: unknown cells are variables, the others numbers.
class Unknowns {
 public:
  Unknowns(const CellTable& table, const std::vector<std::uint8_t>& hidden,
           const std::vector<const CellSum*>& sums, const std::vector<std::size_t>& cells) {
    for (const std::size_t cell : cells) column_.emplace(cell, static_cast<int>(column_.size()));
    std::vector<int> rows, columns;
    std::vector<double> elements, right;
    for (const CellSum* sum : sums) {
      double known = 0;
      const auto row = static_cast<int>(right.size());
      const auto add = [&](std::size_t cell, double factor) {
        if (table.published[cell] && !hidden[cell]) {
          known += factor * table.count[cell];
          return;
        }
        rows.push_back(row);
        columns.push_back(column_.at(cell));
        elements.push_back(factor);
      };
      add(sum->parent, 1);
      for (const std::size_t part : sum->parts) add(part, -1);
      right.push_back(-known);
    }
    const CoinPackedMatrix matrix(true, rows.data(), columns.data(), elements.data(),
                                  static_cast<CoinBigIndex>(elements.size()));
    CoinPackedMatrix full = matrix;
    full.setDimensions(static_cast<int>(right.size()), static_cast<int>(column_.size()));
    std::vector<double> low;
    for (const std::size_t cell : cells) low.push_back(table.known_least[cell]);
    const std::vector<double> high(column_.size(), COIN_DBL_MAX);
    objective_.assign(column_.size(), 0);
    model_.setLogLevel(0);
    model_.loadProblem(full, low.data(), high.data(), objective_.data(), right.data(), right.data());
  }

  /// The largest (`sign` 1) or smallest (-1) value of a cell.
  double extreme(std::size_t cell, double sign) {
    const int column = column_.at(cell);
    model_.setObjectiveCoefficient(column, -sign);
    model_.primal(0);
    model_.setObjectiveCoefficient(column, 0);
    if (model_.status() == 2) return sign * infinite;
    if (model_.status() != 0)
      throw ComputationError("the range of a cell that is not shown could not be found (Clp status {})",
                             model_.status());
    // Solutions are exact to about 1e-9 of the counts; -1e-12 for 0 would only look odd.
    return std::max(0.0, std::round(model_.primalColumnSolution()[column] * 1e6) * 1e-6);
  }

 private:
  std::map<std::size_t, int> column_;
  std::vector<double> objective_;
  ClpSimplex model_;
};

}  // namespace

std::vector<CellRange> audit(const CellTable& table, const std::vector<std::uint8_t>& hidden,
                             const std::vector<std::size_t>& cells) {
  Components components(table, hidden);
  std::map<std::size_t, std::vector<std::size_t>> wanted;  // by root
  for (const std::size_t cell : cells) wanted[components.root(cell)].push_back(cell);
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (std::size_t cell = 0; cell < table.cells(); ++cell)
    if ((!table.published[cell] || hidden[cell]) && wanted.count(components.root(cell)))
      members[components.root(cell)].push_back(cell);
  std::map<std::size_t, std::vector<const CellSum*>> sums;
  for (const CellSum& sum : table.sums) {
    const auto unknown = [&](std::size_t cell) { return !table.published[cell] || hidden[cell]; };
    const auto part = std::find_if(sum.parts.begin(), sum.parts.end(), unknown);
    if (unknown(sum.parent))
      sums[components.root(sum.parent)].push_back(&sum);
    else if (part != sum.parts.end())
      sums[components.root(*part)].push_back(&sum);
  }
  std::vector<CellRange> ranges;
  for (const auto& entry : wanted) {
    const std::size_t root = entry.first;
    const std::vector<std::size_t>& group = entry.second;
    sums[root];  // a component without sums has none
    // Runs of fixed length, each with a programme of its own: the extremes do not depend on where it starts.
    const std::size_t first = ranges.size();
    ranges.resize(first + group.size());
    tbb::parallel_for(std::size_t{0}, (group.size() + run_length - 1) / run_length, [&](std::size_t run) {
      Unknowns unknowns(table, hidden, sums.at(root), members.at(root));
      for (std::size_t i = run * run_length; i < std::min(group.size(), (run + 1) * run_length); ++i)
        ranges[first + i] = {group[i], unknowns.extreme(group[i], -1), unknowns.extreme(group[i], 1)};
    });
  }
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.cell < b.cell; });
  return ranges;
}

std::vector<CellRange> audit(const CellTable& table, const std::vector<std::uint8_t>& hidden) {
  std::vector<std::size_t> cells;
  for (std::size_t cell = 0; cell < table.cells(); ++cell)
    if (table.published[cell] && hidden[cell]) cells.push_back(cell);
  return audit(table, hidden, cells);
}

std::vector<std::size_t> linked_unknowns(const CellTable& table, const std::vector<std::uint8_t>& hidden,
                                         std::size_t cell) {
  Components components(table, hidden);
  std::vector<std::size_t> linked;
  for (std::size_t other = 0; other < table.cells(); ++other)
    if ((!table.published[other] || hidden[other]) && components.root(other) == components.root(cell))
      linked.push_back(other);
  return linked;
}

}  // namespace snitt::activity
