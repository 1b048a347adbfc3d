#include <array>
#include <cmath>
#include <string_view>

#include "formats/dose_report.hpp"

namespace snitt::formats {
namespace {

struct AcquisitionCode {
  std::string_view value;
  CtAcquisition acquisition;
};

// CID 10013; spiral in the older and the newer edition of SNOMED.
constexpr std::array<AcquisitionCode, 6> acquisition_codes{{{"P5-08001", CtAcquisition::spiral},
                                                            {"116152004", CtAcquisition::spiral},
                                                            {"113804", CtAcquisition::sequenced},
                                                            {"113805", CtAcquisition::constant_angle},
                                                            {"113806", CtAcquisition::stationary},
                                                            {"113807", CtAcquisition::free_motion}}};

CtAcquisition read_acquisition(DoseTreeReader& reader, const DoseNode& node) {
  const CodedWord code = reader.code(node, "113820");
  for (const AcquisitionCode& known : acquisition_codes)
    if (known.value == code.value) return known.acquisition;
  if (const DoseNode* there = node.child("113820"); there != nullptr && !code.value.empty())
    reader.note(*there, code.value, "an acquisition type of CID 10013");
  return CtAcquisition::unknown;
}

DosePhantom read_phantom(DoseTreeReader& reader, const DoseNode& dose) {
  const CodedWord code = reader.code(dose, "113835");
  if (code.value == "113690") return DosePhantom::head_16cm;
  if (code.value == "113691") return DosePhantom::body_32cm;
  if (code.value == "113692") return DosePhantom::nema_xr21;
  if (const DoseNode* there = dose.child("113835"); there != nullptr && !code.value.empty())
    reader.note(*there, code.value, "a phantom of CID 4052: 113690, 113691 or 113692");
  return DosePhantom::unknown;
}

/// One container per tube; dual-source scanners have two.
void read_tubes(DoseTreeReader& reader, const DoseNode& parameters, DoseEvent& event) {
  double containers = 0;
  for (const DoseNode& source : parameters.children) {
    if (!source.is("113831")) continue;
    if (++containers > 1) continue;
    event.tube_voltage_kv = reader.number(source, "113733", "kV");
    event.tube_current_max_ma = reader.number(source, "113833", "mA");
    event.tube_current_mean_ma = reader.number(source, "113734", "mA");
    event.rotation_time_s = reader.number(source, "113834", "s");
  }
  event.tubes = reader.number(parameters, "113823", "1");
  if (std::isnan(event.tubes) && containers > 0) event.tubes = containers;
}

void read_parameters(DoseTreeReader& reader, const DoseNode& parameters, DoseEvent& event) {
  event.exposure_time_s = reader.number(parameters, "113824", "s");
  event.scanning_length_mm = reader.number(parameters, "113825", "mm");
  event.single_collimation_mm = reader.number(parameters, "113826", "mm");
  event.total_collimation_mm = reader.number(parameters, "113827", "mm");
  event.pitch = reader.number(parameters, "113828", "1");
  read_tubes(reader, parameters, event);
}

void read_ssde(DoseTreeReader& reader, const DoseNode& dose, DoseEvent& event) {
  const DoseNode* ssde = dose.child("113930");
  if (ssde == nullptr) return;
  event.ssde_mgy = reader.number(dose, "113930", "mGy");
  event.water_equivalent_diameter_mm = reader.number(*ssde, "113980", "mm");
}

void read_dose(DoseTreeReader& reader, const DoseNode& dose, DoseEvent& event) {
  event.ctdivol_mgy = reader.number(dose, "113830", "mGy");
  event.phantom = read_phantom(reader, dose);
  event.dlp_mgy_cm = reader.number(dose, "113838", "mGy.cm");
  event.effective_dose_msv = reader.number(dose, "113839", "mSv");
  read_ssde(reader, dose, event);
}

DoseEvent read_acquisition_item(DoseTreeReader& reader, const DoseNode& node) {
  DoseEvent event;
  event.place = node.place;
  event.uid = reader.text(node, "113769");
  event.label = reader.text(node, "113605");
  event.protocol = reader.text(node, "125203");
  const CodedWord region = reader.code(node, "123014");
  event.region = region.meaning;
  event.region_code = region.value;
  event.acquisition = read_acquisition(reader, node);
  event.modulation = reader.text(node, "113842");
  event.comment = reader.text(node, "121106");
  if (const DoseNode* parameters = node.child("113822")) {
    read_parameters(reader, *parameters, event);
    if (event.modulation.empty()) event.modulation = reader.text(*parameters, "113842");
  }
  if (const DoseNode* dose = node.child("113829"))
    read_dose(reader, *dose, event);
  else if (event.acquisition != CtAcquisition::constant_angle)
    reader.note(node, "no CT Dose (113829)", "one, except of a localizer");
  if (event.uid.empty()) reader.note(node, "no Irradiation Event UID (113769)", "one");
  return event;
}

}  // namespace

void read_ct_report(const DoseNode& root, DoseDocument& document) {
  DoseTreeReader reader(document.anomalies);
  document.source = DoseSource::ct_report;
  read_report_context(root, document);
  for (const DoseNode& node : root.children) {
    if (node.is("113811")) {
      document.stated.events = reader.number(node, "113812", "1");
      document.stated.dlp_mgy_cm = reader.number(node, "113813", "mGy.cm");
    }
    if (node.is("113819")) document.events.push_back(read_acquisition_item(reader, node));
  }
}

}  // namespace snitt::formats
