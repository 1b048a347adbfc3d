#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "data/picture.hpp"

namespace snitt::formats {

/// Writes 8-bit grey, RGB or RGBA, or 16-bit grey, as PNG. The same bytes for the same picture.
/// Throws UsageError for other pixels, OutputError when writing fails.
void write_png(const std::string& path, const Picture& picture, IfExists if_exists);

/// What write_png would write, for a page that holds its pictures; `shown` names it in messages.
std::vector<std::byte> png_bytes(const std::string& shown, const Picture& picture);

/// A folder of pictures STEM_0000.png …, numbered with as many digits as are needed, at least four; whole or
/// absent. `picture(i)` is asked once for each, in order. `also` may write more files into the folder, whose
/// path it gets.
void write_png_folder(const std::string& path, const std::string& stem, std::size_t count,
                      const std::function<Picture(std::size_t)>& picture, IfExists if_exists,
                      const std::function<void(const std::string& folder)>& also = {});

/// The names of those pictures, in order.
std::vector<std::string> png_folder_names(const std::string& stem, std::size_t count);

}  // namespace snitt::formats
