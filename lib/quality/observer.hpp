#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "quality/noise_power.hpp"
#include "quality/transfer_function.hpp"

/// How well a known object in known noise could be detected: d' of model observers (AAPM report 233).
namespace snitt::quality {

enum class TaskShape {
  disk,      ///< flat
  gaussian,  ///< diameter is the full width at half maximum
  designer   ///< C (1 - (r/R)^2)^n
};

struct DetectionTask {
  TaskShape shape = TaskShape::disk;
  double diameter_mm = 5;
  double contrast_hu = 10;
  double exponent = 1;  ///< n of the designer shape
};

/// HU of the task's object at a distance from its centre, without blur.
double task_value(const DetectionTask& task, double distance_mm);
/// Its Fourier transform W in HU mm^2, from the closed form (a Bessel function of order n + 1).
double task_transform(const DetectionTask& task, double frequency_per_mm);

enum class Observer {
  npw,  ///< non-prewhitening matched filter: d'^2 = [∬ W²T²]² / ∬ W²T² NPS
  npwe  ///< with eye filter and internal noise: d'^2 = [∬ W²T²E²]² / ∬ (W²T²E⁴ NPS + W²T²E² N_i)
};

/// E(rho) = rho^n exp(-c rho^a), rho in cycles per degree, divided by its maximum. Saunders' constants; c =
/// 0.98 are Eckstein's, n = 1.3, a = 2 and c = 0.04 Burgess's. E stands once for the filter, as in the
/// formulas above; programs differ in that.
struct EyeFilter {
  double n = 1.5;
  double a = 0.68;
  double c = 3.22;
  double viewing_distance_mm = 500;
  double display_pixel_mm = 0.2;
  double image_pixel_mm = 0.5;  ///< of the image that is shown, one pixel on zoom pixels of the display
  double zoom = 1;
  double at(double frequency_per_mm) const;
};

enum class Integration {
  /// Closed form of the task, radial mean of the noise, Gauss-Legendre quadrature between all frequencies at
  /// which they are given, up to the last at which both are: exact but for what interpolates them linearly.
  radial,
  /// Sums over the discrete transform of the sampled task; noise bilinear in its 2-D spectrum, 0 outside of
  /// it, and scaled to noise.noise_hu on that grid. With 300 points of 0.05 mm the definition of ImQuest.
  grid
};

struct ObserverOptions {
  Observer observer = Observer::npw;
  EyeFilter eye;
  double internal_noise = 0;  ///< alpha of N_i = alpha (D/1000)^2 N_0: D the viewing distance in mm, N_0 the
                              ///< mean of the spectrum inside of a tenth of its highest frequency
  Integration integration = Integration::radial;
  double grid_step_mm = 0.05;  ///< of the task's image
  std::size_t grid_size = 300;
};

/// The designer task on a grid of 300 points of 0.05 mm, observer without eye filter.
ObserverOptions imquest_observer();

/// d' of the task under the resolution and the noise given. Throws InputError for a task without size, noise
/// or resolution without values, and a task that does not fit on the grid.
double detectability(const DetectionTask& task, const TransferFunction& resolution, const NoisePower& noise,
                     const ObserverOptions& options = {});

/// Share of d' that rests on frequencies below `below_per_mm`: the larger one of the shares of its numerator
/// ∬ W²T²E² and denominator ∬ W²T²E⁴ NPS, by radial integration. Throws as detectability().
double share_below(double below_per_mm, const DetectionTask& task, const TransferFunction& resolution,
                   const NoisePower& noise, const ObserverOptions& options = {});

/// How far a spectrum from regions of a few centimetres carries d' of a task, whose low frequencies they
/// cannot show: empty, or what is doubtful, as the end of a sentence. It is where the task is wider than a
/// third of the region, or more than a tenth of d' rests on frequencies below one cycle per region.
std::string too_large_for_regions(const DetectionTask& task, const TransferFunction& resolution,
                                  const NoisePower& noise, const ObserverOptions& options = {});

/// Least noise that images of a scanner have; d' for less would be a number without meaning.
constexpr double least_noise_hu = 0.05;

}  // namespace snitt::quality
