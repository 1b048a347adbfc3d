#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace snitt::registration {

/// Undirected graph without loops, its adjacency as rows of bits: [vertex, word].
class ConsistencyGraph {
 public:
  explicit ConsistencyGraph(std::size_t vertices)
      : vertices_(vertices), words_((vertices + 63) / 64), bits_(vertices * words_) {}

  std::size_t vertices() const { return vertices_; }
  std::size_t words() const { return words_; }
  std::span<const std::uint64_t> row(std::size_t vertex) const {
    return {bits_.data() + vertex * words_, words_};
  }
  /// One direction of an edge: rows may be filled from several threads, each row from one.
  void set(std::size_t vertex, std::size_t other) {
    bits_[vertex * words_ + other / 64] |= std::uint64_t{1} << (other % 64);
  }
  bool has(std::size_t vertex, std::size_t other) const {
    return (bits_[vertex * words_ + other / 64] >> (other % 64) & 1) != 0;
  }
  std::size_t degree(std::size_t vertex) const;

 private:
  std::size_t vertices_;
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

/// [vertex]: the largest k such that the vertex is in a subgraph in which all have at least k neighbours
/// (Batagelj and Zaversnik 2003). A clique of m vertices has cores of at least m - 1.
std::vector<std::size_t> core_numbers(const ConsistencyGraph& graph);

struct Clique {
  std::vector<std::size_t> members;  ///< rising
  bool is_proven = false;            ///< there is none with more members
};

/// A clique with most members: greedy from the vertices of the highest cores; then, among the vertices whose
/// core leaves room for a larger one, branch and bound with greedy colouring as bound (San Segundo 2011).
/// The search ends unproven when `budget` words of bits have been looked at: counted, not timed, so that the
/// answer does not depend on the machine.
Clique largest_clique(const ConsistencyGraph& graph, std::uint64_t budget);

}  // namespace snitt::registration
