#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "formats/png_file.hpp"
#include "image/deformation.hpp"
#include "image/label_agreement.hpp"
#include "image/label_values.hpp"
#include "image/overlay.hpp"
#include "image/resampling.hpp"
#include "image/scalar_volume.hpp"
#include "measures.hpp"
#include "shell/transform_input.hpp"
#include "shell/volume_input.hpp"

namespace snitt::registration_error {
namespace {

/// A moving image on the grid of the fixed one.
Volume on_fixed_grid(const Volume& moving, const Volume& fixed, const Way& way,
                     image::Interpolation interpolation) {
  if (way.transforms.empty() && moving.geometry == fixed.geometry) return moving;
  const ChainMapper mapper(way.transforms, way.chain);
  image::GridMapping mapping;
  return image::resampled(moving, fixed.geometry, mapper, {interpolation, 0}, mapping);
}

void refuse_frames(const Way& way, const std::string& path, const Volume& volume, const std::string& frame) {
  if (!way.transforms.empty() && volume.frame != "LPS" && volume.frame != frame)
    throw UsageError("{}: is in frame {}; expected {} (see --fixed-frame and --moving-frame)", path,
                     volume.frame, frame);
}

/// Without transforms both lie where their files say, which is comparable in one frame only.
void refuse_two_frames(const Way& way, const std::string& fixed_path, const Volume& fixed,
                       const std::string& moving_path, const Volume& moving) {
  if (way.transforms.empty() && fixed.frame != "LPS" && moving.frame != "LPS" && fixed.frame != moving.frame)
    throw UsageError("{} is in frame {} and {} in {}; expected --transforms between them", fixed_path,
                     fixed.frame, moving_path, moving.frame);
}

void refuse_image(const std::string& path, const Volume& volume) {
  constexpr std::size_t most = 256;  // labels of one byte
  if (!image::is_label_image(volume) && image::count_values(volume, most).distinct > most)
    throw InputError(
        "{}: has more than {} different values, and its quantity is {}; expected an image of labels", path,
        most, volume.quantity);
}

/// Distances of a label that both have; otherwise who lacks it.
std::string distance_text(const image::LabelAgreement& row) {
  if (row.first_voxels == 0) return "not in the fixed labels";
  if (row.second_voxels == 0) return "not in the moving labels";
  return fmt::format("Hausdorff {:.4g} mm, 95 % {:.4g} mm, mean surface distance {:.4g} mm", row.hausdorff_mm,
                     row.hausdorff95_mm, row.mean_surface_distance_mm);
}

/// What a transform is looked at on: the image that was asked for, else its own grid.
VolumeGeometry grid_of(const Settings& s, const SpatialTransform& transform, const image::VoxelMask* mask,
                       Monitor& monitor) {
  if (!s.grid.empty()) return shell::read_volume(s.grid, monitor).geometry;
  if (mask != nullptr) return mask->geometry;
  if (const auto own = image::own_grid(transform)) return *own;
  throw UsageError("{} has no grid of its own; expected --grid with an image in frame {}",
                   transform.name.text(), transform.name.from);
}

}  // namespace

void measure_labels(const Settings& s, const Way& way, shell::Session& session, Measures& measures) {
  const Volume fixed = shell::read_volume(s.fixed_labels, session.monitor());
  const Volume moving = shell::read_volume(s.moving_labels, session.monitor());
  refuse_frames(way, s.fixed_labels, fixed, way.name.from);
  refuse_frames(way, s.moving_labels, moving, way.name.to);
  refuse_two_frames(way, s.fixed_labels, fixed, s.moving_labels, moving);
  refuse_image(s.fixed_labels, fixed);
  refuse_image(s.moving_labels, moving);
  std::vector<image::LabelAgreement> rows;
  try {
    rows = image::compare_labels(fixed, on_fixed_grid(moving, fixed, way, image::Interpolation::nearest));
  } catch (const InputError& error) {
    throw InputError("{} and {}: {}", s.fixed_labels, s.moving_labels, error.what());
  }
  nlohmann::json json = nlohmann::json::array();
  for (const image::LabelAgreement& row : rows) {
    const std::string of = fmt::format("label {}", row.label);
    measures.text += fmt::format("{:<28} Dice {:.4f}, Jaccard {:.4f}, {}\n", of, row.dice, row.jaccard,
                                 distance_text(row));
    measures.add("dice", of, row.dice, "1");
    measures.add("jaccard", of, row.jaccard, "1");
    measures.add("hausdorff", of, row.hausdorff_mm, "mm");
    measures.add("hausdorff_p95", of, row.hausdorff95_mm, "mm");
    measures.add("mean_surface_distance", of, row.mean_surface_distance_mm, "mm");
    nlohmann::json one{{"label", row.label},
                       {"dice", row.dice},
                       {"jaccard", row.jaccard},
                       {"fixed_voxels", row.first_voxels},
                       {"moving_voxels", row.second_voxels}};
    const auto add = [&](const char* name, double value) {
      one[name] = std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
    };
    add("hausdorff_mm", row.hausdorff_mm);
    add("hausdorff_p95_mm", row.hausdorff95_mm);
    add("mean_surface_distance_mm", row.mean_surface_distance_mm);
    json.push_back(one);
    measures.require_at_least("Dice of " + of, row.dice, s.min_dice);
    if (s.max_hausdorff95_mm && std::isnan(row.hausdorff95_mm))
      measures.failed.push_back(of + " is " + distance_text(row));
    else
      measures.require_at_most("95 % Hausdorff distance in mm of " + of, row.hausdorff95_mm,
                               s.max_hausdorff95_mm);
  }
  measures.json["labels"] = json;
}

void measure_deformation(const Settings& s, const Way& way, shell::Session& session, Measures& measures) {
  const auto product = composed(way.transforms, way.chain, way.name);
  if (!product) {
    session.monitor().warn(
        "the chain goes against a transform that bends space: its Jacobian is left out "
        "(snitt-compose-transforms "
        "--grid makes one field of it)");
    return;
  }
  std::optional<image::VoxelMask> mask;
  if (!s.mask.empty()) mask = image::voxel_mask(shell::read_volume(s.mask, session.monitor()), s.mask);
  const bool bends = !is_linear(*product);
  if (!bends && s.grid.empty() && !mask) {
    const double determinant = determinant3(linear_part(*product));
    measures.add("jacobian_determinant", "transform", determinant, "1");
    measures.json["deformation"] = {{"determinant", determinant}};
    measures.text +=
        fmt::format("{:<28} determinant {:.6g} everywhere (linear)\n", "volume change", determinant);
  } else {
    const VolumeGeometry grid = grid_of(s, *product, mask ? &*mask : nullptr, session.monitor());
    if (mask && !(mask->geometry == grid)) mask = image::on_grid(*mask, grid);
    const auto d = image::deformation_statistics(*product, grid, mask ? &*mask : nullptr);
    measures.text += fmt::format(
        "{:<28} log Jacobian mean {:.4g}, sd {:.4g}, 5 % {:.4g}, 95 % {:.4g}, {:.4g} to {:.4g}; determinant "
        "{:.4g} to "
        "{:.4g}; folding {:.4g} % ({} of {} voxels)\n",
        "volume change", d.log_mean, d.log_standard_deviation, d.log_percentile5, d.log_percentile95,
        d.log_lowest, d.log_highest, d.lowest, d.highest, d.folded_percent, d.folded, d.voxels);
    for (const auto& [name, value] :
         {std::pair{"jacobian_lowest", d.lowest}, std::pair{"jacobian_highest", d.highest},
          std::pair{"log_jacobian_mean", d.log_mean}, std::pair{"log_jacobian_sd", d.log_standard_deviation},
          std::pair{"log_jacobian_p5", d.log_percentile5}, std::pair{"log_jacobian_p95", d.log_percentile95},
          std::pair{"folding_percent", d.folded_percent}})
      measures.add(name, "transform", value, "1");
    measures.json["deformation"] = {{"voxels", d.voxels},
                                    {"folded_voxels", d.folded},
                                    {"folding_percent", d.folded_percent},
                                    {"lowest", d.lowest},
                                    {"highest", d.highest},
                                    {"log_mean", d.log_mean},
                                    {"log_sd", d.log_standard_deviation},
                                    {"log_p5", d.log_percentile5},
                                    {"log_p95", d.log_percentile95}};
    measures.require_at_most("folding in percent", d.folded_percent, s.max_folding_percent);
  }
  if (s.inverse.empty()) return;
  const SpatialTransform back = shell::read_transforms({s.inverse}).front();
  if (back.name.from != way.name.to || back.name.to != way.name.from)
    throw InputError("{}: maps {} to {}; expected {} to {}", s.inverse, back.name.from, back.name.to,
                     way.name.to, way.name.from);
  const VolumeGeometry grid = grid_of(s, *product, mask ? &*mask : nullptr, session.monitor());
  const auto error = image::inverse_consistency(*product, back, grid, mask ? &*mask : nullptr);
  measures.text += fmt::format("{:<28} mean {:.4g}, median {:.4g}, 95 % {:.4g}, max {:.4g} mm ({} points)\n",
                               "inverse consistency", error.mean, error.median, error.percentile95,
                               error.largest, error.count);
  measures.add("inverse_consistency_mean", "transform", error.mean, "mm");
  measures.add("inverse_consistency_max", "transform", error.largest, "mm");
  measures.json["inverse_consistency"] = {{"mean_mm", error.mean},
                                          {"median_mm", error.median},
                                          {"p95_mm", error.percentile95},
                                          {"max_mm", error.largest}};
  measures.require_at_most("mean inverse consistency in mm", error.mean, s.max_inverse_error_mm);
}

void draw_pictures(const Settings& s, const Way& way, shell::Session& session, Measures& measures) {
  const Volume fixed = shell::read_volume(s.fixed_image, session.monitor());
  const Volume moving = shell::read_volume(s.moving_image, session.monitor());
  refuse_frames(way, s.fixed_image, fixed, way.name.from);
  refuse_frames(way, s.moving_image, moving, way.name.to);
  refuse_two_frames(way, s.fixed_image, fixed, s.moving_image, moving);
  const bool is_label = image::is_label_image(moving);
  const Volume there = on_fixed_grid(moving, fixed, way,
                                     is_label ? image::Interpolation::nearest : image::Interpolation::linear);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const image::Window window = image::default_window(fixed);
  if (!s.checkerboard.empty())
    formats::write_png(s.checkerboard,
                       image::checkerboard(fixed, window, there, image::default_window(moving)), if_exists);
  if (!s.contours.empty())
    formats::write_png(s.contours, image::contour_overlay(fixed, window, there, is_label), if_exists);
  for (const auto& [path, what] : {std::pair{&s.checkerboard, "squares of both images by turns"},
                                   std::pair{&s.contours, "outlines of the moving over the fixed image"}}) {
    if (path->empty()) continue;
    measures.text += fmt::format("{}: {}\n", *path, what);
    measures.json["pictures"].push_back(*path);
  }
}

}  // namespace snitt::registration_error
