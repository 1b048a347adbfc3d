#include "formats/recording.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/error.hpp"
#include "formats/sequence.hpp"
#include "store/layouts.hpp"

namespace snitt::formats {
namespace {

class WithConstants final : public FrameSource {
 public:
  WithConstants(std::unique_ptr<FrameSource> source, const std::vector<StaticTransform>& constants,
                const std::string& origin)
      : source_(std::move(source)), frames_(source_->frames()) {
    for (const StaticTransform& constant : constants) add(constant, origin);
  }
  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    source_->read(first, count, out);
  }

 private:
  void add(const StaticTransform& constant, const std::string& origin) {
    for (const TrackedTransform& tracked : frames_.tracked)
      if (tracked.name == constant.name)
        throw InputError("{}: {} was measured in every frame of the recording; expected another name", origin,
                         constant.name.text());
    for (StaticTransform& known : frames_.constant)
      if (known.name == constant.name) {
        known = constant;
        return;
      }
    frames_.constant.push_back(constant);
  }

  std::unique_ptr<FrameSource> source_;
  Frames frames_;
};

bool is_hdf5(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  std::array<char, 8> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  return std::string_view(head.data(), head.size()) == std::string_view("\x89HDF\r\n\x1a\n", 8);
}

}  // namespace

std::unique_ptr<FrameSource> open_recording(const std::string& path, Monitor& monitor) {
  // By its first bytes: a damaged file of ours must not be called none.
  return is_hdf5(path) ? store::open_frames(path) : open_sequence(path, {}, monitor);
}

std::unique_ptr<FrameSource> with_constants(std::unique_ptr<FrameSource> source,
                                            const std::vector<StaticTransform>& constants,
                                            const std::string& origin) {
  return std::make_unique<WithConstants>(std::move(source), constants, origin);
}

}  // namespace snitt::formats
