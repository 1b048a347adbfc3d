#include <gmock/gmock.h>
#include <sys/resource.h>
#include <zlib.h>

#include <random>

#include "formats/igs_sequence.hpp"
#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;
using testing::HasSubstr;

std::string refusal_of(const std::string& content) {
  const TemporaryFolder folder;
  const std::string path = write_file(folder / "a.igs.mha", content);
  const std::string message = refusal([&] {
    Listener listener;
    all_pixels(*open_igs_sequence(path, listener));
  });
  if (!message.empty()) {
    EXPECT_THAT(message, HasSubstr("a.igs.mha: "));
  }
  return message;
}

std::string refusal_of_fields(const std::string& fields) {
  SequenceText text;
  text.fields = fields;
  return refusal_of(text.text());
}

std::string with_matrix(const std::string& numbers, const std::string& status = "OK") {
  return "Seq_Frame0000_Timestamp = 0\nSeq_Frame0001_Timestamp = 1\nSeq_Frame0001_AToBTransform = " +
         numbers + "\nSeq_Frame0001_AToBTransformStatus = " + status + "\n";
}

TEST(IgsRefusal, NamesFrameFieldAndValue) {
  EXPECT_THAT(refusal_of_fields(with_matrix("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0")),
              HasSubstr("frame 1 has a AToBTransform of 15 numbers; expected 16"));
  EXPECT_THAT(refusal_of_fields(with_matrix("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0,5 1")), HasSubstr("no number"));
  EXPECT_THAT(refusal_of_fields(with_matrix("1 0 0 0 0 1 0 0 0 0 1 0 0 0 1 1")),
              HasSubstr("last row '0 0 1 1'; expected '0 0 0 1'"));
  EXPECT_THAT(refusal_of_fields(with_matrix("1 0 0 nan 0 1 0 0 0 0 1 0 0 0 0 1")), HasSubstr("not finite"));
  EXPECT_THAT(refusal_of_fields(with_matrix("1 0 0 0 0 1 0 0 0 0 0 0 0 0 0 1")),
              HasSubstr("cannot be inverted"));
  EXPECT_EQ(refusal_of_fields(with_matrix("0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "MISSING")), "");
  EXPECT_THAT(refusal_of_fields("Seq_Frame0000_Timestamp = 0\nSeq_Frame0001_Timestamp = noon\n"),
              HasSubstr("frame 1 has Timestamp 'noon'; expected a number of seconds"));
  EXPECT_THAT(refusal_of_fields("Seq_Frame0000_Timestamp = 0\nSeq_Frame0001_Timestamp = inf\n"),
              HasSubstr("'inf'"));
}

TEST(IgsRefusal, NamesFramesThatAreTwiceMissingOrBeyondTheEnd) {
  const std::string both = "Seq_Frame0000_Timestamp = 0\nSeq_Frame0001_Timestamp = 1\n";
  EXPECT_THAT(refusal_of_fields(both + "Seq_Frame1_Timestamp = 2\n"),
              HasSubstr("frame 1 has Timestamp twice"));
  EXPECT_THAT(refusal_of_fields(both + "Seq_Frame0002_Timestamp = 2\n"),
              HasSubstr("'Seq_Frame0002_Timestamp' is beyond the 2 frames"));
  EXPECT_THAT(refusal_of_fields("Seq_Frame0000_Timestamp = 0\nSeq_Frame0000_A = 0\n"),
              HasSubstr("frame 1 of 2 has no Seq_Frame"));
  EXPECT_THAT(refusal_of_fields(both + "Seq_Frame_Timestamp = 2\n"), HasSubstr("key 'Seq_Frame_Timestamp'"));
  EXPECT_THAT(refusal_of_fields(both + "Seq_Frame99999999999999999999999_T = 2\n"),
              HasSubstr("expected Seq_Frame, a number"));
}

TEST(IgsRefusal, NamesWhatTheHeaderContradicts) {
  SequenceText text;
  text.orientation = "UltrasoundImageOrientation = FM\n";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("'FM'; expected MF, MN, UF or UN"));
  text = {};
  text.type = "MET_LONG_LONG";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("ElementType is 'MET_LONG_LONG'; expected MET_UCHAR"));
  text = {};
  text.more = "DimSize = 1 1 1\n";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("'DimSize' is there twice"));
  text = {};
  text.sizes = "3 2";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("DimSize has 2 numbers; expected 3"));
  text.sizes = "3 2 -2";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("DimSize is '3 2 -2'"));
  text.sizes = "3 2 0";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("holds no frames"));
  text = {};
  text.more = "just words\n";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("'just words'; expected 'key = value'"));
  text = {};
  text.more = "CompressedData = perhaps\n";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("CompressedData has 'perhaps'; expected True or False"));
  text = {};
  text.data_file = "LIST";
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("ElementDataFile is 'LIST'"));
  EXPECT_THAT(refusal_of("hello"), HasSubstr("neither a MetaImage nor an NRRD"));
  EXPECT_THAT(refusal_of("ObjectType = Image\nNDims = 3\n"), HasSubstr("ends without 'ElementDataFile"));
}

TEST(IgsRefusal, NamesTheFrameInWhichPixelsEnd) {
  SequenceText text;
  text.pixels.resize(7);
  EXPECT_THAT(refusal_of(text.text()),
              HasSubstr("pixels end after 7 bytes, within frame 1 of 2; expected 12 bytes"));
  std::string packed(100, '\0');
  uLongf size = 100;
  const std::string seven = "1234567";
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(seven.data()),
           seven.size());
  text.more = "CompressedData = True\n";
  text.pixels = packed.substr(0, size);
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("pixels of frame 1 end after 1 of 6 bytes"));
  text.more = fmt::format("CompressedData = True\nCompressedDataSize = {}\n", size + 1);
  EXPECT_THAT(refusal_of(text.text()), HasSubstr("compressed pixels; expected 16 (the file is truncated)"));
}

TEST(IgsRefusal, RefusesAbsurdSizesBeforeAllocating) {
  SequenceText text;
  for (const char* sizes :
       {"4000000000 4000000000 4000000000", "65536 65536 100", "0 0 4000000000", "1 1 999999999999"}) {
    text.sizes = sizes;
    EXPECT_NE(refusal_of(text.text()), "") << sizes;
    text.more = "CompressedData = True\n";
    EXPECT_NE(refusal_of(text.text()), "") << sizes;
    text.more = "";
  }
}

TEST(IgsRefusal, FindsAFlippedBitInCompressedPixels) {
  const TemporaryFolder folder;
  std::string content = read_file(sample("NwirePhantomFreehand.igs.mha"));
  content[content.size() - 3] =
      static_cast<char>(content[content.size() - 3] ^ 1);  // within the checksum itself
  const std::string path = write_file(folder / "flipped.igs.mha", content);
  Listener listener;
  const auto source = open_igs_sequence(path, listener);
  EXPECT_THAT(refusal([&] { all_pixels(*source); }), HasSubstr("flipped.igs.mha: pixels are damaged"));
}

TEST(IgsRefusal, WarnsOfPixelsBeyondTheLastFrame) {
  const TemporaryFolder folder;
  SequenceText text;
  text.pixels += "more";
  Listener listener;
  all_pixels(*open_igs_sequence(write_file(folder / "a.igs.mha", text.text()), listener));
  EXPECT_TRUE(listener.has_warning("more pixels than the 2 frames"));
}

/// Opens and reads whatever `content` is; only a snitt::Error may come out.
void survive(const std::string& path, const std::string& content) {
  write_file(path, content);
  Listener listener;
  try {
    const auto source = open_igs_sequence(path, listener);
    // A header that survives a flip may promise at most what its file can hold.
    ASSERT_LT(source->frames().count * source->frames().shape.bytes(), 2000 * content.size());
    all_pixels(*source);
  } catch (const Error&) {
  }
}

std::vector<std::string> small_recordings() {
  SequenceText raw;
  raw.more = "Operator = nobody\n";
  raw.fields += "Seq_Frame0000_Encoder = 1\nSeq_Frame0001_Encoder = 2\n";
  SequenceText packed = raw;
  std::string zlib(100, '\0');
  uLongf size = 100;
  compress(reinterpret_cast<Bytef*>(zlib.data()), &size, reinterpret_cast<const Bytef*>(raw.pixels.data()),
           raw.pixels.size());
  packed.more += fmt::format("CompressedData = True\nCompressedDataSize = {}\n", size);
  packed.pixels = zlib.substr(0, size);
  const std::string nrrd =
      "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 3 2 2\nkinds: domain domain list\nencoding: raw\n"
      "ultrasound image orientation:=UN\nSeq_Frame0000_Timestamp:=0\nSeq_Frame0001_Timestamp:=1\n\n" +
      raw.pixels;
  return {raw.text(), packed.text(), nrrd};
}

TEST(IgsRefusal, SurvivesEveryTruncation) {
  const TemporaryFolder folder;
  for (const std::string& whole : small_recordings())
    for (std::size_t length = 0; length < whole.size(); ++length)
      survive(folder / "cut.igs.mha", whole.substr(0, length));
}

TEST(IgsRefusal, SurvivesFlippedBitsAndForeignBytes) {
  const TemporaryFolder folder;
  std::mt19937 random(7);
  for (const std::string& whole : small_recordings())
    for (int round = 0; round < 3000; ++round) {
      std::string broken = whole;
      for (std::uint32_t flips = 1 + random() % 4; flips > 0; --flips) {
        char& byte = broken[random() % broken.size()];
        byte = random() % 2 == 0 ? static_cast<char>(byte ^ (1 << random() % 8))
                                 : static_cast<char>('0' + random() % 10);
      }
      survive(folder / "flipped.igs.mha", broken);
    }
}

}  // namespace
}  // namespace snitt::formats
