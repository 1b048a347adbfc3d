#include "formats/nifti_volume.hpp"

#include <cmath>

#include "formats/volume_file.hpp"
#include "unit/formats/volume_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace snitt::volume_test;
using ::testing::HasSubstr;

/// A NIfTI-1 file written by hand, field by field from nifti1.h.
struct HandMade {
  std::string bytes = std::string(352, '\0');
  HandMade() {
    put<std::int32_t>(0, 348);
    for (const auto& [at, value] : {std::pair{40, 3}, {42, 2}, {44, 2}, {46, 2}, {70, 2}, {72, 8}})
      put<std::int16_t>(static_cast<std::size_t>(at), static_cast<std::int16_t>(value));
    for (std::size_t i = 0; i < 4; ++i) put<float>(76 + 4 * i, 1);
    put<float>(108, 352);
    bytes.replace(344, 3, "n+1");
  }
  template <typename T>
  HandMade& put(std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof(T));
    return *this;
  }
  HandMade& sform(std::array<float, 12> rows) {
    put<std::int16_t>(254, 1);
    for (std::size_t i = 0; i < 12; ++i) put<float>(280 + 4 * i, rows[i]);
    return *this;
  }
  Volume read(Monitor& monitor, const std::string& data = "abcdefgh") const {
    const Scratch folder;
    write_text(folder / "v.nii", bytes + data);
    return read_volume(folder / "v.nii", monitor);
  }
  std::string error(const std::string& data = "abcdefgh") const {
    Monitor monitor;
    return message_of<InputError>([&] { read(monitor, data); });
  }
};

TEST(Nifti, TurnsTheSformFromRasToLps) {
  Monitor monitor;
  const Volume v = HandMade().sform({2, 0, 0, 10, 0, 3, 0, 20, 0, 0, 4, 30}).read(monitor);
  EXPECT_EQ(transform_point(index_to_space(v.geometry), {0, 0, 0}), (Vec3{-10, -20, 30}));
  EXPECT_EQ(transform_point(index_to_space(v.geometry), {1, 1, 1}), (Vec3{-12, -23, 34}));
}

TEST(Nifti, TurnsTheQformWithItsHandedness) {
  Monitor monitor;
  const float half = std::sqrt(0.5F);  // quaternion (half, 0, 0, half): a quarter turn about z, x to y
  HandMade file;
  file.put<std::int16_t>(252, 1)
      .put<float>(76, -1)
      .put<float>(264, half)
      .put<float>(80, 2)
      .put<float>(84, 3)
      .put<float>(88, 4);
  file.put<float>(268, 10).put<float>(272, 20).put<float>(276, 30);
  const Volume v = file.read(monitor);
  // RAS: i goes along +y, j along -x, k along -z (qfac -1); then LPS flips x and y.
  EXPECT_LT(largest_difference(transform_point(index_to_space(v.geometry), {1, 0, 0}), {-10, -22, 30}),
            1e-6);  // float32
  EXPECT_LT(largest_difference(transform_point(index_to_space(v.geometry), {0, 1, 0}), {-7, -20, 30}), 1e-6);
  EXPECT_LT(largest_difference(transform_point(index_to_space(v.geometry), {0, 0, 1}), {-10, -20, 26}), 1e-6);
}

TEST(Nifti, WarnsWhenOrientationIsAbsentOrContradictory) {
  ListeningMonitor none;
  HandMade().read(none);
  EXPECT_THAT(none.warnings, HasSubstr("neither sform nor qform"));
  ListeningMonitor both;
  HandMade().sform({1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0}).put<std::int16_t>(252, 1).read(both);
  EXPECT_THAT(both.warnings, HasSubstr("5 mm apart: sform is used"));
}

TEST(Nifti, ConvertsUnitsOfSpaceAndTime) {
  Monitor monitor;
  HandMade file;
  file.sform({0.001F, 0, 0, 0, 0, 0.002F, 0, 0, 0, 0, 0.004F, 0})
      .put<char>(123, 1 | 16);  // metres, milliseconds
  file.put<std::int16_t>(40, 4).put<std::int16_t>(48, 2).put<float>(92, 250).put<std::int16_t>(46, 1);
  const Volume v = file.read(monitor);
  EXPECT_NEAR(v.geometry.spacing_mm.y, 2, 1e-6);  // float32
  EXPECT_EQ(v.time_step_s, 0.25);
  EXPECT_EQ(v.time_points, 2U);
}

TEST(Nifti, AppliesTheScaleAndStaysWholeWhereItCan) {
  Monitor monitor;
  HandMade file;
  file.sform({1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}).put<float>(112, 2).put<float>(116, -1000);
  const Volume whole = file.read(monitor, std::string("\0\1\2\3\4\5\6\7", 8));
  EXPECT_EQ(whole.format.type, PixelType::i16);
  EXPECT_EQ(whole.values<std::int16_t>()[7], -986);
  file.put<float>(112, 0.5F);
  const Volume parts = file.read(monitor, std::string("\0\1\2\3\4\5\6\7", 8));
  EXPECT_EQ(parts.format.type, PixelType::f32);
  EXPECT_EQ(parts.values<float>()[7], -996.5F);
}

TEST(Nifti, ReadsTheOtherByteOrderAndVersion2) {
  Monitor monitor;
  std::string bytes(544, '\0');
  const auto put_big = [&]<typename T>(std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof(T));
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + sizeof(T)));
  };
  put_big(0, std::int32_t{540});
  bytes.replace(4, 8, std::string("n+2\0\r\n\032\n", 8));
  put_big(12, std::int16_t{4});
  for (const auto& [at, n] : {std::pair{16, 3}, {24, 2}, {32, 1}, {40, 1}})
    put_big(static_cast<std::size_t>(at), std::int64_t{n});
  for (std::size_t i = 0; i < 4; ++i) put_big(104 + 8 * i, 1.0);
  put_big(168, std::int64_t{544});
  put_big(348, std::int32_t{1});
  for (const auto& [at, value] : {std::pair{0, 0.7}, {3, 5.0}, {5, 1.1}, {10, 1.3}})
    put_big(400 + 8 * static_cast<std::size_t>(at), value);
  const Scratch folder;
  write_text(folder / "v.nii", bytes + std::string("\x01\x02\xff\xfe", 4));
  const Volume v = read_volume(folder / "v.nii", monitor);
  EXPECT_EQ(v.values<std::int16_t>()[0], 0x0102);
  EXPECT_EQ(v.geometry.spacing_mm, (Vec3{0.7, 1.1, 1.3}));
  EXPECT_EQ(v.geometry.origin_mm, (Vec3{-5, 0, 0}));
}

TEST(Nifti, ReadsAHeaderWithItsImageBeside) {
  const Scratch folder;
  Monitor monitor;
  HandMade file;
  file.sform({1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}).put<float>(108, 0);
  file.bytes.replace(344, 3, "ni1");
  write_text(folder / "v.hdr", file.bytes);
  write_text(folder / "v.img", "abcdefgh");
  EXPECT_EQ(static_cast<char>(read_volume(folder / "v.hdr", monitor).voxels[7]), 'h');
}

TEST(Nifti, NamesWhatIsWrong) {
  EXPECT_THAT(HandMade().put<std::int32_t>(0, 77).error(), HasSubstr("sizeof_hdr is 77"));
  EXPECT_THAT(HandMade().put<std::int16_t>(70, 32).error(), HasSubstr("datatype is 32"));
  EXPECT_THAT(HandMade().put<std::int16_t>(40, 9).error(), HasSubstr("dim[0] is 9"));
  EXPECT_THAT(HandMade().put<std::int16_t>(44, -2).error(), HasSubstr("dim[2] is -2"));
  EXPECT_THAT(HandMade().put<std::int16_t>(40, 5).put<std::int16_t>(48, 1).put<std::int16_t>(50, 3).error(),
              HasSubstr("dim[5] is 3"));
  EXPECT_THAT(HandMade().put<std::int16_t>(42, 32767).error(),
              HasSubstr("announces 131068 bytes of voxels; the file has 8"));
  EXPECT_THAT(HandMade().sform({1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0}).error(), HasSubstr("spacing"));
  HandMade analyze;
  analyze.bytes.replace(344, 4, 4, '\0');
  EXPECT_THAT(analyze.error(), HasSubstr("Analyze 7.5"));
}

}  // namespace
}  // namespace snitt::formats
