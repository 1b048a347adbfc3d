#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "scratch.hpp"
#include "store/layouts.hpp"

/// Small volumes and recordings with something in every corner.
namespace snitt::store {

inline Provenance provenance() {
  return {"snitt-test",
          "0.1.0",
          R"({"sigma_mm": 1.5})",
          {{"INPUT", std::string(64, 'a'), ""}},
          "2026-01-01T00:00:00Z"};
}

/// Bytes that compress a little, like an image's.
inline std::vector<std::byte> noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() % 61);
  return bytes;
}

inline Volume some_volume(PixelType type, std::array<std::size_t, 3> size, std::size_t components = 1) {
  Volume volume;
  volume.geometry = {
      size, {0.5, 0.75, 1.25}, {-10, 20, 30.5}, {Vec3{0, 1, 0}, Vec3{-1, 0, 0}, Vec3{0, 0, 1}}};
  volume.format = {type, components};
  volume.voxels = noise(volume.geometry.voxels() * size_of(volume.format), 7);
  volume.frame = "Reference";
  volume.quantity = "echo amplitude";
  volume.metadata = {{"Scanner", "none"}, {"Note", "two words"}};
  return volume;
}

inline Frames some_frames(std::size_t count, FrameShape shape) {
  Frames frames;
  frames.count = count;
  frames.shape = shape;
  frames.recorded_orientation = "UNA";
  frames.pixel_spacing_mm = {0.1, 0.2};
  TrackedTransform probe{{"Probe", "Tracker"}, {}, {}, {}};
  TrackedTransform stylus{{"Stylus", "Tracker"}, {}, {}, {}};
  std::vector<double> encoder;
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < count; ++i) {
    Matrix4 m;
    m(0, 3) = std::sqrt(static_cast<double>(i));
    probe.matrix.push_back(m);
    probe.status.push_back(i % 3 == 2 ? Status::out_of_view : Status::ok);
    frames.time_s.push_back(0.1 * static_cast<double>(i));
    frames.image_status.push_back(i == 1 ? Status::invalid : Status::ok);
    encoder.push_back(i == 0 ? std::nan("") : 3.25 * static_cast<double>(i));
    notes.push_back(i == 0 ? "" : "blåbær " + std::to_string(i));
  }
  for (std::size_t i = 0; i < 2 * count + 1; ++i) {
    stylus.matrix.emplace_back();
    stylus.status.push_back(Status::ok);
    stylus.time_s.push_back(0.05 * static_cast<double>(i));
  }
  frames.tracked = {probe, stylus};
  frames.constant = {{{"Image", "Probe"}, Matrix4{}}};
  frames.fields = {{"Note/of.day", notes}, {"Encoder", encoder}};
  frames.header = {{"Operator comment", "none"}, {"UltrasoundImageType", "BRIGHTNESS"}};
  return frames;
}

inline void write_some(const std::string& path, const Frames& frames, const std::vector<std::byte>& pixels) {
  FramesWriter writer(path, frames, provenance(), IfExists::refuse);
  // Uneven pieces: a writer must not care how the frames arrive.
  const std::size_t bytes = frames.shape.bytes();
  for (std::size_t first = 0, piece = 1; bytes > 0 && first < frames.count;
       first += piece, piece = piece % 5 + 1) {
    const std::size_t count = std::min(piece, frames.count - first);
    writer.write(std::span(pixels).subspan(first * bytes, count * bytes));
  }
  writer.finish();
}

}  // namespace snitt::store
