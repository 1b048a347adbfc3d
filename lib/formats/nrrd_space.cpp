#include "formats/nrrd_space.hpp"

#include "formats/element_data.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t maximum_header = 16U << 20U;

bool is_identity(const std::string& path, std::string text) {
  for (char& c : text)
    if (c == '(' || c == ')' || c == ',') c = ' ';
  return numbers_of(path, "measurement frame", text) == std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1};
}

void take_name(std::string_view value, NrrdSpace& space) {
  space.name = std::string(value);
  const std::string name = lowercase(value);
  if (name == "right-anterior-superior" || name == "ras") space.to_lps = {-1, -1, 1};
  if (name == "left-anterior-superior" || name == "las") space.to_lps = {1, -1, 1};
  space.is_anatomical = space.to_lps.y < 0 || name == "left-posterior-superior" || name == "lps";
}

}  // namespace

NrrdSpace nrrd_space(const std::string& path) {
  const std::string head = ByteSource(path, true).head(maximum_header);
  NrrdSpace space;
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = std::min(head.find('\n', at), head.size());
    const std::string_view line = stripped(std::string_view(head).substr(at, end - at));
    at = end + 1;
    if (line.empty()) break;  // the voxels follow
    const std::size_t colon = line.find(": ");
    if (line.front() == '#' || colon == std::string_view::npos) continue;
    const std::string field = lowercase(line.substr(0, colon));
    const std::string_view value = stripped(line.substr(colon + 2));
    if (field == "space") take_name(value, space);
    if (field == "space directions") space.has_directions = true;
    if (field == "measurement frame") space.has_own_axes = !is_identity(path, std::string(value));
  }
  return space;
}

}  // namespace snitt::formats
