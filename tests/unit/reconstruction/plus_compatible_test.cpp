#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "formats/igs_sequence.hpp"
#include "formats/plus_config.hpp"
#include "insertion_fixture.hpp"
#include "reconstruction/reconstruct.hpp"

namespace snitt::reconstruction {
namespace {

using namespace insertion_tests;

struct Sequential {
  std::vector<std::uint8_t> values;
  std::vector<std::uint16_t> accumulation;
};

std::int64_t plus_floor(double x) { return static_cast<std::int64_t>(std::floor(x + std::pow(2.0, -17))); }

/// The rules for nearest and linear means in one loop over pixels and a whole volume.
Sequential plain_mean(const Sweep& s, bool linear) {
  Sequential out{std::vector<std::uint8_t>(s.grid.voxels()), std::vector<std::uint16_t>(s.grid.voxels())};
  const auto index = [&](std::int64_t x, std::int64_t y, std::int64_t z) {
    return (static_cast<std::size_t>(z) * s.grid.size[1] + static_cast<std::size_t>(y)) * s.grid.size[0] +
           static_cast<std::size_t>(x);
  };
  for (std::size_t f = 0; f < s.poses.size(); ++f)
    for (std::size_t v = 0; v < s.shape.rows; ++v)
      for (std::size_t u = 0; u < s.shape.columns; ++u) {
        const double in = std::to_integer<int>(s.pixels[f * s.shape.bytes() + v * s.shape.columns + u]);
        double q[3];
        std::int64_t low[3];
        bool inside = true;
        for (std::size_t k = 0; k < 3; ++k) {
          q[k] = (s.poses[f](k, 0) * static_cast<double>(u) + s.poses[f](k, 1) * static_cast<double>(v) +
                  s.poses[f](k, 3) - s.grid.origin_mm[k]) /
                 s.grid.spacing_mm[k];
          low[k] = plus_floor(linear ? q[k] : q[k] + 0.5);
          const std::int64_t high = low[k] + (linear && q[k] != static_cast<double>(low[k]) ? 1 : 0);
          inside = inside && low[k] >= 0 && high < static_cast<std::int64_t>(s.grid.size[k]);
        }
        if (!inside) continue;
        if (!linear) {
          std::uint8_t& value = out.values[index(low[0], low[1], low[2])];
          std::uint16_t& acc = out.accumulation[index(low[0], low[1], low[2])];
          if (acc <= 65279) {
            value = static_cast<std::uint8_t>((256 * in + acc * static_cast<double>(value)) / (acc + 256.0));
            acc = static_cast<std::uint16_t>(acc + 256);
          } else {
            value = static_cast<std::uint8_t>(in / 256 + 255.0 / 256 * value);
          }
          continue;
        }
        for (int corner = 7; corner >= 0; --corner) {
          const int bit[3] = {corner >> 2 & 1, corner >> 1 & 1, corner & 1};
          double w = 1;
          for (std::size_t k = 0; k < 3; ++k) {
            const double fraction = q[k] - static_cast<double>(low[k]);
            w *= bit[k] == 1 ? fraction : 1 - fraction;
          }
          if (w == 0) continue;
          const std::size_t i = index(low[0] + bit[0], low[1] + bit[1], low[2] + bit[2]);
          const double r = out.accumulation[i] / 256.0;
          out.values[i] = static_cast<std::uint8_t>(std::floor((w * in + r * out.values[i]) / (w + r) + 0.5));
          out.accumulation[i] =
              static_cast<std::uint16_t>(std::min(65535.0, std::floor((w + r) * 256 + 0.5)));
        }
      }
  return out;
}

TEST(PlusCompatible, EqualsASequentialLoopOnRandomSweeps) {
  for (const double pixel_mm : {0.03, 0.15, 0.6})
    for (const bool linear : {false, true}) {
      const Sweep sweep = random_sweep<std::uint8_t>(3, 1, pixel_mm, 20);
      InsertionOptions options;
      options.plus_compatible = true;
      options.interpolation = linear ? Interpolation::trilinear : Interpolation::nearest;
      const InsertedVoxels voxels =
          insert(sweep, ImageRegion(sweep.shape.rows, sweep.shape.columns), options, PixelType::u8);
      const Sequential expected = plain_mean(sweep, linear);
      EXPECT_EQ(voxels.accumulation, expected.accumulation);
      EXPECT_TRUE(std::equal(expected.values.begin(), expected.values.end(),
                             reinterpret_cast<const std::uint8_t*>(voxels.values.data())))
          << pixel_mm << " mm, linear " << linear;
    }
}

std::filesystem::path sample_ultrasound() {
  return std::filesystem::path(SNITT_SOURCE_DIR) / "sample_data/ultrasound";
}

std::vector<std::uint8_t> end_of_gzip(const std::string& path, std::size_t count) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::vector<std::uint8_t> all;
  std::vector<std::uint8_t> part(1 << 20);
  for (int n = 0; (n = gzread(file, part.data(), static_cast<unsigned>(part.size()))) > 0;)
    all.insert(all.end(), part.begin(), part.begin() + n);
  gzclose(file);
  return {all.end() - static_cast<std::ptrdiff_t>(count), all.end()};
}

TEST(PlusCompatible, ReproducesTheReferenceVolumeOfPlusVoxelForVoxel) {
  const std::filesystem::path data = sample_ultrasound();
  Monitor silent;
  const auto source = formats::open_igs_sequence(data / "SpinePhantomFreehand.igs.mha", silent);
  ReconstructionOptions options;
  options.target_frame = "Reference";
  options.transforms =
      formats::read_plus_transforms(data / "Config_VolumeReconstruction_SpinePhantom_NN_MEAN.xml");
  options.region.clip = ClipRectangle{0, 0, 820, 616};
  options.plus_compatible = true;
  options.fill = {FillStick{9, 1}};
  const Reconstruction result = reconstruct(*source, options, silent);
  EXPECT_EQ(result.volume.geometry.size, (std::array<std::size_t, 3>{147, 106, 105}));
  // The reference writes six digits.
  EXPECT_NEAR(result.volume.geometry.origin_mm.x, -74.5217, 5e-5);
  EXPECT_NEAR(result.volume.geometry.origin_mm.y, 165.573, 5e-4);
  EXPECT_NEAR(result.volume.geometry.origin_mm.z, 29.072, 5e-5);
  EXPECT_EQ(result.report.frames_used, 21U);
  const std::vector<std::uint8_t> expected =
      end_of_gzip(data / "SpinePhantom_NN_MEAN_reference.mha.gz", 147 * 106 * 105);
  const auto values = result.volume.values<std::uint8_t>();
  std::size_t different = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) different += values[i] != expected[i] ? 1 : 0;
  EXPECT_EQ(different, 0U);
}

TEST(Reconstruct, SaysWhyNoFrameOfAPathThroughTheInvalidStylusIsUsable) {
  const std::filesystem::path data = sample_ultrasound();
  Monitor silent;
  const auto source = formats::open_igs_sequence(data / "NwirePhantomFreehand.igs.mha", silent);
  ReconstructionOptions options;
  options.transforms = {{{"Image", "Probe"}, {}}};
  options.target_frame = "Stylus";
  try {
    (void)reconstruct(*source, options, silent);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), ExitStatus::input);
    EXPECT_NE(std::string(error.what()).find("97 with transform INVALID"), std::string::npos) << error.what();
  }
  options.target_frame = "Reference";
  options.grid.spacing_mm = {5, 5, 5};
  EXPECT_EQ(reconstruct(*source, options, silent).report.frames_used, 97U);
}

TEST(Reconstruct, EndsWithAnErrorWhenTheGridGivenMissesEveryFrame) {
  const std::filesystem::path data = sample_ultrasound();
  Monitor silent;
  const auto source = formats::open_igs_sequence(data / "NwirePhantomFreehand.igs.mha", silent);
  ReconstructionOptions options;
  options.transforms = {{{"Image", "Probe"}, {}}};
  options.target_frame = "Reference";
  options.grid.origin_mm = Vec3{-9000, -9000, -9000};
  options.grid.size = {10, 10, 10};
  for (const Method method : {Method::nearest, Method::trilinear, Method::voxel_nearest}) {
    options.method = method;
    EXPECT_THROW((void)reconstruct(*source, options, silent), ComputationError);
  }
}

}  // namespace
}  // namespace snitt::reconstruction
