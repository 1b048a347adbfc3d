#include "reconstruction/image_region.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace snitt::reconstruction {
namespace {

std::array<std::int64_t, 4> clip_bounds(std::size_t rows, std::size_t columns,
                                        const std::optional<ClipRectangle>& clip) {
  const auto last_u = static_cast<std::int64_t>(columns) - 1;
  const auto last_v = static_cast<std::int64_t>(rows) - 1;
  if (!clip) return {0, 0, last_u, last_v};
  const std::array<std::int64_t, 4> bounds{
      std::max<std::int64_t>(0, clip->u), std::max<std::int64_t>(0, clip->v),
      std::min(last_u, clip->u + clip->width), std::min(last_v, clip->v + clip->height)};
  if (clip->width < 0 || clip->height < 0 || bounds[0] > bounds[2] || bounds[1] > bounds[3])
    throw UsageError("clip rectangle {} {} {} {} px leaves nothing of frames of {} columns and {} rows",
                     clip->u, clip->v, clip->width, clip->height, columns, rows);
  return bounds;
}

/// Membership of single pixels in a fan, with everything that does not depend on the pixel worked out before.
class FanTest {
 public:
  explicit FanTest(const Fan& fan) : fan_(fan) {
    const auto tangent = [](double degrees) { return std::tan(degrees * std::numbers::pi / 180); };
    if (!(fan.angles_deg[0] > -90 && fan.angles_deg[1] < 90 && fan.angles_deg[0] < fan.angles_deg[1]))
      throw UsageError("fan angles are {} and {} degrees; expected rising angles between -90 and 90",
                       fan.angles_deg[0], fan.angles_deg[1]);
    if (!(fan.radii_px[0] >= 0 && fan.radii_px[0] < fan.radii_px[1]))
      throw UsageError("fan radii are {} and {} px; expected rising radii that are not negative",
                       fan.radii_px[0], fan.radii_px[1]);
    tangent_ = {tangent(fan.angles_deg[0]), tangent(fan.angles_deg[1])};
  }

  bool operator()(std::int64_t u, std::int64_t v) const {
    const double du = static_cast<double>(u) - fan_.apex_px[0];
    const double dv = static_cast<double>(v) - fan_.apex_px[1];
    if (dv < 0) return false;
    // du / dv against the tangents without a quotient that is undefined in the apex's row.
    if (du < tangent_[0] * dv || du > tangent_[1] * dv) return false;
    const double r2 = du * du + dv * dv;
    return r2 >= fan_.radii_px[0] * fan_.radii_px[0] && r2 <= fan_.radii_px[1] * fan_.radii_px[1];
  }

 private:
  Fan fan_;
  std::array<double, 2> tangent_{};
};

}  // namespace

ImageRegion::ImageRegion(std::size_t rows, std::size_t columns, const RegionOptions& options)
    : rows_(rows), columns_(columns), reject_below_(options.reject_below) {
  if (rows == 0 || columns == 0)
    throw InputError("frames have {} rows and {} columns; expected images", rows, columns);
  if (!options.mask.empty() && options.mask.size() != rows * columns)
    throw InputError("the mask has {} pixels; expected {} columns x {} rows as the frames have",
                     options.mask.size(), columns, rows);
  bounds_ = clip_bounds(rows, columns, options.clip);
  std::optional<FanTest> fan;
  if (options.fan) fan.emplace(*options.fan);

  row_start_.assign(rows + 1, 0);
  for (std::size_t v = 0; v < rows; ++v) {
    row_start_[v] = intervals_.size();
    const auto row = static_cast<std::int64_t>(v);
    if (row < bounds_[1] || row > bounds_[3]) continue;
    bool open = false;
    for (std::int64_t u = bounds_[0]; u <= bounds_[2]; ++u) {
      const bool inside =
          (!fan || (*fan)(u, row)) &&
          (options.mask.empty() || options.mask[v * columns + static_cast<std::size_t>(u)] != 0);
      if (inside && !open) intervals_.push_back({static_cast<std::int32_t>(u), static_cast<std::int32_t>(u)});
      if (inside) intervals_.back().end = static_cast<std::int32_t>(u) + 1, ++pixels_;
      open = inside;
    }
  }
  row_start_[rows] = intervals_.size();
  if (pixels_ == 0)
    throw UsageError(
        "clip rectangle, fan and mask together leave no pixel of frames of {} columns and {} rows", columns,
        rows);
}

bool ImageRegion::contains(std::int64_t u, std::int64_t v) const {
  if (v < 0 || v >= static_cast<std::int64_t>(rows_)) return false;
  const auto intervals = row(static_cast<std::size_t>(v));
  return std::any_of(intervals.begin(), intervals.end(),
                     [u](const PixelInterval& i) { return u >= i.first && u < i.end; });
}

std::vector<std::uint8_t> ImageRegion::to_mask() const {
  std::vector<std::uint8_t> mask(rows_ * columns_, 0);
  for (std::size_t v = 0; v < rows_; ++v)
    for (const PixelInterval& i : row(v))
      std::fill(mask.begin() + static_cast<std::ptrdiff_t>(v * columns_) + i.first,
                mask.begin() + static_cast<std::ptrdiff_t>(v * columns_) + i.end, std::uint8_t{1});
  return mask;
}

}  // namespace snitt::reconstruction
