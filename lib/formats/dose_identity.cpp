#include "formats/dose_identity.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <array>
#include <cmath>

#include "formats/dicom_text.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

/// Attributes that identify people beside those of kind PN (PS3.15 E.1, those a dose report or CT image has).
bool identifies(const DcmTagKey& tag) {
  static const std::array<DcmTagKey, 33> known{DCM_PatientID,
                                               DCM_IssuerOfPatientID,
                                               DCM_PatientBirthDate,
                                               DCM_RETIRED_OtherPatientIDs,
                                               DCM_AccessionNumber,
                                               DCM_StudyID,
                                               DCM_PatientAddress,
                                               DCM_PatientTelephoneNumbers,
                                               DCM_CountryOfResidence,
                                               DCM_RegionOfResidence,
                                               DCM_EthnicGroup,
                                               DCM_Occupation,
                                               DCM_PatientReligiousPreference,
                                               DCM_MilitaryRank,
                                               DCM_BranchOfService,
                                               DCM_AdmissionID,
                                               DCM_PersonAddress,
                                               DCM_PersonTelephoneNumbers,
                                               DCM_InstitutionAddress,
                                               DCM_ReferringPhysicianAddress,
                                               DCM_ReferringPhysicianTelephoneNumbers,
                                               DCM_PlacerOrderNumberImagingServiceRequest,
                                               DCM_FillerOrderNumberImagingServiceRequest,
                                               DCM_RequestedProcedureID,
                                               DCM_ScheduledProcedureStepID,
                                               DCM_PerformedProcedureStepID,
                                               DCM_ServiceEpisodeID,
                                               DCM_RETIRED_MedicalRecordLocator,
                                               DCM_IssuerOfAdmissionIDSequence,
                                               DCM_PatientInstitutionResidence,
                                               DCM_OtherPatientNames,
                                               DCM_RETIRED_InsurancePlanIdentification,
                                               DCM_CurrentPatientLocation};
  for (const DcmTagKey& one : known)
    if (one == tag) return true;
  return false;
}

void collect_words(DcmItem& item, std::vector<std::string>& words, int depth) {
  for (DcmObject* object = item.nextInContainer(nullptr); object != nullptr;
       object = item.nextInContainer(object)) {
    if (auto* sequence = dynamic_cast<DcmSequenceOfItems*>(object)) {
      // The content tree collects the names in it itself.
      if (depth == 0 || sequence->getTag() == DCM_ContentSequence) continue;
      for (DcmObject* entry = sequence->nextInContainer(nullptr); entry != nullptr;
           entry = sequence->nextInContainer(entry))
        if (auto* inner = dynamic_cast<DcmItem*>(entry)) collect_words(*inner, words, depth - 1);
      continue;
    }
    if (object->ident() != EVR_PN && !identifies(object->getTag())) continue;
    if (std::string text = dicom_text_all(item, object->getTag()); !text.empty())
      words.push_back(std::move(text));
  }
}

int digits_of(const std::string& date, std::size_t from, std::size_t count) {
  return static_cast<int>(parse_whole(date.substr(from, count)).value_or(0));
}

bool is_date(const std::string& text) {
  return text.size() == 8 && text.find_first_not_of("0123456789") == std::string::npos;
}

/// From PatientAge ("067Y", "018M", "003W", "010D"), else from the dates.
double age_years(const std::string& age, const std::string& birth, const std::string& study) {
  if (age.size() == 4) {
    const auto number = parse_whole(age.substr(0, 3));
    const double per_year = age[3] == 'Y'   ? 1
                            : age[3] == 'M' ? 12
                            : age[3] == 'W' ? 52.18
                            : age[3] == 'D' ? 365.25
                                            : 0;
    if (number && *number >= 0 && per_year > 0) return static_cast<double>(*number) / per_year;
  }
  if (!is_date(birth) || !is_date(study)) return not_stated;
  const bool had_birthday = study.substr(4) >= birth.substr(4);
  const int years = digits_of(study, 0, 4) - digits_of(birth, 0, 4) - (had_birthday ? 0 : 1);
  return years >= 0 && years < 130 ? years : not_stated;
}

double positive(std::optional<double> value) { return value && *value > 0 ? *value : not_stated; }

std::string coded_meaning(DcmItem& dataset, const DcmTagKey& tag) {
  DcmItem* code = nullptr;
  if (dataset.findAndGetSequenceItem(tag, code, 0).bad() || code == nullptr) return {};
  return dicom_text(*code, DCM_CodeMeaning);
}

void read_patient(DcmItem& dataset, DoseDocument& document) {
  DoseIdentity& identity = document.identity;
  identity.patient_id = dicom_text(dataset, DCM_PatientID);
  identity.issuer = dicom_text(dataset, DCM_IssuerOfPatientID);
  identity.birth_date = dicom_text(dataset, DCM_PatientBirthDate);
  constexpr int deepest = 3;  // of sequences outside the content tree: requests, referenced persons
  collect_words(dataset, identity.words, deepest);
  const std::string sex = dicom_text(dataset, DCM_PatientSex);
  if (sex == "M" || sex == "F" || sex == "O") document.sex = sex;
  document.age_years = age_years(dicom_text(dataset, DCM_PatientAge), identity.birth_date, document.date);
  document.height_m = positive(dicom_number(dataset, DCM_PatientSize));
  document.weight_kg = positive(dicom_number(dataset, DCM_PatientWeight));
}

}  // namespace

void read_header(DcmItem& dataset, DoseDocument& document) {
  const auto text = [&](const DcmTagKey& tag) { return dicom_text(dataset, tag); };
  document.study_uid = text(DCM_StudyInstanceUID);
  document.series_uid = text(DCM_SeriesInstanceUID);
  document.instance_uid = text(DCM_SOPInstanceUID);
  document.acquisition_number = text(DCM_AcquisitionNumber);
  document.event_uid = text(DCM_IrradiationEventUID);
  document.date = text(DCM_StudyDate);
  document.time = text(DCM_StudyTime);
  if (!is_date(document.date)) {
    if (!document.date.empty())
      document.anomalies.push_back({"Study Date (0008,0020)", document.date, "YYYYMMDD"});
    document.date.clear();
  }
  document.written = text(DCM_ContentDate) + text(DCM_ContentTime);
  document.modality = text(DCM_Modality);
  document.manufacturer = text(DCM_Manufacturer);
  document.model = text(DCM_ManufacturerModelName);
  document.device = text(DCM_DeviceSerialNumber);
  document.station = text(DCM_StationName);
  document.institution = text(DCM_InstitutionName);
  document.study_description = text(DCM_StudyDescription);
  document.series_description = text(DCM_SeriesDescription);
  document.procedure = coded_meaning(dataset, DCM_ProcedureCodeSequence);
  document.protocol = text(DCM_ProtocolName);
  document.body_part = text(DCM_BodyPartExamined);
  document.kernel = dicom_text_all(dataset, DCM_ConvolutionKernel);
  read_patient(dataset, document);
}

}  // namespace snitt::formats
