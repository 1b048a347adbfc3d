#include <fmt/format.h>

#include "base/error.hpp"
#include "calibration/tracked_poses.hpp"
#include "formats/recording.hpp"
#include "formats/sequence.hpp"
#include "formats/tree_file.hpp"
#include "register-centerlines/settings.hpp"
#include "store/layouts.hpp"

namespace snitt::register_centerlines {
namespace {

using registration::Centerlines;
using registration::TrackedPath;

/// Of the tool, in the frame of its sensor: "x", "-z"; nothing for "travel".
std::optional<Vec3> axis_of(const std::string& word) {
  if (word == "travel") return std::nullopt;
  Vec3 axis;
  axis[static_cast<std::size_t>(word.back() - 'x')] = word.front() == '-' ? -1 : 1;
  return axis;
}

/// The sensor's frame and that of the path, by default those of the only tracked transform.
TransformName sensor_path(const std::string& file, const Frames& frames, const Settings& s) {
  TransformName name{s.sensor_frame, s.reference_frame};
  if (!name.from.empty() && !name.to.empty()) return name;
  if (frames.tracked.size() != 1)
    throw UsageError("{}: has {} tracked transforms; expected --sensor-frame and --reference-frame", file,
                     frames.tracked.size());
  if (name.from.empty()) name.from = frames.tracked.front().name.from;
  if (name.to.empty()) name.to = frames.tracked.front().name.to;
  return name;
}

Input path_of_recording(const std::string& file, const Settings& s, Monitor& monitor) {
  const auto source = formats::open_recording(file, monitor);
  const TransformName name = sensor_path(file, source->frames(), s);
  const calibration::TrackedPoses poses = calibration::tracked_poses(source->frames(), name.from, name.to);
  if (poses.unusable + poses.not_rigid > 0)
    monitor.inform(fmt::format("{}: {} of {} poses are not usable and are left out", file,
                               poses.unusable + poses.not_rigid, poses.samples));
  TrackedPath path;
  const std::optional<Vec3> axis = axis_of(s.tool_axis);
  for (const Matrix4& pose : poses.matrix) {
    path.positions_mm.push_back({pose(0, 3), pose(1, 3), pose(2, 3)});
    if (!axis) continue;
    const Vec3 direction = transform_vector(pose, *axis);
    path.directions.push_back((1 / norm(direction)) * direction);
  }
  return {path, name.to};
}

}  // namespace

Input read_input(const std::string& path, const shell::PointInput& input, bool as_path, const Settings& s,
                 Monitor& monitor) {
  const bool is_ours = store::is_snitt_file(path);
  const std::string layout = is_ours ? store::layout_of(path) : "";
  if (layout == "frames" || (!is_ours && formats::sequence_kind(path) != formats::SequenceKind::none))
    return path_of_recording(path, s, monitor);
  if (layout == "tree" || (!is_ours && formats::tree_file_kind(path) != formats::TreeFileKind::none)) {
    if (as_path) throw UsageError("{}: holds a tree; --path says that it is a path", path);
    Tree tree;
    if (is_ours) {
      tree = store::read_tree(path);
    } else {
      formats::TreeFileOptions options;
      options.coordinates = shell::coordinates_from(input.coordinates);
      options.quantity = "vessels";  // says nothing here
      tree = formats::read_tree_file(path, options, monitor);
    }
    std::string frame = tree.frame;
    return {Centerlines(std::move(tree)), std::move(frame)};
  }
  PointSet set = shell::read_points(path, input, "LPS", monitor);
  std::string frame = set.frame;
  if (as_path) return {TrackedPath{std::move(set.points_mm), {}}, std::move(frame)};
  return {Centerlines(std::move(set)), std::move(frame)};
}

}  // namespace snitt::register_centerlines
