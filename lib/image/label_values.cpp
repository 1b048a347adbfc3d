#include "image/label_values.hpp"

#include <algorithm>
#include <cmath>

namespace snitt::image {

bool is_label_image(const Volume& volume) { return volume.quantity == "label" || volume.quantity == "mask"; }

ValueCount count_values(const Volume& volume, std::size_t most) {
  return visit_pixel_type(volume.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    ValueCount count;
    std::vector<T> seen;  // rising
    const T* before = nullptr;
    for (const T& value : volume.values<T>()) {
      if (before != nullptr && value == *before) continue;  // labels come in runs
      before = &value;
      if constexpr (std::is_floating_point_v<T>)
        if (value != std::floor(value)) {  // NaN too
          count.are_whole = false;
          break;
        }
      const auto at = std::lower_bound(seen.begin(), seen.end(), value);
      if (at != seen.end() && *at == value) continue;
      seen.insert(at, value);
      if (seen.size() > most) break;
    }
    count.distinct = seen.size();
    return count;
  });
}

}  // namespace snitt::image
