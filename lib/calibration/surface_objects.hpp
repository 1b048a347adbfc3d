#pragma once
#include <string>
#include <vector>

#include "data/phantom_definition.hpp"
#include "geometry/matrix.hpp"

namespace snitt::calibration {

enum class SurfaceKind { plane, line, point };

/// A plane, line or point of a phantom that a tip can be on.
struct SurfaceObject {
  std::string name;
  SurfaceKind kind = SurfaceKind::point;
  Vec3 center_mm;  ///< of what is described of it
  /// Right-handed: of a plane the last is its normal, of a line the first its direction.
  Vec3 axis[3]{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  Vec3 half_extent_mm;  ///< along the axes

  /// What keeps a point from being on it, in phantom coordinates: one number of a plane, two of a line, three
  /// of a point; the others are 0.
  Vec3 residual_mm(Vec3 point_mm) const;
  std::size_t residuals() const { return kind == SurfaceKind::plane ? 1 : kind == SurfaceKind::line ? 2 : 3; }
  /// Distance from it, infinite for points more than `margin_mm` outside what is described of it.
  double distance_mm(Vec3 point_mm, double margin_mm) const;
};

/// Planes and lines, and landmarks as points. The part of a plane that is described is the rectangle around
/// its three points with a side along the first two.
std::vector<SurfaceObject> surface_objects(const PhantomDefinition& phantom);

/// Eigenvalues of the mean of JᵀJ over samples on objects, J the derivative of the residuals by turns about
/// and shifts along the axes of the phantom, turns in units of the samples' RMS distance from their mean: the
/// roots say how firmly each combination is held, 1 at most about.
struct Firmness {
  double least = 0;  ///< root of the smallest eigenvalue
  Vec3 turn;         ///< the loosest combination: turn about …
  Vec3 shift;        ///< … and shift along these, in phantom coordinates
};
Firmness firmness(const std::vector<SurfaceObject>& objects, const std::vector<Vec3>& points_mm,
                  const std::vector<int>& object_of_point);

}  // namespace snitt::calibration
