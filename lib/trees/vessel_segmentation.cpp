#include "trees/vessel_segmentation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

constexpr std::uint8_t candidate = 2;

void check(const VesselSettings& s) {
  if (!(s.smallest_radius_mm > 0 && s.largest_radius_mm >= s.smallest_radius_mm))
    throw UsageError("the radii of vessels are {} to {} mm; expected positive ones in ascending order",
                     s.smallest_radius_mm, s.largest_radius_mm);
  if (s.scales < 1) throw UsageError("{} scales are asked for; expected at least one", s.scales);
  if (s.low && s.high && *s.low > *s.high)
    throw UsageError("the low threshold {} is above the high one {}; expected it below", *s.low, *s.high);
}

/// A tube of constant brightness answers most at a sigma of about 0.7 of its radius.
std::vector<double> sigmas_of(const VesselSettings& s) {
  std::vector<double> sigmas;
  const double ratio = s.largest_radius_mm / s.smallest_radius_mm;
  for (std::int64_t i = 0; i < s.scales; ++i)
    sigmas.push_back(
        0.7 * s.smallest_radius_mm *
        (s.scales > 1 ? std::pow(ratio, static_cast<double>(i) / static_cast<double>(s.scales - 1)) : 1));
  return sigmas;
}

double quantile(std::vector<float> values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at);
}

/// Median of the answers that are not 0: what noise and texture answer, as vessels are few.
double median_answer(const image::ScalarVolume& response) {
  std::vector<float> answers;
  std::copy_if(response.values.begin(), response.values.end(), std::back_inserter(answers),
               [](float v) { return v > 0; });
  return answers.empty() ? 0 : quantile(std::move(answers), 0.5);
}

/// Pieces of candidates that hold a voxel above `high` and are large enough get 1, all else 0.
std::size_t keep_pieces(const image::ScalarVolume& response, double high, double smallest_mm3,
                        image::VoxelMask& mask) {
  const VoxelGrid grid(mask.geometry);
  std::size_t kept = 0;
  std::vector<std::size_t> piece;
  for (std::size_t v = 0; v < mask.inside.size(); ++v) {
    if (mask.inside[v] != candidate || static_cast<double>(response.values[v]) < high) continue;
    piece.assign(1, v);
    mask.inside[v] = 1;
    for (std::size_t next = 0; next < piece.size(); ++next) {
      const auto at = grid.place(piece[next]);
      for (const VoxelGrid::Step& step : grid.steps()) {
        if (!grid.has(at, step)) continue;
        const std::size_t to = piece[next] + static_cast<std::size_t>(step.offset);
        if (mask.inside[to] != candidate) continue;
        mask.inside[to] = 1;
        piece.push_back(to);
      }
    }
    const bool is_large = static_cast<double>(piece.size()) * grid.voxel_mm3() >= smallest_mm3;
    if (is_large) ++kept;
    for (const std::size_t p : piece) mask.inside[p] = is_large ? 1 : 0;
  }
  for (std::uint8_t& v : mask.inside)
    if (v == candidate) v = 0;
  return kept;
}

}  // namespace

VesselSegmentation segment_vessels(const image::ScalarVolume& image, const VesselSettings& s) {
  check(s);
  VesselSegmentation found;
  const std::vector<double> sigmas = sigmas_of(s);
  found.response = vesselness(image, sigmas, s.polarity);
  // The thousandth with the largest answers are the middles of clear vessels.
  const double clearest = quantile(found.response.values, 0.999);
  const double noise = median_answer(found.response);
  const double high = s.high.value_or(std::max(0.25 * clearest, 10 * noise));
  const double low = s.low.value_or(std::min(high, std::max(0.4 * high, 4.5 * noise)));
  if (!(high > 0))
    throw ComputationError("nothing in the image looks like a tube of {} to {} mm radius; expected {} tubes",
                           s.smallest_radius_mm, s.largest_radius_mm,
                           s.polarity == Polarity::bright ? "bright" : "dark");
  const float sign = s.polarity == Polarity::bright ? 1.0F : -1.0F;
  image::ScalarVolume bright = image;
  for (float& v : bright.values) v *= sign;
  const auto ground = static_cast<float>(quantile(bright.values, 0.5));
  // Half of the distance between the quartiles is 0.67 standard deviations of the ground.
  const auto rise =
      static_cast<float>(2 * (static_cast<double>(ground) - quantile(bright.values, 0.25)) / 0.674);
  const image::ScalarVolume crest = largest_around(bright, 2);
  found.mask = {image.geometry, std::vector<std::uint8_t>(image.values.size(), 0)};
  for (std::size_t v = 0; v < image.values.size(); ++v)
    if (static_cast<double>(found.response.values[v]) >= low && bright.values[v] - ground > rise &&
        bright.values[v] - ground > 0.5F * (crest.values[v] - ground))
      found.mask.inside[v] = candidate;
  const std::size_t pieces = keep_pieces(found.response, high, s.smallest_volume_mm3, found.mask);
  if (pieces == 0)
    throw ComputationError(
        "no vessel of {} mm3 and more answers with {:.4g}; expected some (lower --high or "
        "--smallest-volume-mm3, or change the "
        "radii or --polarity)",
        s.smallest_volume_mm3, high);
  const double volume = VoxelGrid(image.geometry).voxel_mm3() * static_cast<double>(found.mask.count());
  const double share = static_cast<double>(found.mask.count()) / static_cast<double>(image.values.size());
  CalibrationRecord& record = found.record;
  record.method = "vessels, line filter with hysteresis";
  record.summary = {plain("volume_ml", 1e-3 * volume, "ml", "of the vessels"),
                    plain("pieces", static_cast<double>(pieces), "1", "that do not hang together"),
                    plain("high", high, "1", "response that begins a vessel"),
                    plain("low", low, "1", "response that a vessel goes on with"),
                    plain("background", static_cast<double>(sign * ground), "1", "median of the image")};
  if (share > 0.2)
    record.reasons.push_back(fmt::format(
        "{:.0f} % of the image came out as vessels; expected some per cent (raise --high, or crop the image)",
        100 * share));
  const Vec3& spacing = image.geometry.spacing_mm;
  if (const double coarsest = std::max({spacing.x, spacing.y, spacing.z}); coarsest > 1)
    record.reasons.push_back(fmt::format(
        "voxels are {:.3g} mm long: of vessels thinner than about {:.2g} mm the edge is uncertain by "
        "much of their width, and what lies beside them may be in the mask (some per cent of the "
        "volume); use finer voxels, or take widths with care",
        coarsest, 3 * coarsest));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  return found;
}

}  // namespace snitt::trees
