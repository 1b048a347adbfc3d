#include "shell/standard_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace snitt::shell {

void write_standard_output(std::string_view text) {
  // Unbuffered on purpose: what a buffer holds back can fail after main has decided on its exit status.
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      throw BrokenPipe{};
    } else if (errno != EINTR) {
      throw OutputError("standard output: {}", std::strerror(errno));
    }
  }
}

}  // namespace snitt::shell
