#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "quality/phantom_evidence.hpp"
#include "quality/pixel_runs.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

constexpr double strong_hu = 150;
constexpr double near_mm = 1.5;     // of an object's place: centers of blobs of pixels of 0.9 mm
constexpr std::size_t fewest = 6;   // agreeing places: two are used up, and four agree by chance hardly ever
constexpr double baseline_mm = 30;  // shorter ones tell the turn badly

/// A place in mm of the image plane, or of the phantom's frame, that is brighter or darker than around it.
struct Spot {
  double x = 0;
  double y = 0;
  bool is_bright = false;
};

void add_spots(const ImagePlane& plane, float level, bool is_bright, std::vector<Spot>& spots) {
  std::vector<std::uint8_t> mask(plane.hu.size());
  for (std::size_t i = 0; i < mask.size(); ++i)
    mask[i] = (is_bright ? plane.hu[i] > level : plane.hu[i] < level) ? 1 : 0;
  const PixelRuns pixels = runs_of(mask, plane.columns, 1);
  struct Sums {
    double n = 0, x = 0, y = 0;
    bool at_rim = false;
  };
  std::vector<Sums> sums(pixels.components);
  for (const PixelRun& run : pixels.runs) {
    Sums& s = sums[run.component];
    const double n = run.end - run.begin;
    s.n += n;
    s.x += n * 0.5 * (static_cast<double>(run.begin) + static_cast<double>(run.end) - 1);
    s.y += n * run.row;
    s.at_rim =
        s.at_rim || run.row == 0 || run.row + 1 == plane.rows || run.begin == 0 || run.end == plane.columns;
  }
  const double pixel_mm2 = plane.row_spacing_mm * plane.column_spacing_mm;
  for (const Sums& s : sums)
    if (!s.at_rim && s.n * pixel_mm2 > 3 && s.n * pixel_mm2 < 800)
      spots.push_back({s.x / s.n * plane.column_spacing_mm, s.y / s.n * plane.row_spacing_mm, is_bright});
}

std::vector<Spot> spots_of(const ImagePlane& plane) {
  const std::vector<double> values(plane.hu.begin(), plane.hu.end());
  const double middle = statistics::median(values);
  std::vector<Spot> spots;
  if (middle < -300) return spots;
  add_spots(plane, static_cast<float>(middle + strong_hu), true, spots);
  add_spots(plane, static_cast<float>(middle - strong_hu), false, spots);
  if (spots.size() > 60) spots.clear();  // no test object has so many
  return spots;
}

std::vector<Spot> strong_objects(const PhantomModule& module) {
  std::vector<Spot> objects;
  for (const PhantomObject& object : module.objects) {
    const double contrast = object.hu - module.background_hu;
    if (object.kind != PhantomObjectKind::rod && object.kind != PhantomObjectKind::hole) continue;
    if (std::abs(contrast) >= strong_hu * 1.1) objects.push_back({object.x_mm, object.y_mm, contrast > 0});
  }
  return objects;
}

/// Where the axis lies when `objects`, turned and perhaps mirrored, are laid on the spots: of the placement
/// that most agree with.
struct Placement {
  std::size_t agreeing = 0;
  double x = 0;
  double y = 0;
};

Placement place(const std::vector<Spot>& objects, const std::vector<Spot>& spots) {
  Placement best;
  const auto try_pair = [&](const Spot& a, const Spot& b, const Spot& p, const Spot& q, double mirror) {
    const double turn = std::atan2(q.y - p.y, q.x - p.x) - std::atan2(b.y - a.y, mirror * (b.x - a.x));
    const double c = std::cos(turn);
    const double s = std::sin(turn);
    const double x = p.x - (c * mirror * a.x - s * a.y);
    const double y = p.y - (s * mirror * a.x + c * a.y);
    Placement placed;
    double off_x = 0;
    double off_y = 0;
    for (const Spot& object : objects) {
      const double at_x = x + c * mirror * object.x - s * object.y;
      const double at_y = y + s * mirror * object.x + c * object.y;
      for (const Spot& spot : spots) {
        if (spot.is_bright != object.is_bright || std::hypot(spot.x - at_x, spot.y - at_y) > near_mm)
          continue;
        ++placed.agreeing;
        off_x += spot.x - at_x;
        off_y += spot.y - at_y;
        break;
      }
    }
    if (placed.agreeing <= best.agreeing) return;
    placed.x = x + off_x / static_cast<double>(placed.agreeing);
    placed.y = y + off_y / static_cast<double>(placed.agreeing);
    best = placed;
  };
  for (std::size_t i = 0; i < objects.size(); ++i)
    for (std::size_t j = 0; j < objects.size(); ++j) {
      const Spot& a = objects[i];
      const Spot& b = objects[j];
      const double length = std::hypot(a.x - b.x, a.y - b.y);
      if (length < baseline_mm) continue;
      for (const Spot& p : spots)
        for (const Spot& q : spots) {
          if (p.is_bright != a.is_bright || q.is_bright != b.is_bright) continue;
          if (std::abs(std::hypot(p.x - q.x, p.y - q.y) - length) > near_mm) continue;
          try_pair(a, b, p, q, 1);
          try_pair(a, b, p, q, -1);
        }
    }
  return best;
}

}  // namespace

void find_axis_by_inserts(ScanEvidence& evidence, const std::vector<CtPhantomModel>& models) {
  const std::size_t slices = evidence.coarse.slices;
  std::vector<BodyCircle> centres(slices);
  for (std::size_t k = 0; k < slices; ++k) {
    const ImagePlane plane = evidence.coarse.plane(k);
    const std::vector<Spot> spots = spots_of(plane);
    if (spots.size() < fewest) continue;
    Placement best;
    for (const CtPhantomModel& model : models)
      for (const PhantomModule& module : model.modules) {
        const Placement placed = place(strong_objects(module), spots);
        if (placed.agreeing > best.agreeing) best = placed;
      }
    if (best.agreeing < fewest) continue;
    centres[k].is_found = true;
    centres[k].centre = {best.x / plane.column_spacing_mm, best.y / plane.row_spacing_mm};
  }
  std::vector<bool> on_axis;
  const ScanAxis axis = fit_axis(centres, evidence.coarse.spacing_mm, on_axis);
  if (!axis.is_known) return;
  evidence.axis = axis;
  evidence.on_axis = on_axis;
  evidence.is_body_cut = true;
  look_around_axis(evidence);
}

}  // namespace snitt::quality
