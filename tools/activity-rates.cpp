#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "activity/catchment_map.hpp"
#include "activity/rates.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "data/table_columns.hpp"
#include "formats/csv.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-rates", "activity", "rates per inhabitants: crude, directly and indirectly standardized",
    "Divides counts by inhabitants. COUNTS are long tables, one row per cell, of snitt-activity-count or any "
    "CSV: "
    "column count, and as far as there are any area (or municipality and district with --catchment-map), "
    "year (or month), "
    "sex, age_group or age_from, and other dimensions. The population has the same by area, year, sex and "
    "age.\n\n"
    "For every group of --by it gives the crude rate, the directly standardized one (weights of all "
    "inhabitants together, "
    "of one area or year, of a file, or of the European or world standard population), and the indirectly "
    "standardized "
    "one (observed over what the rates of all areas together would give), with 95 % intervals. Several years "
    "are taken "
    "together over person-years unless year is in --by.\n\n"
    "Persons who have several examinations make counts scatter more than chance does; with a table of "
    "persons by frequency "
    "(--frequency-column) the intervals take account of it.\n\n"
    "Nothing is dropped in silence: table left_out has the events without inhabitants by area, year or "
    "stratum, and those of "
    "unknown sex or age, which are in the crude rate alone. Further tables: all_areas, standard, basis. "
    "docs/activity-rates.md has the formulas."};

struct Settings {
  std::vector<std::string> inputs;
  std::string output;
  std::string population;
  std::string population_area;
  std::string catchment_map;
  std::string catchment_column;
  activity::CountColumns columns;
  std::vector<std::string> by;
  std::string standard = "total";
  std::string standard_file;
  std::string standard_area;
  std::optional<std::int64_t> standard_year;
  std::optional<std::int64_t> reference_year;
  std::optional<std::int64_t> population_year;
  std::string interval = "gamma";
  std::string count_interval = "phe";
  double per = 100000;
};

void declare(Options& options, Settings& s) {
  options.inputs("COUNTS", s.inputs, "tables of counts");
  options.output(s.output, "table file to write");
  options.file("--population", s.population, "inhabitants by area, year, sex and age, table or CSV; needed");
  options.texts("--by", s.by, "NAME,...",
               "dimensions of the result, joined by commas, such as area,modality,year; by default area and "
               "modality as "
               "far as they are there");
  options.value("--per", s.per, {1, 1e9}, "inhabitants that rates are given for");
  options.section("Columns and areas");
  options.text("--count-column", s.columns.number, "NAME", "column of counts, or of persons");
  options.text("--area-column", s.columns.area, "NAME", "column of areas in the counts");
  options.text("--frequency-column", s.columns.frequency, "NAME",
               "column of events per person, when the counts are of persons who had so many");
  options.text("--population-area-column", s.population_area, "NAME", "column of areas in the population");
  options.file("--catchment-map", s.catchment_map,
               "CSV from municipality and district to area, for counts or a population by municipality");
  options.text("--catchment-column", s.catchment_column, "NAME",
               "its column of areas; by default area or bohf_navn");
  options.section("Standardization");
  options.choice("--standard", s.standard,
                 {{"total", "inhabitants of the population file"},
                  {"esp2013", "European standard population 2013"},
                  {"who2000", "WHO world standard population 2000-2025"}},
                 "weights of directly standardized rates");
  options.file("--standard-file", s.standard_file,
               "weights of another standard, with age_from, population and maybe sex");
  options.text("--standard-area", s.standard_area, "NAME", "take total's weights from this area");
  options.value("--standard-year", s.standard_year, {1, 9999}, "take total's weights from this year");
  options.value("--reference-year", s.reference_year, {1, 9999},
                "with year in --by: expect the rates of this year instead of each year's own");
  options.value("--population-year", s.population_year, {1, 9999},
                "inhabitants of this year for counts without a year, or of years that have none");
  options.section("Intervals");
  options.value(
      "--inflation", s.columns.inflation, {1, 100},
      "variance of counts over Poisson's, where persons by frequency are not at hand: snitt-activity-repeats "
      "has it in table persons");
  options.choice("--interval", s.interval,
                 {{"gamma", "Fay and Feuer 1997, conservative"},
                  {"tiwari", "Tiwari, Clegg and Zou 2006, shorter"},
                  {"dobson", "Dobson 1991 with Byar's, none below 10 events"}},
                 "of directly standardized rates");
  options.choice(
      "--count-interval", s.count_interval,
      {{"phe", "exact below 10 events, else Byar's"}, {"exact", "Garwood 1936"}, {"byar", "Byar's"}},
      "of crude and indirectly standardized rates");
  options.example(
      "snitt-activity-rates sample_data/activity/example_counts.csv --population "
      "sample_data/activity/population.csv "
      "--standard-year 2023 --by area,modality -o rates.h5",
      "Rates of two modalities in 21 areas over three years");
}

Table read_any_table(const std::string& path) {
  return store::is_snitt_file(path) ? store::read_table(path) : formats::read_csv(path);
}

std::vector<std::string> dimensions_of(const std::vector<std::string>& by) {
  std::vector<std::string> words = split_at_commas(by);
  for (const std::string& word : words)
    if (word.empty()) throw UsageError("--by '{}': expected names joined by commas", fmt::join(by, " "));
  return words;
}

struct Inputs {
  activity::RateCounts counts;
  Population population;
  std::vector<std::pair<std::string, double>> unmapped;  ///< inhabitants
  std::vector<activity::BasisEntry> basis;
};

Inputs read_inputs(const Settings& s) {
  Inputs in;
  std::optional<activity::CatchmentMap> map;
  if (!s.catchment_map.empty()) {
    map = activity::read_catchment_map(s.catchment_map, s.catchment_column);
    in.basis.push_back(map->basis());
  }
  activity::CountColumns columns = s.columns;
  columns.by = dimensions_of(s.by);
  bool first = true;
  for (const std::string& path : s.inputs) {
    Table table = read_any_table(path);
    if (map && table.find(columns.area) == nullptr)
      table = activity::with_areas(std::move(table), *map, path);
    if (first && columns.by.empty())
      for (const std::string& name : {columns.area, std::string("modality")})
        if (table.find(name)) columns.by.push_back(name);
    const activity::RateCounts counts = activity::rate_counts(table, columns, path);
    if (first)
      in.counts = counts;
    else
      activity::merge(in.counts, counts, path);
    first = false;
    if (store::is_snitt_file(path))
      if (const auto record = store::read_calibration(path))
        in.basis = activity::joined(in.basis, activity::basis_of(*record));
  }
  Table table = read_any_table(s.population);
  if (map && s.population_area.empty() && table.find("area") == nullptr) {
    std::string number;
    for (const char* name : {"population", "pop", "persons", "inhabitants", "befolkning"})
      if (table.find(name) && number.empty()) number = name;
    activity::MappedTable mapped = activity::by_catchment(table, number, *map, s.population);
    table = std::move(mapped.table);
    in.unmapped = std::move(mapped.unknown);
  }
  in.population = population_from(table, s.population, s.population_area);
  in.basis.push_back({"population", std::filesystem::path(s.population).filename().string()});
  return in;
}

activity::StandardPopulation standard_of(const Settings& s, const Population& population) {
  if (!s.standard_file.empty()) {
    const Population own = population_from(read_any_table(s.standard_file), s.standard_file);
    activity::StandardPopulation standard = activity::standard_from(own, "", 0, s.standard_file);
    standard.name = std::filesystem::path(s.standard_file).filename().string();
    return standard;
  }
  if (s.standard != "total") return activity::named_standard(s.standard);
  return activity::standard_from(population, s.standard_area, static_cast<int>(s.standard_year.value_or(0)),
                                 s.population);
}

activity::RateOptions options_of(const Settings& s) {
  activity::RateOptions o;
  o.per = s.per;
  if (s.reference_year) o.reference_year = static_cast<int>(*s.reference_year);
  if (s.population_year) o.population_year = static_cast<int>(*s.population_year);
  using activity::CountInterval;
  using activity::DirectInterval;
  o.direct = s.interval == "gamma"    ? DirectInterval::gamma
             : s.interval == "tiwari" ? DirectInterval::tiwari
                                      : DirectInterval::dobson;
  o.count = s.count_interval == "phe"     ? CountInterval::phe
            : s.count_interval == "exact" ? CountInterval::exact
                                          : CountInterval::byar;
  return o;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (s.population.empty()) throw UsageError("--population: expected a table of inhabitants");
  const Inputs in = read_inputs(s);
  const activity::StandardPopulation standard = standard_of(s, in.population);
  activity::RateResult result = activity::rates(in.counts, in.population, standard, options_of(s));
  CalibrationRecord& record = result.record;
  if (!in.unmapped.empty()) {
    double persons = 0;
    Column places{"place", "", "", std::vector<std::string>()},
        numbers{"persons", "1", "", std::vector<double>()};
    for (const auto& [place, n] : in.unmapped) {
      persons += n;
      std::get<std::vector<std::string>>(places.values).push_back(place);
      std::get<std::vector<double>>(numbers.values).push_back(n);
    }
    record.tables.emplace_back("unmapped_inhabitants", Table{{places, numbers}});
    record.verdict = "doubtful";
    record.reasons.push_back(
        fmt::format("{:.0f} inhabitants live in places that the catchment map does not know; see table "
                    "unmapped_inhabitants",
                    persons));
  }
  std::vector<activity::BasisEntry> basis = in.basis;
  if (const std::size_t areas = in.population.areas.size(); !in.counts.has_area && areas > 1) {
    basis.push_back({"areas", fmt::format("none in the counts: rates of all {} together", areas)});
    record.verdict = "doubtful";
    record.reasons.push_back(
        fmt::format("the counts have no column '{}', so they were divided by the inhabitants of all {} areas "
                    "of the population: for rates of areas, count by area too (--by with area; --area-column "
                    "when it has another name)",
                    s.columns.area, areas));
  }
  basis.push_back({"standard population", standard.name});
  record.tables.emplace_back("basis", activity::basis_table(basis));
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  for (const std::string& name : in.counts.added_up)
    session.monitor().detail(fmt::format("added up over {}", name));
  store::write_table(s.output, result.rates, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &record);
  nlohmann::json json = shell::calibration_json(record);
  json["rates"] = shell::table_json(result.rates);
  for (const auto& [name, table] : record.tables) json[name] = shell::table_json(table);
  session.result(shell::calibration_text(record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
