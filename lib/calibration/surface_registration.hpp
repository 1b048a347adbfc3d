#pragma once
#include <string>
#include <vector>

#include "calibration/landmark_registration.hpp"
#include "calibration/surface_objects.hpp"

namespace snitt::calibration {

struct SurfaceOptions {
  double gate_mm = 10;    ///< a sample farther from every object than this is on the way; narrowed to five
                          ///< standard deviations as the placement improves
  double margin_mm = 10;  ///< how far beyond its described part a plane or line goes on
  std::size_t minimum_samples = 10;  ///< of an object that counts
  double good_rms_mm = 1;            ///< RMS distance from the objects beyond it is doubtful
  double good_center_mm = 0.5;       ///< half width of the 95 % interval of the place
  double good_angle_deg = 1;         ///< and of a tilt
};

struct SurfaceUse {
  std::size_t object = 0;  ///< of surface_objects
  std::size_t samples = 0;
  double mean_mm = 0;  ///< signed distance from a plane (along its normal), else the mean distance
  double rms_mm = 0;
};

struct SurfaceRegistration {
  PhantomPlacement placement;
  std::vector<SurfaceObject> objects;
  std::vector<SurfaceUse> uses;       ///< of the objects that samples lie on
  std::vector<int> object_of_sample;  ///< -1: on the way, an outlier, or not to be told between two objects
  std::vector<double> distance_mm;    ///< [sample] from its object; NaN without one
  std::size_t samples_used = 0;
  double rms_mm = 0;
  double residual_correlation = 0;  ///< of neighbouring samples; the intervals allow for it
  double firmness = 0;              ///< see Firmness::least
  std::vector<std::string> reasons;
};

/// Places a phantom so that samples of the tip (mm, in Reference, in the order of time) lie on its planes and
/// lines. Each sample belongs to the nearest object; as the placement improves the gate narrows (iterated
/// closest points, Besl and McKay 1992, with Cauchy's loss). `start` must be right to about half the distance
/// between parallel objects. Throws ComputationError when no sample is near an object, when the samples do
/// not fit, and when the objects leave a direction or turn free, which is named.
SurfaceRegistration register_surfaces(const std::vector<Vec3>& tip_mm, const PhantomDefinition& phantom,
                                      const Matrix4& start, const SurfaceOptions& options = {});

/// The same with the object of each sample given by name ("" on the way): no start is needed. It is taken
/// from the means of the samples and the middles of their objects. Throws InputError for unknown names.
SurfaceRegistration register_surfaces(const std::vector<Vec3>& tip_mm, const PhantomDefinition& phantom,
                                      const std::vector<std::string>& object_of_sample,
                                      const SurfaceOptions& options = {});

}  // namespace snitt::calibration
