#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// Files of folders, lists and archives as one stream in an order that does not depend on the file system.
namespace snitt::formats {

/// One file. Either a path to read from, or the bytes of a member of an archive.
struct StreamedFile {
  std::string name;              ///< path, or "archive.zip/member"
  std::string problem;           ///< why it could not be read; "" when it could
  std::vector<std::byte> bytes;  ///< of an archive's member
  bool is_member = false;
  bool whole = true;  ///< false when a member was longer than what is kept of it
};

/// Most of a member that is kept; what dose is read from is far smaller.
constexpr std::uint64_t longest_member = std::uint64_t{64} << 20;

/// All files below `paths` (files, folders, archives) and in `lists` (text files with one path a line, blank
/// lines and lines that start with # passed over; relative ones are relative to the list). Folders are walked
/// by name, links to folders are not followed. Zip, tar and compressed tar files are told by their content;
/// `take` gets their members one after another. Whatever cannot be read arrives with its problem. Throws
/// InputError for an operand or list that is missing.
void stream_files(const std::vector<std::string>& paths, const std::vector<std::string>& lists,
                  const std::function<void(StreamedFile&&)>& take);

/// The first `most` bytes of a file, and whether that is all of it. Throws InputError.
struct FileStart {
  std::vector<std::byte> bytes;
  bool whole = true;
};
FileStart read_start(const std::string& path, std::size_t most);

}  // namespace snitt::formats
