// Files to studies: merging, totals, roles, and a reason for everything that is left out.
#include <gtest/gtest.h>

#include <cmath>

#include "dose/study_summary.hpp"
#include "dose/tables.hpp"
#include "temporary_folder.hpp"
#include "unit/dose/extracted.hpp"
#include "unit/dose/report_fixture.hpp"

namespace snitt::dose_test {
namespace {

using dose::DoseCollection;
using dose::summarize;

SyntheticEvent localizer() {
  return {.uid = "1.2.3.9.10",
          .protocol = "Topogram",
          .type = "113805|DCM|Constant Angle Acquisition",
          .ctdi = "0.1",
          .dlp = "4"};
}
SyntheticEvent monitoring() {
  return {.uid = "1.2.3.9.11",
          .protocol = "PreMonitoring",
          .type = "113806|DCM|Stationary Acquisition",
          .ctdi = "1",
          .dlp = "1"};
}
SyntheticEvent spiral(const std::string& number, const std::string& dlp) {
  return {.uid = "1.2.3.9." + number, .dlp = dlp};
}

TEST(Collection, CumulativeReportsAreOneStudyAndRepeatingOneChangesNothing) {
  TemporaryFolder folder;
  SyntheticReport report;
  report.events = {localizer()};
  report.total_dlp = "4";
  write_report(folder / "1.dcm", report);
  report.instance += "1";
  report.events.push_back(spiral("1", "100"));
  report.total_dlp = "104";
  write_report(folder / "2.dcm", report);
  report.instance += "1";
  report.events.push_back(spiral("2", "60"));
  report.total_dlp = "164";
  write_report(folder / "3.dcm", report);
  const std::vector<std::string> in_order{folder / "1.dcm", folder / "2.dcm", folder / "3.dcm"};
  const std::vector<std::string> backwards{folder / "3.dcm", folder / "2.dcm", folder / "1.dcm"};
  const std::vector<std::string> again{folder / "1.dcm", folder / "2.dcm", folder / "3.dcm",
                                       folder / "1.dcm"};
  for (const auto& paths : {in_order, backwards, again}) {
    const DoseCollection found = extracted(paths);
    ASSERT_EQ(found.studies.size(), 1U);
    EXPECT_EQ(found.studies[0].events.size(), 3U);
    const dose::StudySummary study = summarize(found.studies[0]);
    EXPECT_EQ(study.dlp_mgy_cm, 164);
    EXPECT_EQ(study.dlp_typical_mgy_cm, 160);
    EXPECT_EQ(study.stated_dlp_mgy_cm, 164);
    EXPECT_EQ(study.totals, "agree");
    EXPECT_TRUE(found.anomalies.empty());
  }
  const DoseCollection found = extracted(again);
  EXPECT_FALSE(found.files[3].used);
  EXPECT_EQ(found.files[3].kind, "copy");
}

TEST(Collection, ContinuedReportsAddUp) {
  TemporaryFolder folder;
  SyntheticReport report;
  report.events = {spiral("1", "100")};
  report.total_dlp = "100";
  write_report(folder / "1.dcm", report);
  report.instance += "1";
  report.events = {spiral("2", "60")};
  report.total_dlp = "60";
  write_report(folder / "2.dcm", report);
  const dose::StudySummary study = summarize(extracted({folder.path()}).studies.at(0));
  EXPECT_EQ(study.dlp_mgy_cm, 160);
  EXPECT_EQ(study.stated_dlp_mgy_cm, 160);
}

TEST(Collection, LocalizersAndBolusTrackingAreInTheTotalAlone) {
  TemporaryFolder folder;
  SyntheticReport report;
  report.events = {localizer(), monitoring(), spiral("1", "100")};
  write_report(folder / "r.dcm", report);
  const DoseCollection found = extracted({folder.path()});
  const dose::StudySummary study = summarize(found.studies.at(0));
  EXPECT_EQ(study.dlp_mgy_cm, 105);
  EXPECT_EQ(study.dlp_typical_mgy_cm, 100);
  EXPECT_EQ(study.localizers, 1);
  EXPECT_EQ(study.bolus_events, 1);
  EXPECT_EQ(found.studies[0].events[0].reason, "localizer");
  EXPECT_EQ(found.studies[0].events[1].reason, "bolus tracking");
  EXPECT_EQ(found.studies[0].events[2].reason, "");
}

TEST(Collection, HeadAndBodyPhantomAreKeptApart) {
  TemporaryFolder folder;
  SyntheticReport report;
  report.events = {spiral("1", "100"), spiral("2", "900")};
  report.events[1].phantom = "113690|DCM|IEC Head Dosimetry Phantom";
  write_report(folder / "r.dcm", report);
  const dose::StudySummary study = summarize(extracted({folder.path()}).studies.at(0));
  EXPECT_EQ(study.dlp_head_mgy_cm, 900);
  EXPECT_EQ(study.dlp_body_mgy_cm, 100);
  EXPECT_EQ(study.phantom, "mixed");
}

TEST(Collection, SumsThatDisagreeWithTotalsAreTold) {
  TemporaryFolder folder;
  SyntheticReport report;
  report.events = {spiral("1", "100"), spiral("2", "60")};
  report.total_dlp = "160.02";  // three roundings to 0.01 allow 0.015
  report.total_events = "3";
  write_report(folder / "r.dcm", report);
  const DoseCollection found = extracted({folder.path()});
  ASSERT_EQ(found.anomalies.size(), 2U);
  EXPECT_EQ(found.anomalies[0].anomaly.value, "3");
  EXPECT_EQ(found.anomalies[1].anomaly.value, "160.02 mGy.cm");
  EXPECT_EQ(found.anomalies[1].anomaly.expected, "sum of 2 events: 160 mGy.cm");
  EXPECT_EQ(summarize(found.studies[0]).totals, "differ");
}

TEST(Collection, AnEventThatIsToldTwiceDifferentlyIsNoted) {
  TemporaryFolder folder;
  SyntheticReport report;
  report.events = {spiral("1", "100")};
  write_report(folder / "1.dcm", report);
  report.instance += "1";
  report.events = {spiral("1", "101"), spiral("2", "60")};
  write_report(folder / "2.dcm", report);
  const DoseCollection found = extracted({folder.path()});
  ASSERT_EQ(found.anomalies.size(), 1U);
  EXPECT_EQ(found.anomalies[0].anomaly.value, "dlp_mgy_cm = 101");
  EXPECT_EQ(summarize(found.studies[0]).dlp_mgy_cm, 160);
}

TEST(Collection, ImagesOfAModulatedSeriesGiveTheMeanOfTheirSlicesAndNoDlp) {
  TemporaryFolder folder;
  for (int i = 0; i < 4; ++i)
    write_dose_slice(folder / ("s" + std::to_string(i)),
                     {.instance = "1.2.3.5." + std::to_string(i), .z_mm = 5.0 * i, .ctdi_mgy = 4.0 + i});
  const DoseCollection found = extracted({folder.path()});
  ASSERT_EQ(found.studies.at(0).events.size(), 1U);
  const DoseEvent& event = found.studies[0].events[0].event;
  EXPECT_EQ(event.ctdivol_mgy, 5.5);
  EXPECT_EQ(event.ctdivol_lowest_mgy, 4);
  EXPECT_EQ(event.ctdivol_highest_mgy, 7);
  EXPECT_EQ(event.scanning_length_mm, 15);
  EXPECT_EQ(event.slices, 4);
  EXPECT_TRUE(std::isnan(event.dlp_mgy_cm));
  const Table table = dose::events_table(found);
  EXPECT_EQ(std::get<std::vector<std::string>>(table.find("ctdivol_kind")->values)[0],
            "mean of slices of a modulated series");
}

TEST(Collection, ImagesAddNothingWhereAReportIs) {
  TemporaryFolder folder;
  SyntheticReport report;
  write_report(folder / "a.dcm", report);
  write_dose_slice(folder / "b.dcm", {.instance = "1.2.3.5.1", .study = report.study});
  write_dose_slice(folder / "c.dcm", {.instance = "1.2.3.5.1", .study = report.study});  // a copy
  const DoseCollection found = extracted({folder.path()});
  ASSERT_EQ(found.studies.size(), 1U);
  ASSERT_EQ(found.studies[0].events.size(), 2U);
  EXPECT_TRUE(found.studies[0].events[0].in_total);
  EXPECT_FALSE(found.studies[0].events[1].in_total);
  EXPECT_EQ(found.studies[0].events[1].reason, "the study has a better source: CT dose report");
  EXPECT_EQ(summarize(found.studies[0]).dlp_mgy_cm, 100);
  EXPECT_EQ(found.files[2].kind, "copy");
}

TEST(Collection, FilesInAreFilesUsedAndFilesExplained) {
  TemporaryFolder folder;
  write_report(folder / "r.dcm", {});
  folder.write("deep/er/notes.txt", "nothing");
  folder.write("empty", "");
  const DoseCollection found = extracted({folder.path()}, "", true);
  ASSERT_EQ(found.files.size(), 3U);
  for (const dose::FileFate& file : found.files) EXPECT_NE(file.used, !file.reason.empty()) << file.name;
  EXPECT_EQ(extracted({folder / "deep"}).files.size(), 1U);
}

TEST(Collection, MissingStudyOrEventUidsDoNotMergeWhatIsApart) {
  TemporaryFolder folder;
  SyntheticReport report;
  report.study.clear();
  report.events = {SyntheticEvent{.uid = "", .dlp = "10"}, SyntheticEvent{.uid = "", .dlp = "10"}};
  write_report(folder / "1.dcm", report);
  report.instance += "1";
  write_report(folder / "2.dcm", report);
  const DoseCollection found = extracted({folder.path()});
  EXPECT_EQ(found.studies.size(), 2U);
  EXPECT_EQ(found.studies.at(0).events.size(), 2U);
}

}  // namespace
}  // namespace snitt::dose_test
