#include "base/atomic_file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>
#include <vector>

#include "base/error.hpp"

namespace fs = std::filesystem;

namespace snitt {
namespace {

/// The one piece of process-wide state: a stop signal belongs to the process, and so do its unfinished files.
struct Unfinished {
  std::mutex mutex;
  std::set<std::string> paths;
};
Unfinished& unfinished() {
  static auto* const list = new Unfinished;  // never destroyed: the signal thread may outlive main's statics
  return *list;
}

void forget(const std::string& path) {
  const std::lock_guard lock(unfinished().mutex);
  unfinished().paths.erase(path);
}

std::string folder_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

mode_t current_umask() {
  const mode_t mask = umask(0);
  umask(mask);
  return mask;
}

/// A temporary's name keeps the target's extension, because some writers choose their format by it.
std::string temporary_template(const std::string& path) {
  const fs::path target(path);
  return (fs::path(folder_of(path)) / ("." + target.stem().string() + ".unfinished-XXXXXX")).string();
}

void sync_path(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0)
    throw OutputError("{}: cannot be opened again to be flushed: {}", path, std::strerror(errno));
  const int result = fsync(descriptor);
  const int error = errno;
  close(descriptor);
  // EINVAL: the file system has nothing to flush (some FUSE and network mounts).
  if (result != 0 && error != EINVAL && error != ENOTSUP)
    throw OutputError("{}: cannot be flushed to disk: {}", path, std::strerror(error));
}

/// rename that refuses an existing target in the same step; on file systems without that, link + unlink for
/// files.
int rename_exclusive(const std::string& from, const std::string& to) {
  if (syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return -1;
  struct stat status {};
  if (stat(from.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    return std::rename(from.c_str(), to.c_str());
  if (link(from.c_str(), to.c_str()) != 0) return -1;
  return unlink(from.c_str());
}

void publish(const std::string& temporary, const std::string& path, IfExists if_exists) {
  const int result = if_exists == IfExists::refuse ? rename_exclusive(temporary, path)
                                                   : std::rename(temporary.c_str(), path.c_str());
  if (result != 0 && errno == EEXIST)
    throw OutputError("{}: exists: another program made it meanwhile (use --overwrite)", path);
  if (result != 0) throw OutputError("{}: cannot be put in place: {}", path, std::strerror(errno));
  forget(temporary);
  sync_path(folder_of(path), O_RDONLY | O_DIRECTORY);
}

}  // namespace

void check_output(const std::string& path, IfExists if_exists) {
  if (path.empty()) throw UsageError("the output path is empty");
  const std::string folder = folder_of(path);
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0)
    throw OutputError("{}: folder '{}': {}", path, folder, std::strerror(errno));
  if (!S_ISDIR(status.st_mode)) throw OutputError("{}: '{}' is not a folder", path, folder);
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    throw OutputError("{}: folder '{}' cannot be written to: {}", path, folder, std::strerror(errno));
  if (lstat(path.c_str(), &status) == 0 && if_exists == IfExists::refuse)
    throw OutputError("{}: exists (use --overwrite)", path);
  // Renaming would replace /dev/null itself.
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
    throw OutputError("{}: is a device or a pipe; expected the name of a file", path);
}

AtomicFile::AtomicFile(const std::string& path, IfExists if_exists) : path_(path), if_exists_(if_exists) {
  check_output(path, if_exists);
  // Renaming would replace a link by a file; follow it, so that the link's target is what changes.
  // Step by step, because a link to a file that does not exist yet cannot be made canonical.
  std::error_code error;
  for (int links = 0; fs::is_symlink(path_, error); ++links) {
    if (links == 40) throw OutputError("{}: is a link that leads to itself", path);
    path_ = (fs::path(path_).parent_path() / fs::read_symlink(path_)).string();
  }
  if (fs::is_directory(path_)) throw OutputError("{}: is a folder; expected the name of a file", path);
  const std::string extension = fs::path(path_).extension().string();
  std::string name = temporary_template(path_) + extension;
  const std::lock_guard lock(
      unfinished().mutex);  // no moment in which the file exists but is not on the list
  const int descriptor = mkostemps(name.data(), static_cast<int>(extension.size()), O_CLOEXEC);
  if (descriptor < 0) throw OutputError("{}: cannot be created: {}", path, std::strerror(errno));
  fchmod(descriptor, 0666 & ~current_umask());
  close(descriptor);
  temporary_ = name;
  unfinished().paths.insert(temporary_);
}

AtomicFile::~AtomicFile() {
  if (committed_) return;
  unlink(temporary_.c_str());
  forget(temporary_);
}

void AtomicFile::commit() {
  sync_path(temporary_, O_RDONLY);
  publish(temporary_, path_, if_exists_);
  committed_ = true;
}

AtomicFolder::AtomicFolder(const std::string& path, IfExists if_exists,
                           const std::function<bool(const std::string& name)>& ours)
    : path_(path), if_exists_(if_exists) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  check_output(path_, if_exists);
  std::error_code error;
  if (fs::exists(path_, error) && !fs::is_directory(path_, error))
    throw OutputError("{}: is a file; expected the name of a folder", path_);
  if (fs::is_directory(path_, error))
    for (const fs::directory_entry& entry : fs::directory_iterator(path_))
      if (!entry.is_regular_file() || !ours(entry.path().filename().string()))
        throw OutputError(
            "{}: holds '{}', which was not written by this tool and would be lost; expected a new folder, an "
            "empty one, "
            "or one of earlier output",
            path_, entry.path().filename().string());
  std::string name = temporary_template(path_);
  const std::lock_guard lock(unfinished().mutex);
  if (mkdtemp(name.data()) == nullptr)
    throw OutputError("{}: cannot be created: {}", path_, std::strerror(errno));
  chmod(name.c_str(), 0777 & ~current_umask());
  temporary_ = name;
  unfinished().paths.insert(temporary_);
}

AtomicFolder::~AtomicFolder() {
  if (committed_) return;
  std::error_code error;
  fs::remove_all(temporary_, error);
  forget(temporary_);
}

void AtomicFolder::commit() {
  for (const auto& entry : fs::recursive_directory_iterator(temporary_))
    if (entry.is_regular_file()) sync_path(entry.path().string(), O_RDONLY);
  sync_path(temporary_, O_RDONLY | O_DIRECTORY);
  if (if_exists_ == IfExists::overwrite && fs::exists(path_)) {
    // Two renames and a removal: a folder cannot be replaced in one step everywhere, but it can be exchanged
    // on Linux.
    if (syscall(SYS_renameat2, AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0)
      throw OutputError("{}: cannot be replaced: {}", path_, std::strerror(errno));
    std::error_code error;
    fs::remove_all(temporary_, error);
    forget(temporary_);
    sync_path(folder_of(path_), O_RDONLY | O_DIRECTORY);
  } else {
    publish(temporary_, path_, IfExists::refuse);
  }
  committed_ = true;
}

void remove_unfinished_outputs() noexcept {
  // The lock is kept for good: no output may be created or committed between this clean-up and _exit.
  unfinished().mutex.lock();
  std::error_code error;
  for (const std::string& path : unfinished().paths) fs::remove_all(path, error);
}

}  // namespace snitt
