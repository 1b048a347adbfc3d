#include "formats/vector_field.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "formats/nifti_volume.hpp"
#include "formats/nrrd_space.hpp"
#include "formats/volume_file.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

constexpr int vector_intent = 1007;
/// What NiftyReg calls its files and means by intent_p1 (_reg_maths.h).
constexpr const char* niftyreg_name = "NREG_TRANS";
constexpr int niftyreg_positions = 0;
constexpr int niftyreg_displacements = 1;

/// How the numbers of a file become displacements in LPS.
struct Meaning {
  Vec3 to_lps{1, 1, 1};  ///< signs of the vectors' coordinates
  bool positions = false;
};

constexpr Vec3 ras_to_lps{-1, -1, 1};

Meaning niftyreg_meaning(const std::string& path, double p1) {
  if (p1 == niftyreg_positions) return {ras_to_lps, true};
  if (p1 == niftyreg_displacements) return {ras_to_lps, false};
  throw InputError(
      "{}: is a transform of NiftyReg of the kind {:g} (control points or velocities); expected a "
      "deformation or "
      "displacement field (reg_transform -def or -disp makes one)",
      path, p1);
}

Meaning told(const std::string& path, Coordinates coordinates) {
  if (coordinates == Coordinates::ras) return {ras_to_lps, false};
  if (coordinates == Coordinates::lps) return {};
  throw InputError(
      "{}: does not say whether its vectors are in LPS (ANTs, ITK) or RAS; expected --coordinates LPS or RAS",
      path);
}

/// The signs of an NRRD file's space, whose vectors are in the space of its grid. Where the header leaves the
/// space open, `coordinates` says it of grid and vectors.
Meaning nrrd_meaning(const std::string& path, Coordinates coordinates, VolumeGeometry& grid) {
  const NrrdSpace space = nrrd_space(path);
  if (space.has_own_axes)
    throw InputError(
        "{}: its vectors are measured along other axes (measurement frame) than those of its space; expected "
        "the identity (turn the vectors into the space first)",
        path);
  if (!space.is_anatomical) {
    if (coordinates != Coordinates::lps && coordinates != Coordinates::ras)
      throw InputError(
          "{}: {} a space that says whether its grid and vectors are in LPS or RAS; expected "
          "left-posterior-superior, right-anterior-superior or left-anterior-superior, or --coordinates LPS "
          "or RAS",
          path, space.name.empty() ? "has not" : fmt::format("space is '{}', not", space.name));
    if (coordinates == Coordinates::lps) return {};
    for (std::size_t axis = 0; axis < 2; ++axis) {
      grid.origin_mm[axis] = -grid.origin_mm[axis];
      for (Vec3& direction : grid.axis_directions) direction[axis] = -direction[axis];
    }
    return {ras_to_lps, false};
  }
  const bool is_lps = space.to_lps == Vec3{1, 1, 1};
  if ((coordinates == Coordinates::lps && !is_lps) ||
      (coordinates == Coordinates::ras && space.to_lps != ras_to_lps))
    throw UsageError("{}: says itself that its space is '{}'; --coordinates says {}", path, space.name,
                     coordinates == Coordinates::lps ? "LPS" : "RAS");
  if (!is_lps && !space.has_directions)
    throw InputError("{}: has the space '{}' but no space directions; expected both", path, space.name);
  return {space.to_lps, false};
}

DisplacementStep displacements_of(const std::string& path, const Volume& volume, Meaning meaning) {
  if (volume.format.components != 3 || volume.time_points != 1)
    throw InputError("{}: has {} numbers per voxel and {} time points; expected vectors of three", path,
                     volume.format.components, volume.time_points);
  DisplacementStep step{volume.geometry, {}};
  step.vectors_mm.resize(3 * volume.geometry.voxels());
  const auto& size = volume.geometry.size;
  const Matrix4 to_space = index_to_space(volume.geometry);
  const Vec3 sign = meaning.to_lps;
  visit_pixel_type(volume.format.type, [&](auto tag) {
    const auto values = volume.values<typename decltype(tag)::type>();
    for (std::size_t v = 0; v < volume.geometry.voxels(); ++v) {
      Vec3 u{sign.x * static_cast<double>(values[3 * v]), sign.y * static_cast<double>(values[3 * v + 1]),
             sign.z * static_cast<double>(values[3 * v + 2])};
      if (meaning.positions)
        u = u - transform_point(to_space,
                                {static_cast<double>(v % size[0]), static_cast<double>(v / size[0] % size[1]),
                                 static_cast<double>(v / size[0] / size[1])});
      for (std::size_t axis = 0; axis < 3; ++axis) {
        if (!std::isfinite(u[axis]))
          throw InputError("{}: voxel ({}, {}, {}) has a vector that is not finite", path, v % size[0],
                           v / size[0] % size[1], v / size[0] / size[1]);
        step.vectors_mm[3 * v + axis] = static_cast<float>(u[axis]);
      }
    }
  });
  return step;
}

Volume volume_of(const DisplacementStep& step) {
  Volume volume;
  volume.geometry = step.grid;
  volume.format = {PixelType::f32, 3};
  volume.quantity = "displacement";
  volume.units = "mm";
  const auto bytes = std::as_bytes(std::span(step.vectors_mm));
  volume.voxels.assign(bytes.begin(), bytes.end());
  return volume;
}

}  // namespace

bool is_vector_field(const std::string& path) {
  if (has_nifti_vectors(path)) return true;
  if (is_nifti(path) || !is_volume(path)) return false;
  for (const std::string_view ending : {".mha", ".mhd", ".nrrd", ".nhdr"})
    if (ends_with_any_case(path, ending)) return true;
  return false;
}

SpatialTransform read_vector_field(const std::string& path, const TransformName& name,
                                   Coordinates coordinates, Monitor& monitor) {
  Meaning meaning;
  Volume volume;
  if (is_nifti(path)) {
    NiftiIntent intent;
    volume = read_nifti_vectors(path, intent, monitor);
    if (intent.name == niftyreg_name) {
      if (coordinates == Coordinates::lps)
        throw UsageError("{}: says itself that it is NiftyReg's, in RAS; --coordinates says LPS", path);
      meaning = niftyreg_meaning(path, intent.p1);
    } else {
      meaning = told(path, coordinates);
    }
  } else {
    volume = read_volume(path, monitor);
    if (ends_with_any_case(path, ".nrrd") || ends_with_any_case(path, ".nhdr"))
      meaning = nrrd_meaning(path, coordinates, volume.geometry);
    else if (coordinates == Coordinates::ras)
      meaning.to_lps = ras_to_lps;
  }
  SpatialTransform transform{name, {displacements_of(path, volume, meaning)}};
  if (const std::string fault = fault_of(transform); !fault.empty()) throw InputError("{}: {}", path, fault);
  return transform;
}

void write_vector_field(const std::string& path, const SpatialTransform& transform,
                        VectorConvention convention, IfExists if_exists, Monitor& monitor) {
  const auto* step =
      transform.steps.size() == 1 ? std::get_if<DisplacementStep>(&transform.steps.front()) : nullptr;
  if (step == nullptr)
    throw UsageError(
        "{}: is written for a single displacement field; expected one (snitt-compose-transforms --grid makes "
        "one of "
        "any transform)",
        path);
  Volume volume = volume_of(*step);
  const bool gzip = ends_with_any_case(path, ".nii.gz");
  if (!gzip && !ends_with_any_case(path, ".nii")) {
    if (convention == VectorConvention::niftyreg)
      throw UsageError("{}: NiftyReg reads NIfTI; expected a name ending in .nii or .nii.gz", path);
    return write_volume(path, volume, if_exists, monitor);
  }
  NiftiIntent intent{vector_intent, 0, ""};
  if (convention == VectorConvention::niftyreg) {
    intent = {vector_intent, niftyreg_displacements, niftyreg_name};
    auto values = volume.values<float>();
    for (std::size_t v = 0; v < step->grid.voxels(); ++v)
      for (std::size_t axis = 0; axis < 2; ++axis) values[3 * v + axis] = -values[3 * v + axis];
  }
  write_nifti_vectors(path, volume, intent, if_exists, monitor, gzip);
}

}  // namespace snitt::formats
