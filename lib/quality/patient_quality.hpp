#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/table.hpp"
#include "data/volume.hpp"
#include "quality/body_section.hpp"
#include "quality/global_noise.hpp"
#include "quality/noise_power.hpp"
#include "quality/observer.hpp"
#include "quality/skin_edge.hpp"
#include "quality/transfer_function.hpp"
#include "quality/uniform_patches.hpp"

/// Image quality of patient CT: noise, its texture, resolution, contrast, detectability, and the size of the
/// patient beside, because noise can only be compared at equal size.
namespace snitt::quality {

struct PatientQualityOptions {
  BodyOptions body;
  GlobalNoiseOptions noise;
  PatchOptions patches;
  SkinEdgeOptions skin;
  std::vector<DetectionTask> tasks;
  ObserverOptions observer;
  double anisotropic_from = 1.3;  ///< ratio of the noise between rows and columns that speaks of streaks
  bool noise_map = false;
};

struct SliceQuality {
  std::size_t slice = 0;
  double z_mm = 0;
  BodySection body;
  GlobalNoise noise;
  std::string left_out;  ///< why the slice is not in the means: "no body", "metal", …; "" when it is
  bool streaks = false;
  std::size_t patches = 0;  ///< that went into the noise power spectrum
  std::size_t skin_segments = 0;
  double skin_f50_per_mm;
  double skin_f10_per_mm;
  std::vector<double> detectability;  ///< [task], with the texture and resolution of the series
  SliceQuality();
};

struct PatientQuality {
  std::vector<SliceQuality> slices;            ///< in the order of the volume
  std::optional<NoisePower> noise_power;       ///< of all patches
  std::optional<TransferFunction> resolution;  ///< median of the slices' at every frequency
  CalibrationRecord record;
  std::optional<Volume> noise_map;  ///< float32 HU; 0 outside of the body
};

/// "disk_5mm_10hu": what columns and quantities of a task are called.
std::string name_of(const DetectionTask& task);
/// From "SHAPE:DIAMETER:CONTRAST", or "designer:DIAMETER:CONTRAST:EXPONENT". Throws UsageError naming the
/// text.
DetectionTask detection_task(const std::string& text);

/// Of `ct` in HU, `path` being its name in messages. Throws InputError as patient_size does.
PatientQuality patient_quality(const Volume& ct, const std::string& path,
                               const PatientQualityOptions& options, Monitor& monitor);

/// One row per slice.
Table quality_table(const PatientQuality& quality, const std::vector<DetectionTask>& tasks);

}  // namespace snitt::quality
