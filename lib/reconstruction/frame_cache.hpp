#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "data/frames.hpp"

namespace snitt::reconstruction {

/// The most recently used frames of a recording, backed by its file. Not for several threads at once.
class FrameCache {
 public:
  /// Holds at most `capacity` frames, at least one; memory is taken as it fills.
  FrameCache(FrameSource& source, std::size_t capacity);

  /// Makes the frames (ascending) resident and returns their pixels [frame]. They and those of the call
  /// before stay where they are until the call after the next; both together must fit into the capacity.
  std::vector<const std::byte*> hold(std::span<const std::uint32_t> frames);
  /// One frame, resident until the next call.
  const std::byte* fetch(std::uint32_t frame);

  std::uint64_t frames_read() const { return frames_read_; }

 private:
  struct Slot {
    std::unique_ptr<std::byte[]> pixels;
    std::uint32_t frame = 0;
    std::uint64_t used = 0;
  };
  std::size_t free_slot();
  void read_run(std::span<const std::uint32_t> run);

  FrameSource& source_;
  std::size_t capacity_;
  std::size_t frame_bytes_;
  std::vector<Slot> slots_;
  std::unordered_map<std::uint32_t, std::size_t> slot_of_;
  std::vector<std::byte> staging_;
  std::uint64_t call_ = 1;
  std::uint64_t frames_read_ = 0;
};

}  // namespace snitt::reconstruction
