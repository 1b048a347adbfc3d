#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "phantom/airway_ct.hpp"
#include "phantom/airway_tree.hpp"
#include "trees/airway_segmentation.hpp"
#include "trees/centerline.hpp"
#include "trees/route.hpp"
#include "trees/vessel_segmentation.hpp"
#include "trees/wall_model.hpp"

namespace snitt::trees {
namespace {

struct Case {
  Tree tree;
  image::ScalarVolume ct;
  std::vector<std::uint8_t> labels;
};

/// A chest of half size: a few million voxels, airways down to 1 mm radius.
Case small_chest(std::uint64_t seed, double noise_hu = 25, Vec3 spacing_mm = {0.7, 0.7, 0.7}) {
  phantom::AirwayTreeSettings tree;
  tree.seed = seed;
  tree.scale = 0.5;
  tree.trachea_radius_mm = 12;
  tree.smallest_radius_mm = 2.6;
  phantom::AirwayCtSettings ct;
  ct.seed = seed;
  ct.noise_hu = noise_hu;
  ct.spacing_mm = spacing_mm;
  const phantom::AirwayTree made = phantom::airway_tree(tree);
  phantom::SimulatedCt image = phantom::airway_ct(made, ct);
  const auto labels = image.labels.values<std::uint8_t>();
  return {made.tree, image::scalar_volume(image.image, "simulated"), {labels.begin(), labels.end()}};
}

double leak_share(const image::VoxelMask& mask, const std::vector<std::uint8_t>& labels) {
  std::size_t out = 0;
  for (std::size_t v = 0; v < labels.size(); ++v)
    if (mask.inside[v] != 0 && labels[v] != 1 && labels[v] != 2) ++out;
  return static_cast<double>(out) / static_cast<double>(mask.count());
}

/// Share of the branches of this radius and more whose nodes lie to 70 % in the mask.
double share_found(const Case& c, const image::VoxelMask& mask, double radius_mm) {
  const VoxelGrid grid(mask.geometry);
  std::size_t all = 0;
  std::size_t found = 0;
  for (std::size_t b = 0; b < c.tree.branch_list.size(); ++b) {
    std::size_t nodes = 0;
    std::size_t inside = 0;
    double radius = 0;
    for (std::size_t n = 0; n < c.tree.size(); ++n) {
      if (c.tree.branches[n] != static_cast<std::int32_t>(b)) continue;
      const Vec3 at = transform_point(image::space_to_index(mask.geometry), c.tree.nodes_mm[n]);
      if (at.z > static_cast<double>(mask.geometry.size[2]) - 1) continue;
      ++nodes;
      radius += c.tree.radii_mm[n];
      inside += mask.inside[grid.index(static_cast<std::size_t>(std::lround(at.x)),
                                       static_cast<std::size_t>(std::lround(at.y)),
                                       static_cast<std::size_t>(std::lround(at.z)))];
    }
    if (radius < radius_mm * static_cast<double>(nodes)) continue;
    ++all;
    if (10 * inside >= 7 * nodes) ++found;
  }
  return static_cast<double>(found) / static_cast<double>(all);
}

// The numbers: 90 % of branches down to 3 mm across, leaks below 1 % of the volume.
TEST(SegmentAirways, finds_the_branches_of_simulated_chests_without_leaks) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Case c = small_chest(seed);
    Monitor monitor;
    const AirwaySegmentation found = segment_airways(c.ct, {}, monitor);
    EXPECT_GE(share_found(c, found.lumen, 1.5), 0.9) << seed;
    EXPECT_LT(leak_share(found.lumen, c.labels), 0.01) << seed;
    EXPECT_THAT(found.record.reasons, testing::Not(testing::Contains(testing::HasSubstr("voxels are"))))
        << seed;
    EXPECT_NEAR(found.seed_mm.x, 0, 6) << seed;
  }
}

TEST(SegmentAirways, is_the_same_from_another_seed_in_the_trachea_but_above_it) {
  const Case c = small_chest(1);
  Monitor monitor;
  AirwaySettings settings;
  settings.seed_mm = c.tree.nodes_mm[20];
  const AirwaySegmentation found = segment_airways(c.ct, settings, monitor);
  EXPECT_GE(share_found(c, found.lumen, 1.5), 0.9);
  settings.seed_mm = Vec3{0, 60, 0};
  EXPECT_THROW(segment_airways(c.ct, settings, monitor), InputError);  // no air there
  settings.seed_mm = Vec3{0, 600, 0};
  EXPECT_THROW(segment_airways(c.ct, settings, monitor), InputError);  // not in the image
}

TEST(SegmentAirways, refuses_an_image_without_a_trachea) {
  image::ScalarVolume flat;
  flat.geometry.size = {40, 40, 40};
  flat.values.assign(flat.geometry.voxels(), 40.0F);
  Monitor monitor;
  EXPECT_THROW(segment_airways(flat, {}, monitor), ComputationError);
}

// The chain: radii within half a voxel (0.35 mm), route length within 2 %.
TEST(SegmentAirways, leads_to_center_lines_with_the_truth_s_radii_and_routes) {
  const Case c = small_chest(2);
  Monitor monitor;
  const AirwaySegmentation found = segment_airways(c.ct, {}, monitor);
  const Tree tree = extract_centerline(found.lumen, &c.ct, {}, monitor).tree;
  EXPECT_EQ(tree.branch_list[0].label, "trachea");
  std::vector<double> errors;
  for (std::size_t n = 0; n < tree.size(); ++n) {
    std::size_t nearest = 0;
    for (std::size_t k = 1; k < c.tree.size(); ++k)
      if (norm(c.tree.nodes_mm[k] - tree.nodes_mm[n]) < norm(c.tree.nodes_mm[nearest] - tree.nodes_mm[n]))
        nearest = k;
    const double off = norm(c.tree.nodes_mm[nearest] - tree.nodes_mm[n]);
    EXPECT_LT(off, c.tree.radii_mm[nearest] + 1) << n;
    const auto nodes = nodes_of_branch(c.tree, static_cast<std::size_t>(c.tree.branches[nearest]));
    const double to_fork = std::min(
        norm(c.tree.nodes_mm[nearest] - c.tree.nodes_mm[nodes.front()]) - c.tree.radii_mm[nodes.front()],
        norm(c.tree.nodes_mm[nearest] - c.tree.nodes_mm[nodes.back()]) - c.tree.radii_mm[nearest]);
    if (to_fork > 0.5 * c.tree.radii_mm[nearest])  // at a fork there is no radius
      errors.push_back(std::abs(tree.radii_mm[n] - c.tree.radii_mm[nearest]));
  }
  ASSERT_GT(errors.size(), 200U);
  std::sort(errors.begin(), errors.end());
  EXPECT_LT(errors[errors.size() / 2], 0.1);
  EXPECT_LT(errors[errors.size() * 19 / 20], 0.35);
  RouteSettings route;
  const auto last = nodes_of_branch(c.tree, 13);
  route.target_mm = c.tree.nodes_mm[last[last.size() / 2]];
  const double truth = plan_route(c.tree, route).length_mm;
  EXPECT_NEAR(plan_route(tree, route).length_mm, truth,
              0.02 * truth + 1);  // 1 mm: the trachea's top is cut off
}

// A thick wall needs no correction; the thinner, the more of its half height lies inside the lumen.
TEST(WallModel, corrects_thin_walls_only) {
  const WallModel model;
  EXPECT_NEAR(lumen_offset_mm(model, 20), 0, 1e-6);
  EXPECT_GT(lumen_offset_mm(model, -600), lumen_offset_mm(model, -300));
  EXPECT_GT(lumen_offset_mm(model, -300), lumen_offset_mm(model, -100));
  EXPECT_LT(lumen_offset_mm(model, -700), 2 * model.sigma_mm);
}

// h exp(-d^2 / 2 s^2) smoothed by sigma = s has curvature h s^2 / (2 s^2)^2 across: times s^2, h / 4.
TEST(Vesselness, answers_to_a_Gaussian_tube_with_a_quarter_of_its_height) {
  image::ScalarVolume tube;
  tube.geometry.size = {41, 41, 30};
  tube.geometry.spacing_mm = {0.5, 0.5, 1};
  tube.values.resize(tube.geometry.voxels());
  for (std::size_t v = 0; v < tube.values.size(); ++v) {
    const double x = 0.5 * (static_cast<double>(v % 41) - 20);
    const double y = 0.5 * (static_cast<double>(v / 41 % 41) - 20);
    tube.values[v] = static_cast<float>(100 * std::exp(-(x * x + y * y) / (2 * 1.5 * 1.5)));
  }
  const image::ScalarVolume response = vesselness(tube, {1.5}, Polarity::bright);
  EXPECT_NEAR(static_cast<double>(response.at(20, 20, 15)), 25, 0.6);  // second differences over half a mm
  EXPECT_LT(response.at(20, 5, 15), 1.0F);
  EXPECT_EQ(vesselness(tube, {1.5}, Polarity::dark).at(20, 20, 15), 0.0F);
}

TEST(Vesselness, eigenvalues_are_those_of_a_turned_diagonal_matrix) {
  const auto e = eigenvalues({2, 3, 4, 0, 0, 0});
  EXPECT_THAT(e, testing::ElementsAre(testing::DoubleNear(2, 1e-12), testing::DoubleNear(3, 1e-12),
                                      testing::DoubleNear(4, 1e-12)));
  const auto t = eigenvalues({1, 1, 5, 2, 0, 0});  // [[1 2],[2 1]] has -1 and 3
  EXPECT_THAT(t, testing::ElementsAre(testing::DoubleNear(-1, 1e-12), testing::DoubleNear(3, 1e-12),
                                      testing::DoubleNear(5, 1e-12)));
}

TEST(SegmentVessels, finds_simulated_vessels_and_little_else) {
  for (const auto contrast : {phantom::VesselContrast::angiography, phantom::VesselContrast::doppler}) {
    phantom::VesselTreeSettings settings;
    settings.half_size_mm = {20, 20, 20};
    settings.root_radius_mm = 2;
    const Tree tree = phantom::vessel_tree(settings);
    phantom::VesselImageSettings look;
    look.contrast = contrast;
    const phantom::SimulatedCt image = phantom::vessel_image(tree, look);
    VesselSettings vessels;
    vessels.largest_radius_mm = 2.5;
    const VesselSegmentation found = segment_vessels(image::scalar_volume(image.image, "simulated"), vessels);
    const auto labels = image.labels.values<const std::uint8_t>();
    std::size_t both = 0;
    std::size_t truth = 0;
    for (std::size_t v = 0; v < labels.size(); ++v) {
      both += labels[v] != 0 && found.mask.inside[v] != 0 ? 1 : 0;
      truth += labels[v];
    }
    const double dice = 2.0 * static_cast<double>(both) / static_cast<double>(truth + found.mask.count());
    // Doppler is blurred to 0.8 mm, as wide as its thinnest vessels, which come out wider than they are.
    EXPECT_GT(dice, contrast == phantom::VesselContrast::doppler ? 0.65 : 0.85);
  }
}

// 2 to 6 % leak at such spacings, also when only the slices are thick.
TEST(SegmentAirways, doubts_coarse_voxels) {
  for (const Vec3 spacing : {Vec3{0.8, 0.8, 1.25}, Vec3{1.2, 1.2, 1.2}}) {
    Monitor monitor;
    const AirwaySegmentation found = segment_airways(small_chest(1, 25, spacing).ct, {}, monitor);
    EXPECT_EQ(found.record.verdict, "doubtful");
    EXPECT_THAT(found.record.reasons, testing::Contains(testing::HasSubstr("leaks of some per cent")));
  }
}

TEST(SegmentVessels, doubts_coarse_voxels) {
  phantom::VesselTreeSettings settings;
  settings.half_size_mm = {20, 20, 20};
  settings.root_radius_mm = 2;
  const phantom::SimulatedCt simulated = phantom::vessel_image(phantom::vessel_tree(settings), {});
  image::ScalarVolume image = image::scalar_volume(simulated.image, "simulated");
  const auto doubt = testing::Contains(testing::HasSubstr("the edge is uncertain"));
  EXPECT_THAT(segment_vessels(image, {}).record.reasons, testing::Not(doubt));
  image.geometry.spacing_mm.z = 1.25;
  EXPECT_THAT(segment_vessels(image, {}).record.reasons, doubt);
}

TEST(SegmentVessels, refuses_what_makes_no_sense) {
  image::ScalarVolume flat;
  flat.geometry.size = {20, 20, 20};
  flat.values.assign(flat.geometry.voxels(), 7.0F);
  EXPECT_THROW(segment_vessels(flat, {}), ComputationError);
  VesselSettings wrong;
  wrong.largest_radius_mm = 0.1;
  EXPECT_THROW(segment_vessels(flat, wrong), UsageError);
}

TEST(SegmentAirways, is_the_same_for_any_number_of_threads) {
  const Case c = small_chest(3, 60);
  std::vector<std::vector<std::uint8_t>> masks;
  for (const int threads : {1, 2, 7})
    ThreadLimit(threads).run([&] {
      Monitor monitor;
      masks.push_back(segment_airways(c.ct, {}, monitor).lumen.inside);
    });
  EXPECT_EQ(masks[0], masks[1]);
  EXPECT_EQ(masks[0], masks[2]);
}

}  // namespace
}  // namespace snitt::trees
