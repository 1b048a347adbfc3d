#include "shell/point_input.hpp"

#include <optional>

#include "base/error.hpp"
#include "formats/point_file.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

namespace snitt::shell {
formats::Coordinates coordinates_from(const std::string& word) {
  if (word == "LPS") return formats::Coordinates::lps;
  if (word == "RAS") return formats::Coordinates::ras;
  return word == "as-they-are" ? formats::Coordinates::as_they_are : formats::Coordinates::as_the_file_says;
}

std::vector<Choice> coordinate_choices() {
  return {{"file", "as the file says; one that does not say is refused"},
          {"LPS", "x to the left, y to the back, z to the head, as in DICOM and ITK"},
          {"RAS", "x to the right, y to the front, z to the head, as in NIfTI and MNI files"},
          {"as-they-are", "those of a tracker or a phantom; nothing is turned"}};
}

PointSet read_points(const std::string& path, const PointInput& input, const std::string& frame,
                     Monitor& monitor) {
  if (store::is_snitt_file(path)) {
    if (input.coordinates != "file" || input.volume != 0 || !input.image.empty())
      throw UsageError("{}: says itself what its points are; expected no options about its coordinates",
                       path);
    return store::read_points(path);
  }
  formats::PointFileOptions options;
  options.coordinates = coordinates_from(input.coordinates);
  options.volume = static_cast<int>(input.volume);
  options.frame = frame;
  std::optional<VolumeGeometry> image;
  if (!input.image.empty()) image = read_volume(input.image, monitor).geometry;
  if (image) options.image = &*image;
  return formats::read_point_file(path, options, monitor);
}

}  // namespace snitt::shell
