#include "registration/robust_alignment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "geometry/landmark_fit.hpp"
#include "registration/consistent_pairs.hpp"
#include "registration/point_box.hpp"
#include "registration/truncated_rotation.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

/// Words of bits that one search for a clique may look at: a tenth of a second or so.
constexpr std::uint64_t clique_budget = 100'000'000;

double log10_choose(double n, double k) {
  return (std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1)) / std::log(10.0);
}

/// How a map judges the pairs: the residuals, and the bound under which chance explains them least.
struct Judgement {
  std::vector<double> residual;
  double bound = 0;
  double log10_chance = std::numeric_limits<double>::infinity();
};

/// `smallest`: no bound below it, which rounding alone would decide. `largest`: nor above it.
Judgement judge(const Matrix4& matrix, std::span<const Vec3> from, std::span<const Vec3> to, double smallest,
                double largest) {
  Judgement result;
  const Vec3 box = box_of(to).sides_mm();
  for (std::size_t i = 0; i < from.size(); ++i)
    result.residual.push_back(norm(transform_point(matrix, from[i]) - to[i]));
  std::vector<double> sorted = result.residual;
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sorted.size());
  for (std::size_t k = 3; k < sorted.size(); ++k) {
    const double bound = std::max(sorted[k], smallest);
    if (bound > largest) break;
    if (k + 1 < sorted.size() && sorted[k + 1] <= bound) continue;
    // A flat set fills a slab as thick as the errors are.
    double volume = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) volume *= std::max(box[axis], 2 * bound);
    const double share = std::min(1.0, 4.18879 * bound * bound * bound / volume);
    const auto inside = static_cast<double>(k + 1);
    // Three pairs make a map: they agree by construction.
    const double log10 =
        std::log10(n) + log10_choose(n, inside) + log10_choose(inside, 3) + (inside - 3) * std::log10(share);
    if (log10 < result.log10_chance) {
      result.log10_chance = log10;
      result.bound = bound;
    }
  }
  return result;
}

PointPairs subset(std::span<const Vec3> from, std::span<const Vec3> to, std::size_t most) {
  PointPairs pairs;
  const std::size_t count = std::min(most, from.size());
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = k * from.size() / count;
    pairs.from.push_back(from[i]);
    pairs.to.push_back(to[i]);
  }
  return pairs;
}

/// Map from the members of a clique, whose lengths agree.
Matrix4 map_of(const PointPairs& pairs, const std::vector<std::size_t>& members, double scale, double noise) {
  std::vector<Vec3> a;
  std::vector<Vec3> b;
  // All lengths of a small clique; of a large one each member with some tens of others.
  const std::size_t stride = std::max<std::size_t>(1, members.size() / 60);
  for (std::size_t i = 0; i < members.size(); ++i)
    for (std::size_t j = i + 1; j < members.size(); j += stride) {
      a.push_back(scale * (pairs.from[members[i]] - pairs.from[members[j]]));
      b.push_back(pairs.to[members[i]] - pairs.to[members[j]]);
    }
  Matrix4 matrix = truncated_rotation(a, b, 2 * noise);
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column) matrix(row, column) *= scale;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<double> shifts;
    for (const std::size_t m : members)
      shifts.push_back((pairs.to[m] - transform_vector(matrix, pairs.from[m]))[axis]);
    matrix(axis, 3) = truncated_mean(shifts, noise);
  }
  return matrix;
}

std::vector<std::size_t> within(const std::vector<double>& residual, double bound) {
  std::vector<std::size_t> inside;
  for (std::size_t i = 0; i < residual.size(); ++i)
    if (residual[i] <= bound) inside.push_back(i);
  return inside;
}

/// The bound that chance is measured by cuts the tail off. Widened to hold 99 % of normal errors whose median
/// length is that of the pairs inside.
double whole_bound(const std::vector<double>& residual, double bound) {
  const double most = 2 * bound;
  for (int round = 0; round < 10; ++round) {
    std::vector<double> inside;
    for (const double r : residual)
      if (r <= bound) inside.push_back(r);
    if (inside.empty()) break;
    // The length of a normal error in three dimensions has the median 1.538 and the 99 % quantile 3.368.
    bound = std::clamp(3.368 / 1.538 * statistics::median(inside), bound, most);
  }
  return bound;
}

class Aligner {
 public:
  Aligner(std::span<const Vec3> from, std::span<const Vec3> to, const AlignmentOptions& options)
      : from_(from), to_(to), options_(options), pairs_(subset(from, to, options.graph_points)) {}

  /// The best map at one bound; nothing when no three pairs agree.
  std::optional<Alignment> at(double noise, bool is_given) const {
    std::vector<double> scales{1};
    if (options_.with_scale) scales = likely_scales(pairs_, noise, 4);
    std::optional<Alignment> best;
    for (const double scale : scales)
      if (const auto found = with_scale(scale, noise, is_given))
        if (!best || found->log10_chance < best->log10_chance) best = found;
    return best;
  }

 private:
  std::optional<Alignment> with_scale(double scale, double noise, bool is_given) const {
    // A scale from the ladder is off by a rung: a wider graph, then the scale of its clique, then again.
    Clique clique;
    if (options_.with_scale) {
      const double slack = 0.002 * box_of(to_).diagonal_mm();
      clique = largest_clique(consistency_graph(pairs_, scale, noise + slack), clique_budget / 4);
      if (clique.members.size() < 3) return std::nullopt;
      scale = refined_scale(clique.members, noise);
    }
    clique = largest_clique(consistency_graph(pairs_, scale, noise), clique_budget);
    if (clique.members.size() < 3) return std::nullopt;
    Alignment found = refined(map_of(pairs_, clique.members, scale, noise), noise, is_given);
    if (found.inliers.size() < 3) return std::nullopt;
    found.clique = clique.members.size();
    found.is_proven = clique.is_proven && pairs_.size() == from_.size();
    return found;
  }

  double refined_scale(const std::vector<std::size_t>& members, double noise) const {
    std::vector<double> ratios;
    double longest = 0;
    for (std::size_t i = 0; i < members.size(); ++i)
      for (std::size_t j = i + 1; j < members.size(); ++j)
        longest = std::max(longest, norm(pairs_.to[members[i]] - pairs_.to[members[j]]));
    for (std::size_t i = 0; i < members.size(); ++i)
      for (std::size_t j = i + 1; j < members.size(); ++j) {
        const double b = norm(pairs_.to[members[i]] - pairs_.to[members[j]]);
        if (b > 0.3 * longest) ratios.push_back(b / norm(pairs_.from[members[i]] - pairs_.from[members[j]]));
      }
    return truncated_mean(ratios, std::max(2 * noise / longest, 1e-12));
  }

  /// Least squares on all pairs within the bound until they stay the same.
  Alignment refined(Matrix4 matrix, double noise, bool is_given) const {
    const LandmarkModel model = options_.with_scale ? LandmarkModel::similarity : LandmarkModel::rigid;
    const double rounding = 1e-9 * box_of(to_).diagonal_mm();
    Alignment out;
    std::vector<std::size_t> before;
    double bound = noise;
    for (int round = 0; round < 20; ++round) {
      const Judgement judgement = judge(matrix, from_, to_, rounding, is_given ? noise : 4 * noise);
      if (!is_given && std::isfinite(judgement.log10_chance))
        bound = std::max(rounding, whole_bound(judgement.residual, judgement.bound));
      std::vector<std::size_t> inside = within(judgement.residual, bound);
      if (inside.size() < 3) break;
      out.matrix = matrix;
      out.inliers = inside;
      out.noise_mm = bound;
      out.log10_chance = judgement.log10_chance;
      if (inside == before) break;
      std::vector<Vec3> a;
      std::vector<Vec3> b;
      for (const std::size_t i : inside) {
        a.push_back(from_[i]);
        b.push_back(to_[i]);
      }
      try {
        const LandmarkFit fit = fit_landmarks(model, a, b);
        matrix = fit.matrix;
        out.rms_mm = fit.rms_mm;
      } catch (const ComputationError&) {
        return {};  // three pairs on a line determine nothing
      }
      before = std::move(inside);
    }
    return out;
  }

  std::span<const Vec3> from_;
  std::span<const Vec3> to_;
  AlignmentOptions options_;
  PointPairs pairs_;
};

}  // namespace

Alignment align_correspondences(std::span<const Vec3> from, std::span<const Vec3> to,
                                const AlignmentOptions& options) {
  if (from.size() != to.size())
    throw UsageError("{} fixed and {} moving points; expected as many of each", from.size(), to.size());
  if (from.size() < 3)
    throw ComputationError("{} correspondences; expected at least three, and four to check them",
                           from.size());
  const Aligner aligner(from, to, options);
  std::optional<Alignment> best;
  if (options.noise_mm) {
    best = aligner.at(*options.noise_mm, true);
  } else {
    const double size = box_of(to).diagonal_mm();
    for (const double share : {1e-6, 1e-4, 1e-3, 3e-3, 0.01, 0.025}) {
      const auto found = aligner.at(share * size, false);
      // An agreement this unlikely by chance needs no wider bound, unless it left out many.
      const bool is_better = found && (!best || found->log10_chance < best->log10_chance);
      const bool is_known = best && best->log10_chance < -12 && !is_better;
      if (is_better) best = found;
      if (is_known || (best && best->log10_chance < -6 && 2 * best->inliers.size() > from.size())) break;
    }
  }
  if (!best)
    throw ComputationError(
        "no three of the {} correspondences agree in their mutual distances{}; expected pairs of the same "
        "places, in the same units{}",
        from.size(),
        options.noise_mm ? fmt::format(" within the noise bound of {:.4g} mm", *options.noise_mm) : "",
        options.with_scale ? "" : " (sets of different size want --model similarity)");
  return *best;
}

}  // namespace snitt::registration
