#include "base/error.hpp"
#include "store/calibration.hpp"
#include "store/container.hpp"
#include "store/itk_view.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {
constexpr const char* type_path = "/TransformGroup/0/TransformType";
constexpr const char* parameters_path = "/TransformGroup/0/TransformParameters";
constexpr const char* centre_path = "/TransformGroup/0/TransformFixedParameters";
constexpr const char* affine_type = "AffineTransform_double_3_3";
}  // namespace

void write_transform(const std::string& path, const StaticTransform& transform, const Provenance& provenance,
                     IfExists if_exists, const CalibrationRecord* calibration) {
  if (!is_affine(transform.matrix))
    throw ComputationError("{}: {} is not an invertible affine matrix", path, transform.name.text());
  LayoutWriter writer(path, "transform", provenance, if_exists);
  h5::File& file = writer.file();
  file.set_attribute("/", "from", transform.name.from);
  file.set_attribute("/", "to", transform.name.to);
  file.set_attribute("/", "kind", std::string("affine"));
  write_itk_versions(writer);
  file.create_group("/TransformGroup");
  file.create_group("/TransformGroup/0");
  file.write_variable_text(type_path, affine_type);  // ITK's reader of transforms accepts no other text
  writer.seal_text_heap();
  std::vector<double> parameters;
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column) parameters.push_back(transform.matrix(row, column));
  for (std::size_t row = 0; row < 3; ++row) parameters.push_back(transform.matrix(row, 3));
  writer.array(parameters_path, parameters, {12}, {"parameter"}, "mm");
  writer.array(centre_path, std::vector<double>(3, 0.0), {3}, {"xyz"}, "mm");
  file.link(parameters_path, "/parameters");
  if (calibration != nullptr) write_calibration(writer, *calibration);
  writer.finish();
}

StaticTransform read_transform(const std::string& path) {
  const LayoutReader reader(path, "transform");
  const h5::File& file = reader.file();
  const std::vector<std::string> type = file.texts(type_path);
  const std::vector<double> parameters = reader.array<double>(parameters_path);
  const std::vector<double> centre = reader.array<double>(centre_path);
  if (type != std::vector<std::string>{affine_type} || parameters.size() != 12 || centre.size() != 3)
    throw InputError("{}: {} is '{}' with {} parameters; expected {} with 12", path, type_path,
                     type.empty() ? "" : type.front(), parameters.size(), affine_type);
  StaticTransform transform{{file.text_attribute("/", "from"), file.text_attribute("/", "to")}, {}};
  for (std::size_t row = 0; row < 3; ++row) {
    double offset = parameters[9 + row] + centre[row];
    for (std::size_t column = 0; column < 3; ++column) {
      transform.matrix(row, column) = parameters[3 * row + column];
      offset -= parameters[3 * row + column] * centre[column];
    }
    transform.matrix(row, 3) = offset;
  }
  if (!is_affine(transform.matrix))
    throw InputError("{}: {} is not an invertible affine matrix", path, parameters_path);
  return transform;
}

}  // namespace snitt::store
