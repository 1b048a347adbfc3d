#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/spatial_transform.hpp"
#include "image_registration/image_pair.hpp"
#include "image_registration/linear_model.hpp"
#include "shell/registration_frames.hpp"
#include "shell/tool.hpp"

/// What the stages of snitt-register-images share.
namespace snitt::register_images {

struct Settings {
  std::string fixed;
  std::string moving;
  std::string output;
  std::string model = "rigid";
  std::string metric = "auto";
  std::string start = "auto";
  std::string start_transform;
  std::string preset = "default";
  std::optional<std::int64_t> samples;
  std::string fixed_mask;
  std::string moving_mask;
  std::string resampled;
  double outside = 0;
  std::string deformable_metric = "auto";
  std::optional<double> control_spacing_mm;
  std::optional<double> bending_mm2;
  bool diffeomorphic = false;
  shell::RegistrationFrames frames;
};

/// Both images as a tool gets them, and what only their files know.
struct Images {
  image_registration::ImagePair pair;
  std::string fixed_frame;
  std::string moving_frame;
  std::string moving_quantity;
  std::string moving_units;
  bool fixed_is_ultrasound = false;
  bool moving_is_ultrasound = false;
};

/// Reads images and masks; masks of another geometry are resampled to their image's grid. Throws InputError
/// naming the file: what is no grey 3-D image, values that are not finite, a mask that is empty or does not
/// meet its image.
Images read_images(const Settings& s, Monitor& monitor);

/// Where the registration begins, fixed to moving: `name` is that of the result, which a start from a Snitt
/// file has to have, or the opposite. Throws UsageError when the header positions are not
/// comparable and nothing was said, InputError when the images do not meet there, with both boxes in mm.
Matrix4 start_of(const Settings& s, const Images& images, const TransformName& name, Monitor& monitor);

/// What the linear stage hands on: to the output, or to a deformable stage, which starts where it ended.
struct LinearStage {
  Matrix4 fixed_to_moving;
  CalibrationRecord record;
};

/// The model of the linear stage: the one asked for, or that from which a deformable one goes on.
image_registration::LinearModel linear_model(const Settings& s);

/// By `linear_model` and the metric asked for.
LinearStage register_linear_stage(const Settings& s, const Images& images, const Matrix4& start,
                                  Monitor& monitor);

/// What the deformable stage found: the linear stage's matrix is the last of its steps.
struct DeformableStage {
  SpatialTransform fixed_to_moving;
  CalibrationRecord record;
};

/// The options of the deformable stage.
void declare_deformable(Options& options, Settings& s);

/// Goes on from the linear stage's result, whose numbers become a table of the record. Throws UsageError for
/// options of this stage where it is not asked for.
void refuse_deformable_options(const Settings& s);
DeformableStage register_deformable_stage(const Settings& s, const Images& images, const TransformName& name,
                                          const LinearStage& linear, Monitor& monitor);
void write_resampled(const Settings& s, const Images& images, const SpatialTransform& fixed_to_moving,
                     shell::Session& session);

/// The moving image on the fixed grid, if asked for.
void write_resampled(const Settings& s, const Images& images, const Matrix4& fixed_to_moving,
                     shell::Session& session);

}  // namespace snitt::register_images
