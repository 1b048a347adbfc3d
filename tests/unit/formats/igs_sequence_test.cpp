#include "formats/igs_sequence.hpp"

#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cmath>

#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;

// Python: hashlib.sha256(zlib.decompress(bytes after "ElementDataFile = LOCAL\n")).
constexpr const char* spine_pixels = "b03efd7ce5df12411152ebb5829512b91dfc8476353affdbec8b2f615cd8285a";
constexpr const char* nwire_pixels = "37d10fbe4053fcdf995cfb37e305a5122869abb1ad2b03aaab43449e02356536";

TEST(IgsSequence, ReadsTheSpineSweepAsZlibUnpacksIt) {
  Listener listener;
  const auto source = open_igs_sequence(sample("SpinePhantomFreehand.igs.mha"), listener);
  const Frames& frames = source->frames();
  EXPECT_EQ(frames.count, 21U);
  EXPECT_EQ(frames.shape.columns, 820U);
  EXPECT_EQ(frames.shape.rows, 616U);
  EXPECT_EQ(frames.recorded_orientation, "MFA");
  EXPECT_EQ(frames.tracked.size(), 3U);
  EXPECT_EQ(frames.time_s.front(), 215.102186);
  EXPECT_EQ(frames.time_s.back(), 216.947186);
  EXPECT_EQ(frames.tracked[0].name.text(), "ProbeToTracker");
  EXPECT_EQ(frames.tracked[0].matrix[20](0, 3), 178.871);
  EXPECT_EQ(digest_of(all_pixels(*source)), spine_pixels);
  EXPECT_TRUE(listener.warnings.empty()) << listener.warnings.front();
}

TEST(IgsSequence, ReadsBothFormsOfOneRecordingToTheSameValues) {
  Listener listener;
  const auto mha = open_igs_sequence(sample("NwirePhantomFreehand.igs.mha"), listener);
  const auto nrrd = open_igs_sequence(sample("NwirePhantomFreehand.igs.nrrd"), listener);
  const Frames& a = mha->frames();
  const Frames& b = nrrd->frames();
  EXPECT_EQ(a.count, 97U);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.time_s, b.time_s);
  EXPECT_EQ(a.image_status, b.image_status);
  EXPECT_EQ(std::count(a.image_status.begin(), a.image_status.end(), Status::ok), 97);
  ASSERT_EQ(a.tracked.size(), 3U);
  ASSERT_EQ(b.tracked.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(a.tracked[i].name, b.tracked[i].name);
    EXPECT_EQ(a.tracked[i].matrix, b.tracked[i].matrix);
    EXPECT_EQ(a.tracked[i].status, b.tracked[i].status);
    const bool is_stylus = a.tracked[i].name.from == "Stylus";
    EXPECT_EQ(std::count(a.tracked[i].status.begin(), a.tracked[i].status.end(), Status::invalid),
              is_stylus ? 97 : 0);
  }
  EXPECT_EQ(digest_of(all_pixels(*mha)), nwire_pixels);
  EXPECT_EQ(digest_of(all_pixels(*nrrd)), nwire_pixels);
}

TEST(IgsSequence, ReadsPosesWithoutImages) {
  Listener listener;
  const auto source =
      open_igs_sequence(sample("WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha"), listener);
  const Frames& frames = source->frames();
  EXPECT_EQ(frames.count, 801U);
  EXPECT_EQ(frames.shape.pixels(), 0U);
  EXPECT_EQ(frames.tracked.size(), 3U);
  ASSERT_EQ(frames.fields.size(), 2U);
  EXPECT_EQ(frames.fields[0].name, "FrameNumber");
  EXPECT_EQ(std::get<0>(frames.fields[0].values)[0], 332203);
  EXPECT_EQ(frames.fields[1].name, "UnfilteredTimestamp");
  EXPECT_EQ(frames.image_status[0], Status::invalid);
  source->read(0, 801, {});
}

TEST(IgsSequence, ReadsFramesInAnyOrderFromACompressedStream) {
  Listener listener;
  const auto source = open_igs_sequence(sample("SpinePhantomFreehand.igs.mha"), listener);
  const std::size_t bytes = source->frames().shape.bytes();
  const auto whole = all_pixels(*source);
  for (const std::size_t frame : {20, 3, 4, 0, 19}) {
    std::vector<std::byte> one(bytes);
    source->read(frame, 1, one);
    EXPECT_TRUE(
        std::equal(one.begin(), one.end(), whole.begin() + static_cast<std::ptrdiff_t>(frame * bytes)))
        << frame;
  }
}

std::unique_ptr<FrameSource> open_text(const TemporaryFolder& folder, const SequenceText& text,
                                       Monitor& monitor) {
  return open_igs_sequence(write_file(folder / "a.igs.mha", text.text()), monitor);
}

TEST(IgsSequence, TurnsEveryOrientationToMarkedFar) {
  const std::vector<std::pair<std::string, std::vector<std::uint8_t>>> expected{
      {"MF", {1, 2, 3, 4, 5, 6}}, {"UF", {3, 2, 1, 6, 5, 4}},  {"MN", {4, 5, 6, 1, 2, 3}},
      {"UN", {6, 5, 4, 3, 2, 1}}, {"UNA", {6, 5, 4, 3, 2, 1}}, {"MFD", {1, 2, 3, 4, 5, 6}}};
  for (const auto& [letters, first] : expected) {
    const TemporaryFolder folder;
    Listener listener;
    SequenceText text;
    text.orientation = "UltrasoundImageOrientation = " + letters + "\n";
    const auto source = open_text(folder, text, listener);
    std::vector<std::byte> pixels(6);
    source->read(0, 1, pixels);
    EXPECT_EQ(values_of<std::uint8_t>(pixels), first) << letters;
    EXPECT_EQ(source->frames().recorded_orientation, letters);
  }
}

TEST(IgsSequence, TurnsWholeColourPixelsAndKeepsTheOrderOfTheirColours) {
  const TemporaryFolder folder;
  Listener listener;
  SequenceText text;
  text.sizes = "2 1 2";
  text.orientation = "UltrasoundImageOrientation = UF\n";
  text.more = "ElementNumberOfChannels = 3\n";
  const auto source = open_text(folder, text, listener);
  EXPECT_EQ(source->frames().shape.format.components, 3U);
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*source)),
            (std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9}));
}

TEST(IgsSequence, ReadsColoursThatAreTheFirstAxisOfAnNrrd) {
  const TemporaryFolder folder;
  Listener listener;
  const std::string path = write_file(folder / "a.nrrd",
                                      "NRRD0004\ntype: unsigned char\ndimension: 4\nsizes: 3 2 1 2\n"
                                      "kinds: RGB-color domain domain list\nencoding: raw\n"
                                      "ultrasound image orientation:=UF\nSeq_Frame0000_Timestamp:=0\n"
                                      "Seq_Frame0001_Timestamp:=1\n\n\1\2\3\4\5\6\7\10\11\12\13\14");
  const auto source = open_igs_sequence(path, listener);
  EXPECT_EQ(source->frames().shape.columns, 2U);
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*source)),
            (std::vector<std::uint8_t>{4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9}));
}

TEST(IgsSequence, SwapsPixelsOfTheOtherByteOrder) {
  const TemporaryFolder folder;
  Listener listener;
  SequenceText text;
  text.sizes = "1 3 2";
  text.type = "MET_SHORT";
  text.more = "BinaryDataByteOrderMSB = True\n";
  const auto source = open_text(folder, text, listener);
  EXPECT_EQ(values_of<std::int16_t>(all_pixels(*source)),
            (std::vector<std::int16_t>{0x0102, 0x0304, 0x0506, 0x0708, 0x090a, 0x0b0c}));
}

TEST(IgsSequence, ToleratesBlankPaddingWindowsLineEndsAndEmptyLines) {
  const TemporaryFolder folder;
  Listener listener;
  SequenceText text;
  text.sizes = "3 2 2                 ";
  std::string windows;
  for (const char c : text.header()) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto source = open_igs_sequence(write_file(folder / "a.mha", windows + text.pixels), listener);
  EXPECT_EQ(source->frames().count, 2U);
  EXPECT_EQ(source->frames().tracked[0].status[1], Status::invalid);
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*source)).back(), 12);
}

TEST(IgsSequence, FindsPixelsBesideTheHeaderAndSkipsTheirOwnHeader) {
  const TemporaryFolder folder;
  Listener listener;
  SequenceText text;
  text.data_file = "b.raw";
  text.more = "HeaderSize = 5\n";
  write_file(folder / "sub/b.raw", "12345" + text.pixels);
  const auto source = open_igs_sequence(write_file(folder / "sub/a.igs.mhd", text.header()), listener);
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*source)).front(), 1);
  text.more = "HeaderSize = -1\n";
  const auto last = open_igs_sequence(write_file(folder / "sub/a.igs.mhd", text.header()), listener);
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*last)).front(), 1);
}

TEST(IgsSequence, ReadsNumbersTheSameInEveryLocale) {
  const char* const old = std::setlocale(LC_ALL, nullptr);
  const std::string before = old == nullptr ? "C" : old;
  // Where no such locale is installed the test still shows that the numbers are right in this one.
  for (const char* name : {"nb_NO.UTF-8", "de_DE.UTF-8"}) std::setlocale(LC_ALL, name);
  const TemporaryFolder folder;
  Listener listener;
  SequenceText text;
  text.fields =
      "Seq_Frame0000_ProbeToTrackerTransform = 1 -8.43482e-005 0 1.5 0 1 0 +2 0 0 1 1E3 0 0 0 1\n"
      "Seq_Frame0000_Timestamp = 1.25\nSeq_Frame0001_Timestamp = 1.5\n";
  const auto source = open_text(folder, text, listener);
  std::setlocale(LC_ALL, before.c_str());
  const Matrix4& matrix = source->frames().tracked[0].matrix[0];
  EXPECT_EQ(matrix(0, 1), -8.43482e-5);
  EXPECT_EQ(matrix(0, 3), 1.5);
  EXPECT_EQ(matrix(1, 3), 2);
  EXPECT_EQ(matrix(2, 3), 1000);
  EXPECT_EQ(source->frames().time_s[0], 1.25);
}

TEST(IgsSequence, KeepsEveryCustomFieldOfEveryFrameAndEveryHeaderKey) {
  const TemporaryFolder folder;
  Listener listener;
  SequenceText text;
  text.more =
      "Scanner = UltraX 5\nDepthMm = 60\nImageToProbeTransform = 0.1 0 0 1 0 0.1 0 2 0 0 0.1 3 0 0 0 1\n";
  text.fields +=
      "Seq_Frame0000_Encoder = 17.5\nSeq_Frame0001_Encoder = 18\n"
      "Seq_Frame0000_Serial = 12345678901234567890\nSeq_Frame0001_Serial = 1\n"
      "Seq_Frame0001_Note = deep breath\nSeq_Frame0000_Pressure = 3\n";
  const auto source = open_text(folder, text, listener);
  const Frames& frames = source->frames();
  ASSERT_EQ(frames.fields.size(), 4U);
  EXPECT_EQ(std::get<0>(frames.fields[0].values), (std::vector<double>{17.5, 18}));
  EXPECT_EQ(std::get<1>(frames.fields[1].values), (std::vector<std::string>{"12345678901234567890", "1"}));
  EXPECT_EQ(std::get<1>(frames.fields[2].values), (std::vector<std::string>{"", "deep breath"}));
  EXPECT_EQ(std::get<0>(frames.fields[3].values)[0], 3);
  EXPECT_TRUE(std::isnan(std::get<0>(frames.fields[3].values)[1]));
  EXPECT_TRUE(listener.has_warning("1 of 2 frames have no field Note"));
  EXPECT_TRUE(listener.has_warning("1 of 2 frames have no field Pressure"));
  EXPECT_EQ(frames.header,
            (std::vector<std::pair<std::string, std::string>>{{"Scanner", "UltraX 5"}, {"DepthMm", "60"}}));
  ASSERT_EQ(frames.constant.size(), 1U);
  EXPECT_EQ(frames.constant[0].name.text(), "ImageToProbe");
}

TEST(IgsSequence, KnowsAllStatusesAndTakesAnUnknownWordAsUnusable) {
  const TemporaryFolder folder;
  Listener listener;
  SequenceText text;
  text.fields =
      "Seq_Frame0000_AToBTransform = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\nSeq_Frame0000_AToBTransformStatus = "
      "OUT_OF_VIEW\n"
      "Seq_Frame0001_AToBTransform = nan 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\nSeq_Frame0001_AToBTransformStatus = "
      "TIRED\n"
      "Seq_Frame0000_Timestamp = 0\nSeq_Frame0001_Timestamp = 1\nSeq_Frame0000_Status = "
      "OK\nSeq_Frame0001_Status = MISSING\n";
  const Frames frames = open_text(folder, text, listener)->frames();
  EXPECT_EQ(frames.tracked[0].status, (std::vector<Status>{Status::out_of_view, Status::unknown}));
  EXPECT_EQ(frames.tracked[0].matrix[1], Matrix4{});
  EXPECT_EQ(frames.image_status, (std::vector<Status>{Status::ok, Status::missing}));
  EXPECT_TRUE(listener.has_warning("'TIRED'"));
  EXPECT_TRUE(listener.has_warning("replaced by the identity"));
}

TEST(IgsSequence, TellsTimeFromTheNextBestFieldAndSaysSo) {
  const TemporaryFolder folder;
  SequenceText text;
  const std::string plain =
      "Seq_Frame0000_FrameNumber = 5\nSeq_Frame0001_FrameNumber = 6\nSeq_Frame0002_FrameNumber = 7\n";
  text.sizes = "2 2 3";
  const auto times = [&](const std::string& more, const std::string& warning) {
    Listener listener;
    text.fields = plain + more;
    const auto time = open_text(folder, text, listener)->frames().time_s;
    EXPECT_TRUE(listener.has_warning(warning)) << more;
    return time;
  };
  EXPECT_EQ(times("", "no frame has a Timestamp; frame i"), (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(times("Seq_Frame0000_UnfilteredTimestamp = 3\nSeq_Frame0001_UnfilteredTimestamp = 4\n"
                  "Seq_Frame0002_UnfilteredTimestamp = 6\n",
                  "UnfilteredTimestamp is used"),
            (std::vector<double>{3, 4, 6}));
  EXPECT_EQ(
      times("Seq_Frame0000_Timestamp = 3\nSeq_Frame0002_Timestamp = 4\n", "1 of 3 frames have no Timestamp"),
      (std::vector<double>{3, 3.5, 4}));
  EXPECT_EQ(times("Seq_Frame0001_Timestamp = 3\n", "2 of 3 frames"), (std::vector<double>{2, 3, 4}));
  EXPECT_EQ(times("Seq_Frame0000_Timestamp = 3\nSeq_Frame0001_Timestamp = 2\nSeq_Frame0002_Timestamp = 4\n",
                  "does not rise"),
            (std::vector<double>{3, 2, 4}));
}

TEST(IgsSequence, ParsesFiveThousandFramesOfThreeTransformsWithinASecond) {
  const TemporaryFolder folder;
  std::string text = "ObjectType = Image\nNDims = 3\nDimSize = 0 0 5000\nElementType = MET_OTHER\n";
  for (int frame = 0; frame < 5000; ++frame) {
    const std::string prefix = fmt::format("Seq_Frame{:04}_", frame);
    for (const char* name : {"ProbeToTracker", "StylusToTracker", "ReferenceToTracker"})
      text += fmt::format(
          "{0}{1}Transform = 0.956683 -0.263308 0.124204 -190.886 0.269031 0.962616 -0.0315089 {2} -0.111264 "
          "0.0635588 0.991756 -1949.77 0 0 0 1\n{0}{1}TransformStatus = OK\n",
          prefix, name, frame);
    text += fmt::format("{0}FrameNumber = {1}\n{0}Timestamp = {1}.5\n{0}ImageStatus = OK\n", prefix, frame);
  }
  const std::string path = write_file(folder / "long.igs.mha", text + "ElementDataFile = LOCAL\n");
  Listener listener;
  const auto start = std::chrono::steady_clock::now();
  const auto source = open_igs_sequence(path, listener);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(source->frames().tracked[2].matrix[4999](1, 3), 4999);
  RecordProperty("seconds", std::to_string(took.count()));
  EXPECT_LT(took.count(),
            1.0);  // measured 0.03 s; a loaded or instrumented machine is slower, quadratic work much slower
}

TEST(IgsSequence, IsToldFromAVolumeByItsContent) {
  const TemporaryFolder folder;
  EXPECT_TRUE(is_igs_sequence(sample("NwirePhantomFreehand.igs.nrrd")));
  EXPECT_TRUE(is_igs_sequence(write_file(folder / "renamed.dat", SequenceText().text())));
  SequenceText volume;
  volume.fields = volume.orientation = "";
  EXPECT_FALSE(is_igs_sequence(write_file(folder / "volume.igs.mha", volume.text())));
  EXPECT_FALSE(is_igs_sequence(write_file(folder / "text.mha", "hello")));
  EXPECT_FALSE(is_igs_sequence(write_file(folder / "empty.mha", "")));
}

}  // namespace
}  // namespace snitt::formats
