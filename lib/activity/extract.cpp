#include "activity/extract.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <memory>

#include "activity/extract_record.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "data/activity_columns.hpp"
#include "formats/text_source.hpp"

namespace snitt::activity {
namespace {

/// Pieces under way for each thread: enough that none waits, little memory.
constexpr std::size_t pieces_per_thread = 4;

formats::TextEncoding encoding_of(const std::string& word) {
  using formats::TextEncoding;
  std::string plain;
  for (const char c : word)
    if (c != '-' && c != '_' && c != ' ')
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (plain == "detect") return TextEncoding::detect;
  if (plain == "utf8") return TextEncoding::utf8;
  if (plain == "utf16") return TextEncoding::utf16;
  if (plain == "cp1252" || plain == "windows1252" || plain == "latin1" || plain == "iso88591")
    return TextEncoding::cp1252;
  throw InputError("encoding '{}' is not known; expected detect, utf-8, cp1252, latin-1 or utf-16", word);
}

formats::ActivityMapping guessed(const std::string& path, const formats::CsvForm& form) {
  formats::ActivityMapping mapping = formats::guessed_mapping(form.names);
  if (mapping.fields.empty())
    throw InputError(
        "{}: none of its columns has a well-known name; write a mapping (--mapping). There are: {}", path,
        fmt::join(form.names, ", "));
  return mapping;
}

bool is_named(const formats::ActivityMapping& mapping, const std::string& column) {
  return std::any_of(mapping.fields.begin(), mapping.fields.end(), [&](const auto& field) {
    const auto& columns = field.second.columns;
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  });
}

class Extractor {
 public:
  Extractor(const ExtractionSettings& settings, const RecordSink& sink, Monitor& monitor)
      : settings_(settings), sink_(sink), monitor_(monitor) {}

  Extraction run(const std::vector<std::string>& paths) {
    for (std::size_t i = 0; i < paths.size(); ++i) read(paths, i);
    result_.record = extraction_record(plan_, result_.mapping, merger_->facts(), tally_);
    result_.rows = merger_->facts().rows;
    result_.rejected = tally_.rejected;
    result_.categories = merger_->categories();
    return std::move(result_);
  }

 private:
  std::string source_name(const std::vector<std::string>& paths, std::size_t index) const {
    if (!settings_.sources.empty()) return settings_.sources.at(index);
    return paths.size() == 1 ? result_.mapping.source
                             : fmt::format("{} {}", result_.mapping.source, index + 1);
  }

  void read(const std::vector<std::string>& paths, std::size_t index) {
    const std::string& path = paths[index];
    const auto told = settings_.mapping.value_or(formats::ActivityMapping{});
    formats::ExamSourceOptions form = settings_.form;
    form.encoding = encoding_of(told.encoding);
    formats::OpenedText opened = formats::open_examinations(path, form, monitor_);
    for (const std::string& note : opened.notes) monitor_.warn(note);
    formats::CsvOptions options;
    options.delimiter = told.delimiter.empty() ? '\0' : told.delimiter.front();
    options.longest_row = settings_.longest_row;
    formats::CsvCutter cutter(*opened.text, path, options);
    formats::CsvPiece first;
    const bool has_rows = cutter.next(first);
    if (index == 0) begin(path, cutter, first, has_rows);
    source_ = source_name(paths, index);
    path_ = path;
    line_ = cutter.form().first_line;
    const RecordPlan plan = placed(plan_, cutter.form().names, path);
    if (has_rows) run_pipeline(cutter, std::move(first), plan);
    tally_.lines += line_ - 1;
    result_.digests.push_back(opened.text->sha256());
  }

  /// What is settled by the first input.
  void begin(const std::string& path, const formats::CsvCutter& cutter, const formats::CsvPiece& first,
             bool has_rows) {
    result_.mapping = settings_.mapping ? *settings_.mapping : guessed(path, cutter.form());
    for (const std::string& name : cutter.form().names)
      if (!is_named(result_.mapping, name)) result_.not_taken.push_back(name);
    if ((settings_.is_guessed || !settings_.mapping) &&
        !result_.mapping.fields.contains(activity_columns::examined))
      tally_.notes.push_back(
          fmt::format("no column was known to hold the time of the examination, so that nothing can be "
                      "counted by time; name it in a mapping (--print-mapping). Not taken: {}",
                      fmt::join(result_.not_taken, ", ")));
    plan_ = make_plan(result_.mapping);
    // Without a secret, a megabyte of the patients' own data is one that no reader of the table has; of a
    // shorter text too little is unknown to trust in that, and running numbers hide everything.
    set_keys(plan_, settings_.secret, has_rows ? std::string_view(first.text.get(), first.size) : "");
    merger_ = std::make_unique<RecordMerger>(plan_, settings_.secret.empty() && cutter.is_done());
    sink_.begin(record_columns(plan_), cutter.form());
  }

  struct Converted {
    RecordPiece piece;
    std::size_t lines = 0;
    std::size_t blank = 0;
  };

  void run_pipeline(formats::CsvCutter& cutter, formats::CsvPiece first, const RecordPlan& plan) {
    using PieceOwner = std::shared_ptr<formats::CsvPiece>;
    using ConvertedOwner = std::shared_ptr<Converted>;
    using TableOwner = std::shared_ptr<Table>;
    const formats::CsvForm& form = cutter.form();
    bool is_first = true;
    const auto cut = [&](tbb::flow_control& flow) -> PieceOwner {
      auto piece = std::make_shared<formats::CsvPiece>();
      if (is_first) {
        *piece = std::move(first);
        is_first = false;
        return piece;
      }
      if (!cutter.next(*piece)) flow.stop();
      return piece;
    };
    const auto convert_piece = [&](const PieceOwner& piece) {
      auto done = std::make_shared<Converted>();
      formats::CsvRows rows = formats::parse(std::move(*piece), form);
      done->lines = rows.lines();
      done->blank = rows.blank_lines();
      done->piece = convert(std::move(rows), plan);
      return done;
    };
    const auto merge = [&](const ConvertedOwner& converted) -> TableOwner {
      reject(converted->piece.faults);
      auto block = std::make_shared<Table>(merger_->merge(std::move(converted->piece), source_, line_));
      line_ += converted->lines;
      tally_.blank_lines += converted->blank;
      return block;
    };
    const auto write = [&](const TableOwner& block) { sink_.rows(*block); };
    const auto threads = static_cast<std::size_t>(std::max(1, tbb::this_task_arena::max_concurrency()));
    tbb::parallel_pipeline(
        threads * pieces_per_thread,
        tbb::make_filter<void, PieceOwner>(tbb::filter_mode::serial_in_order, cut) &
            tbb::make_filter<PieceOwner, ConvertedOwner>(tbb::filter_mode::parallel, convert_piece) &
            tbb::make_filter<ConvertedOwner, TableOwner>(tbb::filter_mode::serial_in_order, merge) &
            tbb::make_filter<TableOwner, void>(tbb::filter_mode::serial_in_order, write));
  }

  void reject(const std::vector<formats::CsvFault>& faults) {
    for (const formats::CsvFault& fault : faults) {
      const std::size_t line = line_ + fault.line;
      const std::string column = fault.column.empty() ? "" : fmt::format(" column '{}'", fault.column);
      if (!settings_.skip_faulty_rows)
        throw InputError("{}: line {}:{} {} (--on-error skip goes on without such rows)", path_, line, column,
                         fault.reason);
      ++tally_.rejected;
      ExtractTally::Reason& reason = tally_.reasons[{fault.column, fault.reason}];
      if (reason.rows++ == 0) {
        reason.first_line = line;
        reason.source = source_;
      }
      if (sink_.rejected) sink_.rejected({source_, line, fault.column, fault.reason, fault.text});
    }
  }

  const ExtractionSettings& settings_;
  const RecordSink& sink_;
  Monitor& monitor_;
  RecordPlan plan_;
  std::unique_ptr<RecordMerger> merger_;
  Extraction result_;
  ExtractTally tally_;
  std::string source_;
  std::string path_;
  std::size_t line_ = 1;
};

}  // namespace

formats::ActivityMapping guess_mapping(const std::string& path, const formats::ExamSourceOptions& form,
                                       const std::string& encoding, const std::string& delimiter,
                                       Monitor& monitor) {
  if (path == "-")
    throw UsageError(
        "-: a pipe is read once; write a mapping from a file first (--print-mapping), and give it");
  formats::ExamSourceOptions source = form;
  source.encoding = encoding_of(encoding.empty() ? "detect" : encoding);
  const formats::OpenedText opened = formats::open_examinations(path, source, monitor);
  formats::CsvOptions options;
  if (!delimiter.empty()) options.delimiter = delimiter == "tab" ? '\t' : delimiter.front();
  return guessed(path, formats::CsvCutter(*opened.text, path, options).form());
}

Extraction extract(const std::vector<std::string>& paths, const ExtractionSettings& settings,
                   const RecordSink& sink, Monitor& monitor) {
  return Extractor(settings, sink, monitor).run(paths);
}

}  // namespace snitt::activity
