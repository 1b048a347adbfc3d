#include "shell/standard_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace snitt::shell {

void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. Opened the wrong way round, it refuses what the stream is for.
    const int descriptor = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (descriptor != stream)
      throw OutputError("standard stream {} is closed and cannot be replaced", stream);
  }
}

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
