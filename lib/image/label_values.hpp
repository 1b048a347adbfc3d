#pragma once
#include <cstddef>

#include "data/volume.hpp"

/// Whether the numbers of an image are names of things, between which there is nothing.
namespace snitt::image {

/// Whether the file says so: its quantity is "label" or "mask".
bool is_label_image(const Volume& volume);

/// How many different values an image has, as far as it matters.
struct ValueCount {
  bool are_whole = true;
  std::size_t distinct = 0;
};
/// Looks until a value is not whole or there are more than `most`, so that an image of the world costs
/// nothing.
ValueCount count_values(const Volume& volume, std::size_t most);

}  // namespace snitt::image
