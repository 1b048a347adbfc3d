#include "formats/elastix_transform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.hpp"
#include "data/flat_transform.hpp"
#include "formats/file_text.hpp"
#include "formats/itk_transform_list.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
constexpr std::size_t longest_chain = 32;

/// "(Key value value)" lines; texts lose their quotes.
class Parameters {
 public:
  explicit Parameters(const std::string& path) : path_(path) {
    const std::string text = file_text(path, most_bytes);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::string_view line = stripped(std::string_view(text).substr(at, end - at));
      at = end + 1;
      if (!line.starts_with("(")) continue;
      if (!line.ends_with(")"))
        throw InputError("{}: is an elastix parameter file whose line '{}' has no end; it is cut off", path,
                         line.substr(0, 40));
      line = line.substr(1, line.size() - 2);
      const std::size_t space = std::min(line.find(' '), line.size());
      values_[std::string(line.substr(0, space))] = std::string(stripped(line.substr(space)));
    }
  }

  const std::string& path() const { return path_; }
  bool has(const std::string& key) const { return values_.contains(key); }

  std::string text(const std::string& key, const std::string& otherwise) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return otherwise;
    std::string value = found->second;
    std::erase(value, '"');
    return value;
  }

  std::vector<double> numbers(const std::string& key, std::size_t count) const {
    const auto found = values_.find(key);
    if (found == values_.end()) throw InputError("{}: is an elastix parameter file without {}", path_, key);
    std::vector<double> numbers = numbers_of(path_, key, found->second);
    if (count != 0 && numbers.size() != count)
      throw InputError("{}: {} has {} numbers; expected {}", path_, key, numbers.size(), count);
    return numbers;
  }

 private:
  std::string path_;
  std::map<std::string, std::string> values_;
};

/// ITK's classes with elastix's names and their numbers of parameters.
struct LinearKind {
  const char* elastix;
  const char* itk;
  std::size_t parameters;
};
constexpr std::array<LinearKind, 4> linear_kinds{
    {{"EulerTransform", "Euler3DTransform_double_3_3", 6},
     {"SimilarityTransform", "Similarity3DTransform_double_3_3", 7},
     {"AffineTransform", "AffineTransform_double_3_3", 12},
     {"TranslationTransform", "TranslationTransform_double_3_3", 3}}};

BSplineStep b_spline_of(const Parameters& p) {
  if (const std::string order = p.text("BSplineTransformSplineOrder", "3"); order != "3")
    throw InputError("{}: BSplineTransformSplineOrder is {}; expected 3", p.path(), order);
  if (p.text("UseCyclicTransform", "false") == "true")
    throw InputError("{}: UseCyclicTransform is true; expected false", p.path());
  // Axis vectors one after another, where ITK has them as the columns of a matrix.
  const std::vector<double> direction =
      p.has("GridDirection") ? p.numbers("GridDirection", 9) : std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1};
  FlatTransform flat{"BSplineTransform_double_3_3", p.numbers("GridSize", 3), std::vector<double>{}};
  const std::vector<double> origin = p.numbers("GridOrigin", 3);
  const std::vector<double> spacing = p.numbers("GridSpacing", 3);
  flat.fixed_parameters.insert(flat.fixed_parameters.end(), origin.begin(), origin.end());
  flat.fixed_parameters.insert(flat.fixed_parameters.end(), spacing.begin(), spacing.end());
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t axis = 0; axis < 3; ++axis) flat.fixed_parameters.push_back(direction[3 * axis + row]);
  flat.parameters = p.numbers("TransformParameters", 0);
  auto step = std::get<BSplineStep>(step_from(std::move(flat)));
  if (p.has("GridIndex")) {  // of the first control point; the origin is that of index 0
    const std::vector<double> index = p.numbers("GridIndex", 3);
    step.grid.origin_mm = transform_point(index_to_space(step.grid), {index[0], index[1], index[2]});
  }
  return step;
}

TransformStep step_of(const Parameters& p, Monitor& monitor) {
  const std::string kind = p.text("Transform", "");
  for (const std::string key : {"FixedImageDimension", "MovingImageDimension"})
    if (const std::string dimension = p.text(key, "3"); dimension != "3")
      throw InputError("{}: {} is {}; expected 3", p.path(), key, dimension);
  if (kind == "BSplineTransform" || kind == "RecursiveBSplineTransform") return b_spline_of(p);
  const auto* const linear = std::find_if(linear_kinds.begin(), linear_kinds.end(),
                                          [&](const LinearKind& one) { return kind == one.elastix; });
  if (linear == linear_kinds.end())
    throw InputError(
        "{}: Transform is {}; expected EulerTransform, SimilarityTransform, AffineTransform, "
        "TranslationTransform "
        "or BSplineTransform (transformix -def all writes any as a displacement field)",
        p.path(), kind);
  FlatTransform flat{linear->itk, {}, p.numbers("TransformParameters", linear->parameters)};
  if (kind != "TranslationTransform") flat.fixed_parameters = p.numbers("CenterOfRotationPoint", 3);
  if (kind == "EulerTransform")
    flat.fixed_parameters.push_back(p.text("ComputeZYX", "false") == "true" ? 1 : 0);
  return transform_from_itk(p.path(), {std::move(flat)}, {"A", "B"}, monitor).steps.front();
}

/// Where the initial transform is: elastix writes the path it was started with.
std::string initial_path(const Parameters& p) {
  const std::string named = p.text("InitialTransformParameterFileName",
                                   p.text("InitialTransformParametersFileName", "NoInitialTransform"));
  if (named == "NoInitialTransform" || named.empty()) return "";
  if (const std::string how = p.text("HowToCombineTransforms", "Compose"); how != "Compose")
    throw InputError("{}: HowToCombineTransforms is {}; expected Compose", p.path(), how);
  std::error_code error;
  const std::filesystem::path beside =
      std::filesystem::path(p.path()).parent_path() / std::filesystem::path(named).filename();
  if (std::filesystem::is_regular_file(beside, error)) return beside.string();
  if (std::filesystem::is_regular_file(named, error)) return named;
  throw InputError("{}: its initial transform {} is not there, nor beside it as {}", p.path(), named,
                   beside.filename().string());
}

std::string joined(const std::vector<double>& numbers) {
  std::string text;
  for (const double number : numbers) text += " " + text_of(number);
  return text;
}

std::string vectors_text(std::span<const Vec3> vectors) {
  std::vector<double> numbers;
  for (const Vec3 v : vectors) numbers.insert(numbers.end(), {v.x, v.y, v.z});
  return joined(numbers);
}

std::string sizes_text(const std::array<std::size_t, 3>& size) {
  return fmt::format(" {} {} {}", size[0], size[1], size[2]);
}

}  // namespace

SpatialTransform read_elastix_transform(const std::string& path, const TransformName& name) {
  Monitor silent;
  SpatialTransform transform{name, {}};
  for (std::string at = path; !at.empty();) {
    const Parameters p(at);
    transform.steps.insert(transform.steps.begin(), step_of(p, silent));
    if (transform.steps.size() > longest_chain)
      throw InputError("{}: its chain of initial transforms is longer than {}; does it run in a circle?",
                       path, longest_chain);
    at = initial_path(p);
  }
  if (const std::string fault = fault_of(transform); !fault.empty()) throw InputError("{}: {}", path, fault);
  return transform;
}

std::string elastix_text(const std::string& path, const SpatialTransform& transform,
                         const VolumeGeometry& fixed) {
  const bool linear = is_linear(transform);
  if (!linear &&
      (transform.steps.size() != 1 || !std::holds_alternative<BSplineStep>(transform.steps.front())))
    throw UsageError(
        "{}: files of elastix are written for linear transforms and single B-splines; expected .h5, or "
        "snitt-compose-transforms --grid and .nii.gz",
        path);
  const FlatTransform flat =
      flattened(linear ? TransformStep(LinearStep{snitt::linear_part(transform)}) : transform.steps.front());
  const auto& numbers = std::get<std::vector<double>>(flat.parameters);
  std::string text =
      fmt::format("(Transform \"{}\")\n(NumberOfParameters {})\n(TransformParameters{})\n",
                  linear ? "AffineTransform" : "BSplineTransform", numbers.size(), joined(numbers));
  text +=
      "(InitialTransformParametersFileName \"NoInitialTransform\")\n(HowToCombineTransforms \"Compose\")\n"
      "(FixedImageDimension 3)\n(MovingImageDimension 3)\n(FixedInternalImagePixelType \"float\")\n"
      "(MovingInternalImagePixelType \"float\")\n";
  text += fmt::format(
      "(Size{})\n(Index 0 0 0)\n(Spacing{})\n(Origin{})\n(Direction{})\n(UseDirectionCosines \"true\")\n",
      sizes_text(fixed.size), vectors_text(std::span(&fixed.spacing_mm, 1)),
      vectors_text(std::span(&fixed.origin_mm, 1)), vectors_text(fixed.axis_directions));
  if (linear) {
    text += "(CenterOfRotationPoint 0 0 0)\n";
  } else {
    const VolumeGeometry& grid = std::get<BSplineStep>(transform.steps.front()).grid;
    text += fmt::format(
        "(GridSize{})\n(GridIndex 0 0 0)\n(GridSpacing{})\n(GridOrigin{})\n(GridDirection{})\n"
        "(BSplineTransformSplineOrder 3)\n(UseCyclicTransform \"false\")\n",
        sizes_text(grid.size), vectors_text(std::span(&grid.spacing_mm, 1)),
        vectors_text(std::span(&grid.origin_mm, 1)), vectors_text(grid.axis_directions));
  }
  return text +
         "(ResampleInterpolator \"FinalBSplineInterpolator\")\n(FinalBSplineInterpolationOrder "
         "3)\n(Resampler "
         "\"DefaultResampler\")\n(DefaultPixelValue 0)\n(ResultImageFormat \"mha\")\n(ResultImagePixelType "
         "\"float\")\n(CompressResultImage \"true\")\n";
}

}  // namespace snitt::formats
