#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "activity/record_merger.hpp"
#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "formats/activity_mapping.hpp"
#include "formats/exam_source.hpp"

/// Exports of radiology systems, messages, resources, images and archives to tables of examinations that
/// identify nobody.
namespace snitt::activity {

struct ExtractionSettings {
  /// Nothing: guessed from the column names of the first input.
  std::optional<formats::ActivityMapping> mapping;
  std::vector<std::string> sources;  ///< names of the inputs; empty: the mapping's, numbered when several
  formats::ExamSourceOptions form;   ///< what the inputs are; the encoding is the mapping's
  std::string secret;                ///< of the pseudonyms; "" for running numbers
  bool is_guessed = false;           ///< the mapping is guess_mapping's, too
  bool skip_faulty_rows = false;     ///< else the first is an InputError
  std::size_t longest_row = std::size_t{16} << 20;
};

struct RejectedRow {
  std::string source;
  std::size_t line = 0;
  std::string column;
  std::string reason;
  std::string text;  ///< verbatim: identifies people
};

/// Where the rows go, always in the same order.
struct RecordSink {
  /// Once, before all others: the columns without values, and the form of the first input.
  std::function<void(const std::vector<Column>&, const formats::CsvForm&)> begin;
  std::function<void(const Table&)> rows;
  std::function<void(const RejectedRow&)> rejected;
};

struct Extraction {
  formats::ActivityMapping mapping;
  std::vector<TextList> categories;  ///< of the columns of words, in their order
  std::vector<std::string> digests;  ///< SHA-256 of each input
  CalibrationRecord record;          ///< what was read, left out and noticed
  std::vector<std::string> not_taken;  ///< columns of the first input that the mapping does not name
  std::size_t rows = 0;
  std::size_t rejected = 0;
};

/// The mapping that the column names of an input suggest. Throws InputError when none is known.
formats::ActivityMapping guess_mapping(const std::string& path, const formats::ExamSourceOptions& form,
                                       const std::string& encoding, const std::string& delimiter,
                                       Monitor& monitor);

/// Reads the inputs in their order; "-" is standard input. Pieces are converted in parallel; memory does not
/// grow with rows, but by some 40 bytes for each different person and, for inputs shorter than a megabyte,
/// each key. Throws InputError naming file, line and column, never a cell.
Extraction extract(const std::vector<std::string>& paths, const ExtractionSettings& settings,
                   const RecordSink& sink, Monitor& monitor);

}  // namespace snitt::activity
