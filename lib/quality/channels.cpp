#include "quality/channels.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "base/error.hpp"
#include "image/fourier.hpp"
#include "quality/hotelling.hpp"

namespace snitt::quality {
namespace {

constexpr double pi = std::numbers::pi;

void check_side(std::size_t size, std::size_t count) {
  if (size < 2 || count == 0)
    throw InputError("channels: {} of {} pixels a side; expected one at least, of 2 pixels or more", count,
                     size);
}

double offset(std::size_t index, std::size_t size) {
  return static_cast<double>(index) - (static_cast<double>(size) - 1) / 2;
}

/// L_n(x) by its recurrence.
double laguerre(std::size_t n, double x) {
  double last = 1;
  double value = 1 - x;
  if (n == 0) return last;
  for (std::size_t k = 1; k < n; ++k) {
    const auto order = static_cast<double>(k);
    const double next = ((2 * order + 1 - x) * value - order * last) / (order + 1);
    last = value;
    value = next;
  }
  return value;
}

}  // namespace

Channels laguerre_gauss_channels(std::size_t size, double row_spacing_mm, double column_spacing_mm,
                                 double width_mm, std::size_t count) {
  check_side(size, count);
  if (!(width_mm > 0) || !(row_spacing_mm > 0) || !(column_spacing_mm > 0))
    throw InputError("channels: width {} mm, pixels of {} x {} mm; expected positive numbers", width_mm,
                     row_spacing_mm, column_spacing_mm);
  Channels channels{size, count, std::vector<double>(count * size * size)};
  const double scale = std::numbers::sqrt2 / width_mm * std::sqrt(row_spacing_mm * column_spacing_mm);
  for (std::size_t r = 0; r < size; ++r)
    for (std::size_t c = 0; c < size; ++c) {
      const double x = offset(c, size) * column_spacing_mm;
      const double y = offset(r, size) * row_spacing_mm;
      const double t = 2 * pi * (x * x + y * y) / (width_mm * width_mm);
      for (std::size_t n = 0; n < count; ++n)
        channels.weights[(n * size + r) * size + c] = scale * std::exp(-t / 2) * laguerre(n, t);
    }
  return channels;
}

Channels gabor_channels(std::size_t size, const GaborOptions& options) {
  const std::size_t count = options.octaves * options.orientations * options.phases;
  check_side(size, count);
  Channels channels{size, count, {}};
  channels.weights.reserve(count * size * size);
  for (std::size_t octave = 0; octave < options.octaves; ++octave) {
    const double band = options.lowest_per_pixel * std::exp2(static_cast<double>(octave));
    const double middle = 1.5 * band;
    const double width = 4 * std::numbers::ln2 / (pi * band);
    for (std::size_t turn = 0; turn < options.orientations; ++turn) {
      const double angle = pi * static_cast<double>(turn) / static_cast<double>(options.orientations);
      for (std::size_t quarter = 0; quarter < options.phases; ++quarter)
        for (std::size_t r = 0; r < size; ++r)
          for (std::size_t c = 0; c < size; ++c) {
            const double x = offset(c, size);
            const double y = offset(r, size);
            channels.weights.push_back(
                std::exp(-4 * std::numbers::ln2 * (x * x + y * y) / (width * width)) *
                std::cos(2 * pi * middle * (x * std::cos(angle) + y * std::sin(angle)) +
                         pi / 2 * static_cast<double>(quarter)));
          }
    }
  }
  return channels;
}

std::vector<double> channel_outputs(const Channels& channels, std::span<const double> image) {
  const std::size_t pixels = channels.size * channels.size;
  if (image.size() != pixels)
    throw InputError("channels: an image of {} pixels for channels of {} x {}", image.size(), channels.size,
                     channels.size);
  std::vector<double> outputs(channels.count, 0.0);
  for (std::size_t k = 0; k < channels.count; ++k)
    for (std::size_t i = 0; i < pixels; ++i) outputs[k] += channels.weights[k * pixels + i] * image[i];
  return outputs;
}

ChannelSamples channel_samples(const Channels& channels, std::span<const ImagePlane> planes,
                               std::span<const SquareRegion> regions) {
  ChannelSamples samples;
  samples.channels = channels.count;
  std::vector<double> values(channels.size * channels.size);
  for (const SquareRegion& region : regions) {
    if (region.plane >= planes.size() || region.size != channels.size ||
        region.row + region.size > planes[region.plane].rows ||
        region.column + region.size > planes[region.plane].columns)
      throw InputError(
          "channels: region of {} pixels at row {}, column {} of plane {}; expected {} pixels inside of one "
          "of {} "
          "planes",
          region.size, region.row, region.column, region.plane, channels.size, planes.size());
    for (std::size_t r = 0; r < region.size; ++r)
      for (std::size_t c = 0; c < region.size; ++c)
        values[r * region.size + c] = planes[region.plane].at(region.row + r, region.column + c);
    const std::vector<double> outputs = channel_outputs(channels, values);
    for (const double output : outputs)
      if (!std::isfinite(output))
        throw InputError(
            "channels: the region at row {}, column {} of plane {} holds values that are not finite",
            region.row, region.column, region.plane);
    samples.values.insert(samples.values.end(), outputs.begin(), outputs.end());
    samples.image.push_back(region.plane);
  }
  return samples;
}

std::vector<double> task_image(const DetectionTask& task, const TransferFunction& resolution,
                               std::size_t size, double row_spacing_mm, double column_spacing_mm) {
  check_side(size, 1);
  // Periodic: twice as wide, so that the object does not meet its own tails.
  const std::size_t wide = 2 * size;
  const double middle = (static_cast<double>(size) - 1) / 2;
  std::vector<std::complex<double>> spectrum(wide * wide);
  for (std::size_t v = 0; v < wide; ++v)
    for (std::size_t u = 0; u < wide; ++u) {
      const double fu = image::cycles_per_sample(u, wide);
      const double fv = image::cycles_per_sample(v, wide);
      const double f = std::hypot(fu / column_spacing_mm, fv / row_spacing_mm);
      spectrum[v * wide + u] = task_transform(task, f) * resolution.at(f) /
                               (row_spacing_mm * column_spacing_mm) *
                               std::polar(1.0, -2 * pi * middle * (fu + fv));
    }
  const auto object = image::inverse_fourier_2d(spectrum, wide, wide);
  std::vector<double> out(size * size);
  for (std::size_t r = 0; r < size; ++r)
    for (std::size_t c = 0; c < size; ++c) out[r * size + c] = object[r * wide + c].real();
  return out;
}

std::vector<double> channel_covariance(const Channels& channels, const NoisePower& noise,
                                       double row_spacing_mm, double column_spacing_mm) {
  // Twice as wide: what is between two pixels is at most size - 1 apart.
  const std::size_t size = channels.size;
  const std::size_t wide = 2 * size;
  std::vector<double> root(wide * wide);
  for (std::size_t v = 0; v < wide; ++v)
    for (std::size_t u = 0; u < wide; ++u)
      root[v * wide + u] = noise.at(image::cycles_per_sample(u, wide) / column_spacing_mm,
                                    image::cycles_per_sample(v, wide) / row_spacing_mm);
  std::vector<std::vector<std::complex<double>>> transforms;
  for (std::size_t k = 0; k < channels.count; ++k) {
    std::vector<double> padded(wide * wide, 0.0);
    for (std::size_t r = 0; r < size; ++r)
      for (std::size_t c = 0; c < size; ++c)
        padded[r * wide + c] = channels.weights[(k * size + r) * size + c];
    transforms.push_back(image::fourier_2d(padded, wide, wide));
  }
  const double scale = 1 / (static_cast<double>(wide * wide) * row_spacing_mm * column_spacing_mm);
  std::vector<double> covariance(channels.count * channels.count);
  for (std::size_t i = 0; i < channels.count; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < root.size(); ++k)
        sum += (transforms[i][k] * std::conj(transforms[j][k])).real() * root[k];
      covariance[i * channels.count + j] = covariance[j * channels.count + i] = sum * scale;
    }
  return covariance;
}

}  // namespace snitt::quality
