#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/vector_clones.hpp"
#include "store/plane_deflate.hpp"

namespace snitt::store {
namespace {

constexpr std::size_t literals = 256;
constexpr std::size_t end_of_block = 256;
constexpr std::size_t all_symbols = 286;
constexpr unsigned longest_code = 15;
constexpr std::size_t longest_match = 258;
constexpr std::size_t shortest_match = 5;  // below that a match costs as much as what it stands for
constexpr std::size_t page = 256;          // distance at which counting bytes repeat

/// RFC 1951, 3.2.5: lengths 3 to 258 as symbol 257 on, extra bits and their value.
struct LengthCode {
  std::uint16_t symbol = 0;
  std::uint8_t extra_bits = 0;
  std::uint8_t extra = 0;
};

constexpr std::array<LengthCode, longest_match + 1> length_codes = [] {
  std::array<LengthCode, longest_match + 1> table{};
  std::size_t length = 3;
  for (std::uint16_t symbol = 257; symbol < 285; ++symbol) {
    const auto bits = static_cast<std::uint8_t>(symbol < 265 ? 0 : (symbol - 261) / 4);
    for (std::size_t extra = 0; extra < (std::size_t{1} << bits) && length <= longest_match;
         ++extra, ++length)
      table[length] = {symbol, bits, static_cast<std::uint8_t>(extra)};
  }
  table[longest_match] = {285, 0, 0};
  return table;
}();

using Frequencies = std::array<std::uint32_t, all_symbols>;

struct HuffmanCode {
  std::array<std::uint8_t, all_symbols> length{};
  std::array<std::uint16_t, all_symbols> bits{};  ///< reversed, as the stream wants them
};

/// Code lengths by Huffman's method over sorted frequencies, those beyond `limit` moved up until the code is
/// whole again (Kraft's sum 1).
void set_lengths(std::span<const std::uint32_t> frequencies, unsigned limit,
                 std::span<std::uint8_t> lengths) {
  struct Node {
    std::uint64_t weight;
    std::uint16_t parent;
  };
  std::array<std::uint16_t, all_symbols> order{};
  std::size_t n = 0;
  std::fill(lengths.begin(), lengths.end(), std::uint8_t{0});
  for (std::size_t s = 0; s < frequencies.size(); ++s)
    if (frequencies[s] > 0) order[n++] = static_cast<std::uint16_t>(s);
  if (n == 0) return;
  if (n == 1) {
    lengths[order[0]] = 1;
    return;
  }
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n),
            [&](std::uint16_t a, std::uint16_t b) {
              return frequencies[a] != frequencies[b] ? frequencies[a] < frequencies[b] : a < b;
            });
  std::array<Node, 2 * all_symbols> nodes{};
  for (std::size_t i = 0; i < n; ++i) nodes[i] = {frequencies[order[i]], 0};
  std::size_t leaf = 0;
  std::size_t inner = n;
  for (std::size_t made = n; made < 2 * n - 1; ++made) {
    nodes[made].weight = 0;
    for (int child = 0; child < 2; ++child) {
      const bool takes_leaf = leaf < n && (inner >= made || nodes[leaf].weight <= nodes[inner].weight);
      Node& node = nodes[takes_leaf ? leaf++ : inner++];
      node.parent = static_cast<std::uint16_t>(made);
      nodes[made].weight += node.weight;
    }
  }
  std::array<std::uint32_t, 2 * all_symbols> depth{};
  std::array<std::uint32_t, 64> count{};
  for (std::size_t i = 2 * n - 2; i-- > 0;) {
    depth[i] = depth[nodes[i].parent] + 1;
    if (i < n) ++count[std::min<std::uint32_t>(depth[i], limit)];
  }
  std::uint64_t sum = 0;
  for (unsigned l = 1; l <= limit; ++l) sum += static_cast<std::uint64_t>(count[l]) << (limit - l);
  while (sum > std::uint64_t{1} << limit) {  // one leaf of the longest goes below one that is shorter
    unsigned l = limit - 1;
    while (count[l] == 0) --l;
    --count[l];
    count[l + 1] += 2;
    --count[limit];
    --sum;
  }
  std::size_t next = 0;
  for (unsigned l = limit; l > 0; --l)
    for (std::uint32_t k = 0; k < count[l]; ++k) lengths[order[next++]] = static_cast<std::uint8_t>(l);
}

/// Codes of given lengths in the order that RFC 1951, 3.2.2 fixes.
void set_bits(std::span<const std::uint8_t> lengths, std::span<std::uint16_t> bits) {
  std::array<std::uint32_t, longest_code + 2> next{};
  std::array<std::uint32_t, longest_code + 2> count{};
  for (const std::uint8_t l : lengths) ++count[l];
  count[0] = 0;
  for (unsigned l = 1; l <= longest_code; ++l) next[l + 1] = (next[l] + count[l]) << 1U;
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    const unsigned l = lengths[s];
    if (l == 0) continue;
    const std::uint32_t code = next[l]++;
    std::uint32_t reversed = 0;
    for (unsigned b = 0; b < l; ++b) reversed |= (code >> b & 1U) << (l - 1 - b);
    bits[s] = static_cast<std::uint16_t>(reversed);
  }
}

class BitWriter {
 public:
  /// Room for whatever one block needs is the caller's business.
  explicit BitWriter(std::byte* out) : out_(out) {}
  void add(std::uint64_t bits, unsigned count) {
    held_ |= bits << count_;
    count_ += count;
  }
  /// At most 56 bits may be held before, 7 are left after.
  void flush() {
    std::memcpy(out_, &held_, 8);  // little-endian, as all machines we run on
    out_ += count_ >> 3U;
    held_ >>= count_ & ~7U;
    count_ &= 7U;
  }
  void put(std::uint64_t bits, unsigned count) {
    add(bits, count);
    flush();
  }
  void align() {
    if (count_ > 0) count_ = (count_ + 7U) & ~7U;
    flush();
  }
  std::byte*& at() { return out_; }

 private:
  std::byte* out_;
  std::uint64_t held_ = 0;
  unsigned count_ = 0;
};

/// The two tree descriptions of a block. Code lengths are sent one by one: a block has many thousand bytes.
void write_trees(BitWriter& out, const HuffmanCode& code, std::size_t symbols, unsigned distance_symbol) {
  std::vector<std::uint8_t> lengths(code.length.begin(),
                                    code.length.begin() + static_cast<std::ptrdiff_t>(symbols));
  const std::size_t distances = distance_symbol + std::size_t{1};
  lengths.resize(symbols + distances, 0);
  lengths.back() = 1;
  struct Item {
    std::uint8_t symbol, extra, bits;
  };
  std::vector<Item> items;  // runs of zeros as symbols 17 and 18
  for (std::size_t i = 0; i < lengths.size();) {
    std::size_t run = 1;
    while (i + run < lengths.size() && lengths[i + run] == lengths[i] && run < 138) ++run;
    if (lengths[i] == 0 && run >= 11) {
      items.push_back({18, static_cast<std::uint8_t>(run - 11), 7});
    } else if (lengths[i] == 0 && run >= 3) {
      items.push_back({17, static_cast<std::uint8_t>(run - 3), 3});
    } else {
      run = 1;
      items.push_back({lengths[i], 0, 0});
    }
    i += run;
  }
  std::array<std::uint32_t, 19> frequencies{};
  for (const Item& item : items) ++frequencies[item.symbol];
  std::array<std::uint8_t, 19> code_lengths{};
  std::array<std::uint16_t, 19> code_bits{};
  set_lengths(frequencies, 7, code_lengths);
  set_bits(code_lengths, code_bits);
  constexpr std::array<std::uint8_t, 19> sending{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                 11, 4,  12, 3, 13, 2, 14, 1, 15};
  std::size_t sent = sending.size();
  while (sent > 4 && code_lengths[sending[sent - 1]] == 0) --sent;
  out.put(symbols - 257, 5);
  out.put(distances - 1, 5);
  out.put(sent - 4, 4);
  for (std::size_t i = 0; i < sent; ++i) out.put(code_lengths[sending[i]], 3);
  for (const Item& item : items) {
    out.add(code_bits[item.symbol], code_lengths[item.symbol]);
    out.put(item.extra, item.bits);
  }
}

/// How many bytes are those `distance` before them.
SNITT_VECTOR_CLONES std::uint32_t repeated(const std::uint8_t* bytes, std::size_t size,
                                           std::size_t distance) {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < size; ++i) count += bytes[i] == *(bytes + i - distance) ? 1U : 0U;
  return count;
}

Frequencies frequencies_of(const std::uint8_t* bytes, std::size_t size) {
  std::array<std::array<std::uint32_t, literals>, 4>
      part{};  // neighbours that are equal do not wait for each other
  std::size_t i = 0;
  for (; i + 4 <= size; i += 4)
    for (std::size_t k = 0; k < 4; ++k) ++part[k][bytes[i + k]];
  for (; i < size; ++i) ++part[0][bytes[i]];
  Frequencies sum{};
  for (std::size_t s = 0; s < literals; ++s) sum[s] = part[0][s] + part[1][s] + part[2][s] + part[3][s];
  return sum;
}

std::uint64_t bits_of(const Frequencies& frequencies, const HuffmanCode& code) {
  std::uint64_t bits = 0;
  for (std::size_t s = 0; s < all_symbols; ++s)
    bits += static_cast<std::uint64_t>(frequencies[s]) * code.length[s];
  return bits;
}

class PlaneWriter {
 public:
  PlaneWriter(const std::uint8_t* start, std::byte* out) : start_(start), out_(out) {}
  std::byte* end() { return out_.at(); }

  void write(const std::uint8_t* bytes, std::size_t size, bool is_last) {
    const auto history = static_cast<std::size_t>(bytes - start_);
    std::size_t distance = 0;
    std::uint32_t most = static_cast<std::uint32_t>(size - size / 3);
    for (const std::size_t candidate : {std::size_t{1}, page}) {
      if (size <= candidate) continue;
      const std::size_t skip = history >= candidate ? 0 : candidate;
      const std::uint32_t count = repeated(bytes + skip, size - skip, candidate);
      if (count <= most) continue;
      most = count;
      distance = candidate;
    }
    Frequencies frequencies{};
    if (distance == 0) {
      frequencies = frequencies_of(bytes, size);
    } else {
      find_matches(bytes, size, distance, frequencies);
    }
    frequencies[end_of_block] = 1;
    HuffmanCode code;
    set_lengths(frequencies, longest_code, code.length);
    if (distance == 0 && bits_of(frequencies, code) / 8 + size / 64 >= size)
      return store(bytes, size, is_last);
    set_bits(code.length, code.bits);
    std::size_t symbols = all_symbols;
    while (code.length[symbols - 1] == 0) --symbols;
    out_.put(is_last ? 5 : 4, 3);  // a block with trees of its own
    write_trees(out_, code, symbols, distance == page ? 15 : 0);
    if (distance == 0)
      write_literals(bytes, size, code);
    else
      write_matches(code, distance == page);
    out_.put(code.bits[end_of_block], code.length[end_of_block]);
    if (is_last) out_.align();
  }

 private:
  /// A literal, or a match's length.
  void find_matches(const std::uint8_t* bytes, std::size_t size, std::size_t distance,
                    Frequencies& frequencies) {
    tokens_.clear();
    const std::size_t history = static_cast<std::size_t>(bytes - start_);
    for (std::size_t i = 0; i < size;) {
      std::size_t run = 0;
      if (history + i >= distance) {
        const std::size_t most = std::min(longest_match, size - i);
        const std::uint8_t* here = bytes + i;
        while (run + 8 <= most && std::memcmp(here + run, here + run - distance, 8) == 0) run += 8;
        while (run < most && here[run] == *(here + run - distance)) ++run;
      }
      if (run >= shortest_match) {
        tokens_.push_back(static_cast<std::uint16_t>(literals + run));
        ++frequencies[length_codes[run].symbol];
        i += run;
      } else {
        tokens_.push_back(bytes[i]);
        ++frequencies[bytes[i++]];
      }
    }
  }

  void write_matches(const HuffmanCode& code, bool is_page) {
    for (const std::uint16_t token : tokens_) {
      if (token < literals) {
        out_.put(code.bits[token], code.length[token]);
        continue;
      }
      const LengthCode length = length_codes[token - literals];
      out_.add(code.bits[length.symbol], code.length[length.symbol]);
      out_.add(length.extra, length.extra_bits);
      // The only distance of the block has the code 0; 256 is symbol 15 (193 to 256) with 6 bits more, all
      // set.
      out_.add(0, 1);
      if (is_page) out_.add(63, 6);
      out_.flush();
    }
  }

  void write_literals(const std::uint8_t* bytes, std::size_t size, const HuffmanCode& code) {
    std::array<std::uint32_t, literals> both{};
    for (std::size_t s = 0; s < literals; ++s)
      both[s] = static_cast<std::uint32_t>(code.bits[s]) << 8U | code.length[s];
    BitWriter out = out_;  // in registers
    std::size_t i = 0;
    for (; i + 3 <= size; i += 3) {
      for (std::size_t k = 0; k < 3; ++k) out.add(both[bytes[i + k]] >> 8U, both[bytes[i + k]] & 0xffU);
      out.flush();
    }
    for (; i < size; ++i) out.put(both[bytes[i]] >> 8U, both[bytes[i]] & 0xffU);
    out_ = out;
  }

  void store(const std::uint8_t* bytes, std::size_t size, bool is_last) {
    constexpr std::size_t most = 65535;
    for (std::size_t at = 0; at < size; at += most) {
      const std::size_t count = std::min(most, size - at);
      out_.put(is_last && at + count == size ? 1 : 0, 3);
      out_.align();
      out_.put(count, 16);
      out_.put(~count & 0xffffU, 16);
      std::memcpy(out_.at(), bytes + at, count);
      out_.at() += count;
    }
  }

  const std::uint8_t* start_;
  BitWriter out_;
  std::vector<std::uint16_t> tokens_;
};

}  // namespace

std::vector<std::byte> deflate_planes(std::span<const std::byte> bytes, std::size_t planes) {
  if (bytes.empty() || planes == 0) return {};
  const std::size_t size = (bytes.size() + planes - 1) / planes;
  // Huffman's code never takes more than 9 bits a byte here, and each block some hundred bytes for its trees.
  // Kept for the next chunk: to clear so much memory would take as long as to fill it.
  thread_local std::vector<std::byte> packed;
  const std::size_t room = bytes.size() + bytes.size() / 4 + planes * 1024 + 64;
  if (packed.size() < room) packed.resize(room);
  packed[0] = std::byte{0x78};
  packed[1] = std::byte{0x01};
  const auto* start = reinterpret_cast<const std::uint8_t*>(bytes.data());
  PlaneWriter writer(start, packed.data() + 2);
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const std::size_t count = std::min(size, bytes.size() - at);
    writer.write(start + at, count, at + count == bytes.size());
  }
  const std::uint32_t sum = libdeflate_adler32(1, bytes.data(), bytes.size());
  std::byte* end = writer.end();
  for (unsigned shift = 32; shift > 0; shift -= 8)
    *end++ = static_cast<std::byte>(sum >> (shift - 8) & 0xffU);
  if (end - packed.data() >= static_cast<std::ptrdiff_t>(bytes.size())) return {};
  return {packed.data(), end};
}

}  // namespace snitt::store
