#include "image/label_agreement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "image/deformation.hpp"
#include "image/distance_transform.hpp"

namespace snitt::image {
namespace {

constexpr std::size_t most_labels = 1000;

/// Box of voxels, both ends in it.
struct Box {
  std::array<std::size_t, 3> low{std::numeric_limits<std::size_t>::max(),
                                 std::numeric_limits<std::size_t>::max(),
                                 std::numeric_limits<std::size_t>::max()};
  std::array<std::size_t, 3> high{};
  void add(const std::array<std::size_t, 3>& at) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], at[axis]);
      high[axis] = std::max(high[axis], at[axis]);
    }
  }
  std::array<std::size_t, 3> size() const {
    return {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1};
  }
};

struct Found {
  LabelAgreement agreement;
  Box box;
};

std::vector<std::int32_t> labels_of(const Volume& volume, const char* which) {
  if (volume.format.components != 1 || volume.time_points != 1)
    throw InputError("the {} labels have colors or time points; expected one number per voxel", which);
  std::vector<std::int32_t> labels(volume.geometry.voxels());
  visit_pixel_type(volume.format.type, [&](auto tag) {
    const auto values = volume.values<typename decltype(tag)::type>();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto value = static_cast<double>(values[i]);
      if (!(std::abs(value) < 2147483647.0) || value != std::floor(value))
        throw InputError("the {} labels have a voxel of {}; expected whole numbers", which, value);
      labels[i] = static_cast<std::int32_t>(value);
    }
  });
  return labels;
}

std::array<std::size_t, 3> place(const std::array<std::size_t, 3>& size, std::size_t voxel) {
  return {voxel % size[0], voxel / size[0] % size[1], voxel / size[0] / size[1]};
}

std::map<std::int32_t, Found> find_labels(const std::vector<std::int32_t>& a,
                                          const std::vector<std::int32_t>& b,
                                          const std::array<std::size_t, 3>& size) {
  std::map<std::int32_t, Found> found;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == 0 && b[i] == 0) continue;
    const auto note = [&](std::int32_t label) -> LabelAgreement& {
      Found& one = found[label];
      if (found.size() > most_labels)
        throw InputError("there are more than {} labels; expected labels, not an image", most_labels);
      one.box.add(place(size, i));
      return one.agreement;
    };
    if (a[i] != 0) ++note(a[i]).first_voxels;
    if (b[i] != 0) ++note(b[i]).second_voxels;
    if (a[i] == b[i]) ++found[a[i]].agreement.common_voxels;
  }
  return found;
}

/// 1 for voxels of the label in the box with a face on something else, [slice, row, column] of the box.
std::vector<std::uint8_t> boundary(const std::vector<std::int32_t>& labels,
                                   const std::array<std::size_t, 3>& size, std::int32_t label,
                                   const Box& box) {
  const std::array<std::size_t, 3> inner = box.size();
  const std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  std::vector<std::uint8_t> set(inner[0] * inner[1] * inner[2]);
  for (std::size_t i = 0; i < set.size(); ++i) {
    std::array<std::size_t, 3> at = place(inner, i);
    for (std::size_t axis = 0; axis < 3; ++axis) at[axis] += box.low[axis];
    const std::size_t voxel = at[0] + at[1] * stride[1] + at[2] * stride[2];
    if (labels[voxel] != label) continue;
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (at[axis] == 0 || at[axis] + 1 == size[axis] || labels[voxel - stride[axis]] != label ||
          labels[voxel + stride[axis]] != label)
        set[i] = 1;
  }
  return set;
}

std::vector<double> distances_at(const std::vector<std::uint8_t>& set, const std::vector<double>& squares) {
  std::vector<double> distances;
  for (std::size_t i = 0; i < set.size(); ++i)
    if (set[i] != 0) distances.push_back(std::sqrt(squares[i]));
  return distances;
}

void add_distances(Found& found, const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b,
                   const VolumeGeometry& geometry) {
  LabelAgreement& agreement = found.agreement;
  if (agreement.first_voxels == 0 || agreement.second_voxels == 0) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    agreement.hausdorff_mm = agreement.hausdorff95_mm = agreement.mean_surface_distance_mm = nan;
    return;
  }
  const auto label = static_cast<std::int32_t>(agreement.label);
  const auto edge_a = boundary(a, geometry.size, label, found.box);
  const auto edge_b = boundary(b, geometry.size, label, found.box);
  const auto size = found.box.size();
  std::vector<double> to_b = distances_at(edge_a, squared_distances(edge_b, size, geometry.spacing_mm));
  const std::vector<double> to_a = distances_at(edge_b, squared_distances(edge_a, size, geometry.spacing_mm));
  const DistanceSummary one = summary_of(to_b);
  const DistanceSummary other = summary_of(to_a);
  agreement.hausdorff_mm = std::max(one.largest, other.largest);
  agreement.hausdorff95_mm = std::max(one.percentile95, other.percentile95);
  to_b.insert(to_b.end(), to_a.begin(), to_a.end());
  agreement.mean_surface_distance_mm = summary_of(std::move(to_b)).mean;
}

}  // namespace

std::vector<LabelAgreement> compare_labels(const Volume& first, const Volume& second) {
  if (!(first.geometry == second.geometry))
    throw InputError(
        "the label images have different grids; expected the same (snitt-apply-transform --interpolation "
        "nearest --reference puts one on the grid of the other)");
  const std::vector<std::int32_t> a = labels_of(first, "first");
  const std::vector<std::int32_t> b = labels_of(second, "second");
  std::map<std::int32_t, Found> found = find_labels(a, b, first.geometry.size);
  if (found.empty()) throw InputError("neither image has a label: all voxels are 0");
  std::vector<LabelAgreement> result;
  for (auto& [label, one] : found) {
    LabelAgreement& agreement = one.agreement;
    agreement.label = label;
    const auto common = static_cast<double>(agreement.common_voxels);
    const auto both = static_cast<double>(agreement.first_voxels + agreement.second_voxels);
    agreement.dice = 2 * common / both;
    agreement.jaccard = common / (both - common);
    add_distances(one, a, b, first.geometry);
    result.push_back(agreement);
  }
  return result;
}

}  // namespace snitt::image
