#pragma once
#include <string>
#include <utility>
#include <vector>

/// Dose reports written with DCMTK, as scanners write them, every field to be bent by a test.
namespace snitt::dose_test {

/// One content item; children nest.
struct Item {
  std::string type;  ///< "CONTAINER", "NUM", "CODE", "TEXT", "UIDREF", "DATETIME", "PNAME"
  std::string concept_code;
  std::string meaning;
  std::string value;  ///< of a NUM its number, of a CODE "value|scheme|meaning"
  std::string unit;
  std::vector<Item> children;
};

Item container(const std::string& code, const std::string& meaning, std::vector<Item> children);
Item number(const std::string& code, const std::string& meaning, const std::string& value,
            const std::string& unit);
Item coded(const std::string& code, const std::string& meaning, const std::string& value);
Item text(const std::string& code, const std::string& meaning, const std::string& value);
Item uid(const std::string& code, const std::string& meaning, const std::string& value);

struct SyntheticEvent {
  std::string uid = "1.2.3.9.1";
  std::string protocol = "Abdomen";
  std::string type = "P5-08001|SRT|Spiral Acquisition";
  std::string phantom = "113691|DCM|IEC Body Dosimetry Phantom";
  std::string ctdi = "5";
  std::string dlp = "100";
  std::string ctdi_unit = "mGy";
  std::string dlp_unit = "mGy.cm";
  bool has_dose = true;
};

struct SyntheticReport {
  std::string sop_class = "1.2.840.10008.5.1.4.1.1.88.67";
  std::string instance = "1.2.3.8.1";
  std::string study = "1.2.3.7.1";
  std::string root = "113701|DCM|X-Ray Radiation Dose Report";
  std::string procedure = "P5-08000|SRT|Computed Tomography X-Ray";
  std::string total_events;  ///< "" for the number there is
  std::string total_dlp;     ///< "" for none
  std::vector<SyntheticEvent> events{SyntheticEvent{}};
  std::vector<Item> more;  ///< items of the root
  /// Attributes to write or replace: ("0010,0010" is written as 0x00100010), value.
  std::vector<std::pair<unsigned, std::string>> attributes;
  std::string transfer = "explicit";  ///< "explicit", "implicit", "big", "deflated"
  bool preamble = true;
};

Item ct_event(const SyntheticEvent& event);
void write_report(const std::string& path, const SyntheticReport& report);

/// A projection report: one event per (uid, DAP in Gy.m2, kerma in Gy).
SyntheticReport projection_report();
SyntheticReport mammography_report();

/// A dose-info capture of Philips: per event CTDIvol and DLP.
void write_philips_capture(const std::string& path, const std::vector<std::pair<double, double>>& events,
                           const std::string& study);

/// A CT slice with dose in its header.
struct SyntheticDoseSlice {
  std::string instance = {};
  std::string study = "1.2.3.7.1";
  std::string series = "1.2.3.6.1";
  std::string event = {};  ///< Irradiation Event UID
  double z_mm = 0;
  double ctdi_mgy = 5;
  double current_ma = 100;
  std::string image_type = "ORIGINAL\\PRIMARY\\AXIAL";
  std::string acquisition = "1";
};
void write_dose_slice(const std::string& path, const SyntheticDoseSlice& slice);
/// The same as one Enhanced CT file of several frames.
void write_enhanced_dose(const std::string& path, const std::vector<SyntheticDoseSlice>& frames);

}  // namespace snitt::dose_test
