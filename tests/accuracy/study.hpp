#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/volume.hpp"
#include "phantom/scene.hpp"
#include "phantom/sweep.hpp"

/// Simulated sweeps reconstructed by each method and compared with the truth. Everything is refined alike:
/// pixels, distance of frames, radius of the voxel-based methods and voxels keep their ratios.
namespace snitt::accuracy {

struct Sampling {
  double spacing_mm = 1;
  double pixel_per_voxel = 0.5;  ///< pixel size as a share of the voxel size
  double frame_per_voxel = 0.5;  ///< mean distance of frames as a share of the voxel size
};

/// Voxels [slice, row, column] and whether anything is known about each.
struct Reconstruction {
  VolumeGeometry geometry;
  std::vector<float> values;
  std::vector<std::uint8_t> known;
};

struct Method {
  std::string name;
  std::function<Reconstruction(FrameSource&, const VolumeGeometry&, const Sampling&)> run;
};

/// Every method of snitt-reconstruct-ultrasound, nearest-neighbour mean first.
std::vector<Method> all_methods();
const Method& method_named(const std::vector<Method>& methods, const std::string& name);

/// A ramp, a wave and two blobs: no edge anywhere.
phantom::Scene smooth_scene();
/// Spheres of 5 and 3.5 mm radius; `edge_mm` 0 makes them sharp.
phantom::Scene sphere_scene(double edge_mm);
/// Three oblique wires with a Gaussian profile of sigma 1 mm.
phantom::Scene wire_scene();

/// An oblique freehand sweep that covers the scene's region with room to spare, float pixels without noise.
std::unique_ptr<phantom::SweepSource> sweep_through(const phantom::Scene& scene, const Sampling& sampling);

struct Errors {
  double known_percent = 0;   ///< voxels of the region that received a value
  double rms = 0;             ///< grey levels, over known voxels, against the scene at voxel centres
  double volume_percent = 0;  ///< spheres: worst error of the integrated volume
  double centroid_mm = 0;     ///< spheres: worst distance of the centroid from the centre
  double wire_mm = 0;         ///< wires: root mean square distance of the centroid in a slice from the axis
  double wire_width_percent = 0;  ///< wires: error of the profile's standard deviation
};

Errors compare(const phantom::Scene& scene, const Reconstruction& reconstruction);

/// One sweep, reconstructed on the scene's region and compared.
Errors run_study(const phantom::Scene& scene, const Method& method, const Sampling& sampling);

}  // namespace snitt::accuracy
