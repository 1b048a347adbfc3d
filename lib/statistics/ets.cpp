#include <algorithm>
#include <cmath>
#include <limits>
#include <nlopt.hpp>
#include <optional>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/exponential_smoothing.hpp"
#include "statistics/random.hpp"

namespace snitt::statistics {
namespace {

constexpr double smallest_weight = 1e-4;
constexpr double least_phi = 0.8;  // less is no trend at all, more cannot be told from an undamped one
constexpr double largest_phi = 0.98;
constexpr double impossible = 1e300;

/// What the solver moves: weights, phi, level, slope, all but one of the seasons.
struct Layout {
  explicit Layout(const EtsForm& form, std::size_t period)
      : slope(form.trend != Trend::none),
        damped(form.trend == Trend::damped),
        season(form.season == Season::none ? 0 : period) {}
  bool slope;
  bool damped;
  std::size_t season;
  std::size_t size() const { return 2 + (slope ? 2u : 0u) + (damped ? 1u : 0u) + (season > 0 ? season : 0u); }
};

Ets unpacked(const std::vector<double>& x, const EtsForm& form, const Layout& layout, double scale) {
  Ets fit;
  fit.form = form;
  std::size_t i = 0;
  fit.alpha = x[i++];
  if (layout.slope) fit.beta = x[i++] * fit.alpha;  // as a share, so that the box is the traditional region
  if (layout.season > 0) fit.gamma = x[i++] * (1 - fit.alpha);
  if (layout.damped) fit.phi = x[i++];
  fit.start.level = x[i++] * scale;
  if (layout.slope) fit.start.slope = x[i++] * scale;
  if (layout.season > 0) {
    const bool multiplicative = form.season == Season::multiplicative;
    double sum = 0;
    for (std::size_t s = 0; s + 1 < layout.season; ++s) {
      fit.start.season.push_back(multiplicative ? x[i] : x[i] * scale);
      sum += fit.start.season.back();
      ++i;
    }
    fit.start.season.push_back((multiplicative ? static_cast<double>(layout.season) : 0) - sum);
  }
  return fit;
}

double expected(const Ets& fit, double base, double season) {
  if (fit.form.season == Season::none) return base;
  return fit.form.season == Season::additive ? base + season : base * season;
}

/// The update is the same for additive and multiplicative errors, since e_multiplicative = e / expected.
void advance(const Ets& fit, SmoothingState& s, double base, double* season, double error) {
  const double down = fit.form.season == Season::multiplicative ? *season : 1;
  s.level = base + fit.alpha * error / down;
  s.slope = fit.phi * s.slope + fit.beta * error / down;
  if (fit.form.season == Season::additive) *season += fit.gamma * error;
  if (fit.form.season == Season::multiplicative) *season += fit.gamma * error / base;
}

/// -2 log likelihood without its constant, and what is left of the series in `fit`.
double run(std::span<const double> values, Ets& fit, bool keep) {
  fit.state = fit.start;
  const std::size_t period = fit.state.season.size();
  double squares = 0, logs = 0, n = 0;
  if (keep) fit.fitted.clear();
  for (std::size_t t = 0; t < values.size(); ++t) {
    double* season = period > 0 ? &fit.state.season[t % period] : nullptr;
    const double base = fit.state.level + fit.phi * fit.state.slope;
    const double mean = expected(fit, base, season ? *season : 0);
    if (keep) fit.fitted.push_back(mean);
    const bool positive = fit.form.multiplicative_error || fit.form.season == Season::multiplicative;
    if (positive && (!(mean > 0) || !(base > 0) ||
                     (season && fit.form.season == Season::multiplicative && !(*season > 0))))
      return impossible;
    const double error = std::isnan(values[t]) ? 0 : values[t] - mean;
    if (!std::isnan(values[t])) {
      const double e = fit.form.multiplicative_error ? error / mean : error;
      squares += e * e;
      if (fit.form.multiplicative_error) logs += std::log(mean);
      ++n;
    }
    advance(fit, fit.state, base, season, error);
  }
  fit.deviation = std::sqrt(squares / std::max(1.0, n - static_cast<double>(fit.parameters) + 1));
  const double twice = n * std::log(squares) + 2 * logs;
  return std::isfinite(twice) ? twice : impossible;
}

/// What NLopt calls: plain functions with a pointer beside them.
template <typename Criterion>
double called(const std::vector<double>& x, std::vector<double>& /*gradient*/, void* criterion) {
  return (*static_cast<const Criterion*>(criterion))(x);
}

/// Level, slope and season of the first periods, as Hyndman et al. start.
std::vector<double> start_of(std::span<const double> values, std::size_t period, const EtsForm& form,
                             const Layout& layout, double scale) {
  const bool multiplicative = form.season == Season::multiplicative;
  std::vector<double> season(std::max<std::size_t>(layout.season, 1), multiplicative ? 1 : 0);
  if (layout.season > 0 && values.size() >= 2 * period) {
    const Decomposition d =
        decompose(values.first(std::min(values.size(), 3 * period)), period, multiplicative);
    if (std::none_of(d.season.begin(), d.season.end(), [](double v) { return std::isnan(v); }))
      season = d.season;
  }
  double n = 0, st = 0, sy = 0, stt = 0, sty = 0;
  for (std::size_t t = 0; t < std::min(values.size(), std::max<std::size_t>(10, 2 * period)); ++t) {
    if (std::isnan(values[t])) continue;
    const double s = season[t % season.size()];
    const double y = multiplicative ? values[t] / std::max(s, 0.01) : values[t] - s;
    const auto x = static_cast<double>(t + 1);
    ++n, st += x, sy += y, stt += x * x, sty += x * y;
  }
  const double slope = n > 1 ? (n * sty - st * sy) / (n * stt - st * st) : 0;
  const double level = (sy - slope * st) / n;
  std::vector<double> x{0.2};
  if (layout.slope) x.push_back(0.1);
  if (layout.season > 0) x.push_back(0.05);
  if (layout.damped) x.push_back(0.95);
  x.push_back((layout.slope ? level : sy / n) / scale);
  if (layout.slope) x.push_back(slope / scale);
  for (std::size_t s = 0; s + 1 < layout.season; ++s)
    x.push_back(multiplicative ? season[s] : season[s] / scale);
  return x;
}

}  // namespace

std::string EtsForm::name() const {
  const char* trends[] = {"N", "A", "Ad"};
  const char* seasons[] = {"N", "A", "M"};
  return std::string("ETS(") + (multiplicative_error ? "M" : "A") + "," + trends[static_cast<int>(trend)] +
         "," + seasons[static_cast<int>(season)] + ")";
}

Ets fit_ets(std::span<const double> values, std::size_t period, EtsForm form) {
  const Layout layout(form, period);
  std::size_t n = 0;
  double scale = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    ++n;
    scale += std::abs(v);
    if (v <= 0 && (form.multiplicative_error || form.season == Season::multiplicative))
      throw ComputationError("{}: a value of {}; expected values above 0", form.name(), v);
  }
  // One for the deviation, and one left over for the correction of the AIC.
  if (n < layout.size() + 3 || (layout.season > 0 && period < 2))
    throw ComputationError("{}: {} values for {} parameters", form.name(), n, layout.size() + 1);
  scale = scale > 0 ? scale / static_cast<double>(n) : 1;
  std::vector<double> x = start_of(values, period, form, layout, scale);
  std::vector<double> low(x.size(), -1e3), high(x.size(), 1e3), step(x.size(), 0.02);
  std::size_t i = 0;
  const auto weight = [&](double a, double b, double s) {
    low[i] = a;
    high[i] = b;
    step[i++] = s;
  };
  weight(smallest_weight, 1 - smallest_weight, 0.1);
  if (layout.slope) weight(smallest_weight, 1 - smallest_weight, 0.05);
  if (layout.season > 0) weight(smallest_weight, 1 - smallest_weight, 0.05);
  if (layout.damped) weight(least_phi, largest_phi, 0.02);
  if (layout.slope) step[i + 1] = 0.002;
  const auto criterion = [&](const std::vector<double>& at) {
    Ets fit = unpacked(at, form, layout, scale);
    return run(values, fit, false);
  };
  nlopt::opt solver(nlopt::LN_SBPLX, static_cast<unsigned>(x.size()));
  solver.set_min_objective(called<decltype(criterion)>,
                           const_cast<void*>(static_cast<const void*>(&criterion)));
  solver.set_lower_bounds(low);
  solver.set_upper_bounds(high);
  solver.set_initial_step(step);
  solver.set_ftol_abs(1e-5);
  solver.set_maxeval(8000);
  double value = 0;
  try {
    solver.optimize(x, value);
  } catch (const nlopt::roundoff_limited&) {  // x is the best there is
  }
  Ets fit = unpacked(x, form, layout, scale);
  fit.parameters = layout.size() + 1;
  const double twice = run(values, fit, true);
  if (twice >= impossible) throw ComputationError("{}: no fit found", form.name());
  const auto k = static_cast<double>(fit.parameters);
  fit.likelihood = -0.5 * twice;
  fit.aicc = twice + 2 * k + 2 * k * (k + 1) / (static_cast<double>(n) - k - 1);
  if (layout.season > 0)
    std::rotate(fit.state.season.begin(),
                fit.state.season.begin() + static_cast<std::ptrdiff_t>(values.size() % period),
                fit.state.season.end());
  return fit;
}

Ets choose_ets(std::span<const double> values, std::size_t period) {
  const bool positive = std::none_of(values.begin(), values.end(), [](double v) { return v <= 0; });
  std::optional<Ets> best;
  for (const bool multiplicative : {false, true})
    for (const Trend trend : {Trend::none, Trend::additive, Trend::damped})
      for (const Season season : {Season::none, Season::additive, Season::multiplicative}) {
        if (multiplicative && !positive) continue;
        if (season == Season::multiplicative && !multiplicative) continue;
        if (season != Season::none && period < 2) continue;
        try {
          Ets fit = fit_ets(values, period, {multiplicative, trend, season});
          if (!best || fit.aicc < best->aicc) best = std::move(fit);
        } catch (const ComputationError&) {  // too few values for this form
        }
      }
  if (!best)
    throw ComputationError("exponential smoothing: {} values are too few for any form", values.size());
  return *best;
}

std::vector<double> Ets::forecast(std::size_t horizon) const {
  std::vector<double> path;
  double slope = 0, power = phi;
  for (std::size_t h = 0; h < horizon; ++h) {
    slope += power * state.slope;
    power *= phi;
    const double season = state.season.empty() ? 0 : state.season[h % state.season.size()];
    path.push_back(expected(*this, state.level + slope, season));
  }
  return path;
}

std::vector<double> Ets::simulate(std::size_t horizon, std::uint64_t seed, std::uint64_t path) const {
  SmoothingState s = state;
  std::vector<double> values;
  for (std::size_t h = 0; h < horizon; ++h) {
    double* season = s.season.empty() ? nullptr : &s.season[h % s.season.size()];
    const double base = s.level + phi * s.slope;
    const double mean = expected(*this, base, season ? *season : 0);
    const double share = uniform(random_bits(seed, path, h)) + 0x1.0p-54;  // never 0
    const double error = deviation * normal_quantile(share) * (form.multiplicative_error ? mean : 1);
    values.push_back(mean + error);
    advance(*this, s, base, season, error);
  }
  return values;
}

}  // namespace snitt::statistics
