#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

/// Small plots as inline SVG. Colours and fonts come from the page's style sheet (page.hpp), so that they
/// follow light and dark; without it a viewer shows black shapes. All texts are escaped. Numbers that are not
/// finite are left out; a line has a gap there.
namespace snitt::report {

enum class Mark { dots, line };

struct Series {
  std::string name;  ///< shown in the legend when there is more than one
  std::vector<double> x;
  std::vector<double> y;
  Mark mark = Mark::dots;
};

struct Plot {
  std::string x_label;  ///< with unit: "lag (s)"
  std::string y_label;
  std::vector<Series> series;
  std::optional<double> marked_x;               ///< a vertical line, for a result
  std::optional<std::array<double, 2>> band_x;  ///< shaded, for its interval
  bool from_zero = false;                       ///< the vertical axis starts at 0
};

std::string svg(const Plot& plot);

/// Values of one kind: "calibration", "validation".
struct Group {
  std::string name;
  std::vector<double> values;
};

struct Histogram {
  std::string x_label;
  std::string y_label;  ///< what is counted: "dots"
  std::vector<Group> groups;
};

/// Edges of equal bins of round width, from the largest multiple not above the smallest value: by Freedman
/// and Diaconis (1981), 5 to 40 of them.
std::vector<double> bin_edges(const std::vector<double>& values);
/// How many values lie in [edge i, edge i+1); the last bin has its upper edge, too.
std::vector<std::size_t> bin_counts(const std::vector<double>& values, const std::vector<double>& edges);

/// Bars of each group before one another, transparent.
std::string svg(const Histogram& histogram);

/// A square of coloured cells with their numbers, -1 to 1 [row][column].
std::string correlation_svg(const std::vector<std::string>& names,
                            const std::vector<std::vector<double>>& correlation);

}  // namespace snitt::report
