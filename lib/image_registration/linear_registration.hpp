#pragma once
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "image_registration/image_pair.hpp"
#include "image_registration/linear_metric.hpp"
#include "image_registration/linear_model.hpp"

namespace snitt::image_registration {

struct LinearOptions {
  LinearModel model = LinearModel::rigid;
  Metric metric = Metric::mi;
  std::size_t samples = 250'000;  ///< at the finest resolution; no more than there are voxels
  bool looks_around = true;       ///< starts the coarsest resolution from 12 places around the start too
  double tolerance_mm = 1e-3;     ///< steps shorter than this end the search at the finest resolution
};

/// One resolution of the search.
struct LinearLevel {
  double spacing_mm = 0;
  std::size_t samples = 0;
  double overlap = 0;  ///< share of the samples on the moving image, at the end
  double start = 0;    ///< metric
  double end = 0;
  int iterations = 0;
  bool has_converged = false;
};

struct LinearResult {
  Matrix4 fixed_to_moving;
  std::vector<LinearLevel> levels;  ///< coarsest first
  double at_start = 0;              ///< metric at the finest resolution where the search began
  double repeatability_mm = 0;      ///< see `register_linear`
  double agreeing_starts = 1;       ///< share of the starts around that end within a coarse voxel of the best
  bool is_at_border = false;        ///< the search ended where it was not allowed to go on
  Matrix4 elsewhere;                ///< best of the far starts at the coarsest resolution …
  double elsewhere_score = 0;       ///< … its score there, and that of the result; larger is better
  double own_score = 0;
  Vec3 center_mm;  ///< of the fixed samples
  double radius_mm = 1;
};

/// From `start` (fixed to moving, mm) to the best map of the model, resolution by resolution. The random part
/// of its error is measured by registering once more with each half of the samples alone: `repeatability_mm`
/// is half of how far the two lie apart, as the root mean square over the samples' places. Far starts
/// (header, centers, centers of mass) are tried at the coarsest resolution to learn whether the result might
/// be a local optimum only; they are not taken. Throws ComputationError when fewer than 500 samples or a
/// tenth of them fall on the moving image at the start.
LinearResult register_linear(const ImagePair& pair, const Matrix4& start, const LinearOptions& options,
                             Monitor& monitor);

/// Verdict, quantities and the table "resolutions".
CalibrationRecord linear_record(const ImagePair& pair, const Matrix4& start, const LinearOptions& options,
                                const LinearResult& result);

/// Root mean square distance between where two maps take places around `center` at `radius_mm`.
double distance_mm(const Matrix4& a, const Matrix4& b, Vec3 center, double radius_mm);

}  // namespace snitt::image_registration
