#include "formats/phantom_file.hpp"

#include <gmock/gmock.h>

#include "formats/plus_config.hpp"
#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;
using testing::HasSubstr;

std::string phantom_sample(const std::string& name) {
  return std::string(SNITT_SOURCE_DIR) + "/sample_data/phantoms/" + name;
}

std::string shared_config() {
  const char* folder = std::getenv("SNITT_SHARED_DATA");
  return (folder != nullptr ? std::string(folder) : std::string(SNITT_SOURCE_DIR) + "/../shared/data") +
         "/ultrasound/PlusDeviceSet_fCal_Sim_SpatialCalibration_2.0.xml";
}

/// A definition with one N, in which a test breaks one thing.
std::string definition(const std::string& more = "", const std::string& middle_front = "55, 0, 20",
                       const std::string& last_back = "60, 40, 20") {
  return R"({"phantom_definition": "1.0", "patterns": [{"wires": [
    {"name": "a", "front_mm": [30, 0, 20], "back_mm": [30, 40, 20]},
    {"name": "b", "front_mm": [)" +
         middle_front + R"(], "back_mm": [35, 40, 20]},
    {"name": "c", "front_mm": [60, 0, 20], "back_mm": [)" +
         last_back + "]}]}]" + more + "}";
}

class PhantomFile : public testing::Test {
 protected:
  std::string refusal_of(const std::string& content) const {
    const std::string path = write_file(folder_ / "p.json", content);
    return refusal([&] { read_phantom(path); });
  }
  TemporaryFolder folder_;
};

TEST_F(PhantomFile, GivesTheWiresOfFcal12AsPublished) {
  const PhantomDefinition phantom = read_phantom(phantom_sample("fcal-1.2.json"));
  EXPECT_EQ(phantom.version, "1.2");
  ASSERT_EQ(phantom.patterns.size(), 3U);
  EXPECT_EQ(phantom.patterns[1].wires[1].front_mm, (Vec3{25, 0, 5}));
  EXPECT_EQ(phantom.patterns[1].wires[1].back_mm, (Vec3{45, 40, 5}));
}

TEST_F(PhantomFile, ReadsTheOtherSamples) {
  const PhantomDefinition crossed = read_phantom(phantom_sample("crossed-wires.json"));
  EXPECT_EQ(crossed.points.at(0).name, "crossing");
  EXPECT_EQ(crossed.wires.size(), 2U);
  EXPECT_EQ(read_phantom(phantom_sample("single-wall.json")).planes.at(0).end2_mm, (Vec3{0, 100, 0}));
}

TEST_F(PhantomFile, ReadsFcal20TheSameFromJsonAndFromPlus) {
  if (!std::filesystem::exists(shared_config())) GTEST_SKIP() << shared_config() << " is not here";
  const PhantomDefinition ours = read_phantom(phantom_sample("fcal-2.0.json"));
  const PhantomDefinition theirs = read_phantom(shared_config());
  EXPECT_EQ(theirs.name, "fCAL");
  EXPECT_EQ(theirs.version, "2.0");
  ASSERT_EQ(ours.patterns.size(), 3U);
  ASSERT_EQ(theirs.patterns.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t w = 0; w < 3; ++w) {
      EXPECT_EQ(ours.patterns[i].wires[w].name, theirs.patterns[i].wires[w].name);
      EXPECT_EQ(ours.patterns[i].wires[w].front_mm, theirs.patterns[i].wires[w].front_mm);
      EXPECT_EQ(ours.patterns[i].wires[w].back_mm, theirs.patterns[i].wires[w].back_mm);
    }
  ASSERT_EQ(ours.landmarks.size(), 8U);
  ASSERT_EQ(theirs.landmarks.size(), 8U);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(ours.landmarks[i].name, theirs.landmarks[i].name);
    EXPECT_EQ(ours.landmarks[i].position_mm, theirs.landmarks[i].position_mm);
    EXPECT_EQ(ours.planes[i].name, theirs.planes[i].name);
    EXPECT_EQ(ours.planes[i].base_mm, theirs.planes[i].base_mm);
    EXPECT_EQ(ours.planes[i].end1_mm, theirs.planes[i].end1_mm);
    EXPECT_EQ(ours.planes[i].end2_mm, theirs.planes[i].end2_mm);
  }
}

TEST_F(PhantomFile, GivesTheAttributesOfAnElementOfPlus) {
  if (!std::filesystem::exists(shared_config())) GTEST_SKIP() << shared_config() << " is not here";
  const auto attributes = read_plus_attributes(shared_config(), "Segmentation");
  ASSERT_EQ(attributes.size(), 15U);
  EXPECT_EQ(attributes[0], (std::pair<std::string, std::string>{"ApproximateSpacingMmPerPixel", "0.078"}));
  EXPECT_EQ(attributes[3], (std::pair<std::string, std::string>{"ClipRectangleOrigin", "27 27"}));
  EXPECT_THAT(refusal([&] { read_plus_attributes(shared_config(), "Segmentations"); }),
              HasSubstr("has 0 elements Segmentations; expected one"));
}

TEST_F(PhantomFile, TakesParallelWiresOfPlusAsWiresOnTheirOwn) {
  const std::string path = write_file(folder_ / "a.xml",
                                      "<PhantomDefinition><Geometry><Pattern Type='CoplanarParallelWires'>"
                                      "<Wire Name='1' EndPointFront='0 0 0' EndPointBack='0 40 0'/>"
                                      "<Wire Name='2' EndPointFront='10 0 0' EndPointBack='10 40 "
                                      "0'/></Pattern></Geometry></PhantomDefinition>");
  const PhantomDefinition phantom = read_phantom(path);
  EXPECT_TRUE(phantom.patterns.empty());
  ASSERT_EQ(phantom.wires.size(), 2U);
  EXPECT_EQ(phantom.wires[1].back_mm, (Vec3{10, 40, 0}));
}

TEST_F(PhantomFile, NamesWhatIsWrongInJson) {
  EXPECT_EQ(refusal_of(definition()), "");
  EXPECT_THAT(refusal_of("{"), HasSubstr("p.json: not JSON at byte"));
  EXPECT_THAT(refusal_of("\x89HDF\r\n"), HasSubstr("expected a phantom definition"));
  EXPECT_THAT(refusal_of(R"({"name": "x"})"), HasSubstr("has no 'phantom_definition'"));
  EXPECT_THAT(refusal_of(R"({"phantom_definition": "2.0"})"), HasSubstr("this version of Snitt reads 1.x"));
  EXPECT_THAT(refusal_of(R"({"phantom_definition": "1.0"})"), HasSubstr("defines nothing"));
  EXPECT_THAT(refusal_of(definition(R"(, "landmark": [])")),
              HasSubstr("unknown key 'landmark'; did you mean 'landmarks'?"));
  EXPECT_THAT(refusal_of(definition(R"(, "points": [{"name": "x", "position": [0, 0, 0]}])")),
              HasSubstr("point 1 has no 'position_mm'"));
  EXPECT_THAT(refusal_of(definition(R"(, "points": [{"name": "x", "position_mm": [0, 0, "1"]}])")),
              HasSubstr("'position_mm' that is string; expected a number"));
  EXPECT_THAT(refusal_of(definition(R"(, "points": [{"name": "x", "position_mm": [0, 0, 1e6]}])")),
              HasSubstr("point 'x' is at 0 0 1000000; expected millimetres within 100000"));
  EXPECT_THAT(
      refusal_of(definition(R"(, "lines": [{"name": "l", "from_mm": [1, 2, 3], "to_mm": [1, 2, 3]}])")),
      HasSubstr("line 'l' goes from 1 2 3 to 1 2 3, which is the same point"));
  EXPECT_THAT(
      refusal_of(definition(
          R"(, "planes": [{"name": "p", "base_mm": [0, 0, 0], "end1_mm": [1, 1, 1], "end2_mm": [2, 2, 2]}])")),
      HasSubstr("plane 'p' has three points on one line"));
  EXPECT_THAT(
      refusal_of(definition(
          R"(, "landmarks": [{"name": "#1", "position_mm": [0, 0, 0]}, {"name": "#1", "position_mm": [1, 0, 0]}])")),
      HasSubstr("landmark '#1' is there twice"));
}

TEST_F(PhantomFile, RefusesThreeWiresThatFormNoN) {
  EXPECT_THAT(refusal_of(definition("", "55, 0, 20", "70, 40, 20")),
              HasSubstr("pattern 1 is no N: its outer wires 'a' and 'c' differ by 14 degrees"));
  EXPECT_THAT(refusal_of(definition("", "35, 0, 20")),
              HasSubstr("its middle wire 'b' runs beside 'a' (0 degrees)"));
  EXPECT_THAT(refusal_of(definition("", "55, 0, 30")), HasSubstr("leave their common plane by"));
  EXPECT_THAT(refusal_of(definition("", "70, 0, 20")),
              HasSubstr("ends at 70 0 20, which is not between 'a' and 'c'"));
  EXPECT_THAT(refusal_of(R"({"phantom_definition": "1.0", "patterns": [{"wires": []}]})"),
              HasSubstr("pattern 1 has 0 wires; expected three"));
}

TEST_F(PhantomFile, NamesWhatIsWrongInXml) {
  const auto refusal_of_geometry = [&](const std::string& geometry) {
    return refusal_of("<P><PhantomDefinition><Geometry>" + geometry + "</Geometry></PhantomDefinition></P>");
  };
  EXPECT_THAT(refusal_of("<PlusConfiguration/>"),
              HasSubstr("has 0 elements PhantomDefinition; expected one"));
  EXPECT_THAT(refusal_of("<a"), HasSubstr("is not well-formed XML"));
  EXPECT_THAT(refusal_of_geometry(""), HasSubstr("defines nothing"));
  EXPECT_THAT(refusal_of_geometry("<Pattern Type='Wall'/>"),
              HasSubstr("a Pattern has the Type 'Wall'; expected NWire or CoplanarParallelWires"));
  EXPECT_THAT(refusal_of_geometry("<Pattern Type='NWire'><Wire Name='a' EndPointFront='1 2'/></Pattern>"),
              HasSubstr("Wire 'a' has EndPointFront '1 2'; expected three numbers"));
  EXPECT_THAT(refusal_of_geometry("<Pattern Type='NWire'><Wire Name='a'/></Pattern>"),
              HasSubstr("Wire 'a' has no EndPointFront"));
  EXPECT_THAT(refusal_of_geometry("<Landmarks><Landmark Name='#1' Position='1 2 nan'/></Landmarks>"),
              HasSubstr("landmark '#1' is at 1 2 nan"));
}

}  // namespace
}  // namespace snitt::formats
