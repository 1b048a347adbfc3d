#include "calibration/surface_registration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "calibration/resting.hpp"
#include "geometry/rigid_fit.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "statistics/least_squares.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

using Belonging = std::vector<int>;

/// Least squares of some samples on their objects, about the middle of the samples.
class Fit {
 public:
  Fit(const std::vector<Vec3>& tips, const std::vector<SurfaceObject>& objects, const Belonging& of,
      std::size_t stride)
      : tips_(tips), objects_(objects), of_(of) {
    std::size_t count = 0;
    for (std::size_t k = 0; k < of.size(); ++k)
      if (of[k] >= 0 && count++ % stride == 0) used_.push_back(k);
  }

  std::size_t size() const { return used_.size(); }
  const std::vector<std::size_t>& used() const { return used_; }

  /// `start` becomes the solution.
  statistics::LeastSquaresSolution solve(PhantomPlacement& placement, double cauchy_scale) const {
    const Matrix4 start = placement.phantom_to_reference;
    const Matrix4 back = inverse(start);
    Vec3 image;
    for (std::size_t k = 0; k < used_.size(); ++k)
      image = image + (1 / static_cast<double>(k + 1)) * (tips_[used_[k]] - image);
    placement.center_mm = transform_point(back, image);
    statistics::LeastSquares problem;
    problem.start.assign(6, 0);
    problem.step = {1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3};
    problem.observations = used_.size();
    problem.dimension = 3;
    problem.cauchy_scale = cauchy_scale;
    problem.residual = [&](std::size_t o, std::span<const double> p, std::span<double> r) {
      const Vec3 turned = transform_vector(rotation_from_vector({-p[0], -p[1], -p[2]}),
                                           tips_[used_[o]] - image - Vec3{p[3], p[4], p[5]});
      const Vec3 x = placement.center_mm + transform_vector(back, turned);
      const Vec3 away = objects_[static_cast<std::size_t>(of_[used_[o]])].residual_mm(x);
      for (std::size_t a = 0; a < 3; ++a) r[a] = away[a];
    };
    statistics::LeastSquaresSolution fit = statistics::minimize(problem);
    const std::vector<double>& p = fit.parameters;
    Matrix4 matrix = rotation_from_vector({p[0], p[1], p[2]}) * start;
    const Vec3 place = image + Vec3{p[3], p[4], p[5]} - transform_vector(matrix, placement.center_mm);
    for (std::size_t a = 0; a < 3; ++a) matrix(a, 3) = place[a];
    placement.phantom_to_reference = matrix;
    return fit;
  }

  /// Numbers that the residuals really are.
  std::size_t residuals() const {
    std::size_t sum = 0;
    for (const std::size_t k : used_) sum += objects_[static_cast<std::size_t>(of_[k])].residuals();
    return sum;
  }

 private:
  const std::vector<Vec3>& tips_;
  const std::vector<SurfaceObject>& objects_;
  const Belonging& of_;
  std::vector<std::size_t> used_;
};

std::vector<Vec3> in_phantom(const std::vector<Vec3>& tips, const Matrix4& placed) {
  const Matrix4 back = inverse(placed);
  std::vector<Vec3> result;
  for (const Vec3 tip : tips) result.push_back(transform_point(back, tip));
  return result;
}

/// The object of samples between two near ones on the same object: a gross error of the tracker does not end
/// a stay.
Belonging bridged(const Belonging& of) {
  constexpr std::size_t longest = 2;
  Belonging result = of;
  for (std::size_t k = 1; k + 1 < of.size(); ++k) {
    if (of[k - 1] < 0 || of[k] >= 0) continue;
    for (std::size_t next = k + 1; next <= k + longest && next < of.size(); ++next)
      if (of[next] == of[k - 1]) {
        std::fill(result.begin() + static_cast<std::ptrdiff_t>(k),
                  result.begin() + static_cast<std::ptrdiff_t>(next), of[next]);
        break;
      }
  }
  return result;
}

/// Samples that are on one object only for an instant pass it by; those at the ends of a stay may already
/// lift.
void drop_short_stays(Belonging& of) {
  constexpr std::size_t shortest = 7;
  constexpr std::size_t ends = 2;
  const Belonging stay = bridged(of);
  for (std::size_t first = 0; first < of.size();) {
    std::size_t end = first + 1;
    while (end < of.size() && stay[end] == stay[first]) ++end;
    for (std::size_t k = first; k < end; ++k) {
      const bool at_an_end = (k < first + ends && first > 0) || (k + ends >= end && end < of.size());
      if (end - first < shortest || at_an_end) of[k] = -1;
    }
    first = end;
  }
}

/// The object that each point is nearest to, -1 for none within the gate.
Belonging nearest(const std::vector<Vec3>& points, const std::vector<SurfaceObject>& objects, double gate_mm,
                  double margin_mm, bool lines_and_planes_only) {
  Belonging of(points.size(), -1);
  for (std::size_t k = 0; k < points.size(); ++k) {
    double best = gate_mm;
    double second = std::numeric_limits<double>::infinity();
    for (std::size_t o = 0; o < objects.size(); ++o) {
      if (lines_and_planes_only && objects[o].kind == SurfaceKind::point) continue;
      const double d = objects[o].distance_mm(points[k], margin_mm);
      if (d < best) {
        second = best < gate_mm ? best : second;
        best = d;
        of[k] = static_cast<int>(o);
      } else {
        second = std::min(second, d);
      }
    }
    // At an edge it may be on either side; taking the nearer would make the residuals too small.
    if (second < gate_mm && second < 3 * best + 0.2 * gate_mm) of[k] = -1;
  }
  drop_short_stays(of);
  return of;
}

double spread_of(const std::vector<Vec3>& points, const std::vector<SurfaceObject>& objects,
                 const Belonging& of) {
  std::vector<double> residuals;
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (of[k] < 0) continue;
    const SurfaceObject& o = objects[static_cast<std::size_t>(of[k])];
    const Vec3 away = o.residual_mm(points[k]);
    for (std::size_t r = 0; r < o.residuals(); ++r) residuals.push_back(away[r]);
  }
  if (residuals.empty()) return 0;
  // About 0, where they should be: a robust deviation about the median would hide a shift.
  for (double& r : residuals) r = std::abs(r);
  return 1.4826 * statistics::median(residuals);
}

void drop_rare_objects(Belonging& of, std::size_t objects, std::size_t minimum) {
  std::vector<std::size_t> count(objects);
  for (const int o : of)
    if (o >= 0) ++count[static_cast<std::size_t>(o)];
  for (int& o : of)
    if (o >= 0 && count[static_cast<std::size_t>(o)] < minimum) o = -1;
}

void check_enough(const Belonging& of, const std::string& phantom, double gate_mm) {
  const auto on = std::count_if(of.begin(), of.end(), [](int o) { return o >= 0; });
  if (on < 10)
    throw ComputationError(
        "{} of {} samples lie within {:.2g} mm of the planes and lines of phantom '{}'; expected many (is "
        "the start "
        "right, is it this phantom?)",
        on, of.size(), gate_mm, phantom);
}

/// A line has no sense: the one along which the largest component is positive, and no "-0.00" in it.
Vec3 positive(Vec3 way) {
  const double largest = std::max({way.x, way.y, way.z});
  const double sign = largest >= -std::min({way.x, way.y, way.z}) ? 1 : -1;
  for (std::size_t a = 0; a < 3; ++a) way[a] = std::abs(way[a]) < 0.005 ? 0 : sign * way[a];
  return way;
}

void check_free(const Firmness& f) {
  if (f.least > 0.03) return;
  const bool turns = norm(f.turn) > norm(f.shift);
  const Vec3 way = positive(unit(turns ? f.turn : f.shift));
  throw ComputationError(
      "the planes and lines that were touched leave the phantom free to {} ({:.2f} {:.2f} {:.2f} in its "
      "coordinates); touch others that stop it",
      turns ? "turn about" : "move along", way.x, way.y, way.z);
}

/// From the final belonging to the result.
SurfaceRegistration finished(const std::vector<Vec3>& tips, std::vector<SurfaceObject> objects, Belonging of,
                             PhantomPlacement placement, double spread, const SurfaceOptions& options) {
  SurfaceRegistration r;
  const Fit fit(tips, objects, of, 1);
  const statistics::LeastSquaresSolution solution = fit.solve(placement, std::max(3.5 * spread, 1e-6));
  const std::vector<Vec3> points = in_phantom(tips, placement.phantom_to_reference);
  const Firmness firm = firmness(objects, points, of);
  check_free(firm);
  if (solution.covariance.empty())
    throw ComputationError("the planes and lines that were touched do not determine where the phantom is");
  double product = 0;
  double square = 0;
  for (std::size_t o = 0; o < fit.size(); ++o)
    for (std::size_t a = 0; a < 3; ++a) {
      const double now = solution.residuals[3 * o + a];
      square += now * now;
      if (o > 0 && fit.used()[o] == fit.used()[o - 1] + 1 && of[fit.used()[o]] == of[fit.used()[o - 1]])
        product += now * solution.residuals[3 * (o - 1) + a];
    }
  const double numbers = static_cast<double>(fit.residuals());
  r.residual_correlation = square > 0 ? product / square : 0;
  const double rho =
      r.residual_correlation > 3 / std::sqrt(numbers) ? std::min(r.residual_correlation, 0.95) : 0;
  for (std::size_t k = 0; k < 36; ++k)
    placement.covariance[k] = (1 + rho) / (1 - rho) * solution.covariance[k];
  placement.degrees = numbers - 6;
  complete(placement);

  r.placement = placement;
  r.firmness = firm.least;
  r.distance_mm.assign(tips.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<double> all;
  for (std::size_t o = 0; o < objects.size(); ++o) {
    std::vector<double> distance;
    double sum = 0;
    for (std::size_t k = 0; k < tips.size(); ++k) {
      if (of[k] != static_cast<int>(o)) continue;
      const Vec3 away = objects[o].residual_mm(points[k]);
      sum += objects[o].kind == SurfaceKind::plane ? away.x : norm(away);
      r.distance_mm[k] = norm(away);
      distance.push_back(norm(away));
    }
    if (distance.empty()) continue;
    all.insert(all.end(), distance.begin(), distance.end());
    r.uses.push_back({o, distance.size(), sum / static_cast<double>(distance.size()),
                      statistics::root_mean_square(distance)});
  }
  r.samples_used = all.size();
  r.rms_mm = statistics::root_mean_square(all);
  r.objects = std::move(objects);
  r.object_of_sample = std::move(of);
  if (r.rms_mm > options.good_rms_mm)
    r.reasons.push_back(fmt::format(
        "the samples lie {:.2f} mm (RMS) from the planes and lines, more than {:g} mm; check the tip's "
        "calibration, the phantom's definition and the start",
        r.rms_mm, options.good_rms_mm));
  const auto largest = [](Vec3 v) { return std::max({v.x, v.y, v.z}); };
  if (largest(r.placement.center_half_width_mm) > options.good_center_mm ||
      largest(r.placement.tilt_half_width_deg) > options.good_angle_deg)
    r.reasons.push_back(
        fmt::format("the phantom's place is known within {:.2f} mm and its tilt within {:.2f} degrees (95 %) "
                    "only; touch more "
                    "planes, over their whole size",
                    largest(r.placement.center_half_width_mm), largest(r.placement.tilt_half_width_deg)));
  return r;
}

}  // namespace

SurfaceRegistration register_surfaces(const std::vector<Vec3>& tips, const PhantomDefinition& phantom,
                                      const Matrix4& start, const SurfaceOptions& options) {
  std::vector<SurfaceObject> objects = surface_objects(phantom);
  const bool has_any = !phantom.planes.empty() || !phantom.lines.empty();
  if (!has_any)
    throw ComputationError("phantom '{}' has no planes and no lines; expected some that the tip was moved on",
                           phantom.name);
  PhantomPlacement placement;
  placement.phantom_to_reference = start;
  double gate = options.gate_mm;
  double spread = gate / 3;
  Belonging of;
  constexpr int rounds = 12;
  for (int round = 0; round < rounds; ++round) {
    const std::vector<Vec3> points = in_phantom(tips, placement.phantom_to_reference);
    of = nearest(points, objects, gate, options.margin_mm, true);
    drop_rare_objects(of, objects.size(), options.minimum_samples);
    check_enough(of, phantom.name, gate);
    check_free(firmness(objects, points, of));
    spread = std::max(spread_of(points, objects, of), 1e-6);
    if (round + 1 == rounds) break;
    // A few hundred samples are enough for all rounds but the last.
    const Fit fit(tips, objects, of, tips.size() / 300 + 1);
    fit.solve(placement, 3.5 * spread);
    gate = std::max(0.6 * gate, std::clamp(5 * spread, 0.05, options.gate_mm));
  }
  return finished(tips, std::move(objects), std::move(of), placement, spread, options);
}

SurfaceRegistration register_surfaces(const std::vector<Vec3>& tips, const PhantomDefinition& phantom,
                                      const std::vector<std::string>& names, const SurfaceOptions& options) {
  if (names.size() != tips.size())
    throw UsageError("{} samples and {} names of objects; expected as many", tips.size(), names.size());
  std::vector<SurfaceObject> objects = surface_objects(phantom);
  std::vector<std::string> known;
  for (const SurfaceObject& o : objects) known.push_back(o.name);
  Belonging of(tips.size(), -1);
  std::vector<std::vector<Vec3>> on(objects.size());
  for (std::size_t k = 0; k < tips.size(); ++k) {
    if (names[k].empty()) continue;
    const auto found = std::find(known.begin(), known.end(), names[k]);
    if (found == known.end())
      throw InputError("sample {} is on '{}', which phantom '{}' does not have{}", k, names[k], phantom.name,
                       did_you_mean(names[k], known));
    of[k] = static_cast<int>(found - known.begin());
    on[static_cast<std::size_t>(of[k])].push_back(tips[k]);
  }
  check_enough(of, phantom.name, options.gate_mm);
  std::vector<Vec3> from;
  std::vector<Vec3> to;
  for (std::size_t o = 0; o < objects.size(); ++o) {
    if (on[o].empty()) continue;
    from.push_back(objects[o].center_mm);
    to.push_back(median_point(on[o]));
  }
  PhantomPlacement placement;
  if (from.size() < 3)
    throw ComputationError("{} planes, lines and points were touched; expected at least three", from.size());
  placement.phantom_to_reference = fit_rigid(from, to).matrix;
  double spread = 0;
  const Belonging given = of;
  for (int round = 0; round < 6; ++round) {
    const Fit fit(tips, objects, of, 1);
    const std::vector<Vec3> before = in_phantom(tips, placement.phantom_to_reference);
    spread = std::max(spread_of(before, objects, of), 1e-6);
    fit.solve(placement, round == 0 ? 0.0 : 3.5 * spread);
    const std::vector<Vec3> points = in_phantom(tips, placement.phantom_to_reference);
    spread = std::max(spread_of(points, objects, given), 1e-6);
    if (round < 2) continue;
    for (std::size_t k = 0; k < tips.size(); ++k) {
      const bool far =
          given[k] >= 0 && norm(objects[static_cast<std::size_t>(given[k])].residual_mm(points[k])) >
                               std::max(5 * spread, 0.05);
      of[k] = far ? -1 : given[k];
    }
  }
  if (spread > options.gate_mm / 3)
    throw ComputationError(
        "the samples do not fit phantom '{}': they lie {:.1f} mm from the planes and lines that they are "
        "said to be "
        "on; expected less than {:g} mm",
        phantom.name, spread, options.gate_mm / 3);
  return finished(tips, std::move(objects), std::move(of), placement, spread, options);
}

}  // namespace snitt::calibration
