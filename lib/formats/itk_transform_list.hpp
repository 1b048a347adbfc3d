#pragma once
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/flat_transform.hpp"
#include "data/spatial_transform.hpp"

/// ITK's lists of transforms (text, HDF5 or MATLAB 4) and ours.
namespace snitt::formats {

/// What one of ITK's files holds, in its order: a composite has its type alone first.
using ItkList = std::vector<FlatTransform>;

/// Throws InputError naming file, field and line.
ItkList read_itk_text(const std::string& path);
ItkList read_itk_matlab(const std::string& path);
std::string itk_text(const ItkList& list);
/// MATLAB 4 as ANTs reads it. Throws UsageError unless the list is one transform.
std::string itk_matlab(const std::string& path, const ItkList& list);

/// The list as one transform from `name.from` to `name.to`: ITK's transform is the same map of points in LPS
/// mm. 3D Slicer stores some transforms by their inverse ("InverseThinPlateSplineKernelTransform"): linear
/// ones are inverted, and a file all of whose other parts are so becomes a transform from `name.to` to
/// `name.from`, which is said to `monitor`. Throws InputError for types it does not know, for a mix of both,
/// and for what fault_of finds.
SpatialTransform transform_from_itk(const std::string& path, ItkList list, const TransformName& name,
                                    Monitor& monitor);
ItkList itk_list(const SpatialTransform& transform);

}  // namespace snitt::formats
