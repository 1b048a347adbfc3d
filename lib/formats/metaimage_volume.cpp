#include "formats/metaimage_volume.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "formats/output_stream.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t maximum_header = 16U << 20U;

struct TypeWord {
  std::string_view word;
  ElementType type;
};
/// MET_LONG has four bytes in files, whatever the machine that wrote it (metaTypes.h).
constexpr std::array<TypeWord, 12> type_words{{{"MET_UCHAR", ElementType::u8},
                                               {"MET_CHAR", ElementType::i8},
                                               {"MET_USHORT", ElementType::u16},
                                               {"MET_SHORT", ElementType::i16},
                                               {"MET_UINT", ElementType::u32},
                                               {"MET_INT", ElementType::i32},
                                               {"MET_FLOAT", ElementType::f32},
                                               {"MET_DOUBLE", ElementType::f64},
                                               {"MET_ULONG", ElementType::u32},
                                               {"MET_LONG", ElementType::i32},
                                               {"MET_ULONG_LONG", ElementType::u64},
                                               {"MET_LONG_LONG", ElementType::i64}}};

struct Header {
  std::vector<std::pair<std::string, std::string>> fields;
  std::size_t size = 0;  ///< bytes up to the first voxel of a LOCAL file
  std::vector<std::string> list;

  const std::string* find(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names)
      for (const auto& [key, value] : fields)
        if (key == name) return &value;
    return nullptr;
  }
};

/// Lines up to and with ElementDataFile, which is the last of the format.
Header parse(const std::string& path, std::string_view text) {
  Header header;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = stripped(text.substr(at, end - at));
    at = std::min(end + 1, text.size());
    if (line.empty()) continue;
    const std::size_t equals = line.find_first_of("=:");
    if (equals == std::string_view::npos || line.find('\0') != std::string_view::npos)
      throw InputError("{}: header line '{}' is not 'key = value' (no ElementDataFile before the voxels?)",
                       path, line.substr(0, 60));
    header.fields.emplace_back(stripped(line.substr(0, equals)), stripped(line.substr(equals + 1)));
    if (header.fields.back().first != "ElementDataFile") continue;
    header.size = at;
    if (header.fields.back().second.starts_with("LIST"))
      for (const std::string_view name : words_of(text.substr(at))) header.list.emplace_back(name);
    return header;
  }
  throw InputError("{}: header ends without 'ElementDataFile'", path);
}

bool is_true(const std::string* value) {
  return value != nullptr && !value->empty() &&
         (value->front() == 'T' || value->front() == 't' || value->front() == '1');
}

ElementType element_type(const std::string& path, const std::string* word) {
  if (word == nullptr) throw InputError("{}: header has no ElementType", path);
  std::string_view name = *word;
  if (name.ends_with("_ARRAY")) name.remove_suffix(6);
  for (const auto& [known, type] : type_words)
    if (known == name) return type;
  throw InputError("{}: ElementType is '{}'; expected MET_UCHAR … MET_DOUBLE", path, *word);
}

std::vector<double> numbers(const std::string& path, const Header& header,
                            std::initializer_list<std::string_view> names, std::size_t count,
                            double otherwise) {
  const std::string* text = header.find(names);
  if (text == nullptr) return std::vector<double>(count, otherwise);
  std::vector<double> values = numbers_of(path, *names.begin(), *text);
  if (values.size() != count)
    throw InputError("{}: {} has {} numbers; expected {}", path, *names.begin(), values.size(), count);
  return values;
}

void read_directions(const std::string& path, const Header& header, std::size_t dimensions, Volume& volume) {
  const std::string* text = header.find({"TransformMatrix", "Rotation", "Orientation"});
  if (text == nullptr) return;
  const std::vector<double> matrix = numbers_of(path, "TransformMatrix", *text);
  if (matrix.size() != dimensions * dimensions)
    throw InputError("{}: TransformMatrix has {} numbers; expected {}", path, matrix.size(),
                     dimensions * dimensions);
  for (std::size_t axis = 0; axis < dimensions; ++axis)
    for (std::size_t i = 0; i < dimensions; ++i) {
      const double value = matrix[axis * dimensions + i];
      if (axis < 3 && i < 3)
        volume.geometry.axis_directions[axis][i] = value;
      else if (value != (axis == i ? 1.0 : 0.0))
        throw InputError(
            "{}: TransformMatrix mixes space and time; expected the fourth row and column of the identity",
            path);
    }
}

void read_geometry(const std::string& path, const Header& header, Volume& volume, Monitor& monitor) {
  const std::string* size_text = header.find({"DimSize"});
  if (size_text == nullptr) throw InputError("{}: header has no DimSize", path);
  const std::vector<std::uint64_t> size = whole_numbers_of(path, "DimSize", *size_text);
  const std::string* declared = header.find({"NDims"});
  if (declared != nullptr && *declared != std::to_string(size.size()))
    throw InputError("{}: NDims is {}, but DimSize has {} numbers", path, *declared, size.size());
  if (size.size() < 2 || size.size() > 4)
    throw InputError("{}: image has {} dimensions; expected 2, 3 or 4", path, size.size());
  checked_product(path, "DimSize", size);
  const std::vector<double> spacing =
      numbers(path, header, {"ElementSpacing", "ElementSize"}, size.size(), 1);
  const std::vector<double> origin = numbers(path, header, {"Offset", "Position", "Origin"}, size.size(), 0);
  volume.dimensions = static_cast<int>(size.size());
  for (std::size_t axis = 0; axis < std::min<std::size_t>(3, size.size()); ++axis) {
    volume.geometry.size[axis] = size[axis];
    volume.geometry.spacing_mm[axis] = spacing[axis];
    volume.geometry.origin_mm[axis] = origin[axis];
  }
  if (size.size() == 4) {
    volume.time_points = size[3];
    volume.time_step_s = spacing[3];
  }
  read_directions(path, header, size.size(), volume);
  settle_geometry(path, volume.geometry, monitor);
}

void keep_metadata(const std::string& path, const Header& header, Volume& volume, Monitor& monitor) {
  static const std::set<std::string_view> structural{"ObjectType",
                                                     "NDims",
                                                     "BinaryData",
                                                     "BinaryDataByteOrderMSB",
                                                     "ElementByteOrderMSB",
                                                     "CompressedData",
                                                     "CompressedDataSize",
                                                     "TransformMatrix",
                                                     "Rotation",
                                                     "Orientation",
                                                     "Offset",
                                                     "Position",
                                                     "Origin",
                                                     "CenterOfRotation",
                                                     "AnatomicalOrientation",
                                                     "ElementSpacing",
                                                     "ElementSize",
                                                     "DimSize",
                                                     "ElementNumberOfChannels",
                                                     "ElementType",
                                                     "ElementDataFile",
                                                     "HeaderSize",
                                                     "Kinds",
                                                     "ElementMin",
                                                     "ElementMax"};
  for (const auto& [key, value] : header.fields) {
    if (structural.contains(key) || take_own_key(volume, key, value)) continue;
    volume.metadata.emplace_back(key, value);
    if (key.starts_with("ElementToIntensityFunction"))
      monitor.warn(fmt::format("{}: '{} = {}' is kept as a note but not applied to the voxels, as in ITK",
                               path, key, value));
  }
}

/// Names of the files with the voxels; empty for the header's own file.
std::vector<std::string> data_files(const std::string& path, const Header& header) {
  const std::string& name = *header.find({"ElementDataFile"});
  if (lowercase(name) == "local") return {};
  if (name.find('%') != std::string::npos)
    throw InputError(
        "{}: ElementDataFile is the pattern '{}', which is not supported (write 'LIST' and the file names "
        "instead)",
        path, name);
  if (!name.starts_with("LIST")) return {beside(path, name)};
  if (header.list.empty()) throw InputError("{}: ElementDataFile = LIST is followed by no file name", path);
  std::vector<std::string> files;
  for (const std::string& file : header.list) files.push_back(beside(path, file));
  return files;
}

Elements read_voxels(const ByteSource& source, const Header& header, ElementBlock block) {
  const std::string& path = source.path();
  block.big_endian = is_true(header.find({"BinaryDataByteOrderMSB", "ElementByteOrderMSB"}));
  const bool compressed = is_true(header.find({"CompressedData"}));
  const std::string* binary = header.find({"BinaryData"});
  if (compressed)
    block.encoding = Encoding::zlib;
  else if (binary != nullptr && !is_true(binary))
    block.encoding = Encoding::ascii;
  if (const std::string* size = header.find({"CompressedDataSize"});
      compressed && size != nullptr && *size != "0")
    block.encoded_size = whole_number_of(path, "CompressedDataSize", *size);

  const std::vector<std::string> files = data_files(path, header);
  const std::string* skip = header.find({"HeaderSize"});
  refuse_missing_files(path, files);
  if (files.size() > 1) {
    if (block.count % files.size() != 0)
      throw InputError("{}: {} voxels cannot be shared equally by {} files", path, block.count, files.size());
    block.count /= files.size();
    return read_elements(files, block);
  }
  std::optional<ByteSource> other;
  if (!files.empty()) other.emplace(files.front(), false);
  const ByteSource& data = other ? *other : source;
  block.offset = files.empty() ? header.size : 0;
  if (skip != nullptr && *skip == "-1" && block.encoding == Encoding::plain) {
    const std::array<std::uint64_t, 2> factors{block.count, size_of(block.type)};
    const std::uint64_t bytes = checked_product(path, "voxels", factors);
    block.offset = data.size() >= bytes ? data.size() - bytes : 0;
  } else if (skip != nullptr && *skip != "0" && *skip != "-1") {
    block.offset = whole_number_of(path, "HeaderSize", *skip);
  }
  return read_elements(data, block);
}

std::string joined(const Vec3& v, int count) {
  std::string text = text_of(v.x) + " " + text_of(v.y);
  return count > 2 ? text + " " + text_of(v.z) : text;
}

std::string header_text(const Volume& volume, bool compressed, std::size_t stored_bytes,
                        const std::string& data_file, Monitor& monitor) {
  const VolumeGeometry& g = volume.geometry;
  const bool timed = volume.dimensions == 4;
  const auto in_space = std::min(volume.dimensions, 3);
  std::string matrix;
  for (int axis = 0; axis < in_space; ++axis)
    matrix += joined(g.axis_directions[static_cast<std::size_t>(axis)], in_space) + (timed ? " 0 " : " ");
  if (timed) matrix += "0 0 0 1";
  std::string_view type;
  for (const TypeWord& word : type_words)
    if (type.empty() && word.type == element_type_of(volume.format.type)) type = word.word;
  std::string text = fmt::format(
      "ObjectType = Image\nNDims = {}\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = "
      "{}\n",
      volume.dimensions, compressed ? "True" : "False");
  if (compressed) text += fmt::format("CompressedDataSize = {}\n", stored_bytes);
  text += fmt::format("TransformMatrix = {}\nOffset = {}{}\nCenterOfRotation = 0 0{}{}\n", stripped(matrix),
                      joined(g.origin_mm, in_space), timed ? " 0" : "", in_space > 2 ? " 0" : "",
                      timed ? " 0" : "");
  if (volume.frame == "LPS" && in_space == 3) text += "AnatomicalOrientation = RAI\n";
  text += fmt::format("ElementSpacing = {}{}\nDimSize = {}", joined(g.spacing_mm, in_space),
                      timed ? " " + text_of(volume.time_step_s) : "",
                      fmt::join(g.size.begin(), g.size.begin() + in_space, " "));
  if (timed) text += fmt::format(" {}", volume.time_points);
  text += "\n";
  if (volume.format.components > 1)
    text += fmt::format("ElementNumberOfChannels = {}\n", volume.format.components);
  text += fmt::format("{} = {}\n{} = {}\n{} = {}\n", frame_key, volume.frame, quantity_key, volume.quantity,
                      units_key, volume.units);
  for (const auto& [key, value] : volume.metadata) {
    if (key.find_first_of("=:\n") != std::string::npos || value.find('\n') != std::string::npos ||
        stripped(key).empty() || stripped(value).empty())
      monitor.warn(fmt::format("metadata '{}' cannot be said in a MetaImage header and is left out", key));
    else
      text += fmt::format("{} = {}\n", key, value);
  }
  return text + fmt::format("ElementType = {}\nElementDataFile = {}\n", type, data_file);
}

}  // namespace

bool is_metaimage(const std::string& head) {
  const std::string start = head.substr(0, 4096);
  return (start.starts_with("ObjectType") || start.starts_with("NDims") || start.starts_with("Comment")) &&
         head.find("DimSize") != std::string::npos;
}

bool has_frame_poses(const std::string& head) {
  for (std::size_t at = head.find("Seq_Frame"); at != std::string::npos;
       at = head.find("Seq_Frame", at + 1)) {
    const std::string_view line = std::string_view(head).substr(at, head.find('\n', at) - at);
    const std::string_view key = line.substr(0, line.find_first_of("=:"));
    if (key.find("Timestamp") != std::string_view::npos || key.find("Transform") != std::string_view::npos ||
        key.starts_with("Seq_Frame0001"))
      return true;
  }
  return false;
}

Volume read_metaimage(const std::string& path, Monitor& monitor) {
  const ByteSource source(path, true);
  const Header header = parse(path, source.head(maximum_header));
  Volume volume;
  read_geometry(path, header, volume, monitor);
  if (const std::string* channels = header.find({"ElementNumberOfChannels"}))
    volume.format.components = whole_number_of(path, "ElementNumberOfChannels", *channels);
  ElementBlock block;
  block.type = element_type(path, header.find({"ElementType"}));
  const std::array<std::uint64_t, 3> factors{volume.geometry.voxels(), volume.time_points,
                                             volume.format.components};
  block.count = checked_product(path, "DimSize with channels", factors);
  Elements elements = read_voxels(source, header, block);
  volume.format.type = elements.type;
  volume.voxels = std::move(elements.bytes);
  keep_metadata(path, header, volume, monitor);
  return volume;
}

void write_metaimage(const std::string& path, const Volume& volume, IfExists if_exists, Monitor& monitor,
                     bool compressed) {
  std::vector<std::byte> packed;
  if (compressed) packed = deflate(volume.voxels, Deflate::zlib);
  const std::span<const std::byte> data = compressed ? std::span<const std::byte>(packed) : volume.voxels;
  if (!ends_with_any_case(path, ".mhd")) {
    AtomicFile file(path, if_exists);
    write_bytes(file, header_text(volume, compressed, data.size(), "LOCAL", monitor), data);
    return file.commit();
  }
  const std::filesystem::path data_path =
      std::filesystem::path(path).replace_extension(compressed ? ".zraw" : ".raw");
  AtomicFile header(path,
                    if_exists);  // both are made before either is put in place, so that both can be refused
  AtomicFile voxels(data_path.string(), if_exists);
  write_bytes(voxels, "", data);
  write_bytes(header, header_text(volume, compressed, data.size(), data_path.filename().string(), monitor),
              {});
  voxels.commit();
  header.commit();
}

}  // namespace snitt::formats
