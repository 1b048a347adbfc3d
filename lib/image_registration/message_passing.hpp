#pragma once
#include <array>
#include <cstddef>
#include <vector>

/// Exact minimisation over a tree of nodes that each take one of a cube of labels.
namespace snitt::image_registration {

/// A lattice's minimum spanning tree, parents before their children.
struct SpanningTree {
  std::vector<std::size_t> order;
  std::vector<std::size_t> parent;  ///< [node]; the root's is itself
};

/// Of the lattice [slice, row, column] with edges between the 6 nearest neighbours, whose weight is the
/// difference of the nodes' values (Prim): edges stay within regions of like values, and few cross the
/// borders between them, along which organs may slide.
SpanningTree spanning_tree(const std::array<std::size_t, 3>& size, const std::vector<float>& values);

/// out(y) = min over x of in(x) + weight (x + shift - y)^2 for x, y = 0 … n-1, by the lower envelope of the
/// parabolas (Felzenszwalb & Huttenlocher 2012); elements `stride` apart.
void lower_envelope(const float* in, float* out, std::size_t n, std::size_t stride, float weight,
                    float shift);

/// Labels are displacements (-reach … reach)^3, x fastest.
struct LabelProblem {
  std::size_t reach = 0;
  std::vector<float> costs;                   ///< [node][label]; used up
  std::vector<std::array<float, 3>> offsets;  ///< [node] displacement that the node already has
  float weight = 1;                           ///< of |label + offset - the parent's label and offset|^2
  std::size_t labels() const { return (2 * reach + 1) * (2 * reach + 1) * (2 * reach + 1); }
};

/// The labels of least total energy.
std::vector<std::array<int, 3>> best_labels(const SpanningTree& tree, LabelProblem problem);

}  // namespace snitt::image_registration
