#include "quality/hotelling.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "statistics/bootstrap.hpp"
#include "statistics/distributions.hpp"
#include "statistics/random.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Mean and scatter of the samples, each counted `weight` times.
struct Moments {
  double count = 0;
  VectorXd mean;
  MatrixXd scatter;  ///< sum of the products of deviations
};

using Rows = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
Rows rows_of(const ChannelSamples& s) {
  return {s.values.data(), static_cast<Eigen::Index>(s.samples()), static_cast<Eigen::Index>(s.channels)};
}

Moments moments(const ChannelSamples& samples, std::span<const std::uint32_t> weight) {
  const Rows rows = rows_of(samples);
  Moments m{0, VectorXd::Zero(rows.cols()), MatrixXd::Zero(rows.cols(), rows.cols())};
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    m.count += weight[static_cast<std::size_t>(i)];
    m.mean += weight[static_cast<std::size_t>(i)] * rows.row(i).transpose();
  }
  if (m.count == 0) return m;
  m.mean /= m.count;
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    const VectorXd d = rows.row(i).transpose() - m.mean;
    m.scatter += weight[static_cast<std::size_t>(i)] * d * d.transpose();
  }
  return m;
}

/// S⁻¹ x; empty when S is singular to rounding.
VectorXd solved(const MatrixXd& s, const VectorXd& x) {
  const VectorXd scale = s.diagonal().cwiseSqrt();
  if (!(scale.minCoeff() > 0)) return {};
  const MatrixXd correlation = scale.cwiseInverse().asDiagonal() * s * scale.cwiseInverse().asDiagonal();
  const Eigen::LDLT<MatrixXd> ldlt(correlation);
  if (ldlt.info() != Eigen::Success || !(ldlt.vectorD().minCoeff() > 1e-12)) return {};
  return scale.cwiseInverse().asDiagonal() * ldlt.solve(scale.cwiseInverse().asDiagonal() * x);
}

/// One class with a known signal, or two; the same steps for both.
struct Study {
  const ChannelSamples* present = nullptr;  ///< nullptr: the signal is known
  const ChannelSamples* absent = nullptr;
  VectorXd signal;  ///< when it is known

  struct Estimate {
    double square = nan;  ///< T², or s' S⁻¹ s
    double unbiased_square = nan;
    VectorXd templates;  ///< S⁻¹ times the signal
  };

  double degrees(double m, double n) const { return present ? m + n - 2 : n - 1; }

  Estimate estimate(std::span<const std::uint32_t> present_weight,
                    std::span<const std::uint32_t> absent_weight) const {
    const Moments a = moments(*absent, absent_weight);
    MatrixXd scatter = a.scatter;
    VectorXd difference = signal;
    double m = 0;
    if (present) {
      const Moments p = moments(*present, present_weight);
      scatter += p.scatter;
      difference = p.mean - a.mean;
      m = p.count;
    }
    Estimate e;
    const double nu = degrees(m, a.count);
    const auto p = static_cast<double>(absent->channels);
    if (!(nu > p) || a.count < 1 || (present && m < 1)) return e;
    e.templates = solved(scatter / nu, difference);
    if (e.templates.size() == 0) return e;
    e.square = difference.dot(e.templates);
    e.unbiased_square = (nu - p - 1) / nu * e.square - (present ? p * (m + a.count) / (m * a.count) : 0);
    return e;
  }
};

std::vector<std::uint32_t> ones(const ChannelSamples* samples) {
  return std::vector<std::uint32_t>(samples ? samples->samples() : 0, 1);
}

/// 1 for the samples whose image falls into the first half of a shuffle that depends on (seed, split) alone.
std::vector<std::uint32_t> half(const ChannelSamples* samples, std::uint64_t seed, std::uint64_t split) {
  if (!samples) return {};
  std::vector<std::uint64_t> images = samples->image;
  std::sort(images.begin(), images.end());
  images.erase(std::unique(images.begin(), images.end()), images.end());
  const auto key = [&](std::uint64_t image) { return statistics::random_bits(seed, split, image); };
  std::vector<std::uint64_t> shuffled = images;
  std::sort(shuffled.begin(), shuffled.end(), [&](auto a, auto b) { return key(a) < key(b); });
  shuffled.resize(images.size() / 2);
  std::sort(shuffled.begin(), shuffled.end());
  std::vector<std::uint32_t> chosen;
  for (const std::uint64_t image : samples->image)
    chosen.push_back(std::binary_search(shuffled.begin(), shuffled.end(), image) ? 1 : 0);
  return chosen;
}

std::vector<std::uint32_t> other(std::vector<std::uint32_t> weight) {
  for (std::uint32_t& w : weight) w = 1 - w;
  return weight;
}

std::vector<double> decisions(const ChannelSamples& samples, std::span<const std::uint32_t> weight,
                              const VectorXd& templates, double shift) {
  std::vector<double> values;
  const Rows rows = rows_of(samples);
  for (Eigen::Index i = 0; i < rows.rows(); ++i)
    if (weight[static_cast<std::size_t>(i)] > 0) values.push_back(rows.row(i).dot(templates) + shift);
  return values;
}

double mean_of(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}
double variance_of(const std::vector<double>& v) {
  const double mean = mean_of(v);
  double sum = 0;
  for (const double x : v) sum += (x - mean) * (x - mean);
  return sum / (static_cast<double>(v.size()) - 1);
}

/// Probability that a value of `high` exceeds one of `low`, ties counted half.
double area(const std::vector<double>& high, std::vector<double> low) {
  std::sort(low.begin(), low.end());
  double wins = 0;
  for (const double value : high) {
    const auto [first, last] = std::equal_range(low.begin(), low.end(), value);
    wins += 0.5 * static_cast<double>((first - low.begin()) + (last - low.begin()));
  }
  return wins / static_cast<double>(high.size() * low.size());
}

void hold_out(const Study& study, const HotellingOptions& options, HotellingResult& result) {
  double sum = 0;
  double area_sum = 0;
  double count = 0;
  for (std::uint64_t split = 0; split < options.splits; ++split) {
    const auto train_absent = half(study.absent, options.seed, 2 * split);
    const auto train_present = half(study.present, options.seed, 2 * split + 1);
    const Study::Estimate trained = study.estimate(train_present, train_absent);
    if (trained.templates.size() == 0) continue;
    const auto absent = decisions(*study.absent, other(train_absent), trained.templates, 0);
    const auto present = study.present ? decisions(*study.present, other(train_present), trained.templates, 0)
                                       : decisions(*study.absent, other(train_absent), trained.templates,
                                                   study.signal.dot(trained.templates));
    if (absent.size() < 2 || present.size() < 2) continue;
    sum += (mean_of(present) - mean_of(absent)) / std::sqrt((variance_of(present) + variance_of(absent)) / 2);
    area_sum += area(present, absent);
    count += 1;
  }
  result.hold_out = count > 0 ? sum / count : nan;
  result.hold_out_area = count > 0 ? area_sum / count : nan;
}

double bootstrap_deviation(const Study& study, const HotellingOptions& options) {
  const statistics::ClusterBootstrap absent(study.absent->image);
  const std::vector<std::uint64_t> none{0};
  const statistics::ClusterBootstrap present(study.present ? study.present->image : none);
  if (absent.clusters() < 2 || (study.present && present.clusters() < 2)) return nan;
  std::vector<std::uint32_t> absent_counts(absent.rows());
  std::vector<std::uint32_t> present_counts(present.rows());
  std::vector<double> values;
  for (std::uint64_t b = 0; b < options.bootstraps; ++b) {
    absent.draw(options.seed, 0, b, absent_counts);
    if (study.present) present.draw(options.seed, 1, b, present_counts);
    const double square = study.estimate(present_counts, absent_counts).unbiased_square;
    if (!std::isnan(square)) values.push_back(std::sqrt(std::max(square, 0.0)));
  }
  return values.size() > 1 ? std::sqrt(variance_of(values)) : nan;
}

HotellingResult solved(const Study& study, const HotellingOptions& options) {
  HotellingResult result;
  const std::size_t channels = study.absent->channels;
  result.channels = channels;
  result.present = study.present ? study.present->samples() : 0;
  result.absent = study.absent->samples();
  const auto m = static_cast<double>(result.present);
  const auto n = static_cast<double>(result.absent);
  const auto p = static_cast<double>(channels);
  const double nu = study.degrees(m, n);
  if (!(nu - p - 1 > 0) || n < 2 || (study.present && m < 2))
    throw InputError(
        "hotelling observer: has {} samples with and {} without the signal for {} channels; expected {} "
        "together or "
        "more: use fewer channels or more images",
        result.present, result.absent, channels, channels + (study.present ? 4 : 3));
  const Study::Estimate all = study.estimate(ones(study.present), ones(study.absent));
  if (all.templates.size() == 0)
    throw InputError(
        "hotelling observer: the outputs of its {} channels are not independent of each other; expected "
        "fewer "
        "channels, or noise in all of them",
        channels);
  result.resubstitution = std::sqrt(all.square);
  result.detectability = std::sqrt(std::max(all.unbiased_square, 0.0));
  if (study.present) {
    const double pairs = m * n / (m + n);
    const double f = all.square * pairs * (nu - p + 1) / (nu * p);
    result.low = std::sqrt(statistics::f_noncentrality(f, p, nu - p + 1, 0.975) / pairs);
    result.high = std::sqrt(statistics::f_noncentrality(f, p, nu - p + 1, 0.025) / pairs);
  } else {
    result.low = std::sqrt(all.square / nu * statistics::chi_squared_quantile(0.025, nu - p + 1));
    result.high = std::sqrt(all.square / nu * statistics::chi_squared_quantile(0.975, nu - p + 1));
  }
  hold_out(study, options, result);
  result.deviation = bootstrap_deviation(study, options);
  const double share = 1 / std::sqrt(1 + options.internal_noise * options.internal_noise);
  for (double* value : {&result.detectability, &result.low, &result.high, &result.resubstitution,
                        &result.hold_out, &result.deviation})
    *value *= share;
  if (options.internal_noise > 0)
    result.hold_out_area = statistics::normal_probability(
        statistics::normal_quantile(std::clamp(result.hold_out_area, 1e-12, 1 - 1e-12)) * share);
  return result;
}

void check(const ChannelSamples& samples, std::size_t channels) {
  if (samples.channels != channels || channels == 0 || samples.values.size() != channels * samples.samples())
    throw InputError("hotelling observer: samples of {} and of {} channels; expected the same, one at least",
                     samples.channels, channels);
}

}  // namespace

HotellingResult hotelling(const ChannelSamples& present, const ChannelSamples& absent,
                          const HotellingOptions& options) {
  check(present, absent.channels);
  check(absent, absent.channels);
  return solved({&present, &absent, {}}, options);
}

HotellingResult hotelling_known_signal(std::span<const double> signal, const ChannelSamples& noise,
                                       const HotellingOptions& options) {
  check(noise, signal.size());
  return solved({nullptr, &noise, VectorXd::Map(signal.data(), static_cast<Eigen::Index>(signal.size()))},
                options);
}

double ideal_channelized(std::span<const double> signal, std::span<const double> covariance) {
  const auto p = static_cast<Eigen::Index>(signal.size());
  if (p == 0 || covariance.size() != signal.size() * signal.size())
    throw InputError("hotelling observer: {} values of covariance for {} channels", covariance.size(),
                     signal.size());
  const VectorXd s = VectorXd::Map(signal.data(), p);
  const VectorXd templates = solved(MatrixXd(MatrixXd::Map(covariance.data(), p, p)), s);
  if (templates.size() == 0)
    throw InputError(
        "hotelling observer: the covariance of its {} channels is singular; expected fewer channels", p);
  return std::sqrt(s.dot(templates));
}

}  // namespace snitt::quality
