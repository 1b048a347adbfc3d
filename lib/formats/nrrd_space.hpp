#pragma once
#include <string>

#include "geometry/matrix.hpp"

namespace snitt::formats {

/// What the header of an NRRD file says about the meaning of vectors in it.
struct NrrdSpace {
  std::string name;            ///< of the field `space` as written; empty: the header has none
  bool is_anatomical = false;  ///< LPS, RAS or LAS
  Vec3 to_lps{1, 1, 1};        ///< signs that turn coordinates of that space to LPS
  bool has_directions = false;
  /// The vectors are measured along other axes than those of the space (`measurement frame` other than the
  /// identity).
  bool has_own_axes = false;
};

NrrdSpace nrrd_space(const std::string& path);

}  // namespace snitt::formats
