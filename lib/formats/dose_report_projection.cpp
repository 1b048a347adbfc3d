#include <cmath>

#include "formats/dose_report.hpp"

namespace snitt::formats {
namespace {

bool has(const DoseNode& root, std::string_view concept_value) {
  return root.child(concept_value) != nullptr;
}

double sum(double a, double b) {
  if (std::isnan(a)) return b;
  return std::isnan(b) ? a : a + b;
}

DoseEvent read_event(DoseTreeReader& reader, const DoseNode& node) {
  DoseEvent event;
  event.place = node.place;
  event.uid = reader.text(node, "113769");
  event.protocol = reader.text(node, "125203");
  event.label = reader.text(node, "113605");
  event.started = reader.date_time(node, "111526");
  const CodedWord region = reader.code(node, "123014");
  event.region = region.meaning;
  event.region_code = region.value;
  event.view = reader.code(node, "111031").meaning;
  if (event.view.empty()) event.view = reader.code(node, "113764").meaning;
  event.modulation = reader.code(node, "113721").meaning;
  event.comment = reader.text(node, "121106");
  event.dose_area_product_gy_m2 = reader.number(node, "122130", "Gy.m2");
  event.reference_air_kerma_mgy = reader.number(node, "113738", "mGy");
  if (std::isnan(event.reference_air_kerma_mgy))
    event.reference_air_kerma_mgy = reader.number(node, "111636", "mGy");
  event.average_glandular_dose_mgy = reader.number(node, "111631", "mGy");
  event.tube_voltage_kv = reader.number(node, "113733", "kV");
  event.tube_current_mean_ma = reader.number(node, "113734", "mA");
  event.exposure_time_s = reader.number(node, "113735", "s");
  if (std::isnan(event.exposure_time_s)) event.exposure_time_s = reader.number(node, "113742", "s");
  if (event.uid.empty()) reader.note(node, "no Irradiation Event UID (113769)", "one");
  return event;
}

/// One container per plane of a biplane system.
void add_totals(DoseTreeReader& reader, const DoseNode& node, StatedDose& stated) {
  stated.dose_area_product_gy_m2 =
      sum(stated.dose_area_product_gy_m2, reader.number(node, "113722", "Gy.m2"));
  stated.reference_air_kerma_mgy = sum(stated.reference_air_kerma_mgy, reader.number(node, "113725", "mGy"));
  stated.fluoroscopy_time_s = sum(stated.fluoroscopy_time_s, reader.number(node, "113730", "s"));
  stated.average_glandular_dose_mgy =
      sum(stated.average_glandular_dose_mgy, reader.number(node, "111637", "mGy"));
}

}  // namespace

ReportKind kind_of_report(const DoseNode& root) {
  if (root.is("113500")) return ReportKind::radiopharmaceutical;
  if (root.is("128591") || root.template_id == "10030") return ReportKind::patient_dose;
  const bool is_dose = root.is("113701") || root.template_id == "10011" || root.template_id == "10001";
  if (!is_dose) return ReportKind::no_dose_report;
  const DoseNode* procedure = root.child("121058");
  const std::string value = procedure == nullptr ? "" : procedure->code.value;
  if (value == "P5-08000" || value == "77477000" || root.template_id == "10011") return ReportKind::ct;
  if (has(root, "113819") || has(root, "113811")) return ReportKind::ct;
  return ReportKind::projection;
}

void read_report_context(const DoseNode& root, DoseDocument& document) {
  DoseTreeReader reader(document.anomalies);
  const auto fill = [&](std::string& field, std::string_view concept_value) {
    if (field.empty()) field = reader.text(root, concept_value);
  };
  fill(document.manufacturer, "121014");
  fill(document.model, "121015");
  fill(document.device, "121012");
  fill(document.station, "121013");
  fill(document.institution, "121017");
  if (const DoseNode* procedure = root.child("121058"); procedure != nullptr && document.procedure.empty())
    document.procedure = procedure->code.meaning;
  const std::string start = reader.date_time(root, "113809");
  reader.date_time(root, "113810");
  if (document.date.empty() && start.size() >= 8) document.date = start.substr(0, 8);
  if (document.time.empty() && start.size() > 8) document.time = start.substr(8);
}

void read_projection_report(const DoseNode& root, DoseDocument& document) {
  DoseTreeReader reader(document.anomalies);
  document.source = DoseSource::projection_report;
  read_report_context(root, document);
  for (const DoseNode& node : root.children) {
    if (node.is("113702")) add_totals(reader, node, document.stated);
    if (node.is("113706")) document.events.push_back(read_event(reader, node));
  }
}

}  // namespace snitt::formats
