#include "calibration/wire_segmentation.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>

#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

/// Frames read at once: enough for all threads, whatever their number.
constexpr std::size_t block_frames = 32;

}  // namespace

std::vector<Dots> detect_dots(FrameSource& source, const DotSettings& settings, Monitor& monitor) {
  const Frames& frames = source.frames();
  const DotDetector detector(frames.shape, settings);
  const std::size_t bytes = frames.shape.bytes();
  std::vector<Dots> dots(frames.count);
  std::vector<std::byte> block(std::min(block_frames, frames.count) * bytes);
  for (std::size_t first = 0; first < frames.count; first += block_frames) {
    const std::size_t count = std::min(block_frames, frames.count - first);
    source.read(first, count, std::span(block).first(count * bytes));
    tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) {
      if (is_usable(frames.image_status[first + i]))
        dots[first + i] = detector.detect(std::span(block).subspan(i * bytes, bytes));
    });
    monitor.progress("segmenting", static_cast<double>(first + count), static_cast<double>(frames.count));
  }
  return dots;
}

Segmentation segment(const std::vector<Dots>& dots, const Frames& frames, const WireModel& model,
                     const LabellingSettings& settings, ImageTurn turn) {
  Segmentation result{turn, std::vector<Labelling>(dots.size()), 0, 0};
  tbb::parallel_for(std::size_t{0}, dots.size(), [&](std::size_t i) {
    if (is_usable(frames.image_status[i]))
      result.frames[i] = label_wires(dots[i].dots, model, settings, turn);
    else
      result.frames[i].status = SegmentationStatus::image_invalid;
  });
  std::vector<double> misfits;
  for (const Labelling& frame : result.frames)
    if (frame.status == SegmentationStatus::ok) misfits.push_back(frame.misfit_mm);
  result.found = misfits.size();
  result.misfit_mm = misfits.empty() ? 0 : statistics::median(misfits);
  return result;
}

}  // namespace snitt::calibration
