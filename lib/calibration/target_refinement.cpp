#include "calibration/target_refinement.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "calibration/frame_groups.hpp"
#include "calibration/probe_refinement.hpp"
#include "statistics/distributions.hpp"
#include "statistics/least_squares.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr int rounds = 5;
constexpr std::size_t fewest_frames = 12;  // one per parameter
/// Whitened residuals beyond this lose their pull: 3 deviations, as a normal frame rarely reaches.
constexpr double cauchy = 3;
/// What is measured in millimetres is not better than this; it also keeps data without noise finite.
constexpr double least_deviation_mm = 1e-3;
/// For judging the motion: tracker and image together are not better than this.
constexpr double honest_deviation_mm = 0.05;

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

class Solver {
 public:
  Solver(TargetModel& model, const FrameShape& shape, const TargetRefinementSettings& settings)
      : model_(model),
        shape_(shape),
        settings_(settings),
        parameters_(model.start()),
        used_(model.frames(), 1),
        whitening_(Eigen::MatrixXd::Identity(dimension(), dimension())) {
    fixed_.assign(target_parameters, 0);
    if (settings.isotropic) {
      fixed_[target_pixel_v] = 1;  // follows pixel_u
      parameters_[target_pixel_u] = (parameters_[target_pixel_u] + parameters_[target_pixel_v]) / 2;
      parameters_[target_pixel_v] = parameters_[target_pixel_u];
    }
    if (!settings.estimate_lag) fixed_[target_lag] = 1;
  }

  TargetRefinement run() {
    for (int round = 0; round < rounds; ++round) {
      model_.select(parameters_);
      weigh();
      if (round > 0) {
        model_.set_image_share(image_share());
        model_.estimate_noise(parameters_, chosen_, deviation_);
        weigh();  // the residuals have changed their measure
      }
      if (!try_to_fit()) return undetermined();
    }
    return result(grouping());
  }

 private:
  Grouping grouping() const {
    std::vector<FrameInformation> frames;
    for (std::size_t i = 0; i < chosen_.size(); ++i) frames.push_back(information(i, i + 1));
    return group_frames(frames);
  }

  Eigen::Index dimension() const { return static_cast<Eigen::Index>(model_.dimension()); }

  std::vector<double> complete(std::span<const double> p) const {
    std::vector<double> all(p.begin(), p.end());
    if (settings_.isotropic) all[target_pixel_v] = all[target_pixel_u];
    return all;
  }

  /// Leaves out gross outliers and estimates the covariance of a frame's residuals from the others: their
  /// robust deviations, and their correlations with outliers weighed down.
  void weigh() {
    const Eigen::Index d = dimension();
    const auto frames = static_cast<Eigen::Index>(model_.frames());
    RowMajor residuals(frames, d);
    std::vector<double> lengths;
    for (Eigen::Index f = 0; f < frames; ++f) {
      model_.residual(static_cast<std::size_t>(f), parameters_,
                      {residuals.data() + f * d, static_cast<std::size_t>(d)});
      lengths.push_back(residuals.row(f).norm());
    }
    // The median length of d normal values is sqrt(d - 2/3) deviations, to a few per cent.
    const double typical = statistics::median(lengths) / std::sqrt(static_cast<double>(d) - 2.0 / 3);
    const double limit = std::max(settings_.gross_outlier_mm, 6 * typical);
    chosen_.clear();
    for (std::size_t f = 0; f < model_.frames(); ++f) {
      used_[f] = lengths[f] <= limit ? 1 : 0;
      if (used_[f] != 0) chosen_.push_back(f);
    }
    if (chosen_.size() < fewest_frames)
      throw ComputationError("only {} frames agree with a target at one place; expected at least {}",
                             chosen_.size(), fewest_frames);
    deviation_.clear();
    for (Eigen::Index k = 0; k < d; ++k) {
      std::vector<double> sizes;
      for (const std::size_t f : chosen_)
        sizes.push_back(std::abs(residuals(static_cast<Eigen::Index>(f), k)));
      deviation_.push_back(std::max(1.4826 * statistics::median(sizes), least_deviation_mm));
    }
    const Eigen::Map<const Eigen::VectorXd> scale(deviation_.data(), d);
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(d, d);
    for (const std::size_t f : chosen_) {
      const Eigen::VectorXd z = residuals.row(static_cast<Eigen::Index>(f)).transpose().cwiseQuotient(scale);
      sum += z * z.transpose() / (1 + z.squaredNorm() / (cauchy * cauchy));
    }
    const Eigen::VectorXd root = sum.diagonal().cwiseSqrt().cwiseMax(1e-12);
    Eigen::MatrixXd covariance = 0.98 * sum.cwiseQuotient(root * root.transpose());
    covariance.diagonal().setOnes();
    covariance = scale.asDiagonal() * covariance * scale.asDiagonal();
    whitening_ = Eigen::MatrixXd::Identity(d, d);
    const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
    factor.matrixL().solveInPlace(whitening_);
  }

  /// Of the residuals' variance along u and v. Third differences of successive frames leave noise and hardly
  /// any motion; what is left of the motion is in the measured places and in the expected ones, which know
  /// the tracker alone, and goes out when their variances are subtracted. With the variance of the residuals,
  /// the sum of both noises, that gives each.
  std::array<double, 2> image_share() const {
    constexpr std::array<double, 4> weights{1, -3, 3, -1};
    constexpr double squares = 20;
    constexpr std::size_t fewest = 20;
    std::array<double, 2> share{0.5, 0.5};
    for (std::size_t axis = 0; axis < 2; ++axis) {
      std::vector<Place> places;
      std::vector<double> errors;
      for (const std::size_t f : chosen_) {
        places.push_back(place_in_image(f, axis));
        errors.push_back(std::abs(places.back().measured - places.back().expected));
      }
      // A few frames with wrong places must not pass for noise of the image.
      const double limit = 3 * 1.4826 * statistics::median(errors);
      double both = 0;
      double kept = 0;
      double difference = 0;
      double runs = 0;
      for (std::size_t i = 0; i < places.size(); ++i) {
        if (errors[i] <= limit) {
          both += errors[i] * errors[i];
          ++kept;
        }
        if (i < 3 || places[i].frame != places[i - 3].frame + 3) continue;
        if (*std::max_element(&errors[i - 3], &errors[i] + 1) > limit) continue;
        double measured = 0;
        double expected = 0;
        for (std::size_t w = 0; w < 4; ++w) {
          measured += weights[w] * places[i - w].measured;
          expected += weights[w] * places[i - w].expected;
        }
        difference += (measured * measured - expected * expected) / squares;
        ++runs;
      }
      if (runs >= fewest && both > 0)
        share[axis] = std::clamp((1 + difference / runs / (both / kept)) / 2, 0.0, 1.0);
    }
    return share;
  }

  /// Where a frame has the target along u (0) or v (1), in pixels.
  struct Place {
    std::size_t frame = 0;
    double measured = 0;
    double expected = 0;
  };
  Place place_in_image(std::size_t f, std::size_t axis) const {
    const TargetModel::Seen seen = model_.seen(f, parameters_);
    Place place{model_.frame(f).frame, 0, 0};
    const auto count = static_cast<double>(seen.measured.size());
    for (std::size_t k = 0; k < seen.measured.size(); ++k) {
      place.measured += (axis == 0 ? seen.measured[k].u : seen.measured[k].v) / count;
      place.expected += (axis == 0 ? seen.expected[k].u : seen.expected[k].v) / count;
    }
    return place;
  }

  /// False when the motion lets the pixels shrink to nothing or grow without bound.
  bool try_to_fit() {
    try {
      fit();
      return true;
    } catch (const ComputationError&) {
      return false;
    }
  }

  TargetRefinement undetermined() const {
    TargetRefinement r;
    r.parameters = model_.start();
    r.image_to_probe = model_.image_to_probe(r.parameters);
    r.place = model_.place(r.parameters);
    r.used = used_;
    r.weakest.half_width_mm = std::numeric_limits<double>::infinity();
    return r;
  }

  void fit() {
    statistics::LeastSquares problem;
    problem.start = parameters_;
    problem.step = model_.steps();
    problem.fixed = fixed_;
    problem.observations = chosen_.size();
    problem.dimension = model_.dimension();
    problem.cauchy_scale = cauchy;
    std::vector<double> plain(model_.dimension());
    problem.residual = [&](std::size_t i, std::span<const double> p, std::span<double> out) {
      if (!(p[target_pixel_u] > 1e-6) || !(p[target_pixel_v] > 1e-6)) {
        std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
        return;
      }
      model_.residual(chosen_[i], complete(p), plain);
      const Eigen::Map<const Eigen::VectorXd> r(plain.data(), dimension());
      Eigen::Map<Eigen::VectorXd>(out.data(), dimension()) = whitening_ * r;
    };
    solution_ = statistics::minimize(problem);
    parameters_ = complete(solution_.parameters);
  }

  Eigen::Map<const RowMajor> jacobian(std::size_t i) const {
    return {solution_.jacobian.data() + i * model_.dimension() * target_parameters, dimension(),
            static_cast<Eigen::Index>(target_parameters)};
  }

  std::vector<Eigen::Index> free() const {
    std::vector<Eigen::Index> all;
    for (std::size_t k = 0; k < target_parameters; ++k)
      if (fixed_[k] == 0) all.push_back(static_cast<Eigen::Index>(k));
    return all;
  }

  /// What frames [first, last) of those chosen say about the free parameters. The curvature is that of the
  /// loss, Jᵀ (w + 2 w' r rᵀ) J.
  FrameInformation information(std::size_t first, std::size_t last) const {
    const std::vector<Eigen::Index> kept = free();
    const auto count = static_cast<Eigen::Index>(kept.size());
    FrameInformation sum{Eigen::MatrixXd::Zero(count, count), Eigen::VectorXd::Zero(count)};
    for (std::size_t i = first; i < last; ++i) {
      const Eigen::MatrixXd j = jacobian(i)(Eigen::all, kept);
      const Eigen::VectorXd r =
          Eigen::Map<const Eigen::VectorXd>(solution_.residuals.data() + i * model_.dimension(), dimension());
      const double w = solution_.weights[i];
      const Eigen::MatrixXd inner = w * Eigen::MatrixXd::Identity(dimension(), dimension()) -
                                    2 * std::pow(w / cauchy, 2) * r * r.transpose();
      sum.curvature += j.transpose() * inner * j;
      sum.score += w * j.transpose() * r;
    }
    return sum;
  }

  WeakDirection weakest(double t) const {
    const std::vector<Eigen::Index> kept = free();
    const std::vector<double> reach = model_.reach_mm(shape_);
    Eigen::VectorXd scale(static_cast<Eigen::Index>(kept.size()));
    for (std::size_t k = 0; k < kept.size(); ++k)
      scale[static_cast<Eigen::Index>(k)] = 1 / reach[static_cast<std::size_t>(kept[k])];
    const Eigen::MatrixXd all = information(0, chosen_.size()).curvature;
    const Eigen::MatrixXd inside = scale.asDiagonal() * all * scale.asDiagonal();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> values(inside);
    WeakDirection weak;
    // Data without noise must not make a hopeless motion look good.
    const double largest = *std::max_element(deviation_.begin(), deviation_.end());
    const double factor = std::max(1.0, honest_deviation_mm / largest);
    weak.half_width_mm = t * factor / std::sqrt(std::max(values.eigenvalues()[0], 1e-12));
    const Eigen::VectorXd v = values.eigenvectors().col(0);
    for (std::size_t k = 0; k < kept.size(); ++k)
      weak.share[static_cast<std::size_t>(kept[k])] = std::pow(v[static_cast<Eigen::Index>(k)], 2);
    // Parameters 0 to 5 are always free, in this order.
    const Matrix4 to_image = inverse(rigid_parts(model_.image_to_probe(parameters_)).rigid);
    weak.rotation_image = transform_vector(to_image, {v[0], v[1], v[2]});
    weak.translation_image = transform_vector(to_image, {v[3], v[4], v[5]});
    return weak;
  }

  void add_spread(TargetRefinement& r) const {
    const std::vector<Eigen::Index> kept = free();
    const auto count = static_cast<Eigen::Index>(kept.size());
    std::vector<FrameInformation> groups;
    Eigen::MatrixXd total = Eigen::MatrixXd::Zero(count, count);
    // A rest that makes no group joins the last one.
    const std::size_t full = chosen_.size() / r.frames_per_group;
    for (std::size_t g = 0; g < full; ++g) {
      const std::size_t last = g + 1 == full ? chosen_.size() : (g + 1) * r.frames_per_group;
      groups.push_back(information(g * r.frames_per_group, last));
      total += groups.back().curvature;
    }
    const Eigen::MatrixXd covariance = covariance_of_groups(groups, Eigen::MatrixXd::Zero(count, count));
    const double t = statistics::student_t_quantile(0.975, std::max(static_cast<double>(full) - 1, 1.0));
    r.covariance.assign(target_parameters * target_parameters, 0);
    for (Eigen::Index a = 0; a < count; ++a) {
      const auto row = static_cast<std::size_t>(kept[static_cast<std::size_t>(a)]);
      r.half_width_95[row] = t * std::sqrt(covariance(a, a));
      for (Eigen::Index b = 0; b < count; ++b)
        r.covariance[row * target_parameters + static_cast<std::size_t>(kept[static_cast<std::size_t>(b)])] =
            covariance(a, b);
    }
    if (settings_.isotropic) r.half_width_95[target_pixel_v] = r.half_width_95[target_pixel_u];
    r.distance_half_width_mm = t * deviation_of_distance(r.covariance);
    leave_out(r, total.llt().solve(Eigen::MatrixXd::Identity(count, count)), kept);
  }

  /// Of the wall's distance from the origin, which its tilts change as well.
  double deviation_of_distance(const std::vector<double>& covariance) const {
    const std::vector<double> steps = model_.steps();
    std::array<double, 3> slope{};
    for (std::size_t k = 0; k < 3; ++k) {
      std::vector<double> p = parameters_;
      const auto distance = [&](double by) {
        p[target_place_1 + k] = parameters_[target_place_1 + k] + by;
        const TargetPlace place = model_.place(p);
        return dot(place.point_mm, place.normal);
      };
      const double step = steps[target_place_1 + k];
      slope[k] = (distance(step) - distance(-step)) / (2 * step);
    }
    double variance = 0;
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t b = 0; b < 3; ++b)
        variance +=
            slope[a] * slope[b] * covariance[(target_place_1 + a) * target_parameters + target_place_1 + b];
    return std::sqrt(variance);
  }

  /// One Newton step from the solution with all frames to that without one.
  void leave_out(TargetRefinement& r, const Eigen::MatrixXd& inverse,
                 const std::vector<Eigen::Index>& kept) const {
    const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(inverse.rows(), inverse.cols());
    r.leave_one_out.assign(model_.frames(), parameters_);
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      const FrameInformation own = information(i, i + 1);
      const Eigen::MatrixXd rest = identity - own.curvature * inverse;
      const Eigen::VectorXd change = inverse * rest.partialPivLu().solve(own.score);
      std::vector<double> p = parameters_;
      for (std::size_t k = 0; k < kept.size(); ++k)
        p[static_cast<std::size_t>(kept[k])] += change[static_cast<Eigen::Index>(k)];
      r.leave_one_out[chosen_[i]] = complete(p);
    }
  }

  TargetRefinement result(const Grouping& together) const {
    const std::size_t length = together.frames;
    TargetRefinement r;
    r.image_to_probe = model_.image_to_probe(parameters_);
    r.place = model_.place(parameters_);
    r.pixel_mm = {parameters_[target_pixel_u], parameters_[target_pixel_v]};
    r.lag_s = parameters_[target_lag];
    r.parameters = parameters_;
    r.deviation_mm = deviation_;
    r.frames_per_group = length;
    r.errors_outlast = together.outlast;
    r.used = used_;
    r.converged = solution_.converged;
    const auto groups = static_cast<double>(chosen_.size() / length);
    r.weakest = weakest(statistics::student_t_quantile(0.975, std::max(groups - 1, 1.0)));
    r.half_width_95.fill(0);
    // Else the frames do not determine the parameters at all, and the weakest direction says so.
    if (solution_.conditioning > 1e-7) add_spread(r);
    return r;
  }

  TargetModel& model_;
  const FrameShape& shape_;
  const TargetRefinementSettings& settings_;
  std::vector<double> parameters_;
  std::vector<std::uint8_t> fixed_;
  std::vector<std::uint8_t> used_;
  std::vector<std::size_t> chosen_;  ///< frames that are used
  std::vector<double> deviation_;
  Eigen::MatrixXd whitening_;
  statistics::LeastSquaresSolution solution_;
};

}  // namespace

TargetRefinement refine_target(TargetModel& model, const FrameShape& shape,
                               const TargetRefinementSettings& settings) {
  return Solver(model, shape, settings).run();
}

}  // namespace snitt::calibration
