// Prints what ITK sees in a file: itk_reader image FILE | itk_reader transform FILE | itk_reader points FILE
// (maps the points it reads, three numbers each). Knows nothing of Snitt.
#include <itkCompositeTransform.h>
#include <itkHDF5ImageIOFactory.h>
#include <itkHDF5TransformIOFactory.h>
#include <itkImageFileReader.h>
#include <itkMatlabTransformIOFactory.h>
#include <itkThinPlateSplineKernelTransform.h>
#include <itkTransform.h>
#include <itkTransformFactory.h>
#include <itkTransformFileReader.h>
#include <itkTxtTransformIOFactory.h>

#include <cstdio>
#include <cstring>

namespace {

int show_image(const char* path) {
  itk::HDF5ImageIOFactory::RegisterOneFactory();
  const auto image = itk::ReadImage<itk::Image<double, 3>>(path);
  const auto size = image->GetLargestPossibleRegion().GetSize();
  std::printf("size %lu %lu %lu\n", size[0], size[1], size[2]);
  std::printf("spacing %.17g %.17g %.17g\n", image->GetSpacing()[0], image->GetSpacing()[1], image->GetSpacing()[2]);
  std::printf("origin %.17g %.17g %.17g\n", image->GetOrigin()[0], image->GetOrigin()[1], image->GetOrigin()[2]);
  std::printf("directions");
  for (unsigned axis = 0; axis < 3; ++axis)
    for (unsigned i = 0; i < 3; ++i) std::printf(" %.17g", image->GetDirection()[i][axis]);
  // A sum that weighs every voxel by its place notices any exchange.
  double sum = 0;
  const std::size_t count = size[0] * size[1] * size[2];
  for (std::size_t i = 0; i < count; ++i) sum += image->GetBufferPointer()[i] * static_cast<double>(i % 1009 + 1);
  std::printf("\nsum %.17g\n", sum);
  return 0;
}

itk::Transform<double, 3, 3>::Pointer read_transform(const char* path) {
  itk::HDF5TransformIOFactory::RegisterOneFactory();
  itk::TxtTransformIOFactory::RegisterOneFactory();
  itk::MatlabTransformIOFactory::RegisterOneFactory();
  // Not among the classes that ITK knows by itself; 3D Slicer does the same.
  itk::TransformFactory<itk::ThinPlateSplineKernelTransform<double, 3>>::RegisterTransform();
  auto reader = itk::TransformFileReaderTemplate<double>::New();
  reader->SetFileName(path);
  reader->Update();
  if (reader->GetTransformList()->size() != 1) return nullptr;
  auto* transform = reader->GetModifiableTransformList()->front().GetPointer();
  // ITK's reader has a spline solved for its weights only when it is alone in its file.
  if (auto* composite = dynamic_cast<itk::CompositeTransform<double, 3>*>(transform))
    for (const auto& part : composite->GetTransformQueue())
      if (auto* kernel = dynamic_cast<itk::KernelTransform<double, 3>*>(part.GetPointer())) kernel->ComputeWMatrix();
  return dynamic_cast<itk::Transform<double, 3, 3>*>(transform);
}

int show_transform(const char* path) {
  const auto transform = read_transform(path);
  if (transform == nullptr) return 1;
  itk::Point<double, 3> p;
  p[0] = 10;
  p[1] = -20;
  p[2] = 30;
  const auto q = transform->TransformPoint(p);
  std::printf("%s\npoint %.17g %.17g %.17g\n", transform->GetNameOfClass(), q[0], q[1], q[2]);
  return 0;
}

int map_points(const char* path) {
  const auto transform = read_transform(path);
  if (transform == nullptr) return 1;
  itk::Point<double, 3> p;
  while (std::scanf("%lf %lf %lf", &p[0], &p[1], &p[2]) == 3) {
    const auto q = transform->TransformPoint(p);
    std::printf("%.17g %.17g %.17g\n", q[0], q[1], q[2]);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    if (std::strcmp(argv[1], "image") == 0) return show_image(argv[2]);
    return std::strcmp(argv[1], "points") == 0 ? map_points(argv[2]) : show_transform(argv[2]);
  } catch (const itk::ExceptionObject& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
