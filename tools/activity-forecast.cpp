#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "activity/forecast.hpp"
#include "base/error.hpp"
#include "base/spelling.hpp"
#include "base/words.hpp"
#include "data/table_columns.hpp"
#include "formats/csv.hpp"
#include "shell/calibration_text.hpp"
#include "shell/records_input.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-forecast", "activity", "forecast counts of examinations, by methods tested on the past",
    "Reads counts by month, quarter or year (a table of snitt-activity-count or any CSV with a time and a "
    "count in "
    "each row), sums them by time and by the columns of --by, and forecasts each series by: last year's "
    "value; the "
    "same with growth; Holt-Winters; exponential smoothing in its state-space forms (ETS, smallest AICc); "
    "theta; "
    "negative binomial regression with months and trend; the same with what the population's size and ages "
    "let "
    "expect (--population); and the mean of all of these without the extremes.\n\n"
    "Monthly counts follow the number of working days, so that Easter in March is no fall: how much a day "
    "off counts "
    "of a working day is estimated from each series and left out where it explains nothing. --country knows "
    "the "
    "holidays.\n\n"
    "The method is chosen by forecasting the past from many origins, everything fitted anew at each from "
    "what was "
    "known there. The errors give the intervals, too. Months that are far off (an outage, a pandemic) are "
    "masked "
    "and listed; a step of the level is reported and makes the verdict doubtful, as growth cannot be told "
    "from it.\n\n"
    "With --own-capacity, a table of what own equipment can do, private_need holds what has to be bought of "
    "others. "
    "With --test-from the last periods are kept from the methods and compared with the forecast.\n\n"
    "The table that is written has one row per series and period. The others (choice, methods, parameters, "
    "all_forecasts, backtest, events, years, test, private_need, refused, basis) are in the same file: "
    "snitt-info "
    "lists them, "
    "snitt-export --calibration-table writes them as CSV."};

struct Settings {
  std::string input;
  std::string output;
  activity::SeriesColumns columns;
  std::vector<std::string> by;
  std::vector<std::string> only;
  std::int64_t horizon = 12;
  std::string from;
  std::string test_from;
  std::string method = "choose";
  std::string country = "none";
  std::string holidays;
  bool no_calendar = false;
  std::vector<std::string> mask;
  bool keep_outliers = false;
  std::int64_t origins = 24;
  std::string population;
  std::string age_counts;
  std::string own_capacity;
};

void declare(Options& options, Settings& s) {
  options.input("SERIES", s.input, "table of counts: Snitt table or CSV");
  options.output(s.output, "table file to write");
  options.section("Columns");
  options.text("--time-column", s.columns.time, "NAME",
               "period as 2024-03, 2024-03-31, 2024Q1 or 2024; by default time, month, quarter or year");
  options.text("--year-column", s.columns.year, "NAME",
               "year, where month or quarter stand by themselves; also 2023-24");
  options.text("--month-column", s.columns.month, "NAME", "month beside the year: 1 to 12, or its name");
  options.value("--fiscal-start", s.columns.fiscal_start, {1, 12},
                "month in which the years of --year-column begin; years such as 2023-24 want it");
  options.text("--count-column", s.columns.count, "NAME", "number of examinations");
  options.texts("--by", s.by, "NAME,...",
                "a series for each value of this column; of several columns, for each combination of values");
  options.texts("--only", s.only, "SERIES", "take only this series");
  options.section("Forecast");
  options.value("--horizon", s.horizon, {1, 240}, "periods ahead");
  options.text("--from", s.from, "TIME", "first period that is used");
  options.text("--test-from", s.test_from, "TIME",
               "first period that is kept from the methods, to compare with");
  options.choice("--method", s.method,
                 {{"choose", "by back-test"},
                  {"combination", "mean of the others without the extremes"},
                  {"seasonal-naive", "last year's value"},
                  {"growth", "last year's value with its growth"},
                  {"holt-winters", "additive slope, multiplicative season"},
                  {"ets", "state-space form of the smallest AICc"},
                  {"theta", "simple smoothing with half the trend and a shrunken season"},
                  {"negative-binomial", "regression on month and trend"},
                  {"age-cohort", "regression with what the population lets expect"}},
                 "how the forecast is made; all methods are tested and listed");
  options.value("--origins", s.origins, {1, 1000}, "of the back-test, the latest");
  options.section("Calendar and outages");
  options.choice("--country", s.country,
                 {{"none", "weekends alone"},
                  {"norway", "those of Norway"},
                  {"england", "those of England"},
                  {"denmark", "those of Denmark"},
                  {"sweden", "those of Sweden"}},
                 "whose public holidays are days off");
  options.file("--holidays", s.holidays,
               "CSV with a column date (2024-05-17) of further days off, such as strikes");
  options.flag("--no-calendar", s.no_calendar, "do not look at days at all");
  options.texts("--mask", s.mask, "FROM:TO", "periods that are not used, such as 2020-03:2020-06");
  options.flag("--keep-outliers", s.keep_outliers, "use periods that are far off, too");
  options.section("Population and capacity");
  options.file(
      "--population", s.population,
      "population by year (or calyear), age_from or age_group, perhaps sex, and persons (or pop), projected "
      "beyond the horizon; wants --age-counts");
  options.file("--age-counts", s.age_counts,
               "examinations by year, age_from or age_group, perhaps sex and the columns of --by, and count");
  options.file("--own-capacity", s.own_capacity,
               "the columns of --by with capacity (examinations a year), or units and exams_per_unit");
  options.example(
      "snitt-activity-forecast sample_data/activity/did_england_monthly.csv --year-column fy --month-column "
      "month "
      "--fiscal-start 4 --by modality --only 'Magnetic Resonance Imaging' --from 2021-04 --test-from 2024-04 "
      "--country "
      "england -o mr.h5",
      "Three years of magnetic resonance in England, tested on the fourth");
  options.example("snitt-activity-forecast sample_data/activity/airline.csv --horizon 24 -o airline.h5",
                  "A series that grows, with a season that grows with it");
}

std::string method_of(const std::string& word) {
  if (word == "choose") return {};
  if (word == "seasonal-naive") return "seasonal naive";
  if (word == "growth") return "seasonal naive with growth";
  if (word == "holt-winters") return "Holt-Winters";
  if (word == "ets") return "ETS";
  if (word == "negative-binomial") return "negative binomial";
  return word;
}

void add_holidays(const std::string& path, activity::WorkCalendar& calendar) {
  const std::vector<std::string> dates = texts_of(column_of(formats::read_csv(path), "date", path));
  for (std::size_t i = 0; i < dates.size(); ++i) {
    int year = 0;
    unsigned month = 0, day = 0;
    char end = 0;
    const bool read = std::sscanf(dates[i].c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &end) == 3;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    if (!read || !date.ok())
      throw InputError("{}: row {}: date '{}'; expected one such as 2024-05-17", path, i + 1, dates[i]);
    calendar.add(date);
  }
}

std::vector<std::string> names_of(const std::vector<activity::PeriodSeries>& series) {
  std::vector<std::string> names;
  for (const activity::PeriodSeries& s : series) names.push_back(s.name);
  return names;
}

void keep_only(std::vector<activity::PeriodSeries>& series, const std::vector<std::string>& only,
               const std::vector<std::string>& by, const std::string& path) {
  const std::vector<std::string> names = names_of(series);
  if (only.empty()) return;
  for (const std::string& name : only)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw UsageError("--only '{}': {} has no such series{}; {}", name, path, did_you_mean(name, names),
                       by.empty() ? std::string("without --by all rows are one series, named all")
                                  : "its series are " + some_of(names));
  std::erase_if(series,
                [&](const auto& s) { return std::find(only.begin(), only.end(), s.name) == only.end(); });
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (s.population.empty() != s.age_counts.empty())
    throw UsageError("--population and --age-counts want each other: rates by age are made of both");
  activity::ForecastOptions options;
  options.horizon = static_cast<std::size_t>(s.horizon);
  options.calendar = activity::WorkCalendar(s.country);
  if (!s.holidays.empty()) add_holidays(s.holidays, options.calendar);
  options.use_calendar = !s.no_calendar;
  options.mask_outliers = !s.keep_outliers;
  options.masked = s.mask;
  if (!s.from.empty()) options.from = s.from;
  if (!s.test_from.empty()) options.test_from = s.test_from;
  options.method = method_of(s.method);
  options.most_origins = static_cast<std::size_t>(s.origins);
  activity::SeriesColumns columns = s.columns;
  columns.by = split_at_commas(s.by);
  const Table table = shell::read_records(s.input);
  std::vector<activity::PeriodSeries> series = activity::period_series(table, columns, s.input);
  const std::vector<std::string> all = names_of(series);
  keep_only(series, s.only, columns.by, s.input);
  if (!s.population.empty())
    options.demand =
        activity::demand_by_year(shell::read_records(s.population), s.population,
                                 shell::read_records(s.age_counts), s.age_counts, series, columns.by);
  if (!s.own_capacity.empty())
    options.own_capacity =
        activity::capacity_by_series(shell::read_records(s.own_capacity), s.own_capacity, columns.by, all);
  if (store::is_snitt_file(s.input))
    if (const auto record = store::read_calibration(s.input)) options.basis = activity::basis_of(*record);
  options.basis.push_back({"calendar", s.no_calendar ? "not used" : "holidays of " + s.country});
  const activity::ForecastResult result = activity::forecast(std::move(series), options, session.monitor());
  for (const std::string& reason : result.record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.forecasts, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &result.record);
  nlohmann::json json = shell::calibration_json(result.record);
  json["forecasts"] = shell::table_json(result.forecasts);
  for (const auto& [name, rows] : result.record.tables) json[name] = shell::table_json(rows);
  session.result(result.text + shell::calibration_text(result.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
