#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/volume.hpp"

/// NRRD (.nrrd, .nhdr): teem.sourceforge.net/nrrd/format.html.
namespace snitt::formats {

/// Whether `head` starts with the NRRD magic.
bool is_nrrd(const std::string& head);

/// Two or three axes in space, before them one of components (RGB, vector), after them one of time (kind
/// "time" or "list", no space direction, or the fourth coordinate of a space with time). Spaces RAS and LAS
/// are turned to LPS; an image whose header only says "space dimension: 3" keeps its coordinates, as in ITK.
/// Encodings raw, gzip and text; of others the error names the converter. `sample units` become the volume's
/// units, key:=value pairs its metadata.
Volume read_nrrd(const std::string& path, Monitor& monitor);
void write_nrrd(const std::string& path, const Volume& volume, IfExists if_exists, Monitor& monitor,
                bool compressed);

}  // namespace snitt::formats
