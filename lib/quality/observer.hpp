#pragma once
#include <cstdint>
#include <span>
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

enum class Observer {
  npw,  ///< non-prewhitening matched filter
  npwe  ///< with eye filter and internal noise
};

/// E(rho) = rho^n exp(-c rho^a), rho in cycles per degree.
struct EyeFilter {
  double n = 1.5;
  double a = 0.68;
  double c = 3.22;
  double viewing_distance_mm = 500;
  double display_pixel_mm = 0.2;
  double zoom = 1;
};

struct ObserverOptions {
  Observer observer = Observer::npw;
  EyeFilter eye;
  double internal_noise = 0;   ///< alpha of N_i = alpha (D/1000)^2 NPS(0), D in mm
  double grid_step_mm = 0.05;  ///< of the task's image
  std::size_t grid_size = 300;
};

/// d' of the task under the resolution and the noise given. Frequencies are integrated on the task's grid.
double detectability(const DetectionTask& task, const TransferFunction& resolution, const NoisePower& noise,
                     const ObserverOptions& options = {});

}  // namespace snitt::quality
