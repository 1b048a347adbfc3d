#include "activity/forecast.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "data/table_columns.hpp"
#include "statistics/distributions.hpp"
#include "statistics/random.hpp"

namespace snitt::activity {
namespace {

double normal(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  return statistics::normal_quantile(statistics::uniform(statistics::random_bits(seed, a, b)) + 0x1.0p-54);
}

/// Growth, season and the days of the months, with noise and a level that wanders.
PeriodSeries simulated(std::uint64_t number, std::size_t length, double noise, double drift) {
  PeriodSeries s{"all", 12, 2015 * 12, {}};
  const PeriodDays days = days_of_periods(WorkCalendar("norway"), s.first, 12, length);
  const CalendarEffect effect{true, 0.3, 0, 0};
  double level = std::log(20000.0);
  for (std::size_t t = 0; t < length; ++t) {
    level += 0.003 + drift * normal(1, number, t);
    s.values.push_back(std::exp(level + 0.05 * std::sin(static_cast<double>(t) * std::acos(-1.0) / 6) +
                                noise * normal(2, number, t)) *
                       effect.factor(days[t], 12));
  }
  return s;
}

ForecastInput input_of(const PeriodSeries& s, std::size_t known, std::size_t horizon) {
  ForecastInput input;
  input.values.assign(s.values.begin(), s.values.begin() + static_cast<std::ptrdiff_t>(known));
  input.days = days_of_periods(WorkCalendar("norway"), s.first, 12, known + horizon);
  input.horizon = horizon;
  return input;
}

TEST(Forecast, SeasonalNaiveRepeatsTheYearAndGrowthMultipliesIt) {
  PeriodSeries s{"all", 12, 2015 * 12, {}};
  for (int t = 0; t < 36; ++t) s.values.push_back((100 + t % 12) * std::pow(1.1, t / 12));
  ForecastInput input = input_of(s, 36, 14);
  input.use_calendar = false;
  const auto methods = forecast_by_all(input);
  EXPECT_NEAR(methods[0].path[3], 103 * 1.21, 1e-9);
  EXPECT_NEAR(methods[0].path[13], 101 * 1.21, 1e-9);
  EXPECT_EQ(methods[1].method, "seasonal naive with growth");
  EXPECT_NEAR(methods[1].path[3], 103 * 1.331, 1e-9);
  EXPECT_NEAR(methods[1].path[13], 101 * 1.4641, 1e-9);
}

TEST(Forecast, PutsTheDaysOfTheFutureBack) {
  // A series that is nothing but working days is foretold to the last digit, Easter and all.
  PeriodSeries s{"all", 12, 2015 * 12, {}};
  const PeriodDays days = days_of_periods(WorkCalendar("norway"), s.first, 12, 72);
  for (std::size_t t = 0; t < 60; ++t) s.values.push_back(100 * days[t].working);
  CalendarEffect effect;
  const auto methods = forecast_by_all(input_of(s, 60, 12), &effect);
  EXPECT_TRUE(effect.used);
  EXPECT_EQ(effect.weight, 0);
  for (const MethodForecast& m : methods)
    for (std::size_t h = 0; h < 12; ++h)
      EXPECT_NEAR(m.path[h] / (100 * days[60 + h].working), 1, 2e-3)
          << m.method;  // smoothing stops at 1e-5 of likelihood
}

TEST(Forecast, TheCombinationLeavesTheExtremesOut) {
  const PeriodSeries s = simulated(1, 60, 0.02, 0.01);
  const auto methods = forecast_by_all(input_of(s, 60, 12));
  ASSERT_EQ(methods.back().method, combination_name);
  for (std::size_t h = 0; h < 12; ++h) {
    std::vector<double> others;
    for (const auto& m : methods)
      if (m.method != naive_name && m.method != combination_name) others.push_back(std::log(m.path[h]));
    ASSERT_EQ(others.size(), 5u);
    std::sort(others.begin(), others.end());
    EXPECT_NEAR(std::log(methods.back().path[h]), (others[1] + others[2] + others[3]) / 3, 1e-9);
  }
}

TEST(Forecast, AgeCohortFollowsThePopulation) {
  // Constant rates: examinations in proportion to a demand that turns upwards behind the last value.
  PeriodSeries s{"all", 12, 2015 * 12, {}};
  ForecastInput input = input_of(simulated(1, 60, 0, 0), 60, 12);
  input.use_calendar = false;
  for (std::size_t t = 0; t < 72; ++t)
    input.demand.push_back(t < 60 ? 100.0 + 0.1 * static_cast<double>(t) : 130.0);
  for (std::size_t t = 0; t < 60; ++t) input.values[t] = 50 * input.demand[t];
  for (const auto& m : forecast_by_all(input))
    if (m.method == "age-cohort") {
      EXPECT_NEAR(m.path[5], 50 * 130, 1e-3);
      return;
    }
  FAIL() << "no age-cohort forecast";
}

TEST(ErrorGrowth, FindsNoiseAndDrift) {
  std::vector<std::vector<double>> noise, drift;
  for (std::uint64_t o = 0; o < 4000; ++o) {
    std::vector<double> a, b;
    double sum = 0;
    for (std::uint64_t h = 0; h < 12; ++h) {
      a.push_back(0.05 * normal(11, o, h));
      b.push_back(sum += 0.02 * normal(12, o, h));
    }
    noise.push_back(a);
    drift.push_back(b);
  }
  const ErrorGrowth n = fit_error_growth(noise), d = fit_error_growth(drift);
  EXPECT_NEAR(std::sqrt(n.variance(12)), 0.05, 0.003);  // one step of the search lets 1/40 drift in
  EXPECT_NEAR(std::sqrt(d.variance(12)), 0.02 * std::sqrt(12.0), 0.003);
  EXPECT_NEAR(std::sqrt(d.variance(1)), 0.02, 0.002);
}

TEST(ErrorGrowth, SumsShareTheirDrift) {
  const std::vector<double> path(12, 100);
  EXPECT_NEAR(deviation_of_sum(path, 0, 12, {0.01, 0, 10}), 0.1 / std::sqrt(12.0), 1e-12);
  // Var of the mean of a random walk of 12 steps: sum over h, k of min(h, k) = 12·13·25/6 = 650.
  EXPECT_NEAR(deviation_of_sum(path, 0, 12, {0, 0.01, 10}), 0.1 * std::sqrt(650.0) / 12, 1e-12);
}

TEST(Backtest, KnowsNothingOfTheFuture) {
  PeriodSeries s = simulated(3, 48, 0.02, 0.01);
  const Backtest before = backtest(input_of(s, 48, 12), {});
  for (std::size_t t = 40; t < 48; ++t) s.values[t] *= 3;
  const Backtest after = backtest(input_of(s, 48, 12), {});
  std::size_t compared = 0;
  for (std::size_t i = 0; i < before.forecasts.size(); ++i) {
    if (before.forecasts[i].origin > 40) continue;
    EXPECT_EQ(before.forecasts[i].forecast, after.forecasts[i].forecast);
    ++compared;
  }
  EXPECT_GT(compared, 100u);
}

TEST(Backtest, ShortSeriesGetTheCombination) {
  const Backtest test = backtest(input_of(simulated(3, 36, 0.02, 0.01), 36, 12), {});
  EXPECT_EQ(test.chosen, combination_name);
  for (const MethodScore& s : test.scores) EXPECT_EQ(s.origins, 12u);
}

TEST(SeriesEvents, SeesAnOutageAndAStepAndNothingElse) {
  PeriodSeries s = simulated(5, 72, 0.02, 0.003);
  const PeriodDays days = days_of_periods(WorkCalendar("norway"), s.first, 12, 72);
  EXPECT_TRUE(series_events(s.values, days, 12, true).empty());
  PeriodSeries outage = s;
  for (std::size_t t = 30; t < 33; ++t) outage.values[t] *= 0.4;
  const auto out = series_events(outage.values, days, 12, true);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[0].index, 30u);
  EXPECT_EQ(out[0].kind, SeriesEvent::Kind::outlier);
  EXPECT_NEAR(out[0].ratio, 0.4, 0.05);
  PeriodSeries step = s;
  for (std::size_t t = 40; t < 72; ++t) step.values[t] *= 1.25;
  const auto found = series_events(step.values, days, 12, true);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, SeriesEvent::Kind::level_shift);
  EXPECT_NEAR(static_cast<double>(found[0].index), 40, 1);
  EXPECT_NEAR(found[0].ratio, 1.25, 0.06);
}

Table fiscal_table() {
  return {{{"fy", "", "", std::vector<std::string>{"2023-24", "2023-24", "2023-24", "2023-24"}},
           {"month", "", "", std::vector<std::string>{"Apr", "Mar", "desember", "Mar"}},
           {"modality", "", "", std::vector<std::string>{"CT", "CT", "MR", "CT"}},
           {"count", "1", "", std::vector<std::int64_t>{10, 20, 30, 5}}}};
}

TEST(PeriodSeries, ReadsFiscalYearsAndNamesOfMonths) {
  SeriesColumns columns;
  columns.year = "fy";
  columns.month = "month";
  columns.fiscal_start = 4;
  columns.by = {"modality"};
  const auto series = period_series(fiscal_table(), columns, "x.csv");
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].name, "CT");
  EXPECT_EQ(series[0].time(0), "2023-04");
  ASSERT_EQ(series[0].values.size(), 12u);
  EXPECT_EQ(series[0].time(11), "2024-03");
  EXPECT_EQ(series[0].values[11], 25);  // cells of one month are summed
  EXPECT_TRUE(std::isnan(series[0].values[5]));
  EXPECT_EQ(series[1].time(0), "2023-12");
  EXPECT_EQ(series[0].index_of("2024-01"), 9);
  EXPECT_THROW(series[0].index_of("2024"), UsageError);
}

template <class F>
std::string refusal(F run) {
  try {
    run();
  } catch (const InputError& e) {
    return e.what();
  }
  ADD_FAILURE() << "was not refused";
  return {};
}

TEST(PeriodSeries, AYearOfTwoYearsWantsTheMonthInWhichItBegins) {
  SeriesColumns columns;
  columns.year = "fy";
  columns.month = "month";
  const std::string why = refusal([&] { period_series(fiscal_table(), columns, "x.csv"); });
  EXPECT_NE(why.find("row 1: column 'fy' has '2023-24'"), std::string::npos) << why;
  EXPECT_NE(why.find("--fiscal-start"), std::string::npos) << why;
}

TEST(PeriodSeries, MonthsBesideTheYearAreNotSummedUnasked) {
  SeriesColumns columns;
  columns.year = "fy";
  columns.fiscal_start = 4;
  const std::string why = refusal([&] { period_series(fiscal_table(), columns, "x.csv"); });
  EXPECT_NE(why.find("column 'month' beside the year 'fy'"), std::string::npos) << why;
  EXPECT_NE(why.find("--month-column month"), std::string::npos) << why;
  columns.by = {"month"};  // a series for each month of the year is what was asked for
  EXPECT_EQ(period_series(fiscal_table(), columns, "x.csv").size(), 3u);
}

TEST(PeriodSeries, QuartersBesideTheYearAreTakenOrRefused) {
  const auto table = [](const char* quarter) {
    return Table{{{"year", "1", "", std::vector<std::int64_t>{2024}},
                  {"quarter", "", "", std::vector<std::string>{quarter}},
                  {"count", "1", "", std::vector<std::int64_t>{1}}}};
  };
  EXPECT_EQ(period_series(table("2024-Q3"), {}, "x")[0].time(0), "2024Q3");
  EXPECT_NE(refusal([&] { period_series(table("3"), {}, "x"); }).find("column 'quarter'"), std::string::npos);
}

TEST(PrivateNeed, ACapacityOfNoSeriesIsRefused) {
  const Table table{{{"modality", "", "", std::vector<std::string>{"CT", "MRI"}},
                     {"capacity", "1", "", std::vector<std::int64_t>{10, 20}}}};
  EXPECT_EQ(capacity_by_series(table, "cap.csv", {"modality"}, {"CT", "MRI", "PET"}).at("MRI"), 20);
  const std::string why =
      refusal([&] { capacity_by_series(table, "cap.csv", {"modality"}, {"CT", "Magnetic"}); });
  EXPECT_NE(why.find("cap.csv: row 2: modality 'MRI' is no series"), std::string::npos) << why;
  EXPECT_NE(why.find("'CT', 'Magnetic'"), std::string::npos) << why;
}

TEST(PrivateNeed, SeriesWithoutCapacityAreNamed) {
  PeriodSeries one = simulated(9, 40, 0.02, 0.005), two = one;
  one.name = "CT";
  two.name = "MR";
  ForecastOptions options;
  options.own_capacity["CT"] = 1000;
  Monitor silent;
  const ForecastResult r = forecast({one, two}, options, silent);
  const Table& basis = *r.record.table("basis");
  const auto what = texts_of(basis.columns[0]), value = texts_of(basis.columns[1]);
  ASSERT_EQ(what.back(), "no own capacity given for");
  EXPECT_EQ(value.back(), "'MR'");
  EXPECT_NE(r.text.find("no own capacity given"), std::string::npos) << r.text;
}

TEST(PeriodSeries, NamesWhatItCannotRead) {
  SeriesColumns columns;
  columns.year = "fy";
  columns.month = "month";
  columns.fiscal_start = 4;
  Table table = fiscal_table();
  std::get<std::vector<std::string>>(table.columns[1].values)[2] = "Brumaire";
  try {
    period_series(table, columns, "x.csv");
    FAIL();
  } catch (const InputError& e) {
    EXPECT_NE(std::string(e.what()).find("row 3: column 'month' has 'Brumaire'"), std::string::npos)
        << e.what();
  }
  table = fiscal_table();
  std::get<std::vector<std::int64_t>>(table.columns[3].values)[0] = -1;
  EXPECT_THROW(period_series(table, columns, "x.csv"), InputError);
}

TEST(PeriodSeries, ReadsMonthsQuartersAndYears) {
  for (const auto& [text, expected] :
       std::vector<std::pair<std::string, std::string>>{{"2024-03", "2024-03"},
                                                        {"2024-03-31", "2024-03"},
                                                        {"2024M12", "2024-12"},
                                                        {"2024Q4", "2024Q4"},
                                                        {"2024", "2024"}}) {
    const Table table{
        {{"time", "", "", std::vector<std::string>{text}}, {"count", "1", "", std::vector<std::int64_t>{1}}}};
    EXPECT_EQ(period_series(table, {}, "x")[0].time(0), expected);
  }
}

TEST(PrivateNeed, IsWhatGoesBeyondOwnCapacity) {
  PeriodSeries s = simulated(9, 60, 0.02, 0.005);
  const double last = std::accumulate(s.values.end() - 12, s.values.end(), 0.0);
  ForecastOptions options;
  options.own_capacity["all"] = 0.8 * last;
  Monitor silent;
  const ForecastResult little = forecast({s}, options, silent);
  const Table& need = *little.record.table("private_need");
  const auto cell = [](const Table& t, const char* name) {
    return std::get<std::vector<double>>(t.find(name)->values)[0];
  };
  EXPECT_NEAR(cell(need, "to_buy"), cell(need, "demand") - 0.8 * last, 1e-6);
  EXPECT_GT(cell(need, "probability"), 0.99);
  options.own_capacity["all"] = 1e9;
  const ForecastResult plenty = forecast({s}, options, silent);
  EXPECT_EQ(cell(*plenty.record.table("private_need"), "to_buy"), 0);
  EXPECT_LT(cell(*plenty.record.table("private_need"), "probability"), 1e-3);
}

TEST(Forecast, OneSeriesThatIsTooShortDoesNotTakeTheOthersWithIt) {
  PeriodSeries longer = simulated(9, 40, 0.02, 0.005), shorter = longer;
  longer.name = "long";
  shorter.name = "short";
  shorter.values.resize(2);
  Monitor silent;
  const ForecastResult r = forecast({longer, shorter}, {}, silent);
  EXPECT_EQ(r.forecasts.rows(), 12u);
  EXPECT_EQ(r.record.table("refused")->rows(), 1u);
  EXPECT_EQ(r.record.verdict, "doubtful");
  EXPECT_THROW(forecast({shorter}, {}, silent), ComputationError);
  EXPECT_THROW(forecast({shorter, shorter}, {}, silent), ComputationError);
}

TEST(AgeCohort, ExpectsPopulationTimesRates) {
  const auto table = [](std::vector<std::int64_t> years, std::vector<std::string> ages, const char* name,
                        std::vector<double> values) {
    return Table{{{"year", "1", "", years}, {"age_group", "", "", ages}, {name, "1", "", values}}};
  };
  const Table population =
      table({2023, 2023, 2024, 2024}, {"00-49", "50+", "00-49", "50+"}, "persons", {1000, 500, 1000, 600});
  const Table counts = table({2023, 2023}, {"00-49", "50+"}, "count", {100, 250});
  const auto demand = demand_by_year(population, "pop.csv", counts, "counts.csv", {{"all", 12, 0, {}}}, {});
  EXPECT_NEAR(demand.at("all").at(2023), 350, 1e-9);
  EXPECT_NEAR(demand.at("all").at(2024), 100 + 300, 1e-9);
  // Of unknown age: the demand is that of the others.
  const Table unknown = table({2023, 2023, 2023}, {"00-49", "50+", ""}, "count", {100, 250, 7});
  EXPECT_NEAR(demand_by_year(population, "p", unknown, "c", {{"all", 12, 0, {}}}, {}).at("all").at(2024), 400,
              1e-9);
  const Table other = table({2023}, {"00-59"}, "count", {100});
  EXPECT_NO_THROW(demand_by_year(population, "p", other, "c", {{"all", 12, 0, {}}}, {}));
  EXPECT_THROW(
      demand_by_year(population, "p", table({2023}, {"10-19"}, "count", {1}), "c", {{"all", 12, 0, {}}}, {}),
      InputError);
}

}  // namespace
}  // namespace snitt::activity
