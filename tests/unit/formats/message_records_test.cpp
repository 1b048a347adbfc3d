#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/fhir_records.hpp"
#include "formats/hl7_records.hpp"

namespace snitt::formats {
namespace {

using Field = ExamField;

std::vector<Hl7Message> messages_of(const std::string& text, std::size_t piece = 1000) {
  Hl7Reader reader;
  std::vector<Hl7Message> all;
  Hl7Message message;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    reader.add(std::string_view(text).substr(at, piece));
    while (reader.next(message)) all.push_back(message);
  }
  reader.end();
  while (reader.next(message)) all.push_back(message);
  return all;
}

const std::string order =
    "MSH|^~\\&|RIS|SITE A|PACS||20240305080000||ORM^O01|1|P|2.5\r"
    "PID|1||77^^^LOCAL^PI~01010012345^^^NIN^NNNOR||DOE^JANE||19520317|F|||STREET^^OSLO^^0150^^^^0301\r"
    "PV1|1|O|RAD^^^North clinic|||||||||||||||||||||||||||||||||||||||||20240312091000\r"
    "ORC|NW|P1|F1||SC||^^^20240312093000^^R||20240305075500|||REF7\r"
    "OBR|1|P1|F1|SNG0AG^MR knee^NCRP||20240305|||||||||REF7|||ACC9|||||||MRI\r";
const std::string report =
    "\x0bMSH|^~\\&|RIS|SITE A|EPR||20240313100000+0100||ORU^R01|2|P|2.5\r\n"
    "PID|1||01010012345^^^NIN^NNNOR\r\n"
    "ORC|RE|P1|F1\r\n"
    "OBR|1|P1|F1|SNG0AG^MR "
    "knee|||20240312094512|20240312101000||||||||||||||20240313095900+0100||MRI|F\r\n\x1c\r\n";

TEST(Hl7, ReadsSegmentsWhateverFramesThemAndHoweverTheyArrive) {
  for (const std::size_t piece : {1u, 7u, 1000u}) {
    const auto messages =
        messages_of("FHS|^~\\&|x\rBHS|^~\\&|x\r" + order + report + "BTS|2\rFTS|1\r", piece);
    ASSERT_EQ(messages.size(), 2u) << piece;
    EXPECT_EQ(messages[0].segments.size(), 5u);
    EXPECT_EQ(messages[0].line, 3u);
    EXPECT_EQ(messages[1].segments.size(), 4u);
  }
}

TEST(Hl7, ResolvesEscapesAndComponents) {
  const auto m = messages_of("MSH|^~\\&|A|B\rOBX|1|ST|a\\T\\b^c\\S\\d&e~f^\\X4142\\\r")[0];
  const Hl7Segment& s = *m.find("OBX");
  EXPECT_EQ(m.text(s, 3, 1), "a&b");
  EXPECT_EQ(m.text(s, 3, 2), "c^d");
  EXPECT_EQ(m.text(s, 3, 2, 1), "AB");
  EXPECT_EQ(m.text(s, 9), "");
}

TEST(Hl7, TellsTimesAsFarAsTheyGo) {
  EXPECT_EQ(iso_time_of_hl7("20240305102030.1234+0100"), "2024-03-05T10:20:30+01:00");
  EXPECT_EQ(iso_time_of_hl7("202403051020"), "2024-03-05T10:20:00");
  EXPECT_EQ(iso_time_of_hl7("20240305"), "2024-03-05");
  EXPECT_EQ(iso_time_of_hl7("2024"), "");
  EXPECT_EQ(iso_time_of_hl7("not a time"), "");
}

TEST(Hl7, OrderAndReportBecomeOneExamination) {
  Hl7Records records;
  for (const Hl7Message& m : messages_of(order + report)) records.add(m);
  const auto rows = records.take();
  ASSERT_EQ(rows.size(), 1u);
  const ExamRow& r = rows[0];
  EXPECT_EQ(r[Field::exam], "F1");
  EXPECT_EQ(r[Field::accession], "ACC9");
  EXPECT_EQ(r[Field::patient], "01010012345");  // the national number, not the first
  EXPECT_EQ(r[Field::birth_date], "1952-03-17");
  EXPECT_EQ(r[Field::municipality], "0301");
  EXPECT_EQ(r[Field::care_level], "outpatient");
  EXPECT_EQ(r[Field::requested], "2024-03-05T07:55:00");
  EXPECT_EQ(r[Field::arrived], "2024-03-12T09:10:00");
  EXPECT_EQ(r[Field::examined], "2024-03-12T09:45:12");
  EXPECT_EQ(r[Field::exam_end], "2024-03-12T10:10:00");
  EXPECT_EQ(r[Field::reported], "2024-03-13T09:59:00+01:00");
  EXPECT_EQ(r[Field::status], "completed");
  EXPECT_EQ(r[Field::source_modality], "MR");
  EXPECT_EQ(r[Field::site], "North clinic");
}

TEST(Hl7, AnAddendumDoesNotMoveTheReportAndACancellationDoesNotUndoIt) {
  std::string later = report;
  later.replace(later.find("20240313095900"), 14, "20240401120000");
  std::string cancel = order;
  cancel.replace(cancel.find("ORC|NW"), 6, "ORC|CA");
  Hl7Records records;
  for (const Hl7Message& m : messages_of(order + report + later + cancel)) records.add(m);
  const auto rows = records.take();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0][Field::reported], "2024-03-13T09:59:00+01:00");
  EXPECT_EQ(rows[0][Field::status], "completed");
}

TEST(Hl7, CountsWhatItDoesNotUse) {
  Hl7Records records;
  const auto messages = messages_of(
      "stray\rMSH|^~\\&|A|B|||20240101||ADT^A08|1\rPID|1\rMSH|^~\\&|A|B|||2024||ORM^O01|2\r"
      "ORC|NW\rOBR|1\r");
  for (const Hl7Message& m : messages) records.add(m);
  EXPECT_EQ(records.account().ignored.at("ADT^A08"), 1u);
  EXPECT_EQ(records.account().without_key, 1u);
  EXPECT_TRUE(records.take().empty());
}

TEST(Hl7, NoShowsComeFromTheSchedule) {
  Hl7Records records;
  for (const Hl7Message& m : messages_of(
           order +
           "MSH|^~\\&|A|B|||20240312||SIU^S26|3\rSCH|a|b|||||||||^^^20240312093000|||||||||||||||P1|F1\r"))
    records.add(m);
  const auto rows = records.take();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0][Field::status], "no-show");
}

TEST(Fhir, ResourcesInAnyOrderBecomeOneExamination) {
  const char* texts[] = {
      R"({"resourceType":"DiagnosticReport","id":"d1","status":"final","issued":"2024-03-13T09:59:00+01:00",
          "imagingStudy":[{"reference":"ImagingStudy/i1"}],"effectivePeriod":{"end":"2024-03-12T10:10:00+01:00"}})",
      R"({"resourceType":"ImagingStudy","id":"i1","status":"available","started":"2024-03-12T09:45:12+01:00",
          "basedOn":[{"reference":"https://x/fhir/ServiceRequest/s1"}],"modality":[{"code":"MR"}],
          "identifier":[{"system":"urn:dicom:uid","value":"urn:oid:1.2.3"}]})",
      R"({"resourceType":"ServiceRequest","id":"s1","status":"active","authoredOn":"2024-03-05T07:55:00+01:00",
          "code":{"coding":[{"code":"SNG0AG","display":"MR knee"},{"code":"24802-4"}]},"priority":"routine",
          "subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},
          "identifier":[{"type":{"coding":[{"code":"ACSN"}]},"value":"ACC9"}]})",
      R"({"resourceType":"Patient","id":"p1","gender":"female","birthDate":"1952-03-17","identifier":[{"value":"77"},
          {"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"01010012345"}]})",
      R"({"resourceType":"Encounter","id":"e1","class":{"code":"AMB"},"period":{"start":"2024-03-12T09:10:00+01:00"}})",
      R"({"resourceType":"Observation","id":"o1"})"};
  std::vector<int> order_of{0, 1, 2, 3, 4, 5};
  for (int turn = 0; turn < 2; ++turn, std::reverse(order_of.begin(), order_of.end())) {
    FhirRecords records;
    for (const int i : order_of) records.add(nlohmann::json::parse(texts[i]));
    EXPECT_EQ(records.account().ignored.at("Observation"), 1u);
    const auto rows = records.take();
    ASSERT_EQ(rows.size(), 1u);
    const ExamRow& r = rows[0];
    EXPECT_EQ(r[Field::exam], "s1");
    EXPECT_EQ(r[Field::accession], "ACC9");
    EXPECT_EQ(r[Field::study], "1.2.3");
    EXPECT_EQ(r[Field::patient], "01010012345");
    EXPECT_EQ(r[Field::codes], "SNG0AG");
    EXPECT_EQ(r[Field::care_level], "outpatient");
    EXPECT_EQ(r[Field::arrived], "2024-03-12T09:10:00+01:00");
    EXPECT_EQ(r[Field::examined], "2024-03-12T09:45:12+01:00");
    EXPECT_EQ(r[Field::reported], "2024-03-13T09:59:00+01:00");
    EXPECT_EQ(r[Field::status], "completed");
    EXPECT_EQ(records.account().lost_references, 0u);
  }
}

TEST(Fhir, AStudyThatNobodyOrderedStandsAlone) {
  FhirRecords records;
  records.add(nlohmann::json::parse(
      R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"ImagingStudy","id":"i1","status":"available"}},
          {"resource":{"resourceType":"Appointment","id":"a","status":"noshow"}}]})"));
  const auto rows = records.take();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0][Field::exam], "i1");
}

TEST(ExamRows, BecomeDelimitedText) {
  std::vector<ExamRow> rows(2);
  rows[0][Field::exam] = "a,\"b\"";
  rows[1][Field::reported] = "2024-01-01";
  auto text = text_of(rows, "digest");
  std::string all;
  char some[5];
  for (std::size_t n; (n = text->read(some, sizeof some)) > 0;) all.append(some, n);
  EXPECT_EQ(all, "exam,reported\n\"a,\"\"b\"\"\",\n,2024-01-01\n");
  EXPECT_EQ(text->sha256(), "digest");
}

}  // namespace
}  // namespace snitt::formats
