#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "quality/body_section.hpp"
#include "quality/contour.hpp"
#include "quality/field_circle.hpp"
#include "quality/pixel_runs.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double lowest_hu = -1024;
constexpr double highest_hu = 20000;
constexpr double truncated_from = 0.01;  // of the contour: less changes the diameter by a millionth

template <typename T>
struct Plane {
  std::span<const T> values;  ///< [row, column]
  std::size_t columns;
  std::size_t rows;
  std::array<double, 2> spacing_mm;  ///< {x, y}
};

struct Candidate {
  std::size_t pixels = 0;
  std::size_t beyond = 0;
  double sum_hu = 0;
  std::size_t first_row = std::numeric_limits<std::size_t>::max();
  std::size_t last_row = 0;
  std::size_t first_column = std::numeric_limits<std::size_t>::max();
  std::size_t last_column = 0;
  double mean_hu() const { return sum_hu / static_cast<double>(pixels); }
  std::size_t width() const { return last_column - first_column + 1; }
  std::size_t height() const { return last_row - first_row + 1; }
};

template <typename T>
void add_clipped(const T* values, std::size_t count, Candidate& candidate) {
  double sum = 0;
  std::size_t beyond = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(values[i]);
    beyond += value > highest_hu ? 1 : 0;
    sum += value >= lowest_hu ? std::min(value, highest_hu) : lowest_hu;
  }
  candidate.pixels += count;
  candidate.sum_hu += sum;
  candidate.beyond += beyond;
}

template <typename T>
std::vector<Candidate> candidates_of(const PixelRuns& tissue, const Plane<T>& plane) {
  std::vector<Candidate> candidates(tissue.components);
  for (const PixelRun& run : tissue.runs) {
    Candidate& c = candidates[run.component];
    add_clipped(&plane.values[run.row * plane.columns + run.begin], run.end - run.begin, c);
    c.first_row = std::min<std::size_t>(c.first_row, run.row);
    c.last_row = std::max<std::size_t>(c.last_row, run.row);
    c.first_column = std::min<std::size_t>(c.first_column, run.begin);
    c.last_column = std::max<std::size_t>(c.last_column, run.end - 1);
  }
  return candidates;
}

bool is_body(const Candidate& c, double pixel_mm2, const BodyOptions& options) {
  const auto pixels = static_cast<double>(c.pixels);
  return pixels * pixel_mm2 >= options.smallest_area_mm2 && c.mean_hu() >= options.lightest_hu &&
         pixels >= options.smallest_fill * static_cast<double>(c.width() * c.height());
}

/// Tells pixels beyond the circle of reconstruction.
template <typename T>
class Padding {
 public:
  explicit Padding(const Plane<T>& plane) : plane_(plane) {
    const auto& v = plane.values;
    const T corner = v[0];
    const auto same = [&](T value) { return value == corner || (value != value && corner != corner); };
    exists_ = !(static_cast<double>(corner) > lowest_hu) && same(v[plane.columns - 1]) && same(v.back()) &&
              same(v[v.size() - plane.columns]);
    // Air cut off at -1024 HU looks like padding with -1024 HU: only at the inscribed circle is it one.
    only_at_circle_ = static_cast<double>(corner) == lowest_hu;
  }
  bool operator()(std::size_t row, std::size_t column) const {
    const T value = plane_.values[row * plane_.columns + column];
    if (!exists_ || !(value == plane_.values[0] || value != value)) return false;
    if (!only_at_circle_) return true;
    const double x = static_cast<double>(column) - (static_cast<double>(plane_.columns) - 1) / 2;
    const double y = static_cast<double>(row) - (static_cast<double>(plane_.rows) - 1) / 2;
    return std::hypot(x, y) > static_cast<double>(std::min(plane_.columns, plane_.rows)) / 2 - 2;
  }

 private:
  const Plane<T>& plane_;
  bool exists_;
  bool only_at_circle_;
};

/// Largest distance from the image's centre of a pixel that has not the value of all four corners; 0 when
/// they differ, when they are no air, and when the circle does not fit into the image.
template <typename T>
double constant_beyond_mm(const Plane<T>& plane, double threshold_hu) {
  const T corner = plane.values[0];
  const std::size_t last = plane.columns - 1;
  const auto same = [&](T value) { return value == corner; };
  if (!(static_cast<double>(corner) < threshold_hu) || !same(plane.values[last]) ||
      !same(plane.values.back()) || !same(plane.values[plane.values.size() - plane.columns]))
    return 0;
  const double middle = static_cast<double>(last) / 2;
  const double fits_mm = (std::min(static_cast<double>(plane.columns) * plane.spacing_mm[0],
                                   static_cast<double>(plane.rows) * plane.spacing_mm[1]) +
                          std::max(plane.spacing_mm[0], plane.spacing_mm[1])) /
                         2;
  double radius_mm = 0;
  for (std::size_t row = 0; row < plane.rows; ++row) {
    const auto values = plane.values.subspan(row * plane.columns, plane.columns);
    std::size_t begin = 0;
    while (begin <= last && same(values[begin])) ++begin;
    if (begin > last) continue;
    std::size_t end = last;
    while (same(values[end])) --end;
    const double across =
        std::max(std::abs(static_cast<double>(begin) - middle), std::abs(static_cast<double>(end) - middle));
    const double down = static_cast<double>(row) - (static_cast<double>(plane.rows) - 1) / 2;
    radius_mm = std::max(radius_mm, std::hypot(across * plane.spacing_mm[0], down * plane.spacing_mm[1]));
    if (radius_mm > fits_mm) return 0;
  }
  return radius_mm;
}

/// With what the image's rim, padding and a circle of air hide.
template <typename T>
ContourLength contour_of(const PixelRuns& body, const Plane<T>& plane, double threshold_hu) {
  const Padding<T> padding(plane);
  const auto length = [&](const auto& is_edge) {
    return contour_length(body.runs, plane.rows, plane.columns, plane.spacing_mm, is_edge);
  };
  const double radius_mm = constant_beyond_mm(plane, threshold_hu);
  if (radius_mm == 0) return length(std::cref(padding));
  std::vector<PixelIndex> outside;
  const ContourLength plain = length([&](std::size_t row, std::size_t column) {
    outside.push_back({row, column});
    return padding(row, column);
  });
  const FieldCircle circle(plane.rows, plane.columns, plane.spacing_mm, radius_mm, outside);
  if (!circle.cuts_anywhere()) return plain;
  return length(
      [&](std::size_t row, std::size_t column) { return padding(row, column) || circle.cuts(row, column); });
}

void fill_in(const Candidate& c, const std::array<double, 2>& spacing_mm, bool turned, BodySection& section) {
  section.area_mm2 = static_cast<double>(c.pixels) * spacing_mm[0] * spacing_mm[1];
  section.mean_hu = c.mean_hu();
  section.beyond_tissue = c.beyond;
  const double water_mm2 = (section.mean_hu / 1000 + 1) * section.area_mm2;
  section.water_equivalent_diameter_mm = 2 * std::sqrt(std::max(0.0, water_mm2) / std::numbers::pi);
  const double along_rows = static_cast<double>(c.width()) * spacing_mm[0];
  const double along_columns = static_cast<double>(c.height()) * spacing_mm[1];
  section.lateral_mm = turned ? along_columns : along_rows;
  section.ap_mm = turned ? along_rows : along_columns;
  section.effective_diameter_mm = std::sqrt(along_rows * along_columns);
}

/// Index of the largest component that is a body, else of the largest.
std::size_t chosen(const std::vector<Candidate>& candidates, double pixel_mm2, const BodyOptions& options,
                   BodySection& section) {
  std::size_t best = 0;
  bool best_is_body = false;
  std::size_t body_pixels = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const bool body = is_body(candidates[i], pixel_mm2, options);
    if (body) body_pixels += candidates[i].pixels;
    if (body > best_is_body || (body == best_is_body && candidates[i].pixels > candidates[best].pixels)) {
      best = i;
      best_is_body = body;
    }
  }
  section.status = best_is_body ? SectionStatus::body : SectionStatus::no_body;
  if (best_is_body)
    section.other_area_mm2 = static_cast<double>(body_pixels - candidates[best].pixels) * pixel_mm2;
  return best;
}

template <typename T>
BodySection measure(const Plane<T>& plane, bool turned, const BodyOptions& options,
                    std::vector<std::uint8_t>& mask) {
  BodySection section;
  mask.resize(plane.values.size());
  // Singles: the compiler compares many at once. What is no number is not tissue.
  const auto threshold = static_cast<float>(options.threshold_hu);
  for (std::size_t i = 0; i < mask.size(); ++i)
    mask[i] = static_cast<std::uint8_t>(static_cast<float>(plane.values[i]) >= threshold);
  section.has_air = std::ranges::find(mask, 0) != mask.end();
  fill_holes(mask, plane.columns);
  PixelRuns tissue = runs_of(mask, plane.columns, 1);
  const std::vector<Candidate> candidates = candidates_of(tissue, plane);
  std::ranges::fill(mask, 0);
  if (candidates.empty()) return section;
  const std::size_t best = chosen(candidates, plane.spacing_mm[0] * plane.spacing_mm[1], options, section);
  fill_in(candidates[best], plane.spacing_mm, turned, section);

  std::erase_if(tissue.runs, [&](const PixelRun& run) { return run.component != best; });
  for (const PixelRun& run : tissue.runs)
    std::memset(&mask[run.row * plane.columns + run.begin], 1, run.end - run.begin);
  const ContourLength contour = contour_of(tissue, plane, options.threshold_hu);
  section.truncated_share = contour.on_edge_mm / contour.whole_mm;
  section.corrected_diameter_mm =
      corrected_for_truncation(section.water_equivalent_diameter_mm, section.truncated_share);
  if (section.status == SectionStatus::body && section.truncated_share >= truncated_from)
    section.status = SectionStatus::truncated;
  return section;
}

}  // namespace

BodySection::BodySection()
    : mean_hu(nan),
      water_equivalent_diameter_mm(nan),
      lateral_mm(nan),
      ap_mm(nan),
      effective_diameter_mm(nan),
      truncated_share(nan),
      corrected_diameter_mm(nan) {}

BodySection measure_section(const Volume& ct, std::size_t slice, bool turned, const BodyOptions& options,
                            std::vector<std::uint8_t>* mask) {
  std::vector<std::uint8_t> own;
  const auto& [columns, rows, slices] = ct.geometry.size;
  const std::size_t pixels = columns * rows;
  return visit_pixel_type(ct.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Plane<T> plane{ct.values<T>().subspan(slice * pixels, pixels),
                         columns,
                         rows,
                         {ct.geometry.spacing_mm.x, ct.geometry.spacing_mm.y}};
    return measure(plane, turned, options, mask != nullptr ? *mask : own);
  });
}

double corrected_for_truncation(double diameter_mm, double truncated_share) {
  constexpr double thorax = 1.15;
  return diameter_mm * std::exp(thorax * truncated_share * truncated_share * truncated_share);
}

const char* name_of(SectionStatus status) {
  switch (status) {
    case SectionStatus::body:
      return "body";
    case SectionStatus::truncated:
      return "truncated";
    case SectionStatus::no_body:
      break;
  }
  return "no body";
}

}  // namespace snitt::quality
