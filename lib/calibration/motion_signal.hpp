#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "calibration/image_shift.hpp"
#include "calibration/line_detection.hpp"
#include "data/calibration.hpp"
#include "data/frames.hpp"
#include "data/table.hpp"

/// One number that follows a motion, with its own time stamps: what two streams can be aligned by.
namespace snitt::calibration {

/// The columns of an image between which a line's rows are known; a row elsewhere on the line is the row here
/// plus the line's slope times the distance in columns.
struct LineColumns {
  double left_px = 0;
  double middle_px = 0;
  double right_px = 0;
};

struct MotionSignal {
  std::string name;   ///< "row of the line", "shift of the image", "Probe in Reference along its main axis"
  std::string units;  ///< "px", "mm", or those of a column
  std::vector<double> time_s;           ///< [used sample], rises strictly
  std::vector<double> value;            ///< [used sample]
  std::vector<std::size_t> sample;      ///< [used sample] number in the recording
  std::vector<double> recorded_time_s;  ///< [sample]
  std::vector<std::string> reason;      ///< [sample] "" when used, else why not
  std::vector<Column> details;          ///< [sample] what the method says about each
  std::vector<Quantity> quantities;     ///< what it says about the whole
  std::vector<double> slope;            ///< [used sample] of a line, rows per column; empty for other signals
  LineColumns columns;                  ///< of a line: `value` is its row at middle_px
};

/// The signal of the same line's row at column `u_px`. The signal needs slopes.
MotionSignal at_column(MotionSignal signal, double u_px);

/// Why samples were left out, most frequent first: "no line: 180, time does not rise: 2"; "" for none.
std::string rejections(const MotionSignal& signal);

/// Row where the line that a flat surface draws crosses the middle column of the region (line_detection.hpp),
/// in px, with the line's slope, which gives the row at any other column (at_column). Frames are read as a
/// stream. Throws InputError for a recording without images or times.
MotionSignal line_signal(FrameSource& source, const LineDetectionOptions& options, Monitor& monitor);

/// Shift of the image along its columns (image_shift.hpp), in px.
MotionSignal shift_signal(FrameSource& source, const ImageShiftOptions& options, Monitor& monitor);

/// Origin of coordinate frame `from` in `to`, projected on the first principal axis of its motion (the one
/// whose largest component is positive), in mm, 0 at the mean. The time stamps are those of the first
/// transform on the path that has a clock of its own, else the frames'; other clocks are interpolated across
/// gaps up to `maximum_gap_s`. Throws InputError when there is no path or no usable pose.
MotionSignal position_signal(const Frames& frames, const std::string& from, const std::string& to,
                             double maximum_gap_s);

/// A numeric field of a recording. Throws InputError that lists the fields there are.
MotionSignal field_signal(const Frames& frames, const std::string& field);

/// A numeric column of a table against its column of times in seconds. Throws InputError that lists the
/// columns there are.
MotionSignal column_signal(const Table& table, const std::string& time_column, const std::string& column);

}  // namespace snitt::calibration
