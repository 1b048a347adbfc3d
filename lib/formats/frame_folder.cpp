#include "formats/frame_folder.hpp"

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "formats/picture_file.hpp"
#include "formats/pixel_turn.hpp"

namespace snitt::formats {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.'))
      names.push_back(entry.path().filename().string());
  if (error) throw InputError("{}: cannot be listed: {}", folder, error.message());
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

class FolderSource final : public FrameSource {
 public:
  FolderSource(const std::string& folder, const FrameFolderOptions& options, Monitor& monitor)
      : folder_(folder) {
    list_pictures(monitor);
    set_shape(monitor);
    const auto orientation = orientation_from_text(options.orientation);
    if (!orientation) throw UsageError("orientation is '{}'; expected MF, MN, UF or UN", options.orientation);
    orientation_ = *orientation;
    frames_.recorded_orientation = options.orientation;
    if (frames_.shape.format.components == 3) frames_.image_type = "RGB_COLOR";
    frames_.pixel_spacing_mm = options.pixel_spacing_mm;
    frames_.time_s = read_image_times(options.clock, names_, names_.size(), monitor);
    frames_.image_status.assign(names_.size(), Status::ok);
    frames_.fields.push_back({"FileName", names_});
    add_poses(frames_, options.poses, monitor);
  }
  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    const std::size_t bytes = frames_.shape.bytes();
    for (std::size_t i = 0; i < count; ++i)
      read_picture((fs::path(folder_) / names_[first + i]).string(), frames_.shape,
                   out.subspan(i * bytes, bytes));
    turn_frames(out, frames_.shape, orientation_);
  }

 private:
  void list_pictures(Monitor& monitor) {
    std::vector<std::string> others;
    for (const std::string& name : files_of(folder_))
      (is_picture((fs::path(folder_) / name).string()) ? names_ : others).push_back(name);
    if (names_.empty()) throw InputError("{}: holds no PNG, JPEG or TIFF file", folder_);
    if (!others.empty())
      monitor.warn(fmt::format("{}: {} other files are passed over, the first is '{}'", folder_,
                               others.size(), others.front()));
    frames_.count = names_.size();
  }
  /// Every header is looked at now: a picture of another size must not end the job after an hour.
  void set_shape(Monitor& monitor) {
    frames_.shape = read_picture_shape((fs::path(folder_) / names_.front()).string());
    for (std::size_t i = 1; i < names_.size(); ++i) {
      const FrameShape shape = read_picture_shape((fs::path(folder_) / names_[i]).string());
      if (shape != frames_.shape)
        throw InputError("{}/{}: is {} x {} pixels of {} x {}; expected {} x {} of {} x {} as in '{}'",
                         folder_, names_[i], shape.columns, shape.rows, shape.format.components,
                         name_of(shape.format.type), frames_.shape.columns, frames_.shape.rows,
                         frames_.shape.format.components, name_of(frames_.shape.format.type), names_.front());
      monitor.progress("looking at images", static_cast<double>(i + 1), static_cast<double>(names_.size()));
    }
  }

  std::string folder_;
  std::vector<std::string> names_;
  Frames frames_;
  Orientation orientation_;
};

}  // namespace

bool is_frame_folder(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return false;
  const auto names = files_of(path);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_picture((fs::path(path) / name).string()); });
}

std::unique_ptr<FrameSource> open_frame_folder(const std::string& path, const FrameFolderOptions& options,
                                               Monitor& monitor) {
  return std::make_unique<FolderSource>(path, options, monitor);
}

void add_poses(Frames& frames, const PoseTableOptions& options, Monitor& monitor) {
  if (options.file.empty()) return;
  TrackedTransform tracked = read_pose_table(options, monitor);
  if (tracked.time_s.empty() && tracked.matrix.size() != frames.count)
    throw InputError("{}: has {} poses for {} frames; expected one per frame, or a time column", options.file,
                     tracked.matrix.size(), frames.count);
  if (!tracked.time_s.empty() &&
      (tracked.time_s.back() < frames.time_s.front() || tracked.time_s.front() > frames.time_s.back()))
    monitor.warn(fmt::format(
        "{}: poses from {} to {} s and images from {} to {} s do not overlap; are units and clocks the same?",
        options.file, tracked.time_s.front(), tracked.time_s.back(), frames.time_s.front(),
        frames.time_s.back()));
  frames.tracked.push_back(std::move(tracked));
}

}  // namespace snitt::formats
