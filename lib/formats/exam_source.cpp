#include "formats/exam_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "formats/archive.hpp"
#include "formats/dicom_studies.hpp"
#include "formats/dose_file.hpp"
#include "formats/dose_records.hpp"
#include "formats/fhir_records.hpp"
#include "formats/file_stream.hpp"
#include "formats/hl7_records.hpp"
#include "store/layouts.hpp"

namespace fs = std::filesystem;

namespace snitt::formats {
namespace {

constexpr std::size_t looked_at = 4096;
constexpr std::size_t header_bytes = std::size_t{256} << 10;
constexpr std::size_t longest_header = std::size_t{16} << 20;
constexpr std::size_t batch_files = 256;
constexpr std::size_t piece_bytes = std::size_t{1} << 20;

ExamSourceKind kind_of(std::span<const std::byte> start) {
  std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  if (starts_as_dicom(start)) return ExamSourceKind::dicom;
  while (!text.empty() &&
         (text.front() == '\x0b' || text.front() == ' ' || text.front() == '\r' || text.front() == '\n' ||
          text.front() == '\xef' || text.front() == '\xbb' || text.front() == '\xbf'))
    text.remove_prefix(1);
  for (const char* name : {"MSH|", "FHS|", "BHS|"})
    if (text.rfind(name, 0) == 0) return ExamSourceKind::hl7;
  if (!text.empty() && text.front() == '{') return ExamSourceKind::fhir;
  return ExamSourceKind::delimited;
}

/// Of the first file of a folder or archive that can be read.
ExamSourceKind kind_inside(const std::string& path) {
  ExamSourceKind kind = ExamSourceKind::delimited;
  bool found = false;
  stream_files({path}, {}, [&](StreamedFile&& file) {
    if (found || !file.problem.empty()) return;
    const auto start = file.is_member ? std::move(file.bytes) : read_start(file.name, looked_at).bytes;
    kind = kind_of(start);
    found = kind != ExamSourceKind::delimited;
  });
  return kind;
}

ExamSourceKind detect(const std::string& path) {
  if (path == "-") return ExamSourceKind::delimited;
  if (fs::is_directory(path)) return kind_inside(path);
  const std::vector<std::byte> start = read_start(path, looked_at).bytes;
  const bool is_zip_or_tar = is_archive(path) && !(start.size() > 1 && start[0] == std::byte{0x1f});
  if (is_zip_or_tar) {
    const ExamSourceKind inside = kind_inside(path);
    return inside == ExamSourceKind::dicom ? inside : ExamSourceKind::delimited;
  }
  return kind_of(start);
}

/// Every text below a path, piece by piece; `end_of_file` after each.
template <typename Take, typename End>
std::string read_texts(const std::string& path, TextEncoding encoding, Take take, End end_of_file,
                       std::vector<std::string>& notes) {
  std::vector<std::string> files;
  if (fs::is_directory(path))
    stream_files({path}, {}, [&](StreamedFile&& file) {
      if (!file.problem.empty() || file.is_member)
        notes.push_back("a file of the folder is left out: " +
                        (file.is_member ? std::string("is inside an archive; unpack it") : file.problem));
      else
        files.push_back(file.name);
    });
  else
    files.push_back(path);
  Sha256 digest;
  std::vector<char> piece(piece_bytes);
  for (const std::string& file : files) {
    OpenedText opened = open_text(file, encoding);
    if (files.size() == 1) notes.insert(notes.end(), opened.notes.begin(), opened.notes.end());
    while (const std::size_t size = opened.text->read(piece.data(), piece.size()))
      take(std::string_view(piece.data(), size), file);
    end_of_file(file);
    const std::string one = opened.text->sha256();
    if (files.size() == 1) return one;
    digest.update(one);
  }
  return digest.finish();
}

std::string numbers_text(const std::map<std::string, std::size_t>& numbers) {
  std::vector<std::string> parts;
  for (const auto& [name, number] : numbers) parts.push_back(fmt::format("{} {}", number, name));
  return fmt::format("{}", fmt::join(parts, ", "));
}

OpenedText open_hl7(const std::string& path, const ExamSourceOptions& options, Monitor& monitor) {
  OpenedText opened;
  opened.encoding = "UTF-8";
  Hl7Records records;
  Hl7Reader reader;
  Hl7Message message;
  std::size_t strays = 0;
  const auto drain = [&] {
    while (reader.next(message)) records.add(message);
  };
  const std::string digest = read_texts(
      path, options.encoding,
      [&](std::string_view text, const std::string&) {
        reader.add(text);
        drain();
      },
      [&](const std::string&) {
        reader.end();
        drain();
        strays += reader.strays();
        reader = {};
      },
      opened.notes);
  const Hl7Account& account = records.account();
  monitor.inform("messages used: " + numbers_text(account.used));
  if (!account.ignored.empty())
    opened.notes.push_back("messages that say nothing of an examination: " + numbers_text(account.ignored));
  if (account.without_key > 0)
    opened.notes.push_back(
        fmt::format("{} without placer and filler number are left out, the first at line {}",
                    counted(account.without_key, "order"), account.first_without_key_line));
  if (strays > 0)
    opened.notes.push_back(counted(strays, "line") + " outside of any message, or no segment, left out");
  opened.text = text_of(records.take(), digest);
  return opened;
}

/// A Bundle or one resource in pretty-printed JSON is one document; else every line is one.
class FhirText {
 public:
  explicit FhirText(FhirRecords& records) : records_(records) {}
  void add(std::string_view text) {
    pending_ += text;
    std::size_t from = 0;
    for (std::size_t at; (at = pending_.find('\n', from)) != std::string::npos; from = at + 1)
      take_line(std::string_view(pending_).substr(from, at - from));
    pending_.erase(0, from);
  }
  void end(const std::string& file) {
    take_line(pending_);
    pending_.clear();
    if (!document_.empty())
      throw InputError(
          "{}: line {}: the JSON that begins there is not whole; expected one FHIR resource a "
          "line, or a Bundle",
          file, document_line_);
    line_ = 0;
  }

 private:
  void take_line(std::string_view line) {
    ++line_;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    if (document_.empty()) document_line_ = line_;
    document_ += line;
    document_ += '\n';
    // Whole only if the braces match: cheaper than trying to parse after every line of a long Bundle.
    for (const char c : line) {
      if (in_text_) {
        if (escaped_)
          escaped_ = false;
        else if (c == '\\')
          escaped_ = true;
        else if (c == '"')
          in_text_ = false;
      } else if (c == '"') {
        in_text_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if (c == '}' || c == ']') {
        --depth_;
      }
    }
    if (depth_ > 0) return;
    const nlohmann::json resource = nlohmann::json::parse(document_, nullptr, false);
    if (!resource.is_object())
      throw InputError("line {}: is no JSON object; expected one FHIR resource a line, or a Bundle",
                       document_line_);
    records_.add(resource);
    document_.clear();
    depth_ = 0;
    in_text_ = false;
  }

  FhirRecords& records_;
  std::string pending_;
  std::string document_;
  std::size_t line_ = 0;
  std::size_t document_line_ = 0;
  int depth_ = 0;
  bool in_text_ = false;
  bool escaped_ = false;
};

OpenedText open_fhir(const std::string& path, const ExamSourceOptions& options, Monitor& monitor) {
  OpenedText opened;
  opened.encoding = "UTF-8";
  FhirRecords records;
  FhirText text(records);
  const std::string digest = read_texts(
      path, options.encoding,
      [&](std::string_view piece, const std::string& file) {
        try {
          text.add(piece);
        } catch (const InputError& e) {
          throw InputError("{}: {}", file, e.what());
        }
      },
      [&](const std::string& file) { text.end(file); }, opened.notes);
  std::vector<ExamRow> rows = records.take();
  const FhirAccount& account = records.account();
  monitor.inform("resources used: " + numbers_text(account.used));
  if (!account.ignored.empty())
    opened.notes.push_back("resources that say nothing of an examination: " + numbers_text(account.ignored));
  if (account.lost_references > 0)
    opened.notes.push_back(counted(account.lost_references, "reference") +
                           " to resources that are not there: export patients and encounters too");
  opened.text = text_of(std::move(rows), digest);
  return opened;
}

struct Header {
  StreamedFile file;
  std::optional<StudyInstance> instance;
  std::string reason;
  std::string digest;
};

void read_header(Header& header) {
  const auto read = [&](std::span<const std::byte> bytes) {
    header.instance = read_study_instance(bytes, header.reason);
    header.digest = sha256({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  if (!header.file.problem.empty()) {
    header.reason = header.file.problem;
    return;
  }
  if (header.file.is_member) return read(header.file.bytes);
  for (std::size_t most : {header_bytes, longest_header}) {
    const FileStart start = read_start(header.file.name, most);
    read(start.bytes);
    if (header.instance || start.whole) return;
  }
}

OpenedText open_dicom(const std::string& path, Monitor& monitor) {
  OpenedText opened;
  opened.encoding = "UTF-8";
  DicomStudies studies;
  Sha256 digest;
  std::map<std::string, std::size_t> left_out;
  std::vector<Header> batch;
  std::size_t files = 0;
  const auto finish_batch = [&] {
    tbb::parallel_for(std::size_t{0}, batch.size(), [&](std::size_t i) { read_header(batch[i]); });
    for (const Header& header : batch) {
      digest.update(header.digest);
      if (header.instance)
        studies.add(*header.instance);
      else
        ++left_out[header.reason];
    }
    files += batch.size();
    batch.clear();
    monitor.progress("reading headers", static_cast<double>(files), 0);
  };
  stream_files({path}, {}, [&](StreamedFile&& file) {
    batch.push_back({std::move(file), {}, {}, {}});
    if (batch.size() == batch_files) finish_batch();
  });
  finish_batch();
  for (const auto& [reason, number] : left_out)
    opened.notes.push_back(fmt::format("{} left out: {}", counted(number, "file"), reason));
  if (studies.instances() == 0)
    throw InputError("{}: none of its {} tells of a study; expected DICOM images or reports", path,
                     counted(files, "file"));
  std::vector<ExamRow> rows = studies.take();
  monitor.inform(fmt::format("{} in {}", counted(rows.size(), "study", "studies"),
                             counted(studies.instances(), "instance")));
  opened.text = text_of(std::move(rows), digest.finish());
  return opened;
}

OpenedText open_dose_table(const std::string& path) {
  OpenedText opened;
  opened.encoding = "UTF-8";
  opened.text = text_of(exams_of_dose_table(store::read_table(path), path), sha256_of_path(path));
  return opened;
}

OpenedText open_pacs(const std::string& address, const ExamSourceOptions& options, Monitor& monitor) {
  if (options.pacs.first_day.empty() || options.pacs.last_day.empty())
    throw UsageError("pacs:{}: expected --from and --to with the days to ask for", address);
  PacsAddress where = pacs_address(address);
  where.calling_title = options.calling_title;
  PacsAccount account;
  std::vector<ExamRow> rows = query_pacs(where, options.pacs, account, monitor);
  OpenedText opened;
  opened.encoding = "UTF-8";
  monitor.inform(
      fmt::format("{} from {}, {} asked again in finer slices", counted(account.studies, "study", "studies"),
                  counted(account.queries, "query", "queries"), counted(account.full_slices, "slice")));
  if (!account.capped.empty())
    opened.notes.push_back(
        fmt::format("{} of one minute still gave {} answers and more, the first {}: studies may be missing "
                    "(--pacs-limit)",
                    counted(account.capped.size(), "slice"), options.pacs.limit, account.capped.front()));
  Sha256 digest;
  for (const ExamRow& row : rows)
    for (const std::string& text : row.texts) digest.update(text);
  opened.text = text_of(std::move(rows), digest.finish());
  return opened;
}

/// Pictures and programs have a control character early on, which no text has. Packed text and UTF-16 may.
void refuse_binary(const std::string& path, TextEncoding encoding) {
  if (path == "-" || encoding == TextEncoding::utf16) return;
  std::ifstream file(path, std::ios::binary);
  std::string start(256, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  for (const char* packed : {"\x1f\x8b", "PK", "\xff\xfe", "\xfe\xff"})
    if (start.starts_with(packed)) return;
  if (std::any_of(start.begin(), start.end(),
                  [](char c) { return (c > 0 && c < 9) || (c > 13 && c < 27) || (c > 27 && c < 32); }))
    throw InputError(
        "{}: is {}, no text; expected an export as CSV or TSV (.gz or .zip of one), HL7, FHIR or DICOM", path,
        start.starts_with("\x89PNG") || start.starts_with("\xff\xd8\xff") ? "a picture" : "binary");
}

}  // namespace

OpenedText open_examinations(const std::string& path, const ExamSourceOptions& options, Monitor& monitor) {
  constexpr std::string_view pacs = "pacs:";
  if (path.rfind(pacs, 0) == 0) return open_pacs(path.substr(pacs.size()), options, monitor);
  if (path != "-" && !fs::exists(path)) throw InputError("{}: no such file or folder", path);
  if (path != "-" && store::is_snitt_file(path)) return open_dose_table(path);
  const ExamSourceKind kind = options.kind == ExamSourceKind::detect ? detect(path) : options.kind;
  switch (kind) {
    case ExamSourceKind::hl7:
      return open_hl7(path, options, monitor);
    case ExamSourceKind::fhir:
      return open_fhir(path, options, monitor);
    case ExamSourceKind::dicom:
      return open_dicom(path, monitor);
    default:
      if (fs::is_directory(path))
        throw InputError("{}: is a folder without DICOM, HL7 or FHIR files; name the exports one by one",
                         path);
      refuse_binary(path, options.encoding);
      return open_text(path, options.encoding);
  }
}

}  // namespace snitt::formats
