#include "reconstruction/reconstruct.hpp"

#include <fmt/ranges.h>
#include <tbb/task_group.h>

#include <algorithm>

#include "base/error.hpp"

namespace snitt::reconstruction {
namespace {

/// The recording with the caller's transforms in place of those of the same name.
Frames with_transforms(const Frames& recorded, const std::vector<StaticTransform>& transforms) {
  Frames frames = recorded;
  for (const StaticTransform& added : transforms) {
    std::erase_if(frames.tracked, [&](const TrackedTransform& t) { return t.name == added.name; });
    std::erase_if(frames.constant, [&](const StaticTransform& t) { return t.name == added.name; });
    frames.constant.push_back(added);
  }
  return frames;
}

std::string reasons(const std::map<std::string, std::size_t>& skipped) {
  std::vector<std::string> parts;
  for (const auto& [reason, count] : skipped) parts.push_back(fmt::format("{} {}", count, reason));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Where frames and interpolated poses lie in time, for one who chose the clocks; "" when nothing was
/// interpolated.
std::string clocks(const Frames& frames, const PathOptions& options) {
  std::string text;
  const auto range = [](const std::vector<double>& times, double offset) {
    const auto [first, last] = std::minmax_element(times.begin(), times.end());
    return fmt::format("{:.3f} to {:.3f} s", *first + offset, *last + offset);
  };
  if (frames.time_s.empty()) return text;
  for (const TrackedTransform& tracked : frames.tracked) {
    if (tracked.time_s.empty() && options.time_offset_s == 0) continue;
    const std::vector<double>& times = tracked.time_s.empty() ? frames.time_s : tracked.time_s;
    if (!times.empty()) text += fmt::format(", {} is known from {}", tracked.name.text(), range(times, 0));
  }
  if (text.empty()) return text;
  return fmt::format(" (frames with the time offset lie from {}{}; the longest gap is {:g} s)",
                     range(frames.time_s, options.time_offset_s), text, options.maximum_gap_s);
}

/// Marks frames that are not to be used as unusable, and counts why.
void select_frames(const Frames& frames, const ReconstructionOptions& options, FramePoses& poses,
                   ReconstructionReport& report, Monitor& monitor) {
  report.frames = frames.count;
  for (std::size_t f = 0; f < frames.count; ++f) {
    if (f % options.every != 0) {
      poses.status[f] = Status::missing;
      continue;
    }
    std::string reason;
    if (!frames.image_status.empty() && !is_usable(frames.image_status[f]))
      reason = fmt::format("with image {}", name_of(frames.image_status[f]));
    else if (!is_usable(poses.status[f]))
      reason = fmt::format("with transform {}", name_of(poses.status[f]));
    if (!reason.empty()) {
      ++report.skipped[reason];
      if (is_usable(poses.status[f])) poses.status[f] = frames.image_status[f];
      continue;
    }
    if (report.frames_used++ == 0) report.first_used = f;
    report.last_used = f;
  }
  if (report.frames_used == 0)
    throw InputError("none of the {} frames is usable on the path {}: {}{}", frames.count, report.path,
                     report.skipped.empty() ? "the recording is empty" : reasons(report.skipped),
                     clocks(frames, options.path));
  if (!report.skipped.empty())
    monitor.warn(fmt::format("left out of {} frames: {}", frames.count, reasons(report.skipped)));
}

std::string text_of(const std::array<Vec3, 4>& corners) {
  std::vector<std::string> parts;
  for (const Vec3 c : corners) parts.push_back(fmt::format("({:.2f}, {:.2f}, {:.2f})", c.x, c.y, c.z));
  return fmt::format("{}", fmt::join(parts, " "));
}

/// The usable frames among first … first+count-1, with their pixels.
struct Block {
  std::size_t first = 0;
  std::size_t count = 0;
  std::vector<std::byte> pixels;
};

void read_block(FrameSource& source, std::size_t first, std::size_t most, Block& block) {
  const Frames& frames = source.frames();
  block.first = first;
  block.count = std::min(most, frames.count - first);
  block.pixels.resize(block.count * frames.shape.bytes());
  source.read(first, block.count, block.pixels);
}

InsertedVoxels insert_pixels(FrameSource& source, const FramePoses& poses, const ImageRegion& region,
                             const VolumeGeometry& grid, const InsertionOptions& insertion,
                             const ReconstructionOptions& options, const ReconstructionReport& report,
                             Monitor& monitor) {
  const FrameShape& shape = source.frames().shape;
  Inserter inserter(grid, shape, region, insertion);
  const auto most = std::max<std::size_t>(
      1, static_cast<std::size_t>(options.block_bytes / static_cast<double>(shape.bytes())));
  Block current;
  Block next;
  read_block(source, report.first_used, most, current);
  while (current.count > 0) {
    const std::size_t beyond = current.first + current.count;
    tbb::task_group reader;
    next.count = 0;
    if (beyond <= report.last_used) reader.run([&] { read_block(source, beyond, most, next); });
    std::vector<PosedFrame> posed;
    for (std::size_t i = 0; i < current.count; ++i)
      if (const std::size_t f = current.first + i; is_usable(poses.status[f]))
        posed.push_back({std::span<const std::byte>(current.pixels).subspan(i * shape.bytes(), shape.bytes()),
                         poses.matrix[f], f});
    try {
      inserter.insert(posed);
    } catch (const Error&) {
      reader.wait();  // a task group must not be left running
      throw;
    }
    reader.wait();
    monitor.progress("inserting frames", static_cast<double>(beyond),
                     static_cast<double>(report.last_used + 1));
    std::swap(current, next);
  }
  return inserter.finish(options.output_type.value_or(shape.format.type));
}

/// Skips what the voxel-based methods must not see by status alone.
InsertedVoxels gather_voxels(FrameSource& source, const FramePoses& poses, const ImageRegion& region,
                             const VolumeGeometry& grid, const ReconstructionOptions& options,
                             Monitor& monitor) {
  VoxelBasedOptions voxel_based = options.voxel_based;
  voxel_based.method = options.method == Method::voxel_nearest       ? VoxelMethod::nearest_plane
                       : options.method == Method::distance_weighted ? VoxelMethod::distance_weighted
                                                                     : VoxelMethod::adaptive_gaussian;
  VoxelBasedVolume result = reconstruct_voxel_based(source, poses, region, grid, voxel_based, monitor);
  return {source.frames().shape.format, std::move(result.values), std::move(result.accumulation)};
}

void check(const Frames& frames, const ReconstructionOptions& options) {
  if (frames.shape.pixels() == 0) throw InputError("the recording holds poses alone; expected images");
  if (options.every == 0) throw UsageError("every 0th frame is asked for; expected 1 or more");
  const bool pixel_based = options.method == Method::nearest || options.method == Method::trilinear;
  if (!pixel_based && (options.plus_compatible || options.compounding != Compounding::mean))
    throw UsageError("PLUS compatibility and compounding belong to the methods nearest and trilinear");
  if (!pixel_based && options.output_type && *options.output_type != frames.shape.format.type)
    throw UsageError("output type {}; the voxel-based methods give that of the frames, {}",
                     name_of(*options.output_type), name_of(frames.shape.format.type));
}

/// The fan as seen in up to 30 usable frames, spread over the recording and read in order.
std::optional<Fan> detect_fan(FrameSource& source, const FramePoses& poses,
                              const ReconstructionReport& report, Monitor& monitor) {
  const FrameShape& shape = source.frames().shape;
  FanDetector detector(shape);
  std::vector<std::byte> pixels(shape.bytes());
  const std::size_t step = std::max<std::size_t>(1, (report.last_used - report.first_used) / 30);
  for (std::size_t f = report.first_used; f <= report.last_used; f += step) {
    if (!is_usable(poses.status[f])) continue;
    source.read(f, 1, pixels);
    detector.add(pixels);
  }
  const FanDetection found = detector.detect();
  if (!found.fan) {
    monitor.warn("no fan was found, the whole rectangle is used: " + found.reason);
    return std::nullopt;
  }
  const Fan& fan = *found.fan;
  monitor.inform(
      fmt::format("fan: apex ({:.1f}, {:.1f}) px, angles {:.1f} to {:.1f} degrees, radii {:.1f} to {:.1f} px",
                  fan.apex_px[0], fan.apex_px[1], fan.angles_deg[0], fan.angles_deg[1], fan.radii_px[0],
                  fan.radii_px[1]));
  return fan;
}

double bytes_per_voxel(const FrameShape& shape, const InsertionOptions& insertion, Method method) {
  const double finished = static_cast<double>(size_of(shape.format)) + 2;
  return method == Method::nearest || method == Method::trilinear
             ? finished + Inserter::bytes_per_voxel(shape, insertion)
             : finished;
}

}  // namespace

Reconstruction reconstruct(FrameSource& source, const ReconstructionOptions& options, Monitor& monitor) {
  const Frames& recorded = source.frames();
  check(recorded, options);
  const Frames frames = with_transforms(recorded, options.transforms);
  Reconstruction result;
  ReconstructionReport& report = result.report;

  const TransformPath path = find_path(frames, options.image_frame, options.target_frame);
  report.path = describe(path);
  monitor.detail("path: " + report.path);
  FramePoses poses = evaluate(frames, path, options.path);
  select_frames(frames, options, poses, report, monitor);

  RegionOptions region_options = options.region;
  if (options.detect_fan) region_options.fan = detect_fan(source, poses, report, monitor);
  const ImageRegion region(frames.shape.rows, frames.shape.columns, region_options);
  report.pixels_per_frame = region.pixels();
  report.first_corners_mm = corners_mm(poses.matrix[report.first_used], region);
  report.last_corners_mm = corners_mm(poses.matrix[report.last_used], region);
  monitor.detail(fmt::format("corners of frame {} in {}, mm: {}", report.first_used, options.target_frame,
                             text_of(report.first_corners_mm)));
  monitor.detail(fmt::format("corners of frame {} in {}, mm: {}", report.last_used, options.target_frame,
                             text_of(report.last_corners_mm)));

  InsertionOptions insertion;
  insertion.interpolation =
      options.method == Method::trilinear ? Interpolation::trilinear : Interpolation::nearest;
  insertion.compounding = options.compounding;
  insertion.plus_compatible = options.plus_compatible;
  if (options.compounding == Compounding::mask_weighted) insertion.weights = options.region.mask;
  GridOptions grid_options = options.grid;
  grid_options.bytes_per_voxel = bytes_per_voxel(frames.shape, insertion, options.method);
  const VolumeGeometry grid = output_grid(poses, region, grid_options);
  monitor.detail(fmt::format("grid: {} x {} x {} voxels from ({:.3f}, {:.3f}, {:.3f}) mm", grid.size[0],
                             grid.size[1], grid.size[2], grid.origin_mm.x, grid.origin_mm.y,
                             grid.origin_mm.z));

  const bool pixel_based = options.method == Method::nearest || options.method == Method::trilinear;
  InsertedVoxels voxels =
      pixel_based ? insert_pixels(source, poses, region, grid, insertion, options, report, monitor)
                  : gather_voxels(source, poses, region, grid, options, monitor);
  report.voxels_seen = static_cast<std::size_t>(std::count_if(
      voxels.accumulation.begin(), voxels.accumulation.end(), [](std::uint16_t a) { return a > 0; }));
  if (report.voxels_seen == 0)
    throw ComputationError(
        "no pixel reached the grid of {} x {} x {} voxels from ({:g}, {:g}, {:g}) mm; a corner of frame {} "
        "lies at "
        "({:.3f}, {:.3f}, {:.3f}) mm (check origin, size, transforms and rejected values)",
        grid.size[0], grid.size[1], grid.size[2], grid.origin_mm.x, grid.origin_mm.y, grid.origin_mm.z,
        report.first_used, report.first_corners_mm[0].x, report.first_corners_mm[0].y,
        report.first_corners_mm[0].z);
  report.holes_left = voxels.accumulation.size() - report.voxels_seen;
  if (!options.fill.empty()) {
    const FillCounts counts = fill_holes(
        voxels.values, voxels.format, voxels.accumulation, grid.size, options.fill,
        options.plus_compatible ? FillArithmetic::plus_compatible : FillArithmetic::rounded, monitor);
    report.holes_left = counts.left;
    for (const std::uint64_t n : counts.filled) report.holes_filled += n;
  }
  result.volume.geometry = grid;
  result.volume.format = voxels.format;
  result.volume.voxels = std::move(voxels.values);
  result.volume.frame = options.target_frame;
  result.volume.quantity = "echo amplitude";
  return result;
}

}  // namespace snitt::reconstruction
