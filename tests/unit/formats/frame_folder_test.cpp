#include "formats/frame_folder.hpp"

#include <gmock/gmock.h>
#include <itkJPEGImageIO.h>
#include <itkPNGImageIO.h>
#include <itkTIFFImageIO.h>

#include <cmath>

#include "formats/picture_file.hpp"
#include "formats/sequence.hpp"
#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;
using testing::HasSubstr;

/// Writes 8- or 16-bit pixels [row, column, component] with ITK alone.
template <typename T, typename Writer>
void write_picture(const std::string& path, unsigned columns, unsigned rows, unsigned components,
                   const std::vector<T>& pixels) {
  const auto io = Writer::New();
  io->SetFileName(path);
  io->SetNumberOfDimensions(2);
  io->SetDimensions(0, columns);
  io->SetDimensions(1, rows);
  io->SetNumberOfComponents(components);
  io->SetPixelType(components == 1   ? itk::IOPixelEnum::SCALAR
                   : components == 3 ? itk::IOPixelEnum::RGB
                                     : itk::IOPixelEnum::RGBA);
  io->SetComponentType(sizeof(T) == 1 ? itk::IOComponentEnum::UCHAR : itk::IOComponentEnum::USHORT);
  itk::ImageIORegion region(2);
  region.SetSize(0, columns);
  region.SetSize(1, rows);
  io->SetIORegion(region);
  io->Write(pixels.data());
}
template <typename T>
void write_png(const std::string& path, unsigned columns, unsigned rows, const std::vector<T>& pixels,
               unsigned components = 1) {
  write_picture<T, itk::PNGImageIO>(path, columns, rows, components, pixels);
}

using Bytes = std::vector<std::uint8_t>;

FrameFolderOptions at_ten_hertz() {
  FrameFolderOptions options;
  options.clock.frame_rate_hz = 10;
  options.clock.start_time_s = 5;
  return options;
}

TEST(NaturalOrder, ComparesRunsOfDigitsAsNumbers) {
  EXPECT_TRUE(natural_less("frame2.png", "frame10.png"));
  EXPECT_FALSE(natural_less("frame10.png", "frame2.png"));
  EXPECT_TRUE(natural_less("a1b2", "a1b10"));
  EXPECT_TRUE(natural_less("a", "a1"));
  EXPECT_NE(natural_less("a01", "a1"), natural_less("a1", "a01"));
  EXPECT_FALSE(natural_less("x007", "x007"));
}

TEST(FrameFolder, ReadsPicturesInNaturalOrderAtTheGivenRate) {
  const TemporaryFolder folder;
  write_png<std::uint8_t>(folder / "f10.png", 3, 2, {7, 8, 9, 10, 11, 12});
  write_png<std::uint8_t>(folder / "f2.png", 3, 2, {1, 2, 3, 4, 5, 6});
  write_file(folder / "notes.txt", "hello");
  Listener listener;
  auto options = at_ten_hertz();
  options.orientation = "UF";
  options.pixel_spacing_mm = {0.2, 0.1};
  EXPECT_EQ(sequence_kind(folder.path()), SequenceKind::pictures);
  const auto source = open_sequence(folder.path(), options, listener);
  const Frames& frames = source->frames();
  EXPECT_EQ(frames.count, 2U);
  EXPECT_EQ(frames.shape, (FrameShape{2, 3, {PixelType::u8, 1}}));
  EXPECT_EQ(frames.time_s, (std::vector<double>{5, 5.1}));
  EXPECT_EQ(std::get<1>(frames.fields[0].values), (std::vector<std::string>{"f2.png", "f10.png"}));
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*source)), (Bytes{3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10}));
  EXPECT_TRUE(listener.has_warning("'notes.txt'"));
}

TEST(FrameFolder, ReadsColoursSixteenBitsTiffAndLeavesTransparencyOut) {
  const TemporaryFolder folder;
  Listener listener;
  std::filesystem::create_directories(folder / "rgba");
  std::filesystem::create_directories(folder / "deep");
  std::filesystem::create_directories(folder / "tiff");
  write_png<std::uint8_t>(folder / "rgba/a.png", 2, 1, {1, 2, 3, 255, 4, 5, 6, 255}, 4);
  write_png<std::uint16_t>(folder / "deep/a.png", 2, 1, {1, 65535});
  write_picture<std::uint8_t, itk::TIFFImageIO>(folder / "tiff/a.tif", 2, 1, 3, {1, 2, 3, 4, 5, 6});
  const auto rgba = open_frame_folder(folder / "rgba", at_ten_hertz(), listener);
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*rgba)), (Bytes{1, 2, 3, 4, 5, 6}));
  const auto deep = open_frame_folder(folder / "deep", at_ten_hertz(), listener);
  EXPECT_EQ(values_of<std::uint16_t>(all_pixels(*deep)), (std::vector<std::uint16_t>{1, 65535}));
  const auto tiff = open_frame_folder(folder / "tiff", at_ten_hertz(), listener);
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*tiff)), (Bytes{1, 2, 3, 4, 5, 6}));
}

TEST(FrameFolder, RefusesMixedSizesAndBrokenPicturesByName) {
  const TemporaryFolder folder;
  Listener listener;
  write_png<std::uint8_t>(folder / "a1.png", 3, 2, {1, 2, 3, 4, 5, 6});
  write_png<std::uint8_t>(folder / "a2.png", 2, 3, {1, 2, 3, 4, 5, 6});
  const auto open = [&] { all_pixels(*open_frame_folder(folder.path(), at_ten_hertz(), listener)); };
  EXPECT_THAT(refusal(open), HasSubstr("a2.png: is 2 x 3 pixels of 1 x uint8; expected 3 x 2"));
  const std::string good = read_file(folder / "a1.png");
  for (std::size_t length = 8; length < good.size(); ++length) {
    write_file(folder / "a2.png", good.substr(0, length));
    EXPECT_THAT(refusal(open), HasSubstr("a2.png: the PNG image")) << length;
  }
  for (std::size_t at = 8; at < good.size(); ++at) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    write_file(folder / "a2.png", flipped);
    EXPECT_THAT(refusal(open), HasSubstr("a2.png: ")) << at;
  }
  std::filesystem::remove(folder / "a2.png");
  write_picture<std::uint8_t, itk::JPEGImageIO>(folder / "a2.jpg", 3, 2, 1, {1, 2, 3, 4, 5, 6});
  const std::string jpeg = read_file(folder / "a2.jpg");
  write_file(folder / "a2.jpg", jpeg.substr(0, jpeg.size() - 6));
  EXPECT_THAT(refusal(open), HasSubstr("a2.jpg: the JPEG image has no end"));
}

TEST(FrameFolder, WantsAClockAndTakesItFromATable) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "images");
  write_png<std::uint8_t>(folder / "images/a1.png", 1, 1, {1});
  write_png<std::uint8_t>(folder / "images/a2.png", 1, 1, {2});
  Listener listener;
  FrameFolderOptions options;
  EXPECT_THROW(open_frame_folder(folder / "images", options, listener), UsageError);
  options.clock.file = write_file(folder / "t.csv", "image,ms\na2.png,1500\na1.png,1250.5\n");
  options.clock.time_column = "ms";
  options.clock.time_unit = TimeUnit::milliseconds;
  EXPECT_EQ(open_frame_folder(folder / "images", options, listener)->frames().time_s,
            (std::vector<double>{1.5, 1.2505}));
  EXPECT_TRUE(listener.has_warning("time does not rise"));
  options.clock.file_column = "image";
  EXPECT_EQ(open_frame_folder(folder / "images", options, listener)->frames().time_s,
            (std::vector<double>{1.2505, 1.5}));
  write_file(folder / "t.csv", "image,ms\na2.png,1500\nb.png,1250.5\n");
  EXPECT_THAT(refusal([&] { open_frame_folder(folder / "images", options, listener); }),
              HasSubstr("has no row for image 'a1.png'"));
  write_file(folder / "t.csv", "image,ms\na2.png,1500\na1.png,1\nb.png,1250.5\n");
  EXPECT_THAT(refusal([&] { open_frame_folder(folder / "images", options, listener); }),
              HasSubstr("names image 'b.png'"));
}

PoseTableOptions poses_in(const std::string& file, std::vector<std::string> columns) {
  PoseTableOptions options;
  options.file = file;
  options.time_column = "t";
  options.pose_columns = std::move(columns);
  return options;
}

TEST(PoseTable, ReadsQuaternionsWithTheirOrderGivenByTheUser) {
  const TemporaryFolder folder;
  Listener listener;
  // A quarter turn about z takes x to y; positions in metres.
  const std::string file =
      write_file(folder / "p.csv",
                 "t;x;y;z;qx;qy;qz;qw;state\n0,5;0,001;0,002;0,003;0;0;0,70710678;0,70710678;1\n"
                 "1,5;;;;;;;;OK\n2,5;1;1;1;0;0;0;0;0\n");
  auto options = poses_in(file, {"x", "y", "z", "qw", "qx", "qy", "qz"});
  options.position_unit_mm = 1000;
  options.status_column = "state";
  options.name = {"Probe", "World"};
  const TrackedTransform tracked = read_pose_table(options, listener);
  EXPECT_EQ(tracked.name.text(), "ProbeToWorld");
  EXPECT_EQ(tracked.time_s, (std::vector<double>{0.5, 1.5, 2.5}));
  EXPECT_EQ(tracked.status, (std::vector<Status>{Status::ok, Status::missing, Status::invalid}));
  const Vec3 point = transform_point(tracked.matrix[0], {1, 0, 0});
  const double digits = 1e-7;  // of the quaternion in the table
  EXPECT_NEAR(point.x, 1, digits);
  EXPECT_NEAR(point.y, 3, digits);
  EXPECT_NEAR(point.z, 3, digits);
}

TEST(PoseTable, ReadsMatricesOfSixteenOrTwelveNumbersRowByRow) {
  const TemporaryFolder folder;
  Listener listener;
  std::vector<std::string> names;
  std::string header = "t";
  for (int i = 0; i < 16; ++i) {
    names.push_back("m" + std::to_string(i));
    header += ",m" + std::to_string(i);
  }
  const std::string file =
      write_file(folder / "p.csv",
                 header + "\n0,0,-1,0,10,1,0,0,20,0,0,1,30,0,0,0,1\n1,1,0,0,1,0,1,0,2,0,0,1,3,0,0,0,1\n");
  const TrackedTransform full = read_pose_table(poses_in(file, names), listener);
  EXPECT_EQ(full.matrix[0](0, 3), 10);
  EXPECT_EQ(full.matrix[0](1, 0), 1);
  names.resize(12);
  EXPECT_EQ(read_pose_table(poses_in(file, names), listener).matrix, full.matrix);
  names.resize(11);
  EXPECT_THROW(read_pose_table(poses_in(file, names), listener), UsageError);
}

TEST(PoseTable, NamesLineColumnAndValue) {
  const TemporaryFolder folder;
  Listener listener;
  const auto refusal_of = [&](const std::string& rows) {
    const std::string file = write_file(folder / "p.csv", "t,x,y,z,w,a,b,c\n" + rows);
    return refusal([&] { read_pose_table(poses_in(file, {"x", "y", "z", "w", "a", "b", "c"}), listener); });
  };
  EXPECT_THAT(refusal_of("0,0,0,0,1,0,0,0\n1,0,0,0,2,0,0,0\n"),
              HasSubstr("line 3: the pose '0 0 0 2 0 0 0' is no translation"));
  EXPECT_THAT(refusal_of("0,0,0,0,1,0,0,oops\n"),
              HasSubstr("line 2: column 'c' has 'oops'; expected a number"));
  EXPECT_THAT(refusal_of("1,0,0,0,1,0,0,0\n0,0,0,0,1,0,0,0\n"),
              HasSubstr("line 3: column 't' has '0', not later"));
  EXPECT_THAT(refusal_of(",0,0,0,1,0,0,0\n"), HasSubstr("column 't' has ''; expected a time"));
  EXPECT_THAT(refusal_of(""), HasSubstr("has no rows"));
  EXPECT_EQ(refusal_of("1,0,0,0,1,0,0,0\n1,0,0,0,1,0,0,0\n"), "");
  EXPECT_TRUE(listener.has_warning("1 rows repeat time and pose"));
  const std::string file = write_file(folder / "p.csv", "t,x\n");
  EXPECT_THAT(refusal([&] {
                read_pose_table(poses_in(file, {"x", "y", "z", "w", "a", "b", "c"}), listener);
              }),
              HasSubstr("has no column 'y'; there are: t, x"));
}

TEST(FrameFolder, AddsPosesWithTheirOwnClockOrOnePerFrame) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "images");
  write_png<std::uint8_t>(folder / "images/a1.png", 1, 1, {1});
  write_png<std::uint8_t>(folder / "images/a2.png", 1, 1, {2});
  Listener listener;
  auto options = at_ten_hertz();
  options.poses = poses_in(
      write_file(folder / "p.csv", "t,x,y,z,w,a,b,c\n5,0,0,0,1,0,0,0\n5.2,1,0,0,1,0,0,0\n6,1,0,0,1,0,0,0\n"),
      {"x", "y", "z", "w", "a", "b", "c"});
  const Frames frames = open_frame_folder(folder / "images", options, listener)->frames();
  EXPECT_EQ(frames.tracked[0].name.text(), "ProbeToTracker");
  EXPECT_EQ(frames.tracked[0].time_s, (std::vector<double>{5, 5.2, 6}));
  EXPECT_TRUE(listener.warnings.empty());
  options.poses.time_column = "";
  EXPECT_THAT(refusal([&] { open_frame_folder(folder / "images", options, listener); }),
              HasSubstr("has 3 poses for 2 frames"));
  options.poses.time_column = "t";
  options.poses.time_unit = TimeUnit::milliseconds;
  open_frame_folder(folder / "images", options, listener);
  EXPECT_TRUE(listener.has_warning("do not overlap"));
}

TEST(Sequence, TellsKindsByContentAndRefusesOptionsThatARecordingAnswersItself) {
  const TemporaryFolder folder;
  Listener listener;
  const std::string renamed = write_file(folder / "recording.dat", SequenceText().text());
  EXPECT_EQ(sequence_kind(renamed), SequenceKind::igs);
  EXPECT_EQ(open_sequence(renamed, {}, listener)->frames().count, 2U);
  EXPECT_THROW(open_sequence(renamed, at_ten_hertz(), listener), UsageError);
  const std::string text = write_file(folder / "text.igs.mha", "hello");
  EXPECT_FALSE(is_sequence(text));
  EXPECT_THAT(refusal([&] { open_sequence(text, {}, listener); }), HasSubstr("is no recording; expected"));
  std::filesystem::create_directories(folder / "empty");
  EXPECT_FALSE(is_sequence(folder / "empty"));
}

}  // namespace
}  // namespace snitt::formats
