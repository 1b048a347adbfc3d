#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <vector>

namespace snitt::formats {

/// A file for what does not fit memory: written once from front to back, read back whole, and gone when the
/// object is, or the process ends. In the folder of $TMPDIR, else /tmp.
class SpillFile {
 public:
  SpillFile() = default;
  SpillFile(SpillFile&&) = default;
  SpillFile& operator=(SpillFile&&) = default;

  /// Throws OutputError naming the folder when it is full.
  void write(std::span<const std::byte> bytes);
  std::uint64_t size() const { return size_; }
  /// All that was written. Throws InputError.
  std::vector<std::byte> read();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t size_ = 0;
};

}  // namespace snitt::formats
