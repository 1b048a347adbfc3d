#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <fstream>

#include "base/error.hpp"
#include "formats/point_file.hpp"
#include "formats/vtk_polydata.hpp"
#include "temporary_folder.hpp"

namespace snitt::formats {
namespace {

using testing::HasSubstr;

class MeshFile : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) const {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  static PointSet read(const std::string& path, Coordinates coordinates = Coordinates::lps) {
    Monitor silent;
    return read_point_file(path, {coordinates, 0, "LPS", nullptr}, silent);
  }
  static std::string refusal(const std::string& path) {
    try {
      read(path);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }
  TemporaryFolder folder_;
};

/// A pyramid of four triangles over one that is left out, with numbers that need all digits.
PointSet pyramid() {
  PointSet set;
  set.points_mm = {{0, 0, 0}, {1.0 / 3, 0, 0}, {0, -2.5e-7, 1e5}, {0.1, 0.2, 0.7}};
  set.labels.resize(4);
  set.normals = {{1, 0, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0.6, 0.8}};
  set.triangles = {{0, 1, 3}, {1, 2, 3}, {2, 0, 3}};
  return set;
}

template <typename T>
void append(std::string& bytes, T value, std::endian order) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  if (order != std::endian::native) std::reverse(raw, raw + sizeof(T));
  bytes.append(raw, sizeof(T));
}

TEST_F(MeshFile, EveryFormatWithDoublesGivesBackTheSurfaceExactly) {
  for (const char* name : {"a.ply", "a.obj", "a.vtk"}) {
    Monitor silent;
    const std::string path = folder_.path() + "/" + name;
    write_point_file(path, pyramid(), IfExists::refuse, silent);
    EXPECT_EQ(read(path, Coordinates::as_the_file_says), pyramid()) << name;  // it says that it is LPS
  }
}

TEST_F(MeshFile, StlGivesBackTheTrianglesAsFloats) {
  Monitor silent;
  const std::string path = folder_.path() + "/a.stl";
  write_point_file(path, pyramid(), IfExists::refuse, silent);
  const PointSet back = read(path);
  EXPECT_EQ(back.triangles.size(), 3U);
  EXPECT_EQ(back.size(), 4U);  // corners at one place are one point
  EXPECT_EQ(back.points_mm[1].x, static_cast<double>(static_cast<float>(1.0 / 3)));
  PointSet cloud = pyramid();
  cloud.triangles.clear();
  EXPECT_THROW(write_point_file(path, cloud, IfExists::overwrite, silent), UsageError);
}

TEST_F(MeshFile, TextStl) {
  const std::string facet =
      "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1e0 0\nendloop\nendfacet\n";
  const PointSet set = read(file("a.stl", "solid made by hand\n" + facet + facet + "endsolid\n"));
  EXPECT_EQ(set.size(), 3U);
  EXPECT_EQ(set.triangles.size(), 2U);
  EXPECT_THAT(refusal(file("b.stl", "solid x\n" + facet)), HasSubstr("no 'endsolid'"));
  EXPECT_THAT(refusal(file("c.stl", "solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 zero\n")),
              HasSubstr("line 4: a coordinate is 'zero'"));
}

TEST_F(MeshFile, BinaryPlyOfBothByteOrders) {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    std::string content =
        std::string("ply\nformat binary_") + (order == std::endian::little ? "little" : "big") +
        "_endian 1.0\ncomment SPACE=RAS\nelement vertex 4\nproperty float x\nproperty uchar red\n"
        "property double y\nproperty float32 z\nelement face 1\n"
        "property list uchar int vertex_indices\nend_header\n";
    for (int i = 0; i < 4; ++i) {
      append(content, static_cast<float>(i), order);
      append(content, static_cast<unsigned char>(255), order);
      append(content, 10.0 * i, order);
      append(content, -1.5F, order);
    }
    content += '\4';
    for (const int corner : {3, 2, 1, 0}) append(content, corner, order);
    const PointSet set = read(file("a.ply", content), Coordinates::as_the_file_says);
    EXPECT_EQ(set.points_mm[2], (Vec3{-2, -20, -1.5}));  // RAS to LPS
    EXPECT_EQ(set.triangles, (std::vector<std::array<std::uint32_t, 3>>{{3, 2, 1}, {3, 1, 0}}));
    EXPECT_THAT(refusal(file("b.ply", content.substr(0, content.size() - 1))), HasSubstr("cut off"));
  }
}

TEST_F(MeshFile, AFileThatDoesNotSayItsSpaceIsRefused) {
  Monitor silent;
  const std::string path =
      file("a.ply",
           "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
           "end_header\n1 2 3\n");
  EXPECT_THROW(read(path, Coordinates::as_the_file_says), InputError);
  EXPECT_EQ(read(path, Coordinates::ras).points_mm[0], (Vec3{-1, -2, 3}));
  EXPECT_THAT(refusal(file("b.ply",
                           "ply\nformat ascii 1.0\nelement vertex 9000000\nproperty float x\nproperty "
                           "float y\nproperty float z\nend_header\n1 2 3\n")),
              HasSubstr("the end of the file"));
}

TEST_F(MeshFile, ObjCornersCountFromBothEnds) {
  const std::string points = "v 0 0 0\nv 1 0 0 0.5\nv 1 1 0\nv 0 1 0\n";
  const PointSet set = read(file("a.obj", "mtllib x\n" + points + "vt 0 0\nf 1/1 2/1 3/1 4/1\nf -4 -3 -2\n"));
  EXPECT_EQ(set.triangles, (std::vector<std::array<std::uint32_t, 3>>{{0, 1, 2}, {0, 2, 3}, {0, 1, 2}}));
  EXPECT_TRUE(set.normals.empty());
  EXPECT_THAT(refusal(file("b.obj", points + "f 1 2 5\n")),
              HasSubstr("line 5: '5' is none of the 4 before it"));
}

TEST_F(MeshFile, VtkOfVersionFiveInBinary) {
  std::string content =
      "# vtk DataFile Version 5.1\nSlicer. SPACE=LPS\nBINARY\nDATASET POLYDATA\nPOINTS 4 float\n";
  for (int i = 0; i < 12; ++i) append(content, static_cast<float>(i), std::endian::big);
  content += "\nMETADATA\nINFORMATION 0\n\nLINES 2 3\nOFFSETS vtktypeint64\n";
  for (const std::int64_t start : {0, 3}) append(content, start, std::endian::big);
  content += "\nCONNECTIVITY vtktypeint64\n";
  for (const std::int64_t corner : {0, 2, 3}) append(content, corner, std::endian::big);
  content += "\nPOINT_DATA 4\nFIELD FieldData 1\nRadius 1 4 double\n";
  for (int i = 1; i <= 4; ++i) append(content, 0.5 * i, std::endian::big);
  const std::string path = file("a.vtk", content + "\n");
  const VtkPolydata data = read_vtk_polydata(path);
  EXPECT_EQ(data.points[3], (Vec3{9, 10, 11}));
  EXPECT_EQ(data.lines, (std::vector<std::vector<std::uint32_t>>{{0, 2, 3}}));
  ASSERT_NE(data.array("Radius"), nullptr);
  EXPECT_EQ(data.array("Radius")->values, (std::vector<double>{0.5, 1, 1.5, 2}));
  EXPECT_THROW(read_vtk_polydata(file("b.vtk", content.substr(0, content.size() - 4))), InputError);
}

TEST_F(MeshFile, VtkStripsAndScalarsOfText) {
  const VtkPolydata data = read_vtk_polydata(
      file("a.vtk",
           "# vtk DataFile Version 3.0\nx\nASCII\nDATASET POLYDATA\nPOINTS 4 double\n0 0 0 1 0 0\n0 1 0 1 1 "
           "0\nTRIANGLE_STRIPS 1 5\n4 0 1 2 3\nCELL_DATA 1\nSCALARS c int\nLOOKUP_TABLE default\n7\n"
           "POINT_DATA 4\nSCALARS r float 1\nLOOKUP_TABLE default\n1 2 3 4\nNORMALS n float\n0 0 1 0 0 1 0 "
           "0 1 0 0 1\n"));
  EXPECT_EQ(data.polygons, (std::vector<std::vector<std::uint32_t>>{{0, 1, 2}, {2, 1, 3}}));
  ASSERT_EQ(data.point_data.size(), 2U);
  EXPECT_EQ(data.array("r")->values[3], 4);
  EXPECT_EQ(data.array("Normals")->values.size(), 12U);
}

TEST_F(MeshFile, ADamagedVtkFileIsRefusedByName) {
  const std::string head = "# vtk DataFile Version 3.0\nx\nASCII\nDATASET ";
  EXPECT_THAT(refusal(file("a.vtk", head + "POLYDATA\nPOINTS 2 float\n0 0 0 1 1 1\nLINES 1 3\n2 0 2\n")),
              HasSubstr("a cell has the corner 2; there are 2 points"));
  EXPECT_THAT(refusal(file("b.vtk", head + "POLYDATA\nPOINTS 2 float\n0 0 0 1 1 1\nPOLYGONS 1 3\n4 0 1\n")),
              HasSubstr("goes beyond"));
  EXPECT_THROW(read_vtk_polydata(file("c.vtk", head + "STRUCTURED_GRID\n")), InputError);
}

}  // namespace
}  // namespace snitt::formats
