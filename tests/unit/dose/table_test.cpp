// Tables of other systems, names of protocols, effective doses.
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "dose/effective_dose.hpp"
#include "dose/name_pattern.hpp"
#include "dose/protocol_map.hpp"
#include "dose/tables.hpp"
#include "formats/dose_table.hpp"
#include "temporary_folder.hpp"
#include "unit/dose/extracted.hpp"

namespace snitt::dose_test {
namespace {

const char* const mapping_text =
    R"({"dose_table_mapping": "1.0", "dates": "DD.MM.YYYY",
        "columns": {"study": "Id", "patient": "Pat", "date": "Date", "phantom": "Ph",
                    "dlp_mgy_cm": {"column": "DLP", "factor": 10}},
        "words": {"phantom": {"16": "head 16 cm"}}})";

TEST(DoseTable, IsReadThroughItsMapping) {
  TemporaryFolder folder;
  const auto mapping = formats::read_dose_table_mapping(folder.write("m.json", mapping_text));
  const std::string csv =
      folder.write("t.csv", "Id;Pat;Date;Ph;DLP\nA;1;31.01.2024;16;1,5\nA;1;31.01.2024;99;x\n;2;;16;3\n");
  const std::vector<DoseDocument> studies = formats::read_dose_table(csv, mapping);
  ASSERT_EQ(studies.size(), 1U);
  ASSERT_EQ(studies[0].events.size(), 2U);
  EXPECT_EQ(studies[0].date, "20240131");
  EXPECT_EQ(studies[0].events[0].dlp_mgy_cm, 15);
  EXPECT_EQ(studies[0].events[0].phantom, DosePhantom::head_16cm);
  EXPECT_TRUE(std::isnan(studies[0].events[1].dlp_mgy_cm));
  ASSERT_EQ(studies[0].anomalies.size(), 3U);
  EXPECT_EQ(studies[0].anomalies[0].place, "line 3: DLP");
  EXPECT_EQ(studies[0].anomalies[1].place, "line 3: Ph");
  EXPECT_EQ(studies[0].anomalies[2].place, "line 4");
}

TEST(DoseTable, MappingsWithMistakesAreRefused) {
  TemporaryFolder folder;
  const auto refused = [&](const std::string& text) {
    try {
      formats::read_dose_table_mapping(folder.write("m.json", text));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refused(R"({"dose_table_mapping": "1.0", "columns": {"study": "a", "dlp_mgy_mc": "b"}})")
                .find("did you mean 'dlp_mgy_cm'"),
            std::string::npos);
  EXPECT_NE(refused(R"({"dose_table_mapping": "1.0", "columns": {}})").find("'study'"), std::string::npos);
  EXPECT_NE(refused(R"({"dose_table_mapping": "2.0", "columns": {"study": "a"}})").find("expected 1.0"),
            std::string::npos);
}

TEST(NamePattern, ComparesPlainNames) {
  EXPECT_EQ(dose::plain_name("  CT_Abdomen^Pelvis (Adult) "), "ct abdomen pelvis adult");
  EXPECT_EQ(dose::plain_name("ØVRE"), "øvre");
  EXPECT_TRUE(dose::fits("ct abdomen pelvis adult", "*abd*pelv*"));
  EXPECT_TRUE(dose::fits("head", "brain|Head"));
  EXPECT_FALSE(dose::fits("head and neck", "head"));
  EXPECT_TRUE(dose::fits("aab", "*ab"));
  EXPECT_FALSE(dose::fits("ab", "a?b"));
  EXPECT_TRUE(dose::fits("", "*"));
}

Table table_of(const std::vector<std::string>& protocols, const std::vector<std::string>& sites) {
  Table table;
  table.columns.push_back({"protocol", "", "", protocols});
  table.columns.push_back({"institution", "", "", sites});
  return table;
}

TEST(ProtocolMap, RulesOfASiteGoFirstAndTheFirstThatFitsDecides) {
  TemporaryFolder folder;
  const auto rules = dose::read_protocol_rules(
      folder.write("p.csv",
                   "site,field,pattern,exam\n,,*abd*,CT abdomen\n,,*abd*pelv*,never\nnorth,,1.?,CT "
                   "head\n,protocol,topogram,-\n"));
  const dose::ProtocolMapping mapping =
      dose::map_protocols(table_of({"ABD_Pelv", "1.2", "1.2", "Topogram", "1.2", "Odd"},
                                   {"North", "North", "South", "South", "South", "South"}),
                          rules);
  EXPECT_EQ(std::get<std::vector<std::string>>(mapping.table.find("exam")->values),
            (std::vector<std::string>{"CT abdomen", "CT head", "", "-", "", ""}));
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(mapping.table.find("exam_rule")->values),
            (std::vector<std::int64_t>{2, 4, 0, 5, 0, 0}));
  EXPECT_EQ(std::get<std::vector<std::string>>(mapping.unmapped.find("protocol")->values),
            (std::vector<std::string>{"1.2", "Odd"}));  // the most frequent first
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(mapping.unmapped.find("rows")->values),
            (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(mapping.unused_rules, (std::vector<std::size_t>{3}));
  EXPECT_EQ(mapping.mapped_rows, 3U);
}

TEST(ProtocolMap, MistakesAreNamedByLine) {
  TemporaryFolder folder;
  EXPECT_THROW(dose::read_protocol_rules(folder.write("p.csv", "pattern,exam\n,CT\n")), InputError);
  const auto rules = dose::read_protocol_rules(folder.write("q.csv", "field,pattern,exam\nnothing,*,CT\n"));
  EXPECT_THROW(dose::map_protocols(table_of({"a"}, {"b"}), rules), InputError);
}

TEST(EffectiveDose, WantsRegionPhantomAndAge) {
  TemporaryFolder folder;
  const auto factors =
      dose::read_k_factors(folder.write("k.csv",
                                        "region,phantom,age_from_years,age_to_years,k_msv_per_mgy_cm,"
                                        "source\n*chest*,body 32 cm,15,200,0.014,a\n"
                                        "*chest*,head 16 cm,0,1,0.039,a\n"));
  dose::CollectedStudy study;
  study.header.age_years = 40;
  DoseEvent event;
  event.region = "Chest";
  event.phantom = DosePhantom::body_32cm;
  ASSERT_NE(dose::factor_for(factors, study, event), nullptr);
  EXPECT_EQ(dose::factor_for(factors, study, event)->k_msv_per_mgy_cm, 0.014);
  study.header.age_years = 0.2;  // a child's factor belongs to the other phantom
  EXPECT_EQ(dose::factor_for(factors, study, event), nullptr);
  study.header.age_years = not_stated;
  EXPECT_EQ(dose::factor_for(factors, study, event), nullptr);
  study.header.age_years = 40;
  event.region.clear();
  event.protocol = "CT Chest low dose";
  EXPECT_NE(dose::factor_for(factors, study, event), nullptr);
}

TEST(EffectiveDose, ShareTellsWhatHadNoFactor) {
  dose::DoseCollection found;
  found.studies.resize(1);
  found.studies[0].header.age_years = 40;
  for (const auto& [region, dlp] : {std::pair<const char*, double>{"Chest", 300}, {"Foot", 100}}) {
    dose::CollectedEvent event;
    event.typical = true;
    event.event.region = region;
    event.event.phantom = DosePhantom::body_32cm;
    event.event.dlp_mgy_cm = dlp;
    found.studies[0].events.push_back(event);
  }
  Table table;
  dose::add_effective_doses(table, found, {{"chest", DosePhantom::body_32cm, 15, 200, 0.014, ""}});
  EXPECT_DOUBLE_EQ(std::get<std::vector<double>>(table.find("effective_dose_msv")->values)[0], 4.2);
  EXPECT_DOUBLE_EQ(std::get<std::vector<double>>(table.find("effective_dose_dlp_share")->values)[0], 0.75);
}

}  // namespace
}  // namespace snitt::dose_test
