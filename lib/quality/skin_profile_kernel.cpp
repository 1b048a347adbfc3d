#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "quality/skin_edge.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double first_level_hu = -500;
constexpr double plateau_out_mm = 2.5;  // nearer than that, blur reaches
constexpr double plateau_in_mm = 1.5;
constexpr double deepest_plateau_mm = 3;
constexpr double lowest_tissue_hu = -250;
constexpr double highest_tissue_hu = 350;
constexpr double steepest = 1.1;  // slope of skin against the side it is seen from

/// The image as seen from one side: lines run `along` the skin, `depth` goes into the body.
struct View {
  std::ptrdiff_t first = 0;  ///< index of along 0, depth 0
  std::ptrdiff_t along_stride = 0;
  std::ptrdiff_t depth_stride = 0;
  std::ptrdiff_t lines = 0;
  std::ptrdiff_t depths = 0;
  double along_mm = 1;
  double depth_mm = 1;
  std::size_t index(std::ptrdiff_t line, std::ptrdiff_t depth) const {
    return static_cast<std::size_t>(first + line * along_stride + depth * depth_stride);
  }
};

std::array<View, 4> views_of(const ImagePlane& p) {
  const auto rows = static_cast<std::ptrdiff_t>(p.rows);
  const auto columns = static_cast<std::ptrdiff_t>(p.columns);
  const double x = p.column_spacing_mm;
  const double y = p.row_spacing_mm;
  return {View{0, 1, columns, columns, rows, x, y},
          View{(rows - 1) * columns, 1, -columns, columns, rows, x, y},
          View{0, columns, 1, rows, columns, y, x}, View{columns - 1, columns, -1, rows, columns, y, x}};
}

/// Depth in pixels where values first rise through `level` within `reach` pixels around `near`.
double crossing(std::span<const float> hu, const View& view, std::ptrdiff_t line, std::ptrdiff_t near,
                std::ptrdiff_t reach, double level) {
  const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, near - reach);
  const std::ptrdiff_t end = std::min(view.depths - 1, near + reach);
  for (std::ptrdiff_t depth = begin; depth < end; ++depth) {
    const double here = hu[view.index(line, depth)];
    const double next = hu[view.index(line, depth + 1)];
    if (here < level && next >= level) return static_cast<double>(depth) + (level - here) / (next - here);
  }
  return nan;
}

/// depth_mm = a + b t + c t^2, t the distance along the skin from the middle of the segment.
struct Parabola {
  double a = 0;
  double b = 0;
  double c = 0;
  double rms_mm = 0;
  double at(double t) const { return a + t * (b + t * c); }
  double slope(double t) const { return b + 2 * c * t; }
};

/// Lines [begin, end) of a view.
struct Segment {
  std::ptrdiff_t begin = 0;
  std::ptrdiff_t end = 0;
  double along(std::ptrdiff_t line, const View& view) const {
    return (static_cast<double>(line) - 0.5 * static_cast<double>(begin + end - 1)) * view.along_mm;
  }
};

/// Least squares; nothing when a line has no crossing.
std::optional<Parabola> fitted(const Segment& s, const View& view, std::span<const double> depths) {
  double m0 = 0, m2 = 0, m4 = 0, y0 = 0, y1 = 0, y2 = 0;
  for (std::ptrdiff_t line = s.begin; line < s.end; ++line) {
    const double y = depths[static_cast<std::size_t>(line)] * view.depth_mm;
    if (std::isnan(y)) return std::nullopt;
    const double t = s.along(line, view);
    m0 += 1, m2 += t * t, m4 += t * t * t * t;
    y0 += y, y1 += t * y, y2 += t * t * y;
  }
  Parabola p;  // t is symmetric about 0, so that odd moments vanish
  p.b = y1 / m2;
  p.c = (m0 * y2 - m2 * y0) / (m0 * m4 - m2 * m2);
  p.a = (y0 - p.c * m2) / m0;
  double squares = 0;
  for (std::ptrdiff_t line = s.begin; line < s.end; ++line) {
    const double off = depths[static_cast<std::size_t>(line)] * view.depth_mm - p.at(s.along(line, view));
    squares += off * off / (1 + p.slope(s.along(line, view)) * p.slope(s.along(line, view)));
  }
  p.rms_mm = std::sqrt(squares / m0);
  return p;
}

/// Signed distance from the parabola, positive inside.
double distance_to(const Parabola& p, double t, double depth) {
  double at = t;
  for (int step = 0; step < 3; ++step) {
    const double off = p.at(at) - depth;
    const double slope = p.slope(at);
    const double gradient = at - t + off * slope;
    const double bend = 1 + slope * slope + 2 * p.c * off;
    if (!(bend > 0.1)) break;  // beyond the centre of curvature there is no nearest point to go to
    at -= gradient / bend;
  }
  const double distance = std::hypot(at - t, p.at(at) - depth);
  return depth > p.at(t) ? distance : -distance;
}

/// Means by whole millimetres on both sides of the skin, and over the plateaus.
struct Surroundings {
  double air_hu = 0;
  double tissue_hu = 0;
  bool usable = false;
};

class SideOfBody {
 public:
  SideOfBody(const ImagePlane& plane, std::span<const std::uint8_t> body, const NeighbourPlanes& neighbours,
             const SkinEdgeOptions& options, const View& view)
      : plane_(plane), neighbours_(neighbours), options_(options), view_(view) {
    first_.resize(static_cast<std::size_t>(view.lines));
    for (std::ptrdiff_t line = 0; line < view.lines; ++line) {
      std::ptrdiff_t depth = 0;
      while (depth < view.depths && body[view.index(line, depth)] == 0) ++depth;
      first_[static_cast<std::size_t>(line)] = depth < view.depths ? depth : -1;
    }
    depths_.assign(first_.size(), nan);
  }

  void add_to(EdgeProfile& profile) {
    const auto width = std::max<std::ptrdiff_t>(8, std::lround(options_.segment_mm / view_.along_mm));
    for (std::ptrdiff_t begin = 0; begin + width <= view_.lines; begin += width) {
      const Segment segment{begin, begin + width};
      if (first_[static_cast<std::size_t>(begin + width / 2)] < 0) continue;
      std::optional<Parabola> skin = skin_at(segment, first_level_hu);
      if (!skin) continue;
      ++profile.candidates;
      Surroundings around = surroundings_of(segment, *skin);
      if (!around.usable) continue;
      // Fat and muscle differ: the second time the level is half way between what is inside and outside.
      skin = skin_at(segment, (around.air_hu + around.tissue_hu) / 2);
      if (!skin || is_slanted(segment, *skin, (around.air_hu + around.tissue_hu) / 2)) continue;
      around = surroundings_of(segment, *skin);
      if (!around.usable) continue;
      ++profile.segments;
      visit(segment, *skin, [&](double distance, double value) {
        const auto bin = static_cast<std::size_t>((distance + options_.outside_mm) / options_.bin_mm);
        if (bin >= profile.sum.size()) return;
        profile.sum[bin] += (value - around.air_hu) / (around.tissue_hu - around.air_hu);
        profile.count[bin] += 1;
      });
    }
  }

 private:
  std::optional<Parabola> skin_at(const Segment& s, double level) {
    constexpr std::ptrdiff_t reach = 4;  // pixels between the mask's threshold and the level
    for (std::ptrdiff_t line = s.begin; line < s.end; ++line) {
      const auto i = static_cast<std::size_t>(line);
      depths_[i] = first_[i] < 0 ? nan : crossing(plane_.hu, view_, line, first_[i], reach, level);
    }
    const std::optional<Parabola> skin = fitted(s, view_, depths_);
    if (!skin || skin->rms_mm > options_.rough_mm) return std::nullopt;
    const double end = s.along(s.end - 1, view_);
    if (std::abs(skin->slope(end)) > steepest || std::abs(skin->slope(-end)) > steepest) return std::nullopt;
    return skin;
  }

  /// Pixels of the segment's lines from outside_mm without to inside_mm within.
  template <typename Take>
  void visit(const Segment& s, const Parabola& skin, const Take& take) const {
    for (std::ptrdiff_t line = s.begin; line < s.end; ++line) {
      const double t = s.along(line, view_);
      const double slant = std::hypot(1, skin.slope(t)) + 0.1;
      const double middle = skin.at(t);
      const auto begin = std::max<std::ptrdiff_t>(
          0,
          static_cast<std::ptrdiff_t>(std::floor((middle - options_.outside_mm * slant) / view_.depth_mm)));
      const auto end = std::min(
          view_.depths,
          static_cast<std::ptrdiff_t>(std::ceil((middle + options_.inside_mm * slant) / view_.depth_mm)) + 1);
      for (std::ptrdiff_t depth = begin; depth < end; ++depth) {
        const double distance = distance_to(skin, t, static_cast<double>(depth) * view_.depth_mm);
        if (distance >= -options_.outside_mm && distance < options_.inside_mm)
          take(distance, static_cast<double>(plane_.hu[view_.index(line, depth)]));
      }
    }
  }

  /// Nothing but air outside, neither lung nor bone inside, and the field of view does not end there.
  Surroundings surroundings_of(const Segment& s, const Parabola& skin) const {
    std::vector<double> sum(static_cast<std::size_t>(options_.outside_mm + options_.inside_mm) + 1, 0.0);
    std::vector<double> count(sum.size(), 0.0);
    Surroundings around;
    double air_count = 0;
    double tissue_count = 0;
    visit(s, skin, [&](double distance, double value) {
      if (distance > -plateau_out_mm && distance < plateau_in_mm) return;
      const auto bin = static_cast<std::size_t>(distance + options_.outside_mm);
      sum[bin] += value;
      count[bin] += 1;
      if (distance < 0) {
        around.air_hu += value;
        ++air_count;
      } else if (distance < deepest_plateau_mm) {
        around.tissue_hu += value;
        ++tissue_count;
      }
    });
    if (air_count == 0 || tissue_count == 0) return around;
    around.air_hu /= air_count;
    around.tissue_hu /= tissue_count;
    for (std::size_t bin = 0; bin < sum.size(); ++bin) {
      if (count[bin] == 0) continue;
      const double mean = sum[bin] / count[bin];
      const bool outside = static_cast<double>(bin) + 0.5 < options_.outside_mm;
      if (outside ? mean > options_.air_below_hu || mean <= -1023
                  : mean < lowest_tissue_hu || mean > highest_tissue_hu)
        return around;
    }
    // Whole pixels outside must be there: beyond the image is no air.
    around.usable = count.front() > 0;
    return around;
  }

  bool is_slanted(const Segment& s, const Parabola& skin, double level) const {
    if (options_.slice_thickness_mm <= 0 || !(neighbours_.distance_mm > 0)) return false;
    if (neighbours_.below.empty() && neighbours_.above.empty()) return false;
    constexpr std::ptrdiff_t reach = 8;
    double sum = 0;
    double count = 0;
    for (std::ptrdiff_t line = s.begin; line < s.end; ++line) {
      const double t = s.along(line, view_);
      const double here = skin.at(t) / view_.depth_mm;
      const auto near = static_cast<std::ptrdiff_t>(std::lround(here));
      const double below =
          neighbours_.below.empty() ? here : crossing(neighbours_.below, view_, line, near, reach, level);
      const double above =
          neighbours_.above.empty() ? here : crossing(neighbours_.above, view_, line, near, reach, level);
      if (std::isnan(below) || std::isnan(above)) return true;
      const double distances = neighbours_.below.empty() || neighbours_.above.empty() ? 1 : 2;
      sum += (above - below) * view_.depth_mm / (distances * neighbours_.distance_mm) /
             std::hypot(1, skin.slope(t));
      count += 1;
    }
    return std::abs(sum / count) * options_.slice_thickness_mm > options_.slant_blur_mm;
  }

  const ImagePlane& plane_;
  const NeighbourPlanes& neighbours_;
  const SkinEdgeOptions& options_;
  const View view_;
  std::vector<std::ptrdiff_t> first_;  ///< depth of the first pixel of the body [line], -1 for none
  std::vector<double> depths_;         ///< of the skin in pixels [line]
};

}  // namespace

EdgeProfile skin_profile(const ImagePlane& plane, std::span<const std::uint8_t> body,
                         const NeighbourPlanes& neighbours, const SkinEdgeOptions& options) {
  EdgeProfile profile;
  const auto bins =
      static_cast<std::size_t>(std::ceil((options.outside_mm + options.inside_mm) / options.bin_mm));
  profile.sum.assign(bins, 0);
  profile.count.assign(bins, 0);
  for (const View& view : views_of(plane)) SideOfBody(plane, body, neighbours, options, view).add_to(profile);
  return profile;
}

}  // namespace snitt::quality
