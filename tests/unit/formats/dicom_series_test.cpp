#include "formats/dicom_series.hpp"

#include <tbb/global_control.h>

#include <cmath>

#include "formats/volume_file.hpp"
#include "unit/formats/dicom_fixture.hpp"
#include "unit/formats/volume_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace snitt::volume_test;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double step_mm = 2.5;

/// Slices at z = 0, 2.5, 5 … whose file names run against their order; `bend` may change slice i.
void write_series(const Scratch& folder, int count,
                  const std::function<void(int, SyntheticSlice&)>& bend = {}) {
  for (int i = 0; i < count; ++i) {
    SyntheticSlice slice;
    slice.position = {-10, -20, step_mm * i};
    slice.words.assign(slice.rows * slice.columns, static_cast<unsigned>(1024 + i));
    if (bend) bend(i, slice);
    write_synthetic_slice(folder / ("im" + std::to_string(90 - i)), slice);
  }
}

std::string error_of(const Scratch& folder, const DicomSeriesOptions& options = {}) {
  Monitor monitor;
  return message_of<InputError>([&] { read_volume(folder.path(), monitor, options); });
}

TEST(DicomSeries, IsSortedByPlaceAndComesOutInHounsfieldUnits) {
  const Scratch folder;
  write_series(folder, 4);
  ListeningMonitor monitor;
  ASSERT_TRUE(is_volume(folder.path()));
  const Volume v = read_volume(folder.path(), monitor);
  EXPECT_EQ(monitor.warnings, "");
  EXPECT_EQ(v.geometry.size, (std::array<std::size_t, 3>{6, 4, 4}));
  EXPECT_EQ(v.geometry.spacing_mm, (Vec3{0.75, 0.5, 2.5}));
  EXPECT_EQ(v.geometry.origin_mm, (Vec3{-10, -20, 0}));
  EXPECT_EQ(v.geometry.axis_directions[2], (Vec3{0, 0, 1}));
  EXPECT_EQ(v.format, (PixelFormat{PixelType::i16, 1}));
  for (std::size_t k = 0; k < 4; ++k)
    EXPECT_EQ(v.values<std::int16_t>()[24 * k], static_cast<std::int16_t>(k));
  EXPECT_EQ(v.quantity, "attenuation");
  EXPECT_EQ(v.units, "HU");
}

TEST(DicomSeries, KeepsNothingThatNamesAPersonAPlaceOrADay) {
  const Scratch folder;
  write_series(folder, 2);
  Monitor monitor;
  const Volume v = read_volume(folder.path(), monitor);
  std::string all;
  for (const auto& [key, value] : v.metadata) all += key + "=" + value + ";";
  EXPECT_THAT(all,
              AllOf(HasSubstr("Modality=CT"), HasSubstr("ConvolutionKernel=B30f"), HasSubstr("KVP=120")));
  for (const char* secret :
       {"Nordmann", "01017012345", "19700101", "20200229", "Hospital", "PATIENT", "1.2.3"})
    EXPECT_THAT(all, Not(HasSubstr(secret)));
}

/// The type is guessed from the first file, and the guess must not show: one slice needs a wider type, be it
/// read first, last or in between.
TEST(DicomSeries, HasTheTypeThatAllSlicesNeedWhicheverIsReadFirst) {
  for (const int odd : {0, 2, 4}) {
    const Scratch folder;
    write_series(folder, 5, [&](int i, SyntheticSlice& s) {
      if (i == odd) s.words.assign(24, 50000);
    });
    Monitor monitor;
    for (const std::size_t threads : {1U, 2U, 7U}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
      const Volume v = read_volume(folder.path(), monitor);
      ASSERT_EQ(v.format.type, PixelType::u16);
      for (int k = 0; k < 5; ++k)
        EXPECT_EQ(v.values<std::uint16_t>()[24 * static_cast<std::size_t>(k)], k == odd ? 50000 - 1024 : k);
    }
  }
}

TEST(DicomSeries, OfFractionsAndOfTwoStoredTypesIsExact) {
  const Scratch fractions;
  write_series(fractions, 4, [](int i, SyntheticSlice& s) {
    if (i == 1) s.slope = "0.25";
  });
  Monitor monitor;
  const Volume f = read_volume(fractions.path(), monitor);
  ASSERT_EQ(f.format.type, PixelType::f32);
  EXPECT_EQ(f.values<float>()[24], 1025 * 0.25F - 1024);
  EXPECT_EQ(f.values<float>()[72], 3);
  // 12 bits with and without sign, at the upper end of the word or the lower, all as stored.
  const Scratch mixed;
  write_series(mixed, 4, [](int i, SyntheticSlice& s) {
    s.intercept = "0";
    s.bits_stored = 12;
    s.is_signed = i >= 2;
    s.words.assign(24, i < 2 ? 4000U : 4095U);
  });
  const Volume m = read_volume(mixed.path(), monitor);
  ASSERT_EQ(m.format.type, PixelType::i16);
  EXPECT_EQ(m.values<std::int16_t>()[0], 4000);
  EXPECT_EQ(m.values<std::int16_t>()[72], -1);
}

TEST(DicomSeries, GivesTheSameBytesForAnyNumberOfThreads) {
  const Scratch folder;
  write_series(folder, 9);
  Monitor monitor;
  std::vector<Volume> volumes;
  for (const std::size_t threads : {1U, 2U, 7U}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    volumes.push_back(read_volume(folder.path(), monitor));
  }
  EXPECT_TRUE(volumes[0].voxels == volumes[1].voxels && volumes[0].voxels == volumes[2].voxels);
  EXPECT_EQ(volumes[0].metadata, volumes[2].metadata);
}

TEST(DicomSeries, ReadsEveryTransferSyntaxToTheSameVoxels) {
  Monitor monitor;
  std::vector<std::byte> expected;
  for (const char* transfer : {"explicit", "implicit", "big", "rle", "jpeg-lossless", "jpeg-ls"}) {
    const Scratch folder;
    write_series(folder, 2, [&](int, SyntheticSlice& s) {
      s.transfer = transfer;
      s.words.clear();
    });
    const Volume v = read_volume(folder.path(), monitor);
    if (expected.empty()) expected = v.voxels;
    EXPECT_EQ(v.values<std::int16_t>()[5], 1005 - 1024) << transfer;
    EXPECT_TRUE(v.voxels == expected) << transfer;
  }
}

TEST(DicomSeries, LooksOnlyAtTheStoredBits) {
  const Scratch folder;
  write_series(folder, 2, [](int, SyntheticSlice& s) {
    s.bits_stored = 12;
    s.is_signed = true;
    s.intercept = "0";
    s.words.assign(24, 0xF000 | 0xFFE);  // upper four bits are an overlay; the rest is -2
  });
  Monitor monitor;
  EXPECT_EQ(read_volume(folder.path(), monitor).values<std::int16_t>()[0], -2);
}

TEST(DicomSeries, WidensOnlyAsFarAsTheValuesNeed) {
  Monitor monitor;
  const auto type_with = [&](const std::string& slope, unsigned word, const std::string& intercept) {
    const Scratch folder;
    write_series(folder, 2, [&](int, SyntheticSlice& s) {
      s.slope = slope;
      s.intercept = intercept;
      s.words.assign(24, word);
    });
    return read_volume(folder.path(), monitor).format.type;
  };
  EXPECT_EQ(type_with("1", 40000, "-1024"), PixelType::u16);
  EXPECT_EQ(type_with("10", 4000, "-1024"), PixelType::u16);
  EXPECT_EQ(type_with("10", 40000, "-1024"), PixelType::i32);
  EXPECT_EQ(type_with("0.5", 1, "-1024"), PixelType::f32);
  EXPECT_EQ(type_with("1", 1, "0"), PixelType::u16) << "as stored";
}

TEST(DicomSeries, ReadsEightBitPixels) {
  const Scratch folder;
  write_series(folder, 2, [](int, SyntheticSlice& s) {
    s.bits_allocated = s.bits_stored = 8;
    s.intercept = "0";
    s.words.assign(24, 200);
  });
  Monitor monitor;
  const Volume v = read_volume(folder.path(), monitor);
  EXPECT_EQ(v.format.type, PixelType::u8);
  EXPECT_EQ(v.values<std::uint8_t>()[47], 200);
}

TEST(DicomSeries, NamesTheGapAndItsLength) {
  const Scratch folder;
  write_series(folder, 6, [](int i, SyntheticSlice& s) { s.position.z += i >= 3 ? step_mm : 0; });
  EXPECT_THAT(error_of(folder),
              HasSubstr("slices are missing: 5 mm between im88 and im87, where others are 2.5 mm apart"));
}

TEST(DicomSeries, NamesDuplicatesAndWhatTellsThemApart) {
  const Scratch folder;
  write_series(folder, 6, [](int i, SyntheticSlice& s) {
    s.position.z = step_mm * (i / 2);
    s.acquisition = std::to_string(1 + i % 2);
  });
  EXPECT_THAT(error_of(folder), AllOf(HasSubstr("lie at the same place"), HasSubstr("AcquisitionNumber"),
                                      HasSubstr("3 slices in all")));
}

TEST(DicomSeries, ListsMixedSeriesAndReadsTheChosenOne) {
  const Scratch folder;
  write_series(folder, 5, [](int i, SyntheticSlice& s) {
    s.series = i < 2 ? "1.2.3.4" : "1.2.3.5";
    s.description = i < 2 ? "thick" : "thin";
  });
  // What tells series apart, but not the description, which may name a person and would stand in a log.
  EXPECT_THAT(error_of(folder),
              AllOf(HasSubstr("--series UID"),
                    HasSubstr("1.2.3.4  2 files, CT, SliceThickness 2.5, ConvolutionKernel B30f"),
                    HasSubstr("1.2.3.5  3 files, CT, SliceThickness 2.5"), Not(HasSubstr("PATIENT")),
                    Not(HasSubstr("thin"))));
  EXPECT_THAT(error_of(folder, {"9.9", TiltedGantry::refuse}), HasSubstr("holds no series '9.9'"));
  Monitor monitor;
  EXPECT_EQ(read_volume(folder.path(), monitor, {"1.2.3.5", TiltedGantry::refuse}).geometry.size[2], 3U);
}

TEST(DicomSeries, NamesTheAngleOfATiltedGantryAndKeepsItOnDemand) {
  const Scratch folder;
  const double angle = 20 * M_PI / 180;
  write_series(folder, 5, [&](int i, SyntheticSlice& s) {
    s.position.y += step_mm * i * std::tan(angle);
    s.tilt = "-20";
  });
  EXPECT_THAT(error_of(folder),
              AllOf(HasSubstr("20.00 degrees off their normal"), HasSubstr("--tilted-gantry keep")));
  ListeningMonitor monitor;
  const Volume v = read_volume(folder.path(), monitor, {"", TiltedGantry::keep});
  EXPECT_THAT(monitor.warnings, HasSubstr("sheared geometry is kept"));
  // Closed form: the place of every slice's first voxel is its ImagePositionPatient (written with six
  // digits).
  EXPECT_LT(largest_difference(transform_point(index_to_space(v.geometry), {0, 0, 4}),
                               {-10, -20 + 10 * std::tan(angle), 10}),
            1e-6);
}

TEST(DicomSeries, NamesUnequalSizesSpacingsAndDirections) {
  const Scratch size, spacing, direction;
  write_series(size, 3, [](int i, SyntheticSlice& s) {
    if (i == 1) s.rows = 2;
  });
  EXPECT_THAT(error_of(size), HasSubstr("im89 has 6 x 2"));
  write_series(spacing, 3, [](int i, SyntheticSlice& s) {
    if (i == 1) s.pixel_spacing = "0.5\\0.8";
  });
  EXPECT_THAT(error_of(spacing), HasSubstr("im89 of 0.8 mm"));
  write_series(direction, 3, [](int i, SyntheticSlice& s) {
    if (i == 1) s.orientation = "1\\0\\0\\0\\0\\-1";
  });
  EXPECT_THAT(error_of(direction), HasSubstr("im89 lies in another direction"));
}

TEST(DicomSeries, LeavesOutALocalizerAndSaysSo) {
  const Scratch folder;
  write_series(folder, 4, [](int i, SyntheticSlice& s) {
    if (i != 3) return;
    s.image_type = "ORIGINAL\\PRIMARY\\LOCALIZER";
    s.orientation = "1\\0\\0\\0\\0\\-1";
  });
  ListeningMonitor monitor;
  EXPECT_EQ(read_volume(folder.path(), monitor).geometry.size[2], 3U);
  EXPECT_THAT(monitor.warnings, HasSubstr("1 localizer images are left out: im87"));
}

TEST(DicomSeries, CountsFilesThatAreNoImages) {
  const Scratch folder;
  write_series(folder, 2);
  write_text(folder / "notes.txt", "hello");
  write_text(folder / "empty", "");
  ListeningMonitor monitor;
  EXPECT_EQ(read_volume(folder.path(), monitor).geometry.size[2], 2U);
  EXPECT_THAT(monitor.warnings,
              HasSubstr("2 of 4 files are no DICOM images and are not read: empty, notes.txt"));
}

TEST(DicomSeries, NamesTheFileWithAMissingAttribute) {
  for (const auto& [element, name] : {std::pair{std::pair{0x20U, 0x32U}, "ImagePositionPatient (0020,0032)"},
                                      {std::pair{0x20U, 0x37U}, "ImageOrientationPatient (0020,0037)"},
                                      {std::pair{0x28U, 0x30U}, "PixelSpacing (0028,0030)"},
                                      {std::pair{0x28U, 0x10U}, "Rows and Columns"}}) {
    const Scratch folder;
    write_series(folder, 3, [&, tag = element](int i, SyntheticSlice& s) {
      if (i == 1) s.without = {tag};
    });
    EXPECT_THAT(error_of(folder), AllOf(HasSubstr("im89: "), HasSubstr(name)));
  }
}

TEST(DicomSeries, WarnsWhenCtHasNoRescale) {
  const Scratch folder;
  write_series(folder, 2, [](int, SyntheticSlice& s) { s.without = {{0x28, 0x1052}, {0x28, 0x1053}}; });
  ListeningMonitor monitor;
  EXPECT_EQ(read_volume(folder.path(), monitor).units, "1");
  EXPECT_THAT(monitor.warnings, HasSubstr("not HU"));
}

TEST(DicomSeries, NotesInvertedGrey) {
  const Scratch folder;
  write_series(folder, 2, [](int, SyntheticSlice& s) { s.photometric = "MONOCHROME1"; });
  ListeningMonitor monitor;
  read_volume(folder.path(), monitor);
  EXPECT_THAT(monitor.warnings, HasSubstr("large values are meant to be dark"));
}

TEST(DicomSeries, RefusesUnevenAndShiftedSlices) {
  const Scratch uneven, shifted;
  write_series(uneven, 5, [](int i, SyntheticSlice& s) { s.position.z += i == 2 ? 0.8 : 0; });
  EXPECT_THAT(error_of(uneven), HasSubstr("im88 lies 0.8 mm off a regular grid of 2.5 mm"));
  write_series(shifted, 5, [](int i, SyntheticSlice& s) { s.position.x += i == 2 ? 3 : 0; });
  EXPECT_THAT(error_of(shifted), HasSubstr("im88 is shifted sideways by 3 mm"));
}

TEST(DicomSeries, ReadsTheFramesOfAnEnhancedFileInTheirPlace) {
  const Scratch folder;
  write_enhanced(folder / "enhanced.dcm", {{1, 2, 9}, {1, 2, 6}, {1, 2, 3}});
  ListeningMonitor monitor;
  const Volume v = read_volume(folder / "enhanced.dcm", monitor);
  EXPECT_EQ(monitor.warnings, "");
  EXPECT_EQ(v.geometry.origin_mm, (Vec3{1, 2, 3}));
  EXPECT_EQ(v.geometry.spacing_mm, (Vec3{0.5, 0.5, 3}));
  EXPECT_EQ(v.values<std::int16_t>()[0], 2 * 2 - 1000);
  EXPECT_EQ(v.values<std::int16_t>()[8], 0 * 2 - 1000);
  EXPECT_EQ(v.units, "HU");
}

TEST(DicomSeries, NamesTheTruncatedFile) {
  const Scratch folder;
  write_series(folder, 3);
  const std::string bytes = read_text(folder / "im89");
  for (std::size_t length = 140; length < bytes.size(); length += 97) {
    write_text(folder / "im89", bytes.substr(0, length));
    EXPECT_THAT(error_of(folder), HasSubstr("im89")) << length << " of " << bytes.size();
  }
}

TEST(DicomSeries, ReadsThreeSlicesOfAPatientAsPublished) {
  const std::string path = shared_data() + "/dose/patient_slices/dcmqi_ct3slice";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  ListeningMonitor monitor;
  const Volume v = read_volume(path, monitor);
  // dcmdump: InstanceNumber 1 to 3 lie at z = -126.69, -127.69, -128.69, so the last file is the first slice.
  EXPECT_EQ(v.geometry.size, (std::array<std::size_t, 3>{512, 512, 3}));
  EXPECT_EQ(v.geometry.origin_mm, (Vec3{-235.199997, -226.800003, -128.690002}));
  EXPECT_NEAR(v.geometry.spacing_mm.z, 1, 1e-12);
  EXPECT_EQ(v.geometry.spacing_mm.x, 0.810547);
  EXPECT_EQ(v.format.type, PixelType::i16);
}

}  // namespace
}  // namespace snitt::formats
