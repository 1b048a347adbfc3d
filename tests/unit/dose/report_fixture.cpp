#include "unit/dose/report_fixture.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "formats/dicom_toolkit.hpp"

namespace snitt::dose_test {
namespace {

void check(const OFCondition& condition) {
  if (condition.bad()) throw std::runtime_error(condition.text());
}

void put(DcmItem& item, const DcmTagKey& tag, const std::string& value) {
  check(item.putAndInsertString(tag, value.c_str()));
}

void put_code(DcmItem& item, const DcmTagKey& sequence, const std::string& code) {
  DcmItem* entry = nullptr;
  check(item.findOrCreateSequenceItem(sequence, entry, -2));
  const std::size_t first = code.find('|');
  const std::size_t second = code.find('|', first + 1);
  if (first == std::string::npos) return;
  put(*entry, DCM_CodeValue, code.substr(0, first));
  put(*entry, DCM_CodingSchemeDesignator, code.substr(first + 1, second - first - 1));
  put(*entry, DCM_CodeMeaning, code.substr(second + 1));
}

void put_item(DcmItem& parent, const Item& item) {
  DcmItem* entry = nullptr;
  check(parent.findOrCreateSequenceItem(DCM_ContentSequence, entry, -2));
  put(*entry, DCM_RelationshipType, "CONTAINS");
  put(*entry, DCM_ValueType, item.type);
  put_code(*entry, DCM_ConceptNameCodeSequence, item.concept_code + "|DCM|" + item.meaning);
  if (item.type == "NUM") {
    DcmItem* measured = nullptr;
    check(entry->findOrCreateSequenceItem(DCM_MeasuredValueSequence, measured, -2));
    put(*measured, DCM_NumericValue, item.value);
    put_code(*measured, DCM_MeasurementUnitsCodeSequence, item.unit + "|UCUM|" + item.unit);
  } else if (item.type == "CODE") {
    put_code(*entry, DCM_ConceptCodeSequence, item.value);
  } else if (item.type == "TEXT") {
    put(*entry, DCM_TextValue, item.value);
  } else if (item.type == "UIDREF") {
    put(*entry, DCM_UID, item.value);
  } else if (item.type == "DATETIME") {
    put(*entry, DCM_DateTime, item.value);
  } else if (item.type == "PNAME") {
    put(*entry, DCM_PersonName, item.value);
  }
  for (const Item& child : item.children) put_item(*entry, child);
}

void put_header(DcmItem& data, const std::string& sop_class, const std::string& instance,
                const std::string& study, const std::string& modality) {
  put(data, DCM_SOPClassUID, sop_class);
  put(data, DCM_SOPInstanceUID, instance);
  put(data, DCM_StudyInstanceUID, study);
  put(data, DCM_SeriesInstanceUID, study + ".5");
  put(data, DCM_Modality, modality);
  put(data, DCM_StudyDate, "20240229");
  put(data, DCM_StudyTime, "081530");
  put(data, DCM_PatientName, "Nordmann^Kari");
  put(data, DCM_PatientID, "01017012345");
  put(data, DCM_PatientBirthDate, "19700101");
  put(data, DCM_PatientSex, "F");
  put(data, DCM_Manufacturer, "SIEMENS");
  put(data, DCM_ManufacturerModelName, "SOMATOM Synthetic");
  put(data, DCM_DeviceSerialNumber, "4711");
  put(data, DCM_InstitutionName, "A Hospital");
  put(data, DCM_StudyDescription, "Abdomen (Adult)");
}

void save(DcmFileFormat& file, const std::string& path, const std::string& transfer, bool preamble) {
  E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  if (transfer == "implicit") syntax = EXS_LittleEndianImplicit;
  if (transfer == "big") syntax = EXS_BigEndianExplicit;
  if (transfer == "deflated") syntax = EXS_DeflatedLittleEndianExplicit;
  check(file.saveFile(path.c_str(), syntax, EET_ExplicitLength, EGL_recalcGL, EPD_noChange, 0, 0,
                      preamble ? EWM_fileformat : EWM_dataset));
}

void put_pixels(DcmItem& data) {
  const std::vector<Uint16> pixels(16, 1000);
  check(data.putAndInsertUint16(DCM_Rows, 4));
  check(data.putAndInsertUint16(DCM_Columns, 4));
  check(data.putAndInsertUint16(DCM_BitsAllocated, 16));
  check(data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size()));
}

void put_exposure(DcmItem& item, const SyntheticDoseSlice& slice) {
  check(item.putAndInsertFloat64(DCM_CTDIvol, slice.ctdi_mgy));
  put_code(item, DCM_CTDIPhantomTypeCodeSequence, "113691|DCM|IEC Body Dosimetry Phantom");
}

}  // namespace

Item container(const std::string& code, const std::string& meaning, std::vector<Item> children) {
  return {"CONTAINER", code, meaning, "", "", std::move(children)};
}
Item number(const std::string& code, const std::string& meaning, const std::string& value,
            const std::string& unit) {
  return {"NUM", code, meaning, value, unit, {}};
}
Item coded(const std::string& code, const std::string& meaning, const std::string& value) {
  return {"CODE", code, meaning, value, "", {}};
}
Item text(const std::string& code, const std::string& meaning, const std::string& value) {
  return {"TEXT", code, meaning, value, "", {}};
}
Item uid(const std::string& code, const std::string& meaning, const std::string& value) {
  return {"UIDREF", code, meaning, value, "", {}};
}

Item ct_event(const SyntheticEvent& event) {
  std::vector<Item> items{text("125203", "Acquisition Protocol", event.protocol),
                          coded("123014", "Target Region", "T-D4000|SRT|Abdomen"),
                          coded("113820", "CT Acquisition Type", event.type),
                          uid("113769", "Irradiation Event UID", event.uid),
                          container("113822", "CT Acquisition Parameters",
                                    {number("113824", "Exposure Time", "3.5", "s"),
                                     number("113825", "Scanning Length", "200", "mm"),
                                     number("113827", "Nominal Total Collimation Width", "38.4", "mm"),
                                     number("113828", "Pitch Factor", "0.9", "{ratio}"),
                                     number("113823", "Number of X-Ray Sources", "1", "{X-Ray sources}"),
                                     container("113831", "CT X-Ray Source Parameters",
                                               {number("113733", "KVP", "120", "kV"),
                                                number("113734", "X-Ray Tube Current", "150", "mA")})})};
  if (event.has_dose)
    items.push_back(container("113829", "CT Dose",
                              {number("113830", "Mean CTDIvol", event.ctdi, event.ctdi_unit),
                               coded("113835", "CTDIw Phantom Type", event.phantom),
                               number("113838", "DLP", event.dlp, event.dlp_unit)}));
  return container("113819", "CT Acquisition", std::move(items));
}

void write_report(const std::string& path, const SyntheticReport& report) {
  formats::prepare_dicom_toolkit();
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_header(data, report.sop_class, report.instance, report.study, "SR");
  put(data, DCM_ValueType, "CONTAINER");
  put_code(data, DCM_ConceptNameCodeSequence, report.root);
  if (!report.procedure.empty()) put_item(data, coded("121058", "Procedure reported", report.procedure));
  const bool is_ct = !report.events.empty();
  if (is_ct) {
    const std::string count =
        report.total_events.empty() ? fmt::format("{}", report.events.size()) : report.total_events;
    std::vector<Item> totals{number("113812", "Total Number of Irradiation Events", count, "{events}")};
    if (!report.total_dlp.empty())
      totals.push_back(number("113813", "CT Dose Length Product Total", report.total_dlp, "mGy.cm"));
    put_item(data, container("113811", "CT Accumulated Dose Data", totals));
  }
  for (const SyntheticEvent& event : report.events) put_item(data, ct_event(event));
  for (const Item& item : report.more) put_item(data, item);
  for (const auto& [tag, value] : report.attributes)
    put(data, DcmTagKey(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xffff)), value);
  save(file, path, report.transfer, report.preamble);
}

SyntheticReport projection_report() {
  SyntheticReport report;
  report.procedure = "113704|DCM|Projection X-Ray";
  report.study = "1.2.3.7.2";
  report.instance = "1.2.3.8.2";
  report.events.clear();
  report.more = {container("113702", "Accumulated X-Ray Dose Data",
                           {number("113722", "Dose Area Product Total", "0.0003", "Gy.m2"),
                            number("113725", "Dose (RP) Total", "0.012", "Gy"),
                            number("113730", "Total Fluoro Time", "75", "s")})};
  for (const auto& [id, dap, kerma] :
       {std::array{"1.2.3.9.21", "1e-4", "0.004"}, std::array{"1.2.3.9.22", "2e-4", "0.008"}})
    report.more.push_back(container(
        "113706", "Irradiation Event X-Ray Data",
        {uid("113769", "Irradiation Event UID", id), text("125203", "Acquisition Protocol", "Cine"),
         number("122130", "Dose Area Product", dap, "Gy.m2"), number("113738", "Dose (RP)", kerma, "Gy")}));
  return report;
}

SyntheticReport mammography_report() {
  SyntheticReport report;
  report.procedure = "P5-40010|SRT|Mammography";
  report.study = "1.2.3.7.3";
  report.instance = "1.2.3.8.3";
  report.events.clear();
  for (const auto& [id, dose] : {std::array{"1.2.3.9.31", "1.25"}, std::array{"1.2.3.9.32", "1.5"}})
    report.more.push_back(container("113706", "Irradiation Event X-Ray Data",
                                    {uid("113769", "Irradiation Event UID", id),
                                     coded("111031", "Image View", "R-10242|SRT|cranio-caudal"),
                                     number("111631", "Average Glandular Dose", dose, "mGy")}));
  return report;
}

void write_philips_capture(const std::string& path, const std::vector<std::pair<double, double>>& events,
                           const std::string& study) {
  formats::prepare_dicom_toolkit();
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_header(data, UID_SecondaryCaptureImageStorage, study + ".8", study, "CT");
  put(data, DCM_ImageType, "DERIVED\\SECONDARY\\DOSE_INFO");
  put(data, DCM_Manufacturer, "Philips");
  double total = 0;
  for (const auto& [ctdi, dlp] : events) {
    DcmItem* item = nullptr;
    check(data.findOrCreateSequenceItem(DcmTag(0x0040, 0x030e, EVR_SQ), item, -2));
    put(*item, DCM_AcquisitionType, ctdi > 0 ? "SPIRAL" : "CONSTANT_ANGLE");
    check(item->putAndInsertFloat64(DCM_CTDIvol, ctdi));
    put(*item, DcmTag(0x00e1, 0x0010, EVR_LO), "ELSCINT1");
    check(item->putAndInsertString(DcmTag(0x00e1, 0x1021, EVR_LO), fmt::format("{}", dlp).c_str()));
    total += dlp;
  }
  check(data.putAndInsertString(DcmTag(0x00e1, 0x0010, EVR_LO), "ELSCINT1"));
  check(data.putAndInsertString(DcmTag(0x00e1, 0x1021, EVR_LO), fmt::format("{}", total).c_str()));
  save(file, path, "explicit", true);
}

void write_dose_slice(const std::string& path, const SyntheticDoseSlice& slice) {
  formats::prepare_dicom_toolkit();
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_header(data, UID_CTImageStorage, slice.instance, slice.study, "CT");
  put(data, DCM_SeriesInstanceUID, slice.series);
  put(data, DCM_ImageType, slice.image_type);
  put(data, DCM_AcquisitionNumber, slice.acquisition);
  if (!slice.event.empty()) put(data, DCM_IrradiationEventUID, slice.event);
  put(data, DCM_ImagePositionPatient, fmt::format("0\\0\\{}", slice.z_mm));
  put(data, DCM_XRayTubeCurrent, fmt::format("{}", slice.current_ma));
  put(data, DCM_KVP, "120");
  put_exposure(data, slice);
  put_pixels(data);
  save(file, path, "explicit", true);
}

void write_enhanced_dose(const std::string& path, const std::vector<SyntheticDoseSlice>& frames) {
  formats::prepare_dicom_toolkit();
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put_header(data, UID_EnhancedCTImageStorage, frames.front().instance, frames.front().study, "CT");
  put(data, DCM_SeriesInstanceUID, frames.front().series);
  put(data, DCM_ImageType, frames.front().image_type);
  for (const SyntheticDoseSlice& frame : frames) {
    DcmItem* groups = nullptr;
    DcmItem* item = nullptr;
    check(data.findOrCreateSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, -2));
    check(groups->findOrCreateSequenceItem(DCM_PlanePositionSequence, item, -2));
    put(*item, DCM_ImagePositionPatient, fmt::format("0\\0\\{}", frame.z_mm));
    check(groups->findOrCreateSequenceItem(DCM_CTExposureSequence, item, -2));
    put_exposure(*item, frame);
    check(item->putAndInsertFloat64(DCM_XRayTubeCurrentInmA, frame.current_ma));
  }
  put_pixels(data);
  save(file, path, "explicit", true);
}

}  // namespace snitt::dose_test
