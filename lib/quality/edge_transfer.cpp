#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "base/error.hpp"
#include "quality/plane_window.hpp"
#include "quality/transfer_function.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double width_of_sigma = 2.072866776;  ///< 15 % to 85 % of the normal distribution

/// Where a disk of `radius` explains most of the variance around it.
RadialModel roughly_found(const PlaneWindow& window, double radius, double search) {
  RadialModel best;
  double best_share = -1;
  const double step = std::max(radius / 8, 0.5 * window.pixel_mm);
  const auto steps = static_cast<int>(std::floor(search / step));
  for (int j = -steps; j <= steps; ++j)
    for (int i = -steps; i <= steps; ++i) {
      const double x = i * step;
      const double y = j * step;
      if (x * x + y * y > search * search) continue;
      double n_in = 0;
      double n_out = 0;
      double in = 0;
      double out = 0;
      double squares = 0;
      for (const WindowPixel& p : window.pixels) {
        const double r2 = (p.x_mm - x) * (p.x_mm - x) + (p.y_mm - y) * (p.y_mm - y);
        if (r2 > 2.25 * radius * radius) continue;
        (r2 < radius * radius ? n_in : n_out) += 1;
        (r2 < radius * radius ? in : out) += p.hu;
        squares += p.hu * p.hu;
      }
      if (n_in < 1 || n_out < 1) continue;
      const double difference = in / n_in - out / n_out;
      const double total = squares - (in + out) * (in + out) / (n_in + n_out);
      const double share = total > 0 ? difference * difference * n_in * n_out / (n_in + n_out) / total : 0;
      if (share > best_share) {
        best_share = share;
        best.x_mm = x;
        best.y_mm = y;
        best.level_hu = out / n_out;
        best.contrast_hu = difference;
      }
    }
  best.radius_mm = radius;
  best.sigma_mm = std::max(window.pixel_mm, 0.05 * radius);
  return best;
}

struct Found {
  RadialModel disk;
  double end_mm = 0;  ///< of the profile
};

Found found(const PlaneWindow& window, PlanePoint guess, double radius, double search,
            const EdgeOptions& options) {
  RadialModel disk = roughly_found(window, radius, search);
  for (int pass = 0; pass < 2; ++pass) {
    disk = fitted(window, disk, RadialShape::disk, 1.6 * disk.radius_mm);
    const double away = std::hypot(disk.x_mm, disk.y_mm);
    if (!(disk.radius_mm > 0.5 * radius && disk.radius_mm < 1.5 * radius) ||
        !(away <= search + window.pixel_mm) || disk.sigma_mm > 0.7 * radius)
      throw InputError(
          "edge: what fits best near column {:.1f}, row {:.1f} is a disk of radius {:.2f} mm with a blur of "
          "{:.2f} "
          "mm, {:.2f} mm away; expected a rod of radius {:.2f} mm within {:.2f} mm",
          guess.column, guess.row, disk.radius_mm, disk.sigma_mm, away, radius, search);
  }
  const double free = window.complete_mm - std::hypot(disk.x_mm, disk.y_mm);
  const double end = std::min({std::max(options.outer_factor, 1.2) * disk.radius_mm, free,
                               options.outer_factor * radius + search - std::hypot(disk.x_mm, disk.y_mm)});
  const double needed = disk.radius_mm + 3 * disk.sigma_mm + 2 * window.pixel_mm;
  if (end < needed)
    throw InputError(
        "edge: the rod at column {:.1f}, row {:.1f} has {:.2f} mm around its centre that can be used; "
        "expected "
        "{:.2f} mm or more for its radius of {:.2f} mm and its blur (a larger outer factor, a smaller "
        "search)",
        guess.column, guess.row, end, needed, disk.radius_mm);
  return {disk, end};
}

struct Mean {
  double sum = 0;
  double count = 0;
  void add(double value) {
    sum += value;
    count += 1;
  }
  double value() const { return sum / count; }
};

/// A rod has its contrast all around; the rim of a body or a step has not.
void check_all_around(const PlaneWindow& window, const Found& rod, double contrast, double noise,
                      PlanePoint guess) {
  const RadialModel& d = rod.disk;
  const double pixels = pi * d.radius_mm * d.radius_mm / (window.pixel_mm * window.pixel_mm);
  const std::size_t sectors = pixels > 160 ? 8 : 4;
  std::vector<Mean> in(sectors);
  std::vector<Mean> out(sectors);
  const double inner_end = std::max(d.radius_mm - 1.5 * d.sigma_mm, 0.6 * d.radius_mm);
  const double outer_start = d.radius_mm + 1.5 * d.sigma_mm;
  const double outer_end = std::min(rod.end_mm, outer_start + 0.5 * d.radius_mm);
  for (const WindowPixel& p : window.pixels) {
    const double dx = p.x_mm - d.x_mm;
    const double dy = p.y_mm - d.y_mm;
    const double r = std::hypot(dx, dy);
    const double turn = (std::atan2(dy, dx) + pi) / (2 * pi);
    const auto k = std::min(sectors - 1, static_cast<std::size_t>(turn * static_cast<double>(sectors)));
    if (r < inner_end && r > 0.3 * d.radius_mm) in[k].add(p.hu);
    if (r >= outer_start && r < outer_end) out[k].add(p.hu);
  }
  for (std::size_t k = 0; k < sectors; ++k) {
    if (in[k].count < 1 || out[k].count < 1) continue;
    const double here = (in[k].value() - out[k].value()) * (contrast < 0 ? -1 : 1);
    // Noise of neighbouring pixels is correlated: as if every fourth counted.
    const double error = noise * std::sqrt(4 / in[k].count + 4 / out[k].count);
    if (here < 0.4 * std::abs(contrast) - 3 * error)
      throw InputError(
          "edge: at column {:.1f}, row {:.1f} there is no full circle: its contrast of {:.1f} HU is {:.1f} "
          "HU towards {:.0f} deg; expected a rod with flat surroundings",
          guess.column, guess.row, contrast, here * (contrast < 0 ? -1 : 1),
          (static_cast<double>(k) + 0.5) / static_cast<double>(sectors) * 360 - 180);
  }
}

/// Radial profile at the middles of the bins from `first`, linear between the bins' mean points.
struct Profile {
  std::size_t first = 0;
  std::vector<double> hu;
};

/// Every other of eight sectors: two halves see the same edge with noise of their own.
enum class Part { all, even, odd };

bool is_in(Part part, double x, double y) {
  if (part == Part::all) return true;
  const bool odd = ((x < 0) != (y < 0)) != (std::abs(x) < std::abs(y));
  return odd == (part == Part::odd);
}

Profile radial_profile(const PlaneWindow& window, const Found& rod, double bin, Part part) {
  const auto bins = static_cast<std::size_t>(rod.end_mm / bin);
  std::vector<Mean> r(bins);
  std::vector<Mean> hu(bins);
  for (const WindowPixel& p : window.pixels) {
    const double distance = std::hypot(p.x_mm - rod.disk.x_mm, p.y_mm - rod.disk.y_mm);
    const auto k = static_cast<std::size_t>(distance / bin);
    if (k >= bins || !is_in(part, p.x_mm - rod.disk.x_mm, p.y_mm - rod.disk.y_mm)) continue;
    r[k].add(distance);
    hu[k].add(p.hu);
  }
  std::vector<std::size_t> filled;
  for (std::size_t k = 0; k < bins; ++k)
    if (r[k].count > 0) filled.push_back(k);
  Profile profile;
  profile.first = filled.front();
  std::size_t at = 0;
  for (std::size_t k = filled.front(); k <= filled.back(); ++k) {
    const double middle = (static_cast<double>(k) + 0.5) * bin;
    while (at + 2 < filled.size() && r[filled[at + 1]].value() < middle) ++at;
    const std::size_t a = filled[at];
    const std::size_t b = filled[std::min(at + 1, filled.size() - 1)];
    const double width = r[b].value() - r[a].value();
    const double t = width > 0 ? (middle - r[a].value()) / width : 0;
    // Beyond the outermost points nothing is known.
    profile.hu.push_back(hu[a].value() + std::clamp(t, -1.0, 2.0) * (hu[b].value() - hu[a].value()));
  }
  return profile;
}

double weight_at(double distance, const TransferFunction& edge, EdgeWindow window, double reach) {
  const double x = std::abs(distance);
  if (window == EdgeWindow::hann) {
    const double half = std::min(15 * edge.edge_width_mm, reach);
    return x < half ? 0.5 + 0.5 * std::cos(pi * x / half) : 0;
  }
  const double widths = std::clamp(2 * edge.contrast_to_noise / 15, 2.0, 6.0);
  const double end = std::min((widths + 2) * edge.edge_width_mm, reach);
  const double flat = std::min(widths * edge.edge_width_mm, 0.7 * end);
  return x <= flat ? 1 : x < end ? 0.5 + 0.5 * std::cos(pi * (x - flat) / (end - flat)) : 0;
}

double sinc(double x) { return x == 0 ? 1 : std::sin(pi * x) / (pi * x); }

/// Transform of the line-spread function, the edge at distance 0, for frequencies from 0 by `step`.
std::vector<std::complex<double>> line_transform(const Profile& profile, const Found& rod, double bin,
                                                 const EdgeOptions& options, const TransferFunction& edge,
                                                 double step) {
  const double radius = rod.disk.radius_mm;
  std::vector<std::complex<double>> sum(options.frequencies);
  for (std::size_t k = 0; k + 1 < profile.hu.size(); ++k) {
    const double r = static_cast<double>(profile.first + k + 1) * bin;
    const double reach = r < radius ? radius : rod.end_mm - radius;
    const double weight = weight_at(r - radius, edge, options.window, reach);
    if (weight <= 0) continue;
    const double line_spread = (profile.hu[k] - profile.hu[k + 1]) * std::sqrt(r / radius) * weight;
    const std::complex<double> turn = std::polar(1.0, -2 * pi * step * (r - radius));
    std::complex<double> phase = line_spread;
    for (std::complex<double>& s : sum) {
      s += phase;
      phase *= turn;
    }
  }
  return sum;
}

void transform(const PlaneWindow& window, const Found& rod, double bin, const EdgeOptions& options,
               TransferFunction& transfer) {
  const double step = options.highest_frequency_per_mm / static_cast<double>(options.frequencies - 1);
  const auto even =
      line_transform(radial_profile(window, rod, bin, Part::even), rod, bin, options, transfer, step);
  const auto odd =
      line_transform(radial_profile(window, rod, bin, Part::odd), rod, bin, options, transfer, step);
  std::vector<double> frequency(options.frequencies);
  std::vector<double> value(options.frequencies);
  const double whole = std::sqrt(std::max((even[0] * std::conj(odd[0])).real(), 0.0));
  for (std::size_t k = 0; k < frequency.size(); ++k) {
    frequency[k] = static_cast<double>(k) * step;
    // Once for the mean over a bin, once for the difference of two.
    const double binning = std::pow(sinc(frequency[k] * bin), 2);
    // The absolute value of a noisy number is too large on average; of the product of two with independent
    // noise the mean is right.
    const double square = (even[k] * std::conj(odd[k])).real();
    value[k] = std::sqrt(std::max(square, 0.0)) / whole / std::max(binning, 0.1);
  }
  const TransferFunction values = transfer_function_of(std::move(frequency), std::move(value));
  transfer.frequency_per_mm = values.frequency_per_mm;
  transfer.value = values.value;
  transfer.f50_per_mm = values.f50_per_mm;
  transfer.f10_per_mm = values.f10_per_mm;
  transfer.f02_per_mm = values.f02_per_mm;
}

void check_options(double radius_mm, const EdgeOptions& options) {
  if (!(radius_mm > 0) || !(options.bin_per_pixel > 0) || options.frequencies < 2 ||
      !(options.highest_frequency_per_mm > 0) || !(options.outer_factor > 1))
    throw InputError(
        "edge: radius {} mm, bins of {} pixel, {} frequencies to {} /mm, profile to {} radii; expected "
        "positive numbers, 2 frequencies at least and more than one radius",
        radius_mm, options.bin_per_pixel, options.frequencies, options.highest_frequency_per_mm,
        options.outer_factor);
}

}  // namespace

TransferFunction edge_transfer(std::span<const ImagePlane> planes, PlanePoint guess, double radius_mm,
                               const EdgeOptions& options) {
  check_options(radius_mm, options);
  const double search = options.search_mm > 0 ? options.search_mm : radius_mm / 2;
  const PlaneWindow window = plane_window(planes, guess, options.outer_factor * radius_mm + search, "edge");
  const Found rod = found(window, guess, radius_mm, search, options);
  const RadialModel& disk = rod.disk;
  TransferFunction transfer;
  transfer.centre = {guess.column + disk.x_mm / planes.front().column_spacing_mm,
                     guess.row + disk.y_mm / planes.front().row_spacing_mm};
  transfer.radius_mm = disk.radius_mm;
  transfer.edge_width_mm = width_of_sigma * disk.sigma_mm;
  const double outside = disk.radius_mm + 3 * disk.sigma_mm;
  const double inside = std::max(disk.radius_mm - 3 * disk.sigma_mm, 0.3 * disk.radius_mm);
  const RingNoise ring = ring_noise(planes, window, disk.x_mm, disk.y_mm, outside, rod.end_mm);
  Mean within;
  for (const WindowPixel& p : window.pixels)
    if (std::hypot(p.x_mm - disk.x_mm, p.y_mm - disk.y_mm) < inside) within.add(p.hu);
  transfer.contrast_hu = within.count > 0 ? within.value() - ring.mean_hu : disk.contrast_hu;
  transfer.noise_hu = ring.averaged;
  transfer.contrast_to_noise =
      std::abs(transfer.contrast_hu) / ring.one_plane * std::sqrt(static_cast<double>(planes.size()));
  if (ring.pixels < 8 || !(transfer.contrast_to_noise >= options.smallest_contrast_to_noise))
    throw InputError(
        "edge: near column {:.1f}, row {:.1f} the contrast is {:.2f} HU with a noise of {:.2f} HU in each of "
        "{} "
        "planes (contrast-to-noise {:.1f} together); expected {:.1f} or more: no rod is there, or average "
        "more "
        "planes",
        guess.column, guess.row, transfer.contrast_hu, ring.one_plane, planes.size(),
        transfer.contrast_to_noise, options.smallest_contrast_to_noise);
  check_all_around(window, rod, transfer.contrast_hu, ring.averaged, guess);
  const double bin = options.bin_per_pixel * window.pixel_mm;
  const Profile profile = radial_profile(window, rod, bin, Part::all);
  for (std::size_t k = 0; k < profile.hu.size(); ++k)
    transfer.edge_distance_mm.push_back((static_cast<double>(profile.first + k) + 0.5) * bin -
                                        disk.radius_mm);
  transfer.edge_profile_hu = profile.hu;
  transform(window, rod, bin, options, transfer);
  return transfer;
}

}  // namespace snitt::quality
