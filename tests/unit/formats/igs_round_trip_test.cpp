#include <itkImage.h>
#include <itkMetaImageIO.h>

#include <random>

#include "formats/igs_sequence.hpp"
#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;

struct Case {
  std::string extension;
  PixelPacking packing;
  PixelFormat format;
};

std::string describe_case(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.extension.substr(info.param.extension.rfind('.') + 1) + "_" +
                     std::string(name_of(info.param.format.type)) +
                     (info.param.format.components == 3 ? "_rgb" : "");
  return name + (info.param.packing == PixelPacking::raw ? "_raw" : "_compressed");
}

/// Every value differs from its neighbours; poses need all 17 digits.
MemorySource recording(PixelFormat format) {
  Frames frames;
  frames.count = 5;
  frames.shape = {4, 3, format};
  frames.recorded_orientation = "UNA";
  frames.pixel_spacing_mm = {0.1, 0.07};
  frames.header = {{"Scanner", "X 5"}, {"Depth Mm", "60"}};
  frames.constant = {{{"Image", "Probe"}, {{0.1, 0, 0, 1.0 / 3, 0, 0.1, 0, 2, 0, 0, 0.1, 3, 0, 0, 0, 1}}}};
  std::mt19937_64 random(1);
  TrackedTransform tracked{{"Probe", "Tracker"}, {}, {}, {}};
  std::vector<std::string> notes;
  std::vector<double> encoder;
  for (std::size_t i = 0; i < frames.count; ++i) {
    frames.time_s.push_back(100 + static_cast<double>(i) / 3);
    frames.image_status.push_back(i == 2 ? Status::invalid : Status::ok);
    Matrix4 matrix;
    for (std::size_t k = 0; k < 12; ++k) matrix.m[k] += static_cast<double>(random() % 1000000007) / 3e10;
    tracked.matrix.push_back(matrix);
    tracked.status.push_back(static_cast<Status>(i));
    notes.push_back(i == 1 ? "" : "note " + std::to_string(i));
    encoder.push_back(1.0 / static_cast<double>(i + 3));
  }
  frames.tracked.push_back(std::move(tracked));
  frames.fields = {{"Encoder", encoder}, {"Note", notes}};
  std::vector<std::byte> pixels(frames.count * frames.shape.bytes());
  for (std::byte& byte : pixels) byte = static_cast<std::byte>(random());
  return {std::move(frames), std::move(pixels)};
}

class IgsRoundTrip : public testing::TestWithParam<Case> {};

TEST_P(IgsRoundTrip, GivesBackPixelsPosesStatusesFieldsAndHeader) {
  const TemporaryFolder folder;
  Listener listener;
  MemorySource source = recording(GetParam().format);
  const std::string path = folder / ("a" + GetParam().extension);
  write_igs_sequence(path, source, GetParam().packing, IfExists::refuse, listener);
  const auto back = open_igs_sequence(path, listener);
  const Frames& a = source.frames();
  const Frames& b = back->frames();
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.time_s, b.time_s);
  EXPECT_EQ(a.image_status, b.image_status);
  EXPECT_EQ(a.pixel_spacing_mm, b.pixel_spacing_mm);
  EXPECT_EQ(b.recorded_orientation, "MFA");
  ASSERT_EQ(b.tracked.size(), 1U);
  EXPECT_EQ(a.tracked[0].name, b.tracked[0].name);
  EXPECT_EQ(a.tracked[0].matrix, b.tracked[0].matrix);
  EXPECT_EQ(a.tracked[0].status, b.tracked[0].status);
  ASSERT_EQ(b.constant.size(), 1U);
  EXPECT_EQ(a.constant[0].matrix, b.constant[0].matrix);
  ASSERT_EQ(b.fields.size(), 2U);
  EXPECT_EQ(a.fields[0].values, b.fields[0].values);
  EXPECT_EQ(a.fields[1].values, b.fields[1].values);
  for (const auto& pair : a.header)
    EXPECT_NE(std::find(b.header.begin(), b.header.end(), pair), b.header.end()) << pair.first;
  EXPECT_EQ(all_pixels(source), all_pixels(*back));
  EXPECT_TRUE(listener.warnings.empty()) << listener.warnings.front();

  // A second time round nothing changes any more: the file is a fixed point.
  const std::string again = folder / ("b" + GetParam().extension);
  write_igs_sequence(again, *back, GetParam().packing, IfExists::refuse, listener);
  const auto third = open_igs_sequence(again, listener);
  EXPECT_EQ(third->frames().header, b.header);
  EXPECT_EQ(all_pixels(*third), all_pixels(*back));
}

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const char* extension : {".igs.mha", ".igs.mhd", ".igs.nrrd", ".igs.nhdr"})
    for (const PixelPacking packing : {PixelPacking::raw, PixelPacking::compressed}) {
      for (const PixelType type : {PixelType::u8, PixelType::i8, PixelType::u16, PixelType::i16,
                                   PixelType::u32, PixelType::i32, PixelType::f32, PixelType::f64})
        list.push_back({extension, packing, {type, 1}});
      list.push_back({extension, packing, {PixelType::u8, 3}});
      list.push_back({extension, packing, {PixelType::u16, 3}});
    }
  return list;
}
INSTANTIATE_TEST_SUITE_P(AllForms, IgsRoundTrip, testing::ValuesIn(cases()), describe_case);

TEST(IgsWriter, WritesWhatItkReadsWithTheSamePixels) {
  for (const PixelPacking packing : {PixelPacking::raw, PixelPacking::compressed}) {
    const TemporaryFolder folder;
    Listener listener;
    MemorySource source = recording({PixelType::u16, 1});
    const std::string path = folder / "a.igs.mha";
    write_igs_sequence(path, source, packing, IfExists::refuse, listener);
    const auto io = itk::MetaImageIO::New();
    io->SetFileName(path);
    io->ReadImageInformation();
    ASSERT_EQ(io->GetNumberOfDimensions(), 3U);
    EXPECT_EQ(io->GetDimensions(0), 3U);
    EXPECT_EQ(io->GetDimensions(1), 4U);
    EXPECT_EQ(io->GetDimensions(2), 5U);
    itk::ImageIORegion region(3);
    for (unsigned i = 0; i < 3; ++i) region.SetSize(i, io->GetDimensions(i));
    io->SetIORegion(region);
    std::vector<std::byte> pixels(static_cast<std::size_t>(io->GetImageSizeInBytes()));
    io->Read(pixels.data());
    EXPECT_EQ(pixels, all_pixels(source));
  }
}

TEST(IgsWriter, WritesPosesWithoutImages) {
  const TemporaryFolder folder;
  Listener listener;
  const auto source =
      open_igs_sequence(sample("WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha"), listener);
  for (const char* name : {"a.igs.mha", "a.igs.nrrd"}) {
    write_igs_sequence(folder / name, *source, PixelPacking::compressed, IfExists::refuse, listener);
    const auto back = open_igs_sequence(folder / name, listener);
    EXPECT_EQ(back->frames().count, 801U);
    EXPECT_EQ(back->frames().tracked[1].matrix, source->frames().tracked[1].matrix);
    EXPECT_EQ(back->frames().fields[1].values, source->frames().fields[1].values);
  }
}

TEST(IgsWriter, LeavesNothingBehindWhenTheInputBreaks) {
  const TemporaryFolder folder;
  Listener listener;
  std::string content = read_file(sample("SpinePhantomFreehand.igs.mha"));
  content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 64);
  const auto source = open_igs_sequence(write_file(folder / "broken.igs.mha", content), listener);
  for (const char* name : {"out.igs.mha", "out.igs.mhd"})
    EXPECT_NE(refusal([&] {
                write_igs_sequence(folder / name, *source, PixelPacking::compressed, IfExists::refuse,
                                   listener);
              }),
              "");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 1U);
}

TEST(IgsWriter, RefusesTextThatTheFormatCannotHold) {
  const TemporaryFolder folder;
  Listener listener;
  MemorySource source = recording({});
  Frames frames = source.frames();
  frames.header.emplace_back("Comment", "two\nlines");
  MemorySource broken(frames, all_pixels(source));
  EXPECT_THROW(write_igs_sequence(folder / "a.mha", broken, PixelPacking::raw, IfExists::refuse, listener),
               OutputError);
  EXPECT_THROW(write_igs_sequence(folder / "a.txt", source, PixelPacking::raw, IfExists::refuse, listener),
               OutputError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace snitt::formats
