#include "calibration/motion_signal.hpp"

#include <fmt/ranges.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <optional>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/transform_graph.hpp"
#include "geometry/rotation.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// Keeps the samples that have a value, no reason against them, and a later time than the one kept before.
MotionSignal sifted(std::string name, std::string units, const std::vector<double>& time_s,
                    const std::vector<double>& value, std::vector<std::string> reason) {
  MotionSignal signal{
      std::move(name), std::move(units), {}, {}, {}, time_s, std::move(reason), {}, {}, {}, {}};
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!signal.reason[i].empty()) continue;
    if (!std::isfinite(value[i]))
      signal.reason[i] = "no value";
    else if (!std::isfinite(time_s[i]))
      signal.reason[i] = "no time";
    else if (!signal.time_s.empty() && time_s[i] <= signal.time_s.back())
      signal.reason[i] = "time does not rise";
    if (!signal.reason[i].empty()) continue;
    signal.time_s.push_back(time_s[i]);
    signal.value.push_back(value[i]);
    signal.sample.push_back(i);
  }
  return signal;
}

void check_images(const Frames& frames) {
  if (frames.shape.pixels() == 0 || frames.count == 0)
    throw InputError("the recording holds no images; expected the video stream");
  if (frames.time_s.size() != frames.count)
    throw InputError("the recording has {} times for {} frames", frames.time_s.size(), frames.count);
}

std::vector<std::string> image_reasons(const Frames& frames) {
  std::vector<std::string> reasons(frames.count);
  for (std::size_t i = 0; i < frames.image_status.size(); ++i)
    if (!is_usable(frames.image_status[i]))
      reasons[i] = fmt::format("image status {}", name_of(frames.image_status[i]));
  return reasons;
}

/// Calls `look(frame, pixels)` for all frames, several at a time; a block of frames in memory.
void for_each_frame(FrameSource& source, Monitor& monitor, const char* stage,
                    const std::function<void(std::size_t, std::span<const std::byte>)>& look) {
  const Frames& frames = source.frames();
  const std::size_t bytes = frames.shape.bytes();
  const std::size_t block = std::clamp<std::size_t>((std::size_t{64} << 20) / bytes, 1, 64);
  std::vector<std::byte> pixels;
  for (std::size_t first = 0; first < frames.count; first += block) {
    const std::size_t count = std::min(block, frames.count - first);
    pixels.resize(count * bytes);
    source.read(first, count, pixels);
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, 1), [&](const auto& some) {
      for (std::size_t k = some.begin(); k != some.end(); ++k)
        look(first + k, std::span(pixels).subspan(k * bytes, bytes));
    });
    monitor.progress(stage, static_cast<double>(first + count), static_cast<double>(frames.count));
  }
}

/// The samples of the path's own clock as if they were the frames.
Frames on_own_clock(const Frames& frames, const TransformPath& path) {
  for (const PathStep& step : path) {
    if (!step.tracked || frames.tracked[step.index].time_s.empty()) continue;
    Frames samples;
    samples.time_s = frames.tracked[step.index].time_s;
    samples.count = samples.time_s.size();
    samples.tracked = frames.tracked;
    samples.constant = frames.constant;
    for (TrackedTransform& t : samples.tracked)
      if (t.time_s.empty())
        t.time_s = frames.time_s;
      else if (t.time_s == samples.time_s)
        t.time_s.clear();  // used as recorded, status and all
    return samples;
  }
  return frames;
}

struct MainAxis {
  Vec3 direction;
  double share = 0;  ///< of the variance of all three coordinates
  Vec3 center;
};

MainAxis main_axis(const std::vector<Vec3>& points) {
  Eigen::Vector3d center = Eigen::Vector3d::Zero();
  for (const Vec3& p : points) center += Eigen::Vector3d(p.x, p.y, p.z);
  center /= static_cast<double>(points.size());
  Eigen::Matrix3d scatter = Eigen::Matrix3d::Zero();
  for (const Vec3& p : points) {
    const Eigen::Vector3d d = Eigen::Vector3d(p.x, p.y, p.z) - center;
    scatter += d * d.transpose();
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(scatter);
  Eigen::Vector3d axis = solver.eigenvectors().col(2);
  Eigen::Index largest = 0;
  axis.cwiseAbs().maxCoeff(&largest);
  if (axis[largest] < 0) axis = -axis;
  const double all = solver.eigenvalues().sum();
  return {{axis[0], axis[1], axis[2]},
          all > 0 ? solver.eigenvalues()[2] / all : 0,
          {center[0], center[1], center[2]}};
}

/// About the pose in the middle: turns of a probe that is held are small enough to add up.
double turn_deviation_deg(const std::vector<Matrix4>& poses) {
  const Matrix4 back = inverse(poses[poses.size() / 2]);
  std::array<std::vector<double>, 3> turns;
  for (const Matrix4& pose : poses) {
    const Vec3 turn = vector_from_rotation(back * pose);
    for (std::size_t a = 0; a < 3; ++a) turns[a].push_back(turn[a] * 180 / std::numbers::pi);
  }
  double variance = 0;
  for (const std::vector<double>& t : turns)
    if (t.size() > 1) variance += std::pow(statistics::standard_deviation(t), 2);
  return std::sqrt(variance);
}

[[noreturn]] void no_such(const char* kind, const std::string& name, const std::vector<std::string>& known) {
  throw InputError("there is no {} '{}'; there {}: {}{}", kind, name, known.size() == 1 ? "is" : "are",
                   known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")),
                   did_you_mean(name, known));
}

std::vector<double> numbers_of(const Table& table, const std::string& name) {
  const Column* column = table.find(name);
  if (column == nullptr) {
    std::vector<std::string> known;
    for (const Column& c : table.columns) known.push_back(c.name);
    no_such("column", name, known);
  }
  if (const auto* reals = std::get_if<std::vector<double>>(&column->values)) return *reals;
  if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&column->values))
    return {wholes->begin(), wholes->end()};
  throw InputError("column '{}' holds no numbers; expected a column of numbers", name);
}

}  // namespace

std::string rejections(const MotionSignal& signal) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& reason : signal.reason)
    if (!reason.empty()) ++counts[reason];
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words;
  for (const auto& [reason, count] : sorted) words.push_back(fmt::format("{}: {}", reason, count));
  return fmt::format("{}", fmt::join(words, ", "));
}

MotionSignal at_column(MotionSignal signal, double u_px) {
  for (std::size_t i = 0; i < signal.value.size(); ++i)
    signal.value[i] += (u_px - signal.columns.middle_px) * signal.slope[i];
  signal.columns.middle_px = u_px;
  return signal;
}

/// Images in most of which the method finds nothing show something else.
void require_most(const MotionSignal& signal, const char* thing) {
  if (2 * signal.sample.size() >= signal.reason.size()) return;
  throw ComputationError(
      "{} was found in {} of {} frames ({}); expected most of them (restrict the search to the part of the "
      "image that shows the moving surface with --clip-rectangle-px)",
      thing, signal.sample.size(), signal.reason.size(), rejections(signal));
}

MotionSignal line_signal(FrameSource& source, const LineDetectionOptions& options, Monitor& monitor) {
  const Frames& frames = source.frames();
  check_images(frames);
  const GreyRegion empty = region_of(frames.shape, options.clip);
  const double middle = static_cast<double>(empty.u) + 0.5 * static_cast<double>(empty.columns - 1);
  std::vector<std::string> reason = image_reasons(frames);
  std::vector<double> value(frames.count, nothing);
  std::vector<double> tilt(frames.count, nothing);
  std::vector<double> share(frames.count, nothing);
  std::vector<double> rms(frames.count, nothing);
  for_each_frame(source, monitor, "finding lines", [&](std::size_t k, std::span<const std::byte> pixels) {
    if (!reason[k].empty()) return;
    const LineDetection found = detect_line(frames.shape, pixels, options);
    if (!found.line) {
      reason[k] = name_of(found.refusal);
      return;
    }
    value[k] = found.line->row_at(middle);
    tilt[k] = found.line->tilt_deg;
    share[k] = found.line->inlier_share;
    rms[k] = found.line->rms_px;
  });
  MotionSignal signal = sifted("row of the line", "px", frames.time_s, value, std::move(reason));
  for (const std::size_t k : signal.sample)
    signal.slope.push_back(std::tan(tilt[k] * std::numbers::pi / 180));
  signal.columns = {static_cast<double>(empty.u), middle, static_cast<double>(empty.u + empty.columns - 1)};
  signal.details = {{"tilt", "deg", "angle of the line from the image's rows", std::move(tilt)},
                    {"inlier_share", "1", "share of the scanlines that agree on the line", std::move(share)},
                    {"line_rms", "px", "distance of their peaks from the line", std::move(rms)}};
  require_most(signal, "a line");
  std::vector<double> tilts;
  const auto& angles = std::get<std::vector<double>>(signal.details.front().values);
  for (const std::size_t k : signal.sample) tilts.push_back(angles[k]);
  if (tilts.size() > 1)
    signal.quantities.push_back({"tilt_deviation_deg", statistics::standard_deviation(tilts), nothing,
                                 nothing, "deg", "standard deviation of the line's tilt in the image"});
  return signal;
}

MotionSignal shift_signal(FrameSource& source, const ImageShiftOptions& options, Monitor& monitor) {
  const Frames& frames = source.frames();
  check_images(frames);
  std::vector<std::string> reason = image_reasons(frames);
  std::vector<std::vector<double>> profiles(frames.count);
  const GreyRegion empty = region_of(frames.shape, options.clip);
  for_each_frame(source, monitor, "reading columns", [&](std::size_t k, std::span<const std::byte> pixels) {
    if (!reason[k].empty()) return;
    GreyRegion region = empty;
    read_grey(frames.shape, pixels, region);
    profiles[k] = depth_profile(region, options);
  });
  const std::vector<std::optional<ProfileShift>> shifts = profile_shifts(profiles, options);
  std::vector<double> value(frames.count, nothing);
  std::vector<double> correlation(frames.count, nothing);
  for (std::size_t k = 0; k < frames.count; ++k) {
    if (shifts[k]) {
      value[k] = shifts[k]->shift_px;
      correlation[k] = shifts[k]->correlation;
    } else if (reason[k].empty()) {
      reason[k] = "no match";
    }
  }
  MotionSignal signal = sifted("shift of the image", "px", frames.time_s, value, std::move(reason));
  signal.details = {
      {"match", "1", "normalised correlation with the reference image", std::move(correlation)}};
  require_most(signal, "a shift");
  return signal;
}

MotionSignal position_signal(const Frames& frames, const std::string& from, const std::string& to,
                             double maximum_gap_s) {
  const TransformPath path = find_path(frames, from, to);
  const bool moves = std::any_of(path.begin(), path.end(), [](const PathStep& step) { return step.tracked; });
  if (!moves)
    throw InputError("the path from '{}' to '{}' holds constant transforms only: {}", from, to,
                     describe(path));
  const Frames samples = on_own_clock(frames, path);
  if (samples.time_s.size() != samples.count)
    throw InputError("the recording has {} times for {} samples", samples.time_s.size(), samples.count);
  const FramePoses poses = evaluate(samples, path, {0, maximum_gap_s});
  std::vector<std::string> reason(samples.count);
  std::vector<Vec3> used;
  std::vector<Matrix4> turned;
  for (std::size_t i = 0; i < samples.count; ++i) {
    if (is_usable(poses.status[i])) {
      used.push_back(transform_point(poses.matrix[i], {}));
      turned.push_back(poses.matrix[i]);
    } else
      reason[i] = fmt::format("pose {}", name_of(poses.status[i]));
  }
  if (used.empty())
    throw InputError("none of the {} poses from '{}' to '{}' is usable (the first is {})", samples.count,
                     from, to, samples.count == 0 ? "missing" : name_of(poses.status.front()));
  const MainAxis axis = main_axis(used);
  std::vector<double> value(samples.count, nothing);
  for (std::size_t i = 0; i < samples.count; ++i)
    if (reason[i].empty()) value[i] = dot(transform_point(poses.matrix[i], {}) - axis.center, axis.direction);
  MotionSignal signal = sifted(fmt::format("{} in {} along its main axis", from, to), "mm", samples.time_s,
                               value, std::move(reason));
  for (std::size_t a = 0; a < 3; ++a)
    signal.quantities.push_back({fmt::format("main_axis_{}", "xyz"[a]), axis.direction[a], nothing, nothing,
                                 "1", fmt::format("direction of the motion in {}", to)});
  signal.quantities.push_back({"main_axis_share", axis.share, nothing, nothing, "1",
                               "share of the positions' variance along that direction"});
  signal.quantities.push_back({"turn_deviation_deg", turn_deviation_deg(turned), nothing, nothing, "deg",
                               "standard deviation of the turns, of all three axes together"});
  return signal;
}

MotionSignal field_signal(const Frames& frames, const std::string& field) {
  std::vector<std::string> known;
  for (const FrameField& f : frames.fields) {
    known.push_back(f.name);
    if (f.name != field) continue;
    const auto* values = std::get_if<std::vector<double>>(&f.values);
    if (values == nullptr)
      throw InputError("field '{}' holds no numbers; expected a field of numbers", field);
    return sifted(fmt::format("field {}", field), "1", frames.time_s, *values,
                  std::vector<std::string>(values->size()));
  }
  no_such("field", field, known);
}

MotionSignal column_signal(const Table& table, const std::string& time_column, const std::string& column) {
  const std::vector<double> time_s = numbers_of(table, time_column);
  const std::vector<double> values = numbers_of(table, column);
  const std::string units = table.find(column)->units;
  return sifted(fmt::format("column {}", column), units.empty() ? "1" : units, time_s, values,
                std::vector<std::string>(values.size()));
}

}  // namespace snitt::calibration
