#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/volume.hpp"
#include "formats/element_data.hpp"

/// MetaImage (.mha, .mhd): itk.org/Wiki/MetaIO/Documentation. As in ITK, rows of TransformMatrix are the axis
/// vectors, the space is LPS whatever AnatomicalOrientation says, ElementSpacing goes before ElementSize, and
/// ElementToIntensityFunction is not applied (warned about).
namespace snitt::formats {

/// Whether `head` starts like a MetaImage header.
bool is_metaimage(const std::string& head);
/// Whether a MetaImage or NRRD header describes a recording with one pose per frame instead of a volume.
bool has_frame_poses(const std::string& head);

/// Data may follow the header, lie in one file beside it, or in a LIST of files with one slice each.
/// The fourth spacing of a 4-D image is taken as seconds.
Volume read_metaimage(const std::string& path, Monitor& monitor);
void write_metaimage(const std::string& path, const Volume& volume, IfExists if_exists, Monitor& monitor,
                     bool compressed);

}  // namespace snitt::formats
