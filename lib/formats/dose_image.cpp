#include "formats/dose_image.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "formats/dicom_text.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

double number_or_nan(DcmItem& item, const DcmTagKey& tag) {
  return dicom_number(item, tag).value_or(not_stated);
}

DcmItem* item_in(DcmItem& item, const DcmTagKey& tag, unsigned long index = 0) {
  DcmSequenceOfItems* sequence = nullptr;
  if (item.findAndGetSequence(tag, sequence).bad() || sequence == nullptr) return nullptr;
  return index < sequence->card() ? sequence->getItem(index) : nullptr;
}

/// Philips' DLP: element xx21 of the block that ELSCINT1 reserved in group 00E1.
double philips_dlp(DcmItem& item) {
  for (Uint16 block = 0x10; block <= 0xff; ++block) {
    if (dicom_text(item, DcmTagKey(0x00e1, block)) != "ELSCINT1") continue;
    const auto value = dicom_number(item, DcmTagKey(0x00e1, static_cast<Uint16>(block << 8 | 0x21)));
    return value.value_or(not_stated);
  }
  return not_stated;
}

CtAcquisition acquisition_from(const std::string& word) {
  if (word == "SPIRAL") return CtAcquisition::spiral;
  if (word == "SEQUENCED") return CtAcquisition::sequenced;
  if (word == "CONSTANT_ANGLE") return CtAcquisition::constant_angle;
  if (word == "STATIONARY") return CtAcquisition::stationary;
  return word == "FREE" ? CtAcquisition::free_motion : CtAcquisition::unknown;
}

DosePhantom phantom_in(DcmItem& item) {
  DcmItem* code = item_in(item, DCM_CTDIPhantomTypeCodeSequence);
  const std::string value = code == nullptr ? "" : dicom_text(*code, DCM_CodeValue);
  if (value == "113690") return DosePhantom::head_16cm;
  if (value == "113691") return DosePhantom::body_32cm;
  return value == "113692" ? DosePhantom::nema_xr21 : DosePhantom::unknown;
}

double tube_current_ma(DcmItem& item) {
  const double in_microampere = number_or_nan(item, DCM_XRayTubeCurrentInuA);
  if (!std::isnan(in_microampere)) return in_microampere / 1000;
  const double in_milliampere = number_or_nan(item, DCM_XRayTubeCurrentInmA);
  return std::isnan(in_milliampere) ? number_or_nan(item, DCM_XRayTubeCurrent) : in_milliampere;
}

/// PS3.3 writes exposure times of images in milliseconds.
double exposure_time_s(DcmItem& item) {
  const double in_ms = number_or_nan(item, DCM_ExposureTimeInms);
  return (std::isnan(in_ms) ? number_or_nan(item, DCM_ExposureTime) : in_ms) / 1000;
}

DoseEvent screen_event(DcmItem& item, unsigned long index) {
  DoseEvent event;
  event.place = fmt::format("Exposure Dose Sequence, item {}", index + 1);
  event.label = dicom_text(item, DCM_SeriesNumber);
  event.protocol = dicom_text(item, DCM_SeriesDescription);
  event.acquisition = acquisition_from(dicom_text(item, DCM_AcquisitionType));
  event.ctdivol_mgy = number_or_nan(item, DCM_CTDIvol);
  event.dlp_mgy_cm = philips_dlp(item);
  event.phantom = phantom_in(item);
  event.scanning_length_mm = number_or_nan(item, DCM_ScanLength);
  event.pitch = number_or_nan(item, DCM_SpiralPitchFactor);
  event.exposure_time_s = exposure_time_s(item);
  event.single_collimation_mm = number_or_nan(item, DCM_SingleCollimationWidth);
  event.total_collimation_mm = number_or_nan(item, DCM_TotalCollimationWidth);
  event.tube_voltage_kv = number_or_nan(item, DCM_KVP);
  event.tube_current_mean_ma = tube_current_ma(item);
  return event;
}

/// An attribute of one frame: in its own functional groups, else in the shared ones, else in the dataset.
class Frame {
 public:
  Frame(DcmItem& dataset, DcmItem* own) : dataset_(dataset), own_(own) {
    shared_ = item_in(dataset, DCM_SharedFunctionalGroupsSequence);
  }
  DcmItem* group(const DcmTagKey& sequence) const {
    for (DcmItem* groups : {own_, shared_})
      if (groups != nullptr)
        if (DcmItem* item = item_in(*groups, sequence)) return item;
    return nullptr;
  }
  double number(const DcmTagKey& sequence, const DcmTagKey& tag) const {
    DcmItem* item = group(sequence);
    const double value = item == nullptr ? not_stated : number_or_nan(*item, tag);
    return std::isnan(value) ? number_or_nan(dataset_, tag) : value;
  }
  std::string text(const DcmTagKey& sequence, const DcmTagKey& tag) const {
    DcmItem* item = group(sequence);
    const std::string value = item == nullptr ? "" : dicom_text(*item, tag);
    return value.empty() ? dicom_text(dataset_, tag) : value;
  }

 private:
  DcmItem& dataset_;
  DcmItem* own_;
  DcmItem* shared_;
};

double z_of(DcmItem& item) {
  Float64 z = 0;
  return item.findAndGetFloat64(DCM_ImagePositionPatient, z, 2).good() ? z : not_stated;
}

CtSliceDose slice_of(DcmItem& dataset, const Frame& frame) {
  CtSliceDose slice;
  DcmItem* plane = frame.group(DCM_PlanePositionSequence);
  slice.z_mm = z_of(plane == nullptr ? dataset : *plane);
  slice.thickness_mm = frame.number(DCM_PixelMeasuresSequence, DCM_SliceThickness);
  DcmItem* exposure = frame.group(DCM_CTExposureSequence);
  DcmItem& from = exposure == nullptr ? dataset : *exposure;
  slice.ctdivol_mgy = number_or_nan(from, DCM_CTDIvol);
  slice.tube_current_ma = tube_current_ma(from);
  return slice;
}

/// What the slices of one acquisition have in common.
DoseEvent image_event(DcmItem& dataset, const Frame& frame, bool is_localizer) {
  DoseEvent event;
  event.place = "image header";
  event.uid = dicom_text(dataset, DCM_IrradiationEventUID);
  event.protocol = dicom_text(dataset, DCM_ProtocolName);
  event.region = dicom_text(dataset, DCM_BodyPartExamined);
  event.acquisition = acquisition_from(frame.text(DCM_CTAcquisitionTypeSequence, DCM_AcquisitionType));
  if (is_localizer) event.acquisition = CtAcquisition::constant_angle;
  DcmItem* exposure = frame.group(DCM_CTExposureSequence);
  DcmItem& from = exposure == nullptr ? dataset : *exposure;
  event.phantom = phantom_in(from);
  event.modulation = dicom_text(from, DCM_ExposureModulationType);
  event.water_equivalent_diameter_mm = number_or_nan(from, DcmTagKey(0x0018, 0x1271));
  event.tube_voltage_kv = frame.number(DCM_CTXRayDetailsSequence, DCM_KVP);
  event.rotation_time_s = frame.number(DCM_CTAcquisitionDetailsSequence, DCM_RevolutionTime);
  event.single_collimation_mm = frame.number(DCM_CTAcquisitionDetailsSequence, DCM_SingleCollimationWidth);
  event.total_collimation_mm = frame.number(DCM_CTAcquisitionDetailsSequence, DCM_TotalCollimationWidth);
  event.pitch = frame.number(DCM_CTTableDynamicsSequence, DCM_SpiralPitchFactor);
  if (event.acquisition == CtAcquisition::unknown && !std::isnan(event.pitch))
    event.acquisition = CtAcquisition::spiral;
  return event;
}

}  // namespace

bool is_dose_screen(DcmItem& dataset) {
  if (item_in(dataset, DcmTagKey(0x0040, 0x030e)) == nullptr) return false;
  return dicom_text_all(dataset, DCM_ImageType).find("DOSE_INFO") != std::string::npos ||
         dicom_text(dataset, DCM_Modality) == "CT";
}

void read_dose_screen(DcmItem& dataset, DoseDocument& document) {
  document.source = DoseSource::ct_screen;
  const DcmTagKey sequence(0x0040, 0x030e);  // ExposureDoseSequence
  for (unsigned long i = 0; DcmItem* item = item_in(dataset, sequence, i); ++i)
    document.events.push_back(screen_event(*item, i));
  document.stated.events = number_or_nan(dataset, DcmTagKey(0x0040, 0x0301));  // TotalNumberOfExposures
  document.stated.dlp_mgy_cm = philips_dlp(dataset);
}

bool is_ct_image(DcmItem& dataset) {
  static const std::array<const char*, 3> classes{UID_CTImageStorage, UID_EnhancedCTImageStorage,
                                                  UID_LegacyConvertedEnhancedCTImageStorage};
  const std::string sop_class = dicom_text(dataset, DCM_SOPClassUID);
  for (const char* known : classes)
    if (sop_class == known) return true;
  return sop_class.empty() && dicom_text(dataset, DCM_Modality) == "CT" && dataset.tagExists(DCM_Rows);
}

void read_ct_image(DcmItem& dataset, DoseDocument& document) {
  document.source = DoseSource::ct_image;
  const bool is_localizer = dicom_text_all(dataset, DCM_ImageType).find("LOCALIZER") != std::string::npos;
  DcmSequenceOfItems* frames = nullptr;
  const bool is_enhanced =
      dataset.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, frames).good() && frames != nullptr;
  DcmItem* first = is_enhanced && frames->card() > 0 ? frames->getItem(0) : nullptr;
  document.events.push_back(image_event(dataset, Frame(dataset, first), is_localizer));
  if (!is_enhanced) {
    document.slice = slice_of(dataset, Frame(dataset, nullptr));
    return;
  }
  for (DcmObject* object = frames->nextInContainer(nullptr); object != nullptr;
       object = frames->nextInContainer(object))
    if (auto* own = dynamic_cast<DcmItem*>(object))
      document.slices.push_back(slice_of(dataset, Frame(dataset, own)));
}

}  // namespace snitt::formats
