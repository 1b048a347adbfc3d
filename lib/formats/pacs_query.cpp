#include "formats/pacs_query.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmnet/scu.h>
#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "base/error.hpp"
#include "base/time_zone.hpp"
#include "formats/dicom_text.hpp"
#include "formats/dicom_toolkit.hpp"

namespace snitt::formats {
namespace {

using Field = ExamField;

/// A span of one day's time: "20240305", from hour to hour or minute to minute.
struct Slice {
  std::string day;
  int first_minute = 0;
  int minutes = 1440;
  std::string times() const {
    if (minutes == 1440) return "";
    const int last = first_minute + minutes - 1;
    return fmt::format("{:02}{:02}00-{:02}{:02}59.999999", first_minute / 60, first_minute % 60, last / 60,
                       last % 60);
  }
  std::string name() const { return minutes == 1440 ? day : day + " " + times(); }
};

class Archive {
 public:
  Archive(const PacsAddress& address, Monitor& monitor) : address_(address), monitor_(monitor) {
    prepare_dicom_toolkit();
  }
  ~Archive() { leave(); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  std::vector<StudyInstance> find(const Slice& slice) {
    std::vector<StudyInstance> studies;
    ask_again(slice.name(), [&](std::string& problem) {
      studies.clear();
      DcmDataset query;
      query.putAndInsertString(DCM_QueryRetrieveLevel, "STUDY");
      query.putAndInsertString(DCM_StudyDate, slice.day.c_str());
      query.putAndInsertString(DCM_StudyTime, slice.times().c_str());
      for (const DcmTagKey& key :
           {DCM_StudyInstanceUID, DCM_AccessionNumber, DCM_PatientID, DCM_PatientBirthDate, DCM_PatientSex,
            DCM_ModalitiesInStudy, DCM_StudyDescription, DCM_InstitutionName, DCM_StationName,
            DCM_TimezoneOffsetFromUTC})
        query.insertEmptyElement(key);
      return ask(
          query, [&](DcmDataset& answer) { add(answer, studies); }, problem);
    });
    return studies;
  }

  /// Modalities of a study's series, for archives that do not tell them with the study.
  std::set<std::string> modalities_of(const std::string& study_uid) {
    std::set<std::string> modalities;
    ask_again("the series of a study", [&](std::string& problem) {
      DcmDataset query;
      query.putAndInsertString(DCM_QueryRetrieveLevel, "SERIES");
      query.putAndInsertString(DCM_StudyInstanceUID, study_uid.c_str());
      query.insertEmptyElement(DCM_SeriesInstanceUID);
      query.insertEmptyElement(DCM_Modality);
      return ask(
          query, [&](DcmDataset& answer) { modalities.insert(dicom_text(answer, DCM_Modality)); }, problem);
    });
    modalities.erase("");
    return modalities;
  }

 private:
  bool join(std::string& problem) {
    if (scu_) return true;
    scu_ = std::make_unique<DcmSCU>();
    scu_->setPeerHostName(address_.host.c_str());
    scu_->setPeerPort(static_cast<Uint16>(address_.port));
    scu_->setPeerAETitle(address_.called_title.c_str());
    scu_->setAETitle(address_.calling_title.c_str());
    scu_->setACSETimeout(static_cast<Uint32>(address_.timeout_s));
    scu_->setDIMSEBlockingMode(DIMSE_NONBLOCKING);
    scu_->setDIMSETimeout(static_cast<Uint32>(address_.timeout_s));
    scu_->setConnectionTimeout(address_.timeout_s);
    OFList<OFString> syntaxes;
    syntaxes.push_back(UID_LittleEndianExplicitTransferSyntax);
    syntaxes.push_back(UID_LittleEndianImplicitTransferSyntax);
    scu_->addPresentationContext(UID_FINDStudyRootQueryRetrieveInformationModel, syntaxes);
    OFCondition state = scu_->initNetwork();
    if (state.good()) state = scu_->negotiateAssociation();
    if (state.good()) return true;
    problem = state.text();
    scu_.reset();
    return false;
  }

  void leave() {
    if (scu_ && scu_->isConnected()) scu_->releaseAssociation();
    scu_.reset();
  }

  template <typename Ask>
  void ask_again(const std::string& what, Ask ask_once) {
    constexpr int tries = 3;
    for (int attempt = 1;; ++attempt) {
      std::string problem;
      if (ask_once(problem)) return;
      leave();
      if (attempt == tries)
        throw InputError(
            "{}@{}:{}: query for {}: {}; expected an archive that answers C-FIND (study root) to "
            "'{}'",
            address_.called_title, address_.host, address_.port, what, problem, address_.calling_title);
      monitor_.detail(fmt::format("query for {}: {}; once more", what, problem));
    }
  }

  template <typename Take>
  bool ask(DcmDataset& query, Take take, std::string& problem) {
    if (!join(problem)) return false;
    const T_ASC_PresentationContextID context =
        scu_->findAnyPresentationContextID(UID_FINDStudyRootQueryRetrieveInformationModel, "");
    if (context == 0) {
      problem = "does not accept study root queries";
      return false;
    }
    OFList<QRResponse*> answers;
    const OFCondition state = scu_->sendFINDRequest(context, &query, &answers);
    Uint16 last = 0;
    for (QRResponse* answer : answers) {
      last = answer->m_status;
      if (answer->m_dataset) take(*answer->m_dataset);
      delete answer;
    }
    if (state.bad()) problem = state.text();
    if (state.good() && last != STATUS_Success)
      problem = fmt::format("ended with status {:#06x}", static_cast<unsigned>(last));
    return problem.empty();
  }

  static void add(DcmDataset& dataset, std::vector<StudyInstance>& studies) {
    auto instance = study_instance(dataset);
    if (!instance) return;
    std::set<std::string> modalities;
    const std::string all = dicom_text_all(dataset, DCM_ModalitiesInStudy);
    for (std::size_t from = 0; from < all.size();) {
      const std::size_t to = std::min(all.find('\\', from), all.size());
      modalities.insert(all.substr(from, to - from));
      from = to + 1;
    }
    DicomStudies acquired;
    for (const std::string& modality : modalities) {
      instance->modality = modality;
      acquired.add(*instance);
    }
    if (modalities.empty()) acquired.add(*instance);
    // The archive knows when the study began, not when its last image was taken.
    ExamRow row = acquired.take().front();
    row[Field::exam_end].clear();
    instance->row = row;
    studies.push_back(*instance);
  }

  PacsAddress address_;
  Monitor& monitor_;
  std::unique_ptr<DcmSCU> scu_;
};

std::int64_t day_number(const std::string& day) {
  int parts[3] = {};
  std::size_t at = 0;
  for (int& part : parts) {
    const auto [end, error] = std::from_chars(day.data() + at, day.data() + day.size(), part);
    if (error != std::errc()) throw UsageError("'{}': expected a day such as 2024-01-31", day);
    at = static_cast<std::size_t>(end - day.data()) + 1;
    if (at > day.size()) at = day.size();
  }
  if (!is_date(parts[0], parts[1], parts[2]))
    throw UsageError("'{}': expected a day such as 2024-01-31", day);
  return seconds_of_date(parts[0], parts[1], parts[2]) / 86400;
}

void collect(Archive& archive, const Slice& slice, std::size_t limit, ExamRows& rows, PacsAccount& account) {
  const std::vector<StudyInstance> found = archive.find(slice);
  ++account.queries;
  account.answers += found.size();
  for (const StudyInstance& one : found) {
    ExamRow& row = rows.of(one.study_uid);
    if (row[Field::study].empty()) row = one.row;
  }
  if (found.size() < limit) return;
  if (slice.minutes == 1) {
    account.capped.push_back(slice.name());
    return;
  }
  ++account.full_slices;
  const int finer = slice.minutes == 1440 ? 60 : 1;
  for (int minute = 0; minute < slice.minutes; minute += finer)
    collect(archive, {slice.day, slice.first_minute + minute, finer}, limit, rows, account);
}

}  // namespace

PacsAddress pacs_address(const std::string& text) {
  PacsAddress address;
  const std::size_t at = text.find('@');
  const std::size_t colon = text.rfind(':');
  int port = 0;
  if (at != std::string::npos && colon != std::string::npos && colon > at)
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (at == 0 || at > 16 || port < 1 || port > 65535)
    throw UsageError("PACS '{}': expected AETITLE@HOST:PORT, such as ARCHIVE@pacs.example:104", text);
  address.called_title = text.substr(0, at);
  address.host = text.substr(at + 1, colon - at - 1);
  address.port = port;
  return address;
}

std::vector<ExamRow> query_pacs(const PacsAddress& address, const PacsQuery& query, PacsAccount& account,
                                Monitor& monitor) {
  const std::int64_t first = day_number(query.first_day);
  const std::int64_t last = day_number(query.last_day);
  if (last < first)
    throw UsageError("{} to {}: expected the first day before the last", query.first_day, query.last_day);
  Archive archive(address, monitor);
  ExamRows rows;
  for (std::int64_t day = first; day <= last; ++day) {
    const CalendarTime t = calendar_time(day * 86400);
    collect(archive, {fmt::format("{:04}{:02}{:02}", t.year, t.month, t.day)}, query.limit, rows, account);
    monitor.progress("asking the archive", static_cast<double>(day - first + 1),
                     static_cast<double>(last - first + 1));
  }
  for (ExamRow& row : rows.rows()) {
    if (!row[Field::source_modality].empty()) continue;
    const std::set<std::string> modalities = archive.modalities_of(row[Field::study]);
    ++account.queries;
    if (!modalities.empty()) row[Field::source_modality] = modality_word(modalities);
  }
  account.studies = rows.size();
  return std::move(rows.rows());
}

}  // namespace snitt::formats
