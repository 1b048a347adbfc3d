#pragma once
#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace snitt {

constexpr double not_stated = std::numeric_limits<double>::quiet_NaN();

/// A coded word of DICOM (PS3.16): value "113691", scheme "DCM", meaning "IEC Body Dosimetry Phantom".
struct CodedWord {
  std::string value;
  std::string scheme;
  std::string meaning;
  bool operator==(const CodedWord&) const = default;
};

enum class DoseSource {
  ct_report,          ///< X-Ray Radiation Dose SR of a CT procedure (TID 10011)
  projection_report,  ///< the same of radiography, fluoroscopy or mammography (TID 10001)
  ct_screen,          ///< Philips' dose-info secondary capture, whose numbers are in attributes
  table,              ///< a row of another system's CSV
  ct_image            ///< the headers of CT slices
};

enum class CtAcquisition { unknown, spiral, sequenced, constant_angle, stationary, free_motion };
enum class DosePhantom { unknown, head_16cm, body_32cm, nema_xr21 };

/// One irradiation event as a file states it. Numbers that are not stated are NaN.
struct DoseEvent {
  std::string uid;    ///< Irradiation Event UID (113769); "" when the file has none
  std::string place;  ///< in the document: "1.12" as SR counts its items, "item 3"; "row 7"
  std::string label;
  std::string protocol;  ///< Acquisition Protocol (125203)
  std::string region;    ///< Target Region (123014), its meaning
  std::string region_code;
  std::string comment;
  std::string started;  ///< DICOM DT, "20190612081530"
  std::string modulation;
  std::string view;  ///< image view or plane of a projection
  CtAcquisition acquisition = CtAcquisition::unknown;
  DosePhantom phantom = DosePhantom::unknown;
  double ctdivol_mgy = not_stated;
  double ctdivol_lowest_mgy = not_stated;   ///< of the slices, where the headers of images were read
  double ctdivol_highest_mgy = not_stated;  ///< likewise
  double dlp_mgy_cm = not_stated;
  double ssde_mgy = not_stated;
  double water_equivalent_diameter_mm = not_stated;
  double effective_dose_msv = not_stated;  ///< as stated by the scanner
  double scanning_length_mm = not_stated;
  double pitch = not_stated;
  double exposure_time_s = not_stated;
  double rotation_time_s = not_stated;
  double single_collimation_mm = not_stated;
  double total_collimation_mm = not_stated;
  double tube_voltage_kv = not_stated;
  double tube_current_mean_ma = not_stated;
  double tube_current_max_ma = not_stated;
  double tubes = not_stated;
  double slices = not_stated;  ///< images whose headers were read
  double dose_area_product_gy_m2 = not_stated;
  double reference_air_kerma_mgy = not_stated;
  double average_glandular_dose_mgy = not_stated;
};

/// One number of an event: where it lies and how it is called in tables.
struct DoseQuantity {
  const char* name;  ///< "dlp_mgy_cm"
  const char* units;
  const char* description;
  double DoseEvent::*value;
};

/// All numbers of an event, in the order of the columns.
const std::array<DoseQuantity, 21>& dose_quantities();

/// One slice of a CT series, as its header states it.
struct CtSliceDose {
  double z_mm = not_stated;  ///< ImagePositionPatient, z
  double thickness_mm = not_stated;
  double ctdivol_mgy = not_stated;
  double tube_current_ma = not_stated;
};

/// Something in a document that is not as the standard or its own totals say.
struct DoseAnomaly {
  std::string place;     ///< "1.12.4: CT Acquisition > CT Dose > DLP"
  std::string value;     ///< what stands there
  std::string expected;  ///< what should stand there
};

/// Totals that a report states (113811, 113702).
struct StatedDose {
  double events = not_stated;
  double dlp_mgy_cm = not_stated;
  double dose_area_product_gy_m2 = not_stated;
  double reference_air_kerma_mgy = not_stated;
  double average_glandular_dose_mgy = not_stated;
  double fluoroscopy_time_s = not_stated;
};

/// Whose the document is. Everything here identifies people, and leaves the program as a pseudonym or not at
/// all.
struct DoseIdentity {
  std::string patient_id;
  std::string issuer;
  std::string birth_date;
  std::vector<std::string> words;  ///< names, numbers, addresses: never to be seen in any text that is kept
};

/// What one file says about dose.
struct DoseDocument {
  DoseSource source = DoseSource::ct_report;
  DoseIdentity identity;
  std::string study_uid;
  std::string series_uid;
  std::string instance_uid;
  std::string acquisition_number;  ///< of an image
  std::string event_uid;           ///< of an image
  std::string date;                ///< of the study, DICOM DA
  std::string time;                ///< of the study, DICOM TM
  std::string written;             ///< content date and time: which of two cumulative reports is newer
  std::string modality;            ///< "CT", "XA", "MG", …
  std::string manufacturer;
  std::string model;
  std::string device;  ///< serial number or device observer UID, else station name: tells scanners apart
  std::string station;
  std::string institution;
  std::string study_description;
  std::string series_description;
  std::string procedure;  ///< coded procedure of the header, its meaning
  std::string protocol;
  std::string body_part;
  std::string kernel;
  std::string modulation;
  std::string sex;
  double age_years = not_stated;
  double height_m = not_stated;
  double weight_kg = not_stated;
  StatedDose stated;
  std::vector<DoseEvent> events;
  CtSliceDose slice;                ///< of a conventional image
  std::vector<CtSliceDose> slices;  ///< of an Enhanced CT image
  std::vector<DoseAnomaly> anomalies;
};

const char* name_of(DoseSource source);
const char* name_of(CtAcquisition acquisition);
const char* name_of(DosePhantom phantom);

}  // namespace snitt
