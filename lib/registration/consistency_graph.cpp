#include "registration/consistency_graph.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace snitt::registration {
namespace {

using Bits = std::vector<std::uint64_t>;

std::size_t count(const Bits& bits) {
  return std::accumulate(bits.begin(), bits.end(), std::size_t{0}, [](std::size_t sum, std::uint64_t word) {
    return sum + static_cast<std::size_t>(std::popcount(word));
  });
}

/// The graph of the chosen vertices, numbered in the order given.
ConsistencyGraph renumbered(const ConsistencyGraph& graph, const std::vector<std::size_t>& order) {
  ConsistencyGraph out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = 0; j < order.size(); ++j)
      if (graph.has(order[i], order[j])) out.set(i, j);
  return out;
}

/// Vertices by falling core, then falling degree, then number.
std::vector<std::size_t> by_core(const ConsistencyGraph& graph, const std::vector<std::size_t>& cores) {
  std::vector<std::size_t> degree(graph.vertices());
  for (std::size_t v = 0; v < degree.size(); ++v) degree[v] = graph.degree(v);
  std::vector<std::size_t> order(graph.vertices());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return cores[a] != cores[b] ? cores[a] > cores[b] : degree[a] > degree[b];
  });
  return order;
}

/// From each start the neighbours that come first and go with all taken before.
std::vector<std::size_t> greedy_clique(const ConsistencyGraph& graph, std::uint64_t budget) {
  std::vector<std::size_t> best;
  std::uint64_t looked = 0;
  Bits candidates(graph.words());
  for (std::size_t start = 0; start < graph.vertices() && looked < budget; ++start) {
    std::vector<std::size_t> clique{start};
    const auto first = graph.row(start);
    std::copy(first.begin(), first.end(), candidates.begin());
    if (count(candidates) < best.size()) continue;
    for (std::size_t w = 0; w < candidates.size();) {
      if (candidates[w] == 0) {
        ++w;
        continue;
      }
      const std::size_t next = 64 * w + static_cast<std::size_t>(std::countr_zero(candidates[w]));
      clique.push_back(next);
      const auto row = graph.row(next);
      for (std::size_t k = w; k < candidates.size(); ++k) candidates[k] &= row[k];
      looked += candidates.size() - w;
    }
    looked += candidates.size();
    if (clique.size() > best.size()) best = clique;
  }
  return best;
}

class CliqueSearch {
 public:
  CliqueSearch(const ConsistencyGraph& graph, std::size_t known, std::uint64_t budget)
      : graph_(graph), known_(known), budget_(budget) {}

  void run() {
    Bits all(graph_.words());
    for (std::size_t v = 0; v < graph_.vertices(); ++v) all[v / 64] |= std::uint64_t{1} << (v % 64);
    expand(all);
  }
  const std::vector<std::size_t>& best() const { return best_; }
  bool is_exhausted() const { return looked_ > budget_; }

 private:
  struct Colored {
    std::size_t vertex = 0;
    std::size_t color = 0;  ///< no clique among the vertices up to this one has more members
  };

  /// Greedy colouring: each class takes the first vertex left and all later ones that are no neighbours.
  std::vector<Colored> colored(const Bits& vertices) {
    std::vector<Colored> order;
    Bits left = vertices;
    std::size_t remaining = count(left);
    for (std::size_t color = 1; remaining > 0; ++color) {
      Bits eligible = left;
      for (std::size_t w = 0; w < eligible.size(); ++w)
        while (eligible[w] != 0) {
          const std::size_t v = 64 * w + static_cast<std::size_t>(std::countr_zero(eligible[w]));
          left[w] &= ~(std::uint64_t{1} << (v % 64));
          eligible[w] &= ~(std::uint64_t{1} << (v % 64));
          const auto row = graph_.row(v);
          for (std::size_t k = w; k < eligible.size(); ++k) eligible[k] &= ~row[k];
          looked_ += eligible.size() - w;
          order.push_back({v, color});
          --remaining;
        }
      looked_ += eligible.size();
      if (is_exhausted()) break;
    }
    return order;
  }

  void expand(Bits vertices) {
    const std::vector<Colored> order = colored(vertices);
    for (std::size_t i = order.size(); i-- > 0;) {
      if (is_exhausted() || clique_.size() + order[i].color <= known_) return;
      const std::size_t v = order[i].vertex;
      clique_.push_back(v);
      Bits next = vertices;
      const auto row = graph_.row(v);
      for (std::size_t w = 0; w < next.size(); ++w) next[w] &= row[w];
      looked_ += next.size();
      if (count(next) > 0) {
        expand(std::move(next));
      } else if (clique_.size() > known_) {
        known_ = clique_.size();
        best_ = clique_;
      }
      clique_.pop_back();
      vertices[v / 64] &= ~(std::uint64_t{1} << (v % 64));
    }
  }

  const ConsistencyGraph& graph_;
  std::size_t known_;
  std::uint64_t budget_;
  std::uint64_t looked_ = 0;
  std::vector<std::size_t> clique_;
  std::vector<std::size_t> best_;
};

}  // namespace

std::size_t ConsistencyGraph::degree(std::size_t vertex) const {
  std::size_t sum = 0;
  for (const std::uint64_t word : row(vertex)) sum += static_cast<std::size_t>(std::popcount(word));
  return sum;
}

std::vector<std::size_t> core_numbers(const ConsistencyGraph& graph) {
  const std::size_t n = graph.vertices();
  std::vector<std::size_t> degree(n);
  for (std::size_t v = 0; v < n; ++v) degree[v] = graph.degree(v);
  std::vector<std::vector<std::size_t>> of_degree(n + 1);
  for (std::size_t v = 0; v < n; ++v) of_degree[degree[v]].push_back(v);
  std::vector<std::size_t> core(n);
  std::vector<std::uint8_t> done(n);
  std::size_t level = 0;
  for (std::size_t d = 0; d <= n; d = level) {
    if (of_degree[d].empty()) {
      level = d + 1;
      continue;
    }
    const std::size_t v = of_degree[d].back();
    of_degree[d].pop_back();
    if (done[v] != 0 || degree[v] > d) continue;
    done[v] = 1;
    core[v] = d;
    const auto row = graph.row(v);
    for (std::size_t w = 0; w < row.size(); ++w)
      for (std::uint64_t word = row[w]; word != 0; word &= word - 1) {
        const std::size_t u = 64 * w + static_cast<std::size_t>(std::countr_zero(word));
        if (done[u] != 0 || degree[u] <= d) continue;
        of_degree[--degree[u]].push_back(u);
      }
  }
  return core;
}

Clique largest_clique(const ConsistencyGraph& graph, std::uint64_t budget) {
  if (graph.vertices() == 0) return {{}, true};
  const std::vector<std::size_t> cores = core_numbers(graph);
  const std::vector<std::size_t> order = by_core(graph, cores);
  const ConsistencyGraph sorted = renumbered(graph, order);
  std::vector<std::size_t> best = greedy_clique(sorted, budget / 4);
  for (std::size_t& v : best) v = order[v];

  std::vector<std::size_t> promising;
  for (const std::size_t v : order)
    if (cores[v] + 1 > best.size()) promising.push_back(v);
  const ConsistencyGraph core = renumbered(graph, promising);
  CliqueSearch search(core, best.size(), budget - budget / 4);
  search.run();
  if (search.best().size() > best.size()) {
    best = search.best();
    for (std::size_t& v : best) v = promising[v];
  }
  std::sort(best.begin(), best.end());
  return {best, !search.is_exhausted()};
}

}  // namespace snitt::registration
