#pragma once
#include <iterator>
#include <string>
#include <vector>

namespace snitt::report {

/// A plot as a page shows it. Figures one after another that have the same heading stand under one.
struct Figure {
  std::string heading;
  std::string svg;
  std::string caption;
};

using Figures = std::vector<Figure>;

inline void append(Figures& all, Figures more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace snitt::report
