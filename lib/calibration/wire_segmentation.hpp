#pragma once
#include <array>
#include <vector>

#include "base/monitor.hpp"
#include "calibration/wire_labelling.hpp"

namespace snitt::calibration {

/// Dots of every frame, [frame]; frames whose image status is not OK get none. Read as a stream, worked on in
/// parallel; the same for any number of threads. Memory: a block of frames.
std::vector<Dots> detect_dots(FrameSource& source, const DotSettings& settings, Monitor& monitor);

/// What became of each frame under one assumption about how the image lies.
struct Segmentation {
  ImageTurn turn = ImageTurn::as_recorded;
  std::vector<Labelling> frames;  ///< [frame]
  std::size_t found = 0;          ///< frames with status ok
  double misfit_mm = 0;           ///< median over those
};

Segmentation segment(const std::vector<Dots>& dots, const Frames& frames, const WireModel& model,
                     const LabellingSettings& settings, ImageTurn turn);

}  // namespace snitt::calibration
