#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "formats/csv.hpp"
#include "formats/input_file.hpp"
#include "formats/output_stream.hpp"
#include "formats/png_file.hpp"
#include "formats/xlsx_file.hpp"
#include "image/views.hpp"
#include "report/report_page.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{"report", "report", "show results on one web page, with plots and tables",
                           "Reads results of any Snitt tool (tables, transforms, trees, and volumes as "
                           "pictures), CSV tables and PNG "
                           "pictures, and writes one page: what needs the reader's attention first (every "
                           "verdict that is doubtful, with "
                           "its reasons), then each result with what was found, plots of what its columns "
                           "hold, and all of its tables; at "
                           "the end where everything came from and the commands that make it again.\n\n"
                           "Plots come by what a result is (comparisons of dose, dose reports, patient "
                           "sizes, calibrations) and else by what "
                           "columns a table has: estimates with intervals, series in time, curves over "
                           "frequency or size, funnels, counts. A "
                           "table that fits none is shown as a table.\n\n"
                           "The page is one file that needs no network: open it, mail it, print it. It "
                           "follows the reader's choice of dark "
                           "or light, tells series apart by shape, dash and name besides colour, and says in "
                           "words what each plot shows. "
                           "Tables are sorted by a click on a column's name.\n\n"
                           "--csv and --xlsx write all tables of the page for other programs, with every "
                           "digit. An input that cannot be read "
                           "is named on the page, and the status is 1."};

struct Settings {
  std::vector<std::string> inputs;
  std::string output;
  std::string language = "en";
  std::string title;
  std::int64_t rows = 1000;
  std::string csv;
  std::string xlsx;
};

void declare(Options& options, Settings& s) {
  options.judged_inputs("INPUT", s.inputs, "result of a Snitt tool, CSV table or PNG picture");
  options.output(s.output, "page to write (.html)");
  options.choice(
      "--language", s.language, {{"en", "English"}, {"nb", "Norwegian bokm\u00e5l, with decimal commas"}},
      "language of the page's own words; names, reasons and descriptions stay as the results have them");
  options.text("--title", s.title, "TEXT", "heading of the page");
  options.value("--rows", s.rows, {1, 1e6},
                "most rows of a table on the page; the page says how many it left out");
  options.section("Further outputs");
  options.extra_output_folder("--csv", s.csv, "folder for all tables of the page as CSV");
  options.extra_output("--xlsx", s.xlsx, "workbook (.xlsx) of all tables of the page, one sheet each");
  options.example("snitt-report sample_data/benchmark/sites_exams.csv -o exams.html",
                  "A table of any origin");
  options.example(
      "snitt-report volume.h5 sample_data/benchmark/reference-levels.csv --language nb --title "
      "\u00c5rsrapport -o "
      "rapport.html --xlsx rapport.xlsx --overwrite",
      "A picture and a table in Norwegian, and the table as a workbook");
}

void refuse_other_names(const std::string& path, std::initializer_list<const char*> extensions,
                        const char* what) {
  const std::string extension = std::filesystem::path(path).extension().string();
  for (const char* one : extensions)
    if (extension == one) return;
  throw UsageError("{}: would be {} under the name of another format; expected a name ending in {}", path,
                   what, *extensions.begin());
}

bool is_png(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(8, '\0');
  return file.read(start.data(), 8) && start == "\x89PNG\r\n\x1a\n";
}

std::vector<std::byte> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// Picture of three orthogonal slices.
std::vector<std::byte> views_of(const std::string& path) {
  const Volume volume = store::read_volume(path);
  return formats::png_bytes(path, image::orthogonal_views(volume, image::default_window(volume), {}));
}

void read_snitt_file(const std::string& path, report::ReportInput& input) {
  const std::string layout = store::layout_of(path);
  input.provenance = store::provenance_of(path);
  if (layout == "table")
    input.table = store::read_table(path);
  else if (layout == "transform")
    input.transform = store::read_spatial_transform(path);
  else if (layout == "volume")
    input.png = views_of(path);
  else if (layout != "tree")
    throw InputError(
        "{}: holds {}, which a page has no place for; expected a table, transform, tree or volume", path,
        layout);
  if (layout != "volume") input.record = store::read_calibration(path);
  if (layout == "tree" && !input.record)
    throw InputError(
        "{}: is a tree without a record of how it was found; snitt-export writes it for a viewer", path);
}

report::ReportInput read_input(const std::string& path) {
  report::ReportInput input;
  input.name = std::filesystem::path(path).filename().string();
  try {
    if (!std::filesystem::is_regular_file(path))
      throw InputError("{}: is no file; expected a result of a Snitt tool, a CSV table or a PNG picture",
                       path);
    input.sha256 = sha256_of_path(path);
    if (store::is_snitt_file(path))
      read_snitt_file(path, input);
    else if (is_png(path))
      input.png = bytes_of(path);
    else
      input.table = formats::read_csv(path);
  } catch (const InputError& e) {
    report::ReportInput refused;
    refused.name = input.name;
    refused.refused = e.what();
    return refused;
  }
  return input;
}

/// All tables under names of their own: "benchmark-groups", or "groups" where there is one input.
std::vector<formats::Sheet> sheets_of(const std::vector<report::ReportInput>& inputs, const report::Wording& wording) {
  std::vector<formats::Sheet> sheets;
  for (const report::ReportInput& input : inputs)
    for (const auto& [name, table] : report::tables_of(input, wording)) {
      const std::string stem = std::filesystem::path(input.name).stem().string();
      sheets.push_back({inputs.size() == 1 || name == stem ? name : stem + "-" + name, table});
    }
  return sheets;
}

bool is_csv(const std::string& name) { return name.ends_with(".csv"); }

void write_csv_folder(const std::string& path, const std::vector<formats::Sheet>& sheets,
                      IfExists if_exists) {
  AtomicFolder folder(path, if_exists, is_csv);
  std::set<std::string> taken;
  for (const formats::Sheet& sheet : sheets) {
    std::string stem = sheet.name;
    for (char& c : stem)
      if (std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos ||
          static_cast<unsigned char>(c) < 0x20)
        c = '_';
    if (stem.starts_with('.')) stem[0] = '_';
    std::string name = stem;
    for (int number = 2; !taken.insert(name).second; ++number) name = fmt::format("{}-{}", stem, number);
    formats::write_csv((std::filesystem::path(folder.temporary()) / (name + ".csv")).string(), sheet.table,
                       IfExists::refuse);
  }
  folder.commit();
}

/// One input that is missing is named on the page; where all are, there is nothing to make a page of.
void refuse_nothing(const std::vector<std::string>& inputs) {
  for (const std::string& path : inputs)
    if (std::filesystem::exists(path)) return;
  throw InputError("{}: no such file; expected a result of a Snitt tool, a CSV table or a PNG picture",
                   inputs.front());
}

void run(const Settings& s, shell::Session& session) {
  refuse_nothing(s.inputs);
  refuse_other_names(s.output, {".html", ".htm"}, "a web page");
  if (!s.xlsx.empty()) refuse_other_names(s.xlsx, {".xlsx"}, "a workbook");
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const report::Wording wording(s.language == "nb" ? report::Language::bokmal : report::Language::english);
  report::ReportContent content;
  content.title = s.title.empty() ? wording("Results") : s.title;
  content.created = store::creation_time();
  content.made_by = fmt::format("snitt-report {}", SNITT_VERSION);
  content.most_rows = static_cast<std::size_t>(s.rows);
  std::vector<std::string> refused;
  for (std::size_t i = 0; i < s.inputs.size(); ++i) {
    session.monitor().progress("reading", static_cast<double>(i), static_cast<double>(s.inputs.size()));
    content.inputs.push_back(read_input(s.inputs[i]));
    if (!content.inputs.back().refused.empty()) refused.push_back(content.inputs.back().refused);
  }
  if (refused.size() == s.inputs.size()) throw InputError("{}", refused.front());
  for (const std::string& reason : refused) session.monitor().warn(reason);
  const std::vector<formats::Sheet> sheets = sheets_of(content.inputs, wording);
  if (!s.csv.empty()) write_csv_folder(s.csv, sheets, if_exists);
  if (!s.xlsx.empty()) formats::write_xlsx(s.xlsx, sheets, if_exists);
  AtomicFile file(s.output, if_exists);
  formats::write_bytes(file, report::report_page(content, wording), {});
  file.commit();
  std::size_t doubtful = 0;
  nlohmann::json json{{"output", s.output}, {"tables", sheets.size()}, {"inputs", nlohmann::json::array()}};
  for (const report::ReportInput& input : content.inputs) {
    const bool doubt = input.record && input.record->verdict != "good";
    doubtful += doubt ? 1 : 0;
    json["inputs"].push_back(
        {{"name", input.name},
         {"title", report::title_of(input, report::Wording())},
         {"verdict", input.record ? nlohmann::json(input.record->verdict) : nlohmann::json()},
         {"refused", input.refused.empty() ? nlohmann::json() : nlohmann::json(input.refused)}});
  }
  session.result(fmt::format("{}: {}, {}, {} doubtful", s.output, counted(content.inputs.size(), "input"),
                             counted(sheets.size(), "table"), doubtful),
                 json);
  if (!refused.empty())
    throw CheckFailed("{} of {} inputs could not be read; the page names them", refused.size(),
                      s.inputs.size());
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
