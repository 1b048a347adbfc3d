#include "registration/nearest_points.hpp"

#include <algorithm>
#include <nanoflann.hpp>
#include <utility>

namespace snitt::registration {
namespace {

struct Adaptor {
  std::span<const Vec3> points;
  std::size_t kdtree_get_point_count() const { return points.size(); }
  double kdtree_get_pt(std::size_t index, std::size_t axis) const { return points[index][axis]; }
  template <typename Box>
  bool kdtree_get_bbox(Box& /*box*/) const {
    return false;
  }
};

using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Adaptor>, Adaptor, 3,
                                                 std::size_t>;

}  // namespace

struct NearestPoints::State {
  explicit State(std::span<const Vec3> points)
      : adaptor{points}, tree(3, adaptor, nanoflann::KDTreeSingleIndexAdaptorParams(10)) {
    tree.buildIndex();
  }
  Adaptor adaptor;
  Tree tree;
};

NearestPoints::NearestPoints(std::span<const Vec3> points) : state_(std::make_unique<State>(points)) {}
NearestPoints::~NearestPoints() = default;
NearestPoints::NearestPoints(NearestPoints&&) noexcept = default;
NearestPoints& NearestPoints::operator=(NearestPoints&&) noexcept = default;

NearestPoints::Hit NearestPoints::nearest(Vec3 point) const {
  Hit hit;
  const double query[3] = {point.x, point.y, point.z};
  state_->tree.knnSearch(query, 1, &hit.index, &hit.squared_mm2);
  return hit;
}

std::vector<NearestPoints::Hit> NearestPoints::nearest(Vec3 point, std::size_t count) const {
  std::vector<std::size_t> indices(count);
  std::vector<double> squared(count);
  const double query[3] = {point.x, point.y, point.z};
  const std::size_t found = state_->tree.knnSearch(query, count, indices.data(), squared.data());
  std::vector<Hit> hits;
  for (std::size_t k = 0; k < found; ++k) hits.push_back({indices[k], squared[k]});
  return hits;
}

std::vector<NearestPoints::Hit> NearestPoints::within(Vec3 point, double radius_mm, std::size_t most) const {
  std::vector<std::pair<std::size_t, double>> found;
  const double query[3] = {point.x, point.y, point.z};
  nanoflann::SearchParams unsorted;
  unsorted.sorted = false;
  state_->tree.radiusSearch(query, radius_mm * radius_mm, found, unsorted);
  if (found.size() > most) {
    std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(most), found.end(),
                     [](const auto& a, const auto& b) {
                       return a.second != b.second ? a.second < b.second : a.first < b.first;
                     });
    found.resize(most);
  }
  std::sort(found.begin(), found.end());
  std::vector<Hit> hits;
  hits.reserve(found.size());
  for (const auto& [index, squared] : found) hits.push_back({index, squared});
  return hits;
}

}  // namespace snitt::registration
