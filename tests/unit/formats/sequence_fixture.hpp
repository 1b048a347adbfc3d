#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/monitor.hpp"
#include "data/frames.hpp"
#include "temporary_folder.hpp"

/// What the tests of recordings share.
namespace snitt::formats::sequence_tests {

class Listener final : public Monitor {
 public:
  void warn(std::string_view message) override { warnings.emplace_back(message); }
  bool has_warning(std::string_view part) const {
    for (const std::string& warning : warnings)
      if (warning.find(part) != std::string::npos) return true;
    return false;
  }
  std::vector<std::string> warnings;
};

inline std::string write_file(const std::string& path, std::string_view content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::string sample(const std::string& name) {
  return std::string(SNITT_SOURCE_DIR) + "/sample_data/ultrasound/" + name;
}

inline std::vector<std::byte> all_pixels(FrameSource& source) {
  std::vector<std::byte> pixels(source.frames().count * source.frames().shape.bytes());
  source.read(0, source.frames().count, pixels);
  return pixels;
}

inline std::string digest_of(std::span<const std::byte> bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
std::vector<T> values_of(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// The message of the snitt::Error of status `input` that `call` throws; "" when it throws none.
inline std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), ExitStatus::input) << error.what();
    return error.what();
  }
  return {};
}

/// A recording in memory, for writers.
class MemorySource final : public FrameSource {
 public:
  MemorySource(Frames frames, std::vector<std::byte> pixels)
      : frames_(std::move(frames)), pixels_(std::move(pixels)) {}
  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t, std::span<std::byte> out) override {
    if (!out.empty()) std::memcpy(out.data(), pixels_.data() + first * frames_.shape.bytes(), out.size());
  }

 private:
  Frames frames_;
  std::vector<std::byte> pixels_;
};

/// Text of a small MetaImage sequence, with room to break it.
struct SequenceText {
  std::string sizes = "3 2 2";
  std::string type = "MET_UCHAR";
  std::string orientation = "UltrasoundImageOrientation = MF\n";
  std::string more;  ///< lines before the frames' fields
  std::string fields =
      "Seq_Frame0000_ProbeToTrackerTransform = 1 0 0 10 0 1 0 20 0 0 1 30 0 0 0 1\n"
      "Seq_Frame0000_ProbeToTrackerTransformStatus = OK\n"
      "Seq_Frame0000_Timestamp = 1.5\n"
      "Seq_Frame0000_ImageStatus = OK\n"
      "Seq_Frame0001_ProbeToTrackerTransform = 0 -1 0 11 1 0 0 21 0 0 1 31 0 0 0 1 \n"
      "Seq_Frame0001_ProbeToTrackerTransformStatus = INVALID\n"
      "Seq_Frame0001_Timestamp = 1.75\n"
      "Seq_Frame0001_ImageStatus = OK\n";
  std::string data_file = "LOCAL";
  std::string pixels = std::string("\1\2\3\4\5\6\7\10\11\12\13\14", 12);

  std::string header() const {
    return "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = " + sizes +
           "\nKinds = domain domain list\nElementType = " + type + "\n" + orientation + more + fields +
           "ElementDataFile = " + data_file + "\n";
  }
  std::string text() const { return header() + pixels; }
};

}  // namespace snitt::formats::sequence_tests
