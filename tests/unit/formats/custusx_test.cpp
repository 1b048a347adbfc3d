#include "formats/custusx.hpp"

#include <gmock/gmock.h>

#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;
using testing::HasSubstr;

/// A made-up acquisition after the description of the format: 2 frames of 3 x 2 pixels, 3 poses.
class Acquisition {
 public:
  explicit Acquisition(bool is_stack = false) {
    if (is_stack) {
      write("US-Acq_01.mhd", header("3 2 2", "US-Acq_01.raw"));
      write("US-Acq_01.raw", std::string("\1\2\3\4\5\6\7\10\11\12\13\14", 12));
    } else {
      write("US-Acq_01_0.mhd", header("3 2 1", "US-Acq_01_0.raw"));
      write("US-Acq_01_0.raw", "\1\2\3\4\5\6");
      write("US-Acq_01_1.mhd", header("3 2 1", "US-Acq_01_1.raw"));
      write("US-Acq_01_1.raw", "\7\10\11\12\13\14");
    }
    write("US-Acq_01.fts", "1000.0\n1040.5\n");
    write("US-Acq_01.tts", "990\n1010\n1050\n");
    write("US-Acq_01.tp",
          "1 0 0 10 \n0 1 0 20 \n0 0 1 30 \n1 0 0 11\n0 1 0 21\n0 0 1 31\n1 0 0 12\n0 1 0 22\n0 0 1 32\n");
    write("US-Acq_01.probedata.xml",
          "<?xml version='1.0'?><root><configuration type='linear' depthStart='0' depthEnd='40' width='30' "
          "temporalCalibration='-50'>"
          "<image spacing='0.5 0.25' size='3 2' origin_p='1 0 0'/><tool "
          "toolID='probe'/></configuration></root>");
    write("US-Acq_01.mask.mhd", header("3 2 1", "US-Acq_01.mask.raw"));
    write("US-Acq_01.mask.raw", std::string("\0\1\1\0\1\1", 6));
  }
  void write(const std::string& name, const std::string& content) { write_file(folder_ / name, content); }
  void remove(const std::string& name) { std::filesystem::remove(folder_ / name); }
  std::string path() const { return folder_.path(); }
  std::string refusal_of_opening() const {
    return refusal([&] {
      Listener listener;
      all_pixels(*open_custusx(path(), listener));
    });
  }

 private:
  static std::string header(const std::string& sizes, const std::string& data) {
    return "ObjectType = Image\nNDims = 3\nDimSize = " + sizes +
           "\nElementType = MET_UCHAR\nElementSpacing = 1 1 1\nElementDataFile = " + data + "\n";
  }
  TemporaryFolder folder_;
};

TEST(Custusx, ReadsFramesPosesCalibrationAndMask) {
  for (const bool is_stack : {false, true}) {
    const Acquisition acquisition(is_stack);
    Listener listener;
    EXPECT_TRUE(is_custusx_folder(acquisition.path()));
    const auto source = open_custusx(acquisition.path(), listener);
    const Frames& frames = source->frames();
    EXPECT_EQ(frames.time_s, (std::vector<double>{1.0, 1.0405}));
    ASSERT_EQ(frames.tracked.size(), 1U);
    EXPECT_EQ(frames.tracked[0].name.text(), "ToolToPatientReference");
    ASSERT_EQ(frames.tracked[0].time_s.size(), 3U);
    EXPECT_NEAR(frames.tracked[0].time_s[0], 0.94, 1e-15);  // 990 ms - 50 ms of calibration, rounding apart
    EXPECT_EQ(frames.tracked[0].matrix[2](1, 3), 22);
    EXPECT_EQ(frames.mask, (std::vector<std::uint8_t>{0, 1, 1, 0, 1, 1}));
    EXPECT_EQ(frames.pixel_spacing_mm, (std::array<double, 2>{0.5, 0.25}));
    EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*source)),
              (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
    std::vector<std::byte> second(6);
    source->read(1, 1, second);
    EXPECT_EQ(std::to_integer<int>(second[0]), 7);
    EXPECT_NE(std::find(frames.header.begin(), frames.header.end(),
                        std::pair<std::string, std::string>("custusx.temporal_calibration_ms", "-50")),
              frames.header.end());
    EXPECT_TRUE(listener.warnings.empty());
  }
}

TEST(Custusx, PlacesTheImageInTheToolsSpaceWithTheBeamAlongZ) {
  const Acquisition acquisition;
  Listener listener;
  const Frames frames = open_custusx(acquisition.path(), listener)->frames();
  ASSERT_EQ(frames.constant.size(), 2U);
  const Matrix4& to_ultrasound = frames.constant[0].matrix;
  EXPECT_EQ(frames.constant[0].name.text(), "ImageToUltrasound");
  EXPECT_EQ(transform_point(to_ultrasound, {0, 1, 0}), (Vec3{0, 0, 0}));     // lower left pixel
  EXPECT_EQ(transform_point(to_ultrasound, {2, 0, 0}), (Vec3{1, 0.25, 0}));  // upper right pixel
  const Matrix4& to_tool = frames.constant[1].matrix;
  EXPECT_EQ(frames.constant[1].name.text(), "ImageToTool");
  EXPECT_EQ(transform_point(to_tool, {1, 0, 0}), (Vec3{0, 0, 0}));     // origin_p
  EXPECT_EQ(transform_point(to_tool, {1, 1, 0}), (Vec3{0, 0, 0.25}));  // deeper is +z
  EXPECT_EQ(transform_point(to_tool, {2, 0, 0}), (Vec3{0, -0.5, 0}));
  EXPECT_GT(determinant3(to_tool), 0);
}

TEST(Custusx, ReadsFramePosesWhereThereAreSome) {
  Acquisition acquisition;
  acquisition.write("US-Acq_01.fp", "1 0 0 1\n0 1 0 2\n0 0 1 3\n1 0 0 4\n0 1 0 5\n0 0 1 6\n");
  Listener listener;
  const Frames frames = open_custusx(acquisition.path(), listener)->frames();
  ASSERT_EQ(frames.tracked.size(), 2U);
  EXPECT_EQ(frames.tracked[1].name.text(), "UltrasoundToReference");
  EXPECT_TRUE(frames.tracked[1].time_s.empty());
  EXPECT_EQ(frames.tracked[1].matrix[1](2, 3), 6);
}

TEST(Custusx, GoesOnWithoutProbeDataAndSaysSo) {
  Acquisition acquisition;
  acquisition.remove("US-Acq_01.probedata.xml");
  acquisition.remove("US-Acq_01.mask.mhd");
  Listener listener;
  const Frames frames = open_custusx(acquisition.path(), listener)->frames();
  EXPECT_TRUE(listener.has_warning("holds no .probedata.xml"));
  EXPECT_EQ(frames.tracked[0].time_s[0], 0.99);
  EXPECT_TRUE(frames.constant.empty());
  EXPECT_TRUE(frames.mask.empty());
}

TEST(Custusx, NamesFileAndLineOfWhatIsWrong) {
  const auto refusal_with = [](const std::string& name, const std::string& content) {
    Acquisition acquisition;
    acquisition.write(name, content);
    return acquisition.refusal_of_opening();
  };
  EXPECT_THAT(refusal_with("US-Acq_01.fts", "1000\n"), HasSubstr(".fts: has 1 lines for 2 frames"));
  EXPECT_THAT(refusal_with("US-Acq_01.fts", "1000\n900\n"), HasSubstr(".fts: line 2: 900 ms is not later"));
  EXPECT_THAT(refusal_with("US-Acq_01.tts", "1\n2\n"), HasSubstr(".tp: has 3 poses for the 2 times"));
  EXPECT_THAT(refusal_with("US-Acq_01.tts", "1\ntwo\n3\n"), HasSubstr(".tts: line 2 is 'two'"));
  EXPECT_THAT(refusal_with("US-Acq_01.tp", "1 0 0 10\n0 1 0 20\n"),
              HasSubstr(".tp: has 2 rows of numbers; expected three per pose"));
  EXPECT_THAT(refusal_with("US-Acq_01.tp", "1 0 0\n"),
              HasSubstr(".tp: line 1 is '1 0 0'; expected 4 numbers"));
  EXPECT_THAT(refusal_with("US-Acq_01.tp", "0 0 0 1\n0 1 0 2\n0 0 1 3\n"), HasSubstr("ends in line 3"));
  EXPECT_THAT(refusal_with("US-Acq_01_1.raw", "abc"), HasSubstr("US-Acq_01_1.raw: pixels end after 3 bytes"));
  EXPECT_THAT(refusal_with("US-Acq_02.fts", "1\n"), HasSubstr("holds 2 files *.fts"));
  EXPECT_THAT(refusal_with("US-Acq_01.probedata.xml", "<configuration temporalCalibration='soon'/>"),
              HasSubstr("'soon'; expected milliseconds"));
  Acquisition acquisition;
  acquisition.remove("US-Acq_01.tp");
  EXPECT_THAT(acquisition.refusal_of_opening(), HasSubstr("holds no .tp file"));
}

}  // namespace
}  // namespace snitt::formats
