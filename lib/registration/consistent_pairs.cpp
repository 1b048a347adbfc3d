#include "registration/consistent_pairs.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "registration/point_box.hpp"

namespace snitt::registration {
namespace {

/// Points for a look at the scale: enough to tell, few enough for a hundred graphs.
constexpr std::size_t voters = 400;

PointPairs thinned(const PointPairs& pairs, std::size_t most) {
  if (pairs.size() <= most) return pairs;
  PointPairs out;
  for (std::size_t k = 0; k < most; ++k) {
    const std::size_t i = k * pairs.size() / most;
    out.from.push_back(pairs.from[i]);
    out.to.push_back(pairs.to[i]);
  }
  return out;
}

struct Lengths {
  double from = 0;
  double to = 0;
};

/// log of the ratio of lengths, sorted, of the pairs of pairs that are long enough to say something.
std::vector<double> log_ratios(const PointPairs& pairs, double noise) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    for (std::size_t j = i + 1; j < pairs.size(); ++j) {
      const double a = norm(pairs.from[i] - pairs.from[j]);
      const double b = norm(pairs.to[i] - pairs.to[j]);
      if (a > 0 && b > 4 * noise) ratios.push_back(std::log(b / a));
    }
  std::sort(ratios.begin(), ratios.end());
  return ratios;
}

}  // namespace

ConsistencyGraph consistency_graph(const PointPairs& pairs, double scale, double noise) {
  ConsistencyGraph graph(pairs.size());
  tbb::parallel_for(std::size_t{0}, pairs.size(), [&](std::size_t i) {
    for (std::size_t j = 0; j < pairs.size(); ++j) {
      const double a = scale * norm(pairs.from[i] - pairs.from[j]);
      const double b = norm(pairs.to[i] - pairs.to[j]);
      // Two partners at one place say nothing about the map: not both can be right.
      if (i != j && std::abs(a - b) <= 2 * noise && a > 0 && b > 0) graph.set(i, j);
    }
  });
  return graph;
}

std::vector<double> likely_scales(const PointPairs& all, double noise, std::size_t how_many) {
  const PointPairs pairs = thinned(all, voters);
  const std::vector<double> ratios = log_ratios(pairs, noise);
  if (ratios.empty()) return {};
  const double size = box_of(pairs.to).diagonal_mm();
  // A ladder fine enough that the step costs no more than the noise does, and of a bounded length.
  const double width = std::max(2 * noise / size, 1e-3);
  struct Vote {
    double log_scale;
    std::size_t ratios;
  };
  std::vector<Vote> votes;
  for (std::size_t first = 0, end = 0; first < ratios.size(); ++first) {
    while (end < ratios.size() && ratios[end] <= ratios[first] + width) ++end;
    votes.push_back({ratios[(first + end - 1) / 2], end - first});
  }
  // The densest windows of all, and the densest of each rung (the true scale may hide in the crowd about 1).
  std::stable_sort(votes.begin(), votes.end(),
                   [](const Vote& a, const Vote& b) { return a.ratios > b.ratios; });
  std::vector<double> rungs;
  for (const Vote& vote : votes) {
    if (rungs.size() >= 80) break;
    const bool is_new = std::none_of(rungs.begin(), rungs.end(),
                                     [&](double other) { return std::abs(other - vote.log_scale) < width; });
    if (is_new) rungs.push_back(vote.log_scale);
  }
  std::vector<std::pair<std::size_t, double>> found(rungs.size());
  tbb::parallel_for(std::size_t{0}, rungs.size(), [&](std::size_t r) {
    const double scale = std::exp(rungs[r]);
    const ConsistencyGraph graph = consistency_graph(pairs, scale, noise + 0.25 * width * size);
    found[r] = {largest_clique(graph, 2'000'000).members.size(), scale};
  });
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<double> scales;
  for (std::size_t r = 0; r < std::min(how_many, found.size()); ++r) scales.push_back(found[r].second);
  return scales;
}

}  // namespace snitt::registration
