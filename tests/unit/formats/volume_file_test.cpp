#include "formats/volume_file.hpp"

#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>

#include <cmath>

#include "formats/element_data.hpp"
#include "unit/formats/volume_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace snitt::volume_test;
using ::testing::HasSubstr;

struct RoundTrip {
  std::string extension;
  PixelFormat format;
  int dimensions;
  Compression compression;
};

std::string text_of(const RoundTrip& c) {
  return c.extension + " " + std::string(name_of(c.format.type)) + " x" +
         std::to_string(c.format.components) + " " + std::to_string(c.dimensions) + "-D" +
         (c.compression == Compression::on ? " compressed" : "");
}

std::vector<RoundTrip> all_round_trips() {
  std::vector<RoundTrip> all;
  for (const char* extension : {".mha", ".mhd", ".nrrd", ".nhdr", ".nii", ".nii.gz"})
    for (int type = 0; type < 8; ++type)
      for (const int dimensions : {2, 3, 4})
        for (const auto compression : {Compression::on, Compression::off})
          all.push_back({extension, {static_cast<PixelType>(type), 1}, dimensions, compression});
  for (const char* extension : {".mha", ".mhd", ".nrrd", ".nhdr", ".nii", ".nii.gz"})
    all.push_back({extension, {PixelType::u8, 3}, 3, Compression::on});
  for (const char* extension : {".mha", ".nrrd"}) {
    all.push_back({extension, {PixelType::f32, 3}, 3, Compression::on});
    all.push_back({extension, {PixelType::u8, 3}, 2, Compression::off});
    all.push_back({extension, {PixelType::u16, 3}, 4, Compression::on});
  }
  return all;
}

bool is_nifti_name(const std::string& extension) { return extension.starts_with(".nii"); }

/// MetaImage keeps every digit; NRRD stores spacing and direction as one product, whose norm rounds; NIfTI-1
/// has float32.
double geometry_tolerance(const std::string& extension) {
  if (is_nifti_name(extension)) return 4e-6;  // half an ulp of a float32 near 33
  return extension.starts_with(".n") ? 1e-15 : 0;
}

void expect_geometry(const VolumeGeometry& got, const VolumeGeometry& expected, double tolerance) {
  EXPECT_EQ(got.size, expected.size);
  EXPECT_LE(largest_difference(got.origin_mm, expected.origin_mm), tolerance);
  EXPECT_LE(largest_difference(got.spacing_mm, expected.spacing_mm), tolerance);
  for (std::size_t axis = 0; axis < 3; ++axis)
    EXPECT_LE(largest_difference(got.axis_directions[axis], expected.axis_directions[axis]), tolerance)
        << "axis " << axis;
}

void expect_round_trip(const Scratch& folder, const RoundTrip& c) {
  SCOPED_TRACE(text_of(c));
  ListeningMonitor monitor;
  Volume volume = random_volume(c.format, c.dimensions);
  volume.frame = "Reference";
  volume.quantity = "echo amplitude";
  volume.units = "dB";
  volume.metadata = {{"Scanner", "a scanner"}, {"Note", "two words"}};
  const std::string path = folder / ("v" + std::to_string(c.extension.size()) +
                                     c.extension);  // beside v.nii, ITK would not find v.nii.gz
  write_volume(path, volume, IfExists::overwrite, monitor, c.compression);
  EXPECT_TRUE(is_volume(path));
  const Volume back = read_volume(path, monitor);
  EXPECT_EQ(monitor.warnings, "");
  EXPECT_EQ(back.format, volume.format);
  EXPECT_EQ(back.dimensions, volume.dimensions);
  EXPECT_EQ(back.time_points, volume.time_points);
  EXPECT_EQ(back.time_step_s, volume.time_step_s);
  EXPECT_TRUE(back.voxels == volume.voxels);
  expect_geometry(back.geometry, volume.geometry, geometry_tolerance(c.extension));
  EXPECT_EQ(back.frame, volume.frame);
  EXPECT_EQ(back.quantity, volume.quantity);
  EXPECT_EQ(back.units, volume.units);
  EXPECT_EQ(back.metadata, is_nifti_name(c.extension) ? decltype(volume.metadata){} : volume.metadata);
}

TEST(VolumeFile, ComesBackAsItWasWritten) {
  const Scratch folder;
  for (const RoundTrip& c : all_round_trips()) expect_round_trip(folder, c);
}

itk::ImageIOBase::Pointer itk_io(const std::string& extension) {
  if (extension.starts_with(".m")) return itk::MetaImageIO::New().GetPointer();
  if (is_nifti_name(extension)) return itk::NiftiImageIO::New().GetPointer();
  return itk::NrrdImageIO::New().GetPointer();
}

/// ITK reads no NRRD with time and colours, and drops the orientation of a flat NIfTI.
bool itk_reads(const RoundTrip& c) {
  return !(c.extension.starts_with(".n") && c.format.components == 3 && c.dimensions == 4) &&
         !(is_nifti_name(c.extension) && c.dimensions == 2);
}

void expect_same_in_itk(const Scratch& folder, const RoundTrip& c) {
  SCOPED_TRACE(text_of(c));
  Monitor monitor;
  const Volume volume = random_volume(c.format, c.dimensions);
  const std::string path = folder / ("v" + std::to_string(c.extension.size()) +
                                     c.extension);  // beside v.nii, ITK would not find v.nii.gz
  write_volume(path, volume, IfExists::overwrite, monitor, c.compression);
  const auto io = itk_io(c.extension);
  io->SetFileName(path);
  io->ReadImageInformation();
  ASSERT_EQ(io->GetNumberOfDimensions(), static_cast<unsigned>(c.dimensions));
  ASSERT_EQ(io->GetNumberOfComponents(), c.format.components);
  ASSERT_EQ(io->GetImageSizeInBytes(), static_cast<itk::ImageIOBase::SizeType>(volume.voxels.size()));
  itk::ImageIORegion region(static_cast<unsigned>(c.dimensions));
  for (unsigned i = 0; i < static_cast<unsigned>(c.dimensions); ++i) region.SetSize(i, io->GetDimensions(i));
  io->SetIORegion(region);
  std::vector<std::byte> voxels(volume.voxels.size());
  io->Read(voxels.data());
  EXPECT_TRUE(voxels == volume.voxels);
  const double tolerance =
      is_nifti_name(c.extension) ? 4e-6 : 1e-12;  // ITK turns NIfTI through float32 quaternions
  for (unsigned axis = 0; axis < static_cast<unsigned>(std::min(3, c.dimensions)); ++axis) {
    EXPECT_NEAR(io->GetSpacing(axis), volume.geometry.spacing_mm[axis], tolerance);
    EXPECT_NEAR(io->GetOrigin(axis), volume.geometry.origin_mm[axis], tolerance);
    for (unsigned i = 0; i < static_cast<unsigned>(std::min(3, c.dimensions)); ++i)
      EXPECT_NEAR(io->GetDirection(axis)[i], volume.geometry.axis_directions[axis][i], tolerance)
          << axis << " " << i;
  }
}

TEST(VolumeFile, IsReadByItkWithTheSameVoxelsAndPlace) {
  const Scratch folder;
  for (const RoundTrip& c : all_round_trips())
    if (itk_reads(c)) expect_same_in_itk(folder, c);
}

TEST(VolumeFile, WritesTheSameBytesTwice) {
  const Scratch folder;
  Monitor monitor;
  const Volume volume = random_volume({PixelType::i16, 1}, 3);
  for (const char* extension : {".mha", ".nrrd", ".nii.gz"}) {
    write_volume(folder / (std::string("a") + extension), volume, IfExists::refuse, monitor);
    write_volume(folder / (std::string("b") + extension), volume, IfExists::refuse, monitor);
    EXPECT_EQ(read_text(folder / (std::string("a") + extension)),
              read_text(folder / (std::string("b") + extension)));
  }
}

TEST(VolumeFile, LeavesNothingBehindWhenTheDataFileExists) {
  const Scratch folder;
  Monitor monitor;
  write_text(folder / "v.zraw", "mine");
  const Volume volume = random_volume({PixelType::u8, 1}, 3);
  EXPECT_THAT(
      message_of<OutputError>([&] { write_volume(folder / "v.mhd", volume, IfExists::refuse, monitor); }),
      HasSubstr("v.zraw: exists"));
  EXPECT_THAT(folder.names(), ::testing::ElementsAre("v.zraw"));
  EXPECT_EQ(read_text(folder / "v.zraw"), "mine");
}

TEST(VolumeFile, NamesTheExtensionsItKnows) {
  const Scratch folder;
  Monitor monitor;
  EXPECT_THAT(
      message_of<UsageError>([&] {
        write_volume(folder / "v.img", random_volume({PixelType::u8, 1}, 3), IfExists::refuse, monitor);
      }),
      HasSubstr("expected .mha, .mhd, .nrrd"));
}

TEST(VolumeFile, SaysWhatAForeignFileIsNot) {
  const Scratch folder;
  Monitor monitor;
  write_text(folder / "notes.txt", "not an image");
  EXPECT_FALSE(is_volume(folder / "notes.txt"));
  EXPECT_THAT(message_of<InputError>([&] { read_volume(folder / "notes.txt", monitor); }),
              HasSubstr("notes.txt: is no MetaImage, NRRD, NIfTI or DICOM image"));
  EXPECT_THAT(message_of<InputError>([&] { read_volume(folder / "absent.mha", monitor); }),
              HasSubstr("does not exist"));
  write_text(folder / "empty.mha", "");
  EXPECT_FALSE(is_volume(folder / "empty.mha"));
}

/// A stride that meets every part of a header over the formats, and keeps the test in a second.
constexpr std::size_t stride = 11;

TEST(VolumeFile, RefusesEveryTruncationOfEveryFormat) {
  const Scratch folder;
  Monitor monitor;
  const Volume volume = random_volume({PixelType::i16, 1}, 2);
  for (const char* extension : {".mha", ".nrrd", ".nii", ".nii.gz"})
    for (const auto compression : {Compression::on, Compression::off}) {
      const std::string whole = folder / (std::string("whole") + extension);
      write_volume(whole, volume, IfExists::overwrite, monitor, compression);
      const std::string bytes = read_text(whole);
      const std::string cut = folder / (std::string("cut") + extension);
      for (std::size_t length = 1; length < bytes.size();
           length += length + stride < bytes.size() ? stride : 1) {
        write_text(cut, bytes.substr(0, length));
        EXPECT_THROW(read_volume(cut, monitor), InputError)
            << extension << " cut to " << length << " of " << bytes.size();
      }
    }
}

TEST(VolumeFile, NeverCrashesOnAFlippedByte) {
  const Scratch folder;
  Monitor monitor;
  const Volume volume = random_volume({PixelType::i16, 1}, 2);
  for (const char* extension : {".mha", ".nrrd", ".nii", ".nii.gz"}) {
    const std::string whole = folder / (std::string("whole") + extension);
    write_volume(whole, volume, IfExists::refuse, monitor);
    const std::string bytes = read_text(whole);
    const std::string damaged = folder / (std::string("damaged") + extension);
    for (std::size_t at = 0; at < bytes.size(); at += stride) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
      write_text(damaged, flipped);
      try {
        read_volume(damaged, monitor);
      } catch (const InputError&) {
        // refused, which is the point: nothing else may come out
      }
    }
  }
}

}  // namespace
}  // namespace snitt::formats
