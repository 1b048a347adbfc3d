#include "unit/formats/dicom_fixture.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/dcmjpls/djrparam.h>
#include <fmt/format.h>

#include <map>
#include <stdexcept>

namespace snitt::volume_test {
namespace {

void check(const OFCondition& condition) {
  if (condition.bad()) throw std::runtime_error(condition.text());
}

void put(DcmItem& item, const DcmTagKey& tag, const std::string& value) {
  check(item.putAndInsertString(tag, value.c_str()));
}

std::string position_text(const Vec3& p) { return fmt::format("{:.6f}\\{:.6f}\\{:.6f}", p.x, p.y, p.z); }

std::string new_uid() {
  static int count = 0;
  return fmt::format("1.2.3.4.5.{}", ++count);
}

void put_common(DcmItem& data, const std::string& sop_class, const std::string& series) {
  put(data, DCM_SOPClassUID, sop_class);
  put(data, DCM_SOPInstanceUID, new_uid());
  put(data, DCM_SeriesInstanceUID, series);
  put(data, DCM_StudyInstanceUID, "1.2.3");
  put(data, DCM_PatientName, "Nordmann^Kari");
  put(data, DCM_PatientID, "01017012345");
  put(data, DCM_PatientBirthDate, "19700101");
  put(data, DCM_StudyDate, "20200229");
  put(data, DCM_InstitutionName, "A Hospital");
  put(data, DCM_Manufacturer, "Maker");
  put(data, DCM_ConvolutionKernel, "B30f");
  put(data, DCM_KVP, "120");
}

void register_encoders() {
  static const bool done = [] {
    DcmRLEEncoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs();
    DJLSEncoderRegistration::registerCodecs();
    return true;
  }();
  static_cast<void>(done);
}

E_TransferSyntax transfer_of(const std::string& name) {
  static const std::map<std::string, E_TransferSyntax> known{
      {"explicit", EXS_LittleEndianExplicit},  {"implicit", EXS_LittleEndianImplicit},
      {"big", EXS_BigEndianExplicit},          {"rle", EXS_RLELossless},
      {"jpeg-lossless", EXS_JPEGProcess14SV1}, {"jpeg-ls", EXS_JPEGLSLossless}};
  return known.at(name);
}

void put_pixels(DcmItem& data, const SyntheticSlice& s) {
  std::vector<Uint16> words(s.words.begin(), s.words.end());
  if (words.empty())
    for (unsigned i = 0; i < s.rows * s.columns; ++i) words.push_back(static_cast<Uint16>(i + 1000));
  if (s.bits_allocated == 16)
    return check(data.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size()));
  const std::vector<Uint8> bytes(words.begin(), words.end());
  check(data.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size()));
}

}  // namespace

void write_synthetic_slice(const std::string& path, const SyntheticSlice& s) {
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_common(data, UID_CTImageStorage, s.series);
  put(data, DCM_Modality, s.modality);
  put(data, DCM_ImageType, s.image_type);
  put(data, DCM_SeriesDescription, s.description);
  put(data, DCM_ImagePositionPatient, position_text(s.position));
  put(data, DCM_ImageOrientationPatient, s.orientation);
  put(data, DCM_PixelSpacing, s.pixel_spacing);
  put(data, DCM_SliceThickness, "2.5");
  put(data, DCM_GantryDetectorTilt, s.tilt);
  put(data, DCM_AcquisitionNumber, s.acquisition);
  put(data, DCM_RescaleSlope, s.slope);
  put(data, DCM_RescaleIntercept, s.intercept);
  put(data, DCM_PhotometricInterpretation, s.photometric);
  for (const auto& [tag, value] : {std::pair{DCM_SamplesPerPixel, 1U},
                                   {DCM_Rows, s.rows},
                                   {DCM_Columns, s.columns},
                                   {DCM_BitsAllocated, s.bits_allocated},
                                   {DCM_BitsStored, s.bits_stored},
                                   {DCM_HighBit, s.bits_stored - 1},
                                   {DCM_PixelRepresentation, s.is_signed ? 1U : 0U}})
    check(data.putAndInsertUint16(tag, static_cast<Uint16>(value)));
  put_pixels(data, s);
  for (const auto& [group, element] : s.without)
    check(data.findAndDeleteElement(DcmTagKey(static_cast<Uint16>(group), static_cast<Uint16>(element))));
  const E_TransferSyntax transfer = transfer_of(s.transfer);
  register_encoders();
  const DJ_RPLossless jpeg(1, 0);
  const DJLSRepresentationParameter jpeg_ls(0, OFTrue);
  const DcmRepresentationParameter* parameter = nullptr;
  if (s.transfer == "jpeg-lossless") parameter = &jpeg;
  if (s.transfer == "jpeg-ls") parameter = &jpeg_ls;
  check(data.chooseRepresentation(transfer, parameter));
  check(file.saveFile(path.c_str(), transfer));
}

void write_enhanced(const std::string& path, const std::vector<Vec3>& positions) {
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_common(data, UID_EnhancedCTImageStorage, "1.2.3.9");
  put(data, DCM_Modality, "CT");
  put(data, DCM_ImageType, "ORIGINAL\\PRIMARY\\VOLUME\\NONE");
  put(data, DCM_PhotometricInterpretation, "MONOCHROME2");
  put(data, DCM_NumberOfFrames, std::to_string(positions.size()));
  DcmItem* shared = nullptr;
  check(data.findOrCreateSequenceItem(DCM_SharedFunctionalGroupsSequence, shared, -2));
  DcmItem* item = nullptr;
  check(shared->findOrCreateSequenceItem(DCM_PlaneOrientationSequence, item, -2));
  put(*item, DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  check(shared->findOrCreateSequenceItem(DCM_PixelMeasuresSequence, item, -2));
  put(*item, DCM_PixelSpacing, "0.5\\0.5");
  put(*item, DCM_SliceThickness, "1");
  check(shared->findOrCreateSequenceItem(DCM_PixelValueTransformationSequence, item, -2));
  put(*item, DCM_RescaleSlope, "2");
  put(*item, DCM_RescaleIntercept, "-1000");
  put(*item, DCM_RescaleType, "HU");
  for (const Vec3& position : positions) {
    DcmItem* frame = nullptr;
    check(data.findOrCreateSequenceItem(DCM_PerFrameFunctionalGroupsSequence, frame, -2));
    check(frame->findOrCreateSequenceItem(DCM_PlanePositionSequence, item, -2));
    put(*item, DCM_ImagePositionPatient, position_text(position));
  }
  for (const auto& [tag, value] : {std::pair{DCM_SamplesPerPixel, 1},
                                   {DCM_Rows, 2},
                                   {DCM_Columns, 2},
                                   {DCM_BitsAllocated, 16},
                                   {DCM_BitsStored, 12},
                                   {DCM_HighBit, 11},
                                   {DCM_PixelRepresentation, 0}})
    check(data.putAndInsertUint16(tag, static_cast<Uint16>(value)));
  std::vector<Uint16> words;
  for (std::size_t i = 0; i < positions.size(); ++i) words.insert(words.end(), 4, static_cast<Uint16>(i));
  check(data.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size()));
  check(file.saveFile(path.c_str(), EXS_LittleEndianExplicit));
}

}  // namespace snitt::volume_test
