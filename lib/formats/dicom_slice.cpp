#include "formats/dicom_slice.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "formats/dicom_toolkit.hpp"

namespace snitt::formats {
namespace {

std::string text_in(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  if (item.findAndGetOFStringArray(tag, value).bad()) return {};
  return {value.c_str(), value.size()};
}

/// Of DS, IS and binary elements alike; the toolkit converts integer strings only to integers.
std::optional<double> number_in(DcmItem& item, const DcmTagKey& tag, unsigned long position = 0) {
  Float64 value = 0;
  Sint32 whole = 0;
  if (item.findAndGetFloat64(tag, value, position).good())
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
  if (item.findAndGetSint32(tag, whole, position).good()) return whole;
  return std::nullopt;
}

std::size_t count_in(DcmItem& item, const DcmTagKey& tag) {
  Uint16 value = 0;
  return item.findAndGetUint16(tag, value).good() ? value : 0;
}

/// Where the attributes of a frame are: in the data set itself, or in the functional groups of an enhanced
/// file.
class FrameAttributes {
 public:
  FrameAttributes(DcmItem& dataset, std::size_t frame, bool enhanced)
      : dataset_(dataset), frame_(frame), enhanced_(enhanced) {}

  /// Null when an enhanced file lacks the group.
  DcmItem* group(const DcmTagKey& macro) const {
    if (!enhanced_) return &dataset_;
    for (const auto& [sequence, number] :
         {std::pair{DCM_PerFrameFunctionalGroupsSequence, static_cast<signed long>(frame_)},
          std::pair{DCM_SharedFunctionalGroupsSequence, 0L}}) {
      DcmItem* groups = nullptr;
      DcmItem* item = nullptr;
      if (dataset_.findAndGetSequenceItem(sequence, groups, number).good() && groups != nullptr &&
          groups->findAndGetSequenceItem(macro, item, 0).good() && item != nullptr)
        return item;
    }
    return nullptr;
  }
  std::optional<double> number(const DcmTagKey& macro, const DcmTagKey& tag,
                               unsigned long position = 0) const {
    DcmItem* item = group(macro);
    return item == nullptr ? std::nullopt : number_in(*item, tag, position);
  }
  std::string text(const DcmTagKey& macro, const DcmTagKey& tag) const {
    DcmItem* item = group(macro);
    return item == nullptr ? std::string() : text_in(*item, tag);
  }

 private:
  DcmItem& dataset_;
  std::size_t frame_;
  bool enhanced_;
};

std::string missing(const std::string& name, const DcmTagKey& tag) {
  return fmt::format("has no usable {} ({:04x},{:04x})", name, tag.getGroup(), tag.getElement());
}

/// Fills the geometry; returns what is wrong with it, or "".
std::string read_geometry(const FrameAttributes& from, DicomSlice& slice) {
  for (unsigned long i = 0; i < 3; ++i) {
    const auto position = from.number(DCM_PlanePositionSequence, DCM_ImagePositionPatient, i);
    if (!position) return missing("ImagePositionPatient", DCM_ImagePositionPatient);
    const auto row = from.number(DCM_PlaneOrientationSequence, DCM_ImageOrientationPatient, i);
    const auto column = from.number(DCM_PlaneOrientationSequence, DCM_ImageOrientationPatient, i + 3);
    if (!row || !column) return missing("ImageOrientationPatient", DCM_ImageOrientationPatient);
    slice.position[i] = *position;
    slice.row_direction[i] = *row;
    slice.column_direction[i] = *column;
  }
  const double row_length = norm(slice.row_direction);
  const double column_length = norm(slice.column_direction);
  if (std::abs(row_length - 1) > 1e-2 || std::abs(column_length - 1) > 1e-2 ||
      std::abs(dot(slice.row_direction, slice.column_direction)) > 1e-2)
    return "has an ImageOrientationPatient (0020,0037) that is no pair of perpendicular unit vectors";
  if (row_length != 1) slice.row_direction = (1 / row_length) * slice.row_direction;
  if (column_length != 1) slice.column_direction = (1 / column_length) * slice.column_direction;
  // PixelSpacing says rows first: the distance down a column.
  const auto down = from.number(DCM_PixelMeasuresSequence, DCM_PixelSpacing, 0);
  const auto along = from.number(DCM_PixelMeasuresSequence, DCM_PixelSpacing, 1);
  if (!down || !along || !(*down > 0) || !(*along > 0)) return missing("PixelSpacing", DCM_PixelSpacing);
  slice.spacing_mm = {*along, *down};
  slice.thickness_mm = from.number(DCM_PixelMeasuresSequence, DCM_SliceThickness).value_or(0);
  return {};
}

NamedValues named(DcmItem& dataset, std::initializer_list<std::pair<const char*, DcmTagKey>> tags) {
  NamedValues values;
  for (const auto& [name, tag] : tags)
    if (std::string text = text_in(dataset, tag); !text.empty()) values.emplace_back(name, std::move(text));
  return values;
}

/// Only attributes that describe the machine and the picture: nothing typed in by staff, no dates, no
/// identifiers.
NamedValues technical_attributes(DcmItem& dataset) {
  return named(dataset, {{"Modality", DCM_Modality},
                         {"Manufacturer", DCM_Manufacturer},
                         {"ManufacturerModelName", DCM_ManufacturerModelName},
                         {"KVP", DCM_KVP},
                         {"SliceThickness", DCM_SliceThickness},
                         {"ConvolutionKernel", DCM_ConvolutionKernel},
                         {"ReconstructionDiameter", DCM_ReconstructionDiameter},
                         {"FilterType", DCM_FilterType},
                         {"SpiralPitchFactor", DCM_SpiralPitchFactor},
                         {"GantryDetectorTilt", DCM_GantryDetectorTilt},
                         {"MagneticFieldStrength", DCM_MagneticFieldStrength},
                         {"RepetitionTime", DCM_RepetitionTime},
                         {"EchoTime", DCM_EchoTime},
                         {"FlipAngle", DCM_FlipAngle},
                         {"PatientPosition", DCM_PatientPosition},
                         {"PixelPaddingValue", DCM_PixelPaddingValue},
                         {"LossyImageCompression", DCM_LossyImageCompression}});
}

NamedValues distinguishing_attributes(DcmItem& dataset, const FrameAttributes& from, bool enhanced) {
  NamedValues values = named(dataset, {{"AcquisitionNumber", DCM_AcquisitionNumber},
                                       {"EchoNumbers", DCM_EchoNumbers},
                                       {"TemporalPositionIdentifier", DCM_TemporalPositionIdentifier},
                                       {"TriggerTime", DCM_TriggerTime},
                                       {"ImageType", DCM_ImageType},
                                       {"InstanceNumber", DCM_InstanceNumber}});
  if (enhanced)
    for (const auto& [name, tag] : {std::pair{"TemporalPositionIndex", DCM_TemporalPositionIndex},
                                    std::pair{"FrameAcquisitionNumber", DCM_FrameAcquisitionNumber}})
      if (std::string text = from.text(DCM_FrameContentSequence, tag); !text.empty())
        values.emplace_back(name, text);
  return values;
}

void read_slices(DcmItem& dataset, DicomFile& file) {
  const std::size_t frames =
      static_cast<std::size_t>(std::max(1.0, number_in(dataset, DCM_NumberOfFrames).value_or(1)));
  const bool enhanced = dataset.tagExists(DCM_PerFrameFunctionalGroupsSequence);
  if (frames > 1 && !enhanced) {
    file.problem = fmt::format(
        "has {} frames, but no position for each of them (no PerFrameFunctionalGroupsSequence)", frames);
    return;
  }
  DicomSlice common;
  common.file = file.path;
  common.rows = count_in(dataset, DCM_Rows);
  common.columns = count_in(dataset, DCM_Columns);
  common.tilt_deg = number_in(dataset, DCM_GantryDetectorTilt).value_or(0);
  common.localizer = text_in(dataset, DCM_ImageType).find("LOCALIZER") != std::string::npos;
  common.technical = technical_attributes(dataset);
  if (common.rows == 0 || common.columns == 0) {
    file.problem = missing("Rows and Columns", DCM_Rows);
    return;
  }
  if (count_in(dataset, DCM_SamplesPerPixel) > 1) {
    file.problem = fmt::format("is a colour image ({}); expected grey values", file.photometric);
    return;
  }
  for (std::size_t frame = 0; frame < frames && file.problem.empty(); ++frame) {
    const FrameAttributes from(dataset, frame, enhanced);
    DicomSlice slice = common;
    slice.frame = frame;
    file.problem = read_geometry(from, slice);
    const auto slope = from.number(DCM_PixelValueTransformationSequence, DCM_RescaleSlope);
    const auto intercept = from.number(DCM_PixelValueTransformationSequence, DCM_RescaleIntercept);
    file.has_rescale = slope && intercept;
    if (file.has_rescale) slice.rescale = {*slope, *intercept};
    if (slice.rescale.slope == 0) file.problem = "has RescaleSlope (0028,1053) 0; expected another number";
    if (frame == 0) {
      file.units = from.text(DCM_PixelValueTransformationSequence, DCM_RescaleType);
      if (file.modality == "PT") file.units = text_in(dataset, DCM_Units);
    }
    slice.apart = distinguishing_attributes(dataset, from, enhanced);
    file.slices.push_back(std::move(slice));
  }
}

/// The stored bits of each word: DICOM PS3.5 8.1.1.
template <typename To, typename Word>
std::vector<std::byte> stored_values(std::span<const Word> words, unsigned bits, unsigned high_bit) {
  std::vector<std::byte> bytes(words.size() * sizeof(To));
  const unsigned shift = high_bit + 1 - bits;
  // Up against the left end of the word and back again: the shift back repeats the sign of signed values.
  const unsigned left = 8 * sizeof(Word) - bits;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word raw = static_cast<Word>(words[i] >> shift);
    const To out = static_cast<To>(static_cast<To>(static_cast<Word>(raw << left)) >> left);
    std::memcpy(bytes.data() + i * sizeof(To), &out, sizeof(To));
  }
  return bytes;
}

template <typename Word>
Elements stored_elements(std::vector<std::byte>&& bytes, unsigned bits, unsigned high_bit, bool is_signed) {
  using Signed = std::make_signed_t<Word>;
  const PixelType type = is_signed ? pixel_type_of<Signed>() : pixel_type_of<Word>();
  if (bits == 8 * sizeof(Word)) return {type, std::move(bytes)};
  const std::span<const Word> words(reinterpret_cast<const Word*>(bytes.data()), bytes.size() / sizeof(Word));
  if (is_signed) return {type, stored_values<Signed>(words, bits, high_bit)};
  return {type, stored_values<Word>(words, bits, high_bit)};
}

/// `size` bytes of PixelData as little-endian memory, whether the file calls them bytes or words.
std::vector<std::byte> pixel_bytes(const std::string& path, DcmItem& dataset, std::size_t size) {
  const void* data = nullptr;
  unsigned long count = 0;
  const Uint16* words = nullptr;
  const Uint8* octets = nullptr;
  if (dataset.findAndGetUint16Array(DCM_PixelData, words, &count).good() && words != nullptr) {
    data = words;
    count *= 2;
  } else if (dataset.findAndGetUint8Array(DCM_PixelData, octets, &count).good() && octets != nullptr) {
    data = octets;
  }
  if (data == nullptr) throw InputError("{}: PixelData cannot be read: the file is damaged or cut off", path);
  if (count < size)
    throw InputError("{}: PixelData has {} bytes; expected {} by Rows and Columns", path, count, size);
  std::vector<std::byte> bytes(size);
  std::memcpy(bytes.data(), data, size);
  return bytes;
}

}  // namespace

DicomFile read_dicom_header(const std::string& path) {
  prepare_dicom_toolkit();
  DicomFile file;
  file.path = path;
  DcmFileFormat format;
  // Values beyond 4 kB (the pixels) stay in the file until somebody asks for them.
  constexpr Uint32 longest_value = 4096;
  const OFCondition loaded =
      format.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, longest_value, ERM_autoDetect);
  DcmDataset& dataset = *format.getDataset();
  const bool announced = looks_like_dicom(path);
  if (loaded.bad()) {
    file.is_image = announced;
    file.problem = fmt::format("is damaged or cut off ({})", loaded.text());
    file.series_uid = text_in(dataset, DCM_SeriesInstanceUID);
    return file;
  }
  file.is_image = dataset.tagExists(DCM_PixelData) && (announced || dataset.tagExists(DCM_SOPClassUID));
  if (announced && !file.is_image && dataset.tagExists(DCM_Rows)) {
    file.is_image = true;
    file.problem = "has no PixelData: the file is cut off";
  }
  file.series_uid = text_in(dataset, DCM_SeriesInstanceUID);
  file.modality = text_in(dataset, DCM_Modality);
  file.photometric = text_in(dataset, DCM_PhotometricInterpretation);
  if (file.is_image && file.problem.empty()) read_slices(dataset, file);
  return file;
}

Elements read_dicom_pixels(const std::string& path) {
  prepare_dicom_toolkit();
  DcmFileFormat format;
  if (const OFCondition loaded = format.loadFile(path.c_str()); loaded.bad())
    throw InputError("{}: cannot be read: {}", path, loaded.text());
  DcmDataset& dataset = *format.getDataset();
  const DcmXfer transfer(dataset.getOriginalXfer());
  if (const OFCondition decoded = dataset.chooseRepresentation(EXS_LittleEndianExplicit, nullptr);
      decoded.bad())
    throw InputError(
        "{}: pixels in transfer syntax '{}' cannot be decoded: {} (convert: dcmdjpeg or gdcmconv --raw)",
        path, transfer.getXferName(), decoded.text());
  const auto allocated = static_cast<unsigned>(count_in(dataset, DCM_BitsAllocated));
  const auto bits = static_cast<unsigned>(count_in(dataset, DCM_BitsStored));
  Uint16 high_bit = static_cast<Uint16>(bits - 1);
  dataset.findAndGetUint16(DCM_HighBit, high_bit).good();
  const bool is_signed = count_in(dataset, DCM_PixelRepresentation) == 1;
  if ((allocated != 8 && allocated != 16 && allocated != 32) || bits == 0 || high_bit >= allocated ||
      high_bit + 1U < bits)
    throw InputError(
        "{}: BitsAllocated {}, BitsStored {}, HighBit {} do not fit together; expected 8, 16 or 32 bits",
        path, allocated, bits, high_bit);
  const double frames = number_in(dataset, DCM_NumberOfFrames).value_or(1);
  const std::array<std::uint64_t, 4> factors{count_in(dataset, DCM_Rows), count_in(dataset, DCM_Columns),
                                             static_cast<std::uint64_t>(std::max(1.0, frames)),
                                             allocated / 8};
  std::vector<std::byte> bytes = pixel_bytes(path, dataset, checked_product(path, "PixelData", factors));
  if (allocated == 8) return stored_elements<std::uint8_t>(std::move(bytes), bits, high_bit, is_signed);
  if (allocated == 16) return stored_elements<std::uint16_t>(std::move(bytes), bits, high_bit, is_signed);
  return stored_elements<std::uint32_t>(std::move(bytes), bits, high_bit, is_signed);
}

}  // namespace snitt::formats
