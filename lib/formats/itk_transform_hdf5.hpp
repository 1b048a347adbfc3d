#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "formats/itk_transform_list.hpp"

namespace snitt::formats {

/// Whether an HDF5 file has ITK's /TransformGroup and is not one of ours.
bool has_itk_transform(const std::string& path);

/// The transforms of /TransformGroup in their order, also under the misspelt names of ITK before 4.8
/// ("TranformParameters"). Throws InputError naming the object that is missing or of another type.
ItkList read_itk_hdf5(const std::string& path);

/// As ITK's HDF5TransformIO lays them out. The same bytes for the same numbers. Throws OutputError.
void write_itk_hdf5(const AtomicFile& target, const ItkList& list);

}  // namespace snitt::formats
