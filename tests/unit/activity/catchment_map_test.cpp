#include "activity/catchment_map.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "temporary_folder.hpp"

namespace snitt::activity {
namespace {

// As the national map is written: a first line without places, numbers that have lost their zero, names with
// numbers, a city in several areas, sums of areas at the end.
constexpr const char* national =
    "komnr;komnr_navn;bydel;bydel_navn;bohf;bohf_navn;kommentar\n"
    ";;;;;;changed in April\n"
    "301;0301 Oslo;30110;10 Grorud;15;Akershus;\n"
    "301;0301 Oslo;30103;03 Sagene;16;OUS;\n"
    "3401;3401 Kongsvinger;;;15;Akershus;\n"
    "1103;1103 Stavanger;110301;01 Hundvaag;13;Stavanger;\n"
    "1103;1103 Stavanger;110302;02 Tasta;13;Stavanger;\n"
    ";;;;7777;Helse Nord;sum\n";

class CatchmentMapTest : public ::testing::Test {
 protected:
  std::string area(const CatchmentMap& map, const std::string& municipality,
                   const std::string& district = "") {
    const AreaOfPlace place = map.area_of(municipality, district);
    return place.finding == PlaceFinding::found ? map.areas()[static_cast<std::size_t>(place.area)] : "";
  }
  TemporaryFolder folder;
};

TEST_F(CatchmentMapTest, PlacesAreFoundHoweverTheyAreWritten) {
  const CatchmentMap map = read_catchment_map(folder.write("map.csv", national));
  EXPECT_EQ(map.areas(), (std::vector<std::string>{"Akershus", "OUS", "Stavanger"}));
  for (const char* oslo : {"301", "0301", "0301 Oslo"})
    for (const char* grorud : {"10", "30110", "030110", "10 Grorud", "Grorud", "grorud"})
      EXPECT_EQ(area(map, oslo, grorud), "Akershus") << oslo << ' ' << grorud;
  EXPECT_EQ(area(map, "0301", "03"), "OUS");
  EXPECT_EQ(area(map, "3401"), "Akershus");
  EXPECT_EQ(area(map, "3401", "77"), "Akershus");  // districts it does not know do not matter here
}

TEST_F(CatchmentMapTest, AMunicipalityOfOneAreaNeedsNoDistrict) {
  const CatchmentMap map = read_catchment_map(folder.write("map.csv", national));
  EXPECT_EQ(area(map, "1103"), "Stavanger");
  EXPECT_EQ(map.area_of("0301").finding, PlaceFinding::unknown_district);
  EXPECT_EQ(map.area_of("0301", "88").finding, PlaceFinding::unknown_district);
  EXPECT_EQ(map.area_of("").finding, PlaceFinding::missing);
  EXPECT_EQ(map.area_of("9999").finding, PlaceFinding::unknown_municipality);
  EXPECT_EQ(map.area_of("Oslo").finding, PlaceFinding::unknown_municipality);
}

TEST_F(CatchmentMapTest, AnotherColumnGivesOtherAreas) {
  const CatchmentMap map = read_catchment_map(folder.write("map.csv", national), "bohf");
  EXPECT_EQ(area(map, "0301", "10"), "15");
  EXPECT_NE(map.basis().value.find("bohf"), std::string::npos);
  EXPECT_NE(map.basis().value, read_catchment_map(folder.path("map.csv")).basis().value);
}

TEST_F(CatchmentMapTest, APlaceInTwoAreasIsRefusedWithItsLine) {
  const std::string path = folder.write("map.csv", "municipality,area\n0301,A\n301,B\n");
  try {
    read_catchment_map(path);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("line 3"), std::string::npos) << error.what();
  }
  EXPECT_THROW(read_catchment_map(folder.write("a.csv", "place,area\n0301,A\n")), InputError);
  EXPECT_THROW(read_catchment_map(folder.write("b.csv", "municipality,area\nOslo,A\n")), InputError);
  EXPECT_THROW(read_catchment_map(folder.write("c.csv", "municipality,area\n,A\n")), InputError);
}

TEST_F(CatchmentMapTest, InhabitantsAreAddedUpAndNobodyIsLost) {
  const CatchmentMap map = read_catchment_map(folder.write("map.csv", national));
  const Table table{{{"komnr", "", "", std::vector<std::string>{"0301", "0301", "3401", "0301", "1804"}},
                     {"bydel", "", "", std::vector<std::string>{"10", "03", "", "", ""}},
                     {"sex", "", "", std::vector<std::string>{"K", "K", "K", "M", "K"}},
                     {"pop", "1", "", std::vector<std::int64_t>{1, 10, 100, 1000, 10000}}}};
  const MappedTable mapped = by_catchment(table, "pop", map, "pop.csv");
  EXPECT_EQ(std::get<std::vector<std::string>>(mapped.table.find("area")->values),
            (std::vector<std::string>{"Akershus", "OUS"}));
  EXPECT_EQ(std::get<std::vector<double>>(mapped.table.find("pop")->values), (std::vector<double>{101, 10}));
  EXPECT_EQ(mapped.unknown, (std::vector<std::pair<std::string, double>>{{"0301", 1000}, {"1804", 10000}}));
}

}  // namespace
}  // namespace snitt::activity
