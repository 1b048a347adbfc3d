#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_disk.hpp"
#include "quality/phantom_table.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

using Kind = PhantomObjectKind;

constexpr double weakest_hu = 30;  // of an insert whose edge is worth measuring

/// Slices that may be averaged: on a tilted axis an edge must not move by more than a tenth of a millimetre.
std::vector<std::size_t> alike_slices(const PhantomScan& scan, const std::vector<std::size_t>& slices) {
  constexpr double drift_mm = 0.1;
  const std::size_t middle = slices[slices.size() / 2];
  std::vector<std::size_t> kept;
  for (const std::size_t k : slices) {
    const PlanePoint& a = scan.slices[k].centre;
    const PlanePoint& b = scan.slices[middle].centre;
    if (std::hypot((a.column - b.column) * scan.column_spacing_mm, (a.row - b.row) * scan.row_spacing_mm) <=
        drift_mm)
      kept.push_back(k);
  }
  return kept;
}

std::vector<ImagePlane> planes_of(const PhantomScan& scan, const std::vector<std::size_t>& slices) {
  std::vector<ImagePlane> planes;
  planes.reserve(slices.size());
  for (const std::size_t k : slices) planes.push_back(scan.plane(k));
  return planes;
}

void add_curve(const std::string& name, const std::string& module, const std::string& object,
               const TransferFunction& transfer, PhantomFindings& findings) {
  Table& table = findings.table(
      name, {text_column("module", "part of the phantom"), text_column("object", "whose edge or point it is"),
             number_column("frequency_per_mm", "1/mm", "spatial frequency"),
             number_column("value", "1", "transfer, 1 at frequency 0")});
  for (std::size_t i = 0; i < transfer.value.size(); ++i)
    add_row(table, {module, object}, {transfer.frequency_per_mm[i], transfer.value[i]});
}

void add_crossings(const std::string& kind, const std::string& module, const std::string& object,
                   const TransferFunction& transfer, const std::string& note, PhantomFindings& findings) {
  findings.add(
      {module, kind + "_f50_per_mm", object, transfer.f50_per_mm, "1/mm", not_found, not_found, note});
  findings.add(
      {module, kind + "_f10_per_mm", object, transfer.f10_per_mm, "1/mm", not_found, not_found, note});
}

}  // namespace

void analyze_insert_edges(const PhantomScan& scan, const FoundModule& found,
                          const PhantomAnalysisOptions& options, PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  if (!options.has_resolution || !found.is_seen) return;
  const std::vector<std::size_t> slices = alike_slices(scan, found.slices);
  const std::vector<ImagePlane> planes = planes_of(scan, slices);
  const std::size_t middle = found.slices[found.slices.size() / 2];
  const std::vector<std::string> names = object_names(module);
  for (const FoundObject& place : found.objects) {
    const PhantomObject& object = module.objects[place.object];
    // A weak one has its edge where the others say, if enough slices lift it above the noise.
    const bool is_weak = !place.is_located;
    if (object.kind != Kind::rod || (is_weak && std::abs(object.hu - module.background_hu) < weakest_hu))
      continue;
    const std::string& name = names[place.object];
    EdgeOptions edge;
    edge.search_mm = 1.5;  // its centre was found already
    // Neither the gap around the module nor the next object may come into the profile.
    edge.outer_factor = 1.8;
    try {
      TransferFunction transfer =
          edge_transfer(planes, scan.pixel_of(middle, place.x_mm, place.y_mm), object.diameter_mm / 2, edge);
      const double noise_limit = 15;  // AAPM report 233
      if (is_weak && transfer.contrast_to_noise < noise_limit) continue;
      std::string note;
      if (transfer.contrast_to_noise < noise_limit)
        note = fmt::format("contrast-to-noise {:.0f}; expected 15 or more", transfer.contrast_to_noise);
      add_crossings("ttf", module.name, name, transfer, note, findings);
      add_curve("ttf", module.name, name, transfer, findings);
      findings.transfers.push_back({name, std::move(transfer), module.name});
    } catch (const InputError& error) {
      if (is_weak) continue;
      findings.reasons.push_back(fmt::format("{} has no TTF: {}.", name, error.what()));
    }
  }
}

void analyze_points(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions& options,
                    PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  if (!options.has_resolution || !scan.is_roll_known || std::isnan(scan.slices.front().z_mm)) return;
  constexpr double reach_mm = 5;         // places of beads are known to a few millimetres
  constexpr double point_to_noise = 15;  // less gives an f50 that means nothing
  constexpr double sure = 80;            // in simulations f50 scattered by some 5 noise / peak
  int wires = 0;
  int beads = 0;
  for (const PhantomObject& object : module.objects) {
    const bool is_point = (object.kind == Kind::wire || object.kind == Kind::bead) && object.diameter_mm <= 1;
    if (!is_point) continue;
    const int number = object.kind == Kind::wire ? ++wires : ++beads;
    const std::string name = fmt::format("{}{}", object.kind == Kind::wire ? "wire" : "bead",
                                         number == 1 ? "" : fmt::format(" {}", number));
    // A bead is brightest in the slice that holds it; a wire is averaged.
    std::size_t best = found.slices.front();
    PlanePoint at;
    double highest = -std::numeric_limits<double>::infinity();
    double noise = 0;
    const double half = module.length_mm / 2;
    for (std::size_t k = 0; k < scan.slices.size(); ++k) {
      if (std::abs(scan.slices[k].z_mm - module.z_mm) > half) continue;
      const PlanePoint guess = scan.pixel_of(k, object.x_mm, object.y_mm);
      const ImagePlane plane = scan.plane(k);
      for_disk(plane, guess, reach_mm, [&](float hu, double x, double y) {
        if (static_cast<double>(hu) <= highest) return;
        highest = static_cast<double>(hu);
        best = k;
        at = {guess.column + x / plane.column_spacing_mm, guess.row + y / plane.row_spacing_mm};
      });
    }
    const DiskStatistics around = disk_statistics(scan.plane(best), at, 3, 6);
    noise = std::max(1.0, around.deviation_hu);  // HU are whole numbers
    if (around.pixels == 0 || highest - around.median_hu < point_to_noise * noise) continue;
    try {
      const std::vector<std::size_t> slices =
          object.kind == Kind::wire ? alike_slices(scan, found.slices) : std::vector<std::size_t>{best};
      const TransferFunction transfer =
          point_transfer(planes_of(scan, slices), at, 1.5, object.diameter_mm,
                         object.kind == Kind::wire ? PointObject::wire : PointObject::bead);
      const double ratio = (highest - around.median_hu) / noise;
      std::string note;
      if (object.kind == Kind::bead && ratio < sure)
        note = fmt::format("uncertain by some {:.0f} %: it rises {:.0f} times above the noise", 500 / ratio,
                           ratio);
      add_crossings("mtf", module.name, name, transfer, note, findings);
      add_curve("mtf", module.name, name, transfer, findings);
      findings.regions.push_back({best, at, 2, false, name});
    } catch (const InputError& error) {
      findings.reasons.push_back(fmt::format("{} of {} has no MTF: {}.", name, module.name, error.what()));
    }
  }
}

}  // namespace snitt::quality
