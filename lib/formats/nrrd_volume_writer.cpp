#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "formats/element_data.hpp"
#include "formats/nrrd_volume.hpp"
#include "formats/output_stream.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c);
  return out;
}

/// "(1,2,3)", cut to two numbers for flat images and filled with a 0 where time is the fourth.
std::string vector_text(const Vec3& v, int dimensions) {
  std::string text = "(" + text_of(v.x) + "," + text_of(v.y);
  if (dimensions > 2) text += "," + text_of(v.z);
  return text + (dimensions > 3 ? ",0)" : ")");
}

/// The lines about axes. A 4-D image lies in a space with time as its fourth coordinate, the only form that
/// ITK reads.
std::string axis_lines(const Volume& volume) {
  const VolumeGeometry& g = volume.geometry;
  const std::size_t components = volume.format.components;
  std::string sizes;
  std::string directions;
  std::string kinds;
  if (components > 1) {
    sizes += fmt::format(" {}", components);
    directions += " none";
    kinds += components == 3 ? " RGB-color" : components == 4 ? " RGBA-color" : " vector";
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::min(volume.dimensions, 3)); ++i) {
    sizes += fmt::format(" {}", g.size[i]);
    directions += " " + vector_text(g.spacing_mm[i] * g.axis_directions[i], volume.dimensions);
    kinds += " domain";
  }
  if (volume.dimensions == 4) {
    sizes += fmt::format(" {}", volume.time_points);
    directions += fmt::format(" (0,0,0,{})", text_of(volume.time_step_s));
    kinds += " domain";
  }
  std::string space = fmt::format("space dimension: {}\n", volume.dimensions);
  if (volume.frame == "LPS" && volume.dimensions == 3) space = "space: left-posterior-superior\n";
  if (volume.frame == "LPS" && volume.dimensions == 4) space = "space: left-posterior-superior-time\n";
  return fmt::format("dimension: {}\n{}sizes:{}\nspace directions:{}\nkinds:{}\nspace origin: {}\n",
                     volume.dimensions + (components > 1 ? 1 : 0), space, sizes, directions, kinds,
                     vector_text(g.origin_mm, volume.dimensions));
}

std::string header_text(const Volume& volume, bool compressed, const std::string& data_file,
                        Monitor& monitor) {
  constexpr std::array<std::string_view, 8> types{"uint8",  "int8",  "uint16", "int16",
                                                  "uint32", "int32", "float",  "double"};
  const std::string_view type = types[static_cast<std::size_t>(volume.format.type)];
  std::string text = fmt::format("NRRD0005\ntype: {}\n{}endian: little\nencoding: {}\nsample units: \"{}\"\n",
                                 type, axis_lines(volume), compressed ? "gzip" : "raw", volume.units);
  if (!data_file.empty()) text += fmt::format("data file: {}\n", data_file);
  text += fmt::format("{}:={}\n{}:={}\n{}:={}\n", frame_key, volume.frame, quantity_key, volume.quantity,
                      units_key, volume.units);
  for (const auto& [key, value] : volume.metadata) {
    if (key.find(":=") != std::string::npos || key.empty() || key.front() == '#')
      monitor.warn(fmt::format("metadata '{}' cannot be said in an NRRD header and is left out", key));
    else
      text += fmt::format("{}:={}\n", escaped(key), escaped(value));
  }
  return text;
}

}  // namespace

void write_nrrd(const std::string& path, const Volume& volume, IfExists if_exists, Monitor& monitor,
                bool compressed) {
  std::vector<std::byte> packed;
  if (compressed) packed = deflate(volume.voxels, Deflate::gzip);
  const std::span<const std::byte> data = compressed ? std::span<const std::byte>(packed) : volume.voxels;
  if (!ends_with_any_case(path, ".nhdr")) {
    AtomicFile file(path, if_exists);
    write_bytes(file, header_text(volume, compressed, "", monitor) + "\n", data);
    return file.commit();
  }
  const std::filesystem::path data_path =
      std::filesystem::path(path).replace_extension(compressed ? ".raw.gz" : ".raw");
  AtomicFile header(path,
                    if_exists);  // both are made before either is put in place, so that both can be refused
  AtomicFile voxels(data_path.string(), if_exists);
  write_bytes(voxels, "", data);
  write_bytes(header, header_text(volume, compressed, data_path.filename().string(), monitor), {});
  voxels.commit();
  header.commit();
}

}  // namespace snitt::formats
