#include "image_registration/message_passing.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <tuple>

namespace snitt::image_registration {
namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// What a node tells its parent: for each of the parent's labels the least energy of the node's branch.
void message(const float* branch, float* out, std::size_t n, float weight,
             const std::array<float, 3>& shift) {
  std::vector<float> once(n * n * n);
  std::vector<float> twice(n * n * n);
  for (std::size_t line = 0; line < n * n; ++line)
    lower_envelope(branch + line * n, once.data() + line * n, n, 1, weight, shift[0]);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < n; ++i)
      lower_envelope(once.data() + k * n * n + i, twice.data() + k * n * n + i, n, n, weight, shift[1]);
  for (std::size_t line = 0; line < n * n; ++line)
    lower_envelope(twice.data() + line, out + line, n, n * n, weight, shift[2]);
}

std::size_t best_given_parent(const float* branch, std::size_t n, float weight,
                              const std::array<float, 3>& wanted) {
  std::size_t best = 0;
  float least = infinite;
  std::size_t label = 0;
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i, ++label) {
        const float x = static_cast<float>(i) - wanted[0];
        const float y = static_cast<float>(j) - wanted[1];
        const float z = static_cast<float>(k) - wanted[2];
        const float energy = branch[label] + weight * (x * x + y * y + z * z);
        if (energy < least) {
          least = energy;
          best = label;
        }
      }
  return best;
}

}  // namespace

SpanningTree spanning_tree(const std::array<std::size_t, 3>& size, const std::vector<float>& values) {
  const std::size_t nodes = values.size();
  const std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  SpanningTree tree;
  tree.parent.assign(nodes, nodes);
  using Edge =
      std::tuple<float, std::size_t, std::size_t>;  // weight, node, parent: ties go to the first node
  std::priority_queue<Edge, std::vector<Edge>, std::greater<>> edges;
  edges.emplace(0.0F, 0, 0);
  while (!edges.empty()) {
    const auto [weight, node, parent] = edges.top();
    edges.pop();
    if (tree.parent[node] != nodes) continue;
    tree.parent[node] = parent;
    tree.order.push_back(node);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::size_t at = (node / stride[axis]) % size[axis];
      const auto offer = [&](std::size_t other) {
        if (tree.parent[other] == nodes) edges.emplace(std::abs(values[node] - values[other]), other, node);
      };
      if (at > 0) offer(node - stride[axis]);
      if (at + 1 < size[axis]) offer(node + stride[axis]);
    }
  }
  return tree;
}

void lower_envelope(const float* in, float* out, std::size_t n, std::size_t stride, float weight,
                    float shift) {
  // Parabolas stand at x + shift; `from` is where each begins to be the lowest.
  std::array<std::size_t, 64> standing{};
  std::array<float, 65> from{};
  std::size_t count = 0;
  for (std::size_t x = 0; x < n; ++x) {
    const float height = in[x * stride];
    float cross = -infinite;
    while (count > 0) {
      const std::size_t last = standing[count - 1];
      const auto apart = static_cast<float>(x - last);
      const float middle = 0.5F * (static_cast<float>(x) + static_cast<float>(last)) + shift;
      cross = middle + (height - in[last * stride]) / (2 * weight * apart);
      if (cross > from[count - 1]) break;
      --count;
      cross = -infinite;
    }
    standing[count] = x;
    from[count] = cross;
    ++count;
  }
  std::size_t lowest = 0;
  for (std::size_t y = 0; y < n; ++y) {
    while (lowest + 1 < count && from[lowest + 1] < static_cast<float>(y)) ++lowest;
    const float distance = static_cast<float>(standing[lowest]) + shift - static_cast<float>(y);
    out[y * stride] = in[standing[lowest] * stride] + weight * distance * distance;
  }
}

std::vector<std::array<int, 3>> best_labels(const SpanningTree& tree, LabelProblem problem) {
  const std::size_t n = 2 * problem.reach + 1;
  const std::size_t labels = problem.labels();
  const auto branch = [&](std::size_t node) { return problem.costs.data() + node * labels; };
  std::vector<float> told(labels);
  for (std::size_t i = tree.order.size(); i-- > 1;) {
    const std::size_t node = tree.order[i];
    const std::size_t parent = tree.parent[node];
    std::array<float, 3> shift{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      shift[axis] = problem.offsets[node][axis] - problem.offsets[parent][axis];
    message(branch(node), told.data(), n, problem.weight, shift);
    float* sum = branch(parent);
    for (std::size_t label = 0; label < labels; ++label) sum[label] += told[label];
  }
  std::vector<std::size_t> best(tree.order.size());
  for (const std::size_t node : tree.order) {
    const std::size_t parent = tree.parent[node];
    if (node == parent) {
      best[node] = best_given_parent(branch(node), n, 0, {});
      continue;
    }
    const std::array<std::size_t, 3> of_parent{best[parent] % n, best[parent] / n % n,
                                               best[parent] / (n * n)};
    std::array<float, 3> wanted{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      wanted[axis] =
          static_cast<float>(of_parent[axis]) + problem.offsets[parent][axis] - problem.offsets[node][axis];
    best[node] = best_given_parent(branch(node), n, problem.weight, wanted);
  }
  std::vector<std::array<int, 3>> displacements;
  const int reach = static_cast<int>(problem.reach);
  for (const std::size_t label : best)
    displacements.push_back({static_cast<int>(label % n) - reach, static_cast<int>(label / n % n) - reach,
                             static_cast<int>(label / (n * n)) - reach});
  return displacements;
}

}  // namespace snitt::image_registration
