#pragma once
#include "image_registration/level_images.hpp"
#include "image_registration/message_passing.hpp"
#include "image_registration/ssc.hpp"

/// A deformable start without a local optimum to be caught in: each control point tries a cube of
/// displacements, judged by self-similarity descriptors, and the best choice of all is found on a tree
/// (after Heinrich et al., IEEE TMI 2013, "deeds").
namespace snitt::image_registration {

struct DiscreteLevel {
  double voxel_mm = 0;    ///< isotropic voxels on which descriptors are compared
  std::size_t tile = 5;   ///< voxels between control points
  std::size_t reach = 6;  ///< displacements -reach … reach voxels along each axis
};

struct DiscreteField {
  SplineGrid grid;
  Coefficients coefficients_mm;
  double inconsistency_mm = 0;  ///< mean distance that going there and back missed, before both were made one
  double border_share = 0;      ///< of control points at the rim of the search, at the coarsest level
};

/// Forward and backward fields are found apart and made each other's inverse at each level. `smoothness` is
/// the weight of the squared difference of neighbours' displacements, in units of their distance, against the
/// mean descriptor distance in [0, 1].
DiscreteField discrete_field(const ImagePair& pair, const Matrix4& start,
                             const std::vector<DiscreteLevel>& levels, double smoothness);

/// Mean descriptor distance in [0, 1] of each control point's cell for each displacement: [point][label]. The
/// cell is the cube of `tile` voxels around the point; every voxel with i + j + k even counts where `inside`
/// (empty: everywhere) is not 0. Points without voxels have costs 0.
std::vector<float> label_costs(const SplineGrid& grid, const std::vector<Ssc>& fixed,
                               const std::vector<Ssc>& moving, const std::vector<std::uint8_t>& inside,
                               std::size_t reach);

}  // namespace snitt::image_registration
