#include <fstream>
#include <iterator>
#include <tuple>

#include "formats/transform_file.hpp"
#include "fuzz/corpus.hpp"
#include "store/layouts.hpp"

namespace snitt::fuzz {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void add_transforms(std::vector<Specimen>& all, const std::string& folder) {
  const auto read = [](const std::string& path) {
    Monitor monitor;
    formats::TransformFileOptions options;
    options.name = {"Fixed", "Moving"};
    options.matrix = formats::MatrixMeaning::niftyreg;
    options.coordinates = formats::Coordinates::lps;
    formats::read_spatial_transform(path, options, monitor);
  };
  Monitor monitor;
  DisplacementStep field;
  field.grid.size = {4, 3, 5};
  field.vectors_mm.assign(180, 0.5F);
  BSplineStep spline;
  spline.grid.size = {4, 5, 4};
  spline.coefficients_mm.assign(240, 0.25);
  ThinPlateStep plate;
  plate.landmarks_mm = {{0, 0, 0}, {30, 0, 1}, {0, 30, 2}, {3, 4, 30}, {20, 21, 22}};
  plate.weights.assign(5, {});
  const TransformName name{"Fixed", "Moving"};
  const SpatialTransform all_kinds{name, {LinearStep{}, field, spline, plate}};
  for (const auto& [file, transform, format] :
       {std::tuple{"s.tfm", all_kinds, formats::TransformFormat::by_extension},
        {"s.h5", all_kinds, formats::TransformFormat::by_extension},
        {"s.mat", SpatialTransform{name, {LinearStep{}}}, formats::TransformFormat::by_extension},
        {"r.dcm", SpatialTransform{name, {LinearStep{}}}, formats::TransformFormat::by_extension},
        {"d.dcm", SpatialTransform{name, {field}}, formats::TransformFormat::by_extension},
        {"s.nii", SpatialTransform{name, {field}}, formats::TransformFormat::by_extension},
        {"s.mha", SpatialTransform{name, {field}}, formats::TransformFormat::by_extension},
        {"a.txt", SpatialTransform{name, {LinearStep{}}}, formats::TransformFormat::niftyreg},
        {"e.txt", SpatialTransform{name, {spline}}, formats::TransformFormat::elastix}}) {
    formats::TransformExport options;
    options.format = format;
    options.fixed_image = field.grid;
    const std::string path = folder + "/" + file;
    formats::write_spatial_transform(path, transform, options, IfExists::overwrite, monitor);
    all.push_back({path, content_of(path), read});
  }
  const std::string own = folder + "/bent.h5";
  store::write_spatial_transform(own, all_kinds, {}, IfExists::overwrite);
  all.push_back({own, content_of(own), [](const std::string& path) { store::read_spatial_transform(path); }});
}

}  // namespace snitt::fuzz
