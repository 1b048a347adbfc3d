#include "formats/dicom_cine.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "formats/dicom_toolkit.hpp"
#include "formats/input_file.hpp"
#include "formats/number_text.hpp"
#include "formats/pixel_turn.hpp"

namespace snitt::formats {
namespace {

std::string text_of(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  if (item.findAndGetOFString(tag, value).bad()) return {};
  return std::string(stripped(value.c_str()));
}

/// All values of an element, "\"-separated.
std::string all_text_of(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  if (item.findAndGetOFStringArray(tag, value).bad()) return {};
  return value.c_str();
}

class CineSource final : public FrameSource {
 public:
  CineSource(const std::string& path, const FrameFolderOptions& options, Monitor& monitor) : path_(path) {
    prepare_dicom_toolkit();
    // Elements of more than 4 KB stay in the file until they are asked for.
    const OFCondition loaded = file_.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, 4096, ERM_autoDetect);
    if (loaded.bad()) throw InputError("{}: cannot be read as DICOM: {}", path, loaded.text());
    set_shape();
    find_pixels();
    const auto orientation = orientation_from_text(options.orientation);
    if (!orientation) throw UsageError("orientation is '{}'; expected MF, MN, UF or UN", options.orientation);
    orientation_ = *orientation;
    frames_.recorded_orientation = options.orientation;
    if (frames_.shape.format.components == 3) frames_.image_type = "RGB_COLOR";
    frames_.time_s = times(options.clock, monitor);
    frames_.image_status.assign(frames_.count, Status::ok);
    frames_.pixel_spacing_mm = options.pixel_spacing_mm ? options.pixel_spacing_mm : region_spacing(monitor);
    add_poses(frames_, options.poses, monitor);
  }

  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    const std::size_t bytes = frames_.shape.bytes();
    for (std::size_t i = 0; i < count; ++i) read_frame(first + i, out.subspan(i * bytes, bytes));
    turn_frames(out, frames_.shape, orientation_);
  }

 private:
  DcmDataset& dataset() { return *file_.getDataset(); }
  Uint16 required(const DcmTagKey& tag, const char* name) {
    Uint16 value = 0;
    if (dataset().findAndGetUint16(tag, value).bad() || value == 0)
      throw InputError("{}: has no {}; expected a DICOM image", path_, name);
    return value;
  }
  void set_shape();
  void find_pixels();
  std::vector<double> times(const ImageClockOptions& clock, Monitor& monitor);
  std::optional<std::array<double, 2>> region_spacing(Monitor& monitor);
  void read_frame(std::size_t frame, std::span<std::byte> out);
  void forget_fragments(Uint32 first, Uint32 end);

  std::string path_;
  DcmFileFormat file_;
  Frames frames_;
  Orientation orientation_;
  DcmPixelData* pixels_ = nullptr;
  bool planes_apart_ = false;  ///< all red, all green, all blue
  std::vector<std::byte> buffer_;
  std::size_t next_frame_ = 0;
  Uint32 next_fragment_ = 0;
  DcmFileCache cache_;
};

void CineSource::set_shape() {
  const std::string count = text_of(dataset(), DCM_NumberOfFrames);
  const auto frames = count.empty() ? std::optional<std::int64_t>(1) : parse_whole(count);
  if (!frames || *frames < 1)
    throw InputError("{}: NumberOfFrames is '{}'; expected 1 or more", path_, count);
  frames_.count = static_cast<std::size_t>(*frames);
  frames_.shape.rows = required(DCM_Rows, "Rows");
  frames_.shape.columns = required(DCM_Columns, "Columns");
  frames_.shape.format.components = required(DCM_SamplesPerPixel, "SamplesPerPixel");
  const Uint16 bits = required(DCM_BitsAllocated, "BitsAllocated");
  Uint16 is_signed = 0;
  dataset().findAndGetUint16(DCM_PixelRepresentation, is_signed).good();
  if (bits != 8 && bits != 16) throw InputError("{}: BitsAllocated is {}; expected 8 or 16", path_, bits);
  frames_.shape.format.type = bits == 8 ? (is_signed == 1 ? PixelType::i8 : PixelType::u8)
                                        : (is_signed == 1 ? PixelType::i16 : PixelType::u16);
  const std::string photometric = text_of(dataset(), DCM_PhotometricInterpretation);
  const bool is_grey = photometric == "MONOCHROME2" && frames_.shape.format.components == 1;
  const bool is_colour =
      (photometric == "RGB" || photometric.starts_with("YBR_")) && frames_.shape.format.components == 3;
  if (!is_grey && !is_colour)
    throw InputError(
        "{}: PhotometricInterpretation is '{}' with {} samples per pixel; expected MONOCHROME2, RGB or YBR "
        "(convert it with dcmtk's dcmconv, dcmdjpeg or dcmquant)",
        path_, photometric, frames_.shape.format.components);
  Uint16 planar = 0;
  planes_apart_ = dataset().findAndGetUint16(DCM_PlanarConfiguration, planar).good() && planar == 1;
}

void CineSource::find_pixels() {
  DcmElement* element = nullptr;
  if (dataset().findAndGetElement(DCM_PixelData, element).bad() || element == nullptr)
    throw InputError("{}: has no PixelData", path_);
  pixels_ = dynamic_cast<DcmPixelData*>(element);
  Uint32 bytes = 0;
  if (pixels_ == nullptr || pixels_->getUncompressedFrameSize(&dataset(), bytes).bad())
    throw InputError("{}: PixelData is not that of an image", path_);
  if (bytes != frames_.shape.bytes())
    throw InputError("{}: a frame has {} bytes; expected {} from Rows, Columns and BitsAllocated", path_,
                     bytes, frames_.shape.bytes());
  const bool packed = DcmXfer(dataset().getOriginalXfer()).isEncapsulated();
  const std::uint64_t available = InputFile(path_).size();
  // The sizes in a damaged header must not be believed before something is allocated for them.
  const std::uint64_t least = packed ? frames_.count * 2 : frames_.count * frames_.shape.bytes();
  if (frames_.count > available || least > available)
    throw InputError("{}: has {} bytes; expected at least {} for {} frames of {} bytes", path_, available,
                     least, frames_.count, bytes);
  buffer_.resize(bytes + bytes % 2);  // DCMTK works with even lengths
}

std::vector<double> CineSource::times(const ImageClockOptions& clock, Monitor& monitor) {
  if (!clock.file.empty() || clock.frame_rate_hz) return read_image_times(clock, {}, frames_.count, monitor);
  std::vector<double> times(frames_.count, clock.start_time_s);
  std::string increments = all_text_of(dataset(), DCM_FrameTimeVector);
  std::replace(increments.begin(), increments.end(), '\\', ' ');
  if (!increments.empty()) {
    std::vector<double> steps_ms(frames_.count);
    if (parse_numbers(increments, steps_ms) != frames_.count)
      throw InputError("{}: FrameTimeVector is '{}'; expected {} numbers", path_, increments.substr(0, 80),
                       frames_.count);
    for (std::size_t i = 1; i < times.size(); ++i) times[i] = times[i - 1] + steps_ms[i] / 1000;
    return times;
  }
  auto step_ms = parse_number(text_of(dataset(), DCM_FrameTime));
  if (!step_ms) {
    const auto rate = parse_number(text_of(dataset(), DCM_CineRate));
    if (rate && *rate > 0) {
      step_ms = 1000 / *rate;
      monitor.warn(path_ +
                   ": has no FrameTime; times are computed from CineRate, which is a nominal display rate");
    }
  }
  if (!step_ms && frames_.count == 1) step_ms = 0;
  if (!step_ms || !std::isfinite(*step_ms) || (*step_ms <= 0 && frames_.count > 1))
    throw InputError(
        "{}: has neither FrameTime nor FrameTimeVector; give a table of image times or a frame rate", path_);
  for (std::size_t i = 0; i < times.size(); ++i)
    times[i] = clock.start_time_s + static_cast<double>(i) * *step_ms / 1000;
  return times;
}

std::optional<std::array<double, 2>> CineSource::region_spacing(Monitor& monitor) {
  std::optional<std::array<double, 2>> best;
  std::uint64_t best_area = 0;
  bool differs = false;
  DcmSequenceOfItems* regions = nullptr;
  if (dataset().findAndGetSequence(DCM_SequenceOfUltrasoundRegions, regions).bad() || regions == nullptr)
    return best;
  for (unsigned long i = 0; i < regions->card(); ++i) {
    DcmItem& region = *regions->getItem(i);
    constexpr Uint16 two_dimensional = 1;
    constexpr Uint16 centimetres = 3;
    Uint16 format = 0, units_x = 0, units_y = 0;
    Uint32 x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    double dx = 0, dy = 0;
    const bool complete = region.findAndGetUint16(DCM_RegionSpatialFormat, format).good() &&
                          region.findAndGetUint16(DCM_PhysicalUnitsXDirection, units_x).good() &&
                          region.findAndGetUint16(DCM_PhysicalUnitsYDirection, units_y).good() &&
                          region.findAndGetFloat64(DCM_PhysicalDeltaX, dx).good() &&
                          region.findAndGetFloat64(DCM_PhysicalDeltaY, dy).good() &&
                          region.findAndGetUint32(DCM_RegionLocationMinX0, x0).good() &&
                          region.findAndGetUint32(DCM_RegionLocationMinY0, y0).good() &&
                          region.findAndGetUint32(DCM_RegionLocationMaxX1, x1).good() &&
                          region.findAndGetUint32(DCM_RegionLocationMaxY1, y1).good();
    if (!complete || format != two_dimensional || units_x != centimetres || units_y != centimetres) continue;
    const std::array<double, 2> spacing{std::abs(dx) * 10, std::abs(dy) * 10};
    if (!(spacing[0] > 0) || !(spacing[1] > 0) || x1 < x0 || y1 < y0) continue;
    differs = differs || (best && *best != spacing);
    const std::uint64_t area = (std::uint64_t{x1} - x0 + 1) * (std::uint64_t{y1} - y0 + 1);
    if (area > best_area) best = spacing;
    best_area = std::max(best_area, area);
  }
  if (differs)
    monitor.warn(fmt::format("{}: regions differ in pixel spacing; that of the largest is used: {} x {} mm",
                             path_, (*best)[0], (*best)[1]));
  return best;
}

/// ITU-T T.871 (JFIF), which DICOM's YBR_FULL follows.
void ybr_to_rgb(std::span<std::byte> pixels) {
  const auto clamp = [](double v) { return static_cast<std::byte>(std::lround(std::clamp(v, 0.0, 255.0))); };
  for (std::size_t i = 0; i + 2 < pixels.size(); i += 3) {
    const double y = std::to_integer<int>(pixels[i]);
    const double cb = std::to_integer<int>(pixels[i + 1]) - 128;
    const double cr = std::to_integer<int>(pixels[i + 2]) - 128;
    pixels[i] = clamp(y + 1.402 * cr);
    pixels[i + 1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
    pixels[i + 2] = clamp(y + 1.772 * cb);
  }
}

/// DCMTK keeps every compressed fragment that it has read; a long recording would fill the memory.
void CineSource::forget_fragments(Uint32 first, Uint32 end) {
  DcmPixelSequence* fragments = nullptr;
  const E_TransferSyntax syntax = dataset().getOriginalXfer();
  if (pixels_->getEncapsulatedRepresentation(syntax, nullptr, fragments).bad() || fragments == nullptr)
    return;
  for (Uint32 i = std::max(first, 1U); i < end; ++i) {
    DcmPixelItem* fragment = nullptr;
    if (fragments->getItem(fragment, i).good() && fragment != nullptr) fragment->compact();
  }
}

void CineSource::read_frame(std::size_t frame, std::span<std::byte> out) {
  // Without a table of offsets a decoder finds a frame only by going through those before it.
  Uint32 fragment = frame == next_frame_ ? next_fragment_ : 0;
  OFString colours;
  const OFCondition read =
      pixels_->getUncompressedFrame(&dataset(), static_cast<Uint32>(frame), fragment, buffer_.data(),
                                    static_cast<Uint32>(buffer_.size()), colours, &cache_);
  if (read.bad())
    throw InputError("{}: frame {} of {} cannot be decoded: {}", path_, frame, frames_.count, read.text());
  if (DcmXfer(dataset().getOriginalXfer()).isEncapsulated()) forget_fragments(next_fragment_, fragment);
  next_frame_ = frame + 1;
  next_fragment_ = fragment;
  const std::size_t components = frames_.shape.format.components;
  const std::size_t bytes = size_of(frames_.shape.format.type);
  const bool decoded = DcmXfer(dataset().getOriginalXfer()).isEncapsulated();
  const bool is_rle = dataset().getOriginalXfer() == EXS_RLELossless;
  if (components == 3 && planes_apart_ && (!decoded || is_rle)) {
    for (std::size_t i = 0; i < frames_.shape.pixels(); ++i)
      for (std::size_t c = 0; c < 3; ++c)
        std::memcpy(out.data() + (3 * i + c) * bytes,
                    buffer_.data() + (c * frames_.shape.pixels() + i) * bytes, bytes);
  } else {
    std::memcpy(out.data(), buffer_.data(), out.size());
  }
  const std::string model(colours.c_str());
  if (model == "YBR_FULL" && bytes == 1) return ybr_to_rgb(out);
  if (components == 3 && model != "RGB")
    throw InputError(
        "{}: frame {} has colours '{}'; expected RGB or YBR_FULL (convert it with dcmtk's dcmdjpeg)", path_,
        frame, model);
}

}  // namespace

bool is_dicom_cine(const std::string& path) {
  const InputFile file(path);
  std::array<char, 4> mark{};
  if (file.read_at(128, std::as_writable_bytes(std::span(mark))) != 4 ||
      std::memcmp(mark.data(), "DICM", 4) != 0)
    return false;
  prepare_dicom_toolkit();
  DcmFileFormat dicom;
  if (dicom.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, 4096, ERM_autoDetect).bad()) return false;
  const auto frames = parse_whole(text_of(*dicom.getDataset(), DCM_NumberOfFrames));
  return text_of(*dicom.getDataset(), DCM_Modality) == "US" && frames.value_or(1) >= 1 &&
         dicom.getDataset()->tagExists(DCM_PixelData);
}

std::unique_ptr<FrameSource> open_dicom_cine(const std::string& path, const FrameFolderOptions& options,
                                             Monitor& monitor) {
  return std::make_unique<CineSource>(path, options, monitor);
}

}  // namespace snitt::formats
