#include "formats/text_source.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "base/error.hpp"
#include "formats/stored_bytes.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t start_bytes = std::size_t{1} << 20;

/// Unicode of CP1252's bytes 0x80 to 0x9f; the five that it leaves open as in Latin-1 (as browsers read
/// them).
constexpr std::array<std::uint16_t, 32> windows_letters{
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

void append(std::string& out, std::uint32_t letter) {
  if (letter < 0x80) {
    out += static_cast<char>(letter);
  } else if (letter < 0x800) {
    out += static_cast<char>(0xc0 | letter >> 6U);
    out += static_cast<char>(0x80 | (letter & 0x3f));
  } else if (letter < 0x10000) {
    out += static_cast<char>(0xe0 | letter >> 12U);
    out += static_cast<char>(0x80 | (letter >> 6U & 0x3f));
    out += static_cast<char>(0x80 | (letter & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | letter >> 18U);
    out += static_cast<char>(0x80 | (letter >> 12U & 0x3f));
    out += static_cast<char>(0x80 | (letter >> 6U & 0x3f));
    out += static_cast<char>(0x80 | (letter & 0x3f));
  }
}

/// Stored bytes whose start was looked at.
class Started {
 public:
  explicit Started(std::unique_ptr<StoredBytes> bytes) : bytes_(std::move(bytes)), start_(start_bytes, '\0') {
    std::size_t have = 0;
    while (have < start_.size()) {
      const std::size_t got = bytes_->read(start_.data() + have, start_.size() - have);
      if (got == 0) break;
      have += got;
    }
    start_.resize(have);
  }
  const std::string& start() const { return start_; }
  void pass(std::size_t bytes) { at_ += bytes; }
  std::size_t read(char* out, std::size_t most) {
    if (at_ >= start_.size()) return bytes_->read(out, most);
    const std::size_t take = std::min(most, start_.size() - at_);
    std::memcpy(out, start_.data() + at_, take);
    at_ += take;
    return take;
  }
  std::string sha256() { return bytes_->sha256(); }

 private:
  std::unique_ptr<StoredBytes> bytes_;
  std::string start_;
  std::size_t at_ = 0;
};

class Utf8Text : public TextSource {
 public:
  explicit Utf8Text(Started bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(char* out, std::size_t most) override { return bytes_.read(out, most); }
  std::string sha256() override { return bytes_.sha256(); }

 private:
  Started bytes_;
};

/// Text of another encoding, turned into UTF-8 a piece at a time.
class TurnedText : public TextSource {
 public:
  explicit TurnedText(Started bytes) : bytes_(std::move(bytes)) {}
  std::size_t read(char* out, std::size_t most) override {
    while (at_ == turned_.size()) {
      std::array<char, 1 << 16> raw{};
      const std::size_t got = bytes_.read(raw.data(), raw.size());
      turned_.clear();
      at_ = 0;
      turn(raw.data(), got, turned_);
      if (got == 0 && turned_.empty()) return 0;
    }
    const std::size_t take = std::min(most, turned_.size() - at_);
    std::memcpy(out, turned_.data() + at_, take);
    at_ += take;
    return take;
  }
  std::string sha256() override { return bytes_.sha256(); }

 private:
  /// `size` 0: the end.
  virtual void turn(const char* raw, std::size_t size, std::string& out) = 0;
  Started bytes_;
  std::string turned_;
  std::size_t at_ = 0;
};

class WindowsText : public TurnedText {
 public:
  using TurnedText::TurnedText;

 private:
  void turn(const char* raw, std::size_t size, std::string& out) override {
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(raw[i]);
      append(out, byte >= 0x80 && byte < 0xa0 ? windows_letters[byte - 0x80U] : byte);
    }
  }
};

class Utf16Text : public TurnedText {
 public:
  Utf16Text(Started bytes, bool big_endian) : TurnedText(std::move(bytes)), big_endian_(big_endian) {}

 private:
  static constexpr std::uint32_t replacement = 0xfffd;

  void turn(const char* raw, std::size_t size, std::string& out) override {
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(raw[i]);
      if (!half_) {
        half_ = true;
        first_ = byte;
        continue;
      }
      half_ = false;
      take(big_endian_ ? first_ << 8U | byte : byte << 8U | first_, out);
    }
    if (size > 0) return;
    if (half_ || high_ != 0) append(out, replacement);
    half_ = false;
    high_ = 0;
  }
  void take(std::uint32_t unit, std::string& out) {
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    if (high_ != 0) {
      append(out, is_low ? 0x10000 + ((high_ - 0xd800) << 10U) + (unit - 0xdc00) : replacement);
      high_ = 0;
      if (is_low) return;
    }
    if (unit >= 0xd800 && unit < 0xdc00)
      high_ = unit;
    else
      append(out, is_low ? replacement : unit);
  }
  bool big_endian_;
  bool half_ = false;
  std::uint32_t first_ = 0;
  std::uint32_t high_ = 0;
};

/// Every other byte of Latin letters in UTF-16 is 0.
bool looks_like_utf16(const std::string& start, bool& big_endian) {
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < start.size(); ++i) zeros[i % 2] += start[i] == '\0' ? 1 : 0;
  big_endian = zeros[0] > zeros[1];
  return start.size() >= 4 && std::max(zeros[0], zeros[1]) * 10 >= start.size() * 4 &&
         std::min(zeros[0], zeros[1]) * 20 <= start.size();
}

bool is_utf8(const std::string& start) {
  const std::size_t valid = valid_utf8(start.data(), start.size());
  constexpr std::size_t longest_letter = 4;  // may be cut by the end of what was looked at
  return valid == start.size() || (start.size() == start_bytes && start.size() - valid < longest_letter);
}

}  // namespace

std::size_t valid_utf8(const char* text, std::size_t size) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text);
  std::size_t i = 0;
  while (i < size) {
    if (i + 8 <= size) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + i, 8);
      if ((word & 0x8080808080808080U) == 0) {
        i += 8;
        continue;
      }
    }
    const unsigned char c = bytes[i];
    if (c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc2 || c > 0xf4 || i + more >= size) return i;
    const unsigned char next = bytes[i + 1];
    const unsigned char lowest = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    const unsigned char highest = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (next < lowest || next > highest) return i;
    for (std::size_t k = 2; k <= more; ++k)
      if ((bytes[i + k] & 0xc0) != 0x80) return i;
    i += more + 1;
  }
  return size;
}

OpenedText open_text(const std::string& path, TextEncoding encoding) {
  Started bytes(open_bytes(path));
  const std::string& start = bytes.start();
  OpenedText opened;
  const auto utf16 = [&](bool big_endian) {
    opened.encoding = big_endian ? "UTF-16BE" : "UTF-16LE";
    opened.text = std::make_unique<Utf16Text>(std::move(bytes), big_endian);
  };
  const bool little_mark = start.starts_with("\xff\xfe");
  const bool big_mark = start.starts_with("\xfe\xff");
  if (little_mark || big_mark) {
    if (encoding == TextEncoding::utf8 || encoding == TextEncoding::cp1252)
      throw InputError("{}: begins with the byte order mark of UTF-16, not of the encoding that was told",
                       path);
    bytes.pass(2);
    utf16(big_mark);
    return opened;
  }
  if (start.starts_with("\xef\xbb\xbf")) {
    bytes.pass(3);
    encoding = TextEncoding::utf8;
  }
  bool big_endian = false;
  if (encoding == TextEncoding::detect && looks_like_utf16(start, big_endian)) {
    opened.notes.push_back(path + ": is read as UTF-16, which it looks like without a byte order mark");
    utf16(big_endian);
    return opened;
  }
  if (encoding == TextEncoding::utf16) {
    looks_like_utf16(start, big_endian);
    utf16(big_endian);
    return opened;
  }
  if (encoding == TextEncoding::detect && !is_utf8(start)) {
    opened.notes.push_back(path +
                           ": is not UTF-8 and is read as CP1252 (Latin-1); --encoding tells otherwise");
    encoding = TextEncoding::cp1252;
  }
  if (encoding == TextEncoding::cp1252) {
    opened.encoding = "CP1252";
    opened.text = std::make_unique<WindowsText>(std::move(bytes));
  } else {
    opened.encoding = "UTF-8";
    opened.text = std::make_unique<Utf8Text>(std::move(bytes));
  }
  return opened;
}

}  // namespace snitt::formats
