#include "activity/secondary_suppression.hpp"

#include <ClpSimplex.hpp>
#include <CoinPackedMatrix.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.hpp"

namespace snitt::activity {
namespace {

constexpr double rounding = 1e-6;  ///< of the linear programmes; counts are whole
constexpr std::size_t most_linked_to_tidy = 120;

constexpr std::size_t near_nodes = 4;
constexpr std::size_t far_nodes = 8;

/// Moves of cells that keep every sum: a rise and a fall per cell.
class Moves {
 public:
  Moves(const CellTable& table, bool zeros_shown)
      : table_(table), zeros_shown_(zeros_shown), sums_of_(table.cells()) {
    for (std::size_t s = 0; s < table.sums.size(); ++s) {
      sums_of_[table.sums[s].parent].push_back(s);
      for (const std::size_t part : table.sums[s].parts) sums_of_[part].push_back(s);
    }
  }

  /// How all cells move in the cheapest way for `cell` to rise by `rise`; empty when there is none. Looks
  /// among near cells first: a whole table of four dimensions is a programme of seconds, its neighbourhood
  /// one of milliseconds, and hides hardly more.
  std::vector<double> cheapest(std::size_t cell, double rise, const std::vector<std::uint8_t>& hidden) {
    for (const bool zeros : {!zeros_shown_, true})
      for (const std::size_t width : {near_nodes, far_nodes, table_.cells()}) {
        std::vector<double> move = solve(cell, rise, hidden, zeros, near_cells(cell, width, hidden));
        if (!move.empty()) return move;
      }
    return {};
  }

 private:
  bool is_free(std::size_t cell, const std::vector<std::uint8_t>& hidden) const {
    return hidden[cell] || !table_.published[cell];
  }

  /// Combinations of nodes of each dimension: the cell's own, those above it, and the `width` others whose
  /// cells would cost least.
  std::vector<std::size_t> near_cells(std::size_t cell, std::size_t width,
                                      const std::vector<std::uint8_t>& hidden) const {
    const std::vector<std::size_t> own = table_.nodes_of(cell);
    std::vector<std::size_t> cells{0};
    for (std::size_t d = 0; d < own.size(); ++d) {
      const CellDimension& dimension = table_.dimensions[d];
      std::size_t stride = 1;
      for (std::size_t e = d + 1; e < own.size(); ++e) stride *= table_.dimensions[e].nodes.size();
      std::vector<std::pair<double, std::size_t>> others;  // cost, node
      std::vector<std::size_t> nodes{own[d]};
      for (std::size_t node = 0; node < dimension.nodes.size(); ++node) {
        if (node == own[d]) continue;
        const std::size_t other = cell - own[d] * stride + node * stride;
        if (!dimension.children[node].empty())
          nodes.push_back(node);
        else
          others.emplace_back(is_free(other, hidden)    ? 0
                              : table_.count[other] > 0 ? table_.count[other]
                                                        : std::numeric_limits<double>::max(),
                              node);
      }
      std::stable_sort(others.begin(), others.end());
      for (std::size_t i = 0; i < std::min(width, others.size()); ++i) nodes.push_back(others[i].second);
      std::vector<std::size_t> longer;
      for (const std::size_t start : cells)
        for (const std::size_t node : nodes) longer.push_back(start + node * stride);
      cells.swap(longer);
    }
    std::sort(cells.begin(), cells.end());
    return cells;
  }

  std::vector<double> solve(std::size_t cell, double rise, const std::vector<std::uint8_t>& hidden,
                            bool zeros_may_move, const std::vector<std::size_t>& cells) const {
    const auto number = static_cast<int>(cells.size());
    std::map<std::size_t, int> row_of;
    std::vector<int> rows, columns;
    std::vector<double> elements;
    std::vector<double> highest(2 * cells.size(), 0), lowest(2 * cells.size(), 0), cost(2 * cells.size(), 0);
    for (int i = 0; i < number; ++i) {
      const std::size_t c = cells[static_cast<std::size_t>(i)];
      const auto up = static_cast<std::size_t>(i);
      const std::size_t down = up + cells.size();
      const bool free = is_free(c, hidden);
      if (free || table_.count[c] > 0 || zeros_may_move) {
        highest[up] = COIN_DBL_MAX;
        highest[down] = table_.count[c] - table_.known_least[c];
      }
      cost[up] = cost[down] = free ? 0 : 1 + table_.count[c];
      if (c == cell) {
        lowest[up] = highest[up] = rise;
        highest[down] = 0;
      }
      for (const std::size_t s : sums_of_[c]) {
        const int row = row_of.emplace(s, static_cast<int>(row_of.size())).first->second;
        const double factor = table_.sums[s].parent == c ? 1 : -1;
        rows.insert(rows.end(), {row, row});
        columns.insert(columns.end(), {i, i + number});
        elements.insert(elements.end(), {factor, -factor});
      }
    }
    const CoinPackedMatrix matrix(true, rows.data(), columns.data(), elements.data(),
                                  static_cast<CoinBigIndex>(elements.size()));
    const std::vector<double> balance(row_of.size(), 0);
    ClpSimplex model;
    model.setLogLevel(0);
    model.loadProblem(matrix, lowest.data(), highest.data(), cost.data(), balance.data(), balance.data());
    model.initialDualSolve();
    if (model.status() != 0) return {};
    std::vector<double> move(table_.cells(), 0);
    for (std::size_t i = 0; i < cells.size(); ++i)
      move[cells[i]] = model.primalColumnSolution()[i] - model.primalColumnSolution()[i + cells.size()];
    return move;
  }

  const CellTable& table_;
  bool zeros_shown_;
  std::vector<std::vector<std::size_t>> sums_of_;  ///< [cell]
};

bool is_safe(const CellRange& range, double margin) { return range.high - range.low >= margin - rounding; }

/// How far cells are known to be free, from moves that keep everything that is shown: each move protects all
/// cells that take part in it, not only the one it was looked for.
class Freedom {
 public:
  explicit Freedom(std::size_t cells) : rise_(cells, 0), fall_(cells, 0) {}
  void add(const std::vector<double>& move) {
    for (std::size_t i = 0; i < move.size(); ++i) {
      rise_[i] = std::max(rise_[i], move[i]);
      fall_[i] = std::max(fall_[i], -move[i]);
    }
  }
  double fall(std::size_t cell) const { return fall_[cell]; }
  double width(std::size_t cell) const { return rise_[cell] + fall_[cell]; }

 private:
  std::vector<double> rise_;
  std::vector<double> fall_;
};

/// Hides more until every hidden cell has its margin, or nothing helps. Small counts first: their moves cost
/// most, and protect the others on their way.
void add_secondary(const CellTable& table, const SuppressionRule& rule, std::vector<std::uint8_t>& hidden,
                   Suppression& result) {
  Moves moves(table, rule.zeros_shown);
  Freedom freedom(table.cells());
  std::vector<std::size_t> queue;
  for (std::size_t cell = 0; cell < table.cells(); ++cell)
    if (hidden[cell]) queue.push_back(cell);
  std::stable_sort(queue.begin(), queue.end(),
                   [&](std::size_t a, std::size_t b) { return table.count[a] < table.count[b]; });
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const std::size_t cell = queue[next];
    if (freedom.width(cell) >= rule.margin - rounding) continue;
    const double rise = rule.margin - freedom.fall(cell);
    const std::vector<double> move = moves.cheapest(cell, rise, hidden);
    if (move.empty()) continue;  // the audit will name it
    for (std::size_t i = 0; i < move.size(); ++i)
      if (std::abs(move[i]) > rounding && table.published[i] && !hidden[i]) {
        hidden[i] = result.secondary[i] = 1;
        queue.push_back(i);
      }
    freedom.add(move);
  }
}

/// Shows again what is not needed, the largest first.
void tidy(const CellTable& table, const SuppressionRule& rule, std::vector<std::uint8_t>& hidden,
          Suppression& result) {
  std::vector<std::size_t> candidates;
  for (std::size_t cell = 0; cell < table.cells(); ++cell)
    if (result.secondary[cell]) candidates.push_back(cell);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](std::size_t a, std::size_t b) { return table.count[a] > table.count[b]; });
  for (const std::size_t cell : candidates) {
    std::vector<std::size_t> linked = linked_unknowns(table, hidden, cell);
    linked.erase(std::remove_if(linked.begin(), linked.end(),
                                [&](std::size_t c) { return c == cell || !table.published[c]; }),
                 linked.end());
    if (linked.size() > most_linked_to_tidy) continue;
    hidden[cell] = 0;
    const std::vector<CellRange> ranges = audit(table, hidden, linked);
    const bool safe =
        std::all_of(ranges.begin(), ranges.end(), [&](const auto& r) { return is_safe(r, rule.margin); });
    hidden[cell] = safe ? 0 : 1;
    if (safe) result.secondary[cell] = 0;
  }
}

}  // namespace

Suppression suppress(const CellTable& original, const SuppressionRule& rule) {
  if (!(rule.threshold >= 1) || !(rule.margin >= 1))
    throw UsageError("threshold {} and margin {}: expected 1 and above", rule.threshold, rule.margin);
  CellTable table = original;
  // Where zeros are shown, a cell that is not shown is none: every reader knows that it is 1 or more. A zero
  // that had to be hidden after all ends that knowledge, for all cells, as nobody can tell which are zeros.
  if (rule.zeros_shown)
    for (std::size_t cell = 0; cell < table.cells(); ++cell)
      table.known_least[cell] = table.published[cell] && table.count[cell] > 0 ? 1 : 0;
  Suppression result;
  result.primary.assign(table.cells(), 0);
  result.secondary.assign(table.cells(), 0);
  for (std::size_t cell = 0; cell < table.cells(); ++cell) {
    const bool zero = table.count[cell] == 0;
    result.primary[cell] =
        table.published[cell] && table.least[cell] < rule.threshold && (!zero || !rule.zeros_shown);
  }
  std::vector<std::uint8_t> hidden = result.primary;
  add_secondary(table, rule, hidden, result);
  for (std::size_t cell = 0; cell < table.cells(); ++cell)
    if (rule.zeros_shown && hidden[cell] && table.count[cell] == 0) ++result.hidden_zeros;
  if (result.hidden_zeros > 0) table.known_least.assign(table.cells(), 0);
  tidy(table, rule, hidden, result);
  result.ranges = audit(table, hidden);
  for (const CellRange& r : result.ranges) {
    if (!is_safe(r, rule.margin)) result.open.push_back(r.cell);
  }
  return result;
}

}  // namespace snitt::activity
