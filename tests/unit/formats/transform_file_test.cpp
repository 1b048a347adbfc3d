#include "formats/transform_file.hpp"

#include <itkAffineTransform.h>
#include <itkHDF5TransformIO.h>
#include <itkTransformFactoryBase.h>
#include <itkTxtTransformIO.h>

#include "unit/formats/volume_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace snitt::volume_test;
using ::testing::HasSubstr;

const TransformName name{"Fixed", "Moving"};

StaticTransform odd_transform() {
  Matrix4 m;
  m.m = {0.1, -0.9, 0.3, 5.123456789012345, 0.95, 0.2, 1.0 / 3, -7e-9, -0.25, 0.3, 0.9, 1e6, 0, 0, 0, 1};
  return {name, m};
}

Matrix4 read_text_transform(const std::string& body) {
  const Scratch folder;
  write_text(folder / "t.tfm", "#Insight Transform File V1.0\n#Transform 0\n" + body);
  return read_transform(folder / "t.tfm", name).matrix;
}

TEST(TransformFile, ComesBackDigitByDigit) {
  const Scratch folder;
  for (const char* file : {"t.tfm", "t.txt", "t.h5"}) {
    write_itk_transform(folder / file, odd_transform(), IfExists::refuse);
    EXPECT_TRUE(is_transform(folder / file));
    const StaticTransform back = read_transform(folder / file, name);
    EXPECT_EQ(back.matrix, odd_transform().matrix) << file;
    EXPECT_EQ(back.name, name);
  }
}

TEST(TransformFile, MapsPointsAsItkDoes) {
  const Scratch folder;
  itk::TransformFactoryBase::RegisterDefaultTransforms();
  for (const char* file : {"t.tfm", "t.h5"}) {
    write_itk_transform(folder / file, odd_transform(), IfExists::refuse);
    itk::TransformIOBaseTemplate<double>::Pointer io =
        itk::TxtTransformIOTemplate<double>::New().GetPointer();
    if (std::string(file) == "t.h5") io = itk::HDF5TransformIOTemplate<double>::New().GetPointer();
    io->SetFileName(folder / file);
    io->Read();
    const auto* itk_transform =
        dynamic_cast<itk::AffineTransform<double, 3>*>(io->GetTransformList().front().GetPointer());
    ASSERT_NE(itk_transform, nullptr);
    itk::Point<double, 3> point;
    point[0] = 1, point[1] = 2, point[2] = -3;
    const auto there = itk_transform->TransformPoint(point);
    const Vec3 expected = transform_point(odd_transform().matrix, {1, 2, -3});
    for (unsigned i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(there[i], expected[i]);
  }
}

TEST(TransformFile, TakesTheCentreIntoTheTranslation) {
  // A quarter turn about z through (1, 0, 0): the centre stays where it is.
  const Matrix4 m = read_text_transform(
      "Transform: AffineTransform_double_3_3\nParameters: 0 -1 0 1 0 0 0 0 1 0 0 0\nFixedParameters: 1 0 "
      "0\n");
  EXPECT_EQ(transform_point(m, {1, 0, 0}), (Vec3{1, 0, 0}));
  EXPECT_EQ(transform_point(m, {2, 0, 0}), (Vec3{1, 1, 0}));
}

TEST(TransformFile, ReadsTheLinearKinds) {
  const Matrix4 shift = read_text_transform(
      "Transform: TranslationTransform_double_3_3\nParameters: 1 2 3\nFixedParameters: \n");
  EXPECT_EQ(transform_point(shift, {0, 0, 0}), (Vec3{1, 2, 3}));
  const Matrix4 euler = read_text_transform(
      "Transform: Euler3DTransform_double_3_3\nParameters: 0 0 1.5707963267948966 1 2 3\nFixedParameters: 0 "
      "0 0 0\n");
  EXPECT_LT(largest_difference(transform_point(euler, {1, 0, 0}), {1, 3, 3}), 1e-15);  // cos(pi/2) is 6e-17
  const Matrix4 versor = read_text_transform(
      "Transform: VersorRigid3DTransform_double_3_3\nParameters: 0 0 0.7071067811865476 1 2 "
      "3\nFixedParameters: 0 0 0\n");
  EXPECT_LT(largest_difference(transform_point(versor, {1, 0, 0}), {1, 3, 3}), 1e-15);
  const Matrix4 flat = read_text_transform(
      "Transform: AffineTransform_double_2_2\nParameters: 0 -1 1 0 5 6\nFixedParameters: 0 0\n");
  EXPECT_EQ(transform_point(flat, {1, 0, 9}), (Vec3{5, 7, 9}));
}

TEST(TransformFile, NamesWhatItCannotRead) {
  const Scratch folder;
  const auto error = [&](const std::string& text) {
    write_text(folder / "t.tfm", text);
    return message_of<InputError>([&] { read_transform(folder / "t.tfm", name); });
  };
  const std::string head = "#Insight Transform File V1.0\n#Transform 0\n";
  EXPECT_THAT(error(head), HasSubstr("the file is cut off"));
  EXPECT_THAT(error(head + "Transform: AffineTransform_double_3_3\nParameters: 1 0 zero\n"),
              HasSubstr("'zero'"));
  EXPECT_THAT(error(head + "Transform: AffineTransform_double_3_3\nParameters: 0 0 0 0 0 0 0 0 0 0 0 "
                           "0\nFixedParameters: 0 0 0\n"),
              HasSubstr("singular"));
  EXPECT_THAT(error("(Transform \"EulerTransform\")\n"), HasSubstr("elastix parameter file"));
  EXPECT_THAT(error("hello"), HasSubstr("no ITK transform file"));
}

TEST(TransformFile, MultipliesTheLinearPartsOfAComposite) {
  // The last part acts first: a quarter turn about z, then a shift.
  const Matrix4 m = read_text_transform(
      "Transform: CompositeTransform_double_3_3\n#Transform 1\nTransform: TranslationTransform_double_3_3\n"
      "Parameters: 10 0 0\nFixedParameters: \n#Transform 2\nTransform: AffineTransform_double_3_3\n"
      "Parameters: 0 -1 0 1 0 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n");
  EXPECT_EQ(transform_point(m, {1, 0, 0}), (Vec3{10, 1, 0}));
}

TEST(TransformFile, RefusesDeformableOnesByName) {
  for (const char* file : {"Bspline-f-m.tfm", "BSplineLinearCompositeTransform.h5"}) {
    const std::string path = shared_data() + "/registration/formats/" + file;
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    EXPECT_TRUE(is_transform(path));
    EXPECT_THAT(message_of<InputError>([&] { read_transform(path, name); }), HasSubstr("BSpline"));
  }
}

}  // namespace
}  // namespace snitt::formats
