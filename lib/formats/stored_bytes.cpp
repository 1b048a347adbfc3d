#include "formats/stored_bytes.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 18;

/// A descriptor read from front to back, with the digest of what came.
class PlainBytes : public StoredBytes {
 public:
  explicit PlainBytes(const std::string& path)
      : path_(path), descriptor_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw InputError("{}: cannot be opened: {}", path, std::strerror(errno));
    std::error_code error;
    if (path != "-" && std::filesystem::is_directory(path, error))
      throw InputError("{}: is a folder; expected a file", path);
  }
  ~PlainBytes() override {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }
  std::size_t read(char* out, std::size_t most) override {
    if (at_ < start_.size()) {
      const std::size_t take = std::min(most, start_.size() - at_);
      std::memcpy(out, start_.data() + at_, take);
      at_ += take;
      return take;
    }
    return fresh(out, most);
  }
  /// The first bytes, which read() gives once more.
  std::string_view peek(std::size_t most) {
    while (start_.size() < most) {
      const std::size_t old = start_.size();
      start_.resize(most);
      const std::size_t got = fresh(start_.data() + old, most - old);
      start_.resize(old + got);
      if (got == 0) break;
    }
    return start_;
  }
  std::string sha256() override {
    std::vector<char> rest(buffer_bytes);
    while (fresh(rest.data(), rest.size()) > 0) {
    }
    if (sum_.empty()) sum_ = digest_.finish();
    return sum_;
  }

 private:
  std::size_t fresh(char* out, std::size_t most) {
    while (true) {
      const ssize_t got = ::read(descriptor_, out, most);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw InputError("{}: cannot be read: {}", path_, std::strerror(errno));
      if (got > 0) digest_.update(std::string_view(out, static_cast<std::size_t>(got)));
      return static_cast<std::size_t>(got);
    }
  }
  std::string path_;
  int descriptor_;
  std::string start_;
  std::size_t at_ = 0;
  Sha256 digest_;
  std::string sum_;
};

class GzipBytes : public StoredBytes {
 public:
  GzipBytes(std::string path, std::unique_ptr<PlainBytes> packed)
      : path_(std::move(path)), packed_(std::move(packed)), buffer_(buffer_bytes) {
    constexpr int gzip_with_largest_window = 15 + 16;
    if (inflateInit2(&stream_, gzip_with_largest_window) != Z_OK)
      throw ComputationError("zlib refuses to start");
  }
  ~GzipBytes() override { inflateEnd(&stream_); }
  std::size_t read(char* out, std::size_t most) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(most, std::size_t{1} << 30));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted) {
      if (stream_.avail_in == 0 && !refill()) {
        if (inside_) throw InputError("{}: ends in the middle of its compressed data (cut off)", path_);
        return 0;
      }
      const int status = inflate(&stream_, Z_NO_FLUSH);
      inside_ = true;
      if (status == Z_STREAM_END) {
        inside_ = false;  // another member may follow (RFC 1952, 2.2)
        if (stream_.avail_in == 0) refill();
        inflateReset(&stream_);
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        throw InputError("{}: has damaged compressed data{}", path_,
                         stream_.msg == nullptr ? "" : std::string(": ") + stream_.msg);
      }
    }
    return wanted - stream_.avail_out;
  }
  std::string sha256() override { return packed_->sha256(); }

 private:
  bool refill() {
    const std::size_t got = packed_->read(buffer_.data(), buffer_.size());
    stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }
  std::string path_;
  std::unique_ptr<PlainBytes> packed_;
  std::vector<char> buffer_;
  z_stream stream_{};
  bool inside_ = true;
};

struct CloseArchive {
  void operator()(struct archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<struct archive, CloseArchive>;

Archive open_zip(const std::string& path) {
  Archive archive(archive_read_new());
  archive_read_support_format_zip(archive.get());
  if (archive_read_open_filename(archive.get(), path.c_str(), buffer_bytes) != ARCHIVE_OK)
    throw InputError("{}: cannot be opened as a zip file: it is damaged", path);
  return archive;
}

/// The next file in the archive; false at its end.
bool next_member(struct archive* archive, const std::string& path) {
  struct archive_entry* entry = nullptr;
  while (true) {
    const int status = archive_read_next_header(archive, &entry);
    if (status == ARCHIVE_EOF) return false;
    if (status < ARCHIVE_WARN) throw InputError("{}: is a damaged or cut off zip file", path);
    if (archive_entry_filetype(entry) == AE_IFREG) return true;
  }
}

class ZipBytes : public StoredBytes {
 public:
  explicit ZipBytes(const std::string& path) : path_(path) {
    std::size_t members = 0;
    for (const Archive all = open_zip(path); next_member(all.get(), path);) ++members;
    if (members != 1)
      throw InputError("{}: holds {} files; expected one (unpack it and give the files)", path, members);
    archive_ = open_zip(path);
    next_member(archive_.get(), path);
  }
  std::size_t read(char* out, std::size_t most) override {
    const la_ssize_t got = archive_read_data(archive_.get(), out, most);
    if (got < 0) throw InputError("{}: has a damaged or encrypted member", path_);
    return static_cast<std::size_t>(got);
  }
  std::string sha256() override { return sha256_of_path(path_); }

 private:
  std::string path_;
  Archive archive_;
};

}  // namespace

std::unique_ptr<StoredBytes> open_bytes(const std::string& path) {
  auto plain = std::make_unique<PlainBytes>(path);
  const std::string_view start = plain->peek(4);
  if (start.starts_with("\x1f\x8b")) return std::make_unique<GzipBytes>(path, std::move(plain));
  if (!start.starts_with("PK\x03\x04")) return plain;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw InputError("{}: is a zip file in a pipe, whose directory is at its end; give the file itself",
                     path);
  return std::make_unique<ZipBytes>(path);
}

}  // namespace snitt::formats
