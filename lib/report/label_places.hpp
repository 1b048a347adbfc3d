#pragma once
#include <string>
#include <vector>

#include "report/canvas.hpp"

/// Names of points in a plot, placed so that they do not lie over one another. For the units of this room.
namespace snitt::report {

struct NamedPlace {
  double x;
  double y;
  std::string name;  ///< "" for a point without one, which others still keep clear of
};

struct LabelPlace {
  double x = 0;
  double y = 0;  ///< of the text's base line
  std::string anchor;
  bool placed = false;
};

/// A place beside each named point inside `area`, tried in their order: right, left, above, below and at the
/// corners, then farther away. One that has no room is not placed.
std::vector<LabelPlace> label_places(const std::vector<NamedPlace>& points, const Rectangle& area);

/// Heights near `wanted` that are `apart` at least, between `top` and `bottom` as far as there is room: for
/// the names at the ends of curves.
std::vector<double> spread(const std::vector<double>& wanted, double apart, double top, double bottom);

}  // namespace snitt::report
