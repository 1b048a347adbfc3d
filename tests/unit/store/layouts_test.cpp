#include "store/layouts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <itkHDF5ImageIOFactory.h>
#include <itkHDF5TransformIOFactory.h>
#include <itkImageFileReader.h>
#include <itkTransform.h>
#include <itkTransformFileReader.h>
#include <tbb/global_control.h>

#include <cmath>

#include "base/error.hpp"
#include "samples.hpp"
#include "scratch.hpp"
#include "store/check.hpp"

namespace snitt::store {
namespace {

using ::testing::HasSubstr;

class VolumeLayout : public ::testing::TestWithParam<PixelType> {};

TEST_P(VolumeLayout, GivesBackEveryValueOfEveryPixelType) {
  const Scratch scratch;
  for (const std::size_t components : {1U, 3U}) {
    const std::string path = scratch.path("v" + std::to_string(components) + ".h5");
    const Volume written = some_volume(GetParam(), {301, 187, 23}, components);
    write_volume(path, written, provenance(), IfExists::refuse);
    const Volume read = read_volume(path);
    EXPECT_EQ(read.geometry, written.geometry);
    EXPECT_EQ(read.format, written.format);
    EXPECT_EQ(read.frame, "Reference");
    EXPECT_EQ(read.quantity, "echo amplitude");
    EXPECT_EQ(read.metadata, written.metadata);
    EXPECT_TRUE(read.voxels == written.voxels);
    EXPECT_TRUE(check_file(path).empty());
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, VolumeLayout,
                         ::testing::Values(PixelType::u8, PixelType::i8, PixelType::u16, PixelType::i16,
                                           PixelType::u32, PixelType::i32, PixelType::f32, PixelType::f64),
                         [](const auto& param) { return std::string(name_of(param.param)); });

TEST(VolumeLayout, OpensInItkWithTheSameNumbers) {
  const Scratch scratch;
  const Volume written = some_volume(PixelType::i16, {70, 50, 30});
  write_volume(scratch.path("v.h5"), written, provenance(), IfExists::refuse);
  itk::HDF5ImageIOFactory::RegisterOneFactory();
  const auto image = itk::ReadImage<itk::Image<short, 3>>(scratch.path("v.h5"));
  EXPECT_EQ(image->GetLargestPossibleRegion().GetSize()[0], 70U);
  EXPECT_EQ(image->GetLargestPossibleRegion().GetSize()[2], 30U);
  for (unsigned axis = 0; axis < 3; ++axis) {
    EXPECT_EQ(image->GetSpacing()[axis], written.geometry.spacing_mm[axis]);
    EXPECT_EQ(image->GetOrigin()[axis], written.geometry.origin_mm[axis]);
    for (unsigned i = 0; i < 3; ++i)  // ITK's matrix has the axis vectors as columns
      EXPECT_EQ(image->GetDirection()[i][axis], written.geometry.axis_directions[axis][i]);
  }
  const auto values = written.values<std::int16_t>();
  EXPECT_TRUE(std::equal(values.begin(), values.end(), image->GetBufferPointer()));
}

TEST(VolumeLayout, OpensInItkWithTimeAndColour) {
  const Scratch scratch;
  Volume written = some_volume(PixelType::u8, {9, 8, 7}, 3);
  written.time_points = 4;
  written.dimensions = 4;
  written.time_step_s = 0.5;
  written.voxels = noise(9 * 8 * 7 * 3 * 4, 3);
  write_volume(scratch.path("v.h5"), written, provenance(), IfExists::refuse);
  EXPECT_EQ(read_volume(scratch.path("v.h5")).time_step_s, 0.5);
  itk::HDF5ImageIOFactory::RegisterOneFactory();
  const auto image = itk::ReadImage<itk::Image<itk::RGBPixel<unsigned char>, 4>>(scratch.path("v.h5"));
  EXPECT_EQ(image->GetLargestPossibleRegion().GetSize()[3], 4U);
  EXPECT_EQ(image->GetSpacing()[3], 0.5);
  EXPECT_EQ(std::memcmp(image->GetBufferPointer(), written.voxels.data(), written.voxels.size()), 0);
}

TEST(TransformLayout, OpensInItkAsTheSamePointMap) {
  const Scratch scratch;
  StaticTransform written{{"Image", "Probe"}, {}};
  written.matrix.m = {0.1, -0.2, 0.3, 4, 0.5, 0.6, -0.7, 8, 0.9, 1.1, 1.2, -13, 0, 0, 0, 1};
  write_transform(scratch.path("t.h5"), written, provenance(), IfExists::refuse);
  const StaticTransform read = read_transform(scratch.path("t.h5"));
  EXPECT_EQ(read.matrix, written.matrix);
  EXPECT_EQ(read.name, written.name);

  itk::HDF5TransformIOFactory::RegisterOneFactory();
  auto reader = itk::TransformFileReaderTemplate<double>::New();
  reader->SetFileName(scratch.path("t.h5"));
  reader->Update();
  ASSERT_EQ(reader->GetTransformList()->size(), 1U);
  const auto* affine =
      dynamic_cast<const itk::Transform<double, 3, 3>*>(reader->GetTransformList()->front().GetPointer());
  ASSERT_NE(affine, nullptr);
  itk::Point<double, 3> p;
  p[0] = 3;
  p[1] = -5;
  p[2] = 7;
  const auto q = affine->TransformPoint(p);
  const Vec3 expected = transform_point(written.matrix, {3, -5, 7});
  for (unsigned i = 0; i < 3; ++i)
    EXPECT_NEAR(q[i], expected[i], 1e-12) << "same sum, maybe in another order";
}

TEST(FramesLayout, GivesBackPixelsPosesStatusesFieldsAndHeader) {
  const Scratch scratch;
  for (const FrameShape shape :
       {FrameShape{61, 47, {PixelType::u8, 1}}, FrameShape{40, 30, {PixelType::u16, 3}},
        FrameShape{1200, 1000, {PixelType::u8, 1}}}) {
    const Frames written = some_frames(23, shape);
    const std::vector<std::byte> pixels = noise(written.count * shape.bytes(), 11);
    const std::string path = scratch.path(std::to_string(shape.rows) + ".h5");
    write_some(path, written, pixels);
    const auto source = open_frames(path);
    const Frames& read = source->frames();
    EXPECT_EQ(read.count, 23U);
    EXPECT_EQ(read.shape, shape);
    EXPECT_EQ(read.time_s, written.time_s);
    EXPECT_EQ(read.image_status, written.image_status);
    EXPECT_EQ(read.recorded_orientation, "UNA");
    EXPECT_EQ(read.pixel_spacing_mm, written.pixel_spacing_mm);
    EXPECT_EQ(read.header, written.header);
    ASSERT_EQ(read.tracked.size(), 2U);
    EXPECT_EQ(read.tracked[0].name.text(), "ProbeToTracker");
    EXPECT_EQ(read.tracked[0].matrix, written.tracked[0].matrix);
    EXPECT_EQ(read.tracked[0].status, written.tracked[0].status);
    EXPECT_EQ(read.tracked[1].time_s, written.tracked[1].time_s);
    ASSERT_EQ(read.fields.size(), 2U);
    EXPECT_EQ(read.fields[0].name, "Note/of.day");
    EXPECT_EQ(std::get<std::vector<std::string>>(read.fields[0].values)[2], "blåbær 2");
    EXPECT_TRUE(std::isnan(std::get<std::vector<double>>(read.fields[1].values)[0]));
    EXPECT_EQ(std::get<std::vector<double>>(read.fields[1].values)[4], 13.0);

    std::vector<std::byte> all(pixels.size());
    source->read(0, 23, all);
    EXPECT_TRUE(all == pixels);
    std::vector<std::byte> some(3 * shape.bytes());  // random access, against the order of the file
    for (const std::size_t first : {20U, 7U, 0U}) {
      source->read(first, 3, some);
      EXPECT_TRUE(std::equal(some.begin(), some.end(),
                             pixels.begin() + static_cast<std::ptrdiff_t>(first * shape.bytes())));
    }
    EXPECT_TRUE(check_file(path).empty());
  }
}

TEST(FramesLayout, HoldsPosesWithoutImages) {
  const Scratch scratch;
  const Frames written = some_frames(801, {0, 0, {}});
  write_some(scratch.path("poses.h5"), written, {});
  EXPECT_EQ(open_frames(scratch.path("poses.h5"))->frames().tracked[0].matrix, written.tracked[0].matrix);
}

TEST(FramesLayout, RefusesToFinishWithFramesMissing) {
  const Scratch scratch;
  const Frames frames = some_frames(5, {10, 10, {}});
  {
    FramesWriter writer(scratch.path("short.h5"), frames, provenance(), IfExists::refuse);
    writer.write(noise(300, 1));
    EXPECT_THROW(writer.finish(), ComputationError);
  }
  EXPECT_TRUE(scratch.names().empty()) << "an unfinished file leaves nothing behind";
}

TEST(TableLayout, GivesBackEveryKindOfColumn) {
  const Scratch scratch;
  Table written;
  written.columns = {{"dose", "mGy", "CTDIvol", std::vector<double>{1.5, std::nan(""), -2}},
                     {"count", "1", "exams", std::vector<std::int64_t>{1, 2, std::int64_t{1} << 60}},
                     {"site", "", "hospital", Categorical{{1, -1, 0}, {"Tromsø", "Bodø"}, false}},
                     {"note", "", "free text", std::vector<std::string>{"", "a,b", "ø"}},
                     {"a/b", "1", "a flag", std::vector<std::uint8_t>{0, 1, 1}}};
  write_table(scratch.path("t.h5"), written, provenance(), IfExists::refuse);
  const Table read = read_table(scratch.path("t.h5"));
  ASSERT_EQ(read.columns.size(), 5U);
  EXPECT_EQ(read.columns[0].units, "mGy");
  EXPECT_EQ(read.columns[0].description, "CTDIvol");
  EXPECT_TRUE(std::isnan(std::get<std::vector<double>>(read.columns[0].values)[1]));
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(read.columns[1].values)[2], std::int64_t{1} << 60);
  EXPECT_EQ(std::get<Categorical>(read.columns[2].values).codes, (std::vector<std::int32_t>{1, -1, 0}));
  EXPECT_EQ(std::get<Categorical>(read.columns[2].values).categories[0], "Tromsø");
  EXPECT_EQ(std::get<std::vector<std::string>>(read.columns[3].values)[1], "a,b");
  EXPECT_EQ(read.columns[4].name, "a/b");
  EXPECT_TRUE(check_file(scratch.path("t.h5")).empty());
}

TEST(Layouts, AreTheSameBytesForAnyNumberOfThreads) {
  const Scratch scratch;
  const Volume volume = some_volume(PixelType::f32, {256, 200, 40});
  const Frames frames = some_frames(40, {300, 400, {PixelType::u16, 1}});
  const std::vector<std::byte> pixels = noise(40 * frames.shape.bytes(), 5);
  for (const std::size_t threads : {1U, 2U, 7U}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    write_volume(scratch.path(fmt::format("v{}", threads)), volume, provenance(), IfExists::refuse);
    write_some(scratch.path(fmt::format("f{}", threads)), frames, pixels);
  }
  for (const char* other : {"2", "7"}) {
    EXPECT_TRUE(bytes_of(scratch.path("v1")) == bytes_of(scratch.path(std::string("v") + other)));
    EXPECT_TRUE(bytes_of(scratch.path("f1")) == bytes_of(scratch.path(std::string("f") + other)));
  }
}

TEST(Layouts, RefuseAnotherLayoutNamingBoth) {
  const Scratch scratch;
  write_volume(scratch.path("v.h5"), some_volume(PixelType::u8, {4, 4, 4}), provenance(), IfExists::refuse);
  try {
    open_frames(scratch.path("v.h5"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("v.h5: holds a volume; expected frames"));
  }
}

TEST(Layouts, KeepWhatStoodThereWhenWritingFails) {
  const Scratch scratch;
  put_bytes(scratch.path("v.h5"), "old");
  EXPECT_THROW(write_volume(scratch.path("v.h5"), some_volume(PixelType::u8, {4, 4, 4}), provenance(),
                            IfExists::refuse),
               OutputError);
  Volume wrong = some_volume(PixelType::u8, {4, 4, 4});
  wrong.voxels.pop_back();
  EXPECT_THROW(write_volume(scratch.path("v.h5"), wrong, provenance(), IfExists::overwrite),
               ComputationError);
  EXPECT_EQ(bytes_of(scratch.path("v.h5")), "old");
  EXPECT_EQ(scratch.names().size(), 1U);
}

TEST(Provenance, TravelsWithItsInputsStory) {
  const Scratch scratch;
  write_volume(scratch.path("v.h5"), some_volume(PixelType::u8, {4, 4, 4}), provenance(), IfExists::refuse);
  const std::string story = provenance_of(scratch.path("v.h5"));
  EXPECT_THAT(story, HasSubstr("\"sigma_mm\": 1.5"));
  Provenance next = provenance();
  next.inputs = {{"INPUT", std::string(64, 'b'), story}};
  write_volume(scratch.path("w.h5"), some_volume(PixelType::u8, {4, 4, 4}), next, IfExists::refuse);
  EXPECT_THAT(provenance_of(scratch.path("w.h5")), HasSubstr(std::string(64, 'a')));
}

}  // namespace
}  // namespace snitt::store
