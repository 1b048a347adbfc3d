#include "formats/nifti_volume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/error.hpp"
#include "formats/element_data.hpp"
#include "formats/nifti_orientation.hpp"
#include "formats/rescale.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t header1_bytes = 348;
constexpr std::size_t header2_bytes = 540;

static_assert(std::endian::native == std::endian::little);

/// Fields at their byte offsets, in the file's byte order.
class Fields {
 public:
  Fields(std::string bytes, bool swapped) : bytes_(std::move(bytes)), swapped_(swapped) {}

  template <typename T>
  T get(std::size_t offset) const {
    std::array<char, sizeof(T)> raw{};
    std::memcpy(raw.data(), bytes_.data() + offset, sizeof(T));
    if (swapped_) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
  }
  std::string text(std::size_t offset, std::size_t length) const {
    return std::string(bytes_.c_str() + offset, strnlen(bytes_.c_str() + offset, length));
  }

 private:
  std::string bytes_;
  bool swapped_;
};

/// What both versions of the header say.
struct Header {
  bool swapped = false;
  bool two_files = false;
  std::array<std::int64_t, 8> dim{};
  std::array<double, 8> pixdim{};
  int datatype = 0;
  std::uint64_t voxel_offset = 0;
  double slope = 0;
  double intercept = 0;
  int units = 0;
  std::string description;
  NiftiIntent intent;
  NiftiOrientation orientation;
};

/// Version 1 as in nifti1.h: int16 sizes and float32 geometry.
void read_version1(const Fields& f, Header& h) {
  for (std::size_t i = 0; i < 8; ++i) {
    h.dim[i] = f.get<std::int16_t>(40 + 2 * i);
    h.pixdim[i] = static_cast<double>(f.get<float>(76 + 4 * i));
  }
  h.datatype = f.get<std::int16_t>(70);
  const double offset = static_cast<double>(f.get<float>(108));
  h.voxel_offset = offset > 0 && offset < 1e15 ? static_cast<std::uint64_t>(offset) : 0;
  h.slope = static_cast<double>(f.get<float>(112));
  h.intercept = static_cast<double>(f.get<float>(116));
  h.units = static_cast<unsigned char>(f.get<char>(123));
  h.description = f.text(148, 80);
  h.intent = {f.get<std::int16_t>(68), static_cast<double>(f.get<float>(56)), f.text(328, 16)};
  h.orientation.qform_code = f.get<std::int16_t>(252);
  h.orientation.sform_code = f.get<std::int16_t>(254);
  for (std::size_t i = 0; i < 3; ++i) {
    h.orientation.quaternion[i] = static_cast<double>(f.get<float>(256 + 4 * i));
    h.orientation.offset[i] = static_cast<double>(f.get<float>(268 + 4 * i));
  }
  for (std::size_t i = 0; i < 12; ++i)
    h.orientation.sform[i] = static_cast<double>(f.get<float>(280 + 4 * i));
}

/// Version 2 as in nifti2.h: int64 sizes and float64 geometry.
void read_version2(const Fields& f, Header& h) {
  for (std::size_t i = 0; i < 8; ++i) {
    h.dim[i] = f.get<std::int64_t>(16 + 8 * i);
    h.pixdim[i] = f.get<double>(104 + 8 * i);
  }
  h.datatype = f.get<std::int16_t>(12);
  h.voxel_offset = static_cast<std::uint64_t>(std::max<std::int64_t>(0, f.get<std::int64_t>(168)));
  h.slope = f.get<double>(176);
  h.intercept = f.get<double>(184);
  h.units = f.get<std::int32_t>(500);
  h.description = f.text(240, 80);
  h.intent = {f.get<std::int32_t>(504), f.get<double>(80), f.text(508, 16)};
  h.orientation.qform_code = f.get<std::int32_t>(344);
  h.orientation.sform_code = f.get<std::int32_t>(348);
  for (std::size_t i = 0; i < 3; ++i) {
    h.orientation.quaternion[i] = f.get<double>(352 + 8 * i);
    h.orientation.offset[i] = f.get<double>(376 + 8 * i);
  }
  for (std::size_t i = 0; i < 12; ++i) h.orientation.sform[i] = f.get<double>(400 + 8 * i);
}

Header parse(const std::string& path, const std::string& head) {
  std::int32_t first = 0;
  if (head.size() >= 4) std::memcpy(&first, head.data(), 4);
  Header h;
  h.swapped = first != header1_bytes && first != header2_bytes;
  const std::int32_t size =
      h.swapped ? static_cast<std::int32_t>(__builtin_bswap32(static_cast<std::uint32_t>(first))) : first;
  const bool version2 = size == header2_bytes;
  if (size != header1_bytes && !version2)
    throw InputError("{}: sizeof_hdr is {}; expected 348 (NIfTI-1) or 540 (NIfTI-2)", path, first);
  const std::size_t needed = static_cast<std::size_t>(size);
  if (head.size() < needed)
    throw InputError("{}: ends inside the header, at byte {} of {}", path, head.size(), needed);
  const std::string magic = head.substr(version2 ? 4 : 344, 3);
  if (magic == std::string("\0\0\0", 3))
    throw InputError(
        "{}: is an Analyze 7.5 header, whose left and right are not defined (convert it to NIfTI)", path);
  if (magic != (version2 ? "n+2" : "n+1") && magic != (version2 ? "ni2" : "ni1"))
    throw InputError("{}: magic is '{}'; expected n+1, ni1, n+2 or ni2", path, magic);
  h.two_files = magic[1] == 'i';
  const Fields fields(head, h.swapped);
  version2 ? read_version2(fields, h) : read_version1(fields, h);
  return h;
}

struct DataType {
  ElementType type;
  std::uint64_t components;
};

DataType data_type(const std::string& path, int code) {
  switch (code) {
    case 2:
      return {ElementType::u8, 1};
    case 4:
      return {ElementType::i16, 1};
    case 8:
      return {ElementType::i32, 1};
    case 16:
      return {ElementType::f32, 1};
    case 64:
      return {ElementType::f64, 1};
    case 128:
      return {ElementType::u8, 3};
    case 256:
      return {ElementType::i8, 1};
    case 512:
      return {ElementType::u16, 1};
    case 768:
      return {ElementType::u32, 1};
    case 1024:
      return {ElementType::i64, 1};
    case 1280:
      return {ElementType::u64, 1};
    case 2304:
      return {ElementType::u8, 4};
    default:
      throw InputError(
          "{}: datatype is {} (binary, complex or 128-bit); expected 8- to 64-bit numbers, RGB or RGBA", path,
          code);
  }
}

constexpr std::int64_t most_components = 4;

bool has_vectors(const Header& h) {
  return h.dim[0] == 5 && h.dim[4] == 1 && h.dim[5] > 1 && h.dim[5] <= most_components;
}

void read_sizes(const std::string& path, const Header& h, Volume& volume, bool vectors = false) {
  const std::int64_t count = h.dim[0];
  if (count < 1 || count > 7) throw InputError("{}: dim[0] is {}; expected 1 to 7 dimensions", path, count);
  for (std::int64_t i = 1; i <= count; ++i) {
    if (h.dim[static_cast<std::size_t>(i)] < 1)
      throw InputError("{}: dim[{}] is {}; expected at least 1", path, i, h.dim[static_cast<std::size_t>(i)]);
    if (i > 4 && h.dim[static_cast<std::size_t>(i)] != 1 && !vectors)
      throw InputError(
          "{}: dim[{}] is {}: vectors and higher dimensions are not supported, but a displacement field is "
          "(snitt-import --transform)",
          path, i, h.dim[static_cast<std::size_t>(i)]);
  }
  for (std::int64_t i = 1; i <= std::min<std::int64_t>(3, count); ++i)
    volume.geometry.size[static_cast<std::size_t>(i - 1)] =
        static_cast<std::size_t>(h.dim[static_cast<std::size_t>(i)]);
  if (count >= 4) volume.time_points = static_cast<std::size_t>(h.dim[4]);
  volume.dimensions = volume.time_points > 1 || count == 4 ? 4 : count <= 2 ? 2 : 3;
}

/// Codes of xyzt_units (nifti1.h): metres, millimetres, micrometres; seconds, milliseconds, microseconds.
double millimetres_per_unit(int units) {
  switch (units & 0x07) {
    case 1:
      return 1000;
    case 3:
      return 0.001;
    default:
      return 1;
  }
}
double seconds_per_unit(int units) {
  switch (units & 0x38) {
    case 16:
      return 1e-3;
    case 24:
      return 1e-6;
    default:
      return 1;
  }
}

std::string image_path(const std::string& header_path) {
  for (const auto& [from, to] : {std::pair{".hdr.gz", ".img.gz"}, std::pair{".hdr", ".img"}})
    if (ends_with_any_case(header_path, from))
      return header_path.substr(0, header_path.size() - std::string_view(from).size()) + to;
  throw InputError("{}: magic says that voxels are in another file; expected the name to end in .hdr",
                   header_path);
}

void take_description(Volume& volume, const std::string& text) {
  if (!text.starts_with(nifti_own_description)) {
    if (!stripped(text).empty()) volume.metadata.emplace_back("descrip", text);
    return;
  }
  const std::string_view rest = std::string_view(text).substr(nifti_own_description.size());
  const std::size_t first = rest.find("; ");
  const std::size_t second = rest.find("; ", first == std::string_view::npos ? first : first + 2);
  if (second == std::string_view::npos) return;
  volume.quantity = rest.substr(0, first);
  volume.units = rest.substr(first + 2, second - first - 2);
  volume.frame = rest.substr(second + 2);
}

std::string head_of(const ByteSource& source) { return source.head(header2_bytes); }

}  // namespace

bool is_nifti(const std::string& path) {
  if (!ends_with_any_case(path, ".nii") && !ends_with_any_case(path, ".nii.gz") &&
      !ends_with_any_case(path, ".hdr") && !ends_with_any_case(path, ".hdr.gz"))
    return false;
  return true;
}

namespace {

/// Everything but sizes and the order of components.
void read_rest(const std::string& path, const ByteSource& source, const Header& h, std::uint64_t vectors,
               Volume& volume, Monitor& monitor) {
  volume.time_step_s = volume.dimensions == 4 ? h.pixdim[4] * seconds_per_unit(h.units) : 0;
  set_geometry(path, h.orientation, h.pixdim, millimetres_per_unit(h.units), volume.geometry, monitor);
  settle_geometry(path, volume.geometry, monitor);

  const DataType data = data_type(path, h.datatype);
  const std::array<std::uint64_t, 5> factors{volume.geometry.size[0], volume.geometry.size[1],
                                             volume.geometry.size[2], volume.time_points,
                                             data.components * vectors};
  ElementBlock block;
  block.type = data.type;
  block.count = checked_product(path, "dim", factors);
  block.big_endian = h.swapped;
  block.offset = h.voxel_offset;
  volume.format.components = data.components;
  Elements elements;
  if (h.two_files) {
    elements = read_elements(ByteSource(image_path(path), true), block);
  } else {
    if (block.offset < header1_bytes)
      throw InputError("{}: vox_offset is {}; expected 352 or more", path, h.voxel_offset);
    elements = read_elements(source, block);
  }
  const bool scaled =
      std::isfinite(h.slope) && std::isfinite(h.intercept) && h.slope != 0 && data.components == 1;
  if (scaled) elements = rescaled(std::move(elements), {h.slope, h.intercept});
  volume.format.type = elements.type;
  volume.voxels = std::move(elements.bytes);
  take_description(volume, h.description);
}

}  // namespace

Volume read_nifti(const std::string& path, Monitor& monitor) {
  const ByteSource source(path, true);
  const Header h = parse(path, head_of(source));
  Volume volume;
  read_sizes(path, h, volume);
  read_rest(path, source, h, 1, volume, monitor);
  return volume;
}

bool has_nifti_vectors(const std::string& path) {
  if (!is_nifti(path)) return false;
  try {
    return has_vectors(parse(path, head_of(ByteSource(path, true))));
  } catch (const InputError&) {
    return false;
  }
}

Volume read_nifti_vectors(const std::string& path, NiftiIntent& intent, Monitor& monitor) {
  const ByteSource source(path, true);
  const Header h = parse(path, head_of(source));
  if (!has_vectors(h))
    throw InputError(
        "{}: has dimensions {} x {} x {} x {} x {}; expected three of space, 1 and vectors of 2 to {}", path,
        h.dim[1], h.dim[2], h.dim[3], h.dim[4], h.dim[5], most_components);
  intent = h.intent;
  Volume volume;
  read_sizes(path, h, volume, true);
  volume.dimensions = 3;
  const auto count = static_cast<std::uint64_t>(h.dim[5]);
  read_rest(path, source, h, count, volume, monitor);
  if (volume.format.components != 1) throw InputError("{}: has vectors of colors; expected of numbers", path);
  volume.format.components = count;
  // One image after another for each component, where ours are interleaved.
  const std::size_t voxels = volume.geometry.voxels();
  visit_pixel_type(volume.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::vector<std::byte> planes = volume.voxels;
    const auto* from = reinterpret_cast<const T*>(planes.data());
    for (std::size_t c = 0; c < count; ++c)
      for (std::size_t v = 0; v < voxels; ++v) volume.values<T>()[v * count + c] = from[c * voxels + v];
  });
  return volume;
}

}  // namespace snitt::formats
