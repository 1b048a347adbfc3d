#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/vector_clones.hpp"
#include "image_registration/linear_metric.hpp"
#include "image_registration/linear_metric_parts.hpp"

namespace snitt::image_registration {
namespace {

using namespace detail;

/// The samples are summed up in this many parts, whatever the number of threads.
constexpr std::size_t parts = 32;

using Histogram = std::array<double, bins * moving_bins>;  ///< [fixed bin][moving bin]

struct Moments {
  double n = 0;
  double f = 0;
  double m = 0;
  double ff = 0;
  double mm = 0;
  double fm = 0;
};

/// Where a moving value lies among the bins.
struct BinPlace {
  std::size_t first;  ///< of the four bins its window covers
  float fraction;
  bool is_beyond;
};

double entropy(double p) { return p > 0 ? -p * std::log(p) : 0; }

}  // namespace

struct LinearMetric::State {
  Metric metric;
  const FixedSamples& samples;
  const BSplineImage& moving;
  const std::optional<image::VoxelMask>& mask;
  ValueRange moving_range;
  Matrix4 image_to_mask{};  // moving voxels to mask voxels
  float bin_per_value = 1;
  std::vector<std::uint8_t> fixed_bin{};
  std::vector<float>
      fixed_value{};  // about the middle of the range, so that sums of squares keep their digits
  float middle = 0;
  std::vector<SampledBlock> blocks{};
  Matrix4 fixed_to_moving{};
  MetricValue current{};
  Moments moments{};
  std::vector<float> table{};  // [fixed bin][moving bin] what one more sample there adds to the score

  bool has_histogram() const { return metric == Metric::mi || metric == Metric::nmi; }

  BinPlace place_of(float value) const {
    const float at = (value - moving_range.low) * bin_per_value;
    const auto top = static_cast<float>(bins - 1);
    const float inside = at < 0 ? 0 : at > top ? top : at;
    const auto low = static_cast<std::size_t>(inside);
    return {low + rim - 1, inside - static_cast<float>(low), at != inside};
  }

  bool is_in_mask(const Vec3& index) const {
    const Vec3 at = transform_point(image_to_mask, index);
    std::size_t voxel = 0;
    for (std::size_t axis = 3; axis-- > 0;) {
      const double nearest = std::floor(at[axis] + 0.5);
      if (!(nearest >= 0 && nearest < static_cast<double>(mask->geometry.size[axis]))) return false;
      voxel = voxel * mask->geometry.size[axis] + static_cast<std::size_t>(nearest);
    }
    return mask->inside[voxel] != 0;
  }

  void sample(std::size_t number, const Matrix4& to_index, const Matrix4& index_of_space) {
    SampledBlock& block = blocks[number];
    const std::size_t first = number * block_size;
    const std::size_t count = std::min(block_size, samples.size() - first);
    block.is_inside.fill(0);
    std::array<float, 9> w{};
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 3; ++c) w[3 * r + c] = static_cast<float>(index_of_space(r, c));
    // Lines of a large image come from memory: those of a sample are asked for while others are worked on.
    constexpr std::size_t ahead = 6;
    std::array<Vec3, block_size> places;
    const auto place = [&](std::size_t s) {
      places[s] =
          transform_point(to_index, {samples.x[first + s], samples.y[first + s], samples.z[first + s]});
      const Vec3& at = places[s];
      block.is_inside[s] = moving.contains(at.x, at.y, at.z) && (!mask || is_in_mask(at)) ? 1 : 0;
      if (block.is_inside[s] != 0) moving.prefetch(at.x, at.y, at.z);
    };
    for (std::size_t s = 0; s < std::min(ahead, count); ++s) place(s);
    for (std::size_t s = 0; s < count; ++s) {
      if (s + ahead < count) place(s + ahead);
      const Vec3& at = places[s];
      if (block.is_inside[s] == 0) {
        block.value[s] = block.gx[s] = block.gy[s] = block.gz[s] = 0;
        continue;
      }
      const ImageSample v = moving.at(at.x, at.y, at.z);
      block.value[s] = v.value;
      block.gx[s] = w[0] * v.along_i + w[3] * v.along_j + w[6] * v.along_k;
      block.gy[s] = w[1] * v.along_i + w[4] * v.along_j + w[7] * v.along_k;
      block.gz[s] = w[2] * v.along_i + w[5] * v.along_j + w[8] * v.along_k;
    }
    for (std::size_t s = count; s < block_size; ++s)
      block.value[s] = block.gx[s] = block.gy[s] = block.gz[s] = 0;
  }

  void add_to(Histogram& histogram, std::size_t number) const {
    const SampledBlock& block = blocks[number];
    for (std::size_t s = 0; s < block_size; ++s) {
      if (block.is_inside[s] == 0) continue;
      const BinPlace place = place_of(block.value[s]);
      const Four weights = bspline_weights(place.fraction);
      double* bin = histogram.data() + fixed_bin[number * block_size + s] * moving_bins + place.first;
      for (std::size_t b = 0; b < 4; ++b) bin[b] += static_cast<double>(weights[b]);
    }
  }

  void add_to(Moments& m, std::size_t number) const {
    const SampledBlock& block = blocks[number];
    for (std::size_t s = 0; s < block_size; ++s) {
      if (block.is_inside[s] == 0) continue;
      const auto f = static_cast<double>(fixed_value[number * block_size + s]);
      const auto v = static_cast<double>(block.value[s] - middle);
      m.n += 1;
      m.f += f;
      m.m += v;
      m.ff += f * f;
      m.mm += v * v;
      m.fm += f * v;
    }
  }

  template <typename Sums, typename Body>
  std::vector<Sums> in_parts(const Body& body) const {
    std::vector<Sums> sums(parts);
    tbb::parallel_for(
        std::size_t{0}, parts,
        [&](std::size_t part) {
          for (std::size_t b = part * blocks.size() / parts; b < (part + 1) * blocks.size() / parts; ++b)
            body(sums[part], b);
        },
        tbb::simple_partitioner());
    return sums;
  }

  void judge(const Histogram& counts);
  void judge_moments();
  void weigh(const SampledBlock& block, std::size_t number, BlockWeights& weights) const;
};

void LinearMetric::State::judge(const Histogram& counts) {
  double n = 0;
  for (const double c : counts) n += c;
  current.count = static_cast<std::size_t>(n + 0.5);
  table.assign(counts.size(), 0);
  if (current.count == 0) return;
  std::array<double, bins> fixed{};
  std::array<double, moving_bins> moved{};
  double joint_entropy = 0;
  for (std::size_t f = 0; f < bins; ++f)
    for (std::size_t m = 0; m < moving_bins; ++m) {
      const double p = counts[f * moving_bins + m] / n;
      fixed[f] += p;
      moved[m] += p;
      joint_entropy += entropy(p);
    }
  double fixed_entropy = 0;
  double moving_entropy = 0;
  for (const double p : fixed) fixed_entropy += entropy(p);
  for (const double p : moved) moving_entropy += entropy(p);
  const double both = fixed_entropy + moving_entropy;
  const bool is_normalised = metric == Metric::nmi;
  const double joint = std::max(joint_entropy, 1e-12);
  current.value = current.score = is_normalised ? both / joint : both - joint_entropy;
  for (std::size_t f = 0; f < bins; ++f)
    for (std::size_t m = 0; m < moving_bins; ++m) {
      const double p = counts[f * moving_bins + m] / n;
      if (p <= 0) continue;
      const double gain =
          is_normalised ? (current.value * std::log(p) - std::log(moved[m])) / joint : std::log(p / moved[m]);
      table[f * moving_bins + m] = static_cast<float>(gain);
    }
}

void LinearMetric::State::judge_moments() {
  const Moments& m = moments;
  current.count = static_cast<std::size_t>(m.n + 0.5);
  current.value = current.score = 0;
  if (m.n == 0) return;
  if (metric == Metric::mse) {
    current.value = std::max(0.0, (m.ff - 2 * m.fm + m.mm) / m.n);
    current.score = -current.value;
    return;
  }
  const double vf = m.ff - m.f * m.f / m.n;
  const double vm = m.mm - m.m * m.m / m.n;
  if (vf > 0 && vm > 0) current.value = current.score = (m.fm - m.f * m.m / m.n) / std::sqrt(vf * vm);
}

void LinearMetric::State::weigh(const SampledBlock& block, std::size_t number, BlockWeights& weights) const {
  weights.slope.fill(0);
  weights.curvature.fill(0);
  const double n = std::max<double>(1, static_cast<double>(current.count));
  if (has_histogram()) {
    const auto first = static_cast<float>(static_cast<double>(bin_per_value) / n);
    const float second = first * bin_per_value;
    for (std::size_t s = 0; s < block_size; ++s) {
      if (block.is_inside[s] == 0) continue;
      const BinPlace place = place_of(block.value[s]);
      if (place.is_beyond) continue;
      const Four gain = load(table.data() + fixed_bin[number * block_size + s] * moving_bins + place.first);
      const float f = place.fraction;
      weights.slope[s] = first * sum(gain * bspline_slopes(f));
      weights.curvature[s] = std::max(0.0F, -second * sum(gain * Four{1 - f, 3 * f - 2, 1 - 3 * f, f}));
    }
    return;
  }
  const double vf = moments.ff - moments.f * moments.f / n;
  const double vm = moments.mm - moments.m * moments.m / n;
  const bool is_mse = metric == Metric::mse;
  if (!is_mse && !(vf > 0 && vm > 0)) return;
  const double by_f = is_mse ? 2 / n : 1 / std::sqrt(vf * vm);
  const double by_m = is_mse ? 2 / n : current.value / vm;
  const double mean_f = is_mse ? 0 : moments.f / n;
  const double mean_m = is_mse ? 0 : moments.m / n;
  const auto curvature = static_cast<float>(is_mse ? by_m : std::max(0.05, std::abs(current.value)) / vm);
  for (std::size_t s = 0; s < block_size; ++s) {
    if (block.is_inside[s] == 0) continue;
    const double f = static_cast<double>(fixed_value[number * block_size + s]) - mean_f;
    const double m = static_cast<double>(block.value[s] - middle) - mean_m;
    weights.slope[s] = static_cast<float>(by_f * f - by_m * m);
    weights.curvature[s] = curvature;
  }
}

LinearMetric::LinearMetric(Metric metric, const FixedSamples& samples, const BSplineImage& moving,
                           const std::optional<image::VoxelMask>& mask, ValueRange fixed_range,
                           ValueRange moving_range)
    : state_(new State{metric, samples, moving, mask, moving_range}) {
  State& s = *state_;
  if (mask) s.image_to_mask = image::space_to_index(mask->geometry) * index_to_space(moving.geometry());
  s.bin_per_value = static_cast<float>(bins - 1) / (moving_range.high - moving_range.low);
  s.blocks.resize((samples.size() + block_size - 1) / block_size);
  if (s.has_histogram()) {
    s.fixed_bin.resize(samples.size());
    const float scale = static_cast<float>(bins) / (fixed_range.high - fixed_range.low);
    for (std::size_t i = 0; i < samples.size(); ++i)
      s.fixed_bin[i] = static_cast<std::uint8_t>(
          std::clamp((samples.value[i] - fixed_range.low) * scale, 0.0F, static_cast<float>(bins) - 0.5F));
    return;
  }
  s.middle = 0.5F * (fixed_range.low + fixed_range.high);
  s.fixed_value.resize(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) s.fixed_value[i] = samples.value[i] - s.middle;
}

LinearMetric::~LinearMetric() = default;

MetricValue LinearMetric::value(const Matrix4& fixed_to_moving) {
  State& s = *state_;
  s.fixed_to_moving = fixed_to_moving;
  s.current = {};
  const Matrix4 index_of_space = image::space_to_index(s.moving.geometry());
  Matrix4 about_center;
  for (std::size_t row = 0; row < 3; ++row) about_center(row, 3) = s.samples.center_mm[row];
  const Matrix4 to_index = index_of_space * fixed_to_moving * about_center;
  if (s.has_histogram()) {
    const auto sums = s.in_parts<Histogram>([&](Histogram& histogram, std::size_t block) {
      s.sample(block, to_index, index_of_space);
      s.add_to(histogram, block);
    });
    Histogram all{};
    for (const Histogram& part : sums)
      for (std::size_t i = 0; i < all.size(); ++i) all[i] += part[i];
    s.judge(all);
  } else {
    const auto sums = s.in_parts<Moments>([&](Moments& moments, std::size_t block) {
      s.sample(block, to_index, index_of_space);
      s.add_to(moments, block);
    });
    s.moments = {};
    for (const Moments& m : sums)
      s.moments = {s.moments.n + m.n,   s.moments.f + m.f,   s.moments.m + m.m,
                   s.moments.ff + m.ff, s.moments.mm + m.mm, s.moments.fm + m.fm};
    s.judge_moments();
  }
  return s.current;
}

MetricSlope LinearMetric::slope(LinearModel model) const {
  const State& s = *state_;
  const auto add = model == LinearModel::rigid        ? add_rigid_slope
                   : model == LinearModel::similarity ? add_similarity_slope
                                                      : add_affine_slope;
  std::array<float, 9> a{};
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c)
      a[3 * r + c] = static_cast<float>(s.fixed_to_moving(r, c) / s.samples.radius_mm);
  const auto sums = s.in_parts<SlopeSums>([&](SlopeSums& total, std::size_t number) {
    BlockWeights weights;
    BlockLevers levers{};
    s.weigh(s.blocks[number], number, weights);
    const std::size_t first = number * block_size;
    for (std::size_t i = 0; i < std::min(block_size, s.samples.size() - first); ++i) {
      const float x = s.samples.x[first + i];
      const float y = s.samples.y[first + i];
      const float z = s.samples.z[first + i];
      levers.x[i] = a[0] * x + a[1] * y + a[2] * z;
      levers.y[i] = a[3] * x + a[4] * y + a[5] * z;
      levers.z[i] = a[6] * x + a[7] * y + a[8] * z;
    }
    add(s.blocks[number], weights, levers, total);
  });
  const std::size_t n = parameter_count(model);
  MetricSlope slope{std::vector<double>(n), std::vector<double>(n * n)};
  for (const SlopeSums& part : sums)
    for (std::size_t p = 0; p < n; ++p) {
      slope.gradient[p] += part.gradient[p];
      for (std::size_t q = p; q < n; ++q) slope.curvature[p * n + q] += part.curvature[p * 12 + q];
    }
  for (std::size_t p = 0; p < n; ++p)
    for (std::size_t q = 0; q < p; ++q) slope.curvature[p * n + q] = slope.curvature[q * n + p];
  return slope;
}

Vec3 LinearMetric::moving_center() const {
  return transform_point(state_->fixed_to_moving, state_->samples.center_mm);
}
double LinearMetric::radius_mm() const { return state_->samples.radius_mm; }

std::string_view name_of(Metric metric) {
  switch (metric) {
    case Metric::mi:
      return "mutual information";
    case Metric::nmi:
      return "normalised mutual information";
    case Metric::ncc:
      return "normalised cross-correlation";
    case Metric::mse:
      return "mean squared error";
    default:
      return "linear correlation of linear combination";
  }
}

ValueRange robust_range(const std::vector<float>& values) {
  constexpr std::size_t enough = 100'000;
  const std::size_t stride = std::max<std::size_t>(1, values.size() / enough);
  std::vector<float> some;
  for (std::size_t i = 0; i < values.size(); i += stride) some.push_back(values[i]);
  std::sort(some.begin(), some.end());
  if (some.empty()) return {};
  const std::size_t cut = some.size() / 1000;
  ValueRange range{some[cut], some[some.size() - 1 - cut]};
  if (range.low == range.high) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    range = {*low, *high};
  }
  if (range.low == range.high) range.high = range.low + 1;
  return range;
}

}  // namespace snitt::image_registration
