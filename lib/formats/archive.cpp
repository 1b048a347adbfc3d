#include "formats/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <memory>
#include <string_view>

namespace snitt::formats {
namespace {

struct Closer {
  void operator()(struct archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<struct archive, Closer>;

bool starts_with(const std::vector<std::byte>& bytes, std::size_t at, std::string_view magic) {
  return bytes.size() >= at + magic.size() && std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
}

bool starts_as_archive(const std::vector<std::byte>& bytes) {
  using namespace std::string_view_literals;
  if (starts_with(bytes, 128, "DICM"))
    return false;  // a preamble may hold anything, a TIFF header or a zip's
  for (const std::string_view magic : {"PK\3\4"sv, "PK\5\6"sv, "\x1f\x8b"sv, "BZh"sv,
                                       "\xfd"
                                       "7zXZ\0"sv,
                                       "\x28\xb5\x2f\xfd"sv})
    if (starts_with(bytes, 0, magic)) return true;
  return starts_with(bytes, 257, "ustar");
}

Archive opened(const std::string& path, std::string& problem) {
  Archive archive(archive_read_new());
  archive_read_support_filter_gzip(archive.get());
  archive_read_support_filter_bzip2(archive.get());
  archive_read_support_filter_xz(archive.get());
  archive_read_support_filter_zstd(archive.get());
  archive_read_support_format_tar(archive.get());
  archive_read_support_format_zip(archive.get());
  constexpr std::size_t block = 1 << 16;
  if (archive_read_open_filename(archive.get(), path.c_str(), block) == ARCHIVE_OK) return archive;
  problem = "cannot be opened as an archive: its compression or format is unknown, or it is damaged";
  return nullptr;
}

StreamedFile read_member(struct archive* archive, const std::string& name) {
  StreamedFile file;
  file.name = name;
  file.is_member = true;
  std::array<std::byte, 1 << 16> buffer{};
  while (true) {
    const la_ssize_t got = archive_read_data(archive, buffer.data(), buffer.size());
    if (got < 0) file.problem = "is a damaged or encrypted member of an archive";
    if (got <= 0) break;
    file.bytes.insert(file.bytes.end(), buffer.begin(), buffer.begin() + got);
    if (file.bytes.size() < longest_member) continue;
    file.whole = false;
    break;
  }
  if (file.problem.empty() && starts_as_archive(file.bytes)) {
    file.problem = "is an archive inside an archive, which is not opened (unpack the outer one)";
    file.bytes.clear();
  }
  return file;
}

}  // namespace

bool is_archive(const std::string& path) {
  constexpr std::size_t head = 512;
  return starts_as_archive(read_start(path, head).bytes);
}

void stream_archive(const std::string& path, const std::function<void(StreamedFile&&)>& take) {
  StreamedFile fault;
  fault.name = path;
  const Archive archive = opened(path, fault.problem);
  while (archive) {
    struct archive_entry* entry = nullptr;
    const int status = archive_read_next_header(archive.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status < ARCHIVE_WARN) {
      fault.problem =
          "is a damaged or cut off archive (what came before the damage was read), or a compressed file that "
          "is none";
      break;
    }
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    take(read_member(archive.get(), fmt::format("{}/{}", path, name == nullptr ? "?" : name)));
  }
  if (!fault.problem.empty()) take(std::move(fault));
}

}  // namespace snitt::formats
