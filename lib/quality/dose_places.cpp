#include "quality/dose_places.hpp"

#include <cmath>
#include <map>
#include <utility>

namespace snitt::quality {
namespace {

constexpr double place_mm = 60;
constexpr double known_to = 0.05;

struct Sums {
  double input = 0;
  double added = 0;
  double patches = 0;
};

double variance_of(const std::vector<float>& values, std::size_t size) {
  ImagePlane plane;
  plane.hu = values;
  plane.rows = plane.columns = size;
  return noise_power(std::vector<ImagePlane>{plane}, std::vector<SquareRegion>{{0, 0, 0, size}}).variance_hu2;
}

}  // namespace

PlaceDeviation worst_place(const DoseEvidence& e) {
  PlaceDeviation worst;
  if (!e.patches.power) return worst;
  std::map<std::pair<int, int>, Sums> places;
  Sums all;
  const std::size_t size = e.patches.size;
  for (const UniformPatch& patch : e.patches.patches) {
    const ImagePlane& before = e.before.planes[patch.slice];
    const ImagePlane& after = e.after.planes[patch.slice];
    std::vector<float> input;
    std::vector<float> added;
    for (std::size_t r = patch.row; r < patch.row + size; ++r)
      for (std::size_t c = patch.column; c < patch.column + size; ++c) {
        input.push_back(before.at(r, c));
        added.push_back(after.at(r, c) - before.at(r, c));
      }
    // The middle of the image is the middle of a place.
    const auto place = [&](std::size_t first, std::size_t pixels, double spacing_mm) {
      const double from_middle =
          static_cast<double>(first) + 0.5 * static_cast<double>(size) - 0.5 * static_cast<double>(pixels);
      return static_cast<int>(std::lround(from_middle * spacing_mm / place_mm));
    };
    const double input_variance = variance_of(input, size);
    const double added_variance = variance_of(added, size);
    for (Sums* sums : {&all, &places[{place(patch.row, before.rows, before.row_spacing_mm),
                                      place(patch.column, before.columns, before.column_spacing_mm)}]}) {
      sums->input += input_variance;
      sums->added += added_variance;
      sums->patches += 1;
    }
  }
  if (!(all.input > 0 && all.added > 0)) return worst;
  double shared = 1;
  for (std::size_t d = 1; d < e.texture.slice_correlation.size(); ++d)
    shared += 2 * e.texture.slice_correlation[d] * e.texture.slice_correlation[d];
  const double values = independent_values(*e.patches.power) / shared;
  for (const auto& [at, sums] : places) {
    // Both variances have the relative error root(2 / n), their ratio's root half of both together.
    const double error = 1 / std::sqrt(sums.patches * values);
    if (error > known_to || !(sums.input > 0)) continue;
    const double ratio = std::sqrt(sums.added / sums.input * all.input / all.added);
    if (worst.known && std::abs(ratio - 1) <= std::abs(worst.ratio - 1)) continue;
    worst = {ratio, error, at.second * place_mm, at.first * place_mm, true};
  }
  return worst;
}

}  // namespace snitt::quality
