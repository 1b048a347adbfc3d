#include "store/itk_view.hpp"

#include <array>

namespace snitt::store {
namespace {

constexpr std::array<const char*, 8> itk_types{"UCHAR", "CHAR", "USHORT", "SHORT",
                                               "UINT",  "INT",  "FLOAT",  "DOUBLE"};

/// ITK has one grid of four axes where we have three axes in space and a time step.
void write_four_dimensional_grid(h5::File& file, const Volume& volume) {
  const VolumeGeometry& g = volume.geometry;
  const std::vector<double> spacing{g.spacing_mm.x, g.spacing_mm.y, g.spacing_mm.z,
                                    volume.time_step_s > 0 ? volume.time_step_s : 1};
  const std::vector<double> origin{g.origin_mm.x, g.origin_mm.y, g.origin_mm.z, 0};
  std::vector<double> directions(16, 0.0);
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (std::size_t i = 0; i < 3; ++i) directions[4 * axis + i] = g.axis_directions[axis][i];
  directions[15] = 1;
  file.write_small("/ITKImage/0/Spacing", h5::ElementType::f64, {4}, std::as_bytes(std::span(spacing)));
  file.write_small("/ITKImage/0/Origin", h5::ElementType::f64, {4}, std::as_bytes(std::span(origin)));
  file.write_small("/ITKImage/0/Directions", h5::ElementType::f64, {4, 4},
                   std::as_bytes(std::span(directions)));
}

}  // namespace

void write_itk_versions(LayoutWriter& writer) {
  // Constants, not the versions in use: the same image gives the same bytes wherever it is written.
  writer.file().write_texts("/ITKVersion", {"5.2.1"}, {1});
  writer.file().write_texts("/HDFVersion", {"HDF5 library version 1.10"}, {1});
}

void write_itk_image_view(LayoutWriter& writer, const Volume& volume) {
  h5::File& file = writer.file();
  write_itk_versions(writer);
  file.create_group("/ITKImage");
  file.create_group("/ITKImage/0");
  file.create_group("/ITKImage/0/MetaData");
  file.link("/voxels", "/ITKImage/0/VoxelData");
  std::vector<std::uint64_t> size(volume.geometry.size.begin(), volume.geometry.size.end());
  if (volume.time_points > 1) {
    size.push_back(volume.time_points);
    write_four_dimensional_grid(file, volume);
  } else {
    file.link("/spacing", "/ITKImage/0/Spacing");
    file.link("/origin", "/ITKImage/0/Origin");
    file.link("/axis_directions", "/ITKImage/0/Directions");
  }
  file.write_small("/ITKImage/0/Dimension", h5::ElementType::u64, {size.size()},
                   std::as_bytes(std::span(size)));
  file.write_texts("/ITKImage/0/VoxelType", {itk_types[static_cast<std::size_t>(volume.format.type)]}, {1});
}

}  // namespace snitt::store
