// Real reports of four makers, where they are present (they may not be copied into this repository).
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <sstream>

#include "dose/study_summary.hpp"
#include "formats/dose_file.hpp"
#include "formats/number_text.hpp"
#include "unit/dose/extracted.hpp"

namespace snitt::dose_test {
namespace {

namespace fs = std::filesystem;
using dose::DoseCollection;

class RealReports : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = real_reports();
    if (folder_.empty()) GTEST_SKIP() << "no dose/sr below SNITT_SHARED_DATA: real reports are not looked at";
  }
  std::string path(const std::string& name) const { return (fs::path(folder_) / name).string(); }
  DoseDocument document(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return formats::read_dose_file(std::as_bytes(std::span(bytes)), true).document.value_or(DoseDocument{});
  }
  dose::StudySummary study(const std::string& name) {
    found_ = extracted({path(name)});
    EXPECT_EQ(found_.studies.size(), 1U);
    return dose::summarize(found_.studies.at(0));
  }
  std::string folder_;
  DoseCollection found_;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, '\t');) cells.push_back(cell);
  return cells;
}

TEST_F(RealReports, GiveEveryValueThatAnotherReaderFound) {
  const std::map<std::string, double DoseEvent::*> numbers{{"113830", &DoseEvent::ctdivol_mgy},
                                                           {"113838", &DoseEvent::dlp_mgy_cm},
                                                           {"113825", &DoseEvent::scanning_length_mm},
                                                           {"113824", &DoseEvent::exposure_time_s},
                                                           {"113828", &DoseEvent::pitch},
                                                           {"113826", &DoseEvent::single_collimation_mm},
                                                           {"113827", &DoseEvent::total_collimation_mm},
                                                           {"113733", &DoseEvent::tube_voltage_kv},
                                                           {"113833", &DoseEvent::tube_current_max_ma},
                                                           {"113734", &DoseEvent::tube_current_mean_ma},
                                                           {"113834", &DoseEvent::rotation_time_s},
                                                           {"113823", &DoseEvent::tubes}};
  std::ifstream table(path("expected_events.tsv"));
  std::string line;
  std::getline(table, line);
  const std::vector<std::string> names = cells_of(line);
  std::size_t compared = 0;
  while (std::getline(table, line)) {
    const std::vector<std::string> cells = cells_of(line);
    const DoseDocument found = document(cells[0]);
    if (cells[1] == "TOTAL") {
      EXPECT_EQ("113812=" + formats::number_text(found.stated.events), cells[2]);
      EXPECT_EQ("113813=" + formats::number_text(found.stated.dlp_mgy_cm), cells[3]);
      continue;
    }
    const DoseEvent& event = found.events.at(std::stoul(cells[1]));
    EXPECT_EQ(event.uid, cells[2]);
    EXPECT_EQ(event.region_code, cells[3].substr(0, cells[3].find('|')));
    EXPECT_EQ(event.protocol, cells[5]);
    for (std::size_t i = 6; i < cells.size(); ++i) {
      const auto number = numbers.find(names[i]);
      if (number == numbers.end()) continue;
      const double value = event.*(number->second);
      ++compared;
      EXPECT_EQ(std::isnan(value) ? "" : formats::number_text(value),
                cells[i].empty() ? "" : formats::number_text(*formats::parse_number(cells[i])))
          << line << names[i];
    }
  }
  EXPECT_GE(compared, 150U);
}

TEST_F(RealReports, AddUpToTheirTotals) {
  EXPECT_NEAR(study("CT-ESR-GE_Optima.dcm").dlp_mgy_cm, 415.82, 1e-9);  // sums of doubles
  EXPECT_EQ(found_.studies[0].events.size(), 6U);
  EXPECT_NEAR(study("CT-RDSR-Siemens_Flash-TAP-SS.dcm").dlp_mgy_cm, 724.52, 1e-9);
  EXPECT_NEAR(study("CT-RDSR-Philips_BigBore4DCT.dcm").dlp_mgy_cm, 541.1, 1e-9);
  const dose::StudySummary philips = study("CT-SC-Philips_Brilliance16P.dcm");
  EXPECT_NEAR(philips.dlp_mgy_cm, 1102.44609, 5e-6);  // the total is written with five decimals
  EXPECT_EQ(philips.events, 4);
  EXPECT_EQ(philips.localizers, 1);
  EXPECT_EQ(philips.totals, "agree");
}

TEST_F(RealReports, CumulativeOnesAreOneStudyOfThreeEvents) {
  std::vector<std::string> paths;
  for (const char* name :
       {"CT-RDSR-Siemens-Multi-1.dcm", "CT-RDSR-Siemens-Multi-2.dcm", "CT-RDSR-Siemens-Multi-3.dcm"}) {
    paths.push_back(path(name));
    const DoseCollection found = extracted(paths);
    ASSERT_EQ(found.studies.size(), 1U);
    const double total = paths.size() == 1 ? 7.46 : paths.size() == 2 ? 77.27 : 236.09;
    EXPECT_NEAR(dose::summarize(found.studies[0]).dlp_mgy_cm, total, 1e-9);
  }
  paths.push_back(paths.front());
  const DoseCollection found = extracted(paths);
  EXPECT_EQ(found.studies.at(0).events.size(), 3U);
  EXPECT_NEAR(dose::summarize(found.studies[0]).dlp_mgy_cm, 236.09, 1e-9);
  EXPECT_FALSE(found.files[3].used);
}

TEST_F(RealReports, AnotherReportIsRefusedWithWhatItIs) {
  const DoseCollection found = extracted({path("ESR_non-dose.dcm")});
  EXPECT_TRUE(found.studies.empty());
  EXPECT_EQ(found.files.at(0).reason,
            "is a structured report of 18748-4 (LN); expected an X-Ray Radiation Dose Report (113701, DCM)");
}

TEST_F(RealReports, OddPlacesAreNamed) {
  const DoseDocument philips = document("CT-RDSR-Philips_BigBore4DCT.dcm");
  ASSERT_EQ(philips.anomalies.size(), 1U);
  EXPECT_EQ(philips.anomalies[0].place, "1.13.2: CT Acquisition > Target Region");
}

}  // namespace
}  // namespace snitt::dose_test
