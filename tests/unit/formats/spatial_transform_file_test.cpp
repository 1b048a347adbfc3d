#include <itkAffineTransform.h>
#include <itkMatlabTransformIO.h>
#include <itkTransformFactoryBase.h>

#include <cmath>
#include <random>

#include "data/flat_transform.hpp"
#include "formats/dicom_registration.hpp"
#include "formats/element_data.hpp"
#include "formats/itk_transform_list.hpp"
#include "formats/matrix_file.hpp"
#include "formats/transform_file.hpp"
#include "geometry/rotation.hpp"
#include "unit/formats/volume_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace snitt::volume_test;
using ::testing::HasSubstr;

const TransformName name{"Fixed", "Moving"};

VolumeGeometry turned_grid(std::array<std::size_t, 3> size, double spacing) {
  const Matrix4 turn = rotation_from_vector({0.3, -0.2, 0.5});
  VolumeGeometry grid{size, {spacing, spacing + 0.5, spacing + 1.25}, {-20, 10, 5}, {}};
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

LinearStep rigid() {
  Matrix4 m = rotation_from_vector({-0.2, 0.4, 0.1});
  m(0, 3) = 12.25;
  m(1, 3) = -7;
  m(2, 3) = 1.0 / 3;
  return {m};
}
LinearStep affine() {
  LinearStep step;
  step.matrix.m = {0.9, -0.2, 0.3, 4, 0.5, 0.6, -0.7, 8, 0.1, 1.1, 1.2, -13, 0, 0, 0, 1};
  return step;
}
DisplacementStep field() {
  const VolumeGeometry grid = turned_grid({7, 6, 5}, 4);
  return {grid, some_numbers<float>(3 * grid.voxels(), 1)};
}
BSplineStep spline() {
  const VolumeGeometry grid = turned_grid({8, 7, 6}, 8);
  return {grid, some_numbers<double>(3 * grid.voxels(), 2)};
}
ThinPlateStep plate() {
  FlatTransform flat{"ThinPlateSplineKernelTransform_double_3_3", {}, std::vector<double>{}};
  const auto numbers = some_numbers<double>(36, 3);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::get<std::vector<double>>(flat.parameters).push_back(5 * numbers[i]);
    flat.fixed_parameters.push_back(5 * numbers[i] + numbers[35 - i]);
  }
  return std::get<ThinPlateStep>(step_from(flat));
}
SpatialTransform of(std::vector<TransformStep> steps) { return {name, std::move(steps)}; }

std::vector<Vec3> probes() {
  std::vector<Vec3> points;
  const Matrix4 to_space = index_to_space(field().grid);
  for (const double i : {-2.0, -0.4, 0.9, 2.3, 5.8, 9.0})
    for (const double j : {-0.6, 0.3, 2.6, 4.9})
      for (const double k : {-0.7, 0.2, 1.9, 4.2}) points.push_back(transform_point(to_space, {i, j, k}));
  return points;
}

double difference(const SpatialTransform& a, const SpatialTransform& b) {
  double largest = 0;
  for (const Vec3 p : probes()) largest = std::max(largest, norm(map_point(a, p) - map_point(b, p)));
  return largest;
}

std::string shared(const std::string& file) { return shared_data() + "/registration/formats/" + file; }

class TransformFiles : public ::testing::Test {
 protected:
  SpatialTransform back(const std::string& file, const SpatialTransform& transform,
                        const TransformExport& to = {}, TransformFileOptions from = {}) {
    const std::string path = folder / file;
    write_spatial_transform(path, transform, to, IfExists::overwrite, monitor);
    from.name = name;
    return read_spatial_transform(path, from, monitor);
  }
  SpatialTransform read(const std::string& path, TransformFileOptions from = {}) {
    from.name = name;
    return read_spatial_transform(path, from, monitor);
  }
  template <typename E, typename Call>
  std::string refusal(const Call& call) {
    return message_of<E>(call);
  }
  Scratch folder;
  ListeningMonitor monitor;
};

TEST_F(TransformFiles, OfItkGiveBackEveryKind) {
  for (const char* file : {"t.tfm", "t.txt", "t.h5"}) {
    EXPECT_EQ(back(file, of({affine()})), of({affine()})) << file;
    EXPECT_EQ(back(file, of({field()})), of({field()})) << file;
    EXPECT_EQ(back(file, of({spline()})), of({spline()})) << file;
    EXPECT_EQ(back(file, of({rigid(), field(), spline(), affine()})),
              of({rigid(), field(), spline(), affine()}))
        << file;
    // The weights of the spline are solved for again: 12 landmarks within 20 mm, in doubles.
    EXPECT_LT(difference(back(file, of({plate()})), of({plate()})), 1e-9) << file;
    EXPECT_LT(difference(back(file, of({rigid(), plate()})), of({rigid(), plate()})), 1e-9) << file;
  }
  EXPECT_EQ(back("t.mat", of({affine()})), of({affine()}));
  EXPECT_THAT(refusal<UsageError>([&] { back("t.mat", of({field()})); }), HasSubstr("one linear transform"));
  itk::TransformFactoryBase::RegisterDefaultTransforms();
  const auto io = itk::MatlabTransformIOTemplate<double>::New();
  io->SetFileName(folder / "t.mat");
  io->Read();
  const auto* itk_transform =
      dynamic_cast<itk::AffineTransform<double, 3>*>(io->GetTransformList().front().GetPointer());
  ASSERT_NE(itk_transform, nullptr);
  for (unsigned row = 0; row < 3; ++row)
    EXPECT_EQ(itk_transform->GetMatrix()(row, 1), affine().matrix(row, 1));
}

TEST_F(TransformFiles, OfSlicerAndItkOfManyAgesAreRead) {
  if (!std::filesystem::exists(shared("TpsTransform.h5"))) GTEST_SKIP() << shared("") << " is not there";
  const SpatialTransform tps = read(shared("TpsTransform.h5"));
  ASSERT_EQ(tps.steps.size(), 1U);
  const ItkList list = itk_list(tps);
  const auto& source = std::get<ThinPlateStep>(tps.steps[0]).landmarks_mm;
  EXPECT_EQ(source.size(), 9U);
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Vec3 to{list[0].fixed_parameters[3 * i], list[0].fixed_parameters[3 * i + 1],
                  list[0].fixed_parameters[3 * i + 2]};
    EXPECT_LT(norm(map_point(tps, source[i]) - to), 1e-8);
  }
  const SpatialTransform composite = read(shared("BSplineLinearCompositeTransform.h5"));
  ASSERT_EQ(composite.steps.size(), 2U);  // the file's last part is applied first
  EXPECT_EQ(name_of(composite.steps[0]), "B-spline");
  EXPECT_EQ(name_of(composite.steps[1]), "linear");
  const SpatialTransform text = read(shared("Bspline-f-m.tfm"));
  EXPECT_FALSE(is_linear(text));
  EXPECT_EQ(read(shared("elastix_ITK-HDF5-Transform.h5")).steps.size(), 1U);  // a shift in a plane
}

TEST_F(TransformFiles, StoredByTheirInverseBecomeTheOtherDirection) {
  std::string text = itk_text(itk_list(of({affine(), plate()})));
  const std::size_t at = text.find("ThinPlate");
  write_text(folder / "i.tfm", text.insert(at, "Inverse"));
  const SpatialTransform read_back = read(folder / "i.tfm");
  EXPECT_EQ(read_back.name, (TransformName{"Moving", "Fixed"}));
  // The file's map is x -> plate^-1(A x); its inverse is y -> A^-1 plate(y).
  for (const Vec3 p : probes()) {
    const Vec3 expected = transform_point(inverse(affine().matrix), map_point(TransformStep(plate()), p));
    EXPECT_LT(norm(map_point(read_back, p) - expected), 1e-8);
  }
  write_text(folder / "l.tfm",
             "#Insight Transform File V1.0\nTransform: InverseAffineTransform_double_3_3\n"
             "Parameters: 1 0 0 0 1 0 0 0 1 5 6 7\nFixedParameters: 0 0 0\n");
  EXPECT_EQ(map_point(read(folder / "l.tfm"), {5, 6, 7}), (Vec3{0, 0, 0}));
}

TEST_F(TransformFiles, OfItkBefore4AddTheirSplineToTheirBulkTransform) {
  std::string text = itk_text({flattened(spline()), flattened(affine())});
  text.insert(text.find("BSpline") + 7, "Deformable");
  write_text(folder / "b.tfm", text);
  const SpatialTransform read_back = read(folder / "b.tfm");
  for (const Vec3 p : probes()) {
    const Vec3 u = map_point(TransformStep(spline()), p) - p;
    EXPECT_LT(norm(map_point(read_back, p) - transform_point(affine().matrix, p) - u), 1e-12);
  }
}

TEST_F(TransformFiles, OfElastixAreComposedWithTheirInitialOnes) {
  const std::string tail =
      "(FixedImageDimension 3)\n(MovingImageDimension 3)\n(HowToCombineTransforms \"Compose\")\n";
  write_text(
      folder / "T.0.txt",
      "// elastix\n(Transform \"EulerTransform\")\n(TransformParameters 0 0 1.5707963267948966 1 2 3)\n"
      "(InitialTransformParametersFileName \"NoInitialTransform\")\n(CenterOfRotationPoint 1 0 0)\n"
      "(ComputeZYX \"false\")\n" +
          tail);
  write_text(folder / "T.1.txt",
             "(Transform \"TranslationTransform\")\n(TransformParameters 10 0 0)\n"
             "(InitialTransformParametersFileName \"elsewhere/T.0.txt\")\n" +
                 tail);
  // A quarter turn about (1, 0, 0) and the shift, then the other shift: T1(T0(x)).
  EXPECT_LT(norm(map_point(read(folder / "T.1.txt"), {2, 0, 0}) - Vec3{12, 3, 3}), 1e-15);
  write_text(folder / "T.0.txt",
             "(Transform \"SimilarityTransform\")\n(TransformParameters 0 0 "
             "0.7071067811865476 1 2 3 2)\n(CenterOfRotationPoint 0 0 0)\n" +
                 tail);
  EXPECT_LT(norm(map_point(read(folder / "T.0.txt"), {1, 0, 0}) - Vec3{1, 4, 3}), 1e-14);
}

TEST_F(TransformFiles, OfElastixGiveBackLinearOnesAndBSplines) {
  TransformExport to;
  to.format = TransformFormat::elastix;
  to.fixed_image = turned_grid({20, 20, 20}, 1);
  EXPECT_EQ(back("e.txt", of({affine()}), to), of({affine()}));
  EXPECT_EQ(back("e.txt", of({spline()}), to), of({spline()}));
  EXPECT_THAT(refusal<UsageError>([&] { back("e.txt", of({field()}), to); }),
              HasSubstr("snitt-compose-transforms"));
  to.fixed_image.reset();
  EXPECT_THAT(refusal<UsageError>([&] { back("e.txt", of({affine()}), to); }), HasSubstr("--fixed-image"));
}

TEST_F(TransformFiles, OfElastixNameWhatTheyCannotBe) {
  const auto error = [&](const std::string& text) {
    write_text(folder / "e.txt", text);
    return refusal<InputError>([&] { read(folder / "e.txt"); });
  };
  EXPECT_THAT(error("(Transform \"SplineKernelTransform\")\n"),
              HasSubstr("SplineKernelTransform; expected Euler"));
  EXPECT_THAT(error("(Transform \"AffineTransform\")\n(TransformParameters 1 2)\n"),
              HasSubstr("has 2 numbers"));
  EXPECT_THAT(error("(Transform \"AffineTransform\")\n(FixedImageDimension 2)\n"),
              HasSubstr("Dimension is 2"));
  EXPECT_THAT(error("(Transform \"TranslationTransform\")\n(TransformParameters 1 2 3)\n"
                    "(InitialTransformParametersFileName \"/no/where.txt\")\n"),
              HasSubstr("/no/where.txt is not there"));
  EXPECT_THAT(error("(Transform \"TranslationTransform\")\n(TransformParameters 1 2 3)\n"
                    "(InitialTransformParametersFileName \"e.txt\")\n"),
              HasSubstr("in a circle"));
  EXPECT_THAT(error("(Transform \"TranslationTransform\")\n(TransformParameters 1 2 3)\n"
                    "(HowToCombineTransforms \"Add\")\n(InitialTransformParametersFileName \"e.txt\")\n"),
              HasSubstr("expected Compose"));
  EXPECT_THAT(error("(Transform \"TranslationTransform\")\n(TransformParameters 1 2"), HasSubstr("cut off"));
}

TEST_F(TransformFiles, OfFlirtAreScaledVoxelsOfBothImages) {
  // Worked by hand. Both images stand in RAS as NIfTI's identity does: voxel axes along +R, +A, +S, so x runs
  // backwards for FSL. Fixed: 11 voxels of 2 mm from the origin; moving: 21 voxels of 1 mm from (5, 0, 0)
  // RAS.
  VolumeGeometry fixed{{11, 11, 11}, {2, 2, 2}, {0, 0, 0}, {Vec3{-1, 0, 0}, Vec3{0, -1, 0}, Vec3{0, 0, 1}}};
  VolumeGeometry moving{{21, 11, 11}, {1, 1, 1}, {-5, 0, 0}, {Vec3{-1, 0, 0}, Vec3{0, -1, 0}, Vec3{0, 0, 1}}};
  write_text(folder / "f.mat", "1 0 0 3\n0 1 0 0\n0 0 1 0\n0 0 0 1\n");  // moving x_fsl + 3 = fixed x_fsl
  TransformFileOptions options;
  options.matrix = MatrixMeaning::flirt;
  EXPECT_THAT(refusal<UsageError>([&] { read(folder / "f.mat", options); }), HasSubstr("--fixed-image"));
  options.fixed_image = fixed;
  options.moving_image = moving;
  // Fixed voxel (0, 0, 0), LPS (0, 0, 0): x_fsl = 20; moving x_fsl = 17, voxel 20 - 17 = 3, RAS 8, LPS -8.
  EXPECT_LT(norm(map_point(read(folder / "f.mat", options), {0, 0, 0}) - Vec3{-8, 0, 0}), 1e-12);
  TransformExport to;
  to.format = TransformFormat::flirt;
  to.fixed_image = turned_grid({20, 21, 22}, 1);
  to.moving_image = moving;
  options.fixed_image = to.fixed_image;
  EXPECT_LT(difference(back("f.mat", of({affine()}), to, options), of({affine()})), 1e-11);
  // A left-handed image is not flipped.
  moving.axis_directions[0] = {1, 0, 0};
  EXPECT_EQ(index_to_fsl(moving)(0, 0), 1);
}

TEST_F(TransformFiles, OfNiftyRegAreInRas) {
  write_text(folder / "a.txt", "0 -1 0 10\n1 0 0 20\n0 0 1 30\n0 0 0 1\n");
  TransformFileOptions options;
  EXPECT_THAT(refusal<UsageError>([&] { read(folder / "a.txt"); }),
              HasSubstr("--matrix-of flirt or niftyreg"));
  options.matrix = MatrixMeaning::niftyreg;
  // LPS (1, 0, 0) is RAS (-1, 0, 0), which goes to (10, 19, 30), LPS (-10, -19, 30).
  EXPECT_EQ(map_point(read(folder / "a.txt", options), {1, 0, 0}), (Vec3{-10, -19, 30}));
  TransformExport to;
  to.format = TransformFormat::niftyreg;
  EXPECT_EQ(back("a.txt", of({affine()}), to, options), of({affine()}));
}

TEST_F(TransformFiles, OfFieldsGiveBackTheirVectors) {
  TransformFileOptions lps;
  lps.coordinates = Coordinates::lps;
  for (const char* file : {"f.nii", "f.nii.gz", "f.mha", "f.nrrd"}) {
    const SpatialTransform read_back = back(file, of({field()}), {}, lps);
    // NIfTI keeps its grid as float32: 20 mm to seven digits, and what that does to the vectors in between.
    EXPECT_LT(difference(read_back, of({field()})), std::string(file).starts_with("f.nii") ? 1e-4 : 1e-6)
        << file;
    EXPECT_EQ(std::get<DisplacementStep>(read_back.steps[0]).vectors_mm, field().vectors_mm) << file;
  }
  TransformExport to;
  to.format = TransformFormat::niftyreg;
  EXPECT_LT(difference(back("n.nii.gz", of({field()}), to), of({field()})), 1e-4);
  EXPECT_THAT(refusal<InputError>([&] { read(folder / "f.nii"); }), HasSubstr("--coordinates LPS or RAS"));
  EXPECT_THAT(refusal<UsageError>([&] { back("f.nii", of({affine()})); }),
              HasSubstr("single displacement field"));
}

TEST_F(TransformFiles, OfNiftyRegPositionsBecomeDisplacements) {
  TransformExport to;
  to.format = TransformFormat::niftyreg;
  write_spatial_transform(folder / "n.nii", of({field()}), to, IfExists::refuse, monitor);
  std::string bytes = read_text(folder / "n.nii");
  const VolumeGeometry grid = std::get<DisplacementStep>(read(folder / "n.nii").steps[0]).grid;
  const float kind = 0;  // intent_p1: positions
  std::memcpy(bytes.data() + 56, &kind, 4);
  const std::size_t voxels = grid.voxels();
  for (std::size_t v = 0; v < voxels; ++v) {
    const Vec3 p = transform_point(
        index_to_space(grid),
        {static_cast<double>(v % 7), static_cast<double>(v / 7 % 6), static_cast<double>(v / 42)});
    const std::array<double, 3> ras{-p.x, -p.y, p.z};
    for (std::size_t c = 0; c < 3; ++c) {
      float value = 0;
      char* place = bytes.data() + 352 + 4 * (c * voxels + v);
      std::memcpy(&value, place, 4);
      value += static_cast<float>(ras[c]);
      std::memcpy(place, &value, 4);
    }
  }
  write_text(folder / "p.nii", bytes);
  EXPECT_LT(difference(read(folder / "p.nii"), of({field()})), 1e-4);
  const float velocity = 3;
  std::memcpy(bytes.data() + 56, &velocity, 4);
  write_text(folder / "p.nii", bytes);
  EXPECT_THAT(refusal<InputError>([&] { read(folder / "p.nii"); }), HasSubstr("velocities"));
}

TEST_F(TransformFiles, OfDicomHoldTheInverseAsPlastimatchDoes) {
  const std::string object = shared("sro_plastimatch_1.9.4.dcm");
  if (!std::filesystem::exists(object)) GTEST_SKIP() << object << " is not there";
  EXPECT_EQ(transform_file_kind(object), TransformFileKind::dicom);
  const Matrix4 from_dicom = linear_part(read(object));
  const Matrix4 from_itk = linear_part(read(shared("input_fixed_to_moving.tfm")));
  // The object has six decimals: 1e-6 of rotation, and that times 5 mm of the inverted translation.
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(from_dicom.m[i], from_itk.m[i], 5e-6) << i;
}

TEST_F(TransformFiles, OfDicomGiveBackMatricesAndFields) {
  // Sixteen characters: 14 decimals of numbers below 1, 13 of those below 10 and so on.
  EXPECT_LT(difference(back("m.dcm", of({rigid()})), of({rigid()})), 1e-10);
  EXPECT_LT(difference(back("m.dcm", of({affine()})), of({affine()})), 1e-10);
  EXPECT_LT(difference(back("d.dcm", of({field()})), of({field()})), 1e-6);
  EXPECT_LT(difference(back("d.dcm", of({rigid(), field(), affine()})), of({rigid(), field(), affine()})),
            1e-5);
  DisplacementStep left_handed = field();
  left_handed.grid.axis_directions[2] = -1.0 * left_handed.grid.axis_directions[2];
  EXPECT_LT(difference(back("d.dcm", of({left_handed})), of({left_handed})), 1e-6);
  EXPECT_THAT(refusal<UsageError>([&] { back("d.dcm", of({spline()})); }), HasSubstr("not a B-spline"));
  EXPECT_THAT(refusal<UsageError>([&] { back("d.dcm", of({affine(), field()})); }), HasSubstr("not rigid"));
}

TEST_F(TransformFiles, OfDicomAreTheSameBytesForTheSameNumbers) {
  for (const auto& transform : {of({rigid()}), of({field()})}) {
    setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
    write_spatial_transform(folder / "a.dcm", transform, {}, IfExists::overwrite, monitor);
    write_spatial_transform(folder / "b.dcm", transform, {}, IfExists::overwrite, monitor);
    unsetenv("SOURCE_DATE_EPOCH");
    EXPECT_EQ(read_text(folder / "a.dcm"), read_text(folder / "b.dcm"));
  }
}

TEST_F(TransformFiles, ThatAreCutOffAreRefusedAtEveryLength) {
  TransformExport niftyreg;
  niftyreg.format = TransformFormat::niftyreg;
  TransformFileOptions options;
  options.name = name;
  options.coordinates = Coordinates::as_the_file_says;
  for (const auto& [file, transform, to] : {std::tuple{"t.h5", of({rigid(), field()}), TransformExport{}},
                                            {"t.dcm", of({field()}), TransformExport{}},
                                            {"t.nii", of({field()}), niftyreg},
                                            {"t.mha", of({field()}), TransformExport{}}}) {
    write_spatial_transform(folder / file, transform, to, IfExists::overwrite, monitor);
    const std::string whole = read_text(folder / file);
    const SpatialTransform expected = read_spatial_transform(folder / file, options, monitor);
    for (std::size_t length = 0; length + 1 < whole.size(); length += whole.size() / 41) {
      write_text(folder / file, whole.substr(0, length));
      try {
        // An object of DICOM ends with labels that nobody reads; all before them counts.
        EXPECT_EQ(read_spatial_transform(folder / file, options, monitor), expected) << file << ' ' << length;
        EXPECT_GT(length + 200, whole.size()) << file;
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr(file));
      }
    }
  }
}

}  // namespace
}  // namespace snitt::formats
