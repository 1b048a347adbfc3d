#include "formats/igs_sequence_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "base/error.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

constexpr std::string_view machine_order_msb = std::endian::native == std::endian::big ? "True" : "False";

std::string_view meta_type(PixelType type) {
  switch (type) {
    case PixelType::u8:
      return "MET_UCHAR";
    case PixelType::i8:
      return "MET_CHAR";
    case PixelType::u16:
      return "MET_USHORT";
    case PixelType::i16:
      return "MET_SHORT";
    case PixelType::u32:
      return "MET_UINT";
    case PixelType::i32:
      return "MET_INT";
    case PixelType::f32:
      return "MET_FLOAT";
    case PixelType::f64:
      break;
  }
  return "MET_DOUBLE";
}

std::string_view nrrd_type(PixelType type) {
  if (type == PixelType::f32) return "float";
  if (type == PixelType::f64) return "double";
  return name_of(type);
}

std::string matrix_text(const Matrix4& matrix) {
  std::string text;
  for (const double value : matrix.m) {
    if (!text.empty()) text += ' ';
    text += number_text(value);
  }
  return text;
}

class HeaderWriter {
 public:
  HeaderWriter(const std::string& path, const Frames& frames, const SequenceLayout& layout)
      : path_(path), frames_(frames), layout_(layout) {}

  SequenceHeaderText run() {
    if (layout_.kind == HeaderKind::meta)
      add_meta_fields();
    else
      add_nrrd_fields();
    add_free_keys();
    for (std::size_t frame = 0; frame < frames_.count; ++frame) add_frame(frame);
    if (layout_.kind == HeaderKind::meta)
      pair("ElementDataFile", layout_.data_file.empty() ? "LOCAL" : layout_.data_file);
    else if (layout_.data_file.empty())
      out_.text += '\n';
    return std::move(out_);
  }

 private:
  bool has_pixels() const { return frames_.shape.pixels() > 0; }
  /// Pixels are written in MF order; a third letter has nothing to say about a frame, but is kept.
  std::string orientation() const {
    if (!has_pixels()) return "XX";
    return frames_.recorded_orientation.size() == 3 ? std::string("MF") + frames_.recorded_orientation[2]
                                                    : "MF";
  }
  std::string image_type() const { return has_pixels() ? frames_.image_type : "XX"; }
  std::string free_value(std::string_view key, std::string_view standard) const {
    for (const auto& [name, value] : frames_.header)
      if (name == key) return value;
    return std::string(standard);
  }

  void pair(std::string_view key, std::string_view value) {
    const std::string_view mark = layout_.kind == HeaderKind::meta ? " = " : ":=";
    const bool breaks = key.find_first_of("\n\r=:") != std::string_view::npos ||
                        value.find_first_of("\n\r") != std::string_view::npos;
    if (breaks || key.empty())
      throw OutputError(
          "{}: '{}' is '{}'; a sequence file has no room for line breaks, or for '=' and ':' in names", path_,
          key, value);
    out_.text.append(key).append(mark).append(value) += '\n';
  }
  void field(std::string_view name, std::string_view value) {
    out_.text.append(name).append(": ").append(value) += '\n';
  }

  void add_meta_fields() {
    pair("ObjectType", "Image");
    pair("NDims", "3");
    for (const auto& [key, value] : standard_keys.front()) pair(key, free_value(key, value));
    pair("BinaryData", "True");
    pair("BinaryDataByteOrderMSB", machine_order_msb);
    for (const auto& [key, value] : standard_keys.back()) pair(key, free_value(key, value));
    pair("CompressedData", layout_.compressed ? "True" : "False");
    if (layout_.compressed) {
      out_.text += "CompressedDataSize = ";
      out_.compressed_size_at = out_.text.size();
      out_.text.append(compressed_size_width, ' ') += '\n';
    }
    pair("DimSize", fmt::format("{} {} {}", frames_.shape.columns, frames_.shape.rows, frames_.count));
    pair("Kinds", "domain domain list");
    const auto spacing = frames_.pixel_spacing_mm.value_or(std::array<double, 2>{1, 1});
    pair("ElementSpacing", number_text(spacing[0]) + " " + number_text(spacing[1]) + " 1");
    if (frames_.shape.format.components > 1)
      pair("ElementNumberOfChannels", fmt::format("{}", frames_.shape.format.components));
    pair("ElementType", has_pixels() ? meta_type(frames_.shape.format.type) : "MET_OTHER");
    pair("UltrasoundImageOrientation", orientation());
    pair("UltrasoundImageType", image_type());
  }
  void add_nrrd_fields() {
    const std::size_t components = frames_.shape.format.components;
    const std::string colour_size = components > 1 ? fmt::format("{} ", components) : "";
    const std::string colour_kind = components == 3 ? "RGB-color " : components > 1 ? "vector " : "";
    out_.text += "NRRD0004\n";
    field("type", nrrd_type(frames_.shape.format.type));
    field("dimension", components > 1 ? "4" : "3");
    field("sizes",
          fmt::format("{}{} {} {}", colour_size, frames_.shape.columns, frames_.shape.rows, frames_.count));
    field("kinds", colour_kind + "domain domain list");
    field("endian", std::endian::native == std::endian::big ? "big" : "little");
    field("encoding", layout_.compressed ? "gzip" : "raw");
    const auto spacing = frames_.pixel_spacing_mm.value_or(std::array<double, 2>{1, 1});
    field("space dimension", "2");
    field("space directions", fmt::format("{}({},0) (0,{}) none", components > 1 ? "none " : "",
                                          number_text(spacing[0]), number_text(spacing[1])));
    field("space origin", "(0,0)");
    if (!layout_.data_file.empty()) field("data file", layout_.data_file);
    pair("ultrasound image orientation", orientation());
    pair("ultrasound image type", image_type());
  }
  void add_free_keys() {
    for (const StaticTransform& constant : frames_.constant)
      pair(constant.name.text() + "Transform", matrix_text(constant.matrix));
    for (const auto& [key, value] : frames_.header) {
      const auto is_key = [&key = key](const auto& standard) { return standard.first == key; };
      const bool is_written = layout_.kind == HeaderKind::meta &&
                              std::any_of(standard_keys.begin(), standard_keys.end(), [&](const auto& group) {
                                return std::any_of(group.begin(), group.end(), is_key);
                              });
      if (!is_written) pair(key, value);
    }
  }
  void add_frame(std::size_t frame) {
    const std::string prefix = fmt::format("Seq_Frame{:04}_", frame);
    for (const FrameField& field_of : frames_.fields)
      pair(prefix + field_of.name, field_of.values.index() == 0
                                       ? number_text(std::get<0>(field_of.values)[frame])
                                       : std::get<1>(field_of.values)[frame]);
    for (const TrackedTransform& tracked : frames_.tracked) {
      const std::string name = prefix + tracked.name.text() + "Transform";
      pair(name, matrix_text(tracked.matrix[frame]));
      pair(name + "Status", name_of(tracked.status[frame]));
    }
    pair(prefix + "Timestamp", number_text(frames_.time_s[frame]));
    pair(prefix + std::string(status_field()), name_of(frames_.image_status[frame]));
  }
  /// An NRRD calls the image status "Status", unless the recording has a field of that name.
  std::string_view status_field() const {
    const bool is_taken = std::any_of(frames_.fields.begin(), frames_.fields.end(),
                                      [](const FrameField& field_of) { return field_of.name == "Status"; });
    return layout_.kind == HeaderKind::nrrd && !is_taken ? "Status" : "ImageStatus";
  }

  /// Keys that MetaImage readers expect to find, before and after BinaryData; a recording's own value goes
  /// first.
  using KeyGroup = std::array<std::pair<std::string_view, std::string_view>, 2>;
  static constexpr std::array<KeyGroup, 2> standard_keys{
      KeyGroup{{{"AnatomicalOrientation", "RAI"}, {"TransformMatrix", "1 0 0 0 1 0 0 0 1"}}},
      KeyGroup{{{"CenterOfRotation", "0 0 0"}, {"Offset", "0 0 0"}}}};

  const std::string& path_;
  const Frames& frames_;
  const SequenceLayout& layout_;
  SequenceHeaderText out_;
};

}  // namespace

SequenceHeaderText sequence_header_text(const std::string& path, const Frames& frames,
                                        const SequenceLayout& layout) {
  return HeaderWriter(path, frames, layout).run();
}

}  // namespace snitt::formats
