#include <cmath>
#include <cstring>

#include "quality/contour.hpp"

namespace snitt::quality {
namespace {

constexpr std::ptrdiff_t reach = 3;  // pixels that the normal is taken from

/// The component with a margin, so that windows never leave it.
class Mask {
 public:
  Mask(const std::vector<PixelRun>& runs, std::size_t rows, std::size_t columns)
      : rows_(static_cast<std::ptrdiff_t>(rows)),
        columns_(static_cast<std::ptrdiff_t>(columns)),
        stride_(columns_ + 2 * reach),
        pixels_(static_cast<std::size_t>(stride_ * (rows_ + 2 * reach)), 0) {
    for (const PixelRun& run : runs)
      std::memset(&pixels_[static_cast<std::size_t>(index(run.row, run.begin))], 1, run.end - run.begin);
  }
  const std::uint8_t* at(std::ptrdiff_t row, std::ptrdiff_t column) const {
    return &pixels_[static_cast<std::size_t>(index(row, column))];
  }
  std::ptrdiff_t stride() const { return stride_; }
  bool in_image(std::ptrdiff_t row, std::ptrdiff_t column) const {
    return row >= 0 && column >= 0 && row < rows_ && column < columns_;
  }

 private:
  std::ptrdiff_t index(std::ptrdiff_t row, std::ptrdiff_t column) const {
    return (row + reach) * stride_ + column + reach;
  }
  std::ptrdiff_t rows_;
  std::ptrdiff_t columns_;
  std::ptrdiff_t stride_;
  std::vector<std::uint8_t> pixels_;
};

/// Cosines {along x, along y} of the contour's normal at a pixel; {1, 1} where none can be told.
std::array<double, 2> normal_at(const Mask& mask, std::ptrdiff_t row, std::ptrdiff_t column,
                                const std::array<double, 2>& spacing_mm) {
  int x = 0;
  int y = 0;
  const std::uint8_t* centre = mask.at(row, column);
  for (std::ptrdiff_t dy = -reach; dy <= reach; ++dy)
    for (std::ptrdiff_t dx = -reach; dx <= reach; ++dx) {
      const int inside = dx * dx + dy * dy <= reach * reach + reach ? centre[dy * mask.stride() + dx] : 0;
      x += inside * static_cast<int>(dx);
      y += inside * static_cast<int>(dy);
    }
  const double along_x = std::abs(x) / spacing_mm[0];
  const double along_y = std::abs(y) / spacing_mm[1];
  const double length = std::hypot(along_x, along_y);
  if (length == 0) return {1, 1};
  return {along_x / length, along_y / length};
}

}  // namespace

ContourLength contour_length(const std::vector<PixelRun>& runs, std::size_t rows, std::size_t columns,
                             const std::array<double, 2>& spacing_mm,
                             const std::function<bool(std::size_t, std::size_t)>& is_edge) {
  const Mask mask(runs, rows, columns);
  ContourLength length;
  const auto add_sides_of = [&](std::ptrdiff_t row, std::ptrdiff_t column) {
    const std::array<double, 2> normal = normal_at(mask, row, column, spacing_mm);
    const auto add = [&](std::ptrdiff_t dy, std::ptrdiff_t dx) {
      if (*mask.at(row + dy, column + dx) != 0) return;
      const bool in_image = mask.in_image(row + dy, column + dx);
      const double side_mm = dx != 0 ? spacing_mm[1] : spacing_mm[0];
      // The image's rim is straight.
      const double part = in_image ? side_mm * (dx != 0 ? normal[0] : normal[1]) : side_mm;
      length.whole_mm += part;
      if (!in_image || is_edge(static_cast<std::size_t>(row + dy), static_cast<std::size_t>(column + dx)))
        length.on_edge_mm += part;
    };
    add(0, -1);
    add(0, 1);
    add(-1, 0);
    add(1, 0);
  };
  for (const PixelRun& run : runs) {
    const auto row = static_cast<std::ptrdiff_t>(run.row);
    for (std::ptrdiff_t column = run.begin; column < static_cast<std::ptrdiff_t>(run.end); ++column) {
      const std::uint8_t* pixel = mask.at(row, column);
      const int around = pixel[-1] + pixel[1] + pixel[-mask.stride()] + pixel[mask.stride()];
      if (around < 4) add_sides_of(row, column);
    }
  }
  return length;
}

}  // namespace snitt::quality
