#include "activity/forecast_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "activity/forecast_tables.hpp"
#include "base/error.hpp"
#include "base/spelling.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double percent = 100;

}  // namespace

ForecastResults::ForecastResults(const ForecastOptions& options)
    : options_(options),
      forecasts_(headings::forecasts()),
      choice_(headings::choice()),
      methods_(headings::methods()),
      parameters_(headings::parameters()),
      all_(headings::all_forecasts()),
      backtest_(headings::backtest()),
      events_(headings::events()),
      years_(headings::years()),
      test_(headings::test()),
      need_(headings::private_need()),
      refused_({{"series", "", "which series"}, {"reason", "", "why it has no forecast"}}) {}

void ForecastResults::add(const PreparedSeries& p, const std::vector<MethodForecast>& methods,
                          const CalendarEffect& calendar, const Backtest& test) {
  std::string chosen = options_.method.empty() ? test.chosen : options_.method;
  const MethodForecast* forecast = nullptr;
  for (const MethodForecast& m : methods)
    if (m.method == chosen) forecast = &m;
  if (!forecast) {
    if (!options_.method.empty())
      throw ComputationError(
          "'{}': method '{}' cannot be used here (too short, without population, or with values of 0)",
          p.series.name, options_.method);
    forecast = &methods.back();
    chosen = forecast->method;
  }
  const ErrorGrowth growth = growth_of(p, chosen, test);
  add_choice(p, *forecast, calendar, test);
  add_methods(p, methods, test, chosen);
  add_forecast(p, *forecast, growth);
  add_years(p, *forecast, growth);
  add_test(p, methods, chosen, test);
  add_events(p);
  for (const MethodForecast& m : methods)
    for (std::size_t h = 0; h < m.path.size(); ++h)
      all_.add({p.series.name, p.series.time(p.input.values.size() + h), static_cast<double>(h + 1), m.method,
                m.path[h]});
  for (const BacktestForecast& f : test.forecasts)
    backtest_.add({p.series.name, f.method, p.series.time(f.origin - 1), static_cast<double>(f.horizon),
                   p.series.time(f.origin + f.horizon - 1), f.forecast, f.actual});
  ++series_;
}

void ForecastResults::refuse(const std::string& series, const std::string& why) {
  refused_.add({series, why});
  text_ += fmt::format("{}: no forecast: {}\n", series, why);
}

ForecastResult ForecastResults::finish() {
  if (const std::size_t number = refused_.table().rows(); number > 0)
    reasons_.push_back(fmt::format(
        "{} series have no forecast (table refused says why); give them more periods or sum them", number));
  std::vector<BasisEntry> basis = options_.basis;
  if (!without_capacity_.empty())
    basis.push_back({"no own capacity given for", some_of(without_capacity_)});
  ForecastResult result;
  result.forecasts = forecasts_.table();
  CalibrationRecord& r = result.record;
  r.method = "forecast by back-test";
  r.reasons = reasons_;
  r.verdict = reasons_.empty() ? "good" : "doubtful";
  r.summary.push_back(plain("series", static_cast<double>(series_), "1", "series that were forecast"));
  if (!mape_.empty())
    r.summary.push_back(
        plain("backtest_mape", percent * statistics::mean(mape_), "%",
              "mean over series of the chosen methods' mean absolute error in the back-test"));
  if (!test_mape_.empty()) {
    r.summary.push_back(
        plain("test_mape", percent * statistics::mean(test_mape_), "%",
              "mean over series of the mean absolute error in the periods kept for the test"));
    r.summary.push_back(plain("test_inside_95", inside_ / tested_, "1",
                              "share of tested counts inside their 95 % intervals"));
  }
  if (single_year_) r.summary.push_back(*single_year_);
  r.tables = {{"choice", choice_.table()},
              {"methods", methods_.table()},
              {"parameters", parameters_.table()},
              {"all_forecasts", all_.table()},
              {"backtest", backtest_.table()},
              {"events", events_.table()},
              {"years", years_.table()},
              {"test", test_.table()},
              {"private_need", need_.table()},
              {"refused", refused_.table()},
              {"basis", basis_table(basis)}};
  result.text = text_;
  return result;
}

ErrorGrowth ForecastResults::growth_of(const PreparedSeries& p, const std::string& chosen,
                                       const Backtest& test) {
  for (const MethodScore& s : test.scores)
    if (s.method == chosen) {
      mape_.push_back(s.mape);
      return s.growth;
    }
  // No back-test: as unsure as last year's value was, in every period.
  double squares = 0, n = 0;
  const auto season = static_cast<std::size_t>(p.series.per_year);
  for (std::size_t t = season; t < p.input.values.size(); ++t) {
    const double e = std::log((p.input.values[t] + 0.5) / (p.input.values[t - season] + 0.5));
    if (!std::isnan(e)) squares += e * e, ++n;
  }
  reasons_.push_back(
      fmt::format("'{}' is too short for a back-test; its intervals are as wide as the changes from year "
                  "to year were. Give more periods",
                  p.series.name));
  constexpr double unknown = 0.1;
  return {n > 0 ? squares / n : unknown, 0, std::max(1.0, n - 1)};
}

void ForecastResults::add_choice(const PreparedSeries& p, const MethodForecast& f,
                                 const CalendarEffect& calendar, const Backtest& test) {
  double used = 0;
  for (const double v : p.input.values) used += std::isnan(v) ? 0 : 1;
  choice_.add({p.series.name, f.method,
               options_.method.empty() ? test.reason : std::string("as was asked for"), p.series.time(0),
               p.series.time(p.input.values.size() - 1), used, calendar.used ? 1.0 : 0.0,
               calendar.used ? calendar.weight : nan,
               calendar.deviation_none > 0 ? 1 - calendar.deviation / calendar.deviation_none : nan});
  text_ += fmt::format("{}: {}", p.series.name, f.method);
}

void ForecastResults::add_methods(const PreparedSeries& p, const std::vector<MethodForecast>& methods,
                                  const Backtest& test, const std::string& chosen) {
  for (const MethodForecast& m : methods) {
    const MethodScore* s = nullptr;
    for (const MethodScore& score : test.scores)
      if (score.method == m.method) s = &score;
    const double flag = m.method == chosen ? 1 : 0;
    if (s)
      methods_.add(
          {p.series.name, m.method, m.form, flag, static_cast<double>(s->origins),
           static_cast<double>(s->forecasts), percent * s->mape, s->mase, percent * std::expm1(s->bias),
           percent * s->difference, std::isinf(s->difference_error) ? nan : percent * s->difference_error,
           percent * std::sqrt(s->growth.noise), percent * std::sqrt(s->growth.drift), s->growth.degrees});
    else
      methods_.add({p.series.name, m.method, m.form, flag, 0.0, 0.0, nan, nan, nan, nan, nan, nan, nan, nan});
    for (const auto& [name, value] : m.parameters) parameters_.add({p.series.name, m.method, name, value});
  }
}

void ForecastResults::add_forecast(const PreparedSeries& p, const MethodForecast& f,
                                   const ErrorGrowth& growth) {
  const std::size_t n = p.input.values.size();
  for (std::size_t h = 0; h < f.path.size(); ++h) {
    const Band b80 = band(f.path[h], h + 1, growth, 0.80), b95 = band(f.path[h], h + 1, growth, 0.95);
    forecasts_.add({p.series.name, p.series.time(n + h), static_cast<double>(h + 1), f.method, f.path[h],
                    b80.low, b80.high, b95.low, b95.high, p.input.days[n + h].working, p.actual[h]});
  }
}

void ForecastResults::add_years(const PreparedSeries& p, const MethodForecast& f, const ErrorGrowth& growth) {
  const std::size_t n = p.input.values.size();
  const auto season = static_cast<std::size_t>(p.series.per_year);
  double last = 0;
  for (std::size_t t = n > season ? n - season : 0; t < n; ++t) last += p.counted[t];
  for (std::size_t from = 0; from < f.path.size(); from += season) {
    const std::size_t to = std::min(from + season, f.path.size());
    double sum = 0;
    for (std::size_t h = from; h < to; ++h) sum += f.path[h];
    const Band b80 = band_of_sum(f.path, from, to, growth, 0.80),
               b95 = band_of_sum(f.path, from, to, growth, 0.95);
    const bool first_year = from == 0 && to == season;
    years_.add({p.series.name, p.series.time(n + from), p.series.time(n + to - 1), sum, b80.low, b80.high,
                b95.low, b95.high, last, first_year ? percent * (sum / last - 1) : nan});
    if (from == 0) {
      text_ += fmt::format(", {} to {}: {:.0f} (95 %: {:.0f} to {:.0f})", p.series.time(n),
                           p.series.time(n + to - 1), sum, b95.low, b95.high);
      single_year_.reset();
      if (series_ == 0)
        single_year_ =
            Quantity{"forecast_first_year", sum, b95.low, b95.high, "1", "sum of the first year ahead"};
    }
    add_need(p, from, to, sum, deviation_of_sum(f.path, from, to, growth), growth);
  }
}

void ForecastResults::add_need(const PreparedSeries& p, std::size_t from, std::size_t to, double sum,
                               double deviation, const ErrorGrowth& growth) {
  const auto own = options_.own_capacity.find(p.series.name);
  if (own == options_.own_capacity.end()) {
    if (from == 0 && !options_.own_capacity.empty()) {
      text_ += ", no own capacity given";
      without_capacity_.push_back(p.series.name);
    }
    return;
  }
  const std::size_t n = p.input.values.size();
  const double capacity = own->second * static_cast<double>(to - from) / p.series.per_year;
  const auto beyond = [&](double demand) { return std::max(0.0, demand - capacity); };
  const auto end = [&](double share) {
    return beyond(sum * std::exp(statistics::student_t_quantile(share, growth.degrees) * deviation));
  };
  double probability = sum > capacity ? 1 : 0;
  if (deviation > 0 && capacity > 0) {
    const double t = std::log(capacity / sum) / deviation;
    const double tail = statistics::student_t_two_sided(t, growth.degrees) / 2;
    probability = t > 0 ? tail : 1 - tail;
  }
  need_.add({p.series.name, p.series.time(n + from), p.series.time(n + to - 1), sum, capacity, beyond(sum),
             end(0.1), end(0.9), end(0.025), end(0.975), probability, std::max(0.0, capacity - sum)});
  if (from == 0)
    text_ += fmt::format(", to buy beyond {:.0f} of own: {:.0f} (95 %: {:.0f} to {:.0f})", capacity,
                         beyond(sum), end(0.025), end(0.975));
}

void ForecastResults::add_test(const PreparedSeries& p, const std::vector<MethodForecast>& methods,
                               const std::string& chosen, const Backtest& test) {
  for (const MethodForecast& m : methods) {
    std::optional<ErrorGrowth> growth;
    for (const MethodScore& s : test.scores)
      if (s.method == m.method) growth = s.growth;
    double periods = 0, absolute = 0, actual = 0, forecast = 0, in80 = 0, in95 = 0;
    for (std::size_t h = 0; h < m.path.size(); ++h) {
      const double y = p.actual[h];
      if (std::isnan(y)) continue;
      ++periods;
      absolute += std::abs(y - m.path[h]) / std::max(y, 0.5);
      actual += y;
      forecast += m.path[h];
      if (!growth) continue;
      const Band b80 = band(m.path[h], h + 1, *growth, 0.80), b95 = band(m.path[h], h + 1, *growth, 0.95);
      in80 += b80.low <= y && y <= b80.high ? 1 : 0;
      in95 += b95.low <= y && y <= b95.high ? 1 : 0;
    }
    if (periods == 0) continue;
    test_.add({p.series.name, m.method, m.method == chosen ? 1.0 : 0.0, periods, percent * absolute / periods,
               percent * (actual / forecast - 1), growth ? in80 / periods : nan,
               growth ? in95 / periods : nan});
    if (m.method != chosen) continue;
    test_mape_.push_back(absolute / periods);
    inside_ += in95;
    tested_ += periods;
    text_ += fmt::format(", test: {:.2f} % off", percent * absolute / periods);
  }
  text_ += "\n";
}

void ForecastResults::add_events(const PreparedSeries& p) {
  for (const std::size_t t : p.masked)
    events_.add({p.series.name, p.series.time(t), std::string("masked"), nan, 0.0});
  for (const SeriesEvent& e : p.events) {
    const std::string time = p.series.time(e.index);
    const bool last_year = e.index + static_cast<std::size_t>(p.series.per_year) >= p.input.values.size();
    if (e.kind == SeriesEvent::Kind::missing) {
      if (std::find(p.masked.begin(), p.masked.end(), e.index) == p.masked.end())
        events_.add({p.series.name, time, std::string("missing"), nan, 0.0});
    } else if (e.kind == SeriesEvent::Kind::outlier) {
      events_.add({p.series.name, time, std::string("outlier"), e.ratio, options_.mask_outliers ? 0.0 : 1.0});
      if (last_year)
        reasons_.push_back(
            fmt::format("'{}' has in {}, within its last year, {:.0f} % of what was to be expected; find out "
                        "whether the month is complete",
                        p.series.name, time, percent * e.ratio));
    } else {
      events_.add({p.series.name, time, std::string("level shift"), e.ratio, 1.0});
      reasons_.push_back(
          fmt::format("'{}' steps by {:+.0f} % in {}; find out whether counts are incomplete on one side "
                      "(--from or --mask leave "
                      "periods out): growth cannot be told from it",
                      p.series.name, percent * (e.ratio - 1), time));
    }
  }
  if (p.demand_ends)
    reasons_.push_back(
        fmt::format("the population ends before the forecast of '{}'; its last growth was carried on. Give "
                    "a projection of the population",
                    p.series.name));
}

}  // namespace snitt::activity
