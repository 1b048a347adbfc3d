#include "base/versions.hpp"

#include <H5public.h>
#include <dcmtk/config/osconfig.h>
#include <fmt/format.h>
#include <itkVersion.h>
#include <openssl/crypto.h>
#include <tbb/version.h>

namespace snitt {

std::vector<LibraryVersion> library_versions() {
  unsigned int major = 0;
  unsigned int minor = 0;
  unsigned int release = 0;
  H5get_libversion(&major, &minor, &release);
  return {
      {"ITK", itk::Version::GetITKVersion()},
      {"HDF5", fmt::format("{}.{}.{}", major, minor, release)},
      {"DCMTK", PACKAGE_VERSION},
      {"TBB", TBB_runtime_version()},
      {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
  };
}

}  // namespace snitt
