#include <algorithm>
#include <cstring>
#include <numeric>

#include "quality/pixel_runs.hpp"

namespace snitt::quality {
namespace {

std::uint32_t root_of(std::vector<std::uint32_t>& parents, std::uint32_t i) {
  while (parents[i] != i) i = parents[i] = parents[parents[i]];
  return i;
}

/// The smaller index becomes the root, so that roots are first runs.
void join(std::vector<std::uint32_t>& parents, std::uint32_t a, std::uint32_t b) {
  a = root_of(parents, a);
  b = root_of(parents, b);
  parents[std::max(a, b)] = std::min(a, b);
}

/// Joins the runs of neighbouring rows [above, here) and [here, end) where they share a side.
void join_rows(const std::vector<PixelRun>& runs, std::size_t above, std::size_t here,
               std::vector<std::uint32_t>& parents) {
  const std::size_t first_here = here;
  while (above < first_here && here < runs.size()) {
    const PixelRun& a = runs[above];
    const PixelRun& b = runs[here];
    if (a.begin < b.end && b.begin < a.end)
      join(parents, static_cast<std::uint32_t>(above), static_cast<std::uint32_t>(here));
    a.end < b.end ? ++above : ++here;
  }
}

void append_row(const std::uint8_t* row, std::size_t columns, std::uint32_t number, std::uint8_t value,
                std::vector<PixelRun>& runs) {
  const int other = 1 - value;
  std::size_t at = 0;
  while (at < columns) {
    const void* begin = std::memchr(row + at, value, columns - at);
    if (begin == nullptr) return;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(begin) - row);
    const void* end = std::memchr(row + at, other, columns - at);
    const std::size_t stop =
        end == nullptr ? columns : static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - row);
    runs.push_back({number, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(stop), 0});
    at = stop;
  }
}

}  // namespace

PixelRuns runs_of(std::span<const std::uint8_t> mask, std::size_t columns, std::uint8_t value) {
  PixelRuns found;
  std::vector<PixelRun>& runs = found.runs;
  std::vector<std::uint32_t> parents;
  std::size_t above = 0;
  for (std::size_t row = 0; row * columns < mask.size(); ++row) {
    const std::size_t here = runs.size();
    append_row(&mask[row * columns], columns, static_cast<std::uint32_t>(row), value, runs);
    parents.resize(runs.size());
    std::iota(parents.begin() + static_cast<std::ptrdiff_t>(here), parents.end(),
              static_cast<std::uint32_t>(here));
    join_rows(runs, above, here, parents);
    above = here;
  }
  for (std::uint32_t i = 0; i < runs.size(); ++i) {
    const std::uint32_t root = root_of(parents, i);
    runs[i].component = root == i ? static_cast<std::uint32_t>(found.components++) : runs[root].component;
  }
  return found;
}

void fill_holes(std::span<std::uint8_t> mask, std::size_t columns) {
  const PixelRuns air = runs_of(mask, columns, 0);
  const std::size_t last_row = mask.size() / columns - 1;
  std::vector<std::uint8_t> open(air.components, 0);
  for (const PixelRun& run : air.runs)
    if (run.begin == 0 || run.end == columns || run.row == 0 || run.row == last_row) open[run.component] = 1;
  for (const PixelRun& run : air.runs)
    if (open[run.component] == 0) std::memset(&mask[run.row * columns + run.begin], 1, run.end - run.begin);
}

}  // namespace snitt::quality
