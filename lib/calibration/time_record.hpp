#pragma once
#include "calibration/time_alignment.hpp"
#include "data/calibration.hpp"
#include "data/table.hpp"

/// What a temporal calibration writes into its file.
namespace snitt::calibration {

/// Lag, correlation, rms for either sign of the axis and number of samples, one row per lag of the search.
Table curve_table(const TimeAlignment& alignment, const MotionSignal& moving);

/// Summary, of which `time_offset_s` is what --time-offset-s of snitt-reconstruct-ultrasound takes, verdict
/// and the tables "signals" (what was compared, at the lag), "frames" (each sample of the fixed stream: used,
/// or why not) and "poses" (the same of the moving one). The curve is not among them: it is the file's own
/// table (curve_table).
CalibrationRecord time_record(const MotionSignal& fixed, const MotionSignal& moving,
                              const TimeAlignment& alignment);

}  // namespace snitt::calibration
