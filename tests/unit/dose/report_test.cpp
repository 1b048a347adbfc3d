// What dose reports, captures and images say, read back from files written here.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <span>

#include "formats/dose_file.hpp"
#include "temporary_folder.hpp"
#include "unit/dose/report_fixture.hpp"

namespace snitt::dose_test {
namespace {

formats::DoseFile read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return formats::read_dose_file(std::as_bytes(std::span(bytes)), true);
}

class Report : public testing::Test {
 protected:
  DoseDocument written(const SyntheticReport& report) {
    write_report(folder / "r.dcm", report);
    const formats::DoseFile file = read(folder / "r.dcm");
    EXPECT_TRUE(file.document) << file.kind << " " << file.reason;
    return file.document.value_or(DoseDocument{});
  }
  TemporaryFolder folder;
};

TEST_F(Report, OfCtGivesEventsAndTotals) {
  SyntheticReport report;
  report.events = {SyntheticEvent{},
                   SyntheticEvent{.uid = "1.2.3.9.2", .phantom = "113690|DCM|Head", .dlp = "50.5"}};
  report.total_dlp = "150.5";
  const DoseDocument document = written(report);
  ASSERT_EQ(document.events.size(), 2U);
  EXPECT_EQ(document.source, DoseSource::ct_report);
  const DoseEvent& event = document.events[0];
  EXPECT_EQ(event.uid, "1.2.3.9.1");
  EXPECT_EQ(event.acquisition, CtAcquisition::spiral);
  EXPECT_EQ(event.phantom, DosePhantom::body_32cm);
  EXPECT_EQ(event.ctdivol_mgy, 5);
  EXPECT_EQ(event.dlp_mgy_cm, 100);
  EXPECT_EQ(event.scanning_length_mm, 200);
  EXPECT_EQ(event.pitch, 0.9);
  EXPECT_EQ(event.tube_voltage_kv, 120);
  EXPECT_EQ(event.tubes, 1);
  EXPECT_EQ(document.events[1].phantom, DosePhantom::head_16cm);
  EXPECT_EQ(document.stated.dlp_mgy_cm, 150.5);
  EXPECT_EQ(document.stated.events, 2);
  EXPECT_EQ(document.age_years, 54);  // born 1 January 1970, studied 29 February 2024
  EXPECT_TRUE(document.anomalies.empty());
}

TEST_F(Report, IsRecognisedByContentNotBySopClass) {
  for (const char* sop_class :
       {"1.2.840.10008.5.1.4.1.1.88.22", "1.2.840.10008.5.1.4.1.1.88.33", "1.2.3.4"}) {
    SyntheticReport report;
    report.sop_class = sop_class;
    EXPECT_EQ(written(report).events.size(), 1U) << sop_class;
  }
  SyntheticReport other;
  other.root = "126000|DCM|Imaging Measurement Report";
  write_report(folder / "o.dcm", other);
  const formats::DoseFile file = read(folder / "o.dcm");
  EXPECT_FALSE(file.document);
  EXPECT_EQ(file.kind, "another report");
  EXPECT_NE(file.reason.find("126000"), std::string::npos);
}

TEST_F(Report, IsTheSameInEveryTransferSyntaxWithAndWithoutPreamble) {
  for (const char* transfer : {"explicit", "implicit", "big", "deflated"})
    for (const bool preamble : {true, false}) {
      if (std::string(transfer) == "deflated" && !preamble)
        continue;  // nothing would say that it is deflated
      SyntheticReport report;
      report.transfer = transfer;
      report.preamble = preamble;
      const DoseDocument document = written(report);
      ASSERT_EQ(document.events.size(), 1U) << transfer << preamble;
      EXPECT_EQ(document.events[0].dlp_mgy_cm, 100);
    }
}

TEST_F(Report, UnitsAreConvertedAndForeignOnesRefused) {
  SyntheticReport report;
  report.events = {SyntheticEvent{.ctdi = "0.005", .dlp = "100", .ctdi_unit = "Gy", .dlp_unit = "mGycm"},
                   SyntheticEvent{.uid = "1.2.3.9.2", .dlp_unit = "mSv"}};
  const DoseDocument document = written(report);
  EXPECT_DOUBLE_EQ(document.events[0].ctdivol_mgy, 5);
  EXPECT_EQ(document.events[0].dlp_mgy_cm, 100);
  EXPECT_TRUE(std::isnan(document.events[1].dlp_mgy_cm));
  ASSERT_EQ(document.anomalies.size(), 1U);
  EXPECT_EQ(document.anomalies[0].place, "1.4.6.3: CT Acquisition > CT Dose > DLP");
  EXPECT_EQ(document.anomalies[0].value, "100 mSv");
  EXPECT_EQ(document.anomalies[0].expected, "a number in mGy.cm");
}

TEST_F(Report, FaultyValuesBecomeAnomaliesWithTheirPlace) {
  SyntheticReport report;
  report.events = {SyntheticEvent{.type = "", .ctdi = "5\\6", .dlp = "many"}};
  report.more = {{"DATETIME", "113809", "Start of X-Ray Irradiation", "2024", "", {}}};
  const DoseDocument document = written(report);
  EXPECT_EQ(document.events[0].ctdivol_mgy, 5);  // the first of two
  EXPECT_TRUE(std::isnan(document.events[0].dlp_mgy_cm));
  std::vector<std::string> expected;
  for (const DoseAnomaly& anomaly : document.anomalies) expected.push_back(anomaly.expected);
  for (const char* words :
       {"a coded word", "one number; the first was taken", "a number", "a date and time as YYYYMMDDHHMMSS"})
    EXPECT_EQ(std::count(expected.begin(), expected.end(), words), 1) << words;
}

TEST_F(Report, OfFluoroscopyAndMammographyIsExtracted) {
  const DoseDocument fluoroscopy = written(projection_report());
  EXPECT_EQ(fluoroscopy.source, DoseSource::projection_report);
  ASSERT_EQ(fluoroscopy.events.size(), 2U);
  EXPECT_EQ(fluoroscopy.events[0].dose_area_product_gy_m2, 1e-4);
  EXPECT_DOUBLE_EQ(fluoroscopy.events[1].reference_air_kerma_mgy, 8);
  EXPECT_EQ(fluoroscopy.stated.fluoroscopy_time_s, 75);
  const DoseDocument mammography = written(mammography_report());
  ASSERT_EQ(mammography.events.size(), 2U);
  EXPECT_EQ(mammography.events[1].average_glandular_dose_mgy, 1.5);
  EXPECT_EQ(mammography.events[0].view, "cranio-caudal");
}

TEST_F(Report, OfPhilipsStandsInAttributesOfTheCapture) {
  write_philips_capture(folder / "p.dcm", {{0, 0}, {7.5, 196.25}}, "1.2.3.7.4");
  const formats::DoseFile file = read(folder / "p.dcm");
  ASSERT_TRUE(file.document);
  EXPECT_EQ(file.document->source, DoseSource::ct_screen);
  ASSERT_EQ(file.document->events.size(), 2U);
  EXPECT_EQ(file.document->events[1].dlp_mgy_cm, 196.25);
  EXPECT_EQ(file.document->events[0].acquisition, CtAcquisition::constant_angle);
  EXPECT_EQ(file.document->stated.dlp_mgy_cm, 196.25);
}

TEST_F(Report, WhatIsNoDicomIsSaidToBeNone) {
  folder.write("a.txt", "not an image\n");
  EXPECT_EQ(read(folder / "a.txt").kind, "not DICOM");
  folder.write("empty", "");
  EXPECT_EQ(read(folder / "empty").kind, "empty");
  folder.write("head", std::string(128, '\0') + "DICM");
  EXPECT_EQ(read(folder / "head").kind, "damaged");
}

TEST_F(Report, HeadersOfImagesGiveTheirSlices) {
  write_dose_slice(folder / "s.dcm",
                   {.instance = "1.2.3.5.1", .z_mm = -12.5, .ctdi_mgy = 6.5, .current_ma = 80});
  const formats::DoseFile plain = read(folder / "s.dcm");
  ASSERT_TRUE(plain.document);
  EXPECT_EQ(plain.document->slice.z_mm, -12.5);
  EXPECT_EQ(plain.document->slice.ctdivol_mgy, 6.5);
  EXPECT_EQ(plain.document->slice.tube_current_ma, 80);
  write_enhanced_dose(folder / "e.dcm",
                      {{.instance = "1.2.3.5.9", .z_mm = 0, .ctdi_mgy = 4}, {.z_mm = 5, .ctdi_mgy = 6}});
  const formats::DoseFile enhanced = read(folder / "e.dcm");
  ASSERT_TRUE(enhanced.document);
  ASSERT_EQ(enhanced.document->slices.size(), 2U);
  EXPECT_EQ(enhanced.document->slices[1].z_mm, 5);
  EXPECT_EQ(enhanced.document->slices[1].ctdivol_mgy, 6);
  EXPECT_EQ(enhanced.document->events[0].phantom, DosePhantom::body_32cm);
}

TEST_F(Report, CutAnywhereIsRefusedOrReadNeverMore) {
  write_report(folder / "r.dcm", {});
  const std::string whole = folder.read("r.dcm");
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const formats::DoseFile file = formats::read_dose_file(std::as_bytes(std::span(whole).first(size)), true);
    if (file.document) {
      EXPECT_LE(file.document->events.size(), 1U);
    } else {
      EXPECT_FALSE(file.reason.empty()) << size;
    }
  }
}

}  // namespace
}  // namespace snitt::dose_test
