#pragma once
#include <array>
#include <vector>

#include "geometry/matrix.hpp"
#include "registration/centerline_index.hpp"
#include "registration/oriented_samples.hpp"

/// Local refinement of the rigid pose that puts samples onto center lines.
namespace snitt::registration {

/// Samples carried along by a rigid pose.
OrientedSample moved(const Matrix4& pose, const OrientedSample& sample);

/// Weighted differences from a line: minimise sum of w |P (x + d - foot)|², P taking away the part along the
/// line where it goes on at both sides (a sample may slide along a line at no cost).
struct PoseEquations {
  std::array<double, 36> normal{};  ///< row by row; turn about `center_mm`, then shift
  std::array<double, 6> gradient{};
  Vec3 center_mm;
};
void add_equation(Vec3 position_mm, const Match& match, double weight, PoseEquations& equations);
/// One Gauss-Newton step; directions without information stay where they are. How far it moves a sample at
/// `radius_mm` from the center is put into `step_mm`.
Matrix4 stepped(const Matrix4& pose, const PoseEquations& equations, double radius_mm, double& step_mm);

struct CenterlineFit {
  Matrix4 pose;           ///< maps the samples to the lines
  double score_mm = 0;    ///< the less the better; see trimmed_fit and robust_fit
  double rms_mm = 0;      ///< of the distances of the samples that are kept
  double kept_share = 1;  ///< of the samples
  bool converged = false;
  int iterations = 0;
};

/// Geman and McClure's loss with a scale that falls from `from_mm` to `to_mm`, so that a pose far off is
/// drawn by the whole and ends at what is near. The score is the root mean of r² / (1 + (r / to_mm)²).
CenterlineFit robust_fit(const OrientedSamples& samples, const CenterlineTarget& target, const Matrix4& start,
                         double from_mm, double to_mm, int iterations);

/// Trimmed iterative closest points. The share f that is kept is that with the least fractional distance
/// sqrt(mean of the f N least r²) / f^1.5, at least `least_share` (Phillips, Liu and Tomasi 2007, 3DIM: a
/// sample is let go when keeping it costs more than losing it). Of distances across a line that are normal in
/// both directions the power 1.5 keeps 97 %, 1 would keep 86 %, and from 2 on outliers stay. The share is
/// chosen anew at every step, and the alternation falls. The fractional distance at the end is the score.
CenterlineFit trimmed_fit(const OrientedSamples& samples, const CenterlineTarget& target,
                          const Matrix4& start, double least_share, int iterations);

/// What the trimmed fit keeps: [sample] 1 or 0, with the matches at `pose`.
struct KeptMatches {
  std::vector<Match> matches;
  std::vector<double> distance_mm;  ///< [sample], across the line where it goes on
  std::vector<std::uint8_t> kept;
  double kept_share = 0;
  double rms_mm = 0;
  double fractional_mm = 0;
};
KeptMatches kept_matches(const OrientedSamples& samples, const CenterlineTarget& target, const Matrix4& pose,
                         double least_share);

}  // namespace snitt::registration
