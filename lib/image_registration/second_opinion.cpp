#include "image_registration/second_opinion.hpp"

#include <algorithm>
#include <cmath>
#include <nlopt.hpp>
#include <numbers>

#include "image_registration/lc2.hpp"
#include "image_registration/linear_model.hpp"
#include "image_registration/linear_registration.hpp"
#include "image_registration/pyramid.hpp"
#include "image_registration/ssc.hpp"

namespace snitt::image_registration {
namespace {

constexpr double reach_mm = 8;
constexpr double reach_rad = 8 * std::numbers::pi / 180;
constexpr int most_values = 120;

/// The same box with cubic voxels of about `spacing_mm`.
VolumeGeometry isotropic(const VolumeGeometry& geometry, double spacing_mm) {
  VolumeGeometry grid = geometry;
  Vec3 first;  // in voxels of `geometry`
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double length = static_cast<double>(geometry.size[axis]) * geometry.spacing_mm[axis];
    grid.size[axis] = static_cast<std::size_t>(std::max(2.0, std::floor(length / spacing_mm)));
    const double rest = length - static_cast<double>(grid.size[axis]) * spacing_mm;
    first[axis] = 0.5 * (rest + spacing_mm) / geometry.spacing_mm[axis] - 0.5;
    grid.spacing_mm[axis] = spacing_mm;
  }
  grid.origin_mm = transform_point(index_to_space(geometry), first);
  return grid;
}

class SelfSimilarity {
 public:
  SelfSimilarity(const ImagePair& pair, double spacing_mm)
      : grid_(isotropic(pair.fixed.geometry, spacing_mm)),
        moving_(at_resolution(pair.moving, spacing_mm).value_or(pair.moving)) {
    const auto small = at_resolution(pair.fixed, spacing_mm);
    fixed_ = ssc_descriptors(image::resampled(small ? *small : pair.fixed, grid_, {}, 0));
    inside_ = image::on_grid(ultrasound_sector(pair.fixed, pair.fixed_mask), grid_).inside;
    const Matrix4 to_space = index_to_space(grid_);
    std::vector<Vec3> places;
    for (std::size_t voxel = 0; voxel < inside_.size(); ++voxel)
      if (inside_[voxel] != 0) {
        const std::size_t row = voxel / grid_.size[0];
        places.push_back(transform_point(
            to_space, {static_cast<double>(voxel % grid_.size[0]), static_cast<double>(row % grid_.size[1]),
                       static_cast<double>(row / grid_.size[1])}));
        center_ = center_ + places.back();
      }
    if (places.empty()) return;
    center_ = (1.0 / static_cast<double>(places.size())) * center_;
    double squares = 0;
    for (const Vec3 p : places) squares += dot(p - center_, p - center_);
    radius_mm_ = std::sqrt(squares / static_cast<double>(places.size()));
  }

  Vec3 center_mm() const { return center_; }
  double radius_mm() const { return radius_mm_; }

  /// Mean share of bits that differ; whole numbers are summed, so in any order alike.
  double cost(const Matrix4& fixed_to_moving) const {
    const std::vector<Ssc> moving =
        ssc_descriptors(image::resampled(moving_, grid_, fixed_to_moving, moving_.values.front()));
    std::uint64_t bits = 0;
    std::uint64_t voxels = 0;
    for (std::size_t i = 0; i < moving.size(); ++i) {
      if (inside_[i] == 0) continue;
      bits += static_cast<std::uint64_t>(ssc_distance(fixed_[i], moving[i]));
      ++voxels;
    }
    return voxels == 0 ? 1 : static_cast<double>(bits) / static_cast<double>(voxels * ssc_bits);
  }

 private:
  VolumeGeometry grid_;
  image::ScalarVolume moving_;
  std::vector<Ssc> fixed_;
  std::vector<std::uint8_t> inside_;
  Vec3 center_;
  double radius_mm_ = 1;
};

}  // namespace

SecondOpinion second_opinion(const ImagePair& pair, const Matrix4& fixed_to_moving) {
  SecondOpinion opinion;
  opinion.spacing_mm = 2 * level_spacings(pair.fixed.geometry, pair.moving.geometry).back();
  const SelfSimilarity measure(pair, opinion.spacing_mm);
  opinion.cost_here = measure.cost(fixed_to_moving);
  const Vec3 center = transform_point(fixed_to_moving, measure.center_mm());
  struct Context {
    const SelfSimilarity& measure;
    const Matrix4& from;
    Vec3 center;
  } context{measure, fixed_to_moving, center};
  std::vector<double> bound(6, reach_rad * measure.radius_mm());
  std::fill_n(bound.begin(), 3, reach_mm);
  std::vector<double> low(6);
  std::transform(bound.begin(), bound.end(), low.begin(), [](double b) { return -b; });
  nlopt::opt bobyqa(nlopt::LN_BOBYQA, 6);
  bobyqa.set_lower_bounds(low);
  bobyqa.set_upper_bounds(bound);
  bobyqa.set_initial_step(std::min(opinion.spacing_mm, 0.4 * *std::min_element(bound.begin(), bound.end())));
  bobyqa.set_xtol_abs(0.05 * opinion.spacing_mm);
  bobyqa.set_maxeval(most_values);
  bobyqa.set_min_objective(
      [](const std::vector<double>& x, std::vector<double>& /*gradient*/, void* data) {
        const Context& c = *static_cast<Context*>(data);
        return c.measure.cost(moved(c.from, LinearModel::rigid, c.center, c.measure.radius_mm(), x));
      },
      &context);
  std::vector<double> x(6);
  try {
    bobyqa.optimize(x, opinion.cost_there);
  } catch (const nlopt::roundoff_limited&) {  // x is the best there is
  }
  const Matrix4 there = moved(fixed_to_moving, LinearModel::rigid, center, measure.radius_mm(), x);
  opinion.cost_there = measure.cost(there);
  opinion.apart_mm = distance_mm(there, fixed_to_moving, measure.center_mm(), measure.radius_mm());
  return opinion;
}

}  // namespace snitt::image_registration
