#include "formats/custusx.hpp"

#include <algorithm>
#include <bit>
#include <filesystem>

#include "base/error.hpp"
#include "formats/custusx_text.hpp"
#include "formats/image_header.hpp"
#include "formats/number_text.hpp"
#include "formats/picture_file.hpp"
#include "formats/pixel_stream.hpp"
#include "formats/pixel_turn.hpp"

namespace snitt::formats {
namespace {

namespace fs = std::filesystem;

/// Names in a folder that end in `ending`, in natural order.
std::vector<std::string> names_ending(const std::string& folder, std::string_view ending) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file() && entry.path().filename().string().ends_with(ending))
      names.push_back(entry.path().filename().string());
  if (error) throw InputError("{}: cannot be listed: {}", folder, error.message());
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

/// The one file with this ending; "" when there is none.
std::string only_file(const std::string& folder, std::string_view ending) {
  const auto names = names_ending(folder, ending);
  if (names.size() > 1)
    throw InputError("{}: holds {} files *{} ('{}', '{}' …); expected one acquisition per folder", folder,
                     names.size(), ending, names[0], names[1]);
  return names.empty() ? "" : (fs::path(folder) / names.front()).string();
}

/// Images one after another: frames of `header` per file (1, or all of a stack).
struct FrameFiles {
  std::vector<std::string> paths;
  bool is_stack = false;
};

FrameFiles find_frames(const std::string& folder, const std::string& base) {
  FrameFiles files;
  for (const std::string& name : names_ending(folder, ".mhd")) {
    const std::string stem = name.substr(0, name.size() - 4);
    const bool numbered = stem.starts_with(base + "_") && stem.size() > base.size() + 1 &&
                          stem.find_first_not_of("0123456789", base.size() + 1) == std::string::npos;
    if (numbered) files.paths.push_back((fs::path(folder) / name).string());
  }
  if (!files.paths.empty()) return files;
  const std::string stack = (fs::path(folder) / (base + ".mhd")).string();
  std::error_code error;
  if (!fs::exists(stack, error))
    throw InputError("{}: holds neither '{}_<i>.mhd' nor '{}.mhd'; expected the frames of the acquisition",
                     folder, base, base);
  return {{stack}, true};
}

FrameShape shape_of(const ImageHeader& header, bool is_stack) {
  const auto& sizes = header.sizes;
  const bool is_flat = sizes.size() == 2 || (sizes.size() == 3 && sizes[2] == 1);
  if (!header.has_pixels || (is_stack ? sizes.size() != 3 : !is_flat))
    throw InputError("{}: has sizes {}; expected {}", header.text.path, fmt::join(sizes, " x "),
                     is_stack ? "x, y and frame" : "one image");
  return {sizes[1], sizes[0], header.format};
}

class AcquisitionSource final : public FrameSource {
 public:
  AcquisitionSource(const std::string& folder, Monitor& monitor) : folder_(folder) {
    const std::string times_file = only_file(folder, ".fts");
    if (times_file.empty())
      throw InputError("{}: holds no .fts file; expected a CustusX acquisition", folder);
    base_ = fs::path(times_file).stem().string();
    frames_.time_s = read_custusx_times(times_file);
    frames_.count = frames_.time_s.size();
    set_images(times_file);
    frames_.image_status.assign(frames_.count, Status::ok);
    frames_.header.emplace_back("custusx.acquisition", base_);
    set_probe(monitor);
    set_tracking();
    set_frame_poses();
    set_mask(monitor);
  }

  const Frames& frames() const override { return frames_; }

  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    const std::size_t bytes = frames_.shape.bytes();
    if (files_.is_stack) return read_pixels(0, static_cast<std::uint64_t>(first) * bytes, out, first);
    for (std::size_t i = 0; i < count; ++i) {
      open_file(first + i);
      read_pixels(first + i, 0, out.subspan(i * bytes, bytes), first + i);
    }
  }

 private:
  void open_file(std::size_t file) {
    const ImageHeader header = read_image_header(files_.paths[file]);
    if (shape_of(header, files_.is_stack) != frames_.shape)
      throw InputError("{}: differs in size or type; expected {} x {} {} as in '{}'", files_.paths[file],
                       frames_.shape.columns, frames_.shape.rows, name_of(frames_.shape.format.type),
                       files_.paths.front());
    must_swap_ = header.storage.big_endian != (std::endian::native == std::endian::big);
    stream_ = open_pixel_stream(header.storage);
  }
  void read_pixels(std::size_t file, std::uint64_t offset, std::span<std::byte> out, std::size_t frame) {
    const std::size_t got = stream_->read(offset, out);
    if (got < out.size())
      throw InputError("{}: pixels of frame {} end after {} of {} bytes{}{}", files_.paths[file],
                       frame + got / frames_.shape.bytes(), got % frames_.shape.bytes(),
                       frames_.shape.bytes(), stream_->problem().empty() ? "" : ": ", stream_->problem());
    if (must_swap_) swap_bytes(out, frames_.shape.format.type);
  }
  void set_images(const std::string& times_file);
  void set_probe(Monitor& monitor);
  void set_tracking();
  void set_frame_poses();
  void set_mask(Monitor& monitor);

  std::string folder_;
  std::string base_;
  FrameFiles files_;
  Frames frames_;
  double temporal_calibration_ms_ = 0;
  bool must_swap_ = false;
  std::unique_ptr<PixelStream> stream_;
};

void AcquisitionSource::set_images(const std::string& times_file) {
  files_ = find_frames(folder_, base_);
  const ImageHeader header = read_image_header(files_.paths.front());
  frames_.shape = shape_of(header, files_.is_stack);
  const std::size_t images = files_.is_stack ? header.sizes[2] : files_.paths.size();
  if (images != frames_.count)
    throw InputError("{}: has {} lines for {} frames; expected one time per frame", times_file, frames_.count,
                     images);
  if (header.spacing.size() >= 2 && header.spacing[0] > 0 && header.spacing[1] > 0)
    frames_.pixel_spacing_mm = {header.spacing[0], header.spacing[1]};
  if (frames_.shape.format.components == 3) frames_.image_type = "RGB_COLOR";
  for (std::size_t file = files_.paths.size(); file-- > 0;)
    open_file(file);  // every header now, and the first stays open
}

void AcquisitionSource::set_probe(Monitor& monitor) {
  const std::string path = only_file(folder_, ".probedata.xml");
  if (path.empty()) {
    monitor.warn(
        folder_ +
        ": holds no .probedata.xml; no temporal calibration is applied, and ImageToTool is not known");
    return;
  }
  const CustusxProbe probe = read_custusx_probe(path);
  temporal_calibration_ms_ = probe.temporal_calibration_ms;
  frames_.header.insert(frames_.header.end(), probe.header.begin(), probe.header.end());
  frames_.header.emplace_back("custusx.temporal_calibration_ms", number_text(temporal_calibration_ms_));
  if (probe.spacing_mm) frames_.pixel_spacing_mm = probe.spacing_mm;
  if (!frames_.pixel_spacing_mm) return;
  const auto [sx, sy] = *frames_.pixel_spacing_mm;
  const double height_mm = static_cast<double>(frames_.shape.rows - 1) * sy;  // between centres of pixels
  frames_.constant.push_back(
      {{"Image", "Ultrasound"}, {{sx, 0, 0, 0, 0, -sy, 0, height_mm, 0, 0, -1, 0, 0, 0, 0, 1}}});
  if (!probe.origin_px) return;
  const auto [u0, v0] = *probe.origin_px;
  frames_.constant.push_back(
      {{"Image", "Tool"}, {{0, 0, -1, 0, -sx, 0, 0, sx * u0, 0, sy, 0, -sy * v0, 0, 0, 0, 1}}});
}

void AcquisitionSource::set_tracking() {
  const std::string times_file = only_file(folder_, ".tts");
  const std::string poses_file = only_file(folder_, ".tp");
  if (times_file.empty() || poses_file.empty())
    throw InputError("{}: holds no {} file; expected the tracking of the acquisition", folder_,
                     times_file.empty() ? ".tts" : ".tp");
  TrackedTransform tool{
      {"Tool", "PatientReference"}, read_custusx_poses(poses_file), {}, read_custusx_times(times_file)};
  if (tool.matrix.size() != tool.time_s.size())
    throw InputError("{}: has {} poses for the {} times in '{}'; expected as many", poses_file,
                     tool.matrix.size(), tool.time_s.size(), fs::path(times_file).filename().string());
  for (double& time_s : tool.time_s) time_s += temporal_calibration_ms_ / 1000;
  tool.status.assign(tool.matrix.size(), Status::ok);
  frames_.tracked.push_back(std::move(tool));
}

void AcquisitionSource::set_frame_poses() {
  const std::string path = only_file(folder_, ".fp");
  if (path.empty()) return;
  TrackedTransform image{{"Ultrasound", "Reference"}, read_custusx_poses(path), {}, {}};
  if (image.matrix.size() != frames_.count)
    throw InputError("{}: has {} poses for {} frames; expected one per frame", path, image.matrix.size(),
                     frames_.count);
  image.status.assign(frames_.count, Status::ok);
  frames_.tracked.push_back(std::move(image));
}

void AcquisitionSource::set_mask(Monitor& monitor) {
  const std::string path = only_file(folder_, ".mask.mhd");
  if (path.empty()) return;
  const ImageHeader header = read_image_header(path);
  const FrameShape shape = shape_of(header, false);
  if (shape.format != PixelFormat{PixelType::u8, 1})
    throw InputError("{}: has pixels of {} x {}; expected one uint8", path, shape.format.components,
                     name_of(shape.format.type));
  if (shape.rows != frames_.shape.rows || shape.columns != frames_.shape.columns) {
    monitor.warn(fmt::format("{}: is {} x {} pixels and the frames are {} x {}; the mask is left out", path,
                             shape.columns, shape.rows, frames_.shape.columns, frames_.shape.rows));
    return;
  }
  frames_.mask.resize(shape.pixels());
  const auto mask_stream = open_pixel_stream(header.storage);
  if (mask_stream->read(0, std::as_writable_bytes(std::span(frames_.mask))) != frames_.mask.size())
    throw InputError("{}: pixels end early {}", path, mask_stream->problem());
}

}  // namespace

bool is_custusx_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error) && !names_ending(path, ".fts").empty();
}

std::unique_ptr<FrameSource> open_custusx(const std::string& path, Monitor& monitor) {
  return std::make_unique<AcquisitionSource>(path, monitor);
}

}  // namespace snitt::formats
