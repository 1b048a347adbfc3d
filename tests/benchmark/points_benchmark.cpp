// Registration of points and surfaces: CPU seconds and errors.
//   benchmark_points                      the table of docs/point-registration.md
//   benchmark_points lung KEY=VALUE ...   the lung surfaces alone: linear=rigid|affine form=cpd|bcpd w= beta=
//                                         lambda= rank= points= drift= smoothing=
#include <fmt/format.h>

#include <cmath>
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

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "lung") {
    lung(words(argc, argv, 2));
    return 0;
  }
  lung({{"linear", "rigid"}});
  lung({{"linear", "affine"}});
  lung({{"linear", "affine"}, {"form", "cpd"}});
  lung({{"linear", "affine"}, {"form", "bcpd"}});
  return 0;
}
