#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "store/container.hpp"
#include "store/itk_view.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

h5::Shape voxel_shape(const Volume& volume) {
  const auto& size = volume.geometry.size;
  h5::Shape shape{size[2], size[1], size[0]};
  if (volume.time_points > 1) shape.insert(shape.begin(), volume.time_points);
  if (volume.format.components > 1) shape.push_back(volume.format.components);
  return shape;
}

std::vector<std::string> voxel_dimensions(const Volume& volume) {
  std::vector<std::string> names{"slice", "row", "column"};
  if (volume.time_points > 1) names.insert(names.begin(), "time");
  if (volume.format.components > 1) names.emplace_back("component");
  return names;
}

std::vector<double> numbers(Vec3 v) { return {v.x, v.y, v.z}; }

Vec3 vector_from(const std::vector<double>& v, std::size_t at = 0) {
  return {v.at(at), v.at(at + 1), v.at(at + 2)};
}

void require_geometry(const std::string& path, const VolumeGeometry& g) {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!(g.spacing_mm[axis] > 0) || !std::isfinite(g.origin_mm[axis]) || !std::isfinite(g.spacing_mm[axis]))
      throw InputError("{}: /spacing has {} mm along axis {}; expected a positive length", path,
                       g.spacing_mm[axis], axis);
}

}  // namespace

void write_volume(const std::string& path, const Volume& volume, const Provenance& provenance,
                  IfExists if_exists) {
  const std::size_t expected = volume.geometry.voxels() * volume.time_points * size_of(volume.format);
  if (volume.voxels.size() != expected || expected == 0)
    throw ComputationError("{}: the volume has {} bytes of voxels; its size asks for {}", path,
                           volume.voxels.size(), expected);
  require_geometry(path, volume.geometry);
  LayoutWriter writer(path, "volume", provenance, if_exists);
  h5::File& file = writer.file();
  file.set_attribute("/", "frame", volume.frame);
  file.set_attribute("/", "quantity", volume.quantity);
  file.set_attribute("/", "source_dimensions", static_cast<std::int64_t>(volume.dimensions));
  if (volume.time_points > 1) file.set_attribute("/", "time_step_s", volume.time_step_s);

  writer.array("/voxels", h5::element_type(volume.format.type), voxel_shape(volume), volume.voxels,
               voxel_dimensions(volume), volume.units);
  writer.array("/spacing", numbers(volume.geometry.spacing_mm), {3}, {"axis"}, "mm");
  writer.array("/origin", numbers(volume.geometry.origin_mm), {3}, {"xyz"}, "mm");
  std::vector<double> axes;
  for (const Vec3& axis : volume.geometry.axis_directions) axes.insert(axes.end(), {axis.x, axis.y, axis.z});
  writer.array("/axis_directions", axes, {3, 3}, {"axis", "xyz"}, "1");
  std::vector<std::string> metadata;
  for (const auto& [key, value] : volume.metadata) metadata.insert(metadata.end(), {key, value});
  writer.texts("/metadata", metadata, {volume.metadata.size(), 2}, {"entry", "2"});
  write_itk_image_view(writer, volume);
  writer.finish();
}

Volume read_volume(const std::string& path) {
  const LayoutReader reader(path, "volume");
  const h5::File& file = reader.file();
  Volume volume;
  const h5::DatasetInfo info = file.info("/voxels");
  const std::vector<std::string> names = file.texts_attribute("/voxels", "dimensions");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == "time") volume.time_points = info.shape[i];
    if (names[i] == "slice") volume.geometry.size[2] = info.shape[i];
    if (names[i] == "row") volume.geometry.size[1] = info.shape[i];
    if (names[i] == "column") volume.geometry.size[0] = info.shape[i];
    if (names[i] == "component") volume.format.components = info.shape[i];
  }
  volume.format.type = static_cast<PixelType>(info.type);
  volume.frame = file.text_attribute("/", "frame");
  volume.quantity = file.text_attribute("/", "quantity");
  volume.units = file.text_attribute("/voxels", "units");
  volume.dimensions = static_cast<int>(file.number_attribute("/", "source_dimensions"));
  if (volume.time_points > 1) volume.time_step_s = file.number_attribute("/", "time_step_s");
  volume.geometry.spacing_mm = vector_from(reader.array<double>("/spacing"));
  volume.geometry.origin_mm = vector_from(reader.array<double>("/origin"));
  const std::vector<double> axes = reader.array<double>("/axis_directions");
  for (std::size_t axis = 0; axis < 3; ++axis)
    volume.geometry.axis_directions[axis] = vector_from(axes, 3 * axis);
  require_geometry(path, volume.geometry);
  const std::vector<std::string> metadata = file.texts("/metadata");
  for (std::size_t i = 0; i + 1 < metadata.size(); i += 2)
    volume.metadata.emplace_back(metadata[i], metadata[i + 1]);
  volume.voxels.resize(volume.geometry.voxels() * volume.time_points * size_of(volume.format));
  ChunkedReader(file, "/voxels").read(0, volume.voxels);
  return volume;
}

}  // namespace snitt::store
