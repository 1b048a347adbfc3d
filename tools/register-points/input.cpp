#include <cmath>

#include "base/error.hpp"
#include "formats/volume_file.hpp"
#include "image/mask_surface.hpp"
#include "register-points/settings.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

namespace snitt::register_points {

PointSet read_input(const std::string& path, const shell::PointInput& input, std::int64_t label,
                    double smoothing_mm, Monitor& monitor) {
  const bool is_volume =
      store::is_snitt_file(path) ? store::layout_of(path) == "volume" : formats::is_volume(path);
  if (!is_volume) {
    if (label != 0)
      throw UsageError("{}: holds points and has no label {}; expected a volume of labels", path, label);
    return shell::read_points(path, input, "LPS", monitor);
  }
  const Volume volume = shell::read_volume(path, monitor);
  image::ScalarVolume values = image::scalar_volume(volume, path);
  if (label != 0) {
    const auto wanted = static_cast<float>(label);
    for (float& value : values.values) value = value == wanted ? 1.0F : 0.0F;
  }
  image::VoxelMask mask{values.geometry, std::vector<std::uint8_t>(values.values.size())};
  for (std::size_t i = 0; i < mask.inside.size(); ++i) mask.inside[i] = values.values[i] != 0 ? 1 : 0;
  if (mask.count() == 0)
    throw InputError("{}: no voxel {}; expected an object in it", path,
                     label != 0 ? "has the label " + std::to_string(label) : "is other than 0");
  try {
    PointSet surface = image::mask_surface(mask, smoothing_mm);
    surface.frame = volume.frame;
    return surface;
  } catch (const ComputationError& error) {
    throw ComputationError("{}: {}", path, error.what());
  }
}

}  // namespace snitt::register_points
