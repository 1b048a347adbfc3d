#pragma once
#include <functional>
#include <string>

#include "formats/file_stream.hpp"

namespace snitt::formats {

/// Whether the file's first bytes are those of a zip, tar, or compressed file.
bool is_archive(const std::string& path);

/// Hands over the members of an archive in their order. Members that are archives themselves are not opened.
/// A damaged archive ends with a problem under its own name.
void stream_archive(const std::string& path, const std::function<void(StreamedFile&&)>& take);

}  // namespace snitt::formats
