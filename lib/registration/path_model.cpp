#include "registration/path_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

namespace snitt::registration {
namespace {

using Links = std::vector<std::vector<std::uint32_t>>;

Links direct_links(const OrientedSamples& states, double spacing_mm) {
  Links links(states.size());
  const auto join = [&](std::size_t a, std::size_t b) {
    links[a].push_back(static_cast<std::uint32_t>(b));
    links[b].push_back(static_cast<std::uint32_t>(a));
  };
  std::map<std::array<double, 3>, std::size_t> places;  // forks: the end of one line is the start of others
  for (std::size_t i = 0; i < states.size(); ++i) {
    const Vec3 p = states[i].position_mm;
    if (i > 0 && states[i].line == states[i - 1].line &&
        norm(p - states[i - 1].position_mm) < 1.5 * spacing_mm)
      join(i - 1, i);
    const auto [place, is_new] = places.try_emplace({p.x, p.y, p.z}, i);
    if (!is_new) join(place->second, i);
  }
  return links;
}

/// States within so many links, in rising order.
std::vector<std::uint32_t> within(const Links& links, std::size_t state, int hops) {
  std::vector<std::uint32_t> found{static_cast<std::uint32_t>(state)};
  std::size_t done = 0;
  for (int hop = 0; hop < hops; ++hop) {
    const std::size_t end = found.size();
    for (; done < end; ++done)
      for (const std::uint32_t next : links[found[done]])
        if (std::find(found.begin(), found.end(), next) == found.end()) found.push_back(next);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

WalkModel::WalkModel(OrientedSamples states, double spacing_mm, const PathCosts& costs)
    : states_(std::move(states)), spacing_mm_(spacing_mm), costs_(costs) {
  constexpr int hops = 3;  // a step of the path is one spacing; noise and forks, which cost a link, take more
  const Links links = direct_links(states_, spacing_mm);
  first_neighbor_.push_back(0);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::vector<std::uint32_t> near = within(links, i, hops);
    neighbors_.insert(neighbors_.end(), near.begin(), near.end());
    first_neighbor_.push_back(static_cast<std::uint32_t>(neighbors_.size()));
    const double radius = std::isnan(states_[i].radius_mm) ? 0 : states_[i].radius_mm;
    variances_mm2_.push_back(costs_.error_mm * costs_.error_mm + 0.25 * radius * radius);
  }
}

double WalkModel::variance_mm2(std::size_t state) const { return variances_mm2_[state]; }

double WalkModel::cost(const OrientedSample& sample, std::size_t state) const {
  const OrientedSample& here = states_[state];
  const Vec3 way = sample.position_mm - here.position_mm;
  const double square = dot(way, way);
  const double limit = costs_.most * variances_mm2_[state] + spacing_mm_ * spacing_mm_;
  if (square > limit) return costs_.most;
  const double along = dot(way, here.direction);
  const double beyond = std::max(0.0, std::abs(along) - spacing_mm_ / 2);
  const double distance = square - along * along + beyond * beyond;
  double cosine = dot(sample.direction, here.direction);
  if (!costs_.signed_directions) cosine = std::abs(cosine);
  // 2 (1 - cos a) is a² for small angles, and smooth
  const double deviation = costs_.direction_deg * std::numbers::pi / 180;
  const double turned = 2 * (1 - std::min(1.0, cosine)) / (deviation * deviation);
  return std::min(costs_.most, distance / variances_mm2_[state] + turned);
}

Walk WalkModel::best_walk(const OrientedSamples& path) const {
  const std::size_t count = states_.size();
  std::vector<double> before(count, 0);
  std::vector<double> now(count, 0);
  std::vector<std::uint32_t> origins(path.size() * count);
  for (std::size_t t = 0; t < path.size(); ++t) {
    const auto least = std::min_element(before.begin(), before.end());
    const auto best_anywhere = static_cast<std::uint32_t>(least - before.begin());
    const double jump = *least + costs_.jump;
    for (std::size_t i = 0; i < count; ++i) {
      double best = t == 0 ? 0 : jump;
      std::uint32_t origin = best_anywhere;
      for (std::uint32_t k = first_neighbor_[i]; k < first_neighbor_[i + 1]; ++k)
        if (before[neighbors_[k]] < best) {
          best = before[neighbors_[k]];
          origin = neighbors_[k];
        }
      origins[t * count + i] = origin;
      now[i] = best + cost(path[t], i);
    }
    std::swap(before, now);
  }
  Walk walk;
  const auto least = std::min_element(before.begin(), before.end());
  walk.mean_cost = *least / static_cast<double>(path.size());
  walk.states.resize(path.size());
  auto state = static_cast<std::uint32_t>(least - before.begin());
  for (std::size_t t = path.size(); t-- > 0;) {
    walk.states[t] = state;
    state = origins[t * count + state];
  }
  for (std::size_t t = 0; t < path.size(); ++t) walk.costs.push_back(cost(path[t], walk.states[t]));
  return walk;
}

}  // namespace snitt::registration
