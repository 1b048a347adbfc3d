#include "measures.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "shell/transform_input.hpp"

namespace snitt::registration_error {

void Measures::add(const std::string& name, const std::string& subject, double number,
                   const std::string& unit) {
  measure.push_back(name);
  of.push_back(subject);
  value.push_back(number);
  units.push_back(unit);
}

void Measures::require_at_most(const std::string& what, double number, const std::optional<double>& limit) {
  if (limit && !(number <= *limit))
    failed.push_back(fmt::format("{} is {:.4g}; at most {:g} is asked for", what, number, *limit));
}
void Measures::require_at_least(const std::string& what, double number, const std::optional<double>& limit) {
  if (limit && !(number >= *limit))
    failed.push_back(fmt::format("{} is {:.4g}; at least {:g} is asked for", what, number, *limit));
}

Table Measures::table() const {
  return {{{"measure", "", "what was measured", measure},
           {"of", "", "landmarks, a label, or the transform", of},
           {"value", "", "number, in the units beside it", value},
           {"units", "", "mm, or 1 for plain numbers", units}}};
}

Way way_of(const Settings& s, Monitor& monitor) {
  Way way;
  if (s.transforms.empty()) return way;
  way.transforms = shell::read_transforms(s.transforms);
  const std::vector<TransformName> names = shell::names_of(way.transforms);
  way.name = {s.fixed_frame, s.moving_frame};
  if (names.size() == 1 && way.name.from.empty() && way.name.to.empty()) way.name = names.front();
  if (way.name.from.empty() && !way.name.to.empty()) way.name.from = far_end(names, way.name.to).value_or("");
  if (way.name.to.empty() && !way.name.from.empty()) way.name.to = far_end(names, way.name.from).value_or("");
  if (way.name.from.empty() || way.name.to.empty())
    throw UsageError(
        "{} transforms are given; expected --fixed-frame and --moving-frame with the ends of the chain",
        names.size());
  way.chain = shell::chain_between(names, way.name.from, way.name.to, monitor);
  return way;
}

}  // namespace snitt::registration_error
