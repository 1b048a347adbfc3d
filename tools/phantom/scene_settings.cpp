#include "phantom/scene_settings.hpp"

#include <fstream>
#include <iterator>

#include "base/error.hpp"
#include "formats/constant_transforms.hpp"
#include "formats/phantom_file.hpp"
#include "formats/transform_file.hpp"
#include "phantom/image_scene.hpp"
#include "phantom/phantom_scene.hpp"
#include "phantom/scene_json.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

namespace snitt::phantom_tool {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw InputError("{}: cannot be read", path);
  return text;
}

Matrix4 volume_to_reference(const SceneSettings& s, const std::string& frame) {
  if (s.placement.empty()) return {};
  const StaticTransform placement = store::is_snitt_file(s.placement)
                                        ? store::read_transform(s.placement)
                                        : formats::read_transform(s.placement, {frame, "Reference"});
  if (placement.name.to != "Reference" || (frame != "LPS" && placement.name.from != frame))
    throw InputError("{}: goes from {} to {}; expected a transform from {} to Reference", s.placement,
                     placement.name.from, placement.name.to, frame);
  return placement.matrix;
}

phantom::Scene scene_of_volume(const SceneSettings& s, Monitor& monitor) {
  const Volume volume = shell::read_volume(s.volume_file, monitor);
  const image::ScalarVolume scalar = image::scalar_volume(volume, s.volume_file);
  return phantom::scene_of_image(scalar, volume_to_reference(s, volume.frame),
                                 s.tissue == "echoes" ? phantom::Tissue::echoes : phantom::Tissue::values);
}

Vec3 vector_of(const std::vector<double>& numbers) { return {numbers.at(0), numbers.at(1), numbers.at(2)}; }

}  // namespace

void declare_scene(Options& options, SceneSettings& s) {
  options.section("Scene");
  options.choice("--scene", s.scene,
                 {{"spheres", "five spheres"},
                  {"wires", "layers of wires with a Gaussian profile"},
                  {"ramp", "smooth fields without any edge"},
                  {"mixed", "wall, sphere, ellipsoid, box, cylinder and wire"},
                  {"floor", "the flat bottom of a water tank"}},
                 "built-in scene, a region of 40 mm in each direction; default: spheres");
  options.file("--scene-file", s.scene_file, "scene described in JSON, instead of --scene");
  options.file("--scene-of-phantom", s.phantom_file,
               "the calibration phantom defined in this file (JSON, or XML of PLUS), instead of --scene");
  options.file("--scene-volume", s.volume_file,
               "a recorded image (Snitt volume, MetaImage, NRRD, NIfTI, DICOM series), instead of --scene");
  options.choice("--tissue", s.tissue,
                 {{"values", "its own grey values"},
                  {"echoes", "tissue and its boundaries as a simple ultrasound image shows them"}},
                 "what the images show of --scene-volume");
  options.file("--placement", s.placement,
               "where the scene is: PhantomToReference for --scene-of-phantom (a transform file, or a PLUS "
               "configuration), or a transform file from the image's frame to Reference for --scene-volume "
               "(where the image's own coordinates are if not given)");
  options.values("--region-center-mm", s.region_center_mm, "X Y Z", {-1e5, 1e5},
                 "middle of the region that is swept, in Reference (that of the scene if not given)");
  options.values("--region-size-mm", s.region_size_mm, "X Y Z", {1e-3, 1e5},
                 "its size, which a linear sweep goes through along z (that of the scene if not given)");
  options.value("--edge-mm", s.edge_mm, {0, 20}, "width over which the objects of a built-in scene fade out");
  options.value("--speckle", s.speckle, {0, 1}, "strength of speckle, fixed in space");
  options.value("--speckle-cell-mm", s.speckle_cell_mm, {0.01, 20}, "size of a speckle");
}

void refuse_two_scenes(const SceneSettings& s) {
  std::vector<std::string> given;
  for (const auto& [name, value] :
       {std::pair("--scene", &s.scene), std::pair("--scene-file", &s.scene_file),
        std::pair("--scene-of-phantom", &s.phantom_file), std::pair("--scene-volume", &s.volume_file)})
    if (!value->empty()) given.emplace_back(name);
  if (given.size() > 1) throw UsageError("{} and {} are both given; expected one", given[0], given[1]);
  const bool built_in = given.empty() || given[0] == "--scene";
  if (!built_in && s.edge_mm != SceneSettings{}.edge_mm)
    throw UsageError("--edge-mm is given with {}, which has no use for it; expected it left out", given[0]);
  if (!s.placement.empty() && s.phantom_file.empty() && s.volume_file.empty())
    throw UsageError(
        "--placement is given without --scene-of-phantom or --scene-volume; expected what it places");
  if (s.tissue != SceneSettings{}.tissue && s.volume_file.empty())
    throw UsageError("--tissue belongs to --scene-volume");
}

std::optional<PlacedPhantom> phantom_of(const SceneSettings& s) {
  if (s.phantom_file.empty()) return std::nullopt;
  return PlacedPhantom{formats::read_phantom(s.phantom_file),
                       s.placement.empty()
                           ? phantom::default_phantom_to_reference()
                           : formats::read_constant_transform(s.placement, "Phantom", "Reference").matrix};
}

phantom::Scene scene_of(const SceneSettings& s, const std::optional<PlacedPhantom>& phantom,
                        std::uint64_t seed, Monitor& monitor) {
  phantom::Scene scene = phantom ? phantom::scene_of_phantom(phantom->definition, phantom->to_reference)
                         : !s.volume_file.empty() ? scene_of_volume(s, monitor)
                         : s.scene_file.empty()
                             ? phantom::named_scene(s.scene.empty() ? "spheres" : s.scene, s.edge_mm)
                             : phantom::scene_from_json(text_of(s.scene_file), s.scene_file);
  if (s.region_center_mm) scene.center_mm = vector_of(*s.region_center_mm);
  if (s.region_size_mm) scene.size_mm = vector_of(*s.region_size_mm);
  if (s.speckle > 0) scene.speckle = phantom::Speckle{s.speckle, s.speckle_cell_mm, seed};
  return scene;
}

}  // namespace snitt::phantom_tool
