#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "quality/plane_window.hpp"
#include "quality/transfer_function.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double width_of_sigma = 2.354820045;  ///< full width at half maximum of a Gaussian
constexpr std::size_t frequencies = 256;

/// The pixel that stands out most from the median, of those within `search`.
RadialModel roughly_found(const PlaneWindow& window, double search) {
  std::vector<double> values;
  for (const WindowPixel& p : window.pixels) values.push_back(p.hu);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  RadialModel point;
  point.level_hu = *middle;
  for (const WindowPixel& p : window.pixels)
    if (std::hypot(p.x_mm, p.y_mm) <= search &&
        std::abs(p.hu - point.level_hu) > std::abs(point.contrast_hu)) {
      point.contrast_hu = p.hu - point.level_hu;
      point.x_mm = p.x_mm;
      point.y_mm = p.y_mm;
    }
  point.sigma_mm = window.pixel_mm;
  return point;
}

/// Transform of the object itself, of diameter 1 at frequency `f`.
double object_transform(double f, PointObject object) {
  const double x = pi * f;
  if (x < 1e-4) return 1;
  return object == PointObject::wire ? 2 * j1(x) / x : 3 * (std::sin(x) - x * std::cos(x)) / (x * x * x);
}

}  // namespace

TransferFunction point_transfer(std::span<const ImagePlane> planes, PlanePoint guess, double search_mm,
                                double object_diameter_mm, PointObject object) {
  if (!(search_mm > 0) || !(object_diameter_mm >= 0))
    throw InputError("point: search of {} mm and a diameter of {} mm; expected a positive search", search_mm,
                     object_diameter_mm);
  PlaneWindow window = plane_window(planes, guess, search_mm, "point");
  const double pixel = window.pixel_mm;
  window = plane_window(planes, guess, search_mm + 12 * pixel, "point");
  RadialModel point = roughly_found(window, search_mm);
  for (int pass = 0; pass < 3; ++pass)
    point = fitted(window, point, RadialShape::point, std::max(3 * pixel, 3 * point.sigma_mm));
  const double away = std::hypot(point.x_mm, point.y_mm);
  const double width = width_of_sigma * point.sigma_mm;
  if (!(away <= search_mm + pixel) || !(point.sigma_mm > 0.25 * pixel) || width > 12 * pixel)
    throw InputError(
        "point: what fits best near column {:.1f}, row {:.1f} is {:.2f} mm wide and {:.2f} mm away; expected "
        "a wire "
        "or bead within {:.2f} mm, between {:.2f} and {:.2f} mm wide",
        guess.column, guess.row, width, away, search_mm, 0.25 * width_of_sigma * pixel, 12 * pixel);
  TransferFunction transfer;
  transfer.centre = {guess.column + point.x_mm / planes.front().column_spacing_mm,
                     guess.row + point.y_mm / planes.front().row_spacing_mm};
  transfer.edge_width_mm = width;
  const double flat = 3 * width;
  const double end = 4 * width;
  const double ring_end = std::max(5.5 * width, end + 3 * pixel);
  window = plane_window(planes, transfer.centre, ring_end, "point");
  if (window.complete_mm < end + 2 * pixel)
    throw InputError(
        "point: at column {:.1f}, row {:.1f} the image ends {:.2f} mm away; expected {:.2f} mm or more "
        "around a point "
        "{:.2f} mm wide",
        transfer.centre.column, transfer.centre.row, window.complete_mm, end + 2 * pixel, width);
  const RingNoise ring = ring_noise(planes, window, 0, 0, end, ring_end);
  transfer.contrast_hu = point.level_hu + point.contrast_hu - ring.mean_hu;
  transfer.noise_hu = ring.averaged;
  transfer.contrast_to_noise =
      std::abs(transfer.contrast_hu) / ring.one_plane * std::sqrt(static_cast<double>(planes.size()));
  double shape_squares = 0;
  for (const WindowPixel& p : window.pixels)
    shape_squares += std::exp(-(p.x_mm * p.x_mm + p.y_mm * p.y_mm) / (point.sigma_mm * point.sigma_mm));
  const double significance = std::abs(point.contrast_hu) * std::sqrt(shape_squares) / ring.averaged;
  // In pure noise the best fit among some hundred places reaches 4 to 5 standard errors.
  if (!(significance >= 8))
    throw InputError(
        "point: near column {:.1f}, row {:.1f} what stands out most has {:.2f} HU over a noise of {:.2f} HU "
        "({:.1f} "
        "standard errors); expected 8 or more: no wire or bead is there",
        guess.column, guess.row, point.contrast_hu, ring.averaged, significance);

  const double highest =
      std::min(2.0, 0.5 / std::max(planes.front().row_spacing_mm, planes.front().column_spacing_mm));
  std::vector<double> frequency(frequencies);
  std::vector<double> value(frequencies);
  for (std::size_t k = 0; k < frequencies; ++k)
    frequency[k] = highest * static_cast<double>(k) / static_cast<double>(frequencies - 1);
  const double bin = 0.1 * pixel;
  std::vector<double> sum(static_cast<std::size_t>(end / bin) + 1);
  std::vector<double> count(sum.size());
  for (const WindowPixel& p : window.pixels) {
    const double r = std::hypot(p.x_mm, p.y_mm);
    if (r >= end) continue;
    const double hu = p.hu - ring.mean_hu;
    sum[static_cast<std::size_t>(r / bin)] += p.hu;
    count[static_cast<std::size_t>(r / bin)] += 1;
    const double weight = hu * (r <= flat ? 1 : 0.5 + 0.5 * std::cos(pi * (r - flat) / (end - flat)));
    for (std::size_t k = 0; k < frequencies; ++k) value[k] += weight * j0(2 * pi * frequency[k] * r);
  }
  const double total = value[0];
  for (std::size_t k = 0; k < frequencies; ++k) {
    const double own = object_transform(frequency[k] * object_diameter_mm, object);
    value[k] = own < 0.2 || (k > 0 && value[k - 1] == 0) ? 0 : std::abs(value[k] / total) / own;
  }
  const TransferFunction values = transfer_function_of(std::move(frequency), std::move(value));
  transfer.frequency_per_mm = values.frequency_per_mm;
  transfer.value = values.value;
  transfer.f50_per_mm = values.f50_per_mm;
  transfer.f10_per_mm = values.f10_per_mm;
  transfer.f02_per_mm = values.f02_per_mm;
  for (std::size_t k = 0; k < sum.size(); ++k) {
    if (count[k] == 0) continue;
    transfer.edge_distance_mm.push_back((static_cast<double>(k) + 0.5) * bin);
    transfer.edge_profile_hu.push_back(sum[k] / count[k]);
  }
  return transfer;
}

}  // namespace snitt::quality
