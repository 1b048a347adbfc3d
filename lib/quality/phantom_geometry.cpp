#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "quality/phantom_analyses.hpp"
#include "quality/phantom_disk.hpp"
#include "quality/phantom_table.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

constexpr double distance_tolerance_mm = 1;

/// "upper", "left", … of the phantom as its manual draws it.
std::string side_of(const PhantomObject& a, const PhantomObject& b) {
  const double x = (a.x_mm + b.x_mm) / 2;
  const double y = (a.y_mm + b.y_mm) / 2;
  if (std::hypot(x, y) < 1) return (a.x_mm - b.x_mm) * (a.y_mm - b.y_mm) > 0 ? "diagonal 1" : "diagonal 2";
  if (std::abs(y) > std::abs(x)) return y < 0 ? "upper" : "lower";
  return x < 0 ? "left" : "right";
}

void add_diameter(const PhantomScan& scan, const FoundModule& found, PhantomFindings& findings) {
  std::vector<double> diameters;
  for (const std::size_t k : found.slices)
    if (!std::isnan(scan.slices[k].body_diameter_mm)) diameters.push_back(scan.slices[k].body_diameter_mm);
  if (diameters.empty()) return;
  const PhantomModule& module = scan.description(found);
  const double nominal = module.body_diameter_mm > 0 ? module.body_diameter_mm : scan.model.body_diameter_mm;
  findings.add({module.name, "body_diameter_mm", "", statistics::mean(diameters), "mm", nominal, not_found});
}

}  // namespace

void analyze_geometry(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions&,
                      PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  add_diameter(scan, found, findings);
  std::vector<const FoundObject*> holes;
  for (const FoundObject& place : found.objects)
    if (module.objects[place.object].kind == PhantomObjectKind::hole && place.is_located)
      holes.push_back(&place);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < holes.size(); ++i)
    for (std::size_t j = i + 1; j < holes.size(); ++j) {
      const PhantomObject& a = module.objects[holes[i]->object];
      const PhantomObject& b = module.objects[holes[j]->object];
      const double nominal = std::hypot(a.x_mm - b.x_mm, a.y_mm - b.y_mm);
      const double measured = std::hypot(holes[i]->x_mm - holes[j]->x_mm, holes[i]->y_mm - holes[j]->y_mm);
      findings.add(
          {module.name, "distance_mm", side_of(a, b), measured, "mm", nominal, distance_tolerance_mm});
      ratios.push_back(measured / nominal);
    }
  if (holes.size() >= 2)
    findings.add({module.name, "pixel_size_ratio", "", statistics::mean(ratios), "1", 1, 0.02});
  const std::size_t middle = found.slices[found.slices.size() / 2];
  for (const FoundObject* hole : holes)
    findings.regions.push_back({middle, scan.pixel_of(middle, hole->x_mm, hole->y_mm),
                                module.objects[hole->object].diameter_mm / 2, false, ""});
}

}  // namespace snitt::quality
