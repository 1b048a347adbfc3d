#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/frames.hpp"
#include "data/transform_graph.hpp"
#include "data/volume.hpp"
#include "reconstruction/fan_detection.hpp"
#include "reconstruction/hole_filling.hpp"
#include "reconstruction/image_region.hpp"
#include "reconstruction/insertion.hpp"
#include "reconstruction/output_grid.hpp"
#include "reconstruction/voxel_based.hpp"

namespace snitt::reconstruction {

enum class Method { nearest, trilinear, voxel_nearest, distance_weighted, gaussian };

struct ReconstructionOptions {
  std::string image_frame = "Image";        ///< coordinate frame of the pixels
  std::string target_frame;                 ///< coordinate frame of the volume
  std::vector<StaticTransform> transforms;  ///< added to the recording's; one of the same name replaces it
  PathOptions path;
  std::size_t every = 1;  ///< use frames 0, every, 2·every …
  RegionOptions region;
  bool detect_fan = false;  ///< find the fan in some of the frames (instead of region.fan)
  GridOptions grid;
  Method method = Method::nearest;
  Compounding compounding = Compounding::mean;  ///< nearest and trilinear
  bool plus_compatible = false;
  VoxelBasedOptions voxel_based;         ///< of the other methods; its `method` follows from Method
  std::vector<HoleFillingElement> fill;  ///< tried in order; empty leaves holes 0
  std::optional<PixelType> output_type;  ///< the frames' own, or float32 (nearest, trilinear)
  double block_bytes = 64e6;             ///< pixels held at once by nearest and trilinear, twice
};

struct ReconstructionReport {
  std::string path;        ///< describe(path)
  std::size_t frames = 0;  ///< in the recording
  std::size_t frames_used = 0;
  std::map<std::string, std::size_t> skipped;  ///< reason -> frames
  std::size_t first_used = 0;
  std::size_t last_used = 0;
  std::array<Vec3, 4> first_corners_mm{};  ///< see corners_mm
  std::array<Vec3, 4> last_corners_mm{};
  std::size_t pixels_per_frame = 0;  ///< that take part
  std::size_t voxels_seen = 0;
  std::uint64_t holes_filled = 0;
  std::uint64_t holes_left = 0;
};

struct Reconstruction {
  Volume volume;
  ReconstructionReport report;
};

/// A tracked recording becomes a volume in `target_frame`. Frames whose pose or image is not usable are left
/// out, counted and said through Monitor::warn. The next block of frames is read while the current one is
/// inserted. Throws InputError when no frame is usable (with the reasons) or no path leads to the target
/// frame, and whatever the parts throw.
Reconstruction reconstruct(FrameSource& source, const ReconstructionOptions& options, Monitor& monitor);

}  // namespace snitt::reconstruction
