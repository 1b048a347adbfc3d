#include "quality/dose_record.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "quality/dose_places.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Median over tissue of the ratio of local deviations after and before: no patch is needed for it.
double local_ratio(const DoseEvidence& e) {
  std::vector<std::vector<double>> ratios(e.before.planes.size());
  tbb::parallel_for(std::size_t{0}, ratios.size(), [&](std::size_t k) {
    const ImagePlane& plane = e.after.planes[k];
    const LocalStatistics before = local_statistics(e.before.planes[k], e.kernel);
    const LocalStatistics after = local_statistics(plane, e.kernel);
    const auto inside = eroded(e.regions[k].body, plane.columns, e.kernel.row_reach, e.kernel.column_reach);
    for (std::size_t i = 0; i < inside.size(); i += 7)  // neighbouring kernels say the same
      if (inside[i] != 0 && before.deviation_hu[i] > 0)
        ratios[k].push_back(std::pow(double{after.deviation_hu[i]} / double{before.deviation_hu[i]}, 2));
  });
  std::vector<double> all;
  for (const auto& some : ratios) all.insert(all.end(), some.begin(), some.end());
  return all.empty() ? nan : std::sqrt(statistics::median(all));
}

struct SpectrumCheck {
  Table table;
  double noise_ratio = nan;         ///< found over wished
  double noise_error = nan;         ///< its relative standard error
  double deviation = nan;           ///< mean |found / wished - 1|, weighted with the wished power
  double expected_deviation = nan;  ///< what standard errors alone would give
  double in_errors = nan;           ///< root mean square of the deviations in standard errors
};

/// The wish is the input's own spectrum over the fraction where the texture was measured in it; else what was
/// in the input plus what was to be added.
SpectrumCheck check_spectrum(const DoseEvidence& e) {
  SpectrumCheck check;
  const NoisePower& before = *e.patches.power;
  const NoisePower after = power_at(e.after, e.patches);
  const double a = e.options.fraction;
  const bool measured = e.texture.origin == "measured";
  double texture_sum = 0;
  for (std::size_t v = 0; v < before.size; ++v)
    for (std::size_t u = 0; u < before.size; ++u)
      texture_sum +=
          e.texture.at(std::hypot(
              (static_cast<double>(u) - static_cast<double>(before.size / 2)) * before.column_step_per_mm,
              (static_cast<double>(v) - static_cast<double>(before.size / 2)) * before.row_step_per_mm)) *
          before.column_step_per_mm * before.row_step_per_mm;
  // Neighbouring slices that share noise are worth less than as many others.
  double shared = 1;
  for (std::size_t d = 1; d < e.texture.slice_correlation.size(); ++d)
    shared += 2 * e.texture.slice_correlation[d] * e.texture.slice_correlation[d];
  std::vector<double> wished;
  std::vector<double> found;
  std::vector<double> error;
  std::vector<double> f;
  std::vector<double> input;
  double weight = 0;
  double difference = 0;
  double usual = 0;
  double squares = 0;
  double bins = 0;
  const RadialSpectrum& radial = before.radial;
  for (std::size_t k = 1; k < radial.power_hu2_mm2.size(); ++k) {
    if (std::isnan(radial.power_hu2_mm2[k])) continue;
    const double own = radial.power_hu2_mm2[k];
    const double at = radial.mean_frequency_per_mm[k];
    const double wish =
        measured ? own / a : own + (1 / a - 1) * before.variance_hu2 * e.texture.at(at) / texture_sum;
    f.push_back(at);
    input.push_back(own);
    wished.push_back(wish);
    found.push_back(after.radial.power_hu2_mm2[k]);
    // The added noise is new, and so is its product with the noise that was there.
    const double share = (wish - own) / wish;
    error.push_back(radial.relative_error[k] * std::sqrt(shared * (share * share + 2 * share * (1 - share))));
    const double ratio = found.back() / wish - 1;
    weight += wish * at;
    difference += wish * at * std::abs(ratio);
    usual += wish * at * error.back() * 0.798;  // mean of |normal|
    // From the lowest ring the trend takes most.
    if (k > 1 && wish > 0.05 * *std::max_element(wished.begin(), wished.end())) {
      squares += ratio * ratio / (error.back() * error.back());
      bins += 1;
    }
  }
  check.noise_ratio = std::sqrt(after.variance_hu2 * a / before.variance_hu2);
  const double independent = static_cast<double>(before.regions) * independent_values(before) / shared;
  check.noise_error = 0.5 * std::sqrt(2 * (1 - a * a) / independent);
  check.deviation = difference / weight;
  check.expected_deviation = usual / weight;
  check.in_errors = std::sqrt(squares / bins);
  const auto add = [&](const char* name, const char* units, const char* description,
                       std::vector<double> values) {
    check.table.columns.push_back({name, units, description, std::move(values)});
  };
  add("frequency_per_mm", "1/mm", "mean frequency of the bin", std::move(f));
  add("input_hu2_mm2", "HU2 mm2", "radial noise power spectrum of the input in uniform patches",
      std::move(input));
  add("wished_hu2_mm2", "HU2 mm2", "what it should be at the smaller dose", std::move(wished));
  add("found_hu2_mm2", "HU2 mm2", "what it is in the result", std::move(found));
  add("relative_error", "1", "relative standard error of the one found", std::move(error));
  return check;
}

Table correlation_table(const DoseEvidence& e, const std::vector<double>& after) {
  Table table;
  std::vector<std::int64_t> apart;
  std::vector<double> before = e.texture.slice_correlation;
  std::vector<double> found = after;
  const std::size_t rows = std::max(before.size(), found.size());
  before.resize(rows, 0);
  found.resize(rows, 0);
  for (std::size_t d = 0; d < rows; ++d) apart.push_back(static_cast<std::int64_t>(d));
  table.columns.push_back({"slices_apart", "1", "distance in slices", apart});
  table.columns.push_back(
      {"input", "1", "correlation of the input's noise; 0 where it is not significant", before});
  table.columns.push_back({"found", "1", "correlation in the result", found});
  return table;
}

/// Of what is called noise, three slices apart.
double third_of_noise(const PatchNoise& patches) {
  return (patches.structure.third - patches.structure_share()) / (1 - patches.structure_share());
}

/// Anatomy that does not change from slice to slice looks like noise in each of them.
void add_structure_reasons(const PatchNoise& patches, CalibrationRecord& record) {
  constexpr double most_shared = 0.05;
  const SharedStructure& structure = patches.structure;
  if (structure.apart == 0) {
    record.reasons.push_back(
        "Structure cannot be told from noise: that takes 8 uniform patches at equal places three slices "
        "apart, and there are fewer; anatomy may have been taken for noise. Take a series with more slices.");
    return;
  }
  if (patches.removed && structure.share > 0.1)
    record.reasons.push_back(fmt::format(
        "{:.0f} % of the variance in the uniform patches is structure that slices share; noise was measured "
        "in differences of slices {} apart instead, but its map from place to place may follow the "
        "structure.",
        100 * structure.share, structure.apart));
  const double third = third_of_noise(patches);
  if (third > most_shared + 2 * structure.third_error)
    record.reasons.push_back(fmt::format(
        "What is called noise still has a correlation of {:.2f} three slices apart: either slices overlap by "
        "more than that, or structure was taken for noise; take slices without overlap to know.",
        third));
}

void add_reasons(const DoseEvidence& e, const SpectrumCheck& check, CalibrationRecord& record) {
  const auto doubt = [&](std::string text) { record.reasons.push_back(std::move(text)); };
  if (!e.patches.power)
    doubt(
        "There are fewer than 8 uniform patches in the body: neither the texture nor the level of the noise "
        "could be "
        "verified; take a series with more slices, or check the result by eye.");
  else if (e.patches.patches.size() < 30)
    doubt(fmt::format(
        "Only {} uniform patches were found, so that the texture of the noise is poorly known; take "
        "a series with more slices, or give --noise-spectrum.",
        e.patches.patches.size()));
  if (e.texture.origin == "ramp")
    doubt(
        "The texture of the noise was not measured; a ramp with a cosine window was taken instead: give "
        "--noise-spectrum from a phantom scanned with the same kernel.");
  if (e.patches.power) add_structure_reasons(e.patches, record);
  if (e.patches.power && std::abs(check.noise_ratio - 1) > 0.02 + 2 * check.noise_error)
    doubt(fmt::format("The noise of the result is {:.3f} of what was wished for; look at table noise_power.",
                      check.noise_ratio));
  if (e.patches.power && check.deviation > 0.05 + 2 * check.expected_deviation)
    doubt(fmt::format(
        "The spectrum of the result differs from the wished one by {:.0f} % on average; look at table "
        "noise_power.",
        100 * check.deviation));
  if (e.sums.scale > 1.25 || e.sums.scale < 0.8)
    doubt(
        fmt::format("The map of noise levels had to be scaled by {:.2f} to agree with the uniform patches: "
                    "structure was taken for noise in one of them.",
                    e.sums.scale));
  if (e.options.fraction < 0.1)
    doubt(
        "At less than a tenth of the dose electronic noise and the logarithm's bias matter, which are not "
        "simulated; treat the result as too good.");
}

}  // namespace

CalibrationRecord dose_record(const DoseEvidence& e) {
  CalibrationRecord record;
  record.method = "simulated-dose";
  const auto add = [&](const char* name, double value, const char* units, const char* description) {
    record.summary.push_back(plain(name, value, units, description));
  };
  add("dose_fraction", e.options.fraction, "1", "dose of the result over that of the input");
  add("uniform_patches", static_cast<double>(e.patches.patches.size()), "1",
      "in which texture and level were measured");
  add("texture_measured", e.texture.origin == "measured" ? 1 : 0, "1",
      "1: in this series; 0: from --noise-spectrum, or a ramp");
  SpectrumCheck check;
  if (e.patches.power) {
    check = check_spectrum(e);
    const double noise = e.patches.power->noise_hu;
    add("input_noise_hu", noise, "HU", "of the input in uniform patches, without their trend");
    add("wished_noise_hu", noise / std::sqrt(e.options.fraction), "HU",
        "the same over the root of the fraction");
    record.summary.push_back(within("found_over_wished_noise", check.noise_ratio, 1.96 * check.noise_error,
                                    "1", "noise of the result over the wished one"));
    add("spectrum_deviation", check.deviation, "1",
        "mean absolute relative difference to the wished spectrum, weighted with its power");
    add("expected_spectrum_deviation", check.expected_deviation, "1",
        "what the standard errors alone would give");
    add("spectrum_deviation_in_errors", check.in_errors, "1",
        "root mean square of the differences in standard errors");
    record.tables.emplace_back("noise_power", std::move(check.table));
    // The same structure is a smaller part of what has more noise.
    const double structure = e.patches.structure_share();
    const double share = structure / (structure + (1 - structure) / e.options.fraction);
    const auto after =
        slice_correlation(e.after.planes, e.patches.patches, e.patches.size, *e.patches.power, share);
    add("slice_correlation", e.texture.slice_correlation.size() > 1 ? e.texture.slice_correlation[1] : 0, "1",
        "of the input's noise in neighbouring slices; 0: not significant");
    add("found_slice_correlation", after.size() > 1 ? after[1] : 0, "1", "the same in the result");
    record.tables.emplace_back("slice_correlation", correlation_table(e, after));
    if (e.patches.structure.apart > 0) {
      record.summary.push_back(within("structure_share", e.patches.structure.share,
                                      1.96 * e.patches.structure.error, "1",
                                      "of the variance of the input's patches: their correlation with the "
                                      "same places structure_slices_apart slices on"));
      add("structure_slices_apart", static_cast<double>(e.patches.structure.apart), "1",
          "slices that were compared to tell structure from noise");
      add("structure_removed", e.patches.removed ? 1 : 0, "1",
          "1: noise was measured in differences of slices that far apart");
      add("third_slice_correlation", third_of_noise(e.patches), "1",
          "correlation, three slices apart, of what is called noise");
    }
  }
  add("local_deviation_ratio", local_ratio(e), "1",
      "root of the median ratio of local variances in the body, after over before; structure draws it to 1");
  add("wished_deviation_ratio", 1 / std::sqrt(e.options.fraction), "1", "what it would be in pure noise");
  add("body_noise_hu", std::sqrt(e.sums.level_squares / e.sums.body), "HU",
      "root mean square of the map of noise levels of the input in the body");
  add("level_scale", e.sums.scale, "1", "factor by which the map was brought to agree with the patches");
  add("mean_shift_hu", e.sums.shift / e.sums.body, "HU", "mean of what was added in the body");
  const PlaceDeviation place = worst_place(e);
  if (place.known) {
    record.summary.push_back(
        within("worst_place_ratio", place.ratio, 1.96 * place.error, "1",
               "added over wished noise, relative to all patches, in the square of 60 mm "
               "where it differs most"));
    add("worst_place_column_mm", place.column_mm, "mm", "middle of that square from the middle of the image");
    add("worst_place_row_mm", place.row_mm, "mm", "the same along the columns");
    if (std::abs(place.ratio - 1) > 0.1 + 3 * place.error)
      record.reasons.push_back(fmt::format(
          "The noise added around ({:.0f}, {:.0f}) mm from the middle of the image is {:.2f} of what it "
          "should "
          "be there: noise changes from place to place faster than its map follows; do not measure there.",
          place.column_mm, place.row_mm, place.ratio));
  }
  add_reasons(e, check, record);
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  return record;
}

}  // namespace snitt::quality
