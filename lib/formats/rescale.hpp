#pragma once
#include <cstddef>
#include <span>

#include "data/pixel.hpp"
#include "formats/element_data.hpp"

namespace snitt::formats {

/// The rule value = stored · slope + intercept of DICOM and NIfTI.
struct Rescale {
  double slope = 1;
  double intercept = 0;
  friend bool operator==(const Rescale&, const Rescale&) = default;
};

/// What a set of rescaled values needs.
struct ValueNeeds {
  double low = 0;
  double high = 0;
  bool whole = true;  ///< integers with a whole slope and intercept
  bool wide = false;  ///< float32 would lose digits of the stored values
};
ValueNeeds needs_of(const Elements& stored, Rescale rescale);
ValueNeeds needs_of(std::span<const std::byte> stored, PixelType stored_type, Rescale rescale);
ValueNeeds combined(const ValueNeeds& a, const ValueNeeds& b);

/// The narrowest of int16, uint16, int32 for whole values; else float32, or float64 for wide ones.
PixelType narrowest_type(const ValueNeeds& needs);

/// Rescaled values as `type`, into out.size() == number of values · size_of(type) bytes.
void rescale_into(std::span<std::byte> out, PixelType type, const Elements& stored, Rescale rescale);
void rescale_into(std::span<std::byte> out, PixelType type, std::span<const std::byte> stored,
                  PixelType stored_type, Rescale rescale);

/// All of the above in one; {1, 0} changes nothing, not even the type.
Elements rescaled(Elements stored, Rescale rescale);

}  // namespace snitt::formats
