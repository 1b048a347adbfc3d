#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/monitor.hpp"
#include "data/volume.hpp"
#include "formats/number_text.hpp"

/// Words and numbers of text headers, and the sense of what they say about geometry.
namespace snitt::formats {

std::string lowercase(std::string_view text);
std::vector<std::string_view> words_of(std::string_view text);
bool ends_with_any_case(std::string_view text, std::string_view ending);

/// All numbers of a header field. Throws InputError naming file and field for anything that is not a finite
/// number.
std::vector<double> numbers_of(const std::string& file, std::string_view field, std::string_view text);
std::vector<std::uint64_t> whole_numbers_of(const std::string& file, std::string_view field,
                                            std::string_view text);
/// Exactly one whole number of 0 or more, below 2^63.
std::uint64_t whole_number_of(const std::string& file, std::string_view field, std::string_view text);
/// Shortest text that reads back as the same double.
std::string text_of(double value);

/// Brings a geometry as read into our form: unit axes and positive spacing, with the same position for every
/// voxel. Throws InputError for values that are not finite and for axes that do not span space; warns about
/// negative spacing, axes that are no unit vectors, and sheared axes (more than 0.05 degrees off a right
/// angle), which are kept.
void settle_geometry(const std::string& file, VolumeGeometry& geometry, Monitor& monitor);

/// A file named in a header lies beside the header unless its path is absolute.
std::string beside(const std::string& header, const std::string& name);

/// Keys under which our writers keep what a foreign format has no field for.
inline constexpr std::string_view frame_key = "snitt_frame";
inline constexpr std::string_view quantity_key = "snitt_quantity";
inline constexpr std::string_view units_key = "snitt_units";
/// Takes such a key into the volume; false if it is another.
bool take_own_key(Volume& volume, std::string_view key, std::string_view value);

}  // namespace snitt::formats
