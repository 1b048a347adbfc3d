#pragma once
#include <string>

#include "data/phantom_definition.hpp"

namespace snitt::formats {

/// What is known of a calibration phantom: our JSON form (schemas/phantom-definition-1.json), every length in
/// mm and everything optional but the first key:
///
///     {"phantom_definition": "1.0", "name": "fCal", "version": "2.0", "description": "…",
///      "patterns": [{"wires": [{"name": "G1", "front_mm": [30, 0, 20], "back_mm": [30, 40, 20]}, …, …]}],
///      "wires": [{"name": "upper", "front_mm": […], "back_mm": […]}],
///      "points": [{"name": "crossing", "position_mm": […]}],
///      "landmarks": [{"name": "#1", "position_mm": […]}],
///      "planes": [{"name": "top", "base_mm": […], "end1_mm": […], "end2_mm": […]}],
///      "lines": [{"name": "edge", "from_mm": […], "to_mm": […]}]}
///
/// or the PhantomDefinition of a PLUS device-set configuration (XML): Geometry with Pattern of Type NWire
/// (patterns) or CoplanarParallelWires (wires), Landmarks, Planes; what else it has is passed over. Order is
/// kept. Throws InputError naming file, object, value and expectation: wrong syntax, unknown keys (JSON),
/// missing or infinite numbers, names that are there twice, wires of no length, three wires that form no N
/// (outer ones parallel within 1 degree, the middle one across, all in one plane within 1 mm), planes whose
/// points lie on a line, and a definition of nothing.
PhantomDefinition read_phantom(const std::string& path);

}  // namespace snitt::formats
