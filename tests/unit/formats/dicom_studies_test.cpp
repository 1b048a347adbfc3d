#include "formats/dicom_studies.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "formats/pacs_query.hpp"

namespace snitt::formats {
namespace {

using Field = ExamField;

StudyInstance image(const std::string& study, const std::string& modality, const std::string& start,
                    bool original = true) {
  StudyInstance instance;
  instance.study_uid = study;
  instance.modality = modality;
  instance.is_original = original;
  instance.row[Field::examined] = start;
  instance.acquired_until = start;
  return instance;
}

TEST(DicomStudies, TimesAreIsoWithTheOffsetTheFileStates) {
  EXPECT_EQ(iso_time_of_dicom("20240305", "102030.123456", "+0100"), "2024-03-05T10:20:30+01:00");
  EXPECT_EQ(iso_time_of_dicom("20240305", "1020", ""), "2024-03-05T10:20:00");
  EXPECT_EQ(iso_time_of_dicom("2024.03.05", "10:20:30", ""), "2024-03-05T10:20:30");  // ACR-NEMA
  EXPECT_EQ(iso_time_of_dicom("20240305", "", ""), "2024-03-05");
  EXPECT_EQ(iso_time_of_dicom("", "1020", ""), "");
}

TEST(DicomStudies, ModalitiesThatOccurTogetherAreOneExamination) {
  EXPECT_EQ(modality_word({"CT"}), "CT");
  EXPECT_EQ(modality_word({"PT", "CT"}), "PETCT");
  EXPECT_EQ(modality_word({"NM", "CT"}), "NM");
  EXPECT_EQ(modality_word({"CR", "DX"}), "RG");
  EXPECT_EQ(modality_word({"US"}), "UL");
  EXPECT_EQ(modality_word({"MR", "US"}), "MR+UL");
  EXPECT_EQ(modality_word({"ES"}), "ES");  // endoscopy is nobody's, and keeps its name
}

TEST(DicomStudies, AStudyLastsFromItsFirstToItsLastOriginalImage) {
  DicomStudies studies;
  studies.add(image("1", "CT", "2024-03-05T10:20:30"));
  studies.add(image("1", "CT", "2024-03-05T10:10:00"));
  studies.add(image("1", "CT", "2024-03-05T15:00:00", false));  // a reformat made in the afternoon
  studies.add(image("1", "SR", "2024-03-06T08:00:00", false));
  studies.add(image("2", "PR", "2024-03-07T08:00:00", false));
  const auto rows = studies.take();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0][Field::examined], "2024-03-05T10:10:00");
  EXPECT_EQ(rows[0][Field::exam_end], "2024-03-05T10:20:30");
  EXPECT_EQ(rows[0][Field::source_modality], "CT");
  EXPECT_EQ(rows[1][Field::examined], "2024-03-07T08:00:00") << "nothing better is known";
  EXPECT_EQ(rows[1][Field::source_modality], "PR");
}

TEST(DicomStudies, SaysWhyAFileIsNone) {
  std::string reason;
  const std::string text = "not a DICOM file at all, but long enough to be looked at";
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  EXPECT_FALSE(read_study_instance(bytes, reason));
  EXPECT_EQ(reason, "not DICOM");
}

TEST(PacsAddress, WantsTitleHostAndPort) {
  const PacsAddress address = pacs_address("ARCHIVE@pacs.example:11112");
  EXPECT_EQ(address.called_title, "ARCHIVE");
  EXPECT_EQ(address.host, "pacs.example");
  EXPECT_EQ(address.port, 11112);
  for (const char* bad :
       {"pacs.example:104", "A@b", "@b:104", "A@b:0", "A@b:70000", "ATITLETHATISTOOLONG@b:1"})
    EXPECT_THROW(pacs_address(bad), UsageError) << bad;
}

}  // namespace
}  // namespace snitt::formats
