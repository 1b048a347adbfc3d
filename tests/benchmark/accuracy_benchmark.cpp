#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "accuracy/study.hpp"

/// Prints the tables of docs/reconstruction-accuracy.md (Markdown on standard output).
namespace {

using namespace snitt::accuracy;
using snitt::phantom::Scene;

constexpr double spacings_mm[] = {1.0, 0.5, 0.25};

struct Quantity {
  const char* heading;
  double (*read)(const Errors&);
};

const Quantity rms{"RMS error", [](const Errors& e) { return e.rms; }};
const Quantity volume{"volume error, %", [](const Errors& e) { return e.volume_percent; }};
const Quantity centroid{"centroid error, mm", [](const Errors& e) { return e.centroid_mm; }};
const Quantity wire{"position error, mm", [](const Errors& e) { return e.wire_mm; }};
const Quantity width{"width error, %", [](const Errors& e) { return e.wire_width_percent; }};

/// One table per quantity: a row per method with the values at 1, 0.5 and 0.25 mm and the order over both
/// halvings.
void print_tables(const std::string& title, const Scene& scene, Sampling sampling,
                  const std::vector<Quantity>& quantities) {
  const std::vector<Method> methods = all_methods();
  std::vector<std::vector<Errors>> errors(methods.size());
  for (std::size_t m = 0; m < methods.size(); ++m)
    for (const double spacing_mm : spacings_mm) {
      sampling.spacing_mm = spacing_mm;
      errors[m].push_back(run_study(scene, methods[m], sampling));
    }
  for (const Quantity& q : quantities) {
    fmt::print("**{}: {}**\n\n| method | 1 mm | 0.5 mm | 0.25 mm | order |\n|---|---:|---:|---:|---:|\n",
               title, q.heading);
    for (std::size_t m = 0; m < methods.size(); ++m) {
      fmt::print("| {} |", methods[m].name);
      for (const Errors& e : errors[m]) fmt::print(" {:.3g} |", q.read(e));
      fmt::print(" {:.1f} |\n", 0.5 * std::log2(std::abs(q.read(errors[m][0]) / q.read(errors[m][2]))));
    }
    fmt::print("\n");
  }
  for (std::size_t m = 0; m < methods.size(); ++m)
    for (const Errors& e : errors[m])
      if (e.known_percent < 99.95)
        fmt::print("{}: only {:.1f} % of the voxels known.\n\n", methods[m].name, e.known_percent);
  std::fflush(stdout);
}

}  // namespace

int main() {
  const Sampling dense{1, 0.5, 0.5};
  const Sampling sparse{1, 0.5, 2};
  fmt::print("### Dense sweep: pixels and frames half a voxel apart\n\n");
  print_tables("Smooth scene", smooth_scene(), dense, {rms});
  print_tables("Smooth spheres", sphere_scene(3), dense, {rms, volume, centroid});
  print_tables("Sharp spheres", sphere_scene(0), dense, {rms, volume, centroid});
  print_tables("Wires", wire_scene(), dense, {rms, wire, width});
  fmt::print("### Sparse sweep: pixels half a voxel, frames two voxels apart\n\n");
  print_tables("Smooth scene", smooth_scene(), sparse, {rms});
  print_tables("Smooth spheres", sphere_scene(3), sparse, {rms, volume, centroid});
  print_tables("Wires", wire_scene(), sparse, {rms, wire});
}
