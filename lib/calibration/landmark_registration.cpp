#include "calibration/landmark_registration.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "calibration/landmark_matching.hpp"
#include "geometry/rigid_fit.hpp"
#include "geometry/rotation.hpp"
#include "statistics/distributions.hpp"
#include "statistics/least_squares.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

std::vector<Vec3> places(const std::vector<TouchedPoint>& touched) {
  std::vector<Vec3> result;
  for (const TouchedPoint& p : touched) result.push_back(p.place_mm);
  return result;
}

std::vector<Vec3> places(const PhantomDefinition& phantom) {
  std::vector<Vec3> result;
  for (const PhantomPoint& p : phantom.landmarks) result.push_back(p.position_mm);
  return result;
}

void check(const std::vector<TouchedPoint>& touched, const PhantomDefinition& phantom) {
  if (phantom.landmarks.size() < 3)
    throw ComputationError("phantom '{}' has {} landmarks; expected at least three", phantom.name,
                           phantom.landmarks.size());
  if (touched.size() < 3)
    throw ComputationError("{} landmarks were touched; expected at least three that do not lie on a line",
                           touched.size());
  for (const std::vector<Vec3>& points : {places(phantom), places(touched)}) {
    const Vec3 extent = principal_extents(points);
    if (extent.y < 0.02 * extent.x)
      throw ComputationError(
          "the {} landmarks lie on one line, and the turn about it is not determined; expected one beside it",
          points.size());
  }
}

std::string words(const Assignment& a, const PhantomDefinition& phantom) {
  std::string text;
  for (const auto& [l, p] : a.pairs)
    text += (text.empty() ? "" : ", ") + fmt::format("{} = {}", p + 1, phantom.landmarks[l].name);
  return text;
}

/// Points of one plane fit their mirror image; what decides is how many more fit.
void refuse_mirrored(const std::vector<TouchedPoint>& touched, const PhantomDefinition& phantom,
                     std::size_t fitting, double tolerance) {
  if (fitting == std::min(touched.size(), phantom.landmarks.size())) return;
  std::vector<Vec3> mirrored = places(phantom);
  for (Vec3& p : mirrored) p.x = -p.x;
  const auto reflected = match_by_geometry(mirrored, places(touched), tolerance);
  if (!reflected.empty() && reflected.front().pairs.size() > std::max<std::size_t>(fitting, 3))
    throw ComputationError(
        "the touched points fit the mirror image of phantom '{}' ({} of {} landmarks, {} without "
        "reflection); "
        "expected right-handed coordinates in its definition and in the tracker",
        phantom.name, reflected.front().pairs.size(), phantom.landmarks.size(), fitting);
}

Assignment by_geometry(const std::vector<TouchedPoint>& touched, const PhantomDefinition& phantom,
                       double tolerance) {
  const std::vector<Vec3> points = places(touched);
  const std::vector<Assignment> all = match_by_geometry(places(phantom), points, tolerance);
  const std::size_t fitting = all.empty() ? 0 : all.front().pairs.size();
  refuse_mirrored(touched, phantom, fitting, tolerance);
  if (2 * fitting <= std::min(points.size(), phantom.landmarks.size()))
    throw ComputationError(
        "the distances between the {} touched points do not fit the landmarks of phantom '{}': {} of them "
        "fit within "
        "{:g} mm; expected most (is it this phantom, are these its landmarks, is the tip calibrated?)",
        touched.size(), phantom.name, fitting, tolerance);
  const Assignment& best = all.front();
  for (const Assignment& other : all) {
    if (other.pairs.size() < fitting || &other == &best) continue;
    // Chance does not make another match nearly as good: a symmetry does.
    if (other.rms_mm < std::max(3 * best.rms_mm, 0.3 * tolerance))
      throw ComputationError(
          "the touched points fit the landmarks in more than one way ({:.2f} mm RMS: {}; {:.2f} mm RMS: {}); "
          "touch "
          "another landmark that tells them apart, or give the order of the visits",
          best.rms_mm, words(best, phantom), other.rms_mm, words(other, phantom));
  }
  return best;
}

Assignment by_order(const std::vector<TouchedPoint>& touched, const PhantomDefinition& phantom,
                    const LandmarkOptions& options) {
  std::vector<std::string> known;
  for (const PhantomPoint& p : phantom.landmarks) known.push_back(p.name);
  if (options.order.size() != touched.size())
    throw ComputationError(
        "{} places were touched, but {} landmarks are named in their order; expected as many", touched.size(),
        options.order.size());
  Assignment assignment;
  for (std::size_t k = 0; k < touched.size(); ++k) {
    const auto found = std::find(known.begin(), known.end(), options.order[k]);
    if (found == known.end())
      throw UsageError("phantom '{}' has no landmark '{}'{}", phantom.name, options.order[k],
                       did_you_mean(options.order[k], known));
    assignment.pairs.emplace_back(static_cast<std::size_t>(found - known.begin()), k);
  }
  std::sort(assignment.pairs.begin(), assignment.pairs.end());
  for (std::size_t k = 1; k < assignment.pairs.size(); ++k)
    if (assignment.pairs[k].first == assignment.pairs[k - 1].first)
      throw UsageError("landmark '{}' is named twice in the order of the visits; expected each once",
                       known[assignment.pairs[k].first]);
  return assignment;
}

/// Least squares once more, for the covariance: about the center, where turn and place are independent.
void refine(const std::vector<Vec3>& from, const std::vector<Vec3>& to, PhantomPlacement& placement) {
  const Matrix4 start = placement.phantom_to_reference;
  for (const Vec3 p : from)
    placement.center_mm = placement.center_mm + (1.0 / static_cast<double>(from.size())) * p;
  const Vec3 center = placement.center_mm;
  const Vec3 image = transform_point(start, center);
  statistics::LeastSquares problem;
  problem.start.assign(6, 0);
  problem.step = {1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3};
  problem.observations = from.size();
  problem.dimension = 3;
  const auto at = [&](std::span<const double> p, Vec3 point) {
    return transform_vector(rotation_from_vector({p[0], p[1], p[2]}),
                            transform_vector(start, point - center)) +
           image + Vec3{p[3], p[4], p[5]};
  };
  problem.residual = [&](std::size_t o, std::span<const double> p, std::span<double> r) {
    const Vec3 away = at(p, from[o]) - to[o];
    for (std::size_t a = 0; a < 3; ++a) r[a] = away[a];
  };
  const statistics::LeastSquaresSolution fit = statistics::minimize(problem);
  const std::vector<double>& p = fit.parameters;
  Matrix4 matrix = rotation_from_vector({p[0], p[1], p[2]}) * start;
  const Vec3 shift = at(p, {});
  for (std::size_t a = 0; a < 3; ++a) matrix(a, 3) = shift[a];
  placement.phantom_to_reference = matrix;
  if (fit.covariance.empty()) throw ComputationError("these landmarks do not determine where the phantom is");
  std::copy(fit.covariance.begin(), fit.covariance.end(), placement.covariance.begin());
  placement.degrees = fit.degrees;
  complete(placement);
}

/// What was touched and fits nothing may be a landmark that is not where the definition has it.
void doubt_unmatched(LandmarkRegistration& r, const std::vector<TouchedPoint>& touched,
                     const PhantomDefinition& phantom) {
  if (r.missed.empty()) return;
  for (const std::size_t p : r.unmatched) {
    const auto distance = [&](std::size_t l) {
      return norm(touched[p].place_mm -
                  transform_point(r.placement.phantom_to_reference, phantom.landmarks[l].position_mm));
    };
    const std::size_t nearest =
        *std::min_element(r.missed.begin(), r.missed.end(),
                          [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); });
    r.reasons.push_back(fmt::format(
        "the point touched from {:.1f} to {:.1f} s fits no landmark: the nearest that was missed is '{}', "
        "{:.1f} mm away; touch that again and check its place in the phantom's definition, or leave pauses "
        "elsewhere out of the recording",
        touched[p].from_s, touched[p].to_s, phantom.landmarks[nearest].name, distance(nearest)));
  }
}

void judge(LandmarkRegistration& r, const std::vector<TouchedPoint>& touched,
           const PhantomDefinition& phantom, const LandmarkOptions& o) {
  if (r.fre_rms_mm > o.good_rms_mm)
    r.reasons.push_back(fmt::format(
        "the landmarks fit by {:.2f} mm (RMS) only, more than {:g} mm; touch them again, check the tip's "
        "calibration and the phantom's definition",
        r.fre_rms_mm, o.good_rms_mm));
  const double tilt = std::max({r.placement.tilt_half_width_deg.x, r.placement.tilt_half_width_deg.y,
                                r.placement.tilt_half_width_deg.z});
  if (tilt > o.good_angle_deg)
    r.reasons.push_back(fmt::format(
        "the phantom's tilt is known within {:.2f} degrees (95 %) only; touch more landmarks, far apart",
        tilt));
  if (r.matches.size() < 4)
    r.reasons.push_back("three landmarks leave little to check the result with; touch a fourth");
  if (2 * r.unmatched.size() > touched.size())
    r.reasons.push_back(
        fmt::format("{} of {} touched points are no landmarks of phantom '{}'; check what they are",
                    r.unmatched.size(), touched.size(), phantom.name));
  doubt_unmatched(r, touched, phantom);
}

}  // namespace

void complete(PhantomPlacement& placement) {
  const double student = statistics::student_t_quantile(0.975, placement.degrees);
  const std::array<double, 36>& c = placement.covariance;
  for (std::size_t a = 0; a < 3; ++a) {
    placement.tilt_half_width_deg[a] = student * std::sqrt(c[7 * a]) * 180 / std::numbers::pi;
    placement.center_half_width_mm[a] = student * std::sqrt(c[7 * (a + 3)]);
  }
  // The origin moves with the center and turns about it: δ = t + ω × arm.
  const Vec3 arm = transform_vector(placement.phantom_to_reference, -1.0 * placement.center_mm);
  for (std::size_t a = 0; a < 3; ++a) {
    std::array<double, 6> row{};
    const Vec3 turned = cross(arm, {a == 0 ? 1.0 : 0.0, a == 1 ? 1.0 : 0.0, a == 2 ? 1.0 : 0.0});
    for (std::size_t k = 0; k < 3; ++k) row[k] = turned[k];
    row[3 + a] = 1;
    double variance = 0;
    for (std::size_t k = 0; k < 6; ++k)
      for (std::size_t l = 0; l < 6; ++l) variance += row[k] * c[6 * k + l] * row[l];
    placement.origin_half_width_mm[a] = student * std::sqrt(variance);
  }
}

LandmarkRegistration register_landmarks(const std::vector<TouchedPoint>& touched,
                                        const PhantomDefinition& phantom, const LandmarkOptions& options) {
  check(touched, phantom);
  const Assignment match = options.order.empty() ? by_geometry(touched, phantom, options.match_mm)
                                                 : by_order(touched, phantom, options);
  std::vector<Vec3> from;
  std::vector<Vec3> to;
  for (const auto& [l, p] : match.pairs) {
    from.push_back(phantom.landmarks[l].position_mm);
    to.push_back(touched[p].place_mm);
  }
  LandmarkRegistration r;
  const RigidFit rigid = fit_rigid(from, to);
  if (!options.order.empty())
    for (std::size_t k = 0; k < from.size(); ++k)
      if (rigid.residual_mm[k] > options.match_mm)
        throw ComputationError(
            "in the order that is given, landmark '{}' is {:.1f} mm from where it was touched; expected at "
            "most "
            "{:g} mm (another order, or another phantom)",
            phantom.landmarks[match.pairs[k].first].name, rigid.residual_mm[k], options.match_mm);
  r.placement.phantom_to_reference = rigid.matrix;
  refine(from, to, r.placement);

  std::vector<double> distances;
  std::vector<bool> matched(touched.size());
  std::vector<bool> found(phantom.landmarks.size());
  for (std::size_t k = 0; k < from.size(); ++k) {
    const auto [l, p] = match.pairs[k];
    r.matches.push_back({l, p, to[k] - transform_point(r.placement.phantom_to_reference, from[k])});
    distances.push_back(norm(r.matches.back().residual_mm));
    matched[p] = true;
    found[l] = true;
  }
  for (std::size_t l = 0; l < found.size(); ++l)
    if (!found[l]) r.missed.push_back(l);
  for (std::size_t p = 0; p < matched.size(); ++p)
    if (!matched[p]) r.unmatched.push_back(p);
  r.fre_rms_mm = statistics::root_mean_square(distances);
  r.fre_mean_mm = statistics::mean(distances);
  r.fre_max_mm = *std::max_element(distances.begin(), distances.end());
  judge(r, touched, phantom, options);
  return r;
}

}  // namespace snitt::calibration
