#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "data/transform_graph.hpp"
#include "formats/igs_sequence.hpp"
#include "formats/igs_sequence_text.hpp"
#include "formats/output_stream.hpp"

namespace snitt::formats {
namespace {

namespace fs = std::filesystem;

SequenceLayout layout_for(const std::string& path, const Frames& frames, PixelPacking packing) {
  const fs::path target(path);
  const std::string extension = target.extension().string();
  SequenceLayout layout;
  layout.compressed = packing == PixelPacking::compressed && frames.shape.bytes() > 0;
  const std::string stem = target.stem().string();
  if (extension == ".mha") return layout;
  if (extension == ".mhd") {
    layout.data_file = stem + (layout.compressed ? ".zraw" : ".raw");
    return layout;
  }
  layout.kind = HeaderKind::nrrd;
  if (extension == ".nrrd") return layout;
  if (extension != ".nhdr")
    throw OutputError("{}: extension is '{}'; expected .mha, .mhd, .nrrd or .nhdr", path, extension);
  layout.data_file = stem + (layout.compressed ? ".raw.gz" : ".raw");
  return layout;
}

/// The recording as the format can hold it: every pose at the time of a frame.
Frames on_frame_clock(const std::string& path, const Frames& frames, Monitor& monitor) {
  Frames plain = frames;
  if (!plain.mask.empty()) monitor.warn(path + ": a sequence file has no room for the mask; it is left out");
  plain.mask.clear();
  for (std::size_t i = 0; i < frames.tracked.size(); ++i) {
    if (frames.tracked[i].time_s.empty()) continue;
    const TransformName& name = frames.tracked[i].name;
    monitor.warn(
        fmt::format("{}: {} has a clock of its own; its poses are interpolated at the times of the frames",
                    path, name.text()));
    FramePoses poses = evaluate(frames, {PathStep{name, false, true, i}}, {});
    plain.tracked[i] = {name, std::move(poses.matrix), std::move(poses.status), {}};
  }
  return plain;
}

template <typename Target>
void copy_pixels(FrameSource& source, Target& target, Monitor& monitor) {
  const Frames& frames = source.frames();
  const std::size_t frame_bytes = frames.shape.bytes();
  if (frame_bytes == 0) return;
  constexpr std::size_t block_bytes = std::size_t{16} << 20;
  const std::size_t block = std::max<std::size_t>(1, block_bytes / frame_bytes);
  std::vector<std::byte> pixels(std::min(block, frames.count) * frame_bytes);
  for (std::size_t first = 0; first < frames.count; first += block) {
    const std::size_t count = std::min(block, frames.count - first);
    const auto part = std::span(pixels).first(count * frame_bytes);
    source.read(first, count, part);
    target.write(part);
    monitor.progress("writing frames", static_cast<double>(first + count), static_cast<double>(frames.count));
  }
}

/// Returns the number of packed bytes, 0 when raw.
std::uint64_t write_pixels(FrameSource& source, OutputStream& stream, const SequenceLayout& layout,
                           Monitor& monitor) {
  if (!layout.compressed) {
    copy_pixels(source, stream, monitor);
    return 0;
  }
  DeflateStream packed(stream, layout.kind == HeaderKind::nrrd ? DeflateStream::Wrapping::gzip
                                                               : DeflateStream::Wrapping::zlib);
  copy_pixels(source, packed, monitor);
  return packed.finish();
}

}  // namespace

void write_igs_sequence(const std::string& path, FrameSource& source, PixelPacking packing,
                        IfExists if_exists, Monitor& monitor) {
  const Frames frames = on_frame_clock(path, source.frames(), monitor);
  const SequenceLayout layout = layout_for(path, frames, packing);
  const SequenceHeaderText header = sequence_header_text(path, frames, layout);
  AtomicFile file(path, if_exists);
  std::optional<AtomicFile> data;
  if (!layout.data_file.empty())
    data.emplace((fs::path(path).parent_path() / layout.data_file).string(), if_exists);

  OutputStream stream(file.temporary(), path);
  stream.write(header.text);
  std::uint64_t packed_bytes = 0;
  if (data) {
    OutputStream pixels(data->temporary(), data->path());
    packed_bytes = write_pixels(source, pixels, layout, monitor);
    pixels.close();
  } else {
    packed_bytes = write_pixels(source, stream, layout, monitor);
  }
  if (header.compressed_size_at > 0)
    stream.patch(header.compressed_size_at, fmt::format("{:<{}}", packed_bytes, compressed_size_width));
  stream.close();
  if (data) data->commit();  // first the pixels: a header without them would look whole
  file.commit();
}

}  // namespace snitt::formats
