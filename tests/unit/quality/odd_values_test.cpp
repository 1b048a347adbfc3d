#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "quality/axial_slices.hpp"
#include "quality/dose_simulation.hpp"
#include "quality/patient_quality.hpp"
#include "quality/patient_size.hpp"
#include "quality/phantom_scan.hpp"

/// Values that no CT in HU has.
namespace snitt::quality {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t width = 200;

/// An ellipse of 280 x 180 mm and `inside` HU in air, in pixels of 2 mm.
Volume body(float inside = 40) {
  Volume ct;
  ct.geometry.size = {width, width, 3};
  ct.geometry.spacing_mm = {2, 2, 5};
  ct.format = {PixelType::f32, 1};
  ct.units = "HU";
  ct.voxels.resize(ct.geometry.voxels() * sizeof(float));
  auto values = ct.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = 2 * static_cast<double>(i % width) - 199;
    const double y = 2 * static_cast<double>(i / width % width) - 199;
    values[i] = std::hypot(x / 140, y / 90) < 1 ? inside : -1000;
  }
  return ct;
}

float& voxel(Volume& ct, std::size_t column, std::size_t row, std::size_t slice) {
  return ct.values<float>()[(slice * width + row) * width + column];
}

PatientSize size_of(const Volume& ct) {
  Monitor quiet;
  return patient_size(ct, "x.h5", std::vector<CtSliceDose>(3), {}, quiet);
}

template <typename Run>
std::string refusal(const Run& run) {
  try {
    run();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(OddValues, ThatAreNoNumbersAreRefusedByEveryMeasureWithTheFirstOfThem) {
  Monitor quiet;
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    Volume ct = body();
    voxel(ct, 90, 100, 1) = odd;
    voxel(ct, 3, 4, 2) = odd;
    const auto told = AllOf(HasSubstr("x.h5: 2 of its 120000 values are not finite"),
                            HasSubstr("at column 90, row 100, slice 1"), HasSubstr("-1024 HU"));
    EXPECT_THAT(refusal([&] { size_of(ct); }), told);
    EXPECT_THAT(refusal([&] { patient_quality(ct, "x.h5", {}, quiet); }), told);
    EXPECT_THAT(refusal([&] { recognize_phantom(ct, "x.h5", {}, quiet); }), told);
    DoseSimulationOptions half;
    half.fraction = 0.5;
    EXPECT_THAT(refusal([&] { simulate_dose(ct, "x.h5", half, quiet); }), told);
  }
  EXPECT_NO_THROW(check_finite(body(), "x.h5"));
}

TEST(OddValues, OfAWrongRescaleAreDoubtful) {
  const PatientSize sound = size_of(body());
  EXPECT_EQ(sound.record.verdict, "good") << sound.record.reasons.front();
  // Air stays at -1000 HU and tissue is ten times as far from it.
  const PatientSize tenfold = size_of(body(9400));
  EXPECT_EQ(tenfold.record.verdict, "doubtful");
  EXPECT_THAT(tenfold.record.reasons,
              ElementsAre(AllOf(HasSubstr("3 of 3 slices"), HasSubstr("mean 9400 HU"))));
  Monitor quiet;
  EXPECT_THAT(patient_quality(body(9400), "x.h5", {}, quiet).record.reasons,
              testing::Contains(HasSubstr("rescale slope and intercept")));
}

TEST(OddValues, OfSingleVoxelsMakeNoDiameterAndAreTold) {
  Volume ct = body();
  for (std::size_t k = 0; k < 2; ++k) voxel(ct, 100, 100, k) = 1e9F;
  const PatientSize size = size_of(ct);
  const double sound = size_of(body()).slices[0].body.water_equivalent_diameter_mm;
  // One pixel of 9 900 with 20 000 HU more is 2 HU of the mean, a thousandth of the diameter.
  EXPECT_NEAR(size.slices[0].body.water_equivalent_diameter_mm, sound, sound / 900);
  EXPECT_EQ(size.slices[0].body.beyond_tissue, 1U);
  EXPECT_EQ(size.record.verdict, "doubtful");
  EXPECT_THAT(size.record.reasons, ElementsAre(HasSubstr("2 pixels in 2 of 3 slices are above 20 000 HU")));
}

TEST(OddValues, TheRatioOfDiametersIsBounded) {
  BodySection section;
  section.effective_diameter_mm = 100;
  section.mean_hu = 0;
  const auto plausible = [&](double water_mm) {
    section.water_equivalent_diameter_mm = water_mm;
    return is_plausible(section);
  };
  EXPECT_TRUE(plausible(61) && plausible(129));
  EXPECT_FALSE(plausible(59) || plausible(131));
  section.mean_hu = 1001;
  EXPECT_FALSE(plausible(100));
  section.status = SectionStatus::body;
  EXPECT_THAT(doubts_of_hu({&section}), Each(HasSubstr("mean 1001 HU")));
}

}  // namespace
}  // namespace snitt::quality
