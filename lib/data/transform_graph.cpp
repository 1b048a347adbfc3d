#include "data/transform_graph.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "geometry/pose.hpp"

namespace snitt {
namespace {

/// All steps in recording order, each walked along its name.
std::vector<PathStep> all_steps(const Frames& frames) {
  std::vector<PathStep> steps;
  for (std::size_t i = 0; i < frames.tracked.size(); ++i)
    steps.push_back({frames.tracked[i].name, false, true, i});
  for (std::size_t i = 0; i < frames.constant.size(); ++i)
    steps.push_back({frames.constant[i].name, false, false, i});
  return steps;
}

/// The two valid samples around a time, and where between them it lies.
struct Bracket {
  std::size_t before = 0;
  std::size_t after = 0;
  double fraction = 0;
};

/// A transform with a clock, its usable samples found once.
class Interpolator {
 public:
  Interpolator(const TrackedTransform& transform, const std::vector<double>& time_s)
      : transform_(transform), time_s_(time_s) {
    for (std::size_t i = 0; i < transform.matrix.size(); ++i) {
      if (i > 0 && !(time_s[i] > time_s[i - 1]))
        throw InputError(
            "{}: sample {} has time {} s after {} s; expected times that rise strictly, to interpolate poses",
            transform.name.text(), i, time_s[i], time_s[i - 1]);
      if (is_usable(transform.status[i])) valid_.push_back(i);
    }
  }

  std::optional<Bracket> find(double t, double maximum_gap_s) const {
    const auto after = std::lower_bound(valid_.begin(), valid_.end(), t,
                                        [this](std::size_t i, double time) { return time_s_[i] < time; });
    if (after == valid_.end()) return std::nullopt;
    if (time_s_[*after] == t) return Bracket{*after, *after, 0};
    if (after == valid_.begin()) return std::nullopt;
    const std::size_t before = *(after - 1);
    const double gap = time_s_[*after] - time_s_[before];
    if (gap > maximum_gap_s) return std::nullopt;
    return Bracket{before, *after, (t - time_s_[before]) / gap};
  }

  Matrix4 pose(const Bracket& b) const {
    if (b.before == b.after) return transform_.matrix[b.before];
    for (const std::size_t i : {b.before, b.after})
      // Six written digits leave 1e-5; scaling or shear would be lost by interpolating a rotation.
      if (!(rigidity_error(transform_.matrix[i]) < 1e-3))
        throw InputError("{}: sample {} is not rigid (error {:.2g}); only rigid poses can be interpolated",
                         transform_.name.text(), i, rigidity_error(transform_.matrix[i]));
    return interpolate_pose(transform_.matrix[b.before], transform_.matrix[b.after], b.fraction);
  }

 private:
  const TrackedTransform& transform_;
  const std::vector<double>& time_s_;
  std::vector<std::size_t> valid_;
};

void check_lengths(const Frames& frames, const TrackedTransform& t, bool interpolated) {
  const std::size_t expected = t.time_s.empty() ? frames.count : t.time_s.size();
  if (t.matrix.size() != expected || t.status.size() != expected)
    throw InputError("{}: {} matrices and {} statuses; expected {}", t.name.text(), t.matrix.size(),
                     t.status.size(), expected);
  if (interpolated && frames.time_s.size() != frames.count)
    throw InputError("{} must be interpolated, but the frames have {} times for {} frames", t.name.text(),
                     frames.time_s.size(), frames.count);
}

void multiply(FramePoses& poses, std::size_t frame, const PathStep& step, const Matrix4& matrix) {
  if (!is_affine(matrix))
    throw InputError("frame {}: {} is not an affine transform although its status is OK", frame,
                     step.name.text());
  poses.matrix[frame] = (step.inverted ? inverse(matrix) : matrix) * poses.matrix[frame];
}

void apply_tracked(const Frames& frames, const PathStep& step, const PathOptions& options,
                   FramePoses& poses) {
  const TrackedTransform& t = frames.tracked[step.index];
  const bool as_recorded = t.time_s.empty() && options.time_offset_s == 0;
  check_lengths(frames, t, !as_recorded);
  std::optional<Interpolator> interpolator;
  if (!as_recorded) interpolator.emplace(t, t.time_s.empty() ? frames.time_s : t.time_s);
  for (std::size_t f = 0; f < frames.count; ++f) {
    if (!is_usable(poses.status[f])) continue;
    if (as_recorded) {
      if (!is_usable(t.status[f]))
        poses.status[f] = t.status[f];
      else
        multiply(poses, f, step, t.matrix[f]);
    } else if (const auto bracket =
                   interpolator->find(frames.time_s[f] + options.time_offset_s, options.maximum_gap_s)) {
      multiply(poses, f, step, interpolator->pose(*bracket));
    } else {
      poses.status[f] = Status::missing;
    }
  }
}

}  // namespace

TransformPath find_path(const Frames& frames, const std::string& from, const std::string& to) {
  const std::vector<PathStep> steps = all_steps(frames);
  std::map<std::string, TransformPath> reached{{from, {}}};
  std::deque<std::string> waiting{from};
  while (!waiting.empty() && !reached.contains(to)) {
    const std::string here = waiting.front();
    waiting.pop_front();
    for (PathStep step : steps) {
      step.inverted = step.name.to == here;
      if (!step.inverted && step.name.from != here) continue;
      const std::string& there = step.inverted ? step.name.from : step.name.to;
      if (reached.contains(there)) continue;
      TransformPath path = reached[here];
      path.push_back(step);
      reached[there] = std::move(path);
      waiting.push_back(there);
    }
  }
  if (const auto found = reached.find(to); found != reached.end()) return found->second;

  std::set<std::string> known;
  for (const PathStep& step : steps) known.insert({step.name.from, step.name.to});
  if (!known.contains(from))
    throw InputError("no transform starts or ends at coordinate frame '{}'; the recording knows {}{}", from,
                     known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")),
                     did_you_mean(from, {known.begin(), known.end()}));
  std::set<std::string> reachable;
  for (const auto& [name, path] : reached) reachable.insert(name);
  reachable.erase(from);
  throw InputError("no path from coordinate frame '{}' to '{}'; reachable from '{}': {}{}", from, to, from,
                   reachable.empty() ? "nothing" : fmt::format("{}", fmt::join(reachable, ", ")),
                   did_you_mean(to, {reachable.begin(), reachable.end()}));
}

std::string describe(const TransformPath& path) {
  if (path.empty()) return "(the same coordinate frame)";
  std::string text = path.front().inverted ? path.front().name.to : path.front().name.from;
  for (const PathStep& step : path)
    text += fmt::format(" -> {} ({}{})", step.inverted ? step.name.from : step.name.to,
                        step.inverted ? "inverse of " : "", step.name.text());
  return text;
}

FramePoses evaluate(const Frames& frames, const TransformPath& path, const PathOptions& options) {
  FramePoses poses{std::vector<Matrix4>(frames.count), std::vector<Status>(frames.count, Status::ok)};
  for (const PathStep& step : path) {
    if (step.tracked) {
      apply_tracked(frames, step, options, poses);
      continue;
    }
    const Matrix4& matrix = frames.constant[step.index].matrix;
    for (std::size_t f = 0; f < frames.count; ++f)
      if (is_usable(poses.status[f])) multiply(poses, f, step, matrix);
  }
  return poses;
}

}  // namespace snitt
