// Registration of center lines and of paths, and of its kernels: matches and steps of walks per second.
// usage: benchmark_centerlines [ROUNDS]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "base/threads.hpp"
#include "geometry/rotation.hpp"
#include "phantom/airway_tree.hpp"
#include "phantom/bronchoscope_path.hpp"
#include "registration/airway_path.hpp"
#include "registration/centerline_index.hpp"
#include "registration/centerlines.hpp"
#include "registration/path_model.hpp"
#include "registration/path_samples.hpp"

namespace {

using namespace snitt;

template <typename Call>
double seconds(int rounds, const Call& call) {
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    call();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
  phantom::VesselTreeSettings of_vessels;
  const Tree vessels = phantom::vessel_tree(of_vessels);
  phantom::AirwayTreeSettings of_airways;
  of_airways.smallest_radius_mm = 1.5;
  const Tree airways = phantom::airway_tree(of_airways).tree;
  const auto samples = phantom::bronchoscope_path(airways, {});
  registration::TrackedPath path;
  for (const auto& sample : samples) path.positions_mm.push_back(sample.position_mm);
  Tree moved = vessels;
  const Matrix4 turn = rotation_from_vector({0.2, -0.3, 0.1});
  for (Vec3& p : moved.nodes_mm) p = transform_point(turn, p) + Vec3{10, 15, -5};

  for (const int threads : {1, 2}) {
    const ThreadLimit limit(threads);
    const double lines = seconds(rounds, [&] { registration::register_centerlines(vessels, moved, {}); });
    const double way = seconds(rounds, [&] {
      registration::register_path(path, airways, registration::PathSide::path_is_fixed, {});
    });
    fmt::print("{} threads: vessels of {} nodes {:.3f} s, path of {} samples in {} nodes {:.3f} s\n", threads,
               vessels.size(), lines, samples.size(), airways.size(), way);
  }

  const ThreadLimit limit(1);
  const registration::OrientedSamples of_lines = registration::sample_tree(vessels, 1, 4);
  const registration::CenterlineTarget target(of_lines, 1, {5, 2, false});
  double sum = 0;
  const double matching = seconds(rounds, [&] {
    for (const registration::OrientedSample& sample : of_lines) {
      registration::OrientedSample shifted = sample;
      shifted.position_mm = sample.position_mm + Vec3{2, 1, -1};
      sum += target.match(shifted).unlikeness_mm2;
    }
  });
  fmt::print("matches: {:.3g} per second among {} samples ({:.3g})\n",
             static_cast<double>(of_lines.size()) / matching, of_lines.size(), sum);
  const registration::OrientedSamples thinned = registration::sample_path(path, 3);
  const registration::WalkModel model(registration::airway_states(airways, 3, 1.5), 3, {});
  const double walking = seconds(rounds, [&] { sum += model.best_walk(thinned).mean_cost; });
  const double states = static_cast<double>(thinned.size()) * static_cast<double>(model.states().size());
  fmt::print("walks: {:.3g} states per second, {} samples and {} states in {:.2f} ms ({:.3g})\n",
             states / walking, thinned.size(), model.states().size(), 1e3 * walking, sum);
}
