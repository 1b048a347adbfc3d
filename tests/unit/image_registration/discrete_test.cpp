#include "image_registration/discrete.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/threads.hpp"
#include "deformable_phantom.hpp"

namespace snitt::image_registration {
namespace {

int level_of(Ssc word, int entry) {
  const auto bits = static_cast<unsigned>(word >> (5 * entry)) & 31U;
  EXPECT_EQ(bits & (bits + 1), 0U) << "no thermometer code";
  return std::popcount(bits);
}

TEST(Ssc, DistanceIsTheL1DistanceOfTheLevels) {
  const std::vector<Ssc> a = ssc_descriptors(volume_of(cube(20, 1.5), texture));
  ASSERT_GT(a.size(), 100U);
  for (std::size_t i = 0; i + 57 < a.size(); i += 13) {
    int sum = 0;
    for (int e = 0; e < ssc_entries; ++e) sum += std::abs(level_of(a[i], e) - level_of(a[i + 57], e));
    EXPECT_EQ(ssc_distance(a[i], a[i + 57]), sum);
  }
}

TEST(Ssc, EqualsItsFormulaAtAVoxel) {
  const image::ScalarVolume volume = volume_of(cube(16, 1.5), texture);
  const std::vector<Ssc> words = ssc_descriptors(volume);
  const std::array<long, 3> at{7, 9, 5};
  const std::array<std::array<long, 3>, 6> neighbours{
      {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}}};
  std::vector<double> distances;
  for (std::size_t a = 0; a < 6; ++a)
    for (std::size_t b = a + 1; b < 6; ++b) {
      if (a / 2 == b / 2) continue;  // opposite
      double sum = 0;
      for (long k = -1; k <= 1; ++k)
        for (long j = -1; j <= 1; ++j)
          for (long i = -1; i <= 1; ++i) {
            const auto value = [&](const std::array<long, 3>& n) {
              return static_cast<double>(volume.at(static_cast<std::size_t>(at[0] + n[0] + i),
                                                   static_cast<std::size_t>(at[1] + n[1] + j),
                                                   static_cast<std::size_t>(at[2] + n[2] + k)));
            };
            sum += std::pow(value(neighbours[a]) - value(neighbours[b]), 2);
          }
      distances.push_back(sum);
    }
  ASSERT_EQ(distances.size(), 12U);
  double least = distances[0];
  double mean = 0;
  for (const double d : distances) {
    least = std::min(least, d);
    mean += d / 12;
  }
  std::vector<int> expected;
  for (const double d : distances)
    expected.push_back(std::min(5, static_cast<int>(6 * std::exp(-(d - least) / (mean - least)))));
  std::vector<int> found;
  const std::size_t voxel = (5 * volume.geometry.size[1] + 9) * volume.geometry.size[0] + 7;
  for (int e = 0; e < ssc_entries; ++e) found.push_back(level_of(words[voxel], e));
  std::sort(expected.begin(), expected.end());  // the order of the entries is ours
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
}

TEST(Ssc, DoesNotSeeInversionAndScale) {
  const auto a = ssc_descriptors(volume_of(cube(14, 1.5), texture));
  const auto b = ssc_descriptors(volume_of(cube(14, 1.5), [](Vec3 p) { return 100 - 8 * texture(p); }));
  double distance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) distance += ssc_distance(a[i], b[i]);
  // Only values at the border between two levels may fall to the other side by rounding.
  EXPECT_LT(distance / static_cast<double>(a.size()), 0.01);
}

TEST(LowerEnvelope, EqualsBruteForce) {
  Numbers numbers(4);
  for (int trial = 0; trial < 200; ++trial) {
    const std::size_t n = 1 + static_cast<std::size_t>(trial % 17);
    std::vector<float> in(2 * n);
    for (float& value : in) value = static_cast<float>(numbers.next());
    const auto weight = static_cast<float>(0.02 + 0.3 * std::abs(numbers.next()));
    const auto shift = static_cast<float>(3 * numbers.next());
    std::vector<float> out(2 * n);
    lower_envelope(in.data(), out.data(), n, 2, weight, shift);
    for (std::size_t y = 0; y < n; ++y) {
      float least = std::numeric_limits<float>::infinity();
      for (std::size_t x = 0; x < n; ++x) {
        const float d = static_cast<float>(x) + shift - static_cast<float>(y);
        least = std::min(least, in[2 * x] + weight * d * d);
      }
      EXPECT_NEAR(out[2 * y], least, 1e-5);  // where parabolas meet either may be taken: rounding
    }
  }
}

TEST(MinSum, FindsWhatBruteForceFinds) {
  Numbers numbers(9);
  const std::vector<float> values{0, 3, 1, 2};
  const SpanningTree tree = spanning_tree({2, 2, 1}, values);
  for (int trial = 0; trial < 5; ++trial) {
    LabelProblem problem;
    problem.reach = 1;
    problem.weight = 0.15F;
    problem.costs.resize(4 * 27);
    for (float& cost : problem.costs) cost = static_cast<float>(numbers.next());
    for (int node = 0; node < 4; ++node)
      problem.offsets.push_back({static_cast<float>(numbers.next()), static_cast<float>(numbers.next()),
                                 static_cast<float>(numbers.next())});
    const auto energy = [&](const std::array<std::size_t, 4>& labels) {
      double sum = 0;
      for (std::size_t node = 0; node < 4; ++node) {
        sum += static_cast<double>(problem.costs[node * 27 + labels[node]]);
        const std::size_t parent = tree.parent[node];
        const std::array<std::size_t, 3> here{labels[node] % 3, labels[node] / 3 % 3, labels[node] / 9};
        const std::array<std::size_t, 3> there{labels[parent] % 3, labels[parent] / 3 % 3,
                                               labels[parent] / 9};
        for (std::size_t axis = 0; axis < 3; ++axis) {
          const double d = static_cast<double>(here[axis]) - static_cast<double>(there[axis]) +
                           static_cast<double>(problem.offsets[node][axis] - problem.offsets[parent][axis]);
          if (node != parent) sum += static_cast<double>(problem.weight) * d * d;
        }
      }
      return sum;
    };
    double least = 1e300;
    for (std::size_t a = 0; a < 27; ++a)
      for (std::size_t b = 0; b < 27; ++b)
        for (std::size_t c = 0; c < 27; ++c)
          for (std::size_t d = 0; d < 27; ++d) least = std::min(least, energy({a, b, c, d}));
    const auto found = best_labels(tree, problem);
    std::array<std::size_t, 4> labels{};
    for (std::size_t node = 0; node < 4; ++node)
      labels[node] =
          static_cast<std::size_t>((found[node][2] + 1) * 9 + (found[node][1] + 1) * 3 + found[node][0] + 1);
    EXPECT_NEAR(energy(labels), least, 1e-5);
  }
}

TEST(SpanningTree, IsTheLightest) {
  // A square of nodes 0 1 / 2 3 with values 0 3 / 1 2: edges 0-1: 3, 0-2: 1, 1-3: 1, 2-3: 1; the heaviest
  // falls.
  const SpanningTree tree = spanning_tree({2, 2, 1}, {0, 3, 1, 2});
  EXPECT_EQ(tree.parent, (std::vector<std::size_t>{0, 3, 0, 2}));
}

TEST(DiscreteField, FollowsAShiftAndItsInverse) {
  const VolumeGeometry geometry = cube(48, 1.5);
  const Vec3 shift{7.5, -6, 4.5};
  const ImagePair pair{
      volume_of(geometry, [&](Vec3 p) { return texture(p + shift); }), volume_of(geometry, texture), {}, {}};
  const DiscreteField field = discrete_field(pair, {}, {{3, 5, 4}, {1.5, 5, 2}}, 0.5);
  const BSplineStep step = spline_step(field.grid, field.coefficients_mm);
  for (double x = -5; x <= 25; x += 10)
    for (double y = 25; y <= 55; y += 10) {
      const Vec3 p{x, y, 33};
      EXPECT_LT(norm(map_point(step, p) - (p + shift)), 1.5);  // a voxel: displacements are whole ones
    }
}

TEST(LabelCosts, AreTheSameForAnyNumberOfThreads) {
  const SplineGrid grid{cube(20, 1.5), {5, 5, 5}};
  const auto words = ssc_descriptors(volume_of(grid.image, texture));
  std::vector<std::vector<float>> costs;
  for (const int threads : {1, 2, 7}) {
    ThreadLimit limit(threads);
    limit.run([&] { costs.push_back(label_costs(grid, words, words, {}, 2)); });
  }
  EXPECT_EQ(costs[0], costs[1]);
  EXPECT_EQ(costs[0], costs[2]);
  // Without displacement an image is like itself.
  for (std::size_t p = 0; p < grid.points(); ++p) EXPECT_EQ(costs[0][p * 125 + 62], 0);
}

}  // namespace
}  // namespace snitt::image_registration
