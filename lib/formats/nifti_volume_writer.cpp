#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.hpp"
#include "formats/element_data.hpp"
#include "formats/nifti_orientation.hpp"
#include "formats/nifti_volume.hpp"
#include "formats/output_stream.hpp"

namespace snitt::formats {
namespace {

std::int16_t data_type_code(const std::string& path, PixelFormat format) {
  if (format.components == 3 && format.type == PixelType::u8) return 128;
  if (format.components == 4 && format.type == PixelType::u8) return 2304;
  if (format.components != 1)
    throw UsageError("{}: NIfTI has no {} voxels of {} components (write .mha or .nrrd)", path,
                     name_of(format.type), format.components);
  constexpr std::array<std::int16_t, 8> codes{2, 256, 512, 4, 768, 8, 16, 64};
  return codes[static_cast<std::size_t>(format.type)];
}

template <typename T>
void put(std::string& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

std::string header_bytes(const std::string& path, const Volume& volume, Monitor& monitor) {
  std::string bytes(352, '\0');  // the last four say: no extensions
  put<std::int32_t>(bytes, 0, 348);
  const std::array<std::size_t, 4> size{volume.geometry.size[0], volume.geometry.size[1],
                                        volume.geometry.size[2], volume.time_points};
  put<std::int16_t>(bytes, 40, static_cast<std::int16_t>(volume.dimensions));
  for (std::size_t i = 0; i < 7; ++i) {
    const std::size_t n = i < 4 ? size[i] : 1;
    if (n > 32767)
      throw UsageError("{}: axis {} has {} voxels; NIfTI-1 holds 32767 (write .mha or .nrrd)", path, i, n);
    put<std::int16_t>(bytes, 42 + 2 * i, static_cast<std::int16_t>(n));
  }
  const std::int16_t code = data_type_code(path, volume.format);
  put<std::int16_t>(bytes, 70, code);
  put<std::int16_t>(bytes, 72, static_cast<std::int16_t>(8 * size_of(volume.format)));
  for (std::size_t i = 0; i < 3; ++i)
    put<float>(bytes, 80 + 4 * i, static_cast<float>(volume.geometry.spacing_mm[i]));
  put<float>(bytes, 92, static_cast<float>(volume.time_step_s));
  put<float>(bytes, 108, 352.0F);
  put<float>(bytes, 112, 1.0F);
  put<char>(bytes, 123, 2 | 8);  // millimetres, seconds
  const NiftiOrientation o = nifti_orientation(path, volume.geometry, monitor);
  put<float>(bytes, 76, static_cast<float>(o.handedness));
  // 1: scanner anatomical. Other frames say 2, aligned to something else, because NIfTI has no word for them.
  const std::int16_t form = volume.frame == "LPS" ? 1 : 2;
  put<std::int16_t>(bytes, 252, o.qform_code == 0 ? std::int16_t{0} : form);
  put<std::int16_t>(bytes, 254, form);
  for (std::size_t i = 0; i < 3; ++i) {
    put<float>(bytes, 256 + 4 * i, static_cast<float>(o.quaternion[i]));
    put<float>(bytes, 268 + 4 * i, static_cast<float>(o.offset[i]));
  }
  for (std::size_t i = 0; i < 12; ++i) put<float>(bytes, 280 + 4 * i, static_cast<float>(o.sform[i]));
  const std::string description =
      fmt::format("{}{}; {}; {}", nifti_own_description, volume.quantity, volume.units, volume.frame);
  if (description.size() < 80)
    bytes.replace(148, description.size(), description);
  else
    monitor.warn(fmt::format(
        "{}: quantity, units and frame are longer than NIfTI's 79 letters and are left out", path));
  bytes.replace(344, 3, "n+1");
  return bytes;
}

void write_file(const std::string& path, const std::string& header, const std::vector<std::byte>& voxels,
                IfExists if_exists, bool compressed) {
  AtomicFile file(path, if_exists);
  if (compressed) {
    std::vector<std::byte> whole(header.size() + voxels.size());
    std::memcpy(whole.data(), header.data(), header.size());
    std::memcpy(whole.data() + header.size(), voxels.data(), voxels.size());
    write_bytes(file, "", deflate(whole, Deflate::gzip));
  } else {
    write_bytes(file, header, voxels);
  }
  file.commit();
}

}  // namespace

void write_nifti_vectors(const std::string& path, const Volume& volume, const NiftiIntent& intent,
                         IfExists if_exists, Monitor& monitor, bool compressed) {
  Volume one = volume;
  one.format = {PixelType::f32, 1};
  const std::size_t voxels = volume.geometry.voxels();
  const std::size_t components = volume.format.components;
  for (std::size_t c = 0; c < components; ++c)
    for (std::size_t v = 0; v < voxels; ++v)
      one.values<float>()[c * voxels + v] = volume.values<float>()[v * components + c];
  std::string header = header_bytes(path, one, monitor);
  put<std::int16_t>(header, 40, 5);
  put<std::int16_t>(header, 50, static_cast<std::int16_t>(components));
  for (const std::size_t axis : {4U, 5U}) put<float>(header, 76 + 4 * axis, 1.0F);
  put<float>(header, 56, static_cast<float>(intent.p1));
  put<std::int16_t>(header, 68, static_cast<std::int16_t>(intent.code));
  header.replace(328, std::min<std::size_t>(15, intent.name.size()), intent.name.substr(0, 15));
  write_file(path, header, one.voxels, if_exists, compressed);
}

void write_nifti(const std::string& path, const Volume& volume, IfExists if_exists, Monitor& monitor,
                 bool compressed) {
  const std::string header = header_bytes(path, volume, monitor);
  if (!volume.metadata.empty())
    monitor.inform(fmt::format("{}: NIfTI has no room for metadata; {} entries are left out", path,
                               volume.metadata.size()));
  write_file(path, header, volume.voxels, if_exists, compressed);
}

}  // namespace snitt::formats
