#pragma once
#include "data/spatial_transform.hpp"
#include "report/page.hpp"

namespace snitt::report {

/// What a transform maps to what: its matrix where it is linear, else its steps.
void add_transform(const SpatialTransform& transform, Page& page);

}  // namespace snitt::report
