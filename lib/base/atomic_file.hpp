#pragma once
#include <functional>
#include <string>

namespace snitt {

enum class IfExists { refuse, overwrite };

/// Throws OutputError when `path` exists (and may not be overwritten), is a folder, or its folder is missing
/// or not writable: called before any work, so that a job fails in its first second.
void check_output(const std::string& path, IfExists if_exists);

/// A file that is there whole or not at all. Write to `temporary()` (an existing empty file beside the
/// target, created by mkstemps with the process's umask), close it, then `commit()`: fsync, rename, fsync of
/// the folder. Destroyed without commit, killed by a signal (remove_unfinished_outputs) or after an error, it
/// leaves the target as it was.
class AtomicFile {
 public:
  AtomicFile(const std::string& path, IfExists if_exists);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& temporary() const { return temporary_; }
  const std::string& path() const { return path_; }
  /// Throws OutputError; with IfExists::refuse also when somebody else made the target meanwhile.
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  IfExists if_exists_;
  bool committed_ = false;
};

/// The same for a folder of files: everything is written below `temporary()`, which becomes `path` on commit.
/// A folder that is there already is only replaced when it holds nothing but files that are `ours` by their
/// names: throws OutputError naming another one, before any work.
class AtomicFolder {
 public:
  AtomicFolder(const std::string& path, IfExists if_exists,
               const std::function<bool(const std::string& name)>& ours);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const std::string& temporary() const { return temporary_; }
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  IfExists if_exists_;
  bool committed_ = false;
};

/// Removes every temporary of this process that is not committed. For the thread that waits for stop signals:
/// it is the only caller, and leaves the process by _exit afterwards.
void remove_unfinished_outputs() noexcept;

}  // namespace snitt
