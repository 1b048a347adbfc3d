#include "formats/dicom_studies.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/time_zone.hpp"
#include "formats/dicom_text.hpp"
#include "formats/dicom_toolkit.hpp"
#include "formats/dose_file.hpp"

namespace snitt::formats {
namespace {

using Field = ExamField;

/// Objects that are made of others, not of a patient.
const std::set<std::string> not_acquired{
    "SR",  "PR", "KO",  "SEG", "RTSTRUCT", "RTPLAN", "RTDOSE",     "REG",  "DOC",     "OT",
    "FID", "AU", "RWV", "SMR", "RTIMAGE",  "M3D",    "TEXTUREMAP", "PLAN", "RTRECORD"};

const std::map<std::string, std::string> words{
    {"CT", "CT"}, {"MR", "MR"},   {"CR", "RG"}, {"DX", "RG"}, {"RF", "RG"}, {"DR", "RG"}, {"RG", "RG"},
    {"US", "UL"}, {"IVUS", "UL"}, {"MG", "MG"}, {"XA", "IV"}, {"NM", "NM"}, {"PT", "PT"}};

std::string sequence_code(DcmItem& item, const DcmTagKey& sequence) {
  std::string codes;
  DcmSequenceOfItems* items = nullptr;
  if (item.findAndGetSequence(sequence, items).bad() || !items) return codes;
  for (unsigned long i = 0; i < items->card(); ++i) {
    const std::string code = dicom_text(*items->getItem(i), DCM_CodeValue);
    if (!code.empty()) codes += (codes.empty() ? "" : "/") + code;
  }
  return codes;
}

bool is_original(DcmItem& item, const std::string& modality) {
  if (not_acquired.count(modality)) return false;
  const std::string sop_class = dicom_text(item, DCM_SOPClassUID);
  if (sop_class.rfind(UID_SecondaryCaptureImageStorage, 0) == 0) return false;
  const std::string type = dicom_text(item, DCM_ImageType);
  return type.empty() || type == "ORIGINAL";
}

std::string digits_of(const std::string& text) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits += c;
  return digits;
}

/// DT "20240305102030.5+0100" in its parts.
std::string iso_of_datetime(const std::string& text, const std::string& offset) {
  const std::size_t zone = text.find_first_of("+-");
  const std::string stamp = text.substr(0, zone);
  if (stamp.size() < 8) return "";
  return iso_time_of_dicom(stamp.substr(0, 8), stamp.size() > 8 ? stamp.substr(8) : "",
                           zone == std::string::npos ? offset : text.substr(zone));
}

std::string start_of(DcmItem& item, const std::string& offset) {
  if (const std::string t = iso_of_datetime(dicom_text(item, DCM_AcquisitionDateTime), offset); !t.empty())
    return t;
  for (const auto& [date, time] :
       {std::pair{DCM_AcquisitionDate, DCM_AcquisitionTime}, std::pair{DCM_ContentDate, DCM_ContentTime},
        std::pair{DCM_SeriesDate, DCM_SeriesTime}, std::pair{DCM_StudyDate, DCM_StudyTime}}) {
    const std::string day = dicom_text(item, date);
    const std::string hour = dicom_text(item, time);
    if (!day.empty() && !hour.empty()) return iso_time_of_dicom(day, hour, offset);
  }
  return iso_time_of_dicom(dicom_text(item, DCM_StudyDate), "", offset);
}

/// Later by whole seconds, within the same notation.
std::string later(const std::string& iso, double seconds) {
  if (iso.size() < 19 || !(seconds >= 1) || seconds > 86400) return iso;
  const auto part = [&](std::size_t at, std::size_t size) { return std::stoi(iso.substr(at, size)); };
  const std::int64_t moment = seconds_of_date(part(0, 4), part(5, 2), part(8, 2)) + part(11, 2) * 3600 +
                              part(14, 2) * 60 + part(17, 2) + static_cast<std::int64_t>(seconds);
  const CalendarTime t = calendar_time(moment);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}", t.year, t.month, t.day, t.hour, t.minute,
                     t.second, iso.substr(19));
}

}  // namespace

std::string iso_time_of_dicom(const std::string& date, const std::string& time, const std::string& offset) {
  const std::string day = digits_of(date);  // 2024.03.05 of ACR-NEMA too
  if (day.size() != 8) return "";
  std::string iso = day.substr(0, 4) + "-" + day.substr(4, 2) + "-" + day.substr(6, 2);
  std::string clock = digits_of(time.substr(0, time.find('.')));
  if (clock.size() < 2) return iso;
  clock.resize(6, '0');
  iso += "T" + clock.substr(0, 2) + ":" + clock.substr(2, 2) + ":" + clock.substr(4, 2);
  if (offset.size() == 5 && (offset[0] == '+' || offset[0] == '-'))
    iso += offset.substr(0, 3) + ":" + offset.substr(3);
  return iso;
}

std::string modality_word(const std::set<std::string>& modalities) {
  std::set<std::string> ours;
  const bool any_acquired =
      std::any_of(modalities.begin(), modalities.end(), [](const auto& m) { return !not_acquired.count(m); });
  for (const std::string& m : modalities) {
    if (any_acquired && not_acquired.count(m)) continue;
    const auto at = words.find(m);
    ours.insert(at == words.end() ? m : at->second);
  }
  if (ours.count("PT")) {  // the CT or MR of a hybrid scanner is part of it
    ours.erase("CT");
    ours.erase("PT");
    ours.insert("PETCT");
  }
  if (ours.count("NM")) ours.erase("CT");
  return fmt::format("{}", fmt::join(ours, "+"));
}

std::optional<StudyInstance> study_instance(DcmItem& item) {
  StudyInstance instance;
  instance.study_uid = dicom_text(item, DCM_StudyInstanceUID);
  if (instance.study_uid.empty()) return std::nullopt;
  instance.series_uid = dicom_text(item, DCM_SeriesInstanceUID);
  instance.modality = dicom_text(item, DCM_Modality);
  instance.is_original = is_original(item, instance.modality);
  const std::string offset = dicom_text(item, DCM_TimezoneOffsetFromUTC);
  ExamRow& row = instance.row;
  row[Field::exam] = row[Field::study] = instance.study_uid;
  row[Field::accession] = dicom_text(item, DCM_AccessionNumber);
  row[Field::patient] = dicom_text(item, DCM_PatientID);
  row[Field::birth_date] = iso_time_of_dicom(dicom_text(item, DCM_PatientBirthDate), "", "");
  const std::string sex = dicom_text(item, DCM_PatientSex);
  row[Field::sex] = sex == "F" ? "female" : sex == "M" ? "male" : sex == "O" ? "other" : "";
  row[Field::provider] = dicom_text(item, DCM_InstitutionName);
  row[Field::site] = dicom_text(item, DCM_InstitutionalDepartmentName);
  row[Field::device] = dicom_text(item, DCM_DeviceSerialNumber);
  row.fill(Field::device, dicom_text(item, DCM_StationName));
  row[Field::codes] = sequence_code(item, DCM_ProcedureCodeSequence);
  row.fill(Field::codes, sequence_code(item, DCM_RequestedProcedureCodeSequence));
  row[Field::description] = dicom_text(item, DCM_StudyDescription);
  const std::string side = dicom_text(item, DCM_Laterality);
  row[Field::laterality] = side == "L" ? "left" : side == "R" ? "right" : side == "B" ? "bilateral" : "";
  row[Field::status] = "completed";
  row[Field::examined] = start_of(item, offset);
  double seconds = dicom_number(item, DCM_AcquisitionDuration).value_or(0);
  if (seconds == 0) seconds = dicom_number(item, DCM_ExposureTime).value_or(0) / 1000;
  instance.acquired_until = later(row[Field::examined], std::isfinite(seconds) ? seconds : 0);
  return instance;
}

std::optional<StudyInstance> read_study_instance(std::span<const std::byte> bytes, std::string& reason) {
  prepare_dicom_toolkit();
  if (!starts_as_dicom(bytes)) {
    reason = "not DICOM";
    return std::nullopt;
  }
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  DcmFileFormat file;
  file.transferInit();
  // A header that ends early still says which study it is of; a file without one is told below.
  file.readUntilTag(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength, DCM_PixelData);
  file.transferEnd();
  auto instance = study_instance(*file.getDataset());
  if (!instance) reason = "has no StudyInstanceUID (0020,000D)";
  return instance;
}

void DicomStudies::add(const StudyInstance& instance) {
  ++instances_;
  ExamRow& row = rows_.of(instance.study_uid);
  Study& study = studies_[instance.study_uid];
  const std::string start = instance.row[Field::examined];
  for (std::size_t f = 0; f < exam_fields; ++f) {
    const auto field = static_cast<Field>(f);
    if (field == Field::examined || field == Field::exam_end) continue;
    // A workstation that derived something is not the scanner.
    if (field == Field::device && !instance.is_original) continue;
    row.fill(field, instance.row[field]);
  }
  if (!instance.modality.empty()) study.modalities.insert(instance.modality);
  if (study.first_any.empty() || (!start.empty() && start < study.first_any)) study.first_any = start;
  if (!instance.is_original) return;
  row.keep_earlier(Field::examined, start);
  row.keep_later(Field::exam_end, instance.acquired_until);
}

std::vector<ExamRow> DicomStudies::take() {
  for (auto& [uid, study] : studies_) {
    ExamRow& row = *rows_.find(uid);
    row.fill(Field::examined, study.first_any);
    row[Field::source_modality] = modality_word(study.modalities);
  }
  return std::move(rows_.rows());
}

}  // namespace snitt::formats
