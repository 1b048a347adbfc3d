#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <itkCompositeTransform.h>
#include <itkHDF5TransformIOFactory.h>
#include <itkThinPlateSplineKernelTransform.h>
#include <itkTransformFactory.h>
#include <itkTransformFileReader.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "data/flat_transform.hpp"
#include "geometry/rotation.hpp"
#include "samples.hpp"
#include "store/check.hpp"
#include "store/compare.hpp"
#include "store/overview.hpp"

namespace snitt::store {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Turned, of three sizes and three spacings: nothing that is exchanged stays unnoticed.
VolumeGeometry some_grid(std::array<std::size_t, 3> size) {
  const Matrix4 turn = rotation_from_vector({0.3, -0.2, 0.5});
  VolumeGeometry grid{size, {4, 5, 6.5}, {-20, 10, 5}, {}};
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.axis_directions[axis] = {turn(0, axis), turn(1, axis), turn(2, axis)};
  return grid;
}

template <typename T>
std::vector<T> some_numbers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<T> numbers;
  for (std::size_t i = 0; i < count; ++i)
    numbers.push_back(static_cast<T>(static_cast<double>(random() % 8001) / 1000 - 4));
  return numbers;
}

LinearStep linear() {
  LinearStep step;
  step.matrix.m = {0.9, -0.2, 0.3, 4, 0.5, 0.6, -0.7, 8, 0.1, 1.1, 1.2, -13, 0, 0, 0, 1};
  return step;
}
DisplacementStep displacement() {
  const VolumeGeometry grid = some_grid({7, 6, 5});
  return {grid, some_numbers<float>(3 * grid.voxels(), 1)};
}
BSplineStep b_spline() {
  const VolumeGeometry grid = some_grid({8, 7, 6});
  return {grid, some_numbers<double>(3 * grid.voxels(), 2)};
}
ThinPlateStep thin_plate() {
  FlatTransform flat{"ThinPlateSplineKernelTransform_double_3_3", {}, std::vector<double>{}};
  const auto numbers = some_numbers<double>(36, 3);
  auto& source = std::get<std::vector<double>>(flat.parameters);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    source.push_back(5 * numbers[i]);
    flat.fixed_parameters.push_back(5 * numbers[i] + numbers[35 - i]);
  }
  return std::get<ThinPlateStep>(step_from(flat));
}

SpatialTransform of(std::vector<TransformStep> steps) { return {{"Fixed", "Moving"}, std::move(steps)}; }

/// Points inside, on the rim and outside of the grids.
std::vector<Vec3> probes(const VolumeGeometry& grid) {
  std::vector<Vec3> points;
  const Matrix4 to_space = index_to_space(grid);
  for (const double i : {-1.5, -0.51, -0.49, 0.0, 0.99, 1.01, 2.3, 4.49, 5.51, 6.4, 9.0})
    for (const double j : {-0.6, -0.4, 0.9, 1.5, 3.2, 4.99, 5.3})
      for (const double k : {-0.6, 0.1, 1.25, 2.75, 3.99, 4.4, 5.0})
        points.push_back(transform_point(to_space, {i, j, k}));
  return points;
}

itk::Transform<double, 3, 3>::Pointer in_itk(const std::string& path) {
  itk::HDF5TransformIOFactory::RegisterOneFactory();
  // Not among the classes that ITK knows by itself; 3D Slicer does the same.
  itk::TransformFactory<itk::ThinPlateSplineKernelTransform<double, 3>>::RegisterTransform();
  auto reader = itk::TransformFileReaderTemplate<double>::New();
  reader->SetFileName(path);
  reader->Update();
  EXPECT_EQ(reader->GetTransformList()->size(), 1U);
  auto* front = reader->GetModifiableTransformList()->front().GetPointer();
  // ITK's reader has a spline solved for its weights only when it is alone in its file.
  if (auto* composite = dynamic_cast<itk::CompositeTransform<double, 3>*>(front))
    for (const auto& part : composite->GetTransformQueue())
      if (auto* kernel = dynamic_cast<itk::KernelTransform<double, 3>*>(part.GetPointer()))
        kernel->ComputeWMatrix();
  return dynamic_cast<itk::Transform<double, 3, 3>*>(front);
}

void expect_same_map(const SpatialTransform& transform, const std::string& path, const VolumeGeometry& grid,
                     double tolerance) {
  const auto itk = in_itk(path);
  ASSERT_NE(itk, nullptr);
  for (const Vec3 point : probes(grid)) {
    itk::Point<double, 3> p;
    for (unsigned i = 0; i < 3; ++i) p[i] = point[i];
    const auto q = itk->TransformPoint(p);
    EXPECT_LT(norm(map_point(transform, point) - Vec3{q[0], q[1], q[2]}), tolerance)
        << point.x << ' ' << point.y << ' ' << point.z;
  }
}

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class SpatialTransforms : public ::testing::Test {
 protected:
  std::string written(const SpatialTransform& transform, const std::string& name = "t.h5") const {
    write_spatial_transform(scratch.path(name), transform, provenance(), IfExists::overwrite);
    return scratch.path(name);
  }
  Scratch scratch;
};

TEST_F(SpatialTransforms, OfEveryKindComeBackAsTheyWere) {
  for (const auto& steps :
       std::vector<std::vector<TransformStep>>{{},
                                               {linear()},
                                               {displacement()},
                                               {b_spline()},
                                               {thin_plate()},
                                               {linear(), displacement(), thin_plate(), b_spline(), linear()},
                                               {linear(), linear()}}) {
    const std::string path = written(of(steps));
    EXPECT_EQ(read_spatial_transform(path), of(steps));
    EXPECT_THAT(check_file(path), IsEmpty());
  }
}

TEST_F(SpatialTransforms, OfOneLinearStepAreTheFilesThatLinearTransformsAre) {
  const std::string a = written(of({linear()}), "a.h5");
  write_transform(scratch.path("b.h5"), {{"Fixed", "Moving"}, linear().matrix}, provenance(),
                  IfExists::refuse);
  EXPECT_EQ(bytes_of(a), bytes_of(scratch.path("b.h5")));
  EXPECT_EQ(read_transform(a).matrix, linear().matrix);
  EXPECT_THAT(overview(a), Contains(Field(&Fact::text, "transform 1.1")));
}

// The same points, inside, on the rim and outside: what happens there is ITK's convention too. Tolerances:
// sums of a few numbers below 100 in doubles, in another order; ITK solves the equations of a spline by an
// SVD.
TEST_F(SpatialTransforms, DisplacementFieldsMapPointsInItkAsHere) {
  expect_same_map(of({displacement()}), written(of({displacement()})), displacement().grid, 1e-12);
}
TEST_F(SpatialTransforms, BSplinesMapPointsInItkAsHere) {
  expect_same_map(of({b_spline()}), written(of({b_spline()})), b_spline().grid, 1e-12);
}
TEST_F(SpatialTransforms, ThinPlateSplinesMapPointsInItkAsHere) {
  expect_same_map(of({thin_plate()}), written(of({thin_plate()})), displacement().grid, 1e-9);
}
TEST_F(SpatialTransforms, CompositesMapPointsInItkAsHere) {
  const SpatialTransform all = of({linear(), displacement(), b_spline(), thin_plate(), linear()});
  expect_same_map(all, written(all), displacement().grid, 1e-9);
  expect_same_map(of({}), written(of({})), displacement().grid, 1e-12);
}

TEST_F(SpatialTransforms, LargeOnesAreStoredInCheckedChunksThatItkReads) {
  VolumeGeometry grid = some_grid({60, 50, 40});
  const SpatialTransform large = of({DisplacementStep{grid, some_numbers<float>(3 * grid.voxels(), 4)}});
  const std::string path = written(large);
  EXPECT_THAT(check_file(path), IsEmpty());
  EXPECT_LT(bytes_of(path).size(), 4 * 3 * grid.voxels());
  expect_same_map(large, path, grid, 1e-12);
  std::string bad = bytes_of(path);
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 16);
  put_bytes(path, bad);
  EXPECT_THROW(read_spatial_transform(path), InputError);
}

TEST_F(SpatialTransforms, ThatBendAreRefusedWhereALinearOneIsWanted) {
  const auto refusal = [&](std::vector<TransformStep> steps) {
    return message_of([&] { read_transform(written(of(std::move(steps)))); });
  };
  EXPECT_THAT(refusal({displacement()}),
              HasSubstr("FixedToMoving bends space (it has a displacement field)"));
  EXPECT_THAT(refusal({linear(), b_spline()}), HasSubstr("a B-spline"));
  EXPECT_THAT(refusal({thin_plate()}), HasSubstr("snitt-apply-transform takes any"));
  EXPECT_EQ(refusal({linear(), linear()}), "no error");
  EXPECT_EQ(read_transform(scratch.path("t.h5")).matrix, linear().matrix * linear().matrix);
}

TEST_F(SpatialTransforms, ThatAreFaultyAreNotWritten) {
  const auto refusal = [&](std::vector<TransformStep> steps) {
    return message_of([&] { written(of(std::move(steps)), "no.h5"); });
  };
  DisplacementStep field = displacement();
  field.vectors_mm[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal({linear(), field}),
              HasSubstr("step 1 (displacement field): it has a number that is not finite"));
  BSplineStep spline = b_spline();
  spline.coefficients_mm.pop_back();
  EXPECT_THAT(refusal({spline}), HasSubstr("expected 1008"));
  ThinPlateStep plate = thin_plate();
  plate.weights[0].x += 1;
  EXPECT_THAT(refusal({plate}), HasSubstr("do not add up to 0"));
  EXPECT_THAT(refusal(std::vector<TransformStep>(33, linear())), HasSubstr("at most 32"));
  EXPECT_FALSE(std::filesystem::exists(scratch.path("no.h5")));
}

TEST_F(SpatialTransforms, AreComparedByTheirNumbers) {
  const std::string a = written(of({displacement()}), "a.h5");
  EXPECT_THAT(compare_files(a, written(of({displacement()}), "b.h5"), {}), IsEmpty());
  DisplacementStep other = displacement();
  other.vectors_mm[17] += 0.5F;
  const std::string b = written(of({other}), "b.h5");
  EXPECT_THAT(compare_files(a, b, {}), Contains(Field(&Difference::largest, 0.5)));
  EXPECT_THAT(compare_files(a, b, {0.6, false}), IsEmpty());
  EXPECT_THAT(compare_files(a, written(of({b_spline()}), "b.h5"), {}),
              Contains(Field(&Difference::object, "/@kind")));
}

TEST_F(SpatialTransforms, AreShownStepByStep) {
  const std::vector<Fact> facts = overview(written(of({linear(), displacement(), b_spline(), thin_plate()})));
  EXPECT_THAT(facts, Contains(Field(&Fact::text, "Fixed to Moving")));
  EXPECT_THAT(facts, Contains(Field(&Fact::text, "transform 1.2")));
  EXPECT_THAT(facts, Contains(Field(&Fact::text,
                                    HasSubstr("displacement field: grid of 7 x 6 x 5, 4 x 5 x 6.5 mm"))));
  EXPECT_THAT(facts, Contains(Field(&Fact::text, HasSubstr("thin-plate spline: 12 landmarks"))));
}

TEST_F(SpatialTransforms, NoFlippedBitPassesUnnoticed) {
  const SpatialTransform transform = of({linear(), displacement()});
  const std::string good = bytes_of(written(transform));
  std::mt19937 random(3);
  int noticed = 0;
  for (int i = 0; i < 400; ++i) {
    std::string bad = good;
    const std::size_t at = random() % bad.size();
    bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    put_bytes(scratch.path("bad.h5"), bad);
    try {
      EXPECT_EQ(read_spatial_transform(scratch.path("bad.h5")), transform) << "byte " << at;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("bad.h5"));
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 30);  // the rest hit bytes of the file that hold nothing
}

TEST_F(SpatialTransforms, ATruncatedFileIsAnErrorAtEveryLength) {
  const std::string good = bytes_of(written(of({linear(), displacement()})));
  for (std::size_t length = 0; length < good.size(); length += 97) {
    put_bytes(scratch.path("bad.h5"), good.substr(0, length));
    EXPECT_THROW(read_spatial_transform(scratch.path("bad.h5")), InputError) << length;
  }
}

}  // namespace
}  // namespace snitt::store
