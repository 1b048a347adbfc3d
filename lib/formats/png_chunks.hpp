#pragma once
#include "formats/input_file.hpp"

namespace snitt::formats {

enum class PngCheck {
  structure,   ///< lengths of all chunks, checksums of those before the pixels
  everything,  ///< all checksums
};

/// Throws InputError unless the chunks of a PNG file are whole, up to IEND. ITK 5.2 ends the process when
/// libpng finds a fault while it reads, so that faults must be found before (PNG specification, 3rd edition,
/// section 5.3).
void check_png_chunks(const InputFile& file, PngCheck check);

}  // namespace snitt::formats
