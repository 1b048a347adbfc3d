#include "formats/sequence.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "formats/custusx.hpp"
#include "formats/dicom_cine.hpp"
#include "formats/igs_sequence.hpp"

namespace snitt::formats {
namespace {

/// A recording with poses from elsewhere.
class WithPoses final : public FrameSource {
 public:
  WithPoses(std::unique_ptr<FrameSource> source, const PoseTableOptions& poses, Monitor& monitor)
      : source_(std::move(source)), frames_(source_->frames()) {
    add_poses(frames_, poses, monitor);
  }
  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    source_->read(first, count, out);
  }

 private:
  std::unique_ptr<FrameSource> source_;
  Frames frames_;
};

void refuse_image_options(const std::string& path, SequenceKind kind, const SequenceOptions& options) {
  if (!options.clock.file.empty() || options.clock.frame_rate_hz || options.clock.start_time_s != 0 ||
      options.pixel_spacing_mm || options.orientation != "MF")
    throw UsageError(
        "{}: is an {}, which says its own times, orientation and spacing; expected no options for them", path,
        name_of(kind));
}

std::unique_ptr<FrameSource> open_self_contained(const std::string& path, SequenceKind kind,
                                                 const SequenceOptions& options, Monitor& monitor) {
  refuse_image_options(path, kind, options);
  auto source = kind == SequenceKind::igs ? open_igs_sequence(path, monitor) : open_custusx(path, monitor);
  if (options.poses.file.empty()) return source;
  return std::make_unique<WithPoses>(std::move(source), options.poses, monitor);
}

}  // namespace

SequenceKind sequence_kind(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    if (is_custusx_folder(path)) return SequenceKind::custusx;
    return is_frame_folder(path) ? SequenceKind::pictures : SequenceKind::none;
  }
  if (is_igs_sequence(path)) return SequenceKind::igs;
  return is_dicom_cine(path) ? SequenceKind::dicom_cine : SequenceKind::none;
}

std::string name_of(SequenceKind kind) {
  switch (kind) {
    case SequenceKind::igs:
      return "IGS sequence";
    case SequenceKind::custusx:
      return "CustusX acquisition";
    case SequenceKind::pictures:
      return "folder of images";
    case SequenceKind::dicom_cine:
      return "DICOM ultrasound";
    case SequenceKind::none:
      break;
  }
  return "no recording";
}

bool is_sequence(const std::string& path) { return sequence_kind(path) != SequenceKind::none; }

std::unique_ptr<FrameSource> open_sequence(const std::string& path, const SequenceOptions& options,
                                           Monitor& monitor) {
  const SequenceKind kind = sequence_kind(path);
  switch (kind) {
    case SequenceKind::igs:
    case SequenceKind::custusx:
      return open_self_contained(path, kind, options, monitor);
    case SequenceKind::pictures:
      return open_frame_folder(path, options, monitor);
    case SequenceKind::dicom_cine:
      return open_dicom_cine(path, options, monitor);
    case SequenceKind::none:
      break;
  }
  throw InputError(
      "{}: is no recording; expected an IGS sequence, a CustusX acquisition folder, a folder of PNG, JPEG or "
      "TIFF "
      "images, or a DICOM ultrasound image",
      path);
}

}  // namespace snitt::formats
