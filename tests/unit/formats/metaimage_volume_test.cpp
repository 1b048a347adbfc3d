#include "formats/metaimage_volume.hpp"

#include "formats/volume_file.hpp"
#include "unit/formats/volume_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace snitt::volume_test;
using ::testing::HasSubstr;

Volume read_header_and(const std::string& header, const std::string& data, Monitor& monitor) {
  const Scratch folder;
  write_text(folder / "v.mha", header + "ElementDataFile = LOCAL\n" + data);
  return read_volume(folder / "v.mha", monitor);
}

std::string error_of(const std::string& header, const std::string& data) {
  Monitor monitor;
  return message_of<InputError>([&] { read_header_and(header, data, monitor); });
}

TEST(MetaImage, TakesRowsOfTheMatrixAsAxisVectors) {
  Monitor monitor;
  const Volume v = read_header_and(
      "NDims = 3\nDimSize = 2 1 1\nElementType = MET_UCHAR\nTransformMatrix = 0 1 0 0 0 1 1 0 0\n"
      "Offset = 10 20 30\nElementSpacing = 2 3 4\n",
      "ab", monitor);
  EXPECT_EQ(v.geometry.axis_directions[0], (Vec3{0, 1, 0}));
  EXPECT_EQ(v.geometry.axis_directions[2], (Vec3{1, 0, 0}));
  EXPECT_EQ(transform_point(index_to_space(v.geometry), {1, 1, 1}), (Vec3{14, 22, 33}));
  EXPECT_EQ(v.values<std::uint8_t>()[1], 'b');
}

TEST(MetaImage, TurnsBigEndianNumbers) {
  Monitor monitor;
  const Volume v =
      read_header_and("NDims = 2\nDimSize = 2 1\nElementType = MET_SHORT\nBinaryDataByteOrderMSB = True\n",
                      std::string("\x01\x02\xff\xfe", 4), monitor);
  EXPECT_EQ(v.dimensions, 2);
  EXPECT_EQ(v.values<std::int16_t>()[0], 0x0102);
  EXPECT_EQ(v.values<std::int16_t>()[1], -2);
}

TEST(MetaImage, ReadsNumbersWrittenAsText) {
  Monitor monitor;
  const Volume v = read_header_and("NDims = 2\nDimSize = 2 2\nElementType = MET_FLOAT\nBinaryData = False\n",
                                   "1.5 -2\n3e2 4\n", monitor);
  EXPECT_EQ(v.values<float>()[2], 300.0F);
  EXPECT_THAT(
      error_of("NDims = 2\nDimSize = 2 2\nElementType = MET_FLOAT\nBinaryData = False\n", "1.5 word 3 4\n"),
      HasSubstr("voxel 1 of the text data is 'word 3 4"));
}

TEST(MetaImage, NarrowsLongIntegersThatFitAndRefusesOthers) {
  Monitor monitor;
  const std::string header = "NDims = 2\nDimSize = 2 1\nElementType = MET_LONG_LONG\n";
  std::array<std::int64_t, 2> values{-5, 2000000000};
  std::string data(reinterpret_cast<const char*>(values.data()), 16);
  const Volume v = read_header_and(header, data, monitor);
  EXPECT_EQ(v.format.type, PixelType::i32);
  EXPECT_EQ(v.values<std::int32_t>()[0], -5);
  values[1] = std::int64_t{1} << 40;
  data.assign(reinterpret_cast<const char*>(values.data()), 16);
  EXPECT_THAT(error_of(header, data), HasSubstr("fit neither int32 nor uint32"));
}

TEST(MetaImage, ReadsASliceFromEachFileOfAList) {
  const Scratch folder;
  Monitor monitor;
  write_text(folder / "one.raw", "abcd");
  write_text(folder / "two.raw", "efgh");
  write_text(
      folder / "v.mhd",
      "NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = LIST\none.raw\ntwo.raw\n");
  const Volume v = read_volume(folder / "v.mhd", monitor);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(v.voxels.data()), 8), "abcdefgh");
  std::filesystem::remove(folder / "two.raw");
  EXPECT_THAT(message_of<InputError>([&] { read_volume(folder / "v.mhd", monitor); }),
              HasSubstr("two.raw', which is missing"));
}

TEST(MetaImage, TakesTheLastBytesWhenTheHeaderSizeIsMinusOne) {
  const Scratch folder;
  Monitor monitor;
  write_text(folder / "v.dat", "some foreign header abcd");
  write_text(folder / "v.mhd",
             "NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nHeaderSize = -1\nElementDataFile = v.dat\n");
  const Volume v = read_volume(folder / "v.mhd", monitor);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(v.voxels.data()), 4), "abcd");
}

TEST(MetaImage, RefusesSizesThatTheFileCannotHoldBeforeAllocating) {
  EXPECT_THAT(error_of("NDims = 3\nDimSize = 100000 100000 100\nElementType = MET_UCHAR\n", "x"),
              HasSubstr("header announces 1000000000000 bytes of voxels; the file has 1"));
  EXPECT_THAT(
      error_of("NDims = 3\nDimSize = 100000 100000 100\nElementType = MET_UCHAR\nCompressedData = True\n",
               "x"),
      HasSubstr("cannot hold them"));
  EXPECT_THAT(
      error_of("NDims = 3\nDimSize = 4000000000 4000000000 4000000000\nElementType = MET_UCHAR\n", "x"),
      HasSubstr("larger than any file"));
  EXPECT_THAT(error_of("NDims = 3\nDimSize = 4 0 4\nElementType = MET_UCHAR\n", "x"), HasSubstr("size of 0"));
  EXPECT_THAT(error_of("NDims = 3\nDimSize = 4 -4 4\nElementType = MET_UCHAR\n", "x"), HasSubstr("'-4'"));
}

TEST(MetaImage, NamesWhatIsWrongInAHeader) {
  EXPECT_THAT(error_of("NDims = 3\nDimSize = 1 1\nElementType = MET_UCHAR\n", "x"), HasSubstr("NDims is 3"));
  EXPECT_THAT(error_of("NDims = 5\nDimSize = 1 1 1 1 1\nElementType = MET_UCHAR\n", "x"),
              HasSubstr("5 dimensions"));
  EXPECT_THAT(error_of("NDims = 2\nDimSize = 1 1\nElementType = MET_STRING\n", "x"), HasSubstr("MET_STRING"));
  EXPECT_THAT(error_of("NDims = 2\nDimSize = 1 1\n", "x"), HasSubstr("no ElementType"));
  EXPECT_THAT(error_of("NDims = 2\nDimSize = 1 1\nElementType = MET_UCHAR\nElementSpacing = 1 nan\n", "x"),
              HasSubstr("nan"));
  EXPECT_THAT(error_of("NDims = 2\nDimSize = 1 1\nElementType = MET_UCHAR\nElementSpacing = 1 0\n", "x"),
              HasSubstr("spacing 0"));
  EXPECT_THAT(
      error_of("NDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\nTransformMatrix = 1 0 0 1 0 0 0 0 1\n",
               "x"),
      HasSubstr("lie in one plane"));
}

TEST(MetaImage, KeepsEveryVoxelInPlaceWhenASpacingIsNegativeOrAnAxisIsLong) {
  ListeningMonitor monitor;
  const Volume v = read_header_and(
      "NDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\nElementSpacing = -2 1 1\nTransformMatrix = 1 0 0 "
      "0 2 0 0 0 1\n",
      "x", monitor);
  EXPECT_EQ(transform_point(index_to_space(v.geometry), {1, 1, 0}), (Vec3{-2, 2, 0}));
  EXPECT_EQ(v.geometry.spacing_mm, (Vec3{2, 2, 1}));
  EXPECT_THAT(monitor.warnings, HasSubstr("taken as the axis reversed"));
  EXPECT_THAT(monitor.warnings, HasSubstr("has length 2, not 1"));
}

TEST(MetaImage, KeepsShearedAxesWithAWarning) {
  ListeningMonitor monitor;
  const Volume v = read_header_and(
      "NDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\nTransformMatrix = 1 0 0 0 1 0 0 0.6 0.8\n", "x",
      monitor);
  EXPECT_EQ(v.geometry.axis_directions[2], (Vec3{0, 0.6, 0.8}));
  EXPECT_THAT(monitor.warnings, HasSubstr("53.130 degrees"));
}

TEST(MetaImage, NamesACountThatIsMissingOrAbsurd) {
  ListeningMonitor monitor;
  const auto refusal = [&](const std::string& field) {
    return message_of<InputError>([&] {
      read_header_and("NDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\n" + field + "\n", "x", monitor);
    });
  };
  for (const char* field :
       {"ElementNumberOfChannels", "HeaderSize", "CompressedData = True\nCompressedDataSize"})
    for (const char* value : {"", "1 2", "18446744073709551615", "-3"})
      EXPECT_THAT(refusal(std::string(field) + " = " + value), HasSubstr("whole number")) << field << value;
  EXPECT_THAT(refusal("CompressedData = True\nHeaderSize = 99999"), HasSubstr("begin at byte 99999"));
}

TEST(MetaImage, TellsARecordingFromAVolume) {
  const std::string volume =
      "ObjectType = Image\nDimSize = 1 1 1\nSeq_Frame0000_ImageStatus = OK\nElementDataFile = LOCAL\n";
  EXPECT_FALSE(has_frame_poses(volume));
  EXPECT_TRUE(has_frame_poses("DimSize = 1 1 1\nSeq_Frame0000_Timestamp = 1.5\n"));
  EXPECT_TRUE(has_frame_poses("DimSize = 1 1 1\nSeq_Frame0000_ProbeToTrackerTransform = 1 0 0\n"));
  EXPECT_TRUE(has_frame_poses("DimSize = 1 1 2\nSeq_Frame0001_ImageStatus = OK\n"));
}

TEST(MetaImage, ReadsTheReferenceVolumeOfPlusInsideGzip) {
  const std::string path = shared_data() + "/ultrasound/SpinePhantom_NN_MEAN_reference.mha.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  ListeningMonitor monitor;
  ASSERT_TRUE(is_volume(path));
  const Volume v = read_volume(path, monitor);
  EXPECT_EQ(v.geometry.size, (std::array<std::size_t, 3>{147, 106, 105}));
  EXPECT_EQ(v.geometry.origin_mm, (Vec3{-74.5217, 165.573, 29.072}));
  EXPECT_EQ(v.format, (PixelFormat{PixelType::u8, 1}));
  EXPECT_EQ(monitor.warnings, "");
}

}  // namespace
}  // namespace snitt::formats
