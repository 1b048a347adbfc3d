#include "quality/patient_quality.hpp"

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>

#include "base/error.hpp"
#include "simulated_body.hpp"

namespace snitt::quality {
namespace {

using simulated::Body;
using simulated::Noise;
using simulated::Scan;

Body patient() {
  Body body;
  body.skin_mm = 2;
  body.fat_mm = 12;
  body.structured = body.on_couch = true;
  return body;
}

Scan scan_of(std::size_t slices, double noise_hu) {
  Scan scan;
  scan.slices = slices;
  scan.noise_hu = noise_hu;
  scan.noise = Noise::band(0.8, 1.6);
  return scan;
}

PatientQuality quality_of(const Volume& ct, PatientQualityOptions options = {}) {
  Monitor silent;
  return patient_quality(ct, "series", options, silent);
}

double number(const PatientQuality& found, const char* name) {
  const Quantity* quantity = found.record.find(name);
  return quantity == nullptr ? std::nan("") : quantity->value;
}

/// Mean frequency and peak of a radially symmetric spectrum on the grid of frequencies of `size` points.
double mean_frequency(const Noise& noise, double pixel_mm) {
  double sum = 0;
  double weighted = 0;
  for (double f = 0.001; f < 0.5; f += 0.001) {
    sum += noise.power(f);
    weighted += f * noise.power(f);
  }
  return weighted / sum / pixel_mm;
}

TEST(PatientQuality, OfASimulatedPatientHasItsNoiseSpectrumAndResolution) {
  const Scan scan = scan_of(8, 15);
  const PatientQuality found = quality_of(simulated::volume_of(patient(), scan));
  EXPECT_EQ(number(found, "slices_measured"), 8);
  // 2 % of the noise of a pixel is demanded, whatever the spectrum.
  EXPECT_NEAR(number(found, "pixel_noise_hu"), 15, 0.3);
  // Patches see the noise whole, and what is left of structure.
  EXPECT_NEAR(number(found, "patch_noise_hu"), 15, 0.6);
  EXPECT_GT(number(found, "noise_power_patches"), 50);
  double peak = 0;
  for (double f = 0; f < 0.5; f += 0.001)
    if (scan.noise.power(f) > scan.noise.power(peak)) peak = f;
  // The bins of 20 mm patches are 0.05 /mm wide, and the peak is flat.
  EXPECT_NEAR(number(found, "noise_peak_frequency_per_mm"), peak / scan.pixel_mm, 0.075);
  EXPECT_NEAR(number(found, "noise_mean_frequency_per_mm"), mean_frequency(scan.noise, scan.pixel_mm), 0.03);
  const double f50 = scan.blur.frequency_at(0.5);
  EXPECT_NEAR(number(found, "skin_f50_per_mm"), f50, 0.03 * f50);
  EXPECT_NEAR(number(found, "tissue_contrast_hu"), 165, 15);  // soft tissue of 50 and 75 HU, fat of -100
  ASSERT_NE(found.record.table("noise_power"), nullptr);
  ASSERT_NE(found.record.table("resolution"), nullptr);
  EXPECT_EQ(found.record.verdict, "good") << found.record.reasons.front();
}

TEST(PatientQuality, IntervalsHoldTheTruth) {
  const PatientQuality found = quality_of(simulated::volume_of(Body{}, scan_of(8, 12)));
  for (const char* name : {"global_noise_hu", "patch_noise_hu", "skin_f50_per_mm"}) {
    const Quantity* q = found.record.find(name);
    ASSERT_NE(q, nullptr) << name;
    EXPECT_LT(q->low, q->value) << name;
    EXPECT_GT(q->high, q->value) << name;
    EXPECT_LT(q->high - q->low, 0.1 * q->value) << name;
  }
  const Quantity* noise = found.record.find("patch_noise_hu");
  EXPECT_NEAR(noise->value, 12, 2 * (noise->high - noise->low));
}

/// Half the dose is noise of root 2, and d' that much less.
TEST(PatientQuality, DetectabilityFallsAsTheNoiseGrows) {
  PatientQualityOptions options;
  options.tasks = {detection_task("disk:5:20"), detection_task("designer:8:-40:1")};
  const PatientQuality low = quality_of(simulated::volume_of(Body{}, scan_of(4, 12)), options);
  const PatientQuality high =
      quality_of(simulated::volume_of(Body{}, scan_of(4, 12 * std::sqrt(2.0))), options);
  for (const char* name : {"detectability_disk_5mm_20hu", "detectability_designer_8mm_m40hu"})
    EXPECT_NEAR(number(low, name) / number(high, name), std::sqrt(2.0), 0.03) << name;
  EXPECT_EQ(low.slices.front().detectability.size(), 2U);
  EXPECT_NEAR(low.slices.front().detectability[0] / number(low, "detectability_disk_5mm_20hu"), 1, 0.03);
}

TEST(PatientQuality, ListsSlicesThatAreLeftOut) {
  Scan scan = scan_of(5, 15);
  scan.vary = [](Body& body, std::size_t k) {
    if (k == 0) body.half_width_mm = body.half_height_mm = 1;  // the couch alone
    if (k == 4) body.tissue_hu = -150;                         // a lung, or a waist of fat
  };
  Body body;
  body.on_couch = true;
  Volume ct = simulated::volume_of(body, scan);
  auto values = ct.values<std::int16_t>();
  for (std::size_t j = 150; j < 160; ++j)
    for (std::size_t i = 200; i < 210; ++i) values[(2 * scan.rows + j) * scan.columns + i] = 3000;
  const PatientQuality found = quality_of(ct);
  ASSERT_EQ(found.slices.size(), 5U);
  EXPECT_EQ(found.slices[0].left_out, "no body");
  EXPECT_EQ(found.slices[1].left_out, "");
  EXPECT_EQ(found.slices[2].left_out, "metal");
  EXPECT_EQ(found.slices[3].left_out, "");
  EXPECT_EQ(found.slices[4].left_out, "too little soft tissue");
  EXPECT_EQ(number(found, "slices_measured"), 2);
  EXPECT_EQ(number(found, "slices_without_body"), 1);
  EXPECT_EQ(number(found, "slices_with_metal"), 1);
  EXPECT_EQ(number(found, "slices_with_little_tissue"), 1);
  EXPECT_EQ(found.record.verdict, "doubtful");
  const Table table = quality_table(found, {});
  EXPECT_EQ(table.rows(), 5U);
  EXPECT_TRUE(std::isnan(std::get<std::vector<double>>(table.find("global_noise_hu")->values)[4]));
}

TEST(PatientQuality, TruncatedBodiesAreDoubtful) {
  Scan scan = scan_of(2, 15);
  scan.columns = 300;
  const PatientQuality found = quality_of(simulated::volume_of(Body{}, scan));
  EXPECT_EQ(found.slices.front().body.status, SectionStatus::truncated);
  ASSERT_FALSE(found.record.reasons.empty());
  EXPECT_NE(found.record.reasons.front().find("truncated"), std::string::npos);
}

TEST(PatientQuality, ImagesWithoutNoiseOrBlurAreDoubtful) {
  Scan scan = scan_of(2, 0);
  scan.blur.sigma_mm = 0.05;
  const PatientQuality found = quality_of(simulated::volume_of(Body{}, scan));
  EXPECT_EQ(number(found, "global_noise_hu"), 0);
  std::string reasons;
  for (const std::string& reason : found.record.reasons) reasons += reason;
  EXPECT_NE(reasons.find("The noise is 0 HU"), std::string::npos) << reasons;
  EXPECT_EQ(found.record.find("noise_power_patches")->value, 0);
}

TEST(PatientQuality, MapHoldsTheNoiseWithinTheBodyAlone) {
  PatientQualityOptions options;
  options.noise_map = true;
  const Volume ct = simulated::volume_of(Body{}, scan_of(2, 20));
  const PatientQuality found = quality_of(ct, options);
  ASSERT_TRUE(found.noise_map);
  EXPECT_EQ(found.noise_map->geometry, ct.geometry);
  const auto map = found.noise_map->values<float>();
  EXPECT_EQ(map[0], 0);
  const std::size_t middle = 160 * 448 + 224;
  EXPECT_GT(map[middle], 12);
  EXPECT_LT(*std::max_element(map.begin(), map.end()), 40);  // no skin in it
}

TEST(PatientQuality, IsTheSameForAnyNumberOfThreads) {
  const Volume ct = simulated::volume_of(patient(), scan_of(4, 15));
  PatientQualityOptions options;
  options.tasks = {detection_task("disk:5:20")};
  std::vector<std::vector<double>> values;
  for (const std::size_t threads : {1, 2, 7}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    const PatientQuality found = quality_of(ct, options);
    std::vector<double>& all = values.emplace_back();
    for (const Quantity& q : found.record.summary)
      for (const double x : {q.value, q.low, q.high}) all.push_back(std::isnan(x) ? -1 : x);
  }
  EXPECT_EQ(values[0], values[1]);
  EXPECT_EQ(values[0], values[2]);
}

TEST(PatientQuality, RefusesWhatIsNoCt) {
  Volume ct = simulated::volume_of(Body{}, Scan{});
  for (auto& x : ct.values<std::int16_t>()) x = static_cast<std::int16_t>(x + 1024);
  EXPECT_THROW(quality_of(ct), InputError);
}

TEST(DetectionTask, IsReadOrRefusedByName) {
  const DetectionTask task = detection_task("designer:4.5:-12:2");
  EXPECT_EQ(task.shape, TaskShape::designer);
  EXPECT_EQ(task.diameter_mm, 4.5);
  EXPECT_EQ(task.contrast_hu, -12);
  EXPECT_EQ(task.exponent, 2);
  EXPECT_EQ(name_of(task), "designer_4p5mm_m12hu_2");
  EXPECT_EQ(name_of(detection_task("disk:5:10")), "disk_5mm_10hu");
  for (const char* bad : {"", "disk", "disk:5", "disk:5:10:1", "square:5:10", "disk:five:10", "disk:5:0",
                          "disk:-5:10", "disk:5:10x", "disk:nan:10", "disk:5:inf"})
    EXPECT_THROW(detection_task(bad), UsageError) << bad;
}

}  // namespace
}  // namespace snitt::quality
