#include "registration/airway_path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "geometry/rotation.hpp"
#include "phantom/airway_tree.hpp"
#include "phantom/bronchoscope_path.hpp"

namespace snitt::registration {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Matrix4 motion(Vec3 turn_deg, Vec3 shift_mm) {
  Matrix4 m = rotation_from_vector((std::numbers::pi / 180) * turn_deg);
  for (std::size_t row = 0; row < 3; ++row) m(row, 3) = shift_mm[row];
  return m;
}

const Matrix4 tracker = motion({100, -70, 60}, {300, -200, 500});

Tree airways(std::uint64_t seed) {
  phantom::AirwayTreeSettings settings;
  settings.seed = seed;
  settings.smallest_radius_mm = 1.8;
  settings.node_spacing_mm = 2;
  return phantom::airway_tree(settings).tree;
}

struct Tracked {
  TrackedPath path;
  std::vector<phantom::BronchoscopeSample> samples;
};

Tracked tracked(const Tree& tree, const phantom::BronchoscopeSettings& settings, bool tool = false) {
  Tracked result;
  result.samples = phantom::bronchoscope_path(tree, settings);
  for (const auto& sample : result.samples) {
    result.path.positions_mm.push_back(transform_point(tracker, sample.position_mm));
    if (!tool) continue;
    const Vec3 direction = transform_vector(tracker, sample.direction);
    result.path.directions.push_back((1 / norm(direction)) * direction);
  }
  return result;
}

phantom::BronchoscopeSettings usual(std::uint64_t seed) {
  phantom::BronchoscopeSettings settings;  // breathing 12 mm, 20 % outliers
  settings.seed = seed;
  settings.branches = 3;
  settings.smallest_radius_mm = 2;
  return settings;
}

/// Mean distance of where the tip was from where the map puts it.
double mean_error(const Matrix4& tracker_to_tree, const std::vector<phantom::BronchoscopeSample>& samples) {
  double sum = 0;
  for (const auto& sample : samples)
    sum += norm(transform_point(tracker_to_tree, transform_point(tracker, sample.true_mm)) - sample.true_mm);
  return sum / static_cast<double>(samples.size());
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

TEST(AirwayPath, IsFoundFromAnywhereInSpiteOfBreathAndOutliers) {
  for (const bool tool : {false, true}) {
    const Tree tree = airways(1);
    const Tracked t = tracked(tree, usual(11), tool);
    const PathRegistration r = register_path(t.path, tree, PathSide::path_is_fixed, {});
    EXPECT_LT(mean_error(r.fixed_to_moving, t.samples), 2) << tool;  // what is asked for
    EXPECT_THAT(r.record.reasons, IsEmpty());
    EXPECT_GT(r.record.find("branches")->value, 5);
  }
}

TEST(AirwayPath, OutAloneIsAsGoodAsInAlone) {
  const Tree tree = airways(2);
  phantom::BronchoscopeSettings settings = usual(12);
  settings.branches = 2;
  Tracked t = tracked(tree, settings);
  std::reverse(t.path.positions_mm.begin(), t.path.positions_mm.end());
  // from the end of one airway on: nothing of the way in, and no trachea first
  t.path.positions_mm.erase(t.path.positions_mm.begin(), t.path.positions_mm.begin() + 60);
  const PathRegistration r = register_path(t.path, tree, PathSide::path_is_fixed, {});
  EXPECT_LT(mean_error(r.fixed_to_moving, t.samples), 2);
}

TEST(AirwayPath, TheTreeAsFixedSpaceGivesTheInverse) {
  const Tree tree = airways(3);
  const Tracked t = tracked(tree, usual(13));
  const Matrix4 there = register_path(t.path, tree, PathSide::path_is_fixed, {}).fixed_to_moving;
  const Matrix4 back = register_path(t.path, tree, PathSide::tree_is_fixed, {}).fixed_to_moving;
  const Matrix4 both = back * there;
  for (const auto& sample : t.samples)
    EXPECT_LT(norm(transform_point(both, sample.position_mm) - sample.position_mm), 1e-9);
}

TEST(AirwayPath, AnExactPathIsFoundExactly) {
  const Tree tree = airways(4);
  phantom::BronchoscopeSettings settings = usual(14);
  settings.breathing_mm = settings.noise_mm = settings.outlier_share = settings.lateral_share = 0;
  const Tracked t = tracked(tree, settings);
  const PathRegistration r = register_path(t.path, tree, PathSide::path_is_fixed, {});
  // chords of 6 mm cut the bends of the line by some tenths
  EXPECT_LT(mean_error(r.fixed_to_moving, t.samples), 0.3);
}

TEST(AirwayPath, TheNumberOfThreadsChangesNoBit) {
  const Tree tree = airways(5);
  const Tracked t = tracked(tree, usual(15));
  const auto with = [&](int threads) {
    const ThreadLimit limit(threads);
    return register_path(t.path, tree, PathSide::path_is_fixed, {}).fixed_to_moving;
  };
  EXPECT_EQ(with(1), with(2));
}

TEST(AirwayPath, InTheTracheaAloneIsNotTrusted) {
  const Tree tree = airways(6);
  TrackedPath path;
  for (const auto& sample : phantom::bronchoscope_path(tree, usual(16)))
    if (sample.true_mm.z > 5 && path.positions_mm.size() < 60)
      path.positions_mm.push_back(transform_point(tracker, sample.position_mm));
  std::string said;
  try {
    const PathRegistration r = register_path(path, tree, PathSide::path_is_fixed, {});
    EXPECT_EQ(r.record.verdict, "doubtful");
    for (const std::string& reason : r.record.reasons) said += reason;
  } catch (const ComputationError& error) {
    said = error.what();
  }
  EXPECT_THAT(said,
              AnyOf(HasSubstr("fits nearly as well"), HasSubstr("a turn about"), HasSubstr("a shift along")));
}

TEST(AirwayPath, OfAnotherPatientIsDoubtful) {
  const Tracked t = tracked(airways(7), usual(17));
  Tree other = airways(8);
  for (Vec3& p : other.nodes_mm) p.x = -p.x;
  EXPECT_EQ(register_path(t.path, other, PathSide::path_is_fixed, {}).record.verdict, "doubtful");
}

TEST(AirwayPath, WhatCannotBeRegisteredIsNamed) {
  const Tree tree = airways(9);
  const Tracked t = tracked(tree, usual(19));
  const auto refusal = [&](auto change) {
    TrackedPath path = t.path;
    change(path);
    return refusal_of([&] { register_path(path, tree, PathSide::path_is_fixed, {}); });
  };
  EXPECT_THAT(refusal([](TrackedPath& p) { p.positions_mm.resize(9); }), HasSubstr("the path has 9 samples"));
  EXPECT_THAT(refusal([](TrackedPath& p) { p.positions_mm[7].y = std::nan(""); }),
              HasSubstr("sample 7 of the path is not finite"));
  EXPECT_THAT(refusal([](TrackedPath& p) { p.directions.resize(3); }), HasSubstr("and 3 directions"));
  EXPECT_THAT(refusal([](TrackedPath& p) { p.directions.resize(p.positions_mm.size()); }),
              HasSubstr("the direction of sample 0"));
  EXPECT_THAT(refusal([](TrackedPath& p) {
                p.positions_mm.assign(100, Vec3{1, 2, 3});
              }),
              HasSubstr("1 samples of the path are 3 mm apart"));
  EXPECT_THAT(refusal_of([&] { register_path(t.path, Tree{}, PathSide::path_is_fixed, {}); }),
              HasSubstr("the tree gives 0 places"));
  Tree bad = tree;
  bad.radii_mm[4] = -1;
  EXPECT_THAT(refusal_of([&] { register_path(t.path, bad, PathSide::path_is_fixed, {}); }),
              AllOf(HasSubstr("the tree cannot be used"), HasSubstr("node 4")));
}

TEST(AirwayPath, ATreeWithoutRadiiServesToo) {
  Tree tree = airways(10);
  const Tracked t = tracked(tree, usual(20));
  tree.radii_mm.assign(tree.size(), std::nan(""));
  EXPECT_LT(mean_error(register_path(t.path, tree, PathSide::path_is_fixed, {}).fixed_to_moving, t.samples),
            2);
}

}  // namespace
}  // namespace snitt::registration
