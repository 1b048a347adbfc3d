#pragma once
#include "data/tree.hpp"
#include "registration/airway_path.hpp"
#include "registration/oriented_samples.hpp"

namespace snitt::registration {

constexpr std::size_t least_path_samples = 10;

/// What is left of a path: single samples far from the median of their neighbors are left out, and of the
/// rest those that are `step_mm` from the one before; directions as given, else of travel over some steps.
/// Throws InputError: fewer than ten samples before or after, one that is not finite, directions that are no
/// unit vectors or of another number.
OrientedSamples sample_path(const TrackedPath& path, double step_mm);

/// States of a tree for a path to be at. Throws InputError for a faulty tree and one of fewer than ten
/// states.
OrientedSamples airway_states(const Tree& tree, double spacing_mm, double least_radius_mm);

}  // namespace snitt::registration
