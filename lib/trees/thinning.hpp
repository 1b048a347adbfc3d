#pragma once
#include "image/scalar_volume.hpp"

namespace snitt::trees {

/// The mask reduced to lines one voxel wide, its topology (pieces, tunnels) kept: 3-D thinning after Lee,
/// Kashyap and Chu 1994 (CVGIP 56:462), six directions in turn, deletable voxels checked again one after the
/// other in the order of their indices, so that the result is one and the same. Voxels on the image's rim are
/// treated as if nothing lay beyond.
image::VoxelMask thinned(const image::VoxelMask& mask);

/// Whether deleting the middle of 27 voxels (bit of neighbour n, in the order of VoxelGrid::steps) changes no
/// topology: one 26-connected piece of object around it, one 6-connected piece of background in its
/// 18-neighbourhood (Malandain and Bertrand 1992).
bool is_simple(std::uint32_t neighbours);

}  // namespace snitt::trees
