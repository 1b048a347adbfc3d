#include "data/transform_chain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace snitt {
namespace {

const std::string& end_of(const std::vector<TransformName>& names, const ChainLink& link) {
  return link.inverted ? names[link.index].from : names[link.index].to;
}

/// Depth-first search for every way that visits no frame twice; two are enough to know that it is not one.
struct Search {
  const std::vector<TransformName>& names;
  const std::string& to;
  std::vector<TransformChain> found;
  std::set<std::string> visited;
  TransformChain way;

  void from(const std::string& frame) {
    if (found.size() > 1) return;
    if (frame == to) {
      found.push_back(way);
      return;
    }
    visited.insert(frame);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const bool forward = names[i].from == frame;
      if (!forward && names[i].to != frame) continue;
      const std::string& next = forward ? names[i].to : names[i].from;
      if (visited.contains(next)) continue;
      way.push_back({i, !forward});
      from(next);
      way.pop_back();
    }
    visited.erase(frame);
  }
};

std::vector<std::string> reachable(const std::vector<TransformName>& names, const std::string& from) {
  std::vector<std::string> frames{from};
  for (std::size_t at = 0; at < frames.size(); ++at)
    for (const TransformName& name : names)
      for (const auto& [a, b] : {std::pair{name.from, name.to}, std::pair{name.to, name.from}})
        if (a == frames[at] && std::find(frames.begin(), frames.end(), b) == frames.end())
          frames.push_back(b);
  return frames;
}

std::vector<std::string> texts_of(const std::vector<TransformName>& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const TransformName& name : names) texts.push_back(name.text());
  return texts;
}

[[noreturn]] void refuse_missing(const std::vector<TransformName>& names, const std::string& from,
                                 const std::string& to) {
  std::vector<std::string> all;
  for (const TransformName& name : names)
    for (const std::string& frame : {name.from, name.to})
      if (std::find(all.begin(), all.end(), frame) == all.end()) all.push_back(frame);
  const std::vector<std::string> texts = texts_of(names);
  for (const std::string& frame : {from, to})
    if (std::find(all.begin(), all.end(), frame) == all.end())
      throw InputError("no transform given starts or ends in frame '{}'; those given are {}{}", frame,
                       fmt::join(texts, ", "), did_you_mean(frame, all));
  throw InputError("no chain leads from {} to {}: the transforms given ({}) lead from {} to {} only", from,
                   to, fmt::join(texts, ", "), from, fmt::join(reachable(names, from), ", "));
}

}  // namespace

TransformChain find_chain(const std::vector<TransformName>& names, const std::string& from,
                          const std::string& to) {
  Search search{names, to, {}, {}, {}};
  search.from(from);
  if (search.found.empty()) refuse_missing(names, from, to);
  if (search.found.size() > 1)
    throw InputError(
        "two chains lead from {} to {}: {} ({}) and {} ({}); expected one (leave out the transforms that are "
        "not meant)",
        from, to, chain_text(names, search.found[0], from), names[search.found[0].front().index].text(),
        chain_text(names, search.found[1], from), names[search.found[1].front().index].text());
  return search.found.front();
}

std::optional<std::string> far_end(const std::vector<TransformName>& names, const std::string& from) {
  std::vector<bool> used(names.size(), false);
  std::set<std::string> visited{from};
  std::string at = from;
  for (std::size_t walked = 0; walked < names.size(); ++walked) {
    std::size_t next = names.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (used[i] || (names[i].from != at && names[i].to != at)) continue;
      if (next != names.size()) return std::nullopt;  // a fork
      next = i;
    }
    if (next == names.size()) return std::nullopt;  // some are elsewhere
    used[next] = true;
    at = names[next].from == at ? names[next].to : names[next].from;
    if (!visited.insert(at).second) return std::nullopt;
  }
  if (at == from) return std::nullopt;
  return at;
}

std::string chain_text(const std::vector<TransformName>& names, const TransformChain& chain,
                       const std::string& from) {
  std::string text = from;
  for (const ChainLink& link : chain) text += " → " + end_of(names, link);
  return text;
}

}  // namespace snitt
