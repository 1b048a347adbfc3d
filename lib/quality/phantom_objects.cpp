#include <algorithm>
#include <cmath>
#include <numbers>

#include "quality/phantom_disk.hpp"
#include "quality/phantom_fit.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

using Kind = PhantomObjectKind;
constexpr double wanted_hu = 40;  // weaker ones drown in noise, and a voltage can turn their sign
constexpr double sharp_hu = 90;   // places are taken from these

/// The few slices in the middle: with a tilt of 2 degrees objects move 0.17 mm per 5 mm.
std::vector<std::size_t> middle_of(const std::vector<std::size_t>& slices) {
  const std::size_t count = std::min<std::size_t>(5, slices.size());
  const auto first = slices.begin() + static_cast<std::ptrdiff_t>((slices.size() - count) / 2);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

struct Seen {
  double contrast = 0;
  double background = 0;
  double noise = 0;  // of the mean over the object and the slices
};

Seen look_at(const ScanEvidence& evidence, const PhantomScan& scan, const std::vector<std::size_t>& slices,
             const PhantomObject& object, double x_mm, double y_mm) {
  const double radius = object.diameter_mm / 2;
  std::vector<double> inside;
  std::vector<double> around;
  double variance = 0;
  std::size_t pixels = 0;
  for (const std::size_t k : slices) {
    const ImagePlane plane = evidence.plane(k);
    const PlanePoint at = scan.pixel_of(k, x_mm, y_mm);
    const DiskStatistics in = disk_statistics(plane, at, 0, std::max(0.6 * radius, 0.8));
    const DiskStatistics out = disk_statistics(plane, at, 1.35 * radius + 1, 1.7 * radius + 2);
    if (in.pixels == 0 || out.pixels == 0) continue;
    inside.push_back(in.mean_hu);
    around.push_back(out.median_hu);
    variance += out.deviation_hu * out.deviation_hu;
    pixels += in.pixels;
  }
  if (inside.empty()) return {not_found, not_found, not_found};
  const double background = statistics::mean(around);
  const double deviation = std::sqrt(variance / static_cast<double>(inside.size()));
  return {statistics::mean(inside) - background, background,
          deviation / std::sqrt(static_cast<double>(std::max<std::size_t>(1, pixels)))};
}

struct Pair {
  double model_x;
  double model_y;
  double seen_x;
  double seen_y;
};

/// Angle by which the model must be turned further, centres removed.
double further_turn(const std::vector<Pair>& pairs) {
  double mx = 0;
  double my = 0;
  double sx = 0;
  double sy = 0;
  const auto n = static_cast<double>(pairs.size());
  for (const Pair& p : pairs) {
    mx += p.model_x / n;
    my += p.model_y / n;
    sx += p.seen_x / n;
    sy += p.seen_y / n;
  }
  double cross = 0;
  double dot = 0;
  for (const Pair& p : pairs) {
    const double ax = p.model_x - mx;
    const double ay = p.model_y - my;
    const double bx = p.seen_x - sx;
    const double by = p.seen_y - sy;
    cross += ax * by - ay * bx;
    dot += ax * bx + ay * by;
  }
  return std::atan2(cross, dot) * 180 / std::numbers::pi;
}

/// A module sits some tenths of a millimetre off the axis of the body; what has no sharp edge of its own is
/// taken to sit so too.
void follow_offset(const std::vector<Pair>& pairs, std::vector<FoundObject>& objects) {
  double x = 0;
  double y = 0;
  for (const Pair& p : pairs) {
    x += (p.seen_x - p.model_x) / static_cast<double>(pairs.size());
    y += (p.seen_y - p.model_y) / static_cast<double>(pairs.size());
  }
  if (std::hypot(x, y) > 3) return;
  for (FoundObject& object : objects) {
    if (object.is_located) continue;
    object.x_mm += x;
    object.y_mm += y;
  }
}

/// What stands out on a circle of rods where the model has none.
std::size_t unexplained_on(const ScanEvidence& evidence, const PhantomScan& scan, const PhantomModule& module,
                           const std::vector<std::size_t>& slices, double radius_mm, double diameter_mm) {
  constexpr std::size_t steps = 360;
  std::vector<double> profile(steps, 0);
  for (std::size_t s = 0; s < steps; ++s) {
    const double angle = static_cast<double>(s) * std::numbers::pi / 180;
    for (const std::size_t k : slices)
      for (const double off : {-0.25, 0.0, 0.25}) {
        const double radius = radius_mm + off * diameter_mm;
        const PlanePoint at = scan.pixel_of(k, radius * std::cos(angle), radius * std::sin(angle));
        profile[s] +=
            static_cast<double>(value_at(evidence.plane(k), at)) / (3.0 * static_cast<double>(slices.size()));
      }
  }
  const double level = statistics::median(profile);
  const double half_width = diameter_mm / 2 / radius_mm * 180 / std::numbers::pi;
  std::vector<bool> out(steps);
  for (std::size_t s = 0; s < steps; ++s) {
    const double angle = static_cast<double>(s) * std::numbers::pi / 180;
    bool is_known = false;
    for (const PhantomObject& object : module.objects)
      is_known =
          is_known || std::hypot(object.x_mm - radius_mm * std::cos(angle),
                                 object.y_mm - radius_mm * std::sin(angle)) < object.diameter_mm / 2 + 4;
    out[s] = !is_known && std::abs(profile[s] - level) > 60;
  }
  std::size_t count = 0;
  std::size_t run = 0;
  for (std::size_t s = 0; s < 2 * steps; ++s) {
    run = out[s % steps] ? run + 1 : 0;
    if (s >= steps / 2 && s < steps + steps / 2 && run == static_cast<std::size_t>(half_width)) ++count;
  }
  return count;
}

}  // namespace

ObjectCheck check_objects(const ScanEvidence& evidence, const PhantomScan& scan, const PhantomModule& module,
                          const std::vector<std::size_t>& slices) {
  const std::vector<std::size_t> middle = middle_of(slices);
  PhantomScan turned = scan;
  ObjectCheck check;
  check.turn_deg = scan.roll_deg;
  // First the large ones tell the turn, then all are looked for at it.
  for (int round = 0; round < 2; ++round) {
    check.objects.clear();
    check.wanted = 0;
    check.found = 0;
    check.missing.clear();
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < module.objects.size(); ++i) {
      const PhantomObject& object = module.objects[i];
      FoundObject found;
      found.object = i;
      found.x_mm = object.x_mm;
      found.y_mm = object.y_mm;
      const double nominal = object.hu - module.background_hu;
      const bool is_disk = object.kind == Kind::rod || object.kind == Kind::hole;
      const bool is_wanted = object.kind == Kind::rod && std::abs(nominal) >= wanted_hu;
      if (is_disk || object.kind == Kind::low_contrast) {
        const Seen seen = look_at(evidence, turned, middle, object, object.x_mm, object.y_mm);
        found.contrast_hu = seen.contrast;
        found.contrast_to_noise = std::abs(seen.contrast) / std::max(seen.noise, 1e-3);
        // The owner chooses which of the small holes holds a rod.
        const bool is_like =
            object.kind == Kind::hole
                ? std::abs(seen.contrast) > 200
                : seen.contrast * nominal > 0 && std::abs(seen.contrast) > 0.4 * std::abs(nominal);
        found.is_found = is_like && found.contrast_to_noise > 3;
        if (is_disk && found.is_found && std::abs(seen.contrast) >= sharp_hu) {
          Pair mean{object.x_mm, object.y_mm, 0, 0};
          std::size_t n = 0;
          for (const std::size_t k : middle) {
            PlanePoint at = turned.pixel_of(k, object.x_mm, object.y_mm);
            if (!disk_centre(evidence.plane(k), at, object.diameter_mm / 2, 2.5, seen.background,
                             seen.contrast))
              continue;
            double x = 0;
            double y = 0;
            turned.phantom_of(k, at, x, y);
            mean.seen_x += x;
            mean.seen_y += y;
            ++n;
          }
          if (n > 0) {
            found.x_mm = mean.seen_x /= static_cast<double>(n);
            found.y_mm = mean.seen_y /= static_cast<double>(n);
            found.is_located = true;
            pairs.push_back(mean);
          }
        }
      }
      check.wanted += is_wanted ? 1 : 0;
      check.found += is_wanted && found.is_found ? 1 : 0;
      if (is_wanted && !found.is_found) {
        if (!check.missing.empty()) check.missing += ", ";
        check.missing += object.material.empty() ? "a rod" : object.material;
      }
      check.objects.push_back(found);
    }
    if (round == 1 && !pairs.empty()) follow_offset(pairs, check.objects);
    if (round == 0 && pairs.size() >= 2) {
      // Mirrored, the phantom's turn runs the other way.
      check.turn_deg = turned.roll_deg + (turned.is_mirrored ? -1 : 1) * further_turn(pairs);
      turned.roll_deg = check.turn_deg;
    }
  }
  std::vector<std::pair<double, double>> circles;  // radius, diameter
  for (const PhantomObject& object : module.objects) {
    if (object.kind != Kind::rod) continue;
    const double radius = std::hypot(object.x_mm, object.y_mm);
    const bool is_known = std::ranges::any_of(circles, [&](const auto& circle) {
      return std::abs(circle.first - radius) < object.diameter_mm / 4;
    });
    if (!is_known && radius > object.diameter_mm) circles.emplace_back(radius, object.diameter_mm);
  }
  for (const auto& [radius, diameter] : circles)
    check.unexplained += unexplained_on(evidence, turned, module, middle, radius, diameter);
  return check;
}

}  // namespace snitt::quality
