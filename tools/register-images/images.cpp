#include "base/error.hpp"
#include "formats/transform_file.hpp"
#include "image_registration/block_matching.hpp"
#include "image_registration/padding.hpp"
#include "image_registration/starts.hpp"
#include "register-images/settings.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

namespace snitt::register_images {
namespace {

namespace ir = image_registration;

std::optional<image::VoxelMask> read_mask(const std::string& path, const std::string& image_path,
                                          const VolumeGeometry& image, Monitor& monitor) {
  if (path.empty()) return std::nullopt;
  const image::VoxelMask own = image::voxel_mask(shell::read_volume(path, monitor), path);
  image::VoxelMask mask = image::on_grid(own, image);
  if (mask.count() == 0)
    throw InputError(
        "{}: the mask has no voxel inside {}: it lies at {}, the image at {}; expected the mask of that "
        "image",
        path, image_path, ir::box_text(own.geometry), ir::box_text(image));
  const bool is_same = own.geometry == image;
  monitor.inform(fmt::format("{}: {} of {} voxels are inside{}", path, mask.count(), mask.inside.size(),
                             is_same ? "" : fmt::format(", resampled to the grid of {}", image_path)));
  return mask;
}

Matrix4 read_start(const Settings& s) {
  if (store::is_snitt_file(s.start_transform)) return store::read_transform(s.start_transform).matrix;
  return formats::read_transform(s.start_transform, {"Fixed", "Moving"}).matrix;
}

bool are_unrelated(const Images& images) {
  return images.fixed_frame != "LPS" && images.moving_frame != "LPS" &&
         images.fixed_frame != images.moving_frame;
}

ir::Start start_kind(const std::string& word) {
  return word == "centers" ? ir::Start::centers : word == "moments" ? ir::Start::moments : ir::Start::header;
}

void refuse_apart(const Settings& s, const Images& images, const Matrix4& start) {
  constexpr double least = 0.1;
  const double share = ir::overlap(images.pair, start);
  if (share >= least) return;
  const Vec3 offset = ir::center_of(images.pair.moving.geometry) -
                      transform_point(start, ir::center_of(images.pair.fixed.geometry));
  std::string help;
  for (const char* word : {"centers", "moments"})
    if (help.empty() && ir::overlap(images.pair, ir::start_matrix(images.pair, start_kind(word))) >= least)
      help = fmt::format("use --start {}", word);
  if (help.empty()) help = "give a --start-transform, or other masks";
  throw InputError(
      "{} and {}: {:.1f} % of the fixed image falls on the moving one at the start; expected at least {:.0f} "
      "%. "
      "Fixed: {}; moving: {}; the moving center is off by ({:.4g}, {:.4g}, {:.4g}) mm ({})",
      s.fixed, s.moving, 100 * share, 100 * least, ir::box_text(images.pair.fixed.geometry),
      ir::box_text(images.pair.moving.geometry), offset.x, offset.y, offset.z, help);
}

}  // namespace

Images read_images(const Settings& s, Monitor& monitor) {
  Images images;
  {
    const Volume fixed = shell::read_volume(s.fixed, monitor);
    images.pair.fixed = image::scalar_volume(fixed, s.fixed);
    images.fixed_frame = fixed.frame;
    images.fixed_is_ultrasound = fixed.quantity == "echo amplitude";
  }
  {
    const Volume moving = shell::read_volume(s.moving, monitor);
    images.pair.moving = image::scalar_volume(moving, s.moving);
    images.moving_frame = moving.frame;
    images.moving_quantity = moving.quantity;
    images.moving_units = moving.units;
    images.moving_is_ultrasound = moving.quantity == "echo amplitude";
  }
  images.pair.fixed_mask = read_mask(s.fixed_mask, s.fixed, images.pair.fixed.geometry, monitor);
  images.pair.moving_mask = read_mask(s.moving_mask, s.moving, images.pair.moving.geometry, monitor);
  ir::leave_padding_out(images.pair, monitor);
  return images;
}

Matrix4 start_of(const Settings& s, const Images& images, Monitor& monitor) {
  Matrix4 start;
  if (!s.start_transform.empty()) {
    if (s.start != "auto")
      throw UsageError("--start and --start-transform are both given; expected one of them");
    start = read_start(s);
  } else {
    if (s.start == "auto" && are_unrelated(images))
      throw UsageError(
          "{} lies in the frame '{}' and {} in '{}': their positions do not say how they lie to each other; "
          "expected a --start-transform, or --start centers, moments or header",
          s.fixed, images.fixed_frame, s.moving, images.moving_frame);
    start = ir::start_matrix(images.pair, start_kind(s.start));
    if (s.start == "blocks") {
      if (ir::overlap(images.pair, start) < 0.5) start = ir::start_matrix(images.pair, ir::Start::moments);
      start = ir::match_blocks(images.pair, start, linear_model(s));
    }
  }
  refuse_apart(s, images, start);
  monitor.inform(fmt::format("at the start {:.1f} % of the fixed image{} falls on the moving one{}",
                             100 * ir::overlap(images.pair, start), images.pair.fixed_mask ? "'s mask" : "",
                             images.pair.moving_mask ? "'s mask" : ""));
  return start;
}

void write_resampled(const Settings& s, const Images& images, const Matrix4& fixed_to_moving,
                     shell::Session& session) {
  if (s.resampled.empty()) return;
  const image::ScalarVolume on_fixed = image::resampled(images.pair.moving, images.pair.fixed.geometry,
                                                        fixed_to_moving, static_cast<float>(s.outside));
  Volume volume;
  volume.geometry = on_fixed.geometry;
  volume.format = {PixelType::f32, 1};
  volume.voxels.resize(on_fixed.values.size() * sizeof(float));
  std::copy(on_fixed.values.begin(), on_fixed.values.end(), volume.values<float>().begin());
  volume.frame = images.fixed_frame;
  volume.quantity = images.moving_quantity;
  volume.units = images.moving_units;
  store::write_volume(s.resampled, volume, session.provenance(),
                      session.overwrite() ? IfExists::overwrite : IfExists::refuse);
}

}  // namespace snitt::register_images
