// Registration of points and surfaces: CPU seconds and errors.
//   benchmark_points                      the table of docs/point-registration.md
//   benchmark_points lung KEY=VALUE ...   the lung surfaces alone: linear=rigid|affine form=cpd|bcpd w= beta=
//                                         lambda= rank= points= drift= smoothing=
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "base/error.hpp"
#include "formats/volume_file.hpp"
#include "geometry/rotation.hpp"
#include "image/mask_surface.hpp"
#include "registration/point_registration.hpp"
#include "statistics/summary.hpp"

namespace {

using namespace snitt;
using namespace snitt::registration;

std::string shared(const std::string& name) {
  const char* folder = std::getenv("SNITT_SHARED_DATA");
  return (folder != nullptr ? std::string(folder) : std::string("../shared/data")) + "/registration/" + name;
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::vector<Vec3> elastix_points(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::getline(file, line);
  std::vector<Vec3> points;
  for (Vec3 p; file >> p.x >> p.y >> p.z;) points.push_back(p);
  return points;
}

PointSet lung_surface(const std::string& name, double smoothing_mm) {
  Monitor monitor;
  const std::string path = shared("lung/" + name);
  return image::mask_surface(image::voxel_mask(formats::read_volume(path, monitor), path), smoothing_mm);
}

std::map<std::string, std::string> words(int argc, char** argv, int first) {
  std::map<std::string, std::string> out;
  for (int i = first; i < argc; ++i) {
    const std::string word = argv[i];
    out[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  }
  return out;
}

double number(const std::map<std::string, std::string>& settings, const std::string& key, double otherwise) {
  return settings.contains(key) ? std::stod(settings.at(key)) : otherwise;
}

struct LungErrors {
  double inside = 0;   ///< mean of the landmarks in the lung whose surface was registered, mm
  double outside = 0;  ///< of those in the other lung
  double all = 0;
};

LungErrors lung_errors(const PointRegistration& found, const std::vector<Vec3>& fixed,
                       const std::vector<Vec3>& moving, const image::VoxelMask& mask) {
  std::vector<double> inside;
  std::vector<double> outside;
  Vec3 bias;
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    const Vec3 off = map_point(SpatialTransform{{"Fixed", "Moving"}, found.steps}, fixed[i]) - moving[i];
    const Vec3 at = transform_point(image::space_to_index(mask.geometry), fixed[i]);
    bool within = true;
    for (std::size_t axis = 0; axis < 3; ++axis)
      within = within && at[axis] >= 0 && at[axis] < static_cast<double>(mask.geometry.size[axis] - 1);
    if (within) bias = bias + off;
    (within ? inside : outside).push_back(norm(off));
  }
  const double n = static_cast<double>(inside.size());
  fmt::print("{:.0f} inside, mean vector {:.2f} {:.2f} {:.2f}; ", n, bias.x / n, bias.y / n, bias.z / n);
  LungErrors e{statistics::mean(inside), statistics::mean(outside), 0};
  e.all =
      (e.inside * n + e.outside * static_cast<double>(outside.size())) / static_cast<double>(fixed.size());
  return e;
}

void lung(const std::map<std::string, std::string>& settings) {
  const double before = cpu_seconds();
  const double smoothing = number(settings, "smoothing", 0);
  const auto points = static_cast<std::size_t>(number(settings, "points", 10000));
  const PointCloud fixed =
      make_cloud(lung_surface("3DCT_lung_baseline_mask.mha", smoothing), points, "the fixed set");
  const PointCloud moving =
      make_cloud(lung_surface("3DCT_lung_followup_mask.mha", smoothing), points, "the moving set");
  PointRegistrationOptions options;
  const std::string linear = settings.contains("linear") ? settings.at("linear") : "affine";
  options.model = linear == "affine"       ? LandmarkModel::affine
                  : linear == "similarity" ? LandmarkModel::similarity
                                           : LandmarkModel::rigid;
  if (settings.contains("overlap")) options.overlap = number(settings, "overlap", 1);
  if (settings.contains("method") && settings.at("method") == "cpd") options.method = LinearMethod::drift;
  if (settings.contains("form")) {
    DriftOptions drift;
    if (settings.at("form") == "bcpd") drift.form = DriftForm::bayesian;
    drift.w = number(settings, "w", drift.w);
    drift.beta = number(settings, "beta", drift.beta);
    drift.lambda = number(settings, "lambda", drift.lambda);
    drift.rank = static_cast<std::size_t>(number(settings, "rank", static_cast<double>(drift.rank)));
    options.nonrigid = drift;
  }
  options.drift_points = static_cast<std::size_t>(number(settings, "drift", 3000));
  Monitor monitor;
  const PointRegistration found = register_points(fixed, moving, options, monitor);
  const std::string path = shared("lung/3DCT_lung_baseline_mask.mha");
  const LungErrors e = lung_errors(found, elastix_points(shared("lung/3DCT_lung_baseline_landmarks.txt")),
                                   elastix_points(shared("lung/baseline_3DCT_lung_groundtruth_point.txt")),
                                   image::voxel_mask(formats::read_volume(path, monitor), path));
  fmt::print(
      "lung {} {}: landmarks inside {:.2f} mm, outside {:.2f} mm, all {:.2f} mm; median distance {:.2f} mm; "
      "{:.1f} CPU s\n",
      linear, settings.contains("form") ? settings.at("form") : "", e.inside, e.outside, e.all,
      found.record.find("median_distance_mm")->value, cpu_seconds() - before);
}

/// The 100 landmarks of both lungs as two sets of points, which belongs to which not said.
void lung_points(LandmarkModel model, std::optional<DriftOptions> bending, const std::string& name) {
  const double before = cpu_seconds();
  PointSet fixed;
  PointSet moving;
  fixed.points_mm = elastix_points(shared("lung/3DCT_lung_baseline_landmarks.txt"));
  moving.points_mm = elastix_points(shared("lung/baseline_3DCT_lung_groundtruth_point.txt"));
  PointRegistrationOptions options;
  options.model = model;
  options.distance = PointDistance::to_plane;
  options.nonrigid = bending;
  Monitor monitor;
  const PointRegistration found = register_points(
      make_cloud(fixed, 1000, "the fixed set"), make_cloud(moving, 1000, "the moving set"), options, monitor);
  std::vector<double> errors;
  for (std::size_t i = 0; i < fixed.size(); ++i)
    errors.push_back(norm(map_point(SpatialTransform{{"Fixed", "Moving"}, found.steps}, fixed.points_mm[i]) -
                          moving.points_mm[i]));
  fmt::print("landmarks as points, {}: mean {:.2f} mm, median {:.2f} mm; {:.2f} CPU s\n", name,
             statistics::mean(errors), statistics::median(errors), cpu_seconds() - before);
}

/// The lung's surface to itself from anywhere: other samples, noise, and a part cut off.
void global_series(double noise_mm, double cut_share, int runs) {
  const PointSet whole = lung_surface("3DCT_lung_baseline_mask.mha", 0);
  std::vector<Vec3> points = whole.points_mm;
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  int right = 0;
  int doubted = 0;
  int silent = 0;
  int refused = 0;
  const double before = cpu_seconds();
  for (int run = 0; run < runs; ++run) {
    Matrix4 truth =
        rotation_from_vector(3.0 / std::sqrt(3.0) * Vec3{normal(random), normal(random), normal(random)});
    for (std::size_t axis = 0; axis < 3; ++axis) truth(axis, 3) = 200 * normal(random);
    PointSet fixed;
    PointSet moving;
    Vec3 cut{normal(random), normal(random), normal(random)};
    std::vector<double> along;
    for (const Vec3 p : points) along.push_back(dot(p, cut));
    const double bound = statistics::quantile(along, 1 - cut_share);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Vec3 off = noise_mm * Vec3{normal(random), normal(random), normal(random)};
      if (i % 2 == 0) fixed.points_mm.push_back(points[i] + off);
      if (i % 2 == 1 && along[i] <= bound)
        moving.points_mm.push_back(transform_point(truth, points[i] + off));
    }
    Monitor monitor;
    try {
      const PointRegistration found = register_points(
          make_cloud(fixed, 5000, "the fixed set"), make_cloud(moving, 5000, "the moving set"), {}, monitor);
      double worst = 0;
      for (const Vec3 p : fixed.points_mm)
        worst = std::max(worst, norm(transform_point(found.matrix, p) - transform_point(truth, p)));
      const bool is_right = worst < 2;
      right += is_right ? 1 : 0;
      if (found.record.verdict != "good") ++doubted;
      if (!is_right && found.record.verdict == "good") ++silent;
    } catch (const ComputationError&) {
      ++refused;
    }
  }
  fmt::print(
      "lung to itself, noise {:.1f} mm, {:.0f} % cut off: {} of {} right (2 mm everywhere), {} doubted, {} "
      "refused, {} silently wrong; {:.2f} CPU s each\n",
      noise_mm, 100 * cut_share, right, runs, doubted, refused, silent, (cpu_seconds() - before) / runs);
}

/// Pairs in a cube of 100 mm with noise of 0.5 mm per axis, most of them wrong.
void pair_series(std::size_t n, double outliers, bool noise_is_known, int runs) {
  int right = 0;
  int silent = 0;
  double worst = 0;
  const double before = cpu_seconds();
  for (int run = 0; run < runs; ++run) {
    std::mt19937 random(static_cast<unsigned>(run) + 100);
    std::uniform_real_distribution<double> place(-50, 50);
    std::normal_distribution<double> normal;
    Matrix4 truth = rotation_from_vector({normal(random), normal(random), normal(random)});
    truth(0, 3) = 20;
    std::vector<Vec3> from;
    std::vector<Vec3> to;
    for (std::size_t i = 0; i < n; ++i) {
      const Vec3 p{place(random), place(random), place(random)};
      const Vec3 q{place(random), place(random), place(random)};
      from.push_back(p);
      const bool is_wrong = static_cast<double>(i) < outliers * static_cast<double>(n);
      to.push_back(transform_point(truth, is_wrong ? q : p) +
                   0.5 * Vec3{normal(random), normal(random), normal(random)});
    }
    AlignmentOptions options;
    if (noise_is_known) options.noise_mm = 1.7;
    try {
      const Alignment found = align_correspondences(from, to, options);
      double most = 0;
      for (const Vec3 p : from)
        most = std::max(most, norm(transform_point(found.matrix, p) - transform_point(truth, p)));
      // Three times the expected error at a corner: 0.5 sqrt(3) * 2 / sqrt(pairs that are right).
      const double bound = 3 * std::sqrt(3.0) / std::sqrt((1 - outliers) * static_cast<double>(n));
      right += most < bound ? 1 : 0;
      if (most >= bound && found.log10_chance < -3) ++silent;
      if (most < bound) worst = std::max(worst, most);
    } catch (const ComputationError&) {
    }
  }
  fmt::print(
      "{} pairs, {:.0f} % wrong, noise {}: {} of {} right, {} silently wrong, worst {:.2f} mm; {:.3f} CPU s "
      "each\n",
      n, 100 * outliers, noise_is_known ? "known" : "found", right, runs, silent, worst,
      (cpu_seconds() - before) / runs);
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (argc > 1 && std::string(argv[1]) == "lung") {
    lung(words(argc, argv, 2));
    return 0;
  }
  for (const bool is_known : {true, false})
    for (const double outliers : {0.5, 0.9, 0.95, 0.98, 0.99}) pair_series(1000, outliers, is_known, 20);
  pair_series(4000, 0.95, true, 5);
  global_series(0.5, 0, 20);
  global_series(2, 0, 20);
  global_series(0.5, 0.2, 20);
  global_series(0.5, 0.4, 20);
  lung({{"linear", "rigid"}});
  lung({{"linear", "affine"}});
  lung({{"linear", "affine"}, {"form", "cpd"}});
  lung({{"linear", "affine"}, {"form", "bcpd"}});
  DriftOptions bending;
  lung_points(LandmarkModel::rigid, std::nullopt, "rigid");
  lung_points(LandmarkModel::affine, std::nullopt, "affine");
  lung_points(LandmarkModel::affine, bending, "affine, then cpd");
  bending.form = DriftForm::bayesian;
  lung_points(LandmarkModel::affine, bending, "affine, then bcpd");
  return 0;
}
