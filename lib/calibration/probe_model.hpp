#pragma once
#include <Eigen/Dense>
#include <span>
#include <vector>

#include "calibration/probe_refinement.hpp"

/// The equations behind the refinement; used by its own files only.
namespace snitt::calibration {

/// Distances of the points from their wires as functions of the parameters. Used from one thread at a time.
class ProbeModel {
 public:
  ProbeModel(std::span<const WireFrame> frames, const WireModel& model, const Matrix4& phantom_to_reference,
             const Matrix4& start);

  std::vector<double> start() const;
  /// About 1e-4 of a usual change of each parameter.
  static std::vector<double> steps();

  std::size_t frames() const { return frames_.size(); }
  std::size_t wires() const { return wires_.size(); }
  const Matrix4& nominal_phantom() const { return phantom_to_reference_; }
  /// Of all wires, phantom coordinates: the phantom turns about it.
  Vec3 phantom_middle() const { return phantom_middle_; }
  Matrix4 image_to_probe(std::span<const double> parameters) const;
  Matrix4 phantom_to_reference(std::span<const double> parameters) const;

  /// [wire, 2] of one frame, mm, across each wire.
  void residual(std::size_t frame, std::span<const double> parameters, std::span<double> out) const;

  /// Derivatives of that residual: by a shift of the points along u and v (mm) and by an error of the pose in
  /// the probe's frame (shift in mm, turn in rad about the middle of the image).
  struct Sensitivity {
    Eigen::MatrixXd point;  ///< [2 · wires, 2]: two rows of each wire belong together
    Eigen::MatrixXd pose;   ///< [2 · wires, 6]
  };
  Sensitivity sensitivity(std::size_t frame, std::span<const double> parameters) const;

 private:
  struct Wire {
    Vec3 at;
    Vec3 first;  ///< unit vectors across it
    Vec3 second;
  };
  Matrix4 probe_to_phantom(std::size_t frame, std::span<const double> parameters) const;

  /// A matrix that depends on some of the parameters, made anew only when these change: a derivative by one
  /// parameter leaves the matrices of the others as they are.
  struct Remembered {
    std::array<double, 8> parameters{};
    Matrix4 matrix;
    bool known = false;
  };
  template <typename Make>
  static const Matrix4& remember(Remembered& last, std::span<const double> parameters, const Make& make);

  std::span<const WireFrame> frames_;
  std::vector<Wire> wires_;
  Matrix4 phantom_to_reference_;
  Matrix4 start_rotation_;
  std::vector<double> start_;
  Vec3 phantom_middle_;
  mutable Remembered image_to_probe_;
  mutable Remembered reference_to_phantom_;
};

/// Whether all components agree within this share.
bool alike(const NoiseComponents& a, const NoiseComponents& b, double share);

/// Expectation-maximisation of the noise components at fixed parameters. `used`: [frame, wire].
NoiseComponents estimate_noise(const ProbeModel& model, std::span<const double> parameters,
                               std::span<const std::uint8_t> used, NoiseComponents start);

/// Inverse Cholesky factor of a frame's covariance, [2 · wires, 2 · wires]; rows of unused points are 0.
Eigen::MatrixXd whitening(const ProbeModel& model, std::size_t frame, std::span<const double> parameters,
                          std::span<const std::uint8_t> used, const NoiseComponents& noise);

}  // namespace snitt::calibration
