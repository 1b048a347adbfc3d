#include "dose/extraction.hpp"

#include <tbb/parallel_for.h>

#include <optional>

#include "base/error.hpp"
#include "dose/numbering.hpp"
#include "formats/dose_file.hpp"
#include "formats/dose_table.hpp"
#include "formats/file_stream.hpp"
#include "formats/file_text.hpp"

namespace snitt::dose {
namespace {

constexpr std::size_t files_at_once = 256;
constexpr std::size_t bytes_at_once = std::size_t{128} << 20;  // of archive members waiting
constexpr std::size_t header_bytes = std::size_t{256} << 10;   // more than the header of most images

/// What one file gave.
struct Reading {
  std::string name;
  formats::DoseFile file;
  std::vector<DoseDocument> table = {};  ///< the studies of a CSV
};

bool is_csv(const std::string& name) {
  return name.size() > 4 && formats::lower_case(name.substr(name.size() - 4)) == ".csv";
}

formats::DoseFile read(const formats::StreamedFile& file) {
  if (!file.problem.empty()) return {std::nullopt, "unreadable", file.problem};
  if (file.is_member) {
    formats::DoseFile found = formats::read_dose_file(file.bytes, file.whole);
    if (formats::wants_more(found)) return {std::nullopt, "unreadable", "has a header of more than 64 MB"};
    return found;
  }
  try {
    formats::FileStart start = formats::read_start(file.name, header_bytes);
    formats::DoseFile found = formats::read_dose_file(start.bytes, start.whole);
    if (!formats::wants_more(found)) return found;
    start = formats::read_start(file.name, formats::longest_member);
    return formats::read_dose_file(start.bytes, true);
  } catch (const InputError&) {
    return {std::nullopt, "unreadable", "cannot be read"};
  }
}

class Batches {
 public:
  Batches(const Extraction& what, Monitor& monitor) : what_(what), monitor_(monitor) {
    if (!what.csv_mapping.empty()) mapping_ = formats::read_dose_table_mapping(what.csv_mapping);
  }

  void take(formats::StreamedFile&& file) {
    bytes_ += file.bytes.size();
    waiting_.push_back(std::move(file));
    if (waiting_.size() >= files_at_once || bytes_ >= bytes_at_once) flush();
  }
  DoseCollection finish() {
    flush();
    return collector_.finish();
  }

 private:
  Reading read_one(const formats::StreamedFile& file) const {
    Reading reading{what_.keep_paths ? file.name : pseudonym(what_.deidentification, "file", file.name),
                    read(file)};
    if (reading.file.document) deidentify(*reading.file.document, what_.deidentification);
    if (!reading.file.document && is_csv(file.name)) read_table(file, reading);
    return reading;
  }
  void read_table(const formats::StreamedFile& file, Reading& reading) const {
    reading.file.kind = "CSV";
    if (!mapping_) {
      reading.file.reason = "is a CSV; expected --csv-mapping to say what its columns are";
    } else if (file.is_member) {
      reading.file.reason = "is a CSV inside an archive, which is not read (unpack it)";
    } else {
      try {
        reading.table = formats::read_dose_table(file.name, *mapping_);
        for (DoseDocument& document : reading.table) deidentify(document, what_.deidentification);
        if (reading.table.empty()) reading.file.reason = "has no row with a study";
      } catch (const InputError&) {
        reading.file.reason = "is no CSV, or has not the columns that the mapping names";
      }
    }
  }
  void flush() {
    std::vector<Reading> readings(waiting_.size());
    tbb::parallel_for(std::size_t{0}, waiting_.size(),
                      [&](std::size_t i) { readings[i] = read_one(waiting_[i]); });
    for (Reading& reading : readings) {
      if (reading.file.document)
        collector_.add(reading.name, std::move(*reading.file.document));
      else if (!reading.table.empty())
        collector_.add_table(reading.name, std::move(reading.table));
      else
        collector_.add_refused(reading.name, reading.file.kind, reading.file.reason);
    }
    done_ += waiting_.size();
    waiting_.clear();
    bytes_ = 0;
    monitor_.progress("reading", static_cast<double>(done_), static_cast<double>(done_));
  }

  const Extraction& what_;
  Monitor& monitor_;
  std::optional<formats::DoseTableMapping> mapping_;
  Collector collector_;
  std::vector<formats::StreamedFile> waiting_;
  std::size_t bytes_ = 0;
  std::size_t done_ = 0;
};

}  // namespace

DoseCollection extract(const Extraction& what, Monitor& monitor) {
  Batches batches(what, monitor);
  formats::stream_files(what.paths, what.lists,
                        [&](formats::StreamedFile&& file) { batches.take(std::move(file)); });
  DoseCollection collection = batches.finish();
  if (what.deidentification.key.empty())
    number_pseudonyms(collection, !what.keep_paths, !what.deidentification.keep_scanner_names);
  return collection;
}

}  // namespace snitt::dose
