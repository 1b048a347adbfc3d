#include <fmt/format.h>

#include "base/error.hpp"
#include "data/flat_transform.hpp"
#include "store/calibration.hpp"
#include "store/container.hpp"
#include "store/itk_view.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

constexpr const char* group = "/TransformGroup";
constexpr const char* composite_type = "CompositeTransform_double_3_3";
/// Their names share one heap of HDF5's, which has room for some sixty.
constexpr std::size_t most_steps = 32;
/// A linear transform alone was in 1.1 all that a file could hold.
constexpr int linear_minor = 1;

std::string step_path(std::size_t place) { return fmt::format("{}/{}", group, place); }
std::string type_path(std::size_t place) { return step_path(place) + "/TransformType"; }
std::string parameters_path(std::size_t place) { return step_path(place) + "/TransformParameters"; }
std::string fixed_path(std::size_t place) { return step_path(place) + "/TransformFixedParameters"; }
std::string matrix_path(std::size_t place) { return step_path(place) + "/matrix"; }
std::string weights_path(std::size_t place) { return step_path(place) + "/weights"; }

bool is_single_linear(const SpatialTransform& transform) {
  return transform.steps.size() == 1 && std::holds_alternative<LinearStep>(transform.steps.front());
}

std::string kind_of(const SpatialTransform& transform) {
  if (transform.steps.size() != 1) return "composite";
  return is_single_linear(transform) ? "affine" : name_of(transform.steps.front());
}

/// What the flat arrays mean, where the file is to explain itself.
struct Meaning {
  const char* parameters;
  const char* fixed_parameters;
};

Meaning meaning_of(const TransformStep& step) {
  constexpr const char* grid = "size, origin, spacing of the grid, then its direction matrix row by row";
  if (std::holds_alternative<LinearStep>(step)) return {"matrix row by row, then translation", "center"};
  if (std::holds_alternative<DisplacementStep>(step)) return {"[slice, row, column, xyz]", grid};
  if (std::holds_alternative<BSplineStep>(step)) return {"[xyz, slice, row, column]", grid};
  return {"[landmark, xyz] where they are", "[landmark, xyz] what they map to"};
}

void write_kernel(LayoutWriter& writer, std::size_t place, const ThinPlateStep& step) {
  writer.array(matrix_path(place), std::vector<double>(step.matrix.m.begin(), step.matrix.m.end()), {4, 4},
               {"4", "4"}, "1");
  std::vector<double> weights;
  for (const Vec3 w : step.weights) weights.insert(weights.end(), {w.x, w.y, w.z});
  writer.array(weights_path(place), weights, {step.weights.size(), 3},
               {fmt::format("landmark of {}", place), "xyz"}, "1");
}

void write_step(LayoutWriter& writer, std::size_t place, const TransformStep& step) {
  const FlatTransform flat = flattened(step);
  const bool linear = std::holds_alternative<LinearStep>(step);
  std::visit(
      [&](const auto& numbers) {
        writer.array(parameters_path(place), numbers, {numbers.size()}, {"parameter"}, "mm");
      },
      flat.parameters);
  writer.array(fixed_path(place), flat.fixed_parameters, {flat.fixed_parameters.size()},
               {linear ? "xyz" : "parameter"}, "mm");
  if (const auto* plate = std::get_if<ThinPlateStep>(&step)) write_kernel(writer, place, *plate);
}

void explain_step(LayoutWriter& writer, std::size_t place, const TransformStep& step) {
  writer.file().set_attribute(step_path(place), "kind", name_of(step));
  writer.file().set_attribute(parameters_path(place), "meaning", std::string(meaning_of(step).parameters));
  writer.file().set_attribute(fixed_path(place), "meaning", std::string(meaning_of(step).fixed_parameters));
}

/// Places of the steps in the file: a composite's own is the first, and its last is applied first.
std::size_t place_of(const SpatialTransform& transform, std::size_t step) {
  return transform.steps.size() == 1 ? 0 : transform.steps.size() - step;
}

void write_types(LayoutWriter& writer, const SpatialTransform& transform) {
  h5::File& file = writer.file();
  file.create_group(group);
  const auto write_type = [&](std::size_t place, const std::string& type) {
    file.create_group(step_path(place));
    file.write_variable_text(type_path(place), type);  // ITK's reader of transforms accepts no other text
  };
  if (transform.steps.size() != 1) write_type(0, composite_type);
  for (std::size_t i = transform.steps.size(); i-- > 0;)
    write_type(place_of(transform, i), itk_type_of(transform.steps[i]));
  writer.seal_text_heap();
}

void refuse_faulty(const std::string& path, const SpatialTransform& transform) {
  const std::string name = transform.name.text();
  if (const std::string fault = fault_of(transform); !fault.empty())
    throw ComputationError("{}: {}: {}", path, name, fault);
  if (transform.steps.size() > most_steps)
    throw ComputationError(
        "{}: {} has {} steps; expected at most {} (snitt-compose-transforms makes one field of them)", path,
        name, transform.steps.size(), most_steps);
  for (const TransformStep& step : transform.steps)
    if (const auto* plate = std::get_if<ThinPlateStep>(&step); plate != nullptr && !is_interpolating(*plate))
      throw ComputationError(
          "{}: {} has a thin-plate spline whose weights do not add up to 0; no landmarks define such a one",
          path, name);
}

TransformStep read_step(const LayoutReader& reader, std::size_t place) {
  const h5::File& file = reader.file();
  const std::string& path = file.shown();
  for (const std::string& object : {parameters_path(place), fixed_path(place)})
    if (!file.exists(object)) throw InputError("{}: {} is missing", path, object);
  FlatTransform flat;
  const std::vector<std::string> type = file.texts(type_path(place));
  flat.type = type.size() == 1 ? type.front() : "";
  flat.fixed_parameters = reader.array<double>(fixed_path(place));
  if (file.info(parameters_path(place)).type == h5::ElementType::f32)
    flat.parameters = reader.array<float>(parameters_path(place));
  else
    flat.parameters = reader.array<double>(parameters_path(place));
  try {
    if (!file.exists(weights_path(place))) return step_from(std::move(flat));
    // Our own: what the landmarks were solved for is there.
    const auto matrix = reader.array<double>(matrix_path(place));
    if (matrix.size() != 16) throw InputError("matrix has {} numbers; expected 16", matrix.size());
    ThinPlateStep step;
    std::copy(matrix.begin(), matrix.end(), step.matrix.m.begin());
    step.weights = points_of(reader.array<double>(weights_path(place)));
    step.landmarks_mm = points_of(std::get<std::vector<double>>(flat.parameters));
    return step;
  } catch (const InputError& error) {
    throw InputError("{}: {}: {}", path, step_path(place), error.what());
  }
}

std::vector<TransformStep> read_steps(const LayoutReader& reader) {
  const std::size_t places = reader.file().children(group).size();
  const std::vector<std::string> first = reader.file().texts(type_path(0));
  if (first.size() == 1 && first.front().starts_with("CompositeTransform_")) {
    std::vector<TransformStep> steps;
    for (std::size_t place = places; place-- > 1;) steps.push_back(read_step(reader, place));
    return steps;
  }
  if (places != 1)
    throw InputError("{}: {} holds {} transforms; expected one, or a composite first", reader.file().shown(),
                     group, places);
  return {read_step(reader, 0)};
}

}  // namespace

void write_spatial_transform(const std::string& path, const SpatialTransform& transform,
                             const Provenance& provenance, IfExists if_exists,
                             const CalibrationRecord* calibration) {
  refuse_faulty(path, transform);
  const bool linear = is_single_linear(transform);
  LayoutWriter writer(path, "transform", provenance, if_exists,
                      linear ? std::optional(linear_minor) : std::nullopt);
  h5::File& file = writer.file();
  file.set_attribute("/", "from", transform.name.from);
  file.set_attribute("/", "to", transform.name.to);
  file.set_attribute("/", "kind", kind_of(transform));
  write_itk_versions(writer);
  write_types(writer, transform);
  for (std::size_t i = transform.steps.size(); i-- > 0;) {
    write_step(writer, place_of(transform, i), transform.steps[i]);
    if (!linear) explain_step(writer, place_of(transform, i), transform.steps[i]);
  }
  if (transform.steps.size() == 1) file.link(parameters_path(0), "/parameters");
  if (calibration != nullptr) write_calibration(writer, *calibration);
  writer.finish();
}

void write_transform(const std::string& path, const StaticTransform& transform, const Provenance& provenance,
                     IfExists if_exists, const CalibrationRecord* calibration) {
  if (!is_affine(transform.matrix))
    throw ComputationError("{}: {} is not an invertible affine matrix", path, transform.name.text());
  write_spatial_transform(path, linear_transform(transform), provenance, if_exists, calibration);
}

SpatialTransform read_spatial_transform(const std::string& path) {
  const LayoutReader reader(path, "transform");
  const h5::File& file = reader.file();
  SpatialTransform transform{{file.text_attribute("/", "from"), file.text_attribute("/", "to")},
                             read_steps(reader)};
  if (const std::string fault = fault_of(transform); !fault.empty()) throw InputError("{}: {}", path, fault);
  return transform;
}

StaticTransform read_transform(const std::string& path) {
  const SpatialTransform transform = read_spatial_transform(path);
  for (const TransformStep& step : transform.steps)
    if (!std::holds_alternative<LinearStep>(step))
      throw InputError(
          "{}: {} bends space (it has a {}); expected a linear transform (snitt-apply-transform takes any)",
          path, transform.name.text(), name_of(step));
  return {transform.name, linear_part(transform)};
}

}  // namespace snitt::store
