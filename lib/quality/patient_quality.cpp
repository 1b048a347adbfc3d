#include "quality/patient_quality.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "quality/axial_slices.hpp"
#include "quality/patient_series.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// All that one slice hands over.
struct SliceWork {
  std::vector<UniformPatch> patches;
  TransferFunction edge;
};

double thickness_of(const Volume& ct) {
  for (const auto& [name, value] : ct.metadata)
    if (name == "SliceThickness") {
      double mm = 0;
      if (std::from_chars(value.data(), value.data() + value.size(), mm).ec == std::errc{} && mm > 0)
        return mm;
    }
  return ct.geometry.size[2] > 1 ? ct.geometry.spacing_mm.z : 0;
}

/// Deviations where the kernel lies within the body and 2 mm from its skin, whose blur would show as noise.
void draw_map(const NoiseField& field, std::span<const std::uint8_t> body, const LocalKernel& kernel,
              const ImagePlane& plane, std::span<float> map) {
  const auto inside = eroded(
      body, plane.columns, kernel.row_reach + static_cast<std::size_t>(std::ceil(2 / plane.row_spacing_mm)),
      kernel.column_reach + static_cast<std::size_t>(std::ceil(2 / plane.column_spacing_mm)));
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = inside[i] != 0 ? field.local.deviation_hu[i] : 0.0F;
}

std::string reason_to_leave_out(const SliceQuality& slice) {
  if (slice.body.status == SectionStatus::no_body) return "no body";
  if (slice.noise.metal_mm2 > 0) return "metal";
  if (std::isnan(slice.noise.noise_hu)) return "too little soft tissue";
  return "";
}

class Series {
 public:
  Series(const Volume& ct, const PatientQualityOptions& options)
      : ct_(ct),
        options_(options),
        turned_(is_turned(ct.geometry)),
        kernel_(local_kernel(options.noise.shape, options.noise.kernel_mm, ct.geometry.spacing_mm.y,
                             ct.geometry.spacing_mm.x)) {
    if (options_.skin.slice_thickness_mm <= 0) options_.skin.slice_thickness_mm = thickness_of(ct);
  }

  SliceWork measure(std::size_t k, SliceQuality& slice, std::span<float> map) const {
    slice.slice = k;
    slice.z_mm = position_of(ct_.geometry, k).z;
    std::vector<std::uint8_t> body;
    slice.body = measure_section(ct_, k, turned_, options_.body, &body);
    SliceWork work;
    work.edge.f50_per_mm = nan;
    slice.left_out = "no body";
    if (slice.body.status == SectionStatus::no_body) return work;
    const std::vector<float> values = slice_values(ct_, k);
    const ImagePlane plane{values,
                           ct_.geometry.size[1],
                           ct_.geometry.size[0],
                           ct_.geometry.spacing_mm.y,
                           ct_.geometry.spacing_mm.x,
                           slice.z_mm};
    NoiseField field;
    slice.noise = global_noise(plane, body, options_.noise, field);
    slice.left_out = reason_to_leave_out(slice);
    slice.streaks = slice.noise.anisotropy > options_.anisotropic_from ||
                    slice.noise.anisotropy < 1 / options_.anisotropic_from;
    if (!map.empty()) draw_map(field, body, kernel_, plane, map);
    if (slice.left_out.empty())
      work.patches = patch_candidates(plane, k, field, slice.noise, kernel_, options_.patches);
    if (slice.noise.metal_mm2 > 0) return work;
    measure_skin(plane, body, k, slice, work);
    return work;
  }

 private:
  void measure_skin(const ImagePlane& plane, std::span<const std::uint8_t> body, std::size_t k,
                    SliceQuality& slice, SliceWork& work) const {
    std::vector<float> below;
    std::vector<float> above;
    if (k > 0) below = slice_values(ct_, k - 1);
    if (k + 1 < ct_.geometry.size[2]) above = slice_values(ct_, k + 1);
    const EdgeProfile profile =
        skin_profile(plane, body, {below, above, ct_.geometry.spacing_mm.z}, options_.skin);
    slice.skin_segments = profile.segments;
    work.edge = skin_transfer(profile, options_.skin);
    slice.skin_f50_per_mm = work.edge.f50_per_mm;
    slice.skin_f10_per_mm = work.edge.f10_per_mm;
  }

  const Volume& ct_;
  PatientQualityOptions options_;
  bool turned_;
  LocalKernel kernel_;
};

Volume empty_map(const Volume& ct) {
  Volume map;
  map.geometry = ct.geometry;
  map.dimensions = ct.dimensions;
  map.frame = ct.frame;
  map.format = {PixelType::f32, 1};
  map.quantity = "noise";
  map.units = "HU";
  map.voxels.resize(ct.geometry.voxels() * sizeof(float));
  return map;
}

}  // namespace

SliceQuality::SliceQuality() : skin_f50_per_mm(nan), skin_f10_per_mm(nan) {}

PatientQuality patient_quality(const Volume& ct, const std::string& path,
                               const PatientQualityOptions& options, Monitor& monitor) {
  check_axial_ct(ct, path);
  if (ct.units != "HU")
    monitor.warn(fmt::format("{}: its values have units '{}'; they are taken for HU", path, ct.units));
  PatientQuality found;
  const std::size_t slices = ct.geometry.size[2];
  found.slices.resize(slices);
  if (options.noise_map) found.noise_map = empty_map(ct);
  std::vector<SliceWork> work(slices);
  const Series series(ct, options);
  const std::size_t pixels = ct.geometry.size[0] * ct.geometry.size[1];
  tbb::parallel_for(std::size_t{0}, slices, [&](std::size_t k) {
    const std::span<float> map =
        found.noise_map ? found.noise_map->values<float>().subspan(k * pixels, pixels) : std::span<float>{};
    work[k] = series.measure(k, found.slices[k], map);
  });
  if (std::ranges::none_of(found.slices, [](const SliceQuality& s) { return s.body.has_air; }))
    throw InputError("{}: has no value below {:g}; expected CT in HU, with air around the body at -1000",
                     path, options.body.threshold_hu);
  std::vector<UniformPatch> patches;
  std::vector<TransferFunction> edges;
  for (SliceWork& one : work) {
    patches.insert(patches.end(), one.patches.begin(), one.patches.end());
    edges.push_back(std::move(one.edge));
  }
  patches = without_structure(std::move(patches), options.patches);
  for (const UniformPatch& patch : patches) ++found.slices[patch.slice].patches;
  const SeriesEstimate estimate = series_texture(ct, patches, edges, options);
  found.record = quality_summary(found.slices, estimate, options,
                                 std::min(ct.geometry.spacing_mm.x, ct.geometry.spacing_mm.y));
  const Quantity* level = found.record.find("global_noise_hu");
  for (SliceQuality& slice : found.slices)
    for (const double whole : estimate.whole.detectability)
      slice.detectability.push_back(
          level != nullptr && slice.left_out.empty() ? whole * level->value / slice.noise.noise_hu : nan);
  found.noise_power = estimate.whole.noise_power;
  found.resolution = estimate.whole.resolution;
  return found;
}

}  // namespace snitt::quality
