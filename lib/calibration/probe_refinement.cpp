#include "calibration/probe_refinement.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "calibration/frame_groups.hpp"
#include "calibration/probe_model.hpp"
#include "statistics/distributions.hpp"
#include "statistics/least_squares.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

/// Rounds of estimating the noise and solving with it; changes after the third are far below the intervals.
constexpr int rounds = 4;

class Solver {
 public:
  Solver(std::span<const WireFrame> frames, const WireModel& wires, const Matrix4& phantom_to_reference,
         const Matrix4& linear, const RefinementSettings& settings)
      : frames_(frames),
        model_(frames, wires, phantom_to_reference, linear),
        settings_(settings),
        parameters_(model_.start()),
        used_(frames.size() * wires.wires(), 1),
        phantom_points_(settings.phantom.landmarks_mm) {
    for (std::size_t w = 0; phantom_points_.size() < 6 && w < wires.wires(); ++w) {
      phantom_points_.push_back(wires.wire(w).front_mm);
      phantom_points_.push_back(wires.wire(w).back_mm);
    }
    if (settings.isotropic)
      parameters_[pixel_u] = parameters_[pixel_v] = (parameters_[pixel_u] + parameters_[pixel_v]) / 2;
  }

  Refinement run() {
    fit_points();
    NoiseComponents noise;
    for (int round = 0; round < rounds; ++round) {
      const NoiseComponents before = noise;
      const double effect_before = design_effect_;
      noise = estimate_noise(model_, parameters_, used_, noise);
      fit_frames(noise);
      design_effect_ = design_effect();
      if (alike(noise, before, 0.02) && std::abs(design_effect_ - effect_before) < 0.02 * effect_before)
        break;
    }
    return result(noise);
  }

 private:
  std::vector<std::uint8_t> fixed() const {
    std::vector<std::uint8_t> fixed(refined_parameters, 0);
    if (settings_.isotropic) fixed[pixel_v] = 1;  // follows pixel_u
    if (settings_.phantom.landmarks_mm.empty())
      for (std::size_t k = phantom_rotation_x; k <= phantom_z; ++k) fixed[k] = 1;
    if (!settings_.estimate_lag) fixed[lag] = 1;
    return fixed;
  }

  /// The parameters as the model wants them.
  std::vector<double> complete(std::span<const double> p) const {
    std::vector<double> all(p.begin(), p.end());
    if (settings_.isotropic) all[pixel_v] = all[pixel_u];
    return all;
  }

  statistics::LeastSquares problem() const {
    statistics::LeastSquares problem;
    problem.start = parameters_;
    problem.step = ProbeModel::steps();
    problem.fixed = fixed();
    return problem;
  }

  /// Shift of a landmark against its registered place, in units of its error.
  void landmark_residual(std::size_t landmark, std::span<const double> p, std::span<double> out) const {
    const Vec3 at = settings_.phantom.landmarks_mm[landmark];
    const Vec3 shift =
        transform_point(model_.phantom_to_reference(p), at) - transform_point(model_.nominal_phantom(), at);
    for (std::size_t i = 0; i < 3; ++i)
      out[i] = std::sqrt(design_effect_) * shift[i] / settings_.phantom.error_mm;
  }

  /// Every point by itself with a loss that lets go of outliers; then takes the gross ones out.
  void fit_points() {
    const std::size_t wires = model_.wires();
    std::vector<double> frame(2 * wires);
    const auto distances = [&](std::span<const double> p) {
      std::vector<double> all;
      for (std::size_t f = 0; f < model_.frames(); ++f) {
        model_.residual(f, p, frame);
        for (std::size_t w = 0; w < wires; ++w) all.push_back(std::hypot(frame[2 * w], frame[2 * w + 1]));
      }
      return all;
    };
    // The median of a distance in the plane is 1.177 deviations.
    const double deviation = std::max(statistics::median(distances(parameters_)) / 1.177, 1e-3);
    statistics::LeastSquares fit = problem();
    fit.observations = model_.frames() + settings_.phantom.landmarks_mm.size();
    fit.dimension = std::max<std::size_t>(2 * wires, 3);
    // One observation per frame, its points weighed by hand: the loss must act on points.
    const std::vector<double> before = distances(parameters_);
    std::vector<double> weight;
    for (const double d : before)
      weight.push_back(1 / std::sqrt(1 + std::pow(d / (3 * deviation), 2)) / deviation);
    fit.residual = [&, wires](std::size_t i, std::span<const double> p, std::span<double> out) {
      std::fill(out.begin(), out.end(), 0.0);
      const std::vector<double> all = complete(p);
      if (i >= model_.frames()) return landmark_residual(i - model_.frames(), all, out);
      model_.residual(i, all, out);
      for (std::size_t w = 0; w < wires; ++w)
        for (std::size_t k = 0; k < 2; ++k) out[2 * w + k] *= weight[i * wires + w];
    };
    parameters_ = complete(statistics::minimize(fit).parameters);
    const std::vector<double> after = distances(parameters_);
    const double limit = std::max(settings_.gross_outlier_mm, 6 * statistics::median(after) / 1.177);
    for (std::size_t i = 0; i < used_.size(); ++i) used_[i] = after[i] <= limit ? 1 : 0;
  }

  /// All points of a frame together, weighed by their common covariance.
  void fit_frames(const NoiseComponents& noise) {
    factors_.clear();
    for (std::size_t f = 0; f < model_.frames(); ++f)
      factors_.push_back(whitening(model_, f, parameters_, used_, noise));
    statistics::LeastSquares fit = problem();
    const std::size_t rows = 2 * model_.wires();
    fit.observations = model_.frames() + settings_.phantom.landmarks_mm.size();
    fit.dimension = std::max<std::size_t>(rows, 3);
    std::vector<double> plain(rows);
    fit.residual = [&](std::size_t i, std::span<const double> p, std::span<double> out) {
      std::fill(out.begin(), out.end(), 0.0);
      const std::vector<double> all = complete(p);
      if (i >= model_.frames()) return landmark_residual(i - model_.frames(), all, out);
      model_.residual(i, all, plain);
      const Eigen::Map<const Eigen::VectorXd> r(plain.data(), static_cast<Eigen::Index>(rows));
      Eigen::Map<Eigen::VectorXd>(out.data(), static_cast<Eigen::Index>(rows)) = factors_[i] * r;
    };
    solution_ = statistics::minimize(fit);
    parameters_ = complete(solution_.parameters);
  }

  Grouping grouping() const {
    const std::vector<Eigen::Index> free = free_parameters();
    std::vector<FrameInformation> frames;
    for (std::size_t f = 0; f < model_.frames(); ++f) frames.push_back(information(f, f + 1, free));
    return group_frames(frames);
  }

  Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> jacobian(
      std::size_t observation) const {
    const std::size_t dimension = std::max<std::size_t>(2 * model_.wires(), 3);
    return {solution_.jacobian.data() + observation * dimension * refined_parameters,
            static_cast<Eigen::Index>(dimension), static_cast<Eigen::Index>(refined_parameters)};
  }
  Eigen::Map<const Eigen::VectorXd> residual(std::size_t observation) const {
    const std::size_t dimension = std::max<std::size_t>(2 * model_.wires(), 3);
    return {solution_.residuals.data() + observation * dimension, static_cast<Eigen::Index>(dimension)};
  }

  std::vector<Eigen::Index> free_parameters() const {
    std::vector<Eigen::Index> free;
    const std::vector<std::uint8_t> held = fixed();
    for (std::size_t k = 0; k < refined_parameters; ++k)
      if (held[k] == 0) free.push_back(static_cast<Eigen::Index>(k));
    return free;
  }

  /// What frames [first, last) say about the free parameters.
  FrameInformation information(std::size_t first, std::size_t last,
                               const std::vector<Eigen::Index>& free) const {
    const auto count = static_cast<Eigen::Index>(free.size());
    FrameInformation sum{Eigen::MatrixXd::Zero(count, count), Eigen::VectorXd::Zero(count)};
    for (std::size_t i = first; i < last; ++i) {
      const Eigen::MatrixXd j = jacobian(i)(Eigen::all, free);
      sum.curvature += j.transpose() * j;
      sum.score += j.transpose() * residual(i);
    }
    return sum;
  }

  /// How many frames with errors that go together count as one (Kish 1965): the mean ratio of the variance of
  /// the scores of whole groups to what independent frames would give. The frames are weighed against the
  /// landmarks by it, so that many frames with one and the same error do not overrule a registration.
  double design_effect() const {
    const std::vector<Eigen::Index> free = free_parameters();
    const std::size_t frames = model_.frames();
    const std::size_t length = grouping().frames;
    const FrameInformation all = information(0, frames, free);
    const Eigen::VectorXd mean = all.score / static_cast<double>(frames);
    Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(all.score.size(), all.score.size());
    for (std::size_t first = 0; first < frames; first += length) {
      const std::size_t last = std::min(first + length, frames);
      const Eigen::VectorXd score =
          information(first, last, free).score - static_cast<double>(last - first) * mean;
      meat += score * score.transpose();
    }
    const Eigen::MatrixXd ratio = all.curvature.ldlt().solve(meat);
    return std::max(1.0, ratio.trace() / static_cast<double>(ratio.rows()));
  }

  void add_spread(Refinement& r) const {
    const std::vector<Eigen::Index> free = free_parameters();
    const auto count = static_cast<Eigen::Index>(free.size());
    const std::size_t frames = model_.frames();
    // What the landmarks contribute is known beforehand; their residuals, pulled to 0, would hide it.
    const FrameInformation landmarks =
        information(frames, frames + settings_.phantom.landmarks_mm.size(), free);
    const Grouping together = grouping();
    r.frames_per_group = together.frames;
    r.errors_outlast = together.outlast;
    std::vector<FrameInformation> groups;
    Eigen::MatrixXd total = landmarks.curvature;
    for (std::size_t first = 0; first < frames; first += r.frames_per_group) {
      groups.push_back(information(first, std::min(first + r.frames_per_group, frames), free));
      total += groups.back().curvature;
    }
    const Eigen::MatrixXd covariance = covariance_of_groups(groups, landmarks.curvature, design_effect_);
    const double degrees = std::max(static_cast<double>(groups.size()) - 1, 1.0);
    const double t = statistics::student_t_quantile(0.975, degrees);
    r.covariance.assign(refined_parameters * refined_parameters, 0);
    for (Eigen::Index a = 0; a < count; ++a) {
      const auto row = static_cast<std::size_t>(free[static_cast<std::size_t>(a)]);
      r.half_width_95[row] = t * std::sqrt(covariance(a, a));
      for (Eigen::Index b = 0; b < count; ++b)
        r.covariance[row * refined_parameters + static_cast<std::size_t>(free[static_cast<std::size_t>(b)])] =
            covariance(a, b);
    }
    if (settings_.isotropic) r.half_width_95[pixel_v] = r.half_width_95[pixel_u];
    leave_out(r, total.llt().solve(Eigen::MatrixXd::Identity(count, count)), free);
  }

  /// One Newton step from the solution with all frames to that without one.
  void leave_out(Refinement& r, const Eigen::MatrixXd& inverse, const std::vector<Eigen::Index>& free) const {
    const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(inverse.rows(), inverse.cols());
    for (std::size_t f = 0; f < model_.frames(); ++f) {
      const FrameInformation own = information(f, f + 1, free);
      const Eigen::MatrixXd rest = identity - own.curvature * inverse;
      const Eigen::VectorXd change = inverse * rest.partialPivLu().solve(own.score);
      std::vector<double> p = parameters_;
      for (std::size_t k = 0; k < free.size(); ++k)
        p[static_cast<std::size_t>(free[k])] += change[static_cast<Eigen::Index>(k)];
      r.leave_one_out.push_back(model_.image_to_probe(complete(p)));
    }
  }

  std::vector<double> whitened(std::size_t frame, std::span<const double> p) const {
    std::vector<double> plain(2 * model_.wires());
    model_.residual(frame, p, plain);
    const auto rows = static_cast<Eigen::Index>(plain.size());
    const Eigen::VectorXd white = factors_[frame] * Eigen::Map<const Eigen::VectorXd>(plain.data(), rows);
    return {white.begin(), white.end()};
  }

  /// What a frame says about the image and the phantom's place together, whatever was held fixed.
  FrameInformation free_information(std::size_t frame, const std::vector<std::size_t>& parameters) const {
    const auto rows = static_cast<Eigen::Index>(2 * model_.wires());
    Eigen::MatrixXd j(rows, static_cast<Eigen::Index>(parameters.size()));
    const std::vector<double> steps = ProbeModel::steps();
    std::vector<double> p = parameters_;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const std::size_t which = parameters[k];
      p[which] += steps[which];
      const std::vector<double> above = whitened(frame, complete(p));
      p[which] -= 2 * steps[which];
      const std::vector<double> below = whitened(frame, complete(p));
      p[which] = parameters_[which];
      for (Eigen::Index row = 0; row < rows; ++row)
        j(row, static_cast<Eigen::Index>(k)) =
            (above[static_cast<std::size_t>(row)] - below[static_cast<std::size_t>(row)]) /
            (2 * steps[which]);
    }
    const std::vector<double> here = whitened(frame, parameters_);
    return {j.transpose() * j, j.transpose() * Eigen::Map<const Eigen::VectorXd>(here.data(), rows)};
  }

  /// How far the frames alone would put the phantom from its registration (one Newton step with everything
  /// free), against what both leave open: chi-squared with 6 degrees of freedom. A result that holds the
  /// phantom cannot show this by itself: the contradiction hides in the noise.
  double phantom_disagreement(std::size_t frames_per_group) const {
    constexpr double least_error_mm = 0.2;  // nothing is registered better
    std::vector<std::size_t> parameters;
    for (std::size_t k = rotation_x; k <= phantom_z; ++k)
      if (!(settings_.isotropic && k == pixel_v)) parameters.push_back(k);
    const auto count = static_cast<Eigen::Index>(parameters.size());
    std::vector<FrameInformation> groups;
    Eigen::MatrixXd curvature = Eigen::MatrixXd::Zero(count, count);
    Eigen::VectorXd score = Eigen::VectorXd::Zero(count);
    for (std::size_t f = 0; f < model_.frames(); ++f) {
      const FrameInformation own = free_information(f, parameters);
      curvature += own.curvature;
      score += own.score;
      if (f % frames_per_group == 0) {
        groups.push_back(own);
        continue;
      }
      groups.back().curvature += own.curvature;
      groups.back().score += own.score;
    }
    Eigen::VectorXd place = -curvature.ldlt().solve(score).tail(6);
    for (std::size_t k = 0; k < 6; ++k)
      place[static_cast<Eigen::Index>(k)] += parameters_[phantom_rotation_x + k];
    // The scores' own mean is the step, not noise.
    const Eigen::VectorXd mean = score / static_cast<double>(model_.frames());
    for (std::size_t g = 0; g < groups.size(); ++g)
      groups[g].score -=
          static_cast<double>(std::min(frames_per_group, model_.frames() - g * frames_per_group)) * mean;
    const Eigen::MatrixXd spread = covariance_of_groups(groups, Eigen::MatrixXd::Zero(count, count));
    const double error = std::max(settings_.phantom.error_mm, least_error_mm);
    Eigen::MatrixXd known = Eigen::MatrixXd::Zero(6, 6);
    for (const Vec3 point : phantom_points_) {
      const Vec3 arm = point - model_.phantom_middle();
      for (std::size_t row = 0; row < 3; ++row) {
        Eigen::VectorXd moves(6);
        for (std::size_t k = 0; k < 3; ++k) {
          Vec3 axis;
          axis[k] = 1;
          moves[static_cast<Eigen::Index>(k)] = cross(axis, arm)[row];
          moves[static_cast<Eigen::Index>(3 + k)] = axis[row];
        }
        known += moves * moves.transpose() / (error * error);
      }
    }
    const Eigen::MatrixXd open = spread.bottomRightCorner(6, 6) + Eigen::MatrixXd(known.inverse());
    return place.dot(open.ldlt().solve(place));
  }

  Refinement result(const NoiseComponents& noise) const {
    if (solution_.conditioning < 1e-6)
      throw ComputationError(
          "the frames do not determine the calibration: the probe was held in one direction only; expected a "
          "recording with the probe moved and tilted over the phantom");
    Refinement r;
    r.image_to_probe = model_.image_to_probe(parameters_);
    r.phantom_to_reference = model_.phantom_to_reference(parameters_);
    r.pixel_mm = {parameters_[pixel_u], parameters_[pixel_v]};
    r.lag_s = parameters_[lag];
    r.noise = noise;
    r.design_effect = design_effect_;
    r.phantom_chi_squared = phantom_disagreement(r.frames_per_group);
    r.conditioning = solution_.conditioning;
    r.converged = solution_.converged;
    r.used = used_;
    std::vector<double> frame(2 * model_.wires());
    for (std::size_t f = 0; f < model_.frames(); ++f) {
      model_.residual(f, parameters_, frame);
      for (std::size_t w = 0; w < model_.wires(); ++w)
        r.residual_mm.push_back({frame[2 * w], frame[2 * w + 1]});
    }
    add_spread(r);
    return r;
  }

  std::span<const WireFrame> frames_;
  ProbeModel model_;
  const RefinementSettings& settings_;
  std::vector<double> parameters_;
  std::vector<std::uint8_t> used_;
  double design_effect_ = 1;
  std::vector<Eigen::MatrixXd> factors_;  ///< [frame], of the last fit
  std::vector<Vec3> phantom_points_;      ///< landmarks, or the wires' ends
  statistics::LeastSquaresSolution solution_;
};

}  // namespace

Refinement refine(std::span<const WireFrame> frames, const WireModel& model,
                  const Matrix4& phantom_to_reference, const Matrix4& linear_image_to_probe,
                  const RefinementSettings& settings) {
  return Solver(frames, model, phantom_to_reference, linear_image_to_probe, settings).run();
}

}  // namespace snitt::calibration
