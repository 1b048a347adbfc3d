#include <fmt/format.h>

#include <algorithm>

#include "quality/body_section.hpp"

namespace snitt::quality {
namespace {

constexpr double least_ratio = 0.6;  // chests and test objects measured have 0.72 to 1.06
constexpr double largest_ratio = 1.3;
constexpr double densest_hu = 1000;

double ratio_of(const BodySection& section) {
  return section.water_equivalent_diameter_mm / section.effective_diameter_mm;
}

}  // namespace

bool is_plausible(const BodySection& section) {
  const double ratio = ratio_of(section);
  return ratio >= least_ratio && ratio <= largest_ratio && section.mean_hu <= densest_hu;
}

std::vector<std::string> doubts_of_hu(const std::vector<const BodySection*>& sections) {
  std::vector<std::string> doubts;
  std::size_t implausible = 0;
  std::size_t holding = 0;
  std::size_t beyond = 0;
  const BodySection* worst = nullptr;
  const auto off = [](const BodySection& s) { return std::max(ratio_of(s), 1 / ratio_of(s)); };
  for (const BodySection* section : sections) {
    holding += section->beyond_tissue > 0 ? 1 : 0;
    beyond += section->beyond_tissue;
    if (is_plausible(*section)) continue;
    ++implausible;
    if (worst == nullptr || off(*section) > off(*worst)) worst = section;
  }
  if (worst != nullptr)
    doubts.push_back(fmt::format(
        "In {} of {} slices the values cannot be HU of a body (water-equivalent diameter {:.0f} mm where the "
        "widths give {:.0f} mm, mean {:.0f} HU); check the rescale slope and intercept, or what wrote the "
        "volume.",
        implausible, sections.size(), worst->water_equivalent_diameter_mm, worst->effective_diameter_mm,
        worst->mean_hu));
  if (beyond > 0)
    doubts.push_back(fmt::format(
        "{} pixels in {} of {} slices are above 20 000 HU, which neither tissue nor implants have, and count "
        "as 20 000 HU; check them for faults of what wrote the volume.",
        beyond, holding, sections.size()));
  return doubts;
}

}  // namespace snitt::quality
