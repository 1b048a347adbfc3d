#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

/// Non-linear least squares behind a plain interface: the one place that knows Ceres.
namespace snitt::statistics {

/// Minimise the sum over observations of loss(|r_i(p)|²) over the parameters p.
struct LeastSquares {
  std::vector<double> start;        ///< [parameter]
  std::vector<double> step;         ///< [parameter]: of the central differences, about 1e-4 of a usual change
  std::vector<std::uint8_t> fixed;  ///< [parameter]: 1 keeps it at its start; empty: none
  std::size_t observations = 0;
  std::size_t dimension = 1;  ///< residuals per observation
  /// Residual [dimension] of one observation; called often, from one thread.
  std::function<void(std::size_t observation, std::span<const double> parameters, std::span<double> residual)>
      residual;
  /// 0: plain squares. Else the scale c of Cauchy's loss c² log(1 + |r|²/c²): residuals far beyond it lose
  /// their pull.
  double cauchy_scale = 0;
  /// [observation]: observations of one group share an error (a pose, a frame); empty: all independent.
  std::vector<std::size_t> group;
  int maximum_iterations = 200;
};

struct LeastSquaresSolution {
  bool converged = false;
  std::string message;             ///< of the solver, when it did not
  std::vector<double> parameters;  ///< [parameter]
  std::vector<double> residuals;   ///< [observation, dimension], without loss
  std::vector<double> jacobian;    ///< [observation, dimension, parameter], 0 for fixed parameters
  std::vector<double> weights;     ///< [observation]: 1 for plain squares, less where the loss let go
  /// [parameter, parameter]; rows and columns of fixed parameters are 0. Plain squares of independent
  /// observations: s² (JᵀJ)⁻¹. With groups or a loss the sandwich estimate (Huber 1967; Liang and Zeger
  /// 1986) with the factor G/(G-1) (n-1)/(n-k), which holds whatever the correlation inside a group is.
  /// Empty when the observations do not determine the parameters.
  std::vector<double> covariance;
  double degrees = 0;  ///< of freedom for Student's quantile: groups - 1, or residuals - parameters
  /// Smallest over largest singular value of the Jacobian, its columns scaled to unit length: towards 0 some
  /// combination of parameters is not determined.
  double conditioning = 0;

  double deviation(std::size_t parameter) const;
  /// Half width of the 95 % interval of a parameter.
  double half_width_95(std::size_t parameter) const;
};

/// The same bits for any number of threads. Throws ComputationError for fewer residuals than free parameters
/// and for residuals at the start that are not finite.
LeastSquaresSolution minimize(const LeastSquares& problem);

}  // namespace snitt::statistics
