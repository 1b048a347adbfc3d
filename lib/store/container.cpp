#include "store/container.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

constexpr const char* wrong_digest =
    "says other things than when it was written: its digest differs (damaged, or edited: make it again or "
    "restore a copy)";

constexpr const char* heap_attribute = "text_heap_sha256";

void add(Sha256& digest, const std::string& head, const h5::DatasetInfo& info,
         std::span<const std::byte> bytes) {
  digest.update(fmt::format("{} {} [{}]\n", head, h5::name_of(info.type), fmt::join(info.shape, ",")));
  digest.update(bytes);
  digest.update("\n");
}

void add_attributes(Sha256& digest, const h5::File& file, const std::string& object) {
  for (const std::string& name : file.attributes(object)) {
    if (object == "/" && (name == "sha256" || name == "complete")) continue;
    add(digest, "@" + name, file.attribute_info(object, name), file.attribute_bytes(object, name));
  }
}

/// "frames" are many.
std::string in_words(const std::string& layout) { return layout.ends_with('s') ? layout : "a " + layout; }

bool is_bulk(const h5::File& file, const std::string& path) { return file.has_attribute(path, "sha256"); }

void add_object(Sha256& digest, const h5::File& file, const std::string& path) {
  for (const h5::Child& child : file.children(path)) {
    const std::string name = (path == "/" ? "" : path) + "/" + child.name;
    if (child.kind == h5::ObjectKind::group) {
      digest.update("group " + name + "\n");
      add_attributes(digest, file, name);
      add_object(digest, file, name);
      continue;
    }
    const h5::DatasetInfo info = file.info(name);
    add(digest, "array " + name, info, is_bulk(file, name) ? std::vector<std::byte>{} : file.bytes(name));
    add_attributes(digest, file, name);
  }
}

void find_bulk(const h5::File& file, const std::string& group, std::vector<std::string>& paths) {
  for (const h5::Child& child : file.children(group)) {
    const std::string path = (group == "/" ? "" : group) + "/" + child.name;
    if (child.kind == h5::ObjectKind::group)
      find_bulk(file, path, paths);
    else if (is_bulk(file, path))
      paths.push_back(path);
  }
}

std::string digest_of(const h5::File& file, const std::string& path) {
  ChunkedReader reader(file, path);
  Sha256 digest;
  std::vector<std::byte> block(std::min<std::size_t>(reader.size_bytes(), std::size_t{64} << 20));
  for (std::size_t at = 0; at < reader.size_bytes(); at += block.size()) {
    const std::span<std::byte> piece(block.data(), std::min(block.size(), reader.size_bytes() - at));
    reader.read(at, piece);
    digest.update(piece);
  }
  return digest.finish();
}

/// Layout name of a complete file this version can read. Throws InputError for any other.
std::string readable_layout(const h5::File& file) {
  if (!file.has_attribute("/", "layout"))
    throw InputError(
        "{}: is HDF5 but not a Snitt file: it has no attribute 'layout' (foreign formats are read by "
        "snitt-import)",
        file.shown());
  const std::string layout = file.text_attribute("/", "layout");
  if (!file.has_attribute("/", "complete") || file.number_attribute("/", "complete") != 1)
    throw InputError("{}: is not complete: the program that wrote it was stopped (run it again)",
                     file.shown());
  const std::string version = file.text_attribute("/", "layout_version");
  if (file.has_attribute("/", heap_attribute) &&
      file.text_attribute("/", heap_attribute) != text_heap_sha256(file.shown()))
    throw InputError("{}: /: its text heap {}", file.shown(), wrong_digest);
  const Schema& schema = schema_for(layout);
  if (std::atoi(version.c_str()) != schema.major)
    throw InputError("{}: has layout {} {}; this version of Snitt reads {}.x", file.shown(), layout, version,
                     schema.major);
  return layout;
}

}  // namespace

std::string text_heap_sha256(const std::string& path) {
  // A global heap collection: signature, version and padding, its size in 8 bytes (HDF5 file format
  // specification III.E).
  constexpr std::size_t head = 16;
  constexpr std::size_t block = std::size_t{1} << 20;
  std::ifstream stream(path, std::ios::binary);
  std::string bytes;
  const auto grow = [&](std::size_t size) {
    const std::size_t old = bytes.size();
    bytes.resize(old + size);
    stream.read(bytes.data() + old, static_cast<std::streamsize>(size));
    bytes.resize(old + static_cast<std::size_t>(stream.gcount()));
    return bytes.size() > old;
  };
  std::size_t start = std::string::npos;
  for (std::size_t from = 0; start == std::string::npos && grow(block); from = bytes.size() - 3)
    start = bytes.find("GCOL", from);
  if (start == std::string::npos) return "";
  if (bytes.size() < start + head) grow(head);
  if (bytes.size() < start + head) return "";
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < 8; ++i)
    size |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[start + 8 + i])) << (8 * i);
  while (bytes.size() - start < size && grow(block)) {
  }
  return sha256(std::string_view(bytes).substr(start, size));
}

std::string content_digest(const h5::File& file) {
  Sha256 digest;
  add_attributes(digest, file, "/");
  add_object(digest, file, "/");
  return digest.finish();
}

std::vector<Finding> verify_bulk(const h5::File& file) {
  std::vector<std::string> paths;
  find_bulk(file, "/", paths);
  // An array is named by its own path, not by the one ITK knows.
  std::stable_partition(paths.begin(), paths.end(),
                        [](const std::string& path) { return !path.starts_with("/ITKImage/"); });
  std::vector<Finding> findings;
  std::vector<std::uint64_t> seen;  // the ITK view shows the same arrays under a second name
  for (const std::string& path : paths) {
    const std::uint64_t address = file.address_of(path);
    if (std::find(seen.begin(), seen.end(), address) != seen.end()) continue;
    seen.push_back(address);
    try {
      if (digest_of(file, path) != file.text_attribute(path, "sha256"))
        findings.push_back({path, "differs from its sha256"});
    } catch (const InputError& error) {
      findings.push_back({path, error.what()});
    }
  }
  return findings;
}

std::vector<Finding> check_file(const std::string& path) {
  const h5::File file = h5::File::open(path);
  std::vector<Finding> findings = check_layout(file, schema_for(readable_layout(file)));
  if (content_digest(file) != file.text_attribute("/", "sha256")) findings.push_back({"/", wrong_digest});
  const std::vector<Finding> bulk = verify_bulk(file);
  findings.insert(findings.end(), bulk.begin(), bulk.end());
  // What a layout says in words: arrays that its description cannot relate to each other.
  if (findings.empty() && layout_of(path) == "transform") {
    try {
      read_spatial_transform(path);
    } catch (const InputError& error) {
      findings.push_back({"/TransformGroup", error.what()});
    }
  }
  return findings;
}

LayoutWriter::LayoutWriter(const std::string& path, const std::string& layout, const Provenance& provenance,
                           IfExists if_exists, std::optional<int> minor)
    : LayoutWriter(path, layout, if_exists, minor) {
  tell(provenance);
}

LayoutWriter::LayoutWriter(const std::string& path, const std::string& layout, IfExists if_exists,
                           std::optional<int> minor)
    : target_((refuse_foreign_name(path), path), if_exists),
      file_(h5::File::create(target_.temporary(), path)),
      layout_(layout) {
  const Schema& schema = schema_for(layout);
  file_.set_attribute("/", "layout", layout);
  file_.set_attribute("/", "layout_version",
                      fmt::format("{}.{}", schema.major, minor.value_or(schema.minor)));
}

void LayoutWriter::tell(const Provenance& provenance) {
  file_.write_text("/provenance", to_json(provenance).dump(1));
}

void LayoutWriter::describe(const std::string& path, const std::vector<std::string>& dimensions,
                            const std::string& units) {
  if (!dimensions.empty()) file_.set_attribute(path, "dimensions", dimensions);
  file_.set_attribute(path, "units", units);
}

void LayoutWriter::array(const std::string& path, h5::ElementType type, const h5::Shape& shape,
                         std::span<const std::byte> bytes, const std::vector<std::string>& dimensions,
                         const std::string& units) {
  constexpr std::size_t small = 32 * 1024;  // fits an object header, which HDF5 checksums
  if (bytes.size() <= small)
    file_.write_small(path, type, shape, bytes);
  else
    write_chunked(file_, path, type, shape, bytes);
  describe(path, dimensions, units);
}

void LayoutWriter::texts(const std::string& path, const std::vector<std::string>& values,
                         const h5::Shape& shape, const std::vector<std::string>& dimensions) {
  file_.write_texts(path, values, shape);
  file_.set_attribute(path, "dimensions", dimensions);
}

void LayoutWriter::seal_text_heap() {
  file_.flush();
  file_.set_attribute("/", heap_attribute, text_heap_sha256(target_.temporary()));
}

void LayoutWriter::finish() {
  // What we write must be what we promise; a difference is our bug, not the user's.
  for (const Finding& finding : check_layout(file_, schema_for(layout_)))
    if (finding.object != "/" || finding.problem.find("'complete'") == std::string::npos)
      if (finding.object != "/" || finding.problem.find("'sha256'") == std::string::npos)
        throw std::logic_error(fmt::format("{}: {} {}", file_.shown(), finding.object, finding.problem));
  file_.set_attribute("/", "sha256", content_digest(file_));
  file_.set_attribute("/", "complete", std::int64_t{1});
  file_.close();
  target_.commit();
}

LayoutReader::LayoutReader(const std::string& path, const std::string& layout) : file_(h5::File::open(path)) {
  const std::string actual = readable_layout(file_);
  if (actual != layout)
    throw InputError("{}: holds {}; expected {} (see snitt-info)", path, in_words(actual), in_words(layout));
  const std::vector<Finding> findings = check_layout(file_, schema_for(layout));
  if (!findings.empty())
    throw InputError("{}: {} {} (see snitt-{}(5))", path, findings.front().object, findings.front().problem,
                     layout);
  if (content_digest(file_) != file_.text_attribute("/", "sha256"))
    throw InputError("{}: {}", path, wrong_digest);
}

h5::DatasetInfo LayoutReader::typed(const std::string& path, h5::ElementType type) const {
  const h5::DatasetInfo info = file_.info(path);
  if (info.type != type)
    throw InputError("{}: {} has element type {}; expected {}", file_.shown(), path, h5::name_of(info.type),
                     h5::name_of(type));
  return info;
}

std::string layout_of(const std::string& path) { return readable_layout(h5::File::open(path)); }

bool is_snitt_file(const std::string& path) {
  try {
    return h5::File::open(path).has_attribute("/", "layout");
  } catch (const InputError&) {
    return false;
  }
}

void require_table_file(const std::string& path, const std::string& way_out) {
  const auto refuse = [&](const char* what) {
    throw InputError("{}: is {}; expected a Snitt table: {}", path, what, way_out);
  };
  if (std::filesystem::is_directory(path)) refuse("a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) return;  // whoever opens it says why not
  std::string start(256, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  if (start.empty()) refuse("empty");
  if (start.starts_with("\x89HDF")) return;
  if (start.starts_with("\x89PNG") || start.starts_with("\xff\xd8\xff")) refuse("a picture");
  if (start.starts_with("PK\x03\x04")) refuse("a zip archive or Excel file");
  const bool is_binary = std::any_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte != 0x1b;
  });
  if (!is_binary) refuse("text, such as CSV");
}

void refuse_foreign_name(const std::string& path) {
  static const std::set<std::string> foreign = {".mha", ".mhd",  ".nrrd", ".nhdr", ".nii", ".gz",  ".png",
                                                ".jpg", ".tif",  ".csv",  ".tfm",  ".xml", ".dcm", ".txt",
                                                ".raw", ".json", ".html", ".htm",  ".svg", ".pdf"};
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (foreign.contains(extension))
    throw UsageError(
        "{}: would be an HDF5 file under the name of another format; expected a name ending in .h5 "
        "(snitt-export writes other formats from it)",
        path);
}

std::string provenance_of(const std::string& path) {
  if (!is_snitt_file(path)) return "";
  const std::vector<std::string> texts = h5::File::open(path).texts("/provenance");
  return texts.empty() ? "" : texts.front();
}

std::string object_name(const std::string& name) {
  std::string result;
  for (const char c : name) {
    if (c == '/' || c == '%' || (c == '.' && result.empty()))
      result += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      result += c;
  }
  return result.empty() ? "%" : result;
}

std::string name_from_object(const std::string& object) {
  if (object == "%") return "";
  std::string result;
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (object[i] == '%' && i + 2 < object.size()) {
      result += static_cast<char>(std::stoi(object.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += object[i];
    }
  }
  return result;
}

}  // namespace snitt::store
