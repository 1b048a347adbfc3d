#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/transform.hpp"

/// Clocks and poses in CSV files whose columns the user names: nothing about time, units or order is guessed.
namespace snitt::formats {

enum class TimeUnit { seconds, milliseconds, microseconds };

struct PoseTableOptions {
  std::string file;         ///< "" for no poses
  std::string time_column;  ///< "" when row i is the pose of frame i
  TimeUnit time_unit = TimeUnit::seconds;
  /// 16 columns: 4x4 matrix row by row; 12: its first three rows; 7: tx ty tz and the quaternion qw qx qy qz,
  /// in this order.
  std::vector<std::string> pose_columns;
  double position_unit_mm = 1;  ///< 1000 for translations in metres
  TransformName name{"Probe", "Tracker"};
  std::string status_column;  ///< "": every row is OK. Words of sequence files, or 1/0, true/false
};

/// Row i becomes sample i. With a time column the transform has a clock of its own, else none. A row whose
/// pose has an empty cell is MISSING; a pose that is not affine is refused unless its status says that it
/// cannot be used; a repeated time with a repeated pose is passed over with a warning. Throws InputError
/// naming line, column and value.
TrackedTransform read_pose_table(const PoseTableOptions& options, Monitor& monitor);

struct ImageClockOptions {
  std::string file;  ///< CSV with the time of every image; "" when the images are evenly spaced
  std::string time_column;
  TimeUnit time_unit = TimeUnit::seconds;
  std::string file_column;  ///< names of the image files; "" when row i belongs to image i in natural order
                            ///< of the names
  std::optional<double> frame_rate_hz;
  double start_time_s = 0;  ///< of the first image, where the file says no times
};

/// Time of each image. `names`: the images' file names in order; empty for the frames of one file, `count` of
/// them. Throws InputError when images and rows do not correspond, UsageError when neither file nor rate is
/// given.
std::vector<double> read_image_times(const ImageClockOptions& options, const std::vector<std::string>& names,
                                     std::size_t count, Monitor& monitor);

}  // namespace snitt::formats
