#include "formats/spill_file.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

std::string folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

std::FILE* open_nameless() {
  std::string name = folder() + "/snitt-spill-XXXXXX";
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0)
    throw OutputError("{}: no temporary file can be made there (TMPDIR names another folder)", folder());
  unlink(name.c_str());  // from here on nobody else sees it, and nothing is left behind
  return fdopen(descriptor, "w+b");
}

}  // namespace

void SpillFile::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (!file_) file_.reset(open_nameless());
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    throw OutputError("{}: a temporary file cannot be written; is the folder full? (TMPDIR names another)",
                      folder());
  size_ += bytes.size();
}

std::vector<std::byte> SpillFile::read() {
  std::vector<std::byte> bytes(size_);
  if (!file_) return bytes;
  if (std::fflush(file_.get()) != 0)
    throw OutputError("{}: a temporary file cannot be written; is the folder full? (TMPDIR names another)",
                      folder());
  std::rewind(file_.get());
  if (std::fread(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    throw InputError("{}: a temporary file cannot be read back", folder());
  return bytes;
}

}  // namespace snitt::formats
