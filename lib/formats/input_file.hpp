#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace snitt::formats {

/// A file that is read at any position; its size was asked once, when it was opened.
class InputFile {
 public:
  /// Throws InputError when the file is missing, a folder or unreadable.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  /// Fills `out` from `offset`; fewer bytes than asked only at the end of the file. Throws InputError.
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::string path_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace snitt::formats
