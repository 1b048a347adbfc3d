#include "formats/pixel_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "formats/input_file.hpp"

namespace snitt::formats {
namespace {

class RawStream final : public PixelStream {
 public:
  explicit RawStream(const PixelStorage& storage)
      : file_(storage.file), start_(storage.offset), length_(storage.available) {}

  std::size_t read(std::uint64_t offset, std::span<std::byte> out) override {
    const std::uint64_t rest = offset < length_ ? length_ - offset : 0;
    return file_.read_at(start_ + offset, out.first(std::min<std::uint64_t>(out.size(), rest)));
  }
  bool has_more(std::uint64_t offset) override { return offset < length_; }

 private:
  InputFile file_;
  std::uint64_t start_;
  std::uint64_t length_;
};

class InflatedStream final : public PixelStream {
 public:
  explicit InflatedStream(const PixelStorage& storage)
      : file_(storage.file),
        start_(storage.offset),
        length_(storage.available),
        input_(1 << 17),
        scratch_(1 << 18) {
    // 15 bits of window, +32: the zlib and the gzip wrapping are told apart by their first bytes.
    if (inflateInit2(&zlib_, 15 + 32) != Z_OK) throw ComputationError("zlib cannot be started");
  }
  ~InflatedStream() override { inflateEnd(&zlib_); }
  InflatedStream(const InflatedStream&) = delete;
  InflatedStream& operator=(const InflatedStream&) = delete;

  std::size_t read(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset < position_) restart();
    if (position_ < offset) scratch_.resize(1 << 18);
    while (position_ < offset) {
      const std::size_t step = std::min<std::uint64_t>(scratch_.size(), offset - position_);
      if (inflate_into(std::span(scratch_).first(step)) < step) return 0;
    }
    return inflate_into(out);
  }
  std::string problem() const override { return problem_; }
  bool has_more(std::uint64_t offset) override {
    std::byte next{};
    return read(offset, std::span(&next, 1)) == 1;
  }

 private:
  void restart() {
    inflateReset(&zlib_);
    zlib_.avail_in = 0;
    consumed_ = 0;
    position_ = 0;
    ended_ = false;
    problem_.clear();
  }
  bool refill() {
    const std::uint64_t rest = length_ - consumed_;
    const std::size_t got = file_.read_at(
        start_ + consumed_, std::span(input_).first(std::min<std::uint64_t>(input_.size(), rest)));
    consumed_ += got;
    zlib_.next_in = reinterpret_cast<Bytef*>(input_.data());
    zlib_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }
  std::size_t inflate_into(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size() && !ended_ && problem_.empty()) {
      if (zlib_.avail_in == 0 && !refill()) {
        problem_ = "the compressed stream has no end";
        break;
      }
      const auto room = static_cast<uInt>(std::min<std::size_t>(out.size() - done, 1U << 30));
      zlib_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      zlib_.avail_out = room;
      const int result = inflate(&zlib_, Z_NO_FLUSH);
      done += room - zlib_.avail_out;
      if (result == Z_STREAM_END)
        take_end();
      else if (result != Z_OK && result != Z_BUF_ERROR)
        problem_ =
            fmt::format("the compressed stream is damaged: {}", zlib_.msg == nullptr ? "zlib" : zlib_.msg);
    }
    position_ += done;
    return done;
  }
  /// gzip streams may be strung together (that is how `cat a.gz b.gz` works); anything else after the end is
  /// not pixels.
  void take_end() {
    if (zlib_.avail_in == 0 && !refill()) {
      ended_ = true;
      return;
    }
    constexpr Bytef gzip_mark = 0x1f;
    if (*zlib_.next_in == gzip_mark)
      inflateReset(&zlib_);
    else
      ended_ = true;
  }

  InputFile file_;
  std::uint64_t start_;
  std::uint64_t length_;
  std::vector<std::byte> input_;
  std::vector<std::byte> scratch_;
  z_stream zlib_{};
  std::uint64_t consumed_ = 0;  ///< packed bytes taken from the file
  std::uint64_t position_ = 0;  ///< unpacked bytes delivered
  bool ended_ = false;
  std::string problem_;
};

}  // namespace

std::unique_ptr<PixelStream> open_pixel_stream(const PixelStorage& storage) {
  if (storage.compressed) return std::make_unique<InflatedStream>(storage);
  return std::make_unique<RawStream>(storage);
}

}  // namespace snitt::formats
