#include "formats/pose_table.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "formats/csv.hpp"
#include "geometry/pose.hpp"

namespace snitt::formats {
namespace {

double seconds_per(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds:
      return 1;
    case TimeUnit::milliseconds:
      return 1e-3;
    case TimeUnit::microseconds:
      break;
  }
  return 1e-6;
}

double time_in_row(const CsvText& csv, std::size_t row, std::size_t column, TimeUnit unit) {
  const double value = csv_number(csv, row, column);
  if (!std::isfinite(value))
    throw InputError("{}: line {}: column '{}' has '{}'; expected a time", csv.path, csv.lines[row],
                     csv.names[column], csv.rows[row][column]);
  // Dividing by a power of ten rounds once; multiplying by 1e-3 would round twice.
  return value / std::round(1 / seconds_per(unit));
}

Status status_in_row(const CsvText& csv, std::size_t row, std::size_t column) {
  const std::string& cell = csv.rows[row][column];
  if (const auto status = status_from_name(cell)) return *status;
  if (cell == "1" || cell == "true" || cell == "TRUE" || cell == "True") return Status::ok;
  if (cell == "0" || cell == "false" || cell == "FALSE" || cell == "False") return Status::invalid;
  throw InputError("{}: line {}: column '{}' has '{}'; expected OK, INVALID, MISSING, 1 or 0", csv.path,
                   csv.lines[row], csv.names[column], cell);
}

class PoseReader {
 public:
  explicit PoseReader(const PoseTableOptions& options)
      : options_(options), csv_(read_csv_text(options.file)) {
    const std::size_t count = options.pose_columns.size();
    if (count != 16 && count != 12 && count != 7)
      throw UsageError(
          "{}: {} pose columns are named; expected 16 (matrix), 12 (its first three rows) or 7, as "
          "--pose-column "
          "tx,ty,tz,qw,qx,qy,qz; there are: {}",
          options.file, count, fmt::join(csv_.names, ", "));
    for (const std::string& name : options.pose_columns) columns_.push_back(column_index(csv_, name));
    if (csv_.rows.empty()) throw InputError("{}: has no rows; expected poses", options.file);
  }
  TrackedTransform run(Monitor& monitor);

 private:
  struct Sample {
    Matrix4 matrix;
    Status status = Status::ok;
  };
  Sample sample(std::size_t row) const;
  std::optional<Matrix4> matrix(const std::vector<double>& values) const;

  const PoseTableOptions& options_;
  CsvText csv_;
  std::vector<std::size_t> columns_;
};

/// Nothing when the numbers are no affine matrix, or their quaternion is far from unit length.
std::optional<Matrix4> PoseReader::matrix(const std::vector<double>& values) const {
  Matrix4 result;
  if (values.size() == 7) {
    const double length = std::hypot(std::hypot(values[3], values[4]), std::hypot(values[5], values[6]));
    constexpr double rounding = 1e-2;  // trackers print quaternions with as few as three digits
    if (!(std::abs(length - 1) < rounding)) return std::nullopt;
    const Quaternion rotation{values[3] / length, values[4] / length, values[5] / length, values[6] / length};
    result = rigid_matrix(rotation, {values[0], values[1], values[2]});
  } else {
    std::copy(values.begin(), values.end(), result.m.begin());
  }
  for (const std::size_t i : {3, 7, 11}) result.m[i] *= options_.position_unit_mm;
  return is_affine(result) ? std::optional(result) : std::nullopt;
}

PoseReader::Sample PoseReader::sample(std::size_t row) const {
  Sample result;
  if (!options_.status_column.empty())
    result.status = status_in_row(csv_, row, column_index(csv_, options_.status_column));
  std::vector<double> values;
  for (const std::size_t column : columns_) values.push_back(csv_number(csv_, row, column));
  if (std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) {
    if (is_usable(result.status)) result.status = Status::missing;
    return result;
  }
  if (const auto pose = matrix(values)) {
    result.matrix = *pose;
    return result;
  }
  if (!is_usable(result.status)) return result;
  throw InputError("{}: line {}: the pose '{}' is {}; expected {}", csv_.path, csv_.lines[row],
                   fmt::join(values, " "),
                   values.size() == 7 ? "no translation with a unit quaternion" : "no affine matrix",
                   values.size() == 7 ? "tx ty tz qw qx qy qz" : "rows of a 4x4 matrix, the last 0 0 0 1");
}

TrackedTransform PoseReader::run(Monitor& monitor) {
  TrackedTransform tracked{options_.name, {}, {}, {}};
  const bool has_clock = !options_.time_column.empty();
  const std::size_t time_column = has_clock ? column_index(csv_, options_.time_column) : 0;
  std::size_t repeated = 0;
  for (std::size_t row = 0; row < csv_.rows.size(); ++row) {
    const Sample pose = sample(row);
    if (has_clock) {
      const double time_s = time_in_row(csv_, row, time_column, options_.time_unit);
      if (!tracked.time_s.empty() && time_s <= tracked.time_s.back()) {
        const bool same = time_s == tracked.time_s.back() && pose.matrix == tracked.matrix.back() &&
                          pose.status == tracked.status.back();
        if (!same)
          throw InputError(
              "{}: line {}: column '{}' has '{}', not later than the row before; expected rising times",
              csv_.path, csv_.lines[row], options_.time_column, csv_.rows[row][time_column]);
        ++repeated;
        continue;
      }
      tracked.time_s.push_back(time_s);
    }
    tracked.matrix.push_back(pose.matrix);
    tracked.status.push_back(pose.status);
  }
  if (repeated > 0)
    monitor.warn(fmt::format("{}: {} rows repeat time and pose of the row before; they are passed over",
                             csv_.path, repeated));
  return tracked;
}

std::vector<double> times_from_file(const ImageClockOptions& options, const std::vector<std::string>& names,
                                    std::size_t count) {
  const CsvText csv = read_csv_text(options.file);
  const std::size_t time_column = column_index(csv, options.time_column);
  if (csv.rows.size() != count && options.file_column.empty())
    throw InputError("{}: has {} rows; expected {}, one per image (or name the column of file names)",
                     csv.path, csv.rows.size(), count);
  std::vector<double> times(count);
  if (options.file_column.empty()) {
    for (std::size_t row = 0; row < count; ++row)
      times[row] = time_in_row(csv, row, time_column, options.time_unit);
    return times;
  }
  const std::size_t file_column = column_index(csv, options.file_column);
  std::map<std::string, std::size_t> row_of;
  for (std::size_t row = 0; row < csv.rows.size(); ++row)
    if (!row_of.emplace(csv.rows[row][file_column], row).second)
      throw InputError("{}: line {}: image '{}' is there twice", csv.path, csv.lines[row],
                       csv.rows[row][file_column]);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto at = row_of.find(names[i]);
    if (at == row_of.end())
      throw InputError("{}: has no row for image '{}' in column '{}'", csv.path, names[i],
                       options.file_column);
    times[i] = time_in_row(csv, at->second, time_column, options.time_unit);
    row_of.erase(at);
  }
  if (!row_of.empty())
    throw InputError("{}: names image '{}', which is not in the folder", csv.path, row_of.begin()->first);
  return times;
}

}  // namespace

TrackedTransform read_pose_table(const PoseTableOptions& options, Monitor& monitor) {
  return PoseReader(options).run(monitor);
}

std::vector<double> read_image_times(const ImageClockOptions& options, const std::vector<std::string>& names,
                                     std::size_t count, Monitor& monitor) {
  std::vector<double> times(count);
  if (!options.file.empty()) {
    if (options.time_column.empty())
      throw UsageError("{}: the column of image times is not named", options.file);
    times = times_from_file(options, names, count);
  } else if (options.frame_rate_hz) {
    for (std::size_t i = 0; i < count; ++i)
      times[i] = options.start_time_s + static_cast<double>(i) / *options.frame_rate_hz;
  } else {
    throw UsageError(
        "the images have no clock (give --frame-rate-hz, or --image-times with --image-time-column)");
  }
  const auto back = std::adjacent_find(times.begin(), times.end(), [](double a, double b) { return b <= a; });
  if (back != times.end())
    monitor.warn(fmt::format("{}: time does not rise from image {} ({} s) to the next ({} s)", options.file,
                             back - times.begin(), *back, *(back + 1)));
  return times;
}

}  // namespace snitt::formats
