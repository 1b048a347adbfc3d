#include "trees/route.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"

namespace snitt::trees {
namespace {

using testing::HasSubstr;

/// A stem of 50 mm down, then one branch of 30 mm to +x and one of 40 mm at 60 degrees to -x.
Tree fork_tree() {
  Tree tree;
  tree.branch_list = {{-1, 0, "trachea"}, {0, 1, "left main bronchus"}, {0, 1, "right main bronchus"}};
  const auto add = [&](Vec3 p, double r, std::int32_t parent, std::int32_t branch) {
    tree.nodes_mm.push_back(p);
    tree.radii_mm.push_back(r);
    tree.parents.push_back(parent);
    tree.branches.push_back(branch);
  };
  for (int i = 0; i <= 50; ++i) add({0, 0, 50.0 - i}, 5, i - 1, 0);
  for (int i = 1; i <= 30; ++i) add({1.0 * i, 0, 0}, i < 20 ? 3 : 1.5, i == 1 ? 50 : 49 + i, 1);
  const double c = std::cos(std::numbers::pi / 3);
  const double s = std::sin(std::numbers::pi / 3);
  for (int i = 1; i <= 40; ++i) add({-s * i, 0, -c * i}, 2, i == 1 ? 50 : 79 + i, 2);
  return tree;
}

TEST(Route, goes_by_the_branches_to_the_target_with_their_turns_and_lengths) {
  RouteSettings settings;
  settings.target_mm = {30, 0, 4};
  const Route route = plan_route(fork_tree(), settings);
  EXPECT_NEAR(route.length_mm, 80, 1e-9);
  EXPECT_NEAR(route.to_target_mm, 4, 1e-9);
  ASSERT_EQ(route.branches.size(), 2U);
  EXPECT_EQ(route.branches[1].branch, 1);
  EXPECT_NEAR(route.branches[1].turning_deg, 90, 1e-6);
  EXPECT_NEAR(route.branches[1].begins_mm, 50, 1e-9);
  EXPECT_NEAR(route.branches[1].length_mm, 30, 1e-9);
  EXPECT_NEAR(route.bottleneck_radius_mm, 1.5, 1e-9);
  EXPECT_NEAR(route.bottleneck_at_mm, 70, 1e-9);
  EXPECT_EQ(route.record.verdict, "good");
  settings.target_mm = {-30, 0, -20};
  EXPECT_NEAR(plan_route(fork_tree(), settings).branches[1].turning_deg, 60, 1e-6);
}

TEST(Route, stops_where_the_instrument_no_longer_passes_and_says_so) {
  RouteSettings settings;
  settings.target_mm = {30, 0, 0};
  settings.instrument_diameter_mm = 4;
  const Route route = plan_route(fork_tree(), settings);
  EXPECT_NEAR(route.length_mm, 69, 1e-9);
  EXPECT_NEAR(route.to_target_mm, 11, 1e-9);
  EXPECT_EQ(route.record.verdict, "doubtful");
  EXPECT_THAT(route.record.reasons.back(), HasSubstr("thinner instrument"));
  settings.instrument_diameter_mm = 11;
  EXPECT_THROW(plan_route(fork_tree(), settings), InputError);
}

TEST(Route, view_points_look_ahead_and_do_not_spin) {
  RouteSettings settings;
  settings.target_mm = {30, 0, 0};
  settings.step_mm = 0.5;
  const Route route = plan_route(fork_tree(), settings);
  EXPECT_EQ(route.views.size(), 161U);
  for (std::size_t v = 0; v < route.views.size(); ++v) {
    const ViewPoint& view = route.views[v];
    EXPECT_NEAR(norm(view.direction), 1, 1e-12);
    EXPECT_NEAR(norm(view.up), 1, 1e-12);
    EXPECT_NEAR(dot(view.up, view.direction), 0, 1e-12);
    EXPECT_NEAR(view.up.y, -1, 1e-9);  // the way stays in the plane y = 0
    EXPECT_NEAR(view.distance_mm, 0.5 * static_cast<double>(v), 1e-9);
  }
  EXPECT_NEAR(route.views.front().direction.z, -1, 1e-9);
  EXPECT_NEAR(route.views.back().direction.x, 1, 1e-9);
  EXPECT_EQ(view_table(route).rows(), 161U);
}

// In the middle of a long round tube the wall is everywhere seen at r / sin(angle), the middle is black.
TEST(EndoscopicView, shows_a_straight_tube_as_rings) {
  image::ScalarVolume shape;
  shape.geometry.size = {41, 41, 101};
  shape.values.resize(shape.geometry.voxels());
  for (std::size_t v = 0; v < shape.values.size(); ++v) {
    const double r = std::hypot(static_cast<double>(v % 41) - 20, static_cast<double>(v / 41 % 41) - 20);
    shape.values[v] = static_cast<float>(std::clamp(10.5 - r, 0.0, 1.0));
  }
  const ViewPoint view{{20, 20, 10}, {0, 0, 1}, {0, -1, 0}, 0, 10, 0};
  const Picture picture = endoscopic_view(shape, view, 64, 60);
  const auto at = [&](std::size_t row, std::size_t column) {
    return static_cast<int>(picture.pixels[row * 64 + column]);
  };
  EXPECT_EQ(at(32, 32), 0);
  EXPECT_GT(at(32, 63), 60);
  EXPECT_NEAR(at(32, 60), at(60, 32), 12);  // round: grey levels of a sampled surface
  EXPECT_NEAR(at(32, 60), at(32, 3), 12);
  EXPECT_GT(at(32, 63), at(32, 45));  // nearer is brighter
}

TEST(Route, refuses_a_tree_without_nodes) { EXPECT_THROW(plan_route({}, {}), InputError); }

}  // namespace
}  // namespace snitt::trees
