#include "formats/output_stream.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.hpp"

namespace snitt::formats {

OutputStream::OutputStream(const std::string& path, const std::string& shown)
    : shown_(shown), descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw OutputError("{}: cannot be opened for writing: {}", shown, std::strerror(errno));
}

OutputStream::~OutputStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputStream::write(std::span<const std::byte> bytes) {
  write_at(position_, bytes);
  position_ += bytes.size();
}

void OutputStream::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void OutputStream::patch(std::uint64_t offset, std::string_view text) {
  write_at(offset, std::as_bytes(std::span(text)));
}

void OutputStream::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw OutputError("{}: cannot be written: {}", shown_, std::strerror(errno));
    offset += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

void OutputStream::close() {
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) throw OutputError("{}: cannot be written: {}", shown_, std::strerror(errno));
}

void write_bytes(const AtomicFile& file, std::string_view header, std::span<const std::byte> data) {
  write_bytes(file.temporary(), file.path(), header, data);
}

void write_bytes(const std::string& path, const std::string& shown, std::string_view header,
                 std::span<const std::byte> data) {
  OutputStream stream(path, shown);
  stream.write(header);
  stream.write(data);
  stream.close();
}

struct DeflateStream::State {
  State(OutputStream& stream, Wrapping wrapping) : target(stream), packed(1 << 18) {
    // Level 1: ultrasound speckle hardly packs better at higher levels, which cost several times the time.
    const int window_bits = wrapping == Wrapping::gzip ? 15 + 16 : 15;
    if (deflateInit2(&zlib, 1, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw ComputationError("zlib cannot be started");
  }
  ~State() { deflateEnd(&zlib); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Until zlib has taken all input (or, with Z_FINISH, given all output).
  void run(int flush) {
    while (true) {
      zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
      zlib.avail_out = static_cast<uInt>(packed.size());
      if (::deflate(&zlib, flush) == Z_STREAM_ERROR) throw ComputationError("zlib fails while it compresses");
      const std::size_t got = packed.size() - zlib.avail_out;
      target.write(std::span<const std::byte>(packed).first(got));
      total += got;
      if (zlib.avail_out != 0) return;
    }
  }

  OutputStream& target;
  std::vector<std::byte> packed;
  z_stream zlib{};
  std::uint64_t total = 0;
};

DeflateStream::DeflateStream(OutputStream& target, Wrapping wrapping)
    : state_(std::make_unique<State>(target, wrapping)) {}
DeflateStream::~DeflateStream() = default;

void DeflateStream::write(std::span<const std::byte> bytes) {
  constexpr std::size_t most = std::size_t{1} << 30;  // zlib counts in 32 bits
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(most, bytes.size()));
    // zlib reads through a pointer it calls non-const for historical reasons.
    state_->zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(part.data()));
    state_->zlib.avail_in = static_cast<uInt>(part.size());
    state_->run(Z_NO_FLUSH);
    bytes = bytes.subspan(part.size());
  }
}

std::uint64_t DeflateStream::finish() {
  state_->zlib.avail_in = 0;
  state_->run(Z_FINISH);
  return state_->total;
}

}  // namespace snitt::formats
