#include "trees/centerline.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "trees/distance_map.hpp"
#include "trees/thinning.hpp"
#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

image::VoxelMask mask_of(std::array<std::size_t, 3> size, Vec3 spacing,
                         const std::function<bool(Vec3)>& inside) {
  image::VoxelMask mask;
  mask.geometry.size = size;
  mask.geometry.spacing_mm = spacing;
  mask.inside.resize(mask.geometry.voxels());
  const VoxelGrid grid(mask.geometry);
  for (std::size_t v = 0; v < mask.inside.size(); ++v) mask.inside[v] = inside(grid.local_mm(v)) ? 1 : 0;
  return mask;
}

double to_segment(Vec3 p, Vec3 a, Vec3 b) {
  const Vec3 way = b - a;
  const double t = std::clamp(dot(p - a, way) / dot(way, way), 0.0, 1.0);
  return norm(p - a - t * way);
}

Tree tree_of(const image::VoxelMask& mask, CenterlineSettings settings = {}) {
  Monitor monitor;
  const CenterlineResult result = extract_centerline(mask, nullptr, settings, monitor);
  EXPECT_EQ(fault_of(result.tree), "");
  return result.tree;
}

double length_of(const Tree& tree) {
  double length = 0;
  for (std::size_t n = 0; n < tree.size(); ++n)
    if (tree.parents[n] >= 0)
      length += norm(tree.nodes_mm[n] - tree.nodes_mm[static_cast<std::size_t>(tree.parents[n])]);
  return length;
}

TEST(DistanceMap, is_the_distance_to_the_nearest_centre_outside_in_mm) {
  const Vec3 spacing{0.7, 1.1, 2};
  const image::VoxelMask mask = mask_of({15, 12, 8}, spacing, [](Vec3 p) {
    return norm(p - Vec3{4, 6, 8}) < 4.5;
  });
  const std::vector<float> map = distance_map(mask);
  const VoxelGrid grid(mask.geometry);
  for (std::size_t v = 0; v < map.size(); v += 7) {
    double least = 0;
    if (mask.inside[v] != 0) {
      least = 1e9;
      for (std::size_t w = 0; w < map.size(); ++w)
        if (mask.inside[w] == 0) least = std::min(least, norm(grid.local_mm(v) - grid.local_mm(w)));
    }
    EXPECT_NEAR(static_cast<double>(map[v]), least, 1e-5);  // rounding of floats
  }
}

TEST(Thinning, a_point_a_line_and_a_tunnel_keep_their_topology) {
  const auto ball = mask_of({15, 15, 15}, {1, 1, 1}, [](Vec3 p) { return norm(p - Vec3{7, 7, 7}) < 5; });
  EXPECT_LE(thinned(ball).count(), 3U);  // a point, or a line of two ends that formed on the way
  const auto ring = mask_of({31, 31, 11}, {1, 1, 1}, [](Vec3 p) {
    return std::hypot(std::hypot(p.x - 15, p.y - 15) - 10, p.z - 5) < 3;
  });
  const image::VoxelMask thin = thinned(ring);
  EXPECT_GT(thin.count(), 40U);  // it has not been cut open: a ring of radius 10 has 60 or so voxels
  EXPECT_LT(thin.count(), 80U);
}

// A voxel between two others is not simple: without it they fall apart. One at the end of a line is.
TEST(Thinning, simple_points_are_those_whose_deletion_changes_nothing) {
  EXPECT_TRUE(is_simple(1U << 12));
  EXPECT_FALSE(is_simple((1U << 12) | (1U << 13)));
  EXPECT_FALSE(is_simple((1U << 26) - 1));  // deleting the middle of a block makes a cavity
  EXPECT_FALSE(is_simple(0));
}

TEST(Centerline, of_an_oblique_cylinder_is_its_axis_with_its_radius) {
  const Vec3 a{10, 12, 9};
  const Vec3 b{34, 30, 45};
  for (const Vec3 spacing : {Vec3{0.7, 0.7, 0.7}, Vec3{0.7, 0.7, 1.25}}) {
    const auto mask = mask_of({64, 60, static_cast<std::size_t>(54 / spacing.z)}, spacing,
                              [&](Vec3 p) { return to_segment(p, a, b) < 4; });
    const Tree tree = tree_of(mask);
    EXPECT_EQ(tree.branch_list.size(), 1U);
    for (std::size_t n = 0; n < tree.size(); ++n) {
      const double to_end = std::min(norm(tree.nodes_mm[n] - a), norm(tree.nodes_mm[n] - b));
      if (to_end < 4) continue;                                          // the round ends are no tube
      EXPECT_LT(to_segment(tree.nodes_mm[n], a, b), 0.35) << spacing.z;  // half a voxel
      EXPECT_NEAR(tree.radii_mm[n], 4, 0.35) << spacing.z;
    }
    EXPECT_NEAR(length_of(tree), norm(b - a) + 8, 4) << spacing.z;  // the mask has round ends of radius 4
  }
}

TEST(Centerline, of_a_Y_has_three_branches_from_the_thick_end) {
  const Vec3 fork{25, 25, 25};
  const Vec3 stem{25, 25, 60};
  const Vec3 left{40, 25, 5};
  const Vec3 right{10, 25, 5};
  const auto mask = mask_of({72, 72, 90}, {0.7, 0.7, 0.7}, [&](Vec3 p) {
    return to_segment(p, stem, fork) < 4 || to_segment(p, fork, left) < 2.5 || to_segment(p, fork, right) < 3;
  });
  const Tree tree = tree_of(mask);
  ASSERT_EQ(tree.branch_list.size(), 3U);
  EXPECT_GT(tree.nodes_mm.front().z, 55);
  EXPECT_EQ(tree.branch_list[0].label, "trachea");
  EXPECT_EQ(tree.branch_list[1].generation, 1);
  const auto stem_nodes = nodes_of_branch(tree, 0);
  EXPECT_LT(norm(tree.nodes_mm[stem_nodes.back()] - fork), 3);  // within the thickness of the fork
  for (std::size_t b = 1; b < 3; ++b) {
    const auto nodes = nodes_of_branch(tree, b);
    const bool is_left = tree.branch_list[b].label == "left main bronchus";
    EXPECT_LT(norm(tree.nodes_mm[nodes.back()] - (is_left ? left : right)), 4);
    EXPECT_NEAR(tree.radii_mm[nodes[nodes.size() * 2 / 3]], is_left ? 2.5 : 3, 0.35);
  }
}

TEST(Centerline, of_a_torus_is_a_ring_closed_by_a_link) {
  const auto mask = mask_of({70, 70, 20}, {0.7, 0.7, 0.7}, [](Vec3 p) {
    return std::hypot(std::hypot(p.x - 24, p.y - 24) - 15, p.z - 7) < 3;
  });
  CenterlineSettings settings;
  settings.quantity = "vessels";
  const Tree tree = tree_of(mask, settings);
  ASSERT_EQ(tree.loops.size(), 1U);
  const auto [one, other] = tree.loops.front();
  const double gap =
      norm(tree.nodes_mm[static_cast<std::size_t>(one)] - tree.nodes_mm[static_cast<std::size_t>(other)]);
  EXPECT_NEAR(length_of(tree) + gap, 2 * std::numbers::pi * 15, 0.03 * 2 * std::numbers::pi * 15);
  for (const Vec3 p : tree.nodes_mm)
    EXPECT_LT(std::hypot(std::hypot(p.x - 24, p.y - 24) - 15, p.z - 7),
              0.75);  // the voxel that the ring was cut at stays
}

TEST(Centerline, roots_at_the_end_nearest_to_the_point_given) {
  const auto mask = mask_of({20, 20, 60}, {1, 1, 1}, [](Vec3 p) {
    return to_segment(p, {10, 10, 5}, {10, 10, 50}) < 4;
  });
  CenterlineSettings settings;
  settings.root_mm = Vec3{10, 10, 0};
  EXPECT_LT(tree_of(mask, settings).nodes_mm.front().z, 10);
  settings.root_mm = Vec3{10, 10, 60};
  EXPECT_GT(tree_of(mask, settings).nodes_mm.front().z, 45);
}

TEST(Centerline, of_a_turned_image_turns_with_it) {
  auto mask = mask_of({20, 20, 60}, {1, 1, 1}, [](Vec3 p) {
    return to_segment(p, {10, 10, 5}, {10, 10, 50}) < 4;
  });
  mask.geometry.axis_directions = {Vec3{0, 1, 0}, Vec3{0, 0, 1}, Vec3{1, 0, 0}};
  mask.geometry.origin_mm = {100, 0, 0};
  for (const Vec3 p : tree_of(mask).nodes_mm) {
    EXPECT_NEAR(p.y, 10, 0.3);
    EXPECT_NEAR(p.z, 10, 0.3);
  }
}

TEST(Centerline, is_the_same_for_any_number_of_threads) {
  const auto mask = mask_of({60, 60, 60}, {0.7, 0.7, 0.7}, [](Vec3 p) {
    return to_segment(p, {20, 20, 38}, {20, 20, 20}) < 4 || to_segment(p, {20, 20, 20}, {35, 22, 5}) < 3 ||
           to_segment(p, {20, 20, 20}, {6, 16, 5}) < 2.5;
  });
  std::vector<Tree> trees;
  for (const int threads : {1, 2, 7}) ThreadLimit(threads).run([&] { trees.push_back(tree_of(mask)); });
  EXPECT_EQ(trees[0], trees[1]);
  EXPECT_EQ(trees[0], trees[2]);
}

TEST(Centerline, refuses_an_empty_mask_and_crumbs) {
  Monitor monitor;
  auto mask = mask_of({5, 5, 5}, {1, 1, 1}, [](Vec3) { return false; });
  EXPECT_THROW(extract_centerline(mask, nullptr, {}, monitor), ComputationError);
}

}  // namespace
}  // namespace snitt::trees
