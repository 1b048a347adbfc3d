#include "formats/nrrd_volume.hpp"

#include "formats/element_data.hpp"
#include "formats/volume_file.hpp"
#include "unit/formats/volume_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace snitt::volume_test;
using ::testing::HasSubstr;

Volume read(const std::string& fields, const std::string& data, Monitor& monitor) {
  const Scratch folder;
  write_text(folder / "v.nrrd", "NRRD0004\n# a comment\n" + fields + "\n" + data);
  return read_volume(folder / "v.nrrd", monitor);
}

std::string error_of(const std::string& fields, const std::string& data) {
  Monitor monitor;
  return message_of<InputError>([&] { read(fields, data, monitor); });
}

const std::string cube = "type: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n";

TEST(Nrrd, TurnsRasAndLasIntoLps) {
  Monitor monitor;
  const std::string place = "space directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (10,20,30)\n";
  const Volume ras = read(cube + "space: right-anterior-superior\n" + place, "abcdefgh", monitor);
  EXPECT_EQ(transform_point(index_to_space(ras.geometry), {1, 1, 1}), (Vec3{-12, -23, 34}));
  const Volume las = read(cube + "space: LAS\n" + place, "abcdefgh", monitor);
  EXPECT_EQ(transform_point(index_to_space(las.geometry), {1, 1, 1}), (Vec3{12, -23, 34}));
  const Volume lps = read(cube + "space: left-posterior-superior\n" + place, "abcdefgh", monitor);
  EXPECT_EQ(transform_point(index_to_space(lps.geometry), {1, 1, 1}), (Vec3{12, 23, 34}));
}

TEST(Nrrd, ReadsSpacingsAndMinimumsOfOldFiles) {
  Monitor monitor;
  const Volume v =
      read(cube + "spacings: 1 2 4\naxis mins: 5 6 7\ncenters: node node cell\n", "abcdefgh", monitor);
  EXPECT_EQ(v.geometry.spacing_mm, (Vec3{1, 2, 4}));
  EXPECT_EQ(v.geometry.origin_mm, (Vec3{5, 6, 9}));
}

TEST(Nrrd, TakesTheFirstAxisAsColoursAndTheLastAsTime) {
  Monitor monitor;
  const Volume v = read(
      "type: uint8\ndimension: 5\nsizes: 3 1 1 1 2\nkinds: RGB-color domain domain domain time\n"
      "space: LPS\nspace directions: none (1,0,0) (0,1,0) (0,0,1) none\nencoding: raw\n"
      "spacings: nan nan nan nan 0.25\n",
      "rgbRGB", monitor);
  EXPECT_EQ(v.format.components, 3U);
  EXPECT_EQ(v.time_points, 2U);
  EXPECT_EQ(v.time_step_s, 0.25);
  EXPECT_EQ(v.dimensions, 4);
}

TEST(Nrrd, SkipsLinesAndBytesOfAForeignDataFile) {
  const Scratch folder;
  Monitor monitor;
  write_text(folder / "v.dat", "one line\nand another\nXXabcdefgh");
  write_text(folder / "v.nhdr", "NRRD0004\n" + cube + "line skip: 2\nbyte skip: 2\ndata file: v.dat\n");
  const Volume v = read_volume(folder / "v.nhdr", monitor);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(v.voxels.data()), 8), "abcdefgh");
  write_text(folder / "w.nhdr", "NRRD0004\n" + cube + "byte skip: -1\ndata file: v.dat\n");
  EXPECT_EQ(read_volume(folder / "w.nhdr", monitor).voxels, v.voxels);
}

TEST(Nrrd, ReadsAFilePerSliceFromAList) {
  const Scratch folder;
  Monitor monitor;
  write_text(folder / "a", "abcd");
  write_text(folder / "b", "efgh");
  write_text(folder / "v.nhdr", "NRRD0004\n" + cube + "data file: LIST\na\nb\n");
  const Volume v = read_volume(folder / "v.nhdr", monitor);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(v.voxels.data()), 8), "abcdefgh");
}

TEST(Nrrd, ReadsTextAndUnits) {
  Monitor monitor;
  const Volume v = read(
      "type: short\ndimension: 2\nsizes: 2 1\nencoding: ascii\nsample units: "
      "\"HU\"\nmodality:=CT\\nabdomen\n",
      "-1000 40\n", monitor);
  EXPECT_EQ(v.values<std::int16_t>()[0], -1000);
  EXPECT_EQ(v.units, "HU");
  EXPECT_EQ(v.dimensions, 2);
  EXPECT_EQ(v.metadata.at(0).second, "CT\nabdomen");
}

TEST(Nrrd, NamesWhatItCannotRead) {
  EXPECT_THAT(error_of("type: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: bzip2\n", "x"),
              HasSubstr("unu save -e gzip"));
  EXPECT_THAT(error_of("type: block\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n", "x"),
              HasSubstr("type is 'block'"));
  EXPECT_THAT(error_of("type: uchar\ndimension: 2\nsizes: 2 2 2\nencoding: raw\n", "x"),
              HasSubstr("dimension is 2"));
  EXPECT_THAT(error_of("type: uchar\ndimension: 3\nencoding: raw\n", "x"), HasSubstr("no 'sizes'"));
  EXPECT_THAT(error_of(cube + "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,2,0)\n", "abcdefgh"),
              HasSubstr("in one plane"));
  EXPECT_THAT(error_of(cube + "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,0)\n", "abcdefgh"),
              HasSubstr("length 0"));
  EXPECT_THAT(error_of(cube + "space: XYZ\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n", "abcdefgh"),
              HasSubstr("space is 'XYZ'"));
  EXPECT_THAT(
      error_of("type: uchar\ndimension: 4\nsizes: 2 2 2 2\nkinds: domain list domain domain\nencoding: raw\n",
               "x"),
      HasSubstr("unu permute"));
  EXPECT_THAT(error_of(cube, "abc"), HasSubstr("header announces 8 bytes of voxels; the file has 3"));
}

}  // namespace
}  // namespace snitt::formats
