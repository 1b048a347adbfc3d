#include "formats/point_file.hpp"

#include <gmock/gmock.h>

#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string shared(const std::string& name) {
  const char* folder = std::getenv("SNITT_SHARED_DATA");
  return (folder != nullptr ? std::string(folder) : std::string(SNITT_SOURCE_DIR) + "/../shared/data") +
         "/registration/" + name;
}

class PointFile : public testing::Test {
 protected:
  PointSet read(const std::string& name, const std::string& content, PointFileOptions options = {}) {
    return read_point_file(folder_.write(name, content), options, monitor_);
  }
  std::string refused(const std::string& name, const std::string& content, PointFileOptions options = {}) {
    const std::string path = folder_.write(name, content);
    return refusal([&] { read_point_file(path, options, monitor_); });
  }
  TemporaryFolder folder_;
  Monitor monitor_;
};

const std::string fcsv_start = "# Markups fiducial file version = 4.11\n";
const std::string fcsv_columns =
    "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n";

TEST_F(PointFile, OfSlicerIsTurnedFromRasToLpsByWordAndByNumber) {
  const std::string row = "1,10,20,30,0,0,0,1,1,1,0,nose,,\n";
  for (const char* ras : {"RAS", "0"})
    EXPECT_THAT(
        read("a.fcsv", fcsv_start + "# CoordinateSystem = " + ras + "\n" + fcsv_columns + row).points_mm,
        ElementsAre(Vec3{-10, -20, 30}));
  for (const char* lps : {"LPS", "1"})
    EXPECT_THAT(
        read("a.fcsv", fcsv_start + "# CoordinateSystem = " + lps + "\n" + fcsv_columns + row).points_mm,
        ElementsAre(Vec3{10, 20, 30}));
}

TEST_F(PointFile, OfSlicerThatDoesNotSayItsCoordinatesOrSaysOthersIsRefused) {
  const std::string row = "1,10,20,30,0,0,0,1,1,1,0,nose,,\n";
  EXPECT_THAT(refused("a.fcsv", fcsv_start + fcsv_columns + row), HasSubstr("does not say"));
  PointFileOptions told;
  told.coordinates = Coordinates::ras;
  EXPECT_EQ(read("a.fcsv", fcsv_start + fcsv_columns + row, told).points_mm[0], (Vec3{-10, -20, 30}));
  EXPECT_THAT(refused("a.fcsv", fcsv_start + "# CoordinateSystem = LPS\n" + fcsv_columns + row, told),
              HasSubstr("says that its coordinates are LPS, and RAS is asked for"));
  EXPECT_THAT(refused("a.fcsv", fcsv_start + "# CoordinateSystem = XYZ\n" + row),
              HasSubstr("line 2: the coordinate system is 'XYZ'; expected LPS, RAS or IJK"));
}

TEST_F(PointFile, OfVoxelIndicesWantsTheImage) {
  const std::string text = "index\n1\n1 2 3\n";
  EXPECT_THAT(refused("p.txt", text), HasSubstr("holds voxel indices; expected the image"));
  VolumeGeometry image;
  image.spacing_mm = {0.5, 1, 2};
  image.origin_mm = {100, 0, 0};
  PointFileOptions options;
  options.image = &image;
  EXPECT_EQ(read("p.txt", text, options).points_mm[0], (Vec3{100.5, 2, 6}));
  EXPECT_EQ(
      read("a.fcsv", fcsv_start + "# CoordinateSystem = 2\n" + fcsv_columns + "1,1,2,3,0,0,0,1,1,1,0,a,,\n",
           options)
          .points_mm[0],
      (Vec3{100.5, 2, 6}));
}

TEST_F(PointFile, OfSlicerLeavesOutPointsWithoutAPlace) {
  const PointSet set = read("a.fcsv", fcsv_start + "# CoordinateSystem = LPS\n" + fcsv_columns +
                                          "1,1,2,3,0,0,0,1,1,1,0,\"a, \"\"b\"\"\",,,2,0\n"
                                          "2,0,0,0,0,0,0,1,1,1,0,c,,,0,0\n");
  EXPECT_THAT(set.labels, ElementsAre("a, \"b\""));
}

TEST_F(PointFile, OfSlicerInJsonIsReadWithItsLabels) {
  const std::string start = R"({"@schema": "s", "markups": [{"type": "Fiducial", "coordinateSystem": )";
  const std::string points = R"(, "coordinateUnits": "mm", "controlPoints": [
    {"id": "1", "label": "a", "position": [1, 2, 3], "positionStatus": "defined"},
    {"id": "2", "label": "b", "positionStatus": "undefined"}]}]})";
  const PointSet set = read("a.mrk.json", start + R"("RAS")" + points);
  EXPECT_THAT(set.points_mm, ElementsAre(Vec3{-1, -2, 3}));
  EXPECT_THAT(set.labels, ElementsAre("a"));
  EXPECT_THAT(refused("a.mrk.json", start + R"("up")" + points), HasSubstr("coordinate system is 'up'"));
  EXPECT_THAT(refused("a.mrk.json", R"({"markups": [{"controlPoints": [{"position": [1, 2]}]}]})"),
              HasSubstr("control point 1"));
  EXPECT_THAT(refused("a.mrk.json", R"({"markups": []})"), HasSubstr("has 0 markups; expected one"));
}

TEST_F(PointFile, OfMniHasOneVolumeOrTwoAndMayLackItsLastSemicolon) {
  const std::string one =
      "MNI Tag Point File\nVolumes = 1;\n% of somebody\n\nPoints =\n 1 2 3 \"a\"\n 4 5 6 0 -1 -1 \"b\"";
  for (const char* end : {"", ";", ";\n", "\n;\n"}) {
    const PointSet set = read("a.tag", one + end);
    EXPECT_THAT(set.points_mm, ElementsAre(Vec3{-1, -2, 3}, Vec3{-4, -5, 6})) << end;
    EXPECT_THAT(set.labels, ElementsAre("a", "b"));
  }
  const std::string two = "MNI Tag Point File\nVolumes = 2;\nPoints = 1 2 3 7 8 9 \"a\";\n";
  EXPECT_THAT(refused("a.tag", two), HasSubstr("points of two volumes; expected a choice of 1 or 2"));
  PointFileOptions options;
  options.volume = 2;
  EXPECT_THAT(read("a.tag", two, options).points_mm, ElementsAre(Vec3{-7, -8, 9}));
  EXPECT_THAT(refused("a.tag", one, options), HasSubstr("there is no volume 2"));
  EXPECT_THAT(refused("a.tag", "MNI Tag Point File\nVolumes = 1;\nPoints =\n1 2\n"),
              HasSubstr("line 4 has 2 numbers; expected 3 coordinates"));
  EXPECT_THAT(refused("a.tag", "MNI Tag Point File\nVolumes = 1;\n"), HasSubstr("cut off"));
}

TEST_F(PointFile, OfElastixIsCounted) {
  EXPECT_THAT(read("p.txt", "point\n2\n1 2 3\n-4 5e1 6\n").points_mm,
              ElementsAre(Vec3{1, 2, 3}, Vec3{-4, 50, 6}));
  EXPECT_THAT(refused("p.txt", "point\n3\n1 2 3\n4 5 6\n"), HasSubstr("line 2 says 3 points, and 2 follow"));
  EXPECT_THAT(refused("p.txt", "point\n1\n1 2 x\n"), HasSubstr("line 3: z is 'x'; expected a finite number"));
  EXPECT_THAT(refused("p.txt", "point\n1\n1 2\n"), HasSubstr("line 3 has 2 numbers; expected x y z"));
  EXPECT_EQ(
      read("o.txt",
           "Point\t0\t; InputIndex = [ 1 2 3 ]\t; InputPoint = [ 1 2 3 ]\t; OutputIndexFixed = [ 0 0 0 ]\t; "
           "OutputPoint = [ 1.5 2.5 3.5 ]\t; Deformation = [ 0.5 0.5 0.5 ]\n")
          .points_mm[0],
      (Vec3{1.5, 2.5, 3.5}));
}

TEST_F(PointFile, OfColumnsNamesItsCoordinatesOrIsTold) {
  const PointSet set =
      read("p.csv", "x_ras [mm];y_ras [mm];z_ras [mm];label;standard_deviation [mm]\n1,5;2;3;a;0,25\n");
  EXPECT_THAT(set.points_mm, ElementsAre(Vec3{-1.5, -2, 3}));
  EXPECT_THAT(set.standard_deviations_mm, ElementsAre(0.25));
  EXPECT_THAT(refused("p.csv", "label,x,y,z\na,1,2,3\n"), HasSubstr("does not say"));
  PointFileOptions options;
  options.coordinates = Coordinates::as_they_are;
  options.frame = "Tracker";
  EXPECT_THAT(read("p.csv", "label,x,y,z\na,1,2,3\n", options).points_mm, ElementsAre(Vec3{1, 2, 3}));
  EXPECT_THAT(refused("p.csv", "label,x,y,z\na,1,,3\n", options), HasSubstr("line 2: y is"));
  EXPECT_THAT(refused("p.csv", "label,x,y\na,1,2\n", options), HasSubstr("expected x_lps, y_lps, z_lps"));
  EXPECT_THAT(refused("p.csv", "x,y,z,weight\n1,2,3,-1\n", options),
              HasSubstr("weight -1; expected at least 0"));
}

TEST_F(PointFile, IsToldFromOtherTextByItsContent) {
  const auto kind = [&](const std::string& name, const std::string& content) {
    return point_file_kind(folder_.write(name, content));
  };
  EXPECT_EQ(kind("t.csv", "x,y,z\n1,2,3\n"), PointFileKind::none);
  EXPECT_EQ(kind("t.csv", "x_lps,y_lps,z_lps\n1,2,3\n"), PointFileKind::csv);
  EXPECT_EQ(kind("t.json", R"({"phantom_definition": "1.0"})"), PointFileKind::none);
  EXPECT_EQ(kind("t.txt", "pointing\n"), PointFileKind::none);
  EXPECT_EQ(kind("t.txt", ""), PointFileKind::none);
  EXPECT_EQ(point_file_kind(folder_.path()), PointFileKind::none);
}

TEST_F(PointFile, ReadsBackTheSameNumbersAndLabelsFromEveryFormat) {
  PointSet set;
  set.points_mm = {{0.1, -2.0 / 3, 1e-7}, {0, 123456.789, -0.3}};
  set.labels = {"first, \"quoted\"", "øre"};
  set.standard_deviations_mm = {0.1, 1.0 / 3};
  set.weights = {1, 2};
  for (const std::string name : {"p.fcsv", "p.mrk.json", "p.csv", "p.pts", "p.txt"}) {
    write_point_file(folder_ / name, set, IfExists::overwrite, monitor_);
    const PointSet back = read_point_file(folder_ / name, {}, monitor_);
    EXPECT_EQ(back.points_mm, set.points_mm) << name;
    const bool labelled = name != "p.pts" && name != "p.txt";
    EXPECT_EQ(back.labels, labelled ? set.labels : std::vector<std::string>(2)) << name;
    EXPECT_TRUE(name != "p.csv" || back == set);
  }
  EXPECT_THROW(write_point_file(folder_ / "p.xyz", set, IfExists::refuse, monitor_), UsageError);
}

TEST_F(PointFile, OfSlicer3And4FromTheirProgramsIsRead) {
  if (!std::filesystem::exists(shared("formats/L1.fcsv"))) GTEST_SKIP() << shared("") << " is not here";
  const PointSet four = read_point_file(shared("formats/L1.fcsv"), {}, monitor_);
  EXPECT_THAT(four.labels, ElementsAre("L1-P1", "L1-P2"));
  EXPECT_EQ(four.points_mm[1], (Vec3{-49.8834, 4.33769, 0}));
  const PointSet three = read_point_file(shared("formats/slicer3.fcsv"), {}, monitor_);
  EXPECT_EQ(three.size(), 56U);  // its header says so
  EXPECT_EQ(three.labels[0], "midsag2");
  EXPECT_EQ(three.points_mm[0], (Vec3{-12.5, 93.5, 7.5}));
  const PointSet lung = read_point_file(shared("lung/3DCT_lung_baseline_landmarks.txt"), {}, monitor_);
  EXPECT_EQ(lung.size(), 100U);
  EXPECT_EQ(lung.points_mm[0], (Vec3{-36.351, -36.974, -1204.5}));
  EXPECT_FALSE(lung.has_labels());
}

}  // namespace
}  // namespace snitt::formats
