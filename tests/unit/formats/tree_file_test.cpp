#include "formats/tree_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>

#include "base/error.hpp"
#include "temporary_folder.hpp"

namespace snitt::formats {
namespace {

using testing::HasSubstr;

Tree some_tree() {
  Tree tree;
  tree.nodes_mm = {{0, 0, 0}, {0, 1.0 / 3, -10}, {5, 0, -20}, {-5, 1e-17, -20}, {50, 60, 70}};
  tree.radii_mm = {8, 7.5, 5, 0.1, 2};
  tree.parents = {-1, 0, 1, 1, -1};
  tree.branches = {0, 0, 1, 2, 3};
  tree.branch_list = {{-1, 0, ""}, {0, 1, ""}, {0, 1, ""}, {-1, 0, ""}};
  tree.quantity = "airways";
  return tree;
}

class TreeFile : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) const {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  static Tree read(const std::string& path, const TreeFileOptions& options = {}) {
    Monitor silent;
    return read_tree_file(path, options, silent);
  }
  std::string written(const Tree& tree, const std::string& name) const {
    Monitor silent;
    const std::string path = folder_.path() + "/" + name;
    write_tree_file(path, tree, IfExists::overwrite, silent);
    return path;
  }
  static std::string refusal(const std::string& path, const TreeFileOptions& options = {}) {
    try {
      read(path, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }
  TemporaryFolder folder_;
};

TEST_F(TreeFile, VtkGivesBackNodesRadiiBranchesAndLoops) {
  Tree tree = some_tree();
  tree.loops = {{2, 3}};
  const std::string path = written(tree, "t.vtk");
  EXPECT_EQ(tree_file_kind(path), TreeFileKind::vtk);
  EXPECT_EQ(read(path), tree);
}

TEST_F(TreeFile, CsvGivesBackNodesRadiiBranchesAndLabels) {
  Tree tree = some_tree();
  tree.branch_list[0].label = "trachea, with comma";
  const std::string path = written(tree, "t.csv");
  EXPECT_EQ(tree_file_kind(path), TreeFileKind::csv);
  EXPECT_EQ(read(path, {Coordinates::as_the_file_says, "LPS", "airways"}), tree);
}

TEST_F(TreeFile, UnknownRadiiComeBackUnknown) {
  for (const char* name : {"t.vtk", "t.csv"}) {
    Tree tree = some_tree();
    tree.radii_mm[2] = std::nan("");
    EXPECT_TRUE(std::isnan(read(written(tree, name)).radii_mm[2])) << name;
    tree.radii_mm.assign(tree.size(), std::nan(""));
    for (const double radius : read(written(tree, name)).radii_mm) EXPECT_TRUE(std::isnan(radius)) << name;
  }
}

/// A Y as VMTK writes it: one line per end, the stem in both, radii as MaximumInscribedSphereRadius.
constexpr const char* vmtk_points = "0 0 0\n0 0 -10\n5 0 -20\n0 0 0\n0 0 -10\n-5 0 -20\n";

TEST_F(TreeFile, LinesOfVmtkAreJoinedWhereTheyShareAPlace) {
  const std::string path =
      file("v.vtk",
           std::string("# vtk DataFile Version 3.0\nvtk output\nASCII\nDATASET POLYDATA\nPOINTS 6 float\n") +
               vmtk_points +
               "LINES 2 8\n3 0 1 2\n3 3 4 5\nCELL_DATA 2\nFIELD FieldData 1\nGroupIds 1 2 int\n0 1\n"
               "POINT_DATA 6\nFIELD FieldData 1\nMaximumInscribedSphereRadius 1 6 double\n8 7 5 8 7 4\n");
  EXPECT_THAT(refusal(path), HasSubstr("LPS or RAS"));
  const Tree tree = read(path, {Coordinates::ras, "LPS", ""});
  EXPECT_EQ(tree.size(), 4U);
  EXPECT_EQ(tree.branch_list.size(), 3U);
  EXPECT_EQ(tree.quantity, "vessels");
  EXPECT_EQ(tree.nodes_mm[2], (Vec3{-5, 0, -20}));  // RAS turned
  EXPECT_EQ(tree.radii_mm, (std::vector<double>{8, 7, 5, 4}));
}

template <typename T>
std::string big_endian(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    if (std::endian::native == std::endian::little) std::reverse(raw, raw + sizeof(T));
    bytes.append(raw, sizeof(T));
  }
  return bytes;
}

TEST_F(TreeFile, BinaryLinesOfTwoPointsAreJoined) {
  const std::string path = file(
      "b.vtk", "# vtk DataFile Version 4.2\nx\nBINARY\nDATASET POLYDATA\nPOINTS 4 float\n" +
                   big_endian<float>({0, 0, 0, 0, 0, -10, 5, 0, -20, 99, 99, 99}) + "\nLINES 2 6\n" +
                   big_endian<std::int32_t>({2, 2, 1, 2, 0, 1}) + "\nPOINT_DATA 4\nSCALARS radius float\n" +
                   "LOOKUP_TABLE default\n" + big_endian<float>({4, 3, 2, 1}) + "\n");
  const Tree tree = read(path, {Coordinates::lps, "MR", "vessels"});
  EXPECT_EQ(tree.size(), 3U);  // the point of no line is left out
  EXPECT_EQ(tree.branch_list.size(), 1U);
  EXPECT_EQ(tree.radii_mm, (std::vector<double>{4, 3, 2}));
  EXPECT_EQ(tree.frame, "MR");
}

TEST_F(TreeFile, SurfacesAndTablesAreNoTrees) {
  EXPECT_EQ(tree_file_kind(file("s.vtk",
                                "# vtk DataFile Version 3.0\nx\nASCII\nDATASET POLYDATA\nPOINTS 3 "
                                "float\n0 0 0 1 0 0 0 1 0\nPOLYGONS 1 4\n3 0 1 2\n")),
            TreeFileKind::none);
  EXPECT_EQ(tree_file_kind(file("p.csv", "x_lps,y_lps,z_lps\n1,2,3\n")), TreeFileKind::none);
  EXPECT_EQ(tree_file_kind(file("t.csv", "code,parent\na,b\n")), TreeFileKind::none);
}

TEST_F(TreeFile, FaultsAreNamedWithTheirNode) {
  const std::string head = "x_lps,y_lps,z_lps,radius,parent,branch\n";
  EXPECT_THAT(refusal(file("a.csv", head + "0,0,0,1,-1,0\n1,0,0,-1,0,0\n")),
              HasSubstr("node 1 has the radius -1"));
  EXPECT_THAT(refusal(file("b.csv", head + "0,0,0,1,-1,0\n1,0,0,1,5,0\n")), HasSubstr("node 1 has parent 5"));
  EXPECT_THAT(refusal(file("c.csv", head + "0,0,0,1,-1,0\n1,0,0,1,0.5,0\n")),
              HasSubstr("node 1 has parent 0.5"));
  EXPECT_THAT(refusal(file("d.csv", head + "0,0,0,1,1,0\n1,0,0,1,0,0\n")), HasSubstr("circle"));
  EXPECT_THAT(refusal(file("e.csv", head + "0,nan,0,1,-1,0\n")), HasSubstr("y_lps"));
  EXPECT_THAT(refusal(file("f.csv", head + "0,0,0,1,-1,0\n1,0,0,1,-1,0\n")),
              HasSubstr("node 1 of branch 0 has parent -1"));
}

TEST_F(TreeFile, AnotherExtensionIsRefused) {
  Monitor silent;
  EXPECT_THROW(write_tree_file(folder_.path() + "/t.ply", some_tree(), IfExists::refuse, silent), UsageError);
}

}  // namespace
}  // namespace snitt::formats
