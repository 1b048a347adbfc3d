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
      fit(1);
    }
    const std::size_t length = frames_per_group(solution_.residuals, model_.dimension());
    fit(length);
    return result(length);
  }

 private:
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

  void fit(std::size_t group_length) {
    statistics::LeastSquares problem;
    problem.start = parameters_;
    problem.step = model_.steps();
    problem.fixed = fixed_;
    problem.observations = chosen_.size();
    problem.dimension = model_.dimension();
    problem.cauchy_scale = cauchy;
    problem.group = groups_of(chosen_.size(), group_length);
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

  /// JᵀJ with the loss's weights.
  Eigen::MatrixXd information() const {
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(target_parameters, target_parameters);
    for (std::size_t i = 0; i < chosen_.size(); ++i)
      sum += solution_.weights[i] * jacobian(i).transpose() * jacobian(i);
    return sum;
  }

  WeakDirection weakest(double t) const {
    const std::vector<Eigen::Index> kept = free();
    const std::vector<double> reach = model_.reach_mm(shape_);
    Eigen::VectorXd scale(static_cast<Eigen::Index>(kept.size()));
    for (std::size_t k = 0; k < kept.size(); ++k)
      scale[static_cast<Eigen::Index>(k)] = 1 / reach[static_cast<std::size_t>(kept[k])];
    const Eigen::MatrixXd all = information();
    const Eigen::MatrixXd inside = scale.asDiagonal() * Eigen::MatrixXd(all(kept, kept)) * scale.asDiagonal();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> values(inside);
    WeakDirection weak;
    // Data without noise must not make a hopeless motion look good.
    const double smallest = *std::min_element(deviation_.begin(), deviation_.end());
    const double factor = std::max(1.0, honest_deviation_mm / smallest);
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

  /// One Newton step from the solution with all frames to that without one.
  void leave_out(TargetRefinement& r) const {
    const std::vector<Eigen::Index> kept = free();
    const Eigen::MatrixXd part = information()(kept, kept);
    Eigen::MatrixXd inverse = Eigen::MatrixXd::Zero(target_parameters, target_parameters);
    const Eigen::MatrixXd of_free = part.ldlt().solve(Eigen::MatrixXd::Identity(part.rows(), part.cols()));
    inverse(kept, kept) = of_free;
    r.leave_one_out.assign(model_.frames(), parameters_);
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      const auto j = jacobian(i);
      const double weight = solution_.weights[i];
      const Eigen::MatrixXd rest =
          Eigen::MatrixXd::Identity(dimension(), dimension()) - weight * (j * inverse * j.transpose());
      const Eigen::Map<const Eigen::VectorXd> residual(solution_.residuals.data() + i * model_.dimension(),
                                                       dimension());
      const Eigen::VectorXd change =
          weight * (inverse * (j.transpose() * rest.ldlt().solve(Eigen::VectorXd(residual))));
      std::vector<double> p = parameters_;
      for (std::size_t k = 0; k < target_parameters; ++k) p[k] += change[static_cast<Eigen::Index>(k)];
      r.leave_one_out[chosen_[i]] = complete(p);
    }
  }

  TargetRefinement result(std::size_t length) const {
    TargetRefinement r;
    r.image_to_probe = model_.image_to_probe(parameters_);
    r.place = model_.place(parameters_);
    r.pixel_mm = {parameters_[target_pixel_u], parameters_[target_pixel_v]};
    r.lag_s = parameters_[target_lag];
    r.parameters = parameters_;
    r.deviation_mm = deviation_;
    r.frames_per_group = length;
    r.used = used_;
    r.converged = solution_.converged;
    const auto groups = static_cast<double>(chosen_.size() / length);
    r.weakest = weakest(statistics::student_t_quantile(0.975, std::max(groups - 1, 1.0)));
    r.covariance = solution_.covariance;
    r.half_width_95.fill(std::numeric_limits<double>::infinity());
    for (std::size_t k = 0; k < target_parameters && !r.covariance.empty(); ++k)
      r.half_width_95[k] = fixed_[k] != 0 ? 0 : solution_.half_width_95(k);
    if (settings_.isotropic) r.half_width_95[target_pixel_v] = r.half_width_95[target_pixel_u];
    if (!r.covariance.empty()) leave_out(r);
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
