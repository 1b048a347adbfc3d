#pragma once
#include <string>

#include "phantom/scene.hpp"

namespace snitt::phantom {

/// A scene described in JSON; every length is in mm:
///
///     {"name": "two", "background": 20, "gradient_per_mm": [0, 0, 0], "center_mm": [0, 0, 0], "size_mm":
///     [40, 40, 40],
///      "waves": [{"amplitude": 10, "direction": [1, 0, 0], "period_mm": 12, "phase": 0}],
///      "speckle": {"strength": 0.5, "cell_mm": 0.5, "seed": 1},
///      "objects": [{"shape": "sphere", "center_mm": [0, 0, 0], "radius_mm": 5, "value": 200, "edge_mm": 1},
///                  {"shape": "ellipsoid", "center_mm": […], "radii_mm": [4, 5, 6], "value": 90},
///                  {"shape": "box", "center_mm": […], "size_mm": [8, 6, 4], "value": 90},
///                  {"shape": "wall", "point_mm": […], "normal": [0, 1, 0], "thickness_mm": 2, "value": 90},
///                  {"shape": "cylinder", "from_mm": […], "to_mm": […], "radius_mm": 1, "value": 90},
///                  {"shape": "line", "from_mm": […], "to_mm": […], "sigma_mm": 0.5, "value": 90},
///                  {"shape": "blob", "center_mm": […], "sigma_mm": [3, 3, 3], "value": 40}]}
///
/// `turn_axis` and `turn_deg` turn an object about its centre, `blend` is "over" or "add"; everything has a
/// default but an object's shape, place, size and value. Throws InputError that begins with `origin` (the
/// file's name) for text that is not JSON, unknown or missing keys, wrong types, and what `check` refuses.
Scene scene_from_json(const std::string& text, const std::string& origin);

}  // namespace snitt::phantom
