#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "accuracy/study.hpp"

/// Prints docs/reconstruction-accuracy.md's tables: accuracy_benchmark > tables.md
namespace {

using namespace snitt::accuracy;

using Read = double (*)(const Errors&);
struct Quantity {
  const char* heading;
  Read read;
};

/// One row per method: the quantity at 1, 0.5 and 0.25 mm and the order over the last halving and over both.
void print_table(const std::string& title, const snitt::phantom::Scene& scene, double pixel, double frame,
                 const std::vector<Quantity>& quantities) {
  fmt::print("### {}\n\n| method |", title);
  for (const Quantity& q : quantities) fmt::print(" {0}, 1 mm | 0.5 mm | 0.25 mm | order |", q.heading);
  fmt::print("\n|---|");
  for (std::size_t i = 0; i < quantities.size(); ++i) fmt::print("---:|---:|---:|---:|");
  fmt::print("\n");
  for (const Method& method : all_methods()) {
    std::vector<Errors> errors;
    for (const double spacing : {1.0, 0.5, 0.25}) errors.push_back(run_study(scene, method, {spacing, pixel, frame}));
    fmt::print("| {} |", method.name);
    for (const Quantity& q : quantities) {
      for (const Errors& e : errors) fmt::print(" {:.3g} |", q.read(e));
      fmt::print(" {:.1f} |", 0.5 * std::log2(std::abs(q.read(errors[0]) / q.read(errors[2]))));
    }
    fmt::print(" known {:.2f} {:.2f} {:.2f}\n", errors[0].known_percent, errors[1].known_percent, errors[2].known_percent);
    std::fflush(stdout);
  }
  fmt::print("\n");
}

}  // namespace

int main() {
  const Quantity rms{"RMS", [](const Errors& e) { return e.rms; }};
  for (const double frame : {0.5, 1.0, 2.0}) for (const double pixel : {0.3, 0.5,1.0}) {
    const std::string note = fmt::format(" (pixels {}, frames {} voxels apart)", pixel, frame);
    print_table("Smooth scene" + note, smooth_scene(), pixel, frame, {rms});
    print_table("Smooth spheres" + note, sphere_scene(3), pixel, frame, {rms, {"volume, %", [](const Errors& e) { return e.volume_percent; }},
                 {"centroid, mm", [](const Errors& e) { return e.centroid_mm; }}});
    print_table("Sharp spheres" + note, sphere_scene(0), pixel, frame, {rms, {"volume, %", [](const Errors& e) { return e.volume_percent; }},
                 {"centroid, mm", [](const Errors& e) { return e.centroid_mm; }}});
    print_table("Wires" + note, wire_scene(), pixel, frame, {rms, {"position, mm", [](const Errors& e) { return e.wire_mm; }}, {"width, %", [](const Errors& e) { return e.wire_width_percent; }}});
  }
}
