#include <algorithm>
#include <cmath>
#include <limits>

#include "quality/body_section.hpp"
#include "quality/noise_level.hpp"
#include "quality/pixel_runs.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double tile_mm = 20;  ///< from one to the next; each is twice as wide
constexpr double body_hu = -250;
constexpr std::size_t fewest_deviations = 50;

double lower_decile(std::vector<float>& values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 10);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Whether all eight neighbours have the value of the pixel.
bool is_flat(const ImagePlane& plane, std::size_t row, std::size_t column) {
  const float value = plane.at(row, column);
  for (std::size_t r = row > 0 ? row - 1 : 0; r <= std::min(row + 1, plane.rows - 1); ++r)
    for (std::size_t c = column > 0 ? column - 1 : 0; c <= std::min(column + 1, plane.columns - 1); ++c)
      if (plane.at(r, c) != value) return false;
  return true;
}

/// Sets to 0 what is no body: specks, and couches, which are shells around foam and air.
void keep_bodies(std::vector<std::uint8_t>& mask, const ImagePlane& plane, std::span<const float> hu) {
  const BodyOptions rule;
  constexpr double smallest_mm2 = 500;  // an arm
  struct Component {
    double pixels = 0;
    double sum_hu = 0;
    std::uint32_t left = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t right = 0;
    std::uint32_t top = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t bottom = 0;
  };
  const PixelRuns found = runs_of(mask, plane.columns, 1);
  std::vector<Component> components(found.components);
  for (const PixelRun& run : found.runs) {
    Component& c = components[run.component];
    c.pixels += run.end - run.begin;
    for (std::uint32_t i = run.begin; i < run.end; ++i) c.sum_hu += double{hu[run.row * plane.columns + i]};
    c.left = std::min(c.left, run.begin);
    c.right = std::max(c.right, run.end);
    c.top = std::min(c.top, run.row);
    c.bottom = std::max(c.bottom, run.row + 1);
  }
  for (const PixelRun& run : found.runs) {
    const Component& c = components[run.component];
    const double box = static_cast<double>(c.right - c.left) * static_cast<double>(c.bottom - c.top);
    const bool is_body = c.pixels * plane.row_spacing_mm * plane.column_spacing_mm >= smallest_mm2 &&
                         c.sum_hu >= rule.lightest_hu * c.pixels && c.pixels >= rule.smallest_fill * box;
    if (is_body) continue;
    const auto row = mask.begin() + static_cast<std::ptrdiff_t>(run.row * plane.columns);
    std::fill(row + run.begin, row + run.end, std::uint8_t{0});
  }
}

/// Deviations of 0 are left out: there is no noise, which other pixels of the tile may have.
double tile_value(const NoiseRegions& regions, const ImagePlane& plane, std::size_t row, std::size_t row_end,
                  std::size_t column, std::size_t column_end, const std::vector<std::uint8_t>& inside) {
  std::vector<float> found;
  for (std::size_t r = row; r < row_end; ++r)
    for (std::size_t c = column; c < column_end; ++c) {
      const std::size_t i = r * plane.columns + c;
      if (inside[i] != 0 && regions.noisy[i] != 0 && regions.local.deviation_hu[i] > 0)
        found.push_back(regions.local.deviation_hu[i]);
    }
  return found.size() >= fewest_deviations ? lower_decile(found) : nan;
}

std::size_t tile_count(std::size_t pixels, double spacing_mm) {
  return std::max<std::size_t>(
      1, static_cast<std::size_t>(std::lround(static_cast<double>(pixels) * spacing_mm / tile_mm)));
}

using Grid = std::vector<std::vector<double>>;  ///< [slice][tile]

/// Weighted mean over the tiles around that are known; repeated until all are, where any is.
void fill(Grid& grid, std::size_t rows, std::size_t columns) {
  const auto slices = grid.size();
  for (bool changed = true; changed;) {
    changed = false;
    Grid next = grid;
    for (std::size_t k = 0; k < slices; ++k)
      for (std::size_t i = 0; i < rows * columns; ++i) {
        if (!std::isnan(grid[k][i])) continue;
        double sum = 0;
        double count = 0;
        const auto add = [&](std::size_t slice, std::size_t tile) {
          if (std::isnan(grid[slice][tile])) return;
          sum += grid[slice][tile];
          count += 1;
        };
        if (i % columns > 0) add(k, i - 1);
        if (i % columns + 1 < columns) add(k, i + 1);
        if (i >= columns) add(k, i - columns);
        if (i + columns < rows * columns) add(k, i + columns);
        if (k > 0) add(k - 1, i);
        if (k + 1 < slices) add(k + 1, i);
        if (count == 0) continue;
        next[k][i] = sum / count;
        changed = true;
      }
    grid = std::move(next);
  }
}

/// 1 2 1 along one direction, the ends repeated.
template <typename At>
void smooth_line(std::size_t count, const At& at) {
  if (count < 2) return;
  double last = at(0);
  for (std::size_t i = 0; i < count; ++i) {
    const double here = at(i);
    const double next = i + 1 < count ? at(i + 1) : here;
    at(i) = (last + 2 * here + next) / 4;
    last = here;
  }
}

void smooth(Grid& grid, std::size_t rows, std::size_t columns) {
  for (auto& slice : grid) {
    for (std::size_t r = 0; r < rows; ++r)
      smooth_line(columns, [&](std::size_t i) -> double& { return slice[r * columns + i]; });
    for (std::size_t c = 0; c < columns; ++c)
      smooth_line(rows, [&](std::size_t i) -> double& { return slice[i * columns + c]; });
  }
  for (std::size_t t = 0; t < rows * columns; ++t)
    smooth_line(grid.size(), [&](std::size_t i) -> double& { return grid[i][t]; });
}

/// Level of each slice over that of the others, from the tiles that it has: noise may change from one slice
/// to the next (modulated current), and smoothing along z must not spread that.
std::vector<double> slice_factors(const Grid& grid, std::size_t tiles) {
  constexpr std::size_t fewest_tiles = 6;  // each known to some percent
  std::vector<double> sums(tiles, 0);
  std::vector<double> counts(tiles, 0);
  for (const auto& slice : grid)
    for (std::size_t t = 0; t < tiles; ++t) {
      if (!(slice[t] > 0)) continue;
      sums[t] += slice[t];
      counts[t] += 1;
    }
  std::vector<double> factors;
  for (const auto& slice : grid) {
    double own = 0;
    double usual = 0;
    std::size_t known = 0;
    for (std::size_t t = 0; t < tiles; ++t) {
      if (!(slice[t] > 0)) continue;
      own += slice[t];
      usual += sums[t] / counts[t];
      known += 1;
    }
    factors.push_back(known >= fewest_tiles ? own / usual : 1);
  }
  return factors;
}

void scale(Grid& grid, const std::vector<double>& factors, bool divide) {
  for (std::size_t k = 0; k < grid.size(); ++k)
    for (double& value : grid[k]) value *= divide ? 1 / factors[k] : factors[k];
}

}  // namespace

NoiseRegions noise_regions(const ImagePlane& plane, const LocalKernel& kernel) {
  NoiseRegions regions;
  const std::size_t n = plane.rows * plane.columns;
  std::vector<float> clipped(plane.hu.begin(), plane.hu.end());
  for (float& value : clipped) value = value >= -1024.0F ? value : -1024.0F;
  ImagePlane bounded = plane;
  bounded.hu = clipped;
  regions.local = local_statistics(bounded, kernel);
  regions.body.resize(n);
  regions.noisy.assign(n, 1);
  for (std::size_t i = 0; i < n; ++i) {
    const float mean = regions.local.mean_hu[i];
    regions.body[i] = (std::isnan(mean) ? clipped[i] : mean) >= static_cast<float>(body_hu) ? 1 : 0;
  }
  fill_holes(regions.body, plane.columns);
  keep_bodies(regions.body, plane, clipped);
  const float corner = plane.at(0, 0);
  const bool padded = corner < -1024.0F && plane.at(0, plane.columns - 1) == corner &&
                      plane.at(plane.rows - 1, 0) == corner &&
                      plane.at(plane.rows - 1, plane.columns - 1) == corner;
  for (std::size_t r = 0; r < plane.rows; ++r)
    for (std::size_t c = 0; c < plane.columns; ++c) {
      const std::size_t i = r * plane.columns + c;
      const bool is_padding = padded && plane.hu[i] == corner;
      // Within tissue a few neighbours may be equal by chance.
      const bool set_to_one_value =
          regions.local.deviation_hu[i] == 0 || (plane.hu[i] <= -1000.0F && is_flat(plane, r, c));
      if (is_padding || set_to_one_value) regions.noisy[i] = 0;
    }
  return regions;
}

NoiseTiles noise_tiles(const ImagePlane& plane, const NoiseRegions& regions, const LocalKernel& kernel) {
  // Kernels on the skin see its edge.
  const std::size_t row_reach =
      kernel.row_reach + static_cast<std::size_t>(std::ceil(2 / plane.row_spacing_mm));
  const std::size_t column_reach =
      kernel.column_reach + static_cast<std::size_t>(std::ceil(2 / plane.column_spacing_mm));
  const std::vector<std::uint8_t> body = eroded(regions.body, plane.columns, row_reach, column_reach);
  std::vector<std::uint8_t> air = regions.body;
  for (std::uint8_t& value : air) value = 1 - value;
  air = eroded(air, plane.columns, row_reach, column_reach);
  NoiseTiles tiles;
  tiles.rows = tile_count(plane.rows, plane.row_spacing_mm);
  tiles.columns = tile_count(plane.columns, plane.column_spacing_mm);
  for (std::size_t j = 0; j < tiles.rows; ++j)
    for (std::size_t i = 0; i < tiles.columns; ++i) {
      // Half a tile beyond its own part to every side.
      const auto part = [](std::size_t index, std::size_t count, std::size_t pixels, double shift) {
        const double at = (static_cast<double>(index) + shift) / static_cast<double>(count);
        return static_cast<std::size_t>(std::lround(std::clamp(at, 0.0, 1.0) * static_cast<double>(pixels)));
      };
      const std::size_t row = part(j, tiles.rows, plane.rows, -0.5);
      const std::size_t row_end = part(j, tiles.rows, plane.rows, 1.5);
      const std::size_t column = part(i, tiles.columns, plane.columns, -0.5);
      const std::size_t column_end = part(i, tiles.columns, plane.columns, 1.5);
      tiles.body.push_back(tile_value(regions, plane, row, row_end, column, column_end, body));
      tiles.air.push_back(tile_value(regions, plane, row, row_end, column, column_end, air));
    }
  return tiles;
}

double decile_of(const ImagePlane& noise, const LocalKernel& kernel) {
  std::vector<float> deviations = local_statistics(noise, kernel).deviation_hu;
  std::erase_if(deviations, [](float d) { return std::isnan(d); });
  return deviations.empty() ? nan : lower_decile(deviations);
}

std::vector<NoiseTiles> smoothed(const std::vector<NoiseTiles>& tiles) {
  std::vector<NoiseTiles> out = tiles;
  if (tiles.empty()) return out;
  const std::size_t rows = tiles.front().rows;
  const std::size_t columns = tiles.front().columns;
  for (std::vector<double> NoiseTiles::*part : {&NoiseTiles::body, &NoiseTiles::air}) {
    Grid grid;
    for (const NoiseTiles& t : tiles) grid.push_back(t.*part);
    const std::vector<double> factors = slice_factors(grid, rows * columns);
    scale(grid, factors, true);
    fill(grid, rows, columns);
    smooth(grid, rows, columns);
    scale(grid, factors, false);
    for (std::size_t k = 0; k < out.size(); ++k) out[k].*part = grid[k];
  }
  return out;
}

std::vector<float> noise_level(const ImagePlane& plane, const NoiseRegions& regions,
                               const NoiseTiles& tiles) {
  std::vector<float> level(plane.rows * plane.columns, 0.0F);
  const auto place = [](std::size_t pixel, std::size_t pixels, std::size_t count, std::size_t& index) {
    const double at = std::clamp(
        (static_cast<double>(pixel) + 0.5) / static_cast<double>(pixels) * static_cast<double>(count) - 0.5,
        0.0, static_cast<double>(count - 1));
    index = std::min(static_cast<std::size_t>(at), count > 1 ? count - 2 : 0);
    return at - static_cast<double>(index);
  };
  for (std::size_t r = 0; r < plane.rows; ++r) {
    std::size_t j = 0;
    const double t = place(r, plane.rows, tiles.rows, j);
    const std::size_t below = std::min(j + 1, tiles.rows - 1);
    for (std::size_t c = 0; c < plane.columns; ++c) {
      const std::size_t pixel = r * plane.columns + c;
      if (regions.noisy[pixel] == 0) continue;
      std::size_t i = 0;
      const double s = place(c, plane.columns, tiles.columns, i);
      const std::size_t right = std::min(i + 1, tiles.columns - 1);
      const std::vector<double>& values = regions.body[pixel] != 0 ? tiles.body : tiles.air;
      const double value =
          (1 - t) * ((1 - s) * values[j * tiles.columns + i] + s * values[j * tiles.columns + right]) +
          t * ((1 - s) * values[below * tiles.columns + i] + s * values[below * tiles.columns + right]);
      level[pixel] = std::isnan(value) ? 0.0F : static_cast<float>(value);
    }
  }
  return level;
}

}  // namespace snitt::quality
