#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace snitt::reconstruction {

/// Pixels u … u+width and v … v+height, both ends included (as PLUS counts: a width of 820 at u = 0 covers an
/// image of 820 columns and would reach one further); the part outside the image is ignored.
struct ClipRectangle {
  std::int64_t u = 0;
  std::int64_t v = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
};

/// Sector of a curved or phased probe, in pixels and degrees from the +v axis (positive towards +u). A pixel
/// belongs to it when it does not lie above the apex and both its angle and its distance from the apex are
/// inside, borders included.
struct Fan {
  std::array<double, 2> apex_px{0, 0};        ///< {u, v}, may lie outside the image
  std::array<double, 2> angles_deg{-45, 45};  ///< {first, last}, within (-90, 90)
  std::array<double, 2> radii_px{0, 0};       ///< {start, stop}
};

/// What belongs to the image proper. Everything given must agree; nothing given means every pixel.
struct RegionOptions {
  std::optional<ClipRectangle> clip;
  std::optional<Fan> fan;
  std::vector<std::uint8_t> mask;  ///< [row, column], 0 outside; empty means no mask
  std::optional<double>
      reject_below;  ///< pixels with a smaller value carry no information (first component counts)
};

/// Columns first … end-1 of one row.
struct PixelInterval {
  std::int32_t first = 0;
  std::int32_t end = 0;
  friend bool operator==(const PixelInterval&, const PixelInterval&) = default;
};

/// The pixels of a frame that take part, as a list of intervals per row computed once, so that loops over
/// frames never test single pixels (except against reject_below, which depends on the values).
class ImageRegion {
 public:
  /// Throws UsageError for a rectangle or fan that leaves no pixel, bad angles or radii; InputError for a
  /// mask of another size.
  ImageRegion(std::size_t rows, std::size_t columns, const RegionOptions& options = {});

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::optional<double> reject_below() const { return reject_below_; }

  /// Intervals of row `v`, ascending, disjoint and not touching.
  std::span<const PixelInterval> row(std::size_t v) const {
    return {intervals_.data() + row_start_[v], row_start_[v + 1] - row_start_[v]};
  }
  bool contains(std::int64_t u, std::int64_t v) const;
  /// How many pixels take part.
  std::size_t pixels() const { return pixels_; }
  /// [row, column], 1 inside and 0 outside.
  std::vector<std::uint8_t> to_mask() const;
  /// First and last column and row of the clip rectangle within the image {u0, v0, u1, v1} (the whole image
  /// without one): the automatic output extent spans these corners, whatever fan and mask leave out.
  std::array<std::int64_t, 4> bounds_px() const { return bounds_; }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::optional<double> reject_below_;
  std::array<std::int64_t, 4> bounds_{};
  std::vector<PixelInterval> intervals_;
  std::vector<std::size_t> row_start_;
  std::size_t pixels_ = 0;
};

}  // namespace snitt::reconstruction
