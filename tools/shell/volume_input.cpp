#include "shell/volume_input.hpp"

#include "base/error.hpp"
#include "formats/volume_file.hpp"
#include "store/layouts.hpp"

namespace snitt::shell {

Volume read_volume(const std::string& path, Monitor& monitor) {
  if (store::is_snitt_file(path)) return store::read_volume(path);
  if (!formats::is_volume(path))
    throw InputError(
        "{}: is no volume; expected a Snitt volume file, MetaImage, NRRD, NIfTI or a DICOM series", path);
  return formats::read_volume(path, monitor);
}

}  // namespace snitt::shell
