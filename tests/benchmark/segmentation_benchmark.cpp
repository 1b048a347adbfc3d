// Segmentation of wires, frame by frame on one thread, with the reading of the pixels beside it.
// usage: benchmark_segmentation RECORDING.h5 [ROUNDS]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <vector>

#include "base/threads.hpp"
#include "calibration/dot_detection.hpp"
#include "store/layouts.hpp"

namespace {
double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  snitt::ThreadLimit limit(1);
  const auto source = snitt::store::open_frames(argv[1]);
  const snitt::FrameShape& shape = source->frames().shape;
  const std::size_t count = source->frames().count;
  const auto frames = static_cast<double>(count);
  snitt::calibration::DotSettings settings;
  settings.pixel_size_mm = 0.078;
  if (shape.columns == 820 && shape.rows == 616) settings.region = {{27, 27, 766, 562}};
  const snitt::calibration::DotDetector detector(shape, settings);
  std::vector<std::byte> pixels(count * shape.bytes());
  for (int round = 0; round < rounds; ++round) {
    auto start = std::chrono::steady_clock::now();
    source->read(0, count, pixels);
    const double reading = seconds_since(start);
    start = std::chrono::steady_clock::now();
    std::size_t dots = 0;
    for (std::size_t i = 0; i < count; ++i)
      dots += detector.detect({pixels.data() + i * shape.bytes(), shape.bytes()}).dots.size();
    const double detecting = seconds_since(start);
    fmt::print("{} frames, {} dots: read {:.3f} ms, detect {:.3f} ms per frame: {:.0f} frames/s\n", count,
               dots, 1e3 * reading / frames, 1e3 * detecting / frames, frames / (reading + detecting));
  }
}
