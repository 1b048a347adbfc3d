#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "base/options.hpp"
#include "data/phantom_definition.hpp"
#include "phantom/scene.hpp"

/// What a simulated sweep goes through: the scene of snitt-phantom.
namespace snitt::phantom_tool {

struct SceneSettings {
  std::string scene;  ///< spheres, when nothing else is asked for
  std::string scene_file;
  std::string phantom_file;
  std::string volume_file;
  std::string tissue = "values";
  std::string placement;
  std::optional<std::vector<double>> region_center_mm;
  std::optional<std::vector<double>> region_size_mm;
  double edge_mm = 0;
  double speckle = 0;
  double speckle_cell_mm = 0.5;
};

/// A calibration phantom and where it stands.
struct PlacedPhantom {
  PhantomDefinition definition;
  Matrix4 to_reference;
};

void declare_scene(Options& options, SceneSettings& s);
/// Throws UsageError for options that contradict each other.
void refuse_two_scenes(const SceneSettings& s);
std::optional<PlacedPhantom> phantom_of(const SceneSettings& s);
phantom::Scene scene_of(const SceneSettings& s, const std::optional<PlacedPhantom>& phantom,
                        std::uint64_t seed, Monitor& monitor);

}  // namespace snitt::phantom_tool
