#include "image_registration/lc2.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace snitt::image_registration {
namespace {

using Four = float __attribute__((vector_size(16)));

/// Sums over the voxels of a cube: u of the ultrasound image, p the other's value, g its gradient's
/// magnitude.
struct Sums {
  float n = 0;  ///< voxels in the sector
  float u = 0;
  float uu = 0;
  float on = 0;  ///< of them on the moving image
  float p = 0;
  float g = 0;
  float pp = 0;
  float gg = 0;
  float pg = 0;
  float pu = 0;
  float gu = 0;
};

void add(Sums& to, const Sums& other) {
  for (float Sums::*part : {&Sums::n, &Sums::u, &Sums::uu, &Sums::on, &Sums::p, &Sums::g, &Sums::pp,
                            &Sums::gg, &Sums::pg, &Sums::pu, &Sums::gu})
    to.*part += other.*part;
}

/// Of the ultrasound image's variance: patches below `noise` are not looked at; those above `plain` count
/// nearly alike. Weights that grow with the variance, as in the first papers, let a few strong edges decide
/// for all of an organ that has changed its shape: 1.44 instead of 1.41 mm on the pair of
/// docs/image-registration.md.
constexpr double noise = 0.01;
constexpr double plain = 0.1;

/// Share of the variance of u that a p + b g + c explains, the fit damped by `floor` (variance of p or g
/// below which there is nothing to see), and the variance of u.
std::pair<double, double> explained(const Sums& s, double floor) {
  const auto n = static_cast<double>(s.n);
  const auto about_means = [n](float ab, float a, float b) {
    return static_cast<double>(ab) / n - static_cast<double>(a) / n * (static_cast<double>(b) / n);
  };
  const double uu = about_means(s.uu, s.u, s.u);
  if (!(uu > 0)) return {0, 0};
  const double pp = about_means(s.pp, s.p, s.p) + floor;
  const double gg = about_means(s.gg, s.g, s.g) + floor;
  const double pg = about_means(s.pg, s.p, s.g);
  const double pu = about_means(s.pu, s.p, s.u);
  const double gu = about_means(s.gu, s.g, s.u);
  const double determinant = pp * gg - pg * pg;
  if (!(determinant > 0)) return {0, uu};
  const double share = (gg * pu * pu - 2 * pg * pu * gu + pp * gu * gu) / (determinant * uu);
  return {std::clamp(share, 0.0, 1.0), uu};
}

/// Value and gradient magnitude side by side, in units of the image's standard deviation, so that a row's
/// neighbours come in one load.
std::vector<float> value_and_slope(const image::ScalarVolume& volume) {
  const auto [nx, ny, nz] = volume.geometry.size;
  double sum = 0;
  double squares = 0;
  for (const float v : volume.values) {
    sum += static_cast<double>(v);
    squares += static_cast<double>(v) * static_cast<double>(v);
  }
  const auto n = static_cast<double>(volume.values.size());
  const double deviation = std::sqrt(std::max(1e-30, squares / n - sum / n * (sum / n)));
  const auto mean = static_cast<float>(sum / n);
  const auto scale = static_cast<float>(1 / deviation);
  std::vector<float> pairs(2 * volume.values.size());
  std::vector<double> slopes(nz);
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny, nz = nz](std::size_t k) {
    const auto difference = [&](std::size_t at, std::size_t i, std::size_t size, std::size_t stride,
                                double mm) {
      const std::size_t below = i > 0 ? at - stride : at;
      const std::size_t above = i + 1 < size ? at + stride : at;
      const double way = mm * static_cast<double>((above - below) / stride);
      return static_cast<double>(volume.values[above] - volume.values[below]) / way;
    };
    std::size_t at = k * nx * ny;
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i, ++at) {
        const double x = difference(at, i, nx, 1, volume.geometry.spacing_mm.x);
        const double y = difference(at, j, ny, nx, volume.geometry.spacing_mm.y);
        const double z = difference(at, k, nz, nx * ny, volume.geometry.spacing_mm.z);
        pairs[2 * at] = scale * (volume.values[at] - mean);
        pairs[2 * at + 1] = static_cast<float>(std::sqrt(x * x + y * y + z * z));
        slopes[k] += x * x + y * y + z * z;
      }
  });
  double slope_squares = 0;
  for (const double s : slopes) slope_squares += s;
  const auto slope_scale = static_cast<float>(1 / std::sqrt(std::max(1e-30, slope_squares / n)));
  for (std::size_t at = 1; at < pairs.size(); at += 2) pairs[at] *= slope_scale;
  return pairs;
}

}  // namespace

struct Lc2::State {
  std::size_t side;  // of a cube
  VolumeGeometry fixed;
  VolumeGeometry moving;
  std::vector<float> pairs;        // [slice, row, column, value and slope] of the moving image
  std::vector<std::uint8_t> seen;  // of the moving image; empty: all
  std::vector<float> values;       // of the ultrasound image, about its mean, in its standard deviations
  std::vector<std::uint8_t> inside;
  std::array<std::size_t, 3> cubes;
  std::vector<Sums> still;    // [cube] what does not depend on the map
  std::vector<float> weight;  // [patch] 0: not looked at
  std::size_t patch_count = 0;
  Vec3 center;
  double radius = 1;

  std::array<std::size_t, 3> patch_grid() const { return {cubes[0] - 1, cubes[1] - 1, cubes[2] - 1}; }
  Sums cube(std::size_t i, std::size_t j, std::size_t k, const Matrix4& to_index) const;
  void row_into(Sums& sums, std::size_t first, Vec3 at, Vec3 step) const;
  Sums patch(const std::vector<Sums>& sums, std::size_t i, std::size_t j, std::size_t k) const;
  void prepare();
};

void Lc2::State::row_into(Sums& sums, std::size_t first, Vec3 at, Vec3 step) const {
  const std::size_t row = 2 * moving.size[0];
  const std::size_t slice = row * moving.size[1];
  const Vec3 last{static_cast<double>(moving.size[0] - 1), static_cast<double>(moving.size[1] - 1),
                  static_cast<double>(moving.size[2] - 1)};
  for (std::size_t v = first; v < first + side; ++v, at = at + step) {
    if (inside[v] == 0) continue;
    if (!(at.x >= 0 && at.y >= 0 && at.z >= 0 && at.x <= last.x && at.y <= last.y && at.z <= last.z))
      continue;
    const std::size_t i = std::min(static_cast<std::size_t>(at.x), moving.size[0] - 2);
    const std::size_t j = std::min(static_cast<std::size_t>(at.y), moving.size[1] - 2);
    const std::size_t k = std::min(static_cast<std::size_t>(at.z), moving.size[2] - 2);
    if (!seen.empty() && seen[(k * moving.size[1] + j) * moving.size[0] + i] == 0) continue;
    const auto fx = static_cast<float>(at.x - static_cast<double>(i));
    const auto fy = static_cast<float>(at.y - static_cast<double>(j));
    const auto fz = static_cast<float>(at.z - static_cast<double>(k));
    const float* corner = pairs.data() + k * slice + j * row + 2 * i;
    const auto load = [](const float* p) {
      Four f;
      std::memcpy(&f, p, sizeof f);
      return f;
    };
    const Four v00 = load(corner);
    const Four v10 = load(corner + row);
    const Four v01 = load(corner + slice);
    const Four v11 = load(corner + slice + row);
    const Four low = v00 + fy * (v10 - v00);
    const Four high = v01 + fy * (v11 - v01);
    const Four between = low + fz * (high - low);
    const float p = between[0] + fx * (between[2] - between[0]);
    const float g = between[1] + fx * (between[3] - between[1]);
    const float u = values[v];
    sums.on += 1;
    sums.p += p;
    sums.g += g;
    sums.pp += p * p;
    sums.gg += g * g;
    sums.pg += p * g;
    sums.pu += p * u;
    sums.gu += g * u;
  }
}

Sums Lc2::State::cube(std::size_t i, std::size_t j, std::size_t k, const Matrix4& to_index) const {
  Sums sums = still[(k * cubes[1] + j) * cubes[0] + i];
  if (sums.n == 0) return sums;
  const Vec3 step{to_index(0, 0), to_index(1, 0), to_index(2, 0)};
  for (std::size_t c = k * side; c < (k + 1) * side; ++c)
    for (std::size_t b = j * side; b < (j + 1) * side; ++b) {
      const Vec3 at = transform_point(
          to_index, {static_cast<double>(i * side), static_cast<double>(b), static_cast<double>(c)});
      row_into(sums, (c * fixed.size[1] + b) * fixed.size[0] + i * side, at, step);
    }
  return sums;
}

Sums Lc2::State::patch(const std::vector<Sums>& sums, std::size_t i, std::size_t j, std::size_t k) const {
  Sums all;
  for (std::size_t c = k; c < k + 2; ++c)
    for (std::size_t b = j; b < j + 2; ++b)
      for (std::size_t a = i; a < i + 2; ++a) add(all, sums[(c * cubes[1] + b) * cubes[0] + a]);
  return all;
}

void Lc2::State::prepare() {
  double n = 0;
  double sum = 0;
  double squares = 0;
  Vec3 places;
  const Matrix4 to_space = index_to_space(fixed);
  const auto place = [&](std::size_t v) {
    return transform_point(to_space, {static_cast<double>(v % fixed.size[0]),
                                      static_cast<double>(v / fixed.size[0] % fixed.size[1]),
                                      static_cast<double>(v / (fixed.size[0] * fixed.size[1]))});
  };
  for (std::size_t v = 0; v < values.size(); ++v) {
    if (inside[v] == 0) continue;
    n += 1;
    sum += static_cast<double>(values[v]);
    squares += static_cast<double>(values[v]) * static_cast<double>(values[v]);
    places = places + place(v);
  }
  if (n == 0) return;
  center = (1 / n) * places;
  double spread = 0;
  for (std::size_t v = 0; v < values.size(); ++v)
    if (inside[v] != 0) spread += dot(place(v) - center, place(v) - center);
  radius = std::max(1e-3, std::sqrt(spread / n));
  const auto mean = static_cast<float>(sum / n);
  const auto scale = static_cast<float>(1 / std::sqrt(std::max(1e-30, squares / n - sum / n * (sum / n))));
  for (float& v : values) v = scale * (v - mean);
  still.assign(cubes[0] * cubes[1] * cubes[2], {});
  for (std::size_t c = 0; c < cubes[2] * side; ++c)
    for (std::size_t b = 0; b < cubes[1] * side; ++b)
      for (std::size_t a = 0; a < cubes[0] * side; ++a) {
        const std::size_t v = (c * fixed.size[1] + b) * fixed.size[0] + a;
        if (inside[v] == 0) continue;
        Sums& s = still[((c / side) * cubes[1] + b / side) * cubes[0] + a / side];
        s.n += 1;
        s.u += values[v];
        s.uu += values[v] * values[v];
      }
  const auto [px, py, pz] = patch_grid();
  const auto full = static_cast<float>(8 * side * side * side);
  for (std::size_t k = 0; k < pz; ++k)
    for (std::size_t j = 0; j < py; ++j)
      for (std::size_t i = 0; i < px; ++i) {
        const Sums s = patch(still, i, j, k);
        // Half of a patch in the sector carries the fit of three numbers well.
        const double variance = s.n >= 0.5F * full ? explained(s, 1).second : 0;
        const bool counts = variance > noise;
        weight.push_back(counts ? static_cast<float>(variance / (variance + plain)) : 0.0F);
        patch_count += counts ? 1U : 0U;
      }
}

Lc2::Lc2(const MaskedVolume& ultrasound, const image::ScalarVolume& moving,
         const std::optional<image::VoxelMask>& moving_mask, std::size_t half_side)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.side = half_side;
  s.fixed = ultrasound.volume.geometry;
  s.moving = moving.geometry;
  s.values = ultrasound.volume.values;
  s.inside = ultrasound.inside;
  s.pairs = value_and_slope(moving);
  if (moving_mask) s.seen = image::on_grid(*moving_mask, moving.geometry).inside;
  for (std::size_t axis = 0; axis < 3; ++axis)
    s.cubes[axis] = std::max<std::size_t>(1, s.fixed.size[axis] / half_side);
  if (*std::min_element(s.fixed.size.begin(), s.fixed.size.end()) >= 2 * half_side) s.prepare();
}

Lc2::~Lc2() = default;
std::size_t Lc2::patches() const { return state_->patch_count; }
Vec3 Lc2::center_mm() const { return state_->center; }
double Lc2::radius_mm() const { return state_->radius; }

Lc2::Value Lc2::value(const Matrix4& fixed_to_moving, Patches patches) const {
  const State& s = *state_;
  if (s.patch_count == 0) return {};
  constexpr double floor = 1e-3;  // of the moving image's variance
  const Matrix4 to_index = image::space_to_index(s.moving) * fixed_to_moving * index_to_space(s.fixed);
  std::vector<Sums> sums(s.still.size());
  tbb::parallel_for(std::size_t{0}, s.cubes[2], [&](std::size_t k) {
    for (std::size_t j = 0; j < s.cubes[1]; ++j)
      for (std::size_t i = 0; i < s.cubes[0]; ++i)
        sums[(k * s.cubes[1] + j) * s.cubes[0] + i] = s.cube(i, j, k, to_index);
  });
  const auto [px, py, pz] = s.patch_grid();
  std::vector<std::array<double, 3>> layers(pz);
  tbb::parallel_for(std::size_t{0}, pz, [&, px = px, py = py](std::size_t k) {
    for (std::size_t j = 0; j < py; ++j)
      for (std::size_t i = 0; i < px; ++i) {
        const auto w = static_cast<double>(s.weight[(k * py + j) * px + i]);
        if (w == 0) continue;
        if (patches != Patches::all && ((i / 2 + j / 2 + k / 2) % 2 == 0) != (patches == Patches::even))
          continue;
        layers[k][2] += w;
        const Sums all = s.patch(sums, i, j, k);
        if (all.on < all.n) continue;
        layers[k][0] += w * explained(all, floor).first;
        layers[k][1] += w;
      }
  });
  std::array<double, 3> total{};
  for (const auto& layer : layers)
    for (std::size_t i = 0; i < 3; ++i) total[i] += layer[i];
  return {total[1] > 0 ? total[0] / total[1] : 0, total[2] > 0 ? total[1] / total[2] : 0};
}

}  // namespace snitt::image_registration
