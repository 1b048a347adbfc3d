#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace snitt::store {

/// A zlib stream (RFC 1950, 1951) of shuffled table columns, several times faster than a search for matches:
/// such bytes come in planes, each of which is constant, in runs, counts through 0 to 255, or is noise of
/// some entropy. Each plane is a block of its own: repetitions at a distance of 1 or 256, else Huffman codes
/// alone, else stored. The same bytes on every machine. Empty when the stream would be no shorter than
/// `bytes`.
std::vector<std::byte> deflate_planes(std::span<const std::byte> bytes, std::size_t planes);

}  // namespace snitt::store
