#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/csv.hpp"
#include "formats/output_stream.hpp"
#include "phantom/records_table.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "phantom-records", "files", "simulate records of examinations with known truth",
    "Writes what a radiology information system would export of several years in an invented country with "
    "the "
    "inhabitants of a population table: rates by age and sex times a known relative risk per area and "
    "modality, "
    "trend, seasons, weekdays and hours, nights when the clock is changed, chains of examinations of one "
    "patient "
    "with known chances of another within 7, 30, 90 and 365 days by the same or another provider, the other "
    "side, "
    "and CT or MR after a plain one, few referrers who refer much, scanners that are used one patient at a "
    "time, "
    "times from request to report (unreported where the report came after the end), and noise: cancelled, "
    "no-show, "
    "rejected, duplicated and secondary rows, missing and negative times, missing municipality, sex and year "
    "of "
    "birth.\n\n"
    "--truth writes what was planted and what came of it: relative risks (the main table), settings, "
    "repeats, "
    "referrers, times, calendar, devices, codes and years. docs/phantom-records.md has the model.\n\n"
    "POPULATION is a table of inhabitants by area, year, sex and age; --places says which municipalities and "
    "districts an area consists of, and the records then have these instead of the area. Nobody in it is "
    "real, and "
    "nothing is random but by --seed: the same options give the same bytes."};

struct Settings {
  std::string population;
  std::string output;
  std::string places;
  std::string truth;
  std::string format = "table";
  std::string headings = "english";
  phantom::RecordsSettings model;
  std::int64_t seed = 1;
  std::int64_t rows = 100000;
  std::int64_t first_year = 2022;
  std::int64_t last_year = 2024;
  std::optional<std::vector<double>> repeat;
};

void declare(Options& options, Settings& s) {
  constexpr Range share{0, 0.4};
  options.input("POPULATION", s.population, "inhabitants by area, year, sex and age, table or CSV");
  options.output(s.output, "file of records to write");
  options.choice("--format", s.format,
                 {{"table", "Snitt table with the columns that the activity tools know"},
                  {"csv", "text as an information system exports it, in local time"}},
                 "what is written");
  options.choice("--headings", s.headings,
                 {{"english", "commas, 2024-03-31T09:05"},
                  {"norwegian", "semicolons, 31.03.2024 09:05, K and M, UTFORT"}},
                 "of a CSV file");
  options.extra_output("--truth", s.truth, "also write what is true of them");
  options.file("--places", s.places,
               "municipality, district, area and share of its inhabitants, table or CSV");
  options.value("--seed", s.seed, {0, 9e15}, "seed of everything");
  options.value("--rows", s.rows, {100, 1e8}, "examinations that are expected to be made");
  options.value("--first-year", s.first_year, {1990, 2100}, "first year of the data");
  options.value("--last-year", s.last_year, {1990, 2100}, "last year of the data");
  options.section("Rates");
  options.value("--growth", s.model.growth, {-0.5, 0.5}, "of all rates per year");
  options.value("--area-spread", s.model.area_sigma, {0, 2},
                "standard deviation of the logarithms of relative risks");
  options.value("--concentration", s.model.concentration, {0, 3},
                "referrers' shares fall with their rank to this power");
  options.value("--inhabitants-per-referrer", s.model.inhabitants_per_referrer, {10, 1e6},
                "how many referrers there are");
  options.value("--busy", s.model.busy, {0.05, 0.95}, "share of opening hours for which there are scanners");
  options.section("Chains");
  options.values(
      "--repeat", s.repeat, "P7 P30 P90 P365", {0, 0.4},
      "chance that the next one of the same kind and side follows after 1 to 6, 8 to 29, 31 to 89, 91 to 364 "
      "days (0.02 0.02 0.02 0.03)");
  options.value("--same-provider", s.model.same_provider, {0, 1},
                "share of what follows that the same provider makes");
  options.value("--contralateral", s.model.contralateral, share,
                "share of paired joints whose other side follows");
  options.value("--escalation", s.model.escalation, share,
                "share of chains that end with CT or MR of the region");
  options.value("--bilateral", s.model.bilateral, share, "share of paired joints that are shown both");
  options.section("Noise");
  options.value("--cancelled", s.model.cancelled, share,
                "cancelled, no-show and rejected rows per examination");
  options.value("--duplicated", s.model.duplicated, share, "rows there twice, per examination");
  options.value("--secondary", s.model.secondary, share, "rows of secondary readings, per examination");
  options.value("--no-place", s.model.no_place, share, "share without a municipality or with 9999");
  options.value("--no-request", s.model.no_request, share, "share without time of request");
  options.value("--late-requests", s.model.negative_wait, share, "share requested after it was made");
  options.value("--early-reports", s.model.negative_report, share, "share reported before its end");
  options.example(
      "snitt-phantom-records sample_data/activity/population.csv --places sample_data/activity/places.csv "
      "--rows 20000 "
      "--truth records-truth.h5 -o records.h5",
      "Three years of examinations in 21 areas");
  options.example(
      "snitt-phantom-records sample_data/activity/population.csv --places sample_data/activity/places.csv "
      "--rows 20000 "
      "--format csv --headings norwegian -o records.csv",
      "The same as a Norwegian system exports them");
}

Table read_any_table(const std::string& path) {
  return store::is_snitt_file(path) ? store::read_table(path) : formats::read_csv(path);
}

phantom::RecordsSettings model_of(const Settings& s) {
  phantom::RecordsSettings model = s.model;
  model.seed = static_cast<std::uint64_t>(s.seed);
  model.rows = static_cast<double>(s.rows);
  model.first_year = static_cast<int>(s.first_year);
  model.last_year = static_cast<int>(s.last_year);
  if (model.last_year < model.first_year)
    throw UsageError("--last-year {}: is before --first-year {}", model.last_year, model.first_year);
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (s.repeat) model.repeat[i] = s.repeat->at(i);
    sum += model.repeat[i];
  }
  if (sum > 0.9) throw UsageError("--repeat: the chances add up to {}; expected at most 0.9", sum);
  return model;
}

void write_csv(const Settings& s, const phantom::RecordsWorld& world, const phantom::RecordsEvents& events,
               IfExists if_exists) {
  AtomicFile file(s.output, if_exists);
  formats::OutputStream out(file.temporary(), file.path());
  const auto headings =
      s.headings == "norwegian" ? phantom::RecordsHeadings::norwegian : phantom::RecordsHeadings::english;
  phantom::records_csv(world, events, headings, [&](std::string_view text) { out.write(text); });
  out.close();
  file.commit();
}

void run(const Settings& s, shell::Session& session) {
  const bool is_csv = s.format == "csv";
  if (s.truth == s.output)
    throw UsageError("--output and --truth name the same file; expected different ones");
  if (!is_csv) store::refuse_foreign_name(s.output);
  if (is_csv && !s.output.ends_with(".csv"))
    throw UsageError("{}: holds text with --format csv; expected a name that ends with .csv", s.output);
  if (!s.truth.empty()) store::refuse_foreign_name(s.truth);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const phantom::RecordsSettings model = model_of(s);
  const Population population = population_from(read_any_table(s.population), s.population);
  std::vector<phantom::RecordsPlace> places;
  if (!s.places.empty()) places = phantom::places_from(read_any_table(s.places), s.places);
  const phantom::RecordsWorld world = phantom::records_world(model, population, places);
  const phantom::RecordsEvents events = phantom::records_events(world);
  const phantom::RecordsTruth truth = phantom::records_truth(world, events);
  if (!s.truth.empty())
    store::write_table(s.truth, truth.areas, session.provenance(), if_exists, &truth.record);
  if (is_csv)
    write_csv(s, world, events, if_exists);
  else
    store::write_table(s.output, phantom::records_table(world, events), session.provenance(), if_exists);
  session.result(shell::calibration_text(truth.record), shell::calibration_json(truth.record));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
