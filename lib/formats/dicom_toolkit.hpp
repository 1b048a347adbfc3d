#pragma once
#include <string>

namespace snitt::formats {

/// Once per process: the toolkit's own log goes silent (the library never prints; problems come back as
/// values), and the decoders of JPEG, JPEG-LS and RLE are registered. Throws InputError when the data
/// dictionary is not installed. May be called from several threads.
void prepare_dicom_toolkit();

/// Whether the file has the preamble and the letters DICM.
bool looks_like_dicom(const std::string& path);

}  // namespace snitt::formats
