#pragma once
#include <optional>

#include "data/calibration.hpp"
#include "store/container.hpp"

/// What a calibration says about itself: the group /calibration of a transform, table or tree file, with one table
/// for its summary and any number of further ones.
namespace snitt::store {

/// Throws ComputationError for a record that the layout has no room for: a verdict other than good and
/// doubtful, a further table called "summary" or there twice.
void write_calibration(LayoutWriter& writer, const CalibrationRecord& record);

/// Nothing when the file has none.
std::optional<CalibrationRecord> read_calibration(const LayoutReader& reader);

}  // namespace snitt::store
