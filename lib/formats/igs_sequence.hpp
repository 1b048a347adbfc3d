#pragma once
#include <memory>
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/frames.hpp"

/// Sequence files of the PLUS toolkit and SlicerIGSIO: a MetaImage (.igs.mha, .igs.mhd, older .seq.mha) or an
/// NRRD
/// (.igs.nrrd, .nhdr) whose last axis is time and whose header has Seq_FrameNNNN_ fields.
namespace snitt::formats {

/// By content: a MetaImage or NRRD header that has Seq_Frame fields or says how an ultrasound image is
/// oriented.
bool is_igs_sequence(const std::string& path);

/// Opens a recording; pixels are read on demand, swapped to this machine's byte order and turned to MF, and
/// poses are as frame_fields.hpp says. Memory does not depend on the pixels. Compressed pixels are best read
/// in order (a read backwards starts over). `monitor` must live as long as the source. Throws InputError: see
/// image_header.hpp and frame_fields.hpp; `read` throws it when the pixels end early or are damaged, naming
/// the frame.
std::unique_ptr<FrameSource> open_igs_sequence(const std::string& path, Monitor& monitor);

enum class PixelPacking { raw, compressed };

/// Writes .mha, .mhd (pixels beside it in .raw or .zraw), .nrrd, or .nhdr (.raw or .raw.gz), by the extension
/// of `path`, as a stream. Read again it gives the same pixels, poses, statuses, fields and header. Pixels
/// are in MF order; constant transforms become header keys. What the format cannot hold is said by warnings:
/// a mask, and the clock of transforms that have their own (they are interpolated at the frames' times).
/// Throws OutputError.
void write_igs_sequence(const std::string& path, FrameSource& source, PixelPacking packing,
                        IfExists if_exists, Monitor& monitor);

}  // namespace snitt::formats
