#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "quality/patient_series.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

using Slices = std::vector<const SliceQuality*>;
constexpr double usual_noise_hu = 0.5;

/// Median with the interval between order statistics that covers it in 95 % of samples, whatever their
/// distribution; fewer than six values have none.
Quantity median_quantity(std::string name, std::vector<double> values, std::string units,
                         std::string description) {
  std::erase_if(values, [](double x) { return std::isnan(x); });
  Quantity quantity =
      plain(std::move(name), statistics::median(values), std::move(units), std::move(description));
  std::ranges::sort(values);
  const std::size_t n = values.size();
  // Largest rank whose binomial tail is at most 2.5 %.
  double term = std::pow(0.5, static_cast<double>(n));
  double tail = 0;
  std::size_t rank = 0;
  while (rank < n && tail + term <= 0.025) {
    tail += term;
    term *= static_cast<double>(n - rank) / static_cast<double>(rank + 1);
    ++rank;
  }
  // Beyond a thousand slices the power underflows; the normal approximation is exact enough there.
  if (n > 1000) {
    const auto half = static_cast<double>(n) / 2;
    rank = static_cast<std::size_t>(half - 1.96 * std::sqrt(half / 2));
  }
  if (rank > 0) {
    quantity.low = values[rank - 1];
    quantity.high = values[n - rank];
  }
  return quantity;
}

/// With the interval of the delete-a-group jackknife; two groups or fewer have none.
template <typename Value>
Quantity jackknifed(std::string name, const SeriesEstimate& series, const Value& value, std::string units,
                    std::string description) {
  const double whole = value(series.whole);
  std::vector<double> left_out;
  for (const SeriesTexture& texture : series.left_out) left_out.push_back(value(texture));
  const bool complete = std::ranges::none_of(left_out, [](double x) { return std::isnan(x); });
  if (left_out.size() < 3 || !complete)
    return plain(std::move(name), whole, std::move(units), std::move(description));
  const double mean = statistics::mean(left_out);
  double squares = 0;
  for (const double x : left_out) squares += (x - mean) * (x - mean);
  const auto groups = static_cast<double>(left_out.size());
  const double half =
      statistics::student_t_quantile(0.975, groups - 1) * std::sqrt((groups - 1) / groups * squares);
  return within(std::move(name), whole, half, std::move(units), std::move(description));
}

class Summary {
 public:
  Summary(const std::vector<SliceQuality>& slices, const SeriesEstimate& series,
          const PatientQualityOptions& options, double pixel_mm)
      : slices_(slices), series_(series), options_(options), nyquist_per_mm_(0.5 / pixel_mm) {
    for (const SliceQuality& slice : slices)
      if (slice.left_out.empty()) used_.push_back(&slice);
  }

  CalibrationRecord record() {
    record_.method = "patient quality";
    count("slices", slices_.size(), "slices of the series");
    count("slices_measured", used_.size(), "slices with a noise level, which the medians are taken over");
    for (const char* reason : {"no body", "metal", "too little soft tissue"})
      if (const std::size_t n = left_out(reason); n > 0)
        count(reason == std::string("no body") ? "slices_without_body"
              : reason == std::string("metal") ? "slices_with_metal"
                                               : "slices_with_little_tissue",
              n, fmt::format("slices left out: {}", reason));
    if (!used_.empty()) {
      add_noise();
      add_contrast();
    }
    add_spectrum();
    add_resolution();
    for (std::size_t i = 0; i < options_.tasks.size(); ++i) add_task(i);
    add_reasons();
    record_.verdict = record_.reasons.empty() ? "good" : "doubtful";
    return std::move(record_);
  }

 private:
  void count(std::string name, std::size_t number, std::string description) {
    record_.summary.push_back(
        plain(std::move(name), static_cast<double>(number), "1", std::move(description)));
  }

  std::size_t left_out(const std::string& reason) const {
    return static_cast<std::size_t>(
        std::ranges::count(slices_, reason, [](const SliceQuality& s) { return s.left_out; }));
  }

  template <typename Value>
  void median(std::string name, std::string units, std::string description, const Value& value) {
    std::vector<double> values;
    for (const SliceQuality* slice : used_) values.push_back(value(*slice));
    Quantity quantity =
        median_quantity(std::move(name), std::move(values), std::move(units), std::move(description));
    if (!std::isnan(quantity.value)) record_.summary.push_back(std::move(quantity));
  }

  void add_noise() {
    median("global_noise_hu", "HU", "global noise level, median of the slices (Christianson 2015)",
           [](const SliceQuality& s) { return s.noise.noise_hu; });
    const double share = series_.whole.seen_share;
    if (share > 0)
      median("pixel_noise_hu", "HU",
             "standard deviation of a pixel: the global noise level with what its kernel cannot see "
             "of a noise of this spectrum",
             [&](const SliceQuality& s) { return s.noise.rms_hu / std::sqrt(share); });
    median("noise_anisotropy", "1", "noise differences between rows over those between columns",
           [](const SliceQuality& s) { return s.noise.anisotropy; });
    median("water_equivalent_diameter_mm", "mm", "of the same slices, to compare noise at equal size",
           [](const SliceQuality& s) { return s.body.water_equivalent_diameter_mm; });
  }

  void add_contrast() {
    median("soft_tissue_hu", "HU", "mean of the soft tissue of a slice",
           [](const SliceQuality& s) { return s.noise.soft_tissue_hu; });
    median("soft_tissue_spread_hu", "HU", "standard deviation of the soft tissue's local means",
           [](const SliceQuality& s) { return s.noise.soft_spread_hu; });
    const auto contrast = [](const SliceQuality& s) { return s.noise.soft_tissue_hu - s.noise.fat_hu; };
    median("tissue_contrast_hu", "HU", "soft tissue minus fat", contrast);
    median("tissue_contrast_to_noise", "1", "the same over the slice's global noise level",
           [&](const SliceQuality& s) { return contrast(s) / s.noise.noise_hu; });
    median("dense_contrast_hu", "HU", "mean of bone and enhanced vessels minus soft tissue",
           [](const SliceQuality& s) { return s.noise.dense_hu - s.noise.soft_tissue_hu; });
  }

  template <typename Value>
  void add_power(std::string name, std::string units, std::string description, const Value& value) {
    record_.summary.push_back(jackknifed(
        std::move(name), series_,
        [&](const SeriesTexture& t) { return t.noise_power ? value(*t.noise_power) : std::nan(""); },
        std::move(units), std::move(description)));
  }

  void add_spectrum() {
    std::size_t patches = 0;
    for (const SliceQuality& slice : slices_) patches += slice.patches;
    count("noise_power_patches", patches, "uniform patches of soft tissue");
    if (!series_.whole.noise_power) return;
    const NoisePower& power = *series_.whole.noise_power;
    add_power("patch_noise_hu", "HU", "root of the integral of the noise power spectrum",
              [](const NoisePower& p) { return p.noise_hu; });
    // Where a curve is largest jumps from bin to bin: a jackknife has no interval for that.
    record_.summary.push_back(plain("noise_peak_frequency_per_mm", power.peak_frequency_per_mm, "1/mm",
                                    "where the spectrum is largest, to a bin"));
    add_power("noise_mean_frequency_per_mm", "1/mm", "mean frequency of the spectrum",
              [](const NoisePower& p) { return p.mean_frequency_per_mm; });
    Table table;
    table.columns.push_back(
        {"frequency_per_mm", "1/mm", "left edge of the bin", power.radial.frequency_per_mm});
    table.columns.push_back(
        {"power_hu2_mm2", "HU2 mm2", "radial mean of the noise power spectrum", power.radial.power_hu2_mm2});
    record_.tables.emplace_back("noise_power", std::move(table));
  }

  void add_resolution() {
    if (!series_.whole.resolution) return;
    median("skin_f50_per_mm", "1/mm", "frequency where the transfer function of the skin's edge is 0.5",
           [](const SliceQuality& s) { return s.skin_f50_per_mm; });
    median("skin_f10_per_mm", "1/mm", "frequency where it is 0.1",
           [](const SliceQuality& s) { return s.skin_f10_per_mm; });
    const TransferFunction& mtf = *series_.whole.resolution;
    Table table;
    table.columns.push_back({"frequency_per_mm", "1/mm", "spatial frequency", mtf.frequency_per_mm});
    table.columns.push_back({"transfer", "1", "median of the slices' transfer functions", mtf.value});
    record_.tables.emplace_back("resolution", std::move(table));
  }

  void add_task(std::size_t i) {
    Quantity quantity = jackknifed(
        "detectability_" + name_of(options_.tasks[i]), series_,
        [&](const SeriesTexture& t) { return t.detectability[i]; }, "1",
        options_.observer.observer == Observer::npw ? "d' of the non-prewhitening observer"
                                                    : "d' of the non-prewhitening observer with eye filter");
    if (std::isnan(quantity.value)) return;
    if (const std::string& doubt = series_.whole.too_large[i]; !doubt.empty()) {
      quantity.description += "; " + doubt;
      too_large_.push_back(
          fmt::format("d' of {} is uncertain: {}; enlarge --patch-mm, or ask for a smaller task.",
                      name_of(options_.tasks[i]), doubt));
    }
    record_.summary.push_back(quantity);
  }

  void reason(std::size_t number, const char* text) {
    if (number > 0) record_.reasons.push_back(fmt::format(fmt::runtime(text), number, slices_.size()));
  }

  void add_reasons() {
    const auto bodies = slices_.size() - left_out("no body");
    if (bodies == 0)
      record_.reasons.emplace_back(
          "No slice holds a body: only a couch or air; look at the slices, or lower --smallest-area-mm2.");
    std::vector<const BodySection*> sections;
    for (const SliceQuality& slice : slices_)
      if (slice.body.status != SectionStatus::no_body) sections.push_back(&slice.body);
    for (std::string& doubt : doubts_of_hu(sections)) record_.reasons.push_back(std::move(doubt));
    reason(left_out("metal"),
           "{} of {} slices hold metal and are left out, for its streaks pass for noise; --metal-hu sets "
           "what is metal.");
    reason(left_out("too little soft tissue"),
           "{} of {} slices have too little soft tissue for a noise level and are left out; widen "
           "--tissue-hu, shrink --kernel-mm, or lower --smallest-tissue-mm2.");
    std::size_t truncated = 0;
    std::size_t streaks = 0;
    for (const SliceQuality* slice : used_) {
      truncated += slice->body.status == SectionStatus::truncated ? 1 : 0;
      streaks += slice->streaks ? 1 : 0;
    }
    reason(truncated,
           "{} of {} slices are truncated by the field of view: their diameters are too small to compare "
           "noise at; use a reconstruction with a larger field.");
    reason(streaks,
           "In {} of {} slices noise differs between the directions (streaks, as through shoulders or hips); "
           "compare them with slices of their own kind only.");
    add_texture_reasons();
  }

  void add_texture_reasons() {
    if (used_.empty()) return;
    if (const Quantity* level = record_.find("global_noise_hu");
        level != nullptr && level->value < usual_noise_hu)
      record_.reasons.push_back(
          fmt::format("The noise is {:.2g} HU: images are simulated, averaged or strongly smoothed; take the "
                      "scanner's own.",
                      level->value));
    if (const Quantity* f50 = record_.find("skin_f50_per_mm"); f50 != nullptr && f50->value > nyquist_per_mm_)
      record_.reasons.push_back(
          fmt::format("The skin's edge is sharper than pixels can show (f50 {:.2f} /mm, half a cycle per "
                      "pixel is {:.2f} /mm): "
                      "it is simulated, sharpened or masked.",
                      f50->value, nyquist_per_mm_));
    if (!series_.whole.noise_power)
      record_.reasons.emplace_back(
          "There are too few uniform patches for a noise power spectrum; shrink --patch-mm, or take a series "
          "with more of the liver.");
    if (!series_.whole.resolution)
      record_.reasons.emplace_back(
          "No slice shows enough bare skin against air for a resolution; use a reconstruction whose field "
          "holds the skin.");
    if (!options_.tasks.empty() && (!series_.whole.noise_power || !series_.whole.resolution))
      record_.reasons.emplace_back("Without both of them there is no detectability.");
    record_.reasons.insert(record_.reasons.end(), too_large_.begin(), too_large_.end());
  }

  const std::vector<SliceQuality>& slices_;
  const SeriesEstimate& series_;
  const PatientQualityOptions& options_;
  double nyquist_per_mm_;
  Slices used_;
  std::vector<std::string> too_large_;
  CalibrationRecord record_;
};

}  // namespace

CalibrationRecord quality_summary(const std::vector<SliceQuality>& slices, const SeriesEstimate& series,
                                  const PatientQualityOptions& options, double pixel_mm) {
  return Summary(slices, series, options, pixel_mm).record();
}

}  // namespace snitt::quality
