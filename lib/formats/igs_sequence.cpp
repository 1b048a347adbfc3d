#include "formats/igs_sequence.hpp"

#include <algorithm>
#include <bit>

#include "base/error.hpp"
#include "formats/frame_fields.hpp"
#include "formats/image_header.hpp"
#include "formats/pixel_stream.hpp"
#include "formats/pixel_turn.hpp"

namespace snitt::formats {
namespace {

/// Frames of a 3-D header, or of a 4-D one whose frames are one slice thick.
void set_shape(const ImageHeader& header, Frames& frames) {
  const auto& sizes = header.sizes;
  const bool is_thin = sizes.size() == 4 && sizes[2] <= 1;
  if (sizes.size() != 3 && !is_thin)
    throw InputError("{}: has {} axes; expected 3 (x, y, frame); recordings of volumes are not supported",
                     header.text.path, sizes.size());
  frames.count = sizes.back();
  if (frames.count == 0) throw InputError("{}: holds no frames", header.text.path);
  frames.shape.format = header.format;
  if (!header.has_pixels) return;
  frames.shape.columns = sizes[0];
  frames.shape.rows = sizes[1];
}

Orientation set_orientation(const ImageHeader& header, Frames& frames, Monitor& monitor) {
  if (!header.has_pixels) return {};
  if (!header.image_type.empty()) frames.image_type = header.image_type;
  if (header.orientation.empty()) {
    monitor.warn(header.text.path + ": has no UltrasoundImageOrientation; MF is assumed");
    return {};
  }
  const auto orientation = orientation_from_text(header.orientation);
  if (!orientation)
    throw InputError(
        "{}: UltrasoundImageOrientation is '{}'; expected MF, MN, UF or UN (a third letter A or D may "
        "follow)",
        header.text.path, header.orientation);
  frames.recorded_orientation = header.orientation;
  return *orientation;
}

/// PLUS writes 1 whatever the scanner's pixels measure; only another number is a claim.
void set_spacing(const ImageHeader& header, Frames& frames) {
  const auto& spacing = header.spacing;
  if (!header.has_pixels || spacing.size() < 2 || !(spacing[0] > 0) || !(spacing[1] > 0)) return;
  if (spacing[0] != 1 || spacing[1] != 1) frames.pixel_spacing_mm = {spacing[0], spacing[1]};
}

class IgsSource final : public FrameSource {
 public:
  IgsSource(const std::string& path, Monitor& monitor) : path_(path), monitor_(monitor) {
    const ImageHeader header = read_image_header(path);
    set_shape(header, frames_);
    orientation_ = set_orientation(header, frames_, monitor);
    set_spacing(header, frames_);
    interpret_free_keys(path, header.free_keys, frames_, monitor);
    must_swap_ = header.storage.big_endian != (std::endian::native == std::endian::big);
    if (!header.has_pixels) return;
    pixel_path_ = header.storage.file;
    stream_ = open_pixel_stream(header.storage);
  }

  const Frames& frames() const override { return frames_; }

  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    const std::size_t frame_bytes = frames_.shape.bytes();
    if (first > frames_.count || count > frames_.count - first || out.size() != count * frame_bytes)
      throw ComputationError("{}: frames {} to {} asked into {} bytes; there are {} frames of {} bytes",
                             path_, first, first + count, out.size(), frames_.count, frame_bytes);
    if (out.empty()) return;
    const std::size_t got = stream_->read(static_cast<std::uint64_t>(first) * frame_bytes, out);
    if (got < out.size()) throw_short(first + got / frame_bytes, got % frame_bytes);
    if (first + count == frames_.count) check_end();
    if (must_swap_) swap_bytes(out, frames_.shape.format.type);
    turn_frames(out, frames_.shape, orientation_);
  }

 private:
  [[noreturn]] void throw_short(std::size_t frame, std::size_t bytes) const {
    const std::string problem = stream_->problem();
    throw InputError("{}: pixels of frame {} end after {} of {} bytes{}{}", pixel_path_, frame, bytes,
                     frames_.shape.bytes(), problem.empty() ? " (the file is truncated)" : ": ", problem);
  }
  /// A flipped bit may change pixels and nothing else; only the checksum at the end of the stream tells.
  void check_end() {
    const bool has_more =
        stream_->has_more(static_cast<std::uint64_t>(frames_.count) * frames_.shape.bytes());
    if (!stream_->problem().empty())
      throw InputError("{}: pixels are damaged: {}", pixel_path_, stream_->problem());
    if (!has_more || warned_) return;
    warned_ = true;
    monitor_.warn(
        fmt::format("{}: holds more pixels than the {} frames that its header announces; they are not read",
                    pixel_path_, frames_.count));
  }

  std::string path_;
  Monitor& monitor_;
  Frames frames_;
  Orientation orientation_;
  bool must_swap_ = false;
  bool warned_ = false;
  std::string pixel_path_;
  std::unique_ptr<PixelStream> stream_;
};

}  // namespace

bool is_igs_sequence(const std::string& path) {
  if (!header_kind(path)) return false;
  const HeaderText text = read_header_text(path);
  return std::any_of(text.lines.begin(), text.lines.end(), [](const HeaderLine& line) {
    return line.key.starts_with("Seq_Frame") || line.key == "UltrasoundImageOrientation" ||
           line.key == "ultrasound image orientation";
  });
}

std::unique_ptr<FrameSource> open_igs_sequence(const std::string& path, Monitor& monitor) {
  return std::make_unique<IgsSource>(path, monitor);
}

}  // namespace snitt::formats
