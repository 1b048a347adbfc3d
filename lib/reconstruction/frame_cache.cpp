#include "reconstruction/frame_cache.hpp"

#include <algorithm>
#include <cstring>

namespace snitt::reconstruction {
namespace {
/// Frames asked for at once, so that a source can decompress them in parallel.
constexpr std::size_t longest_run = 8;
}  // namespace

FrameCache::FrameCache(FrameSource& source, std::size_t capacity)
    : source_(source),
      capacity_(std::max<std::size_t>(capacity, 1)),
      frame_bytes_(source.frames().shape.bytes()) {}

std::vector<const std::byte*> FrameCache::hold(std::span<const std::uint32_t> frames) {
  ++call_;
  std::vector<std::uint32_t> missing;
  for (const std::uint32_t frame : frames) {
    const auto found = slot_of_.find(frame);
    if (found == slot_of_.end())
      missing.push_back(frame);
    else
      slots_[found->second].used = call_;
  }
  for (std::size_t first = 0; first < missing.size();) {
    std::size_t end = first + 1;
    while (end < missing.size() && missing[end] == missing[end - 1] + 1 && end - first < longest_run) ++end;
    read_run(std::span(missing).subspan(first, end - first));
    first = end;
  }
  std::vector<const std::byte*> pixels;
  pixels.reserve(frames.size());
  for (const std::uint32_t frame : frames) pixels.push_back(slots_[slot_of_.at(frame)].pixels.get());
  return pixels;
}

const std::byte* FrameCache::fetch(std::uint32_t frame) { return hold(std::span(&frame, 1)).front(); }

std::size_t FrameCache::free_slot() {
  const auto oldest = std::min_element(slots_.begin(), slots_.end(),
                                       [](const Slot& a, const Slot& b) { return a.used < b.used; });
  // Frames of this call and the one before may be in use: rather one frame too many than a wrong pixel.
  if (slots_.size() < capacity_ || oldest->used + 1 >= call_) {
    slots_.push_back({std::make_unique<std::byte[]>(frame_bytes_), 0, 0});
    return slots_.size() - 1;
  }
  slot_of_.erase(oldest->frame);
  return std::size_t(oldest - slots_.begin());
}

void FrameCache::read_run(std::span<const std::uint32_t> run) {
  staging_.resize(run.size() * frame_bytes_);
  source_.read(run.front(), run.size(), staging_);
  frames_read_ += run.size();
  for (std::size_t i = 0; i < run.size(); ++i) {
    const std::size_t slot = free_slot();
    std::memcpy(slots_[slot].pixels.get(), staging_.data() + i * frame_bytes_, frame_bytes_);
    slots_[slot].frame = run[i];
    slots_[slot].used = call_;
    slot_of_[run[i]] = slot;
  }
}

}  // namespace snitt::reconstruction
