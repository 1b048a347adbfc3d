#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/transform.hpp"

namespace snitt::formats {

/// Transforms that hold for a whole recording: the one of a Snitt transform file, all of a PLUS
/// configuration, or the one of an ITK transform file under the name `itk_name`, because such a file does not
/// know between which frames it maps. Throws InputError for other files, UsageError for an ITK file without a
/// name.
std::vector<StaticTransform> read_constant_transforms(
    const std::string& path, const std::optional<TransformName>& itk_name = std::nullopt);

/// The one of them that leads from `from` to `to`, to any frame when `to` is "". Throws InputError, naming
/// those that are there, when there is none.
StaticTransform read_constant_transform(const std::string& path, const std::string& from,
                                        const std::string& to);

}  // namespace snitt::formats
