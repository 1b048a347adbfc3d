#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/pixel.hpp"
#include "formats/header_lines.hpp"

namespace snitt::formats {

/// Where the pixels of a MetaImage or NRRD lie and how they are packed.
struct PixelStorage {
  std::string file;
  std::uint64_t offset = 0;     ///< of the first byte in `file`
  std::uint64_t available = 0;  ///< bytes from there to the end of the file, or of the compressed stream
  bool compressed = false;      ///< one zlib or gzip stream
  bool big_endian = false;
};

/// What a MetaImage or NRRD header says about its pixels, in one vocabulary for both.
struct ImageHeader {
  HeaderText text;
  std::vector<std::size_t> sizes;  ///< x first, the component axis of an NRRD left out
  PixelFormat format;
  bool has_pixels = true;       ///< false when x or y is 0: a recording of poses alone
  std::vector<double> spacing;  ///< per axis of `sizes`; empty when not said
  std::string orientation;      ///< UltrasoundImageOrientation; "" when not said
  std::string image_type;       ///< UltrasoundImageType; "" when not said
  PixelStorage storage;
  std::vector<HeaderLine> free_keys;  ///< Seq_ fields and all else that does not describe the packing

  std::uint64_t pixel_bytes() const;  ///< of all pixels, unpacked; cannot overflow
};

/// Reads and judges a header. Throws InputError when it contradicts itself, names a packing that is not
/// supported, or promises more pixels than its file can hold (so that nobody allocates on the word of a
/// damaged header). Paths of pixel files are relative to the header.
ImageHeader read_image_header(const std::string& path);

/// For the two readers behind read_image_header: they fill sizes, format, spacing, orientation, image_type,
/// storage.{file, offset, compressed, big_endian} and free_keys from the lines.
struct StatedStorage {
  std::string data_file;  ///< as written; "" or "LOCAL" for this file
  std::int64_t skip = 0;  ///< bytes before the pixels; -1: the pixels are the last bytes of the file
  std::uint64_t compressed_bytes = 0;  ///< 0 when not said
};
StatedStorage interpret_meta(ImageHeader& header);
StatedStorage interpret_nrrd(ImageHeader& header);

}  // namespace snitt::formats
