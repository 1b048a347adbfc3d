#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <functional>
#include <random>

#include "base/error.hpp"
#include "calibration_samples.hpp"
#include "scratch.hpp"
#include "store/check.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

using ::testing::HasSubstr;

/// Opens the file by whatever layout it has and reads all of it.
void read_everything(const std::string& path) {
  const std::string layout = layout_of(path);
  if (layout == "volume") {
    read_volume(path);
  } else {
    const auto source = open_frames(path);
    std::vector<std::byte> pixels(source->frames().count * source->frames().shape.bytes());
    source->read(0, source->frames().count, pixels);
  }
}

/// Flips `trials` bits, one at a time and half of them in the metadata at the front; `unchanged` reads the
/// file and says whether it says what it said. Unused bytes exist in every HDF5 file; a flip there changes
/// nothing that is read.
int count_noticed_flips(const Scratch& scratch, const std::string& good, int trials,
                        const std::function<bool(const std::string&)>& unchanged) {
  std::mt19937 random(42);
  int noticed = 0;
  for (int i = 0; i < trials; ++i) {
    std::string bad = good;
    const std::size_t at = random() % (i % 2 == 0 ? bad.size() : std::min<std::size_t>(8192, bad.size()));
    bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    put_bytes(scratch.path("bad.h5"), bad);
    try {
      EXPECT_TRUE(unchanged(scratch.path("bad.h5"))) << "byte " << at;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("bad.h5"));
      ++noticed;
    }
  }
  return noticed;
}

TEST(Layouts, NoFlippedBitPassesUnnoticed) {
  const Scratch scratch;
  const Volume volume = some_volume(PixelType::i16, {60, 45, 40});
  write_volume(scratch.path("v.h5"), volume, provenance(), IfExists::refuse);
  constexpr int trials = 400;
  const int noticed =
      count_noticed_flips(scratch, bytes_of(scratch.path("v.h5")), trials, [&](const std::string& path) {
        const Volume read = read_volume(path);
        return read.voxels == volume.voxels && read.geometry == volume.geometry && read.frame == volume.frame;
      });
  EXPECT_GT(noticed, trials / 3) << "the chunks alone are most of the file";
}

TEST(Layouts, NoFlippedBitOfATransformPassesUnnoticedOrCrashesHdf5) {
  const Scratch scratch;
  StaticTransform transform{{"Image", "Probe"}, {}};
  transform.matrix(0, 3) = 12.5;
  write_transform(scratch.path("t.h5"), transform, provenance(), IfExists::refuse);
  EXPECT_GT(count_noticed_flips(scratch, bytes_of(scratch.path("t.h5")), 2000,
                                [&](const std::string& path) {
                                  const StaticTransform read = read_transform(path);
                                  return read.matrix == transform.matrix && read.name == transform.name;
                                }),
            100);
}

TEST(Layouts, NoFlippedBitOfACalibrationPassesUnnoticed) {
  const Scratch scratch;
  const CalibrationRecord record = some_calibration();
  write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse, &record);
  EXPECT_GT(count_noticed_flips(scratch, bytes_of(scratch.path("t.h5")), 2000,
                                [&](const std::string& path) {
                                  const auto read = read_calibration(path);
                                  return read && same(*read, record) &&
                                         read_transform(path).matrix == some_transform().matrix;
                                }),
            100);
}

TEST(Layouts, ATruncatedFileIsAnErrorAtEveryLength) {
  const Scratch scratch;
  const Frames frames = some_frames(4, {60, 50, {}});
  write_some(scratch.path("f.h5"), frames, noise(4 * 3000, 2));
  const std::string good = bytes_of(scratch.path("f.h5"));
  for (std::size_t length = 0; length < good.size(); length += 97) {
    put_bytes(scratch.path("bad.h5"), good.substr(0, length));
    EXPECT_THROW(read_everything(scratch.path("bad.h5")), InputError) << length;
  }
}

TEST(Layouts, AFileWithoutItsCompleteMarkIsRefused) {
  const Scratch scratch;
  write_volume(scratch.path("v.h5"), some_volume(PixelType::u8, {4, 4, 4}), provenance(), IfExists::refuse);
  const hid_t file = H5Fopen(scratch.path("v.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Adelete(file, "complete");
  H5Fclose(file);
  try {
    read_volume(scratch.path("v.h5"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is not complete"));
  }
}

TEST(Layouts, AGroupThatHoldsItselfIsRefusedInsteadOfWalkedForEver) {
  const Scratch scratch;
  for (const char* loop : {"/ITKImage/loop", "/ITKImage/0/loop", "/loop"}) {
    write_volume(scratch.path("v.h5"), some_volume(PixelType::u8, {4, 4, 4}), provenance(),
                 IfExists::overwrite);
    const hid_t file = H5Fopen(scratch.path("v.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const std::string name = loop;
    const char* target = name == "/loop" ? "/" : "/ITKImage";
    H5Lcreate_hard(file, target, file, loop, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    try {
      read_volume(scratch.path("v.h5"));
      FAIL() << loop;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(name + " is a link back to " + target));
    }
  }
}

TEST(Layouts, AFileWhoseCompleteMarkIsNotOneIsRefused) {
  const Scratch scratch;
  write_volume(scratch.path("v.h5"), some_volume(PixelType::u8, {4, 4, 4}), provenance(), IfExists::refuse);
  const hid_t file = H5Fopen(scratch.path("v.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t mark = H5Aopen(file, "complete", H5P_DEFAULT);
  const std::int64_t no = 0;
  H5Awrite(mark, H5T_NATIVE_INT64, &no);
  H5Aclose(mark);
  H5Fclose(file);
  EXPECT_THROW(read_volume(scratch.path("v.h5")), InputError);
}

TEST(CheckFile, NamesAnEditedArrayByItsOwnPathAlthoughItkHasAnotherForIt) {
  const Scratch scratch;
  const Volume volume = some_volume(PixelType::u8, {60, 60, 40});
  write_volume(scratch.path("v.h5"), volume, provenance(), IfExists::refuse);
  const hid_t file = H5Fopen(scratch.path("v.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(file, "/voxels", H5P_DEFAULT);
  const std::vector<std::uint8_t> edited(volume.voxels.size(), 1);
  H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, edited.data());
  H5Dclose(dataset);
  H5Fclose(file);
  const std::vector<Finding> findings = check_file(scratch.path("v.h5"));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].object, "/voxels");
}

TEST(Layouts, AnEditedValueIsNoticedByTheDigest) {
  const Scratch scratch;
  write_volume(scratch.path("v.h5"), some_volume(PixelType::u8, {4, 4, 4}), provenance(), IfExists::refuse);
  const hid_t file = H5Fopen(scratch.path("v.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(file, "/spacing", H5P_DEFAULT);
  const double edited[3] = {9, 9, 9};
  H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, edited);
  H5Dclose(dataset);
  H5Fclose(file);
  EXPECT_THROW(read_volume(scratch.path("v.h5")), InputError);
}

}  // namespace
}  // namespace snitt::store
