#include "formats/file_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/error.hpp"
#include "formats/archive.hpp"
#include "formats/file_text.hpp"
#include "formats/input_file.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

namespace fs = std::filesystem;
using Take = std::function<void(StreamedFile&&)>;

constexpr std::uint64_t longest_list = std::uint64_t{1} << 30;

void take_problem(const std::string& name, std::string problem, const Take& take) {
  StreamedFile file;
  file.name = name;
  file.problem = std::move(problem);
  take(std::move(file));
}

void stream_file(const fs::path& path, const Take& take) {
  try {
    if (is_archive(path.string())) {
      stream_archive(path.string(), take);
      return;
    }
  } catch (const InputError&) {
    // told when the file is read
  }
  StreamedFile file;
  file.name = path.string();
  take(std::move(file));
}

void stream_folder(const fs::path& folder, const Take& take) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    entries.push_back(at->path());
  if (error) {
    take_problem(folder.string(), "is a folder that cannot be listed: " + error.message(), take);
    return;
  }
  std::sort(entries.begin(), entries.end());
  for (const fs::path& entry : entries) {
    const fs::file_status status = fs::status(entry, error);
    if (fs::is_directory(status)) {
      if (fs::is_symlink(entry, error))
        take_problem(entry.string(), "is a link to a folder; links to folders are not followed", take);
      else
        stream_folder(entry, take);
    } else if (fs::is_regular_file(status)) {
      stream_file(entry, take);
    } else {
      take_problem(entry.string(), "is neither file nor folder", take);
    }
  }
}

void stream_path(const fs::path& path, const Take& take) {
  std::error_code error;
  if (fs::is_directory(path, error))
    stream_folder(path, take);
  else if (fs::is_regular_file(path, error))
    stream_file(path, take);
  else
    take_problem(path.string(), "is not there, or is neither file nor folder", take);
}

void stream_list(const std::string& list, const Take& take) {
  const std::string text = file_text(list, longest_list);
  const fs::path folder = fs::path(list).parent_path();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = stripped(std::string_view(text).substr(at, end - at));
    at = end + 1;
    if (!line.empty() && line.front() != '#') stream_path(folder / fs::path(line), take);
  }
}

}  // namespace

void stream_files(const std::vector<std::string>& paths, const std::vector<std::string>& lists,
                  const Take& take) {
  for (const std::string& path : paths) stream_path(path, take);
  for (const std::string& list : lists) stream_list(list, take);
}

FileStart read_start(const std::string& path, std::size_t most) {
  const InputFile file(path);
  FileStart start;
  start.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), most)));
  start.bytes.resize(file.read_at(0, start.bytes));
  start.whole = file.size() <= most;
  return start;
}

}  // namespace snitt::formats
