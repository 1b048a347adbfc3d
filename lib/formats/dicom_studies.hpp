#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "formats/exam_rows.hpp"

class DcmItem;

/// Examinations from the headers of DICOM files, or from the answers of a PACS: one row per study.
namespace snitt::formats {

/// What one instance says of its study. Times are ISO, with the offset from UTC where the file states it.
struct StudyInstance {
  std::string study_uid;
  std::string series_uid;
  std::string modality;        ///< of the series, as DICOM has it
  bool is_original = true;     ///< acquired rather than derived; secondary captures and reports are not
  ExamRow row;                 ///< what the header says of the study; examined: start of the acquisition
  std::string acquired_until;  ///< its end, or its start where nothing says how long it took
};

/// From a data set; nothing for one without a study.
std::optional<StudyInstance> study_instance(DcmItem& dataset);
/// From a file's bytes up to the pixels; nothing for what is no DICOM, or has no study: then `reason` says
/// so.
std::optional<StudyInstance> read_study_instance(std::span<const std::byte> bytes, std::string& reason);

/// Instances become studies: examined is the earliest start of an original image, exam_end the latest end;
/// modalities of what was acquired, in our words (CT, MR, RG, UL, MG, IV, NM, PETCT), joined by '+' where
/// they do not belong together. Reports, presentation states, segmentations and the like count as no
/// modality.
class DicomStudies {
 public:
  void add(const StudyInstance& instance);
  std::size_t instances() const { return instances_; }
  std::vector<ExamRow> take();

 private:
  struct Study {
    std::set<std::string> modalities;
    std::string first_any;  ///< start of anything, where nothing is original
  };
  ExamRows rows_;
  std::map<std::string, Study> studies_;
  std::size_t instances_ = 0;
};

/// The word for modalities of DICOM that occur together in a study; of those that are not acquired (reports,
/// presentation states) only where there is nothing else.
std::string modality_word(const std::set<std::string>& modalities);

/// "20240305" and "102030.5" with the offset "+0100" (or none) as "2024-03-05T10:20:30+01:00"; "" for no
/// date.
std::string iso_time_of_dicom(const std::string& date, const std::string& time, const std::string& offset);

}  // namespace snitt::formats
