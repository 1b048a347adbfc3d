#pragma once
#include <bit>
#include <cstdint>
#include <vector>

#include "image/scalar_volume.hpp"

/// Self-similarity context (Heinrich et al., MICCAI 2013): how alike the patches around a voxel are to each
/// other, without the voxel's own. Images of any two modalities can be compared by it.
namespace snitt::image_registration {

/// Twelve similarities of six levels each, as 5 bits of which as many are set as the level says: entry k in
/// bits 5 k … 5 k + 4. The L1 distance of two descriptors is the number of bits in which they differ.
using Ssc = std::uint64_t;
inline constexpr int ssc_entries = 12;
inline constexpr int ssc_steps = 5;
inline constexpr int ssc_bits = ssc_entries * ssc_steps;

/// One word per voxel, [slice, row, column]. Patches are 3^3 voxels, centered on the voxel's six neighbours;
/// the image goes on beyond its rim with the rim's values. Voxels of an isotropic image are wanted: the
/// patches know no millimetres.
std::vector<Ssc> ssc_descriptors(const image::ScalarVolume& volume);

/// In [0, 60]: L1 distance of the levels.
inline int ssc_distance(Ssc a, Ssc b) { return std::popcount(a ^ b); }

}  // namespace snitt::image_registration
