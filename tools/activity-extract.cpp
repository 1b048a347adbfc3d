#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "activity/extract.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "formats/file_text.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"
#include "store/table_stream.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-extract", "activity",
    "make a table of examinations from exports, messages, images or an archive",
    "Reads exports (CSV and TSV of any length, also .gz and .zip, or - for standard input), HL7 version 2 "
    "messages, "
    "FHIR resources, DICOM files and archives, and asks a PACS, and writes a table of one row per row of the "
    "export, order, request or study, which identifies nobody: the input of the other activity tools.\n\n"
    "Of HL7 it takes orders, reports and schedules (ORM, OMI, OMG, ORU, SIU), of FHIR requests, "
    "appointments, "
    "studies and reports with their patients and encounters; a report that is corrected later keeps its "
    "time. "
    "Of DICOM files the headers become one row per study, from its first to its last original image. "
    "pacs:AETITLE@HOST:PORT asks an archive by C-FIND for the studies of --from to --to, day by day, and "
    "finer "
    "where an answer may have been capped. What is not used is counted by kind.\n\n"
    "What a column means is said by a mapping (schemas/activity-mapping-1.json): its name, what its words "
    "mean, how its dates are written, which letters stand between codes. Without --mapping it is guessed "
    "from "
    "well-known column names, English and Norwegian, and told; --print-mapping prints it as a file to be "
    "edited. "
    "Columns that the mapping does not name are left out.\n\n"
    "Times are read in the time zone of the mapping and written as UTC with the offset of local time beside. "
    "Hours that are left out or repeated by summer time are counted. Ages of 90 and more become 90.\n\n"
    "Patients and referrers become pseudonyms: with --key the first 128 bits of an HMAC-SHA256, the same in "
    "every "
    "file made with that key, else running numbers of this file, which cannot be linked with another's. Keys "
    "of "
    "examinations become digests of 63 bits. Cells that are kept, as provider and room, stay as they are: "
    "see "
    "that they name nobody.\n\n"
    "A row that cannot be read stops the run and is named by line and column, never by what it holds. With "
    "--on-error skip such rows are left out, counted by reason, and written with --rejected to a file, "
    "verbatim: that file holds patients' data."};

struct Settings {
  std::vector<std::string> inputs;
  std::string output;
  std::string mapping;
  bool print_mapping = false;
  std::string encoding;
  std::string delimiter;
  std::string time_zone;
  std::vector<std::string> sources;
  std::string key;
  std::string on_error = "stop";
  std::string rejected;
  double longest_row_mb = 16;
  std::string kind = "detect";
  std::string from;
  std::string to;
  std::int64_t pacs_limit = 100;
  std::string calling_title = "SNITT";
};

void declare(Options& options, Settings& s) {
  options.judged_inputs(
      "INPUT", s.inputs,
      "export (CSV or TSV, .gz or .zip of one, - for standard input), HL7 or FHIR file, DICOM "
      "folder or archive, events of snitt-dose, or pacs:AETITLE@HOST:PORT");
  options.optional_output(s.output, "table of examinations to write");
  options.file("--mapping", s.mapping, "JSON that says what the columns are; without it names are guessed");
  options.flag("--print-mapping", s.print_mapping, "print the mapping that would be used, and read no rows");
  options.texts("--source", s.sources, "NAME",
                "what an input is called in the column source; one for each input");
  options.choice("--kind", s.kind,
                 {{"detect", "by how they begin"},
                  {"delimited", "CSV or TSV"},
                  {"hl7", "HL7 version 2 messages"},
                  {"fhir", "FHIR resources, one a line, or a Bundle"},
                  {"dicom", "headers of DICOM files"}},
                 "what the inputs are");
  options.section("Archive (pacs:)");
  options.text("--from", s.from, "DAY", "first day to ask for, as 2024-01-01");
  options.text("--to", s.to, "DAY", "last day to ask for");
  options.value(
      "--pacs-limit", s.pacs_limit, {1, 1e6},
      "a day that gives as many studies is asked for again hour by hour, an hour minute by minute, for "
      "many archives cap their answers");
  options.text("--calling-title", s.calling_title, "AETITLE", "what we are called at the archive");
  options.section("Form of the text, where the mapping does not say it");
  options.text("--encoding", s.encoding, "NAME", "utf-8, cp1252 (also for Latin-1), utf-16 or detect");
  options.text("--delimiter", s.delimiter, "LETTER",
               "between cells; tab for a tab; found by itself when not given");
  options.text("--time-zone", s.time_zone, "NAME", "of times that do not say theirs, as Europe/Oslo");
  options.value("--longest-row-mb", s.longest_row_mb, {0.001, 1000}, "longer rows are faulty");
  options.section("Rows that cannot be read");
  options.choice("--on-error", s.on_error,
                 {{"stop", "refuse the input"}, {"skip", "leave the row out and count it"}},
                 "what a faulty row leads to");
  options.extra_output("--rejected", s.rejected,
                       "text file to write of the rows left out, with line, column and reason before each");
  options.section("De-identification");
  options.secret_file(
      "--key", s.key,
      "file whose bytes, 16 or more, are the key of the pseudonyms; keep it where the patients' data "
      "are");
  options.example(
      "snitt-activity-extract sample_data/activity/ris-export.csv --mapping "
      "sample_data/activity/ris-mapping.json -o "
      "records.h5",
      "An export with its mapping");
  options.example("snitt-activity-extract sample_data/activity/messages.hl7 -o messages.h5",
                  "Orders, reports and a no-show as HL7 messages");
  options.example("snitt-activity-extract sample_data/activity/ris-export.csv --print-mapping",
                  "A mapping to begin with");
}

std::string read_key(const std::string& path) {
  if (path.empty()) return {};
  constexpr std::uint64_t longest = 1 << 20;
  constexpr std::size_t shortest = 16;
  std::string key = formats::file_text(path, longest);
  if (key.size() < shortest)
    throw InputError("{}: has {} bytes; expected a key of 16 or more (head -c 32 /dev/urandom > FILE)", path,
                     key.size());
  return key;
}

formats::ExamSourceOptions form_of(const Settings& s) {
  using formats::ExamSourceKind;
  formats::ExamSourceOptions form;
  form.kind = s.kind == "delimited" ? ExamSourceKind::delimited
              : s.kind == "hl7"     ? ExamSourceKind::hl7
              : s.kind == "fhir"    ? ExamSourceKind::fhir
              : s.kind == "dicom"   ? ExamSourceKind::dicom
                                    : ExamSourceKind::detect;
  form.pacs = {s.from, s.to, static_cast<std::size_t>(s.pacs_limit)};
  form.calling_title = s.calling_title;
  return form;
}

/// The mapping of --mapping or of guessed names, with what the options say instead.
std::optional<formats::ActivityMapping> mapping_of(const Settings& s, Monitor& monitor) {
  std::optional<formats::ActivityMapping> mapping;
  if (!s.mapping.empty()) mapping = formats::read_activity_mapping(s.mapping);
  if (!mapping && (s.encoding + s.delimiter + s.time_zone).empty() && !s.print_mapping) return mapping;
  if (!mapping)
    mapping = activity::guess_mapping(s.inputs.front(), form_of(s), s.encoding, s.delimiter, monitor);
  if (!s.encoding.empty()) mapping->encoding = s.encoding;
  if (!s.delimiter.empty()) mapping->delimiter = s.delimiter == "tab" ? "\t" : s.delimiter;
  if (!s.time_zone.empty()) mapping->time_zone = s.time_zone;
  return mapping;
}

/// Line, column and reason stand before the row, which is as the export has it.
class RejectedFile {
 public:
  RejectedFile(const std::string& path, IfExists if_exists)
      : file_(path, if_exists), out_(file_.temporary(), std::ios::binary) {}
  void begin(const formats::CsvForm& form) {
    delimiter_ = form.delimiter;
    out_ << fmt::format("source{0}line{0}column{0}reason{0}", delimiter_) << form.header << '\n';
  }
  void add(const activity::RejectedRow& row) {
    out_ << fmt::format("\"{1}\"{0}{2}{0}\"{3}\"{0}\"{4}\"{0}", delimiter_, row.source, row.line, row.column,
                        row.reason)
         << row.text << '\n';
  }
  void commit() {
    out_.close();
    if (!out_) throw OutputError("{}: cannot be written", file_.path());
    file_.commit();
  }

 private:
  AtomicFile file_;
  std::ofstream out_;
  char delimiter_ = ',';
};

void tell_mapping(const formats::ActivityMapping& mapping, const std::vector<std::string>& not_taken,
                  Monitor& monitor) {
  std::string taken;
  for (const formats::FieldRule& rule : formats::activity_fields())
    if (mapping.fields.contains(rule.name))
      taken += fmt::format("{}{} from '{}'", taken.empty() ? "" : ", ", rule.name,
                           mapping.fields.at(rule.name).columns.front());
  monitor.inform("columns taken by their names: " + taken + " (--print-mapping for a file to edit)");
  if (!not_taken.empty())
    monitor.inform(fmt::format("columns not taken, for their names are not known: {}",
                               fmt::join(not_taken, ", ")));
}

void run(const Settings& s, shell::Session& session) {
  const auto mapping = mapping_of(s, session.monitor());
  if (s.print_mapping) {
    const std::string text = formats::mapping_text(*mapping);
    return session.result(text, nlohmann::json::parse(text));
  }
  if (s.output.empty())
    throw UsageError("-o is not given; expected a table file to write, or --print-mapping");
  store::refuse_foreign_name(s.output);
  if (!s.sources.empty() && s.sources.size() != s.inputs.size())
    throw UsageError("--source is given {} times for {}", s.sources.size(),
                     counted(s.inputs.size(), "input"));
  if (!s.rejected.empty() && s.on_error != "skip")
    throw UsageError("--rejected is given without --on-error skip, which leaves rows out");
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  activity::ExtractionSettings settings;
  settings.mapping = mapping;
  settings.is_guessed = s.mapping.empty();
  settings.sources = s.sources;
  settings.form = form_of(s);
  settings.secret = read_key(s.key);
  settings.skip_faulty_rows = s.on_error == "skip";
  settings.longest_row = static_cast<std::size_t>(s.longest_row_mb * (1 << 20));

  std::unique_ptr<store::TableWriter> writer;
  std::unique_ptr<RejectedFile> rejected;
  if (!s.rejected.empty()) rejected = std::make_unique<RejectedFile>(s.rejected, if_exists);
  activity::RecordSink sink;
  sink.begin = [&](const std::vector<Column>& columns, const formats::CsvForm& form) {
    writer = std::make_unique<store::TableWriter>(s.output, columns, if_exists);
    if (rejected) rejected->begin(form);
  };
  sink.rows = [&](const Table& rows) {
    writer->append(rows);
    session.monitor().progress("reading", static_cast<double>(writer->rows()), 0);
  };
  if (rejected) sink.rejected = [&](const activity::RejectedRow& row) { rejected->add(row); };
  const activity::Extraction found = activity::extract(s.inputs, settings, sink, session.monitor());

  if (s.mapping.empty()) tell_mapping(found.mapping, found.not_taken, session.monitor());
  for (const std::string& reason : found.record.reasons) session.monitor().warn(reason);
  // A plain digest would let who knows a row but for its patient's number try all numbers.
  for (std::size_t i = 0; i < s.inputs.size(); ++i)
    session.know_digest(s.inputs[i],
                        settings.secret.empty() ? "" : hmac_sha256(settings.secret, found.digests[i]));
  writer->tell(session.provenance());
  writer->finish(found.categories, &found.record);
  if (rejected) rejected->commit();
  nlohmann::json json = shell::calibration_json(found.record);
  for (const auto& [name, table] : found.record.tables) json[name] = shell::table_json(table);
  session.result(shell::calibration_text(found.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
