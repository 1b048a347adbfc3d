#pragma once
#include "data/volume.hpp"
#include "store/container.hpp"

/// ITK's own HDF5 layout of an image or transform, shown beside ours through hard links, so that programs
/// built on ITK open our files with no export and no copy.
namespace snitt::store {

void write_itk_versions(LayoutWriter& writer);
/// After /voxels, /spacing, /origin and /axis_directions have been written.
void write_itk_image_view(LayoutWriter& writer, const Volume& volume);

}  // namespace snitt::store
