#include "registration/centerlines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "data/tree_links.hpp"
#include "geometry/rotation.hpp"
#include "phantom/airway_tree.hpp"

namespace snitt::registration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double degrees = 180 / std::numbers::pi;

Matrix4 motion(Vec3 turn_deg, Vec3 shift_mm) {
  Matrix4 m = rotation_from_vector((1 / degrees) * turn_deg);
  for (std::size_t row = 0; row < 3; ++row) m(row, 3) = shift_mm[row];
  return m;
}

Tree moved_tree(Tree tree, const Matrix4& m) {
  for (Vec3& p : tree.nodes_mm) p = transform_point(m, p);
  return tree;
}

/// Three straight arms of different length from one fork, not in a plane: nothing about it is symmetrical.
Tree fork() {
  LinkedNodes linked;
  linked.nodes_mm = {{0, 0, 0}};
  linked.radii_mm = {3};
  const std::vector<Vec3> ends{{2, 1, 45}, {30, 6, -22}, {-18, 12, -16}};
  for (std::size_t arm = 0; arm < 3; ++arm)
    for (int i = 1; i <= 20; ++i) {
      linked.nodes_mm.push_back((i / 20.0) * ends[arm]);
      linked.radii_mm.push_back(3 - static_cast<double>(arm) * 0.7);
      const auto self = static_cast<std::int32_t>(linked.nodes_mm.size() - 1);
      linked.links.emplace_back(i == 1 ? 0 : self - 1, self);
    }
  return tree_from_links(linked);
}

PointSet points_of(const Tree& tree) {
  PointSet set;
  set.points_mm = tree.nodes_mm;
  set.labels.resize(set.size());
  return set;
}

Tree vessels(std::uint64_t seed) {
  phantom::VesselTreeSettings settings;
  settings.seed = seed;
  settings.smallest_radius_mm = 0.9;
  settings.half_size_mm = {30, 35, 30};
  return phantom::vessel_tree(settings);
}

Matrix4 best_of(const CenterlineRegistration& r) { return r.poses.front().fixed_to_moving; }

/// Largest distance by which two maps put the nodes apart.
double difference(const Matrix4& a, const Matrix4& b, const Tree& tree) {
  double most = 0;
  for (const Vec3 p : tree.nodes_mm)
    most = std::max(most, norm(transform_point(a, p) - transform_point(b, p)));
  return most;
}

template <typename Call>
std::string refusal_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(RegisterCenterlines, AForkIsFoundFromAnywhere) {
  // CustusX's tests allow a fork 1 mm and 2 degrees, from the right start
  for (const Vec3 turn : {Vec3{0, 0, 0}, Vec3{20, 0, 0}, Vec3{0, -60, 30}, Vec3{100, 100, 0}}) {
    const Matrix4 truth = motion(turn, {20, -30, 5});
    for (const bool trees : {true, false}) {
      const Tree to = moved_tree(fork(), truth);
      const CenterlineRegistration r = trees ? register_centerlines(fork(), to, {})
                                             : register_centerlines(points_of(fork()), points_of(to), {});
      // exact copies, so that nothing but the thinning of points to samples is in the way
      EXPECT_LT(difference(best_of(r), truth, fork()), trees ? 0.01 : 0.3) << turn.y << " " << trees;
      EXPECT_LT(degrees * angle_between(best_of(r), truth), 2);
    }
  }
}

TEST(RegisterCenterlines, AVesselTreeWithItselfGivesTheIdentity) {
  const Tree tree = vessels(1);
  const CenterlineRegistration r = register_centerlines(tree, tree, {});
  EXPECT_LT(difference(best_of(r), Matrix4{}, tree), 1e-6);
  EXPECT_THAT(r.record.reasons, IsEmpty());
  EXPECT_EQ(r.record.verdict, "good");
  EXPECT_EQ(r.record.find("trimmed_share")->value, 0);
  EXPECT_NEAR(r.record.find("fixed_coverage")->value, 1, 1e-12);
}

/// As much of a tree as lies on one side of a plane, with errors.
Tree seen_part(const Tree& tree, const Matrix4& m, double noise_mm, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, noise_mm);
  std::vector<std::int32_t> index(tree.size(), -1);
  std::vector<Vec3> nodes;
  std::vector<double> radii;
  std::vector<std::int32_t> parents;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    if (tree.nodes_mm[i].x + tree.nodes_mm[i].y > 5) continue;
    index[i] = static_cast<std::int32_t>(nodes.size());
    const Vec3 error{normal(random), normal(random), normal(random)};
    nodes.push_back(transform_point(m, tree.nodes_mm[i]) + error);
    radii.push_back(tree.radii_mm[i]);
    parents.push_back(tree.parents[i] < 0 ? -1 : index[static_cast<std::size_t>(tree.parents[i])]);
  }
  return tree_from_parents(nodes, radii, parents);
}

TEST(RegisterCenterlines, APartWithErrorsIsFoundWithinItsIntervals) {
  const Matrix4 truth = motion({10, -12, 14}, {12, -10, 12});
  const Tree tree = vessels(2);
  const CenterlineRegistration r = register_centerlines(tree, seen_part(tree, truth, 0.4, 1), {});
  // some 500 nodes with 0.4 mm: their mean is known to some hundredths, their ends to two tenths
  EXPECT_LT(difference(best_of(r), truth, tree), 0.5);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Quantity* q = r.record.find(std::string("translation_") + "xyz"[axis] + "_mm");
    ASSERT_NE(q, nullptr);
    EXPECT_LT(q->high - q->low, 1) << axis;
    // twice the interval, for three of them with 95 % each
    EXPECT_NEAR(q->value, truth(axis, 3), q->high - q->low) << axis;
  }
  EXPECT_THAT(r.record.reasons, IsEmpty());
  EXPECT_GT(r.record.find("moving_coverage")->value, 0.95);
  EXPECT_LT(r.record.find("fixed_coverage")->value, 0.8);
}

TEST(RegisterCenterlines, ExchangingTheSetsGivesTheInverse) {
  const Matrix4 truth = motion({10, -12, 14}, {12, -10, 12});
  const Tree tree = vessels(3);
  const Tree part = seen_part(tree, truth, 0.4, 2);
  const Matrix4 there = best_of(register_centerlines(tree, part, {}));
  const Matrix4 back = best_of(register_centerlines(part, tree, {}));
  EXPECT_LT(difference(back * there, Matrix4{}, tree), 1e-9);  // the same computation, inverted
}

TEST(RegisterCenterlines, MovingTheFixedSpaceMovesTheResult) {
  const Matrix4 truth = motion({10, -12, 14}, {12, -10, 12});
  const Matrix4 carried = motion({-70, 20, 110}, {300, -200, 100});
  const Tree tree = vessels(4);
  const Tree part = seen_part(tree, truth, 0.4, 3);
  const Matrix4 here = best_of(register_centerlines(tree, part, {}));
  const Matrix4 there = best_of(register_centerlines(moved_tree(tree, carried), part, {}));
  // another start, the same minimum: what the last step of the iteration leaves, of the kept samples too
  EXPECT_LT(difference(there * carried, here, tree), 0.05);
}

TEST(RegisterCenterlines, TheNumberOfThreadsChangesNoBit) {
  const Tree tree = vessels(5);
  const Tree part = seen_part(tree, motion({10, -12, 14}, {12, -10, 12}), 0.4, 4);
  const auto with = [&](int threads) {
    const ThreadLimit limit(threads);
    const CenterlineRegistration r = register_centerlines(tree, part, {});
    std::vector<double> numbers(best_of(r).m.begin(), best_of(r).m.end());
    for (const Quantity& q : r.record.summary) numbers.push_back(q.high);
    return numbers;
  };
  const std::vector<double> one = with(1);
  const std::vector<double> two = with(2);
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i)
    EXPECT_TRUE(one[i] == two[i] || (std::isnan(one[i]) && std::isnan(two[i]))) << i;
}

TEST(RegisterCenterlines, TheSearchStaysWithinItsLimits) {
  const Tree tree = vessels(6);
  const Tree far = moved_tree(tree, motion({0, 0, 120}, {50, 0, 0}));
  CenterlineOptions options;
  options.most_turn_deg = 30;
  options.most_shift_mm = 60;
  const CenterlineRegistration r = register_centerlines(tree, far, options);
  EXPECT_GT(degrees * angle_between(best_of(r), motion({0, 0, 120}, {50, 0, 0})), 60);
  EXPECT_EQ(r.record.verdict, "doubtful");
  EXPECT_LT(difference(best_of(register_centerlines(tree, far, {})), motion({0, 0, 120}, {50, 0, 0}), tree),
            0.01);
}

TEST(RegisterCenterlines, WhatTurnsOntoItselfIsDoubtful) {
  // a cross of two straight vessels: turned by half a turn it is the same
  PointSet cross;
  for (int i = -30; i <= 30; ++i) {
    cross.points_mm.push_back({static_cast<double>(i), 0, 0});
    if (i != 0) cross.points_mm.push_back({0, static_cast<double>(i), 0});
  }
  cross.labels.resize(cross.size());
  const CenterlineRegistration r = register_centerlines(cross, cross, {});
  EXPECT_EQ(r.record.verdict, "doubtful");
  ASSERT_FALSE(r.record.reasons.empty());
  EXPECT_THAT(r.record.reasons.front(), HasSubstr("fits nearly as well"));
}

TEST(RegisterCenterlines, AStraightVesselIsRefusedWithItsFreeMotion) {
  Tree line;
  line.branch_list = {{-1, 0, ""}};
  for (int i = 0; i < 60; ++i) {
    line.nodes_mm.push_back({0, 0, static_cast<double>(i)});
    line.radii_mm.push_back(2);
    line.parents.push_back(i - 1);
    line.branches.push_back(0);
  }
  const std::string refusal = refusal_of([&] { register_centerlines(line, line, {}); });
  EXPECT_THAT(refusal, HasSubstr("(0.00 0.00 1.00)"));
  EXPECT_THAT(refusal, HasSubstr("free"));
}

TEST(RegisterCenterlines, OtherVesselsAreDoubtful) {
  EXPECT_EQ(register_centerlines(vessels(1), vessels(21), {}).record.verdict, "doubtful");
  Tree mirrored = vessels(2);
  for (Vec3& p : mirrored.nodes_mm) p.x = -p.x;
  EXPECT_EQ(register_centerlines(vessels(2), mirrored, {}).record.verdict, "doubtful");
}

TEST(RegisterCenterlines, WhatCannotBeRegisteredIsNamed) {
  const Tree tree = fork();
  EXPECT_THAT(refusal_of([&] { register_centerlines(Tree{}, tree, {}); }),
              HasSubstr("the fixed center lines have 0 nodes"));
  Tree one;
  one.nodes_mm = {{0, 0, 0}};
  one.radii_mm = {1};
  one.parents = {-1};
  one.branches = {0};
  one.branch_list = {{-1, 0, ""}};
  EXPECT_THAT(refusal_of([&] { register_centerlines(tree, one, {}); }),
              HasSubstr("the moving center lines have 1 node;"));
  Tree bad = tree;
  bad.nodes_mm[5].y = std::nan("");
  EXPECT_THAT(refusal_of([&] { register_centerlines(bad, tree, {}); }), HasSubstr("node 5 has a coordinate"));
  Tree meters = tree;
  for (Vec3& p : meters.nodes_mm) p = 0.001 * p;
  EXPECT_THAT(refusal_of([&] { register_centerlines(tree, meters, {}); }), HasSubstr("is one in metres"));
  EXPECT_THAT(refusal_of([&] { register_centerlines(meters, tree, {}); }), HasSubstr("the other in metres"));
  EXPECT_THAT(refusal_of([&] { register_centerlines(meters, meters, {}); }), HasSubstr("are these meters?"));
  CenterlineOptions wide;
  wide.spacing_mm = 20;
  wide.least_radius_mm = 2.5;
  EXPECT_THAT(refusal_of([&] { register_centerlines(tree, tree, wide); }), HasSubstr("expected 10 at least"));
}

TEST(RegisterCenterlines, RadiiThatAreNotKnownAreLeftOutOfIt) {
  Tree tree = vessels(7);
  const Matrix4 truth = motion({5, 5, 5}, {5, 5, 5});
  const Tree to = moved_tree(tree, truth);
  tree.radii_mm[3] = std::nan("");
  EXPECT_LT(difference(best_of(register_centerlines(tree, to, {})), truth, tree), 1e-3);
}

TEST(RegisterCenterlines, LoopsTakePart) {
  LinkedNodes ring;
  for (int i = 0; i < 72; ++i) {
    const double a = i * std::numbers::pi / 36;
    ring.nodes_mm.push_back({30 * std::cos(a), 18 * std::sin(a), 6 * std::sin(2 * a) + 5 * std::cos(a)});
    ring.radii_mm.push_back(1 + 0.5 * std::cos(a));
    ring.links.emplace_back(i, (i + 1) % 72);
  }
  const Tree tree = tree_from_links(ring);
  ASSERT_EQ(tree.loops.size(), 1U);
  const Matrix4 truth = motion({30, 0, 10}, {5, 5, 5});
  EXPECT_LT(difference(best_of(register_centerlines(tree, moved_tree(tree, truth), {})), truth, tree), 0.01);
}

TEST(RegisterCenterlines, ASplineFollowsABend) {
  const Tree tree = vessels(8);
  Tree bent = tree;
  const auto bend = [](Vec3 p) {
    return transform_point(motion({5, 5, 5}, {5, 5, 5}), p + Vec3{0, 0, 0.004 * p.x * p.x - 1.5});
  };
  for (Vec3& p : bent.nodes_mm) p = bend(p);
  CenterlineOptions options;
  options.bend = true;
  const CenterlineRegistration r = register_centerlines(tree, bent, options);
  double rigid = 0;
  double spline = 0;
  for (const Vec3 p : tree.nodes_mm) {
    rigid += norm(transform_point(best_of(r), p) - bend(p)) / static_cast<double>(tree.size());
    spline += norm(map_point(r.step, p) - bend(p)) / static_cast<double>(tree.size());
  }
  EXPECT_LT(spline, 0.5 * rigid);
  EXPECT_LT(r.record.find("bent_rms_mm")->value, 0.5 * r.record.find("unbent_rms_mm")->value);
}

}  // namespace
}  // namespace snitt::registration
