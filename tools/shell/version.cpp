#include <H5public.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/versions.hpp"
#include "shell/documents.hpp"

namespace snitt::shell {

std::string version_text(const ToolInfo& info, bool libraries) {
  std::string text = fmt::format("snitt-{} {} (snitt {})\n", info.name, SNITT_VERSION, SNITT_VERSION);
  if (!libraries) return text;
  for (const LibraryVersion& library : library_versions())
    text += fmt::format("  {} {}\n", library.name, library.version);
  return text;
}

}  // namespace snitt::shell
