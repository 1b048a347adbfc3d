#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "base/threads.hpp"
#include "formats/volume_file.hpp"
#include "image_registration/deformable.hpp"
#include "image_registration/discrete.hpp"

/// benchmark_deformable FIXED MOVING TRUTH.csv [key=value …]: registers, prints processor seconds, peak
/// memory and target errors.
namespace {
using namespace snitt;
using namespace snitt::image_registration;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

struct Print : Monitor {
  void detail(std::string_view message) override { fmt::print("  [{:.1f} s] {}\n", cpu_seconds(), message); }
  void inform(std::string_view message) override { fmt::print("  {}\n", message); }
  void warn(std::string_view message) override { fmt::print("  warning: {}\n", message); }
};

struct Pair {
  Vec3 fixed;
  Vec3 moving;
};
std::vector<Pair> read_truth(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  std::vector<Pair> pairs;
  while (std::getline(in, line)) {
    for (char& c : line)
      if (c == ',') c = ' ';
    std::istringstream words(line);
    Pair p;
    words >> p.fixed.x >> p.fixed.y >> p.fixed.z >> p.moving.x >> p.moving.y >> p.moving.z;
    pairs.push_back(p);
  }
  return pairs;
}

void print_errors(const std::string& name, const std::vector<TransformStep>& steps,
                  const std::vector<Pair>& truth) {
  double sum = 0;
  double most = 0;
  for (const Pair& pair : truth) {
    Vec3 p = pair.fixed;
    for (const auto& step : steps) p = map_point(step, p);
    const double e = norm(p - pair.moving);
    sum += e;
    most = std::max(most, e);
  }
  fmt::print("{}: TRE mean {:.3f} max {:.3f} mm\n", name, sum / static_cast<double>(truth.size()), most);
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equal = word.find('=');
    if (equal == std::string::npos)
      paths.push_back(word);
    else
      options[word.substr(0, equal)] = word.substr(equal + 1);
  }
  const auto number = [&](const std::string& key, double otherwise) {
    return options.count(key) ? std::stod(options[key]) : otherwise;
  };
  Print monitor;
  const ThreadLimit threads(static_cast<int>(number("threads", 1)));
  ImagePair pair{image::scalar_volume(formats::read_volume(paths[0], monitor), paths[0]),
                 image::scalar_volume(formats::read_volume(paths[1], monitor), paths[1]),
                 {},
                 {}};
  if (options.count("mask"))
    pair.fixed_mask = image::voxel_mask(formats::read_volume(options["mask"], monitor), options["mask"]);
  DeformableSettings settings;
  const std::map<std::string, DeformableMetric> metrics{{"", DeformableMetric::automatic},
                                                        {"auto", DeformableMetric::automatic},
                                                        {"ssd", DeformableMetric::squared_difference},
                                                        {"lcc", DeformableMetric::local_correlation},
                                                        {"lc2", DeformableMetric::lc2},
                                                        {"ngf", DeformableMetric::gradient_field},
                                                        {"mi", DeformableMetric::mutual_information}};
  settings.metric = metrics.at(options["metric"]);
  if (options["preset"] == "fast") settings.preset = DeformablePreset::fast;
  if (options["preset"] == "accurate") settings.preset = DeformablePreset::accurate;
  settings.searches = number("search", 1) > 0;
  if (options.count("bending")) settings.bending_mm2 = number("bending", 0);
  if (options.count("control")) settings.control_spacing_mm = number("control", 0);
  const std::vector<Pair> truth = read_truth(paths[2]);
  Matrix4 start;
  if (options.count("start")) {
    std::ifstream in(options["start"]);
    for (double& value : start.m) in >> value;
  }
  print_errors("start", {LinearStep{start}}, truth);
  const double before = cpu_seconds();
  if (options.count("discrete")) {
    const double h = std::cbrt(pair.fixed.geometry.spacing_mm.x * pair.fixed.geometry.spacing_mm.y *
                               pair.fixed.geometry.spacing_mm.z);
    const auto field = discrete_field(
        pair, start,
        {{4 * h, static_cast<std::size_t>(number("g1", 5)), static_cast<std::size_t>(number("l1", 6))},
         {2 * h, static_cast<std::size_t>(number("g2", 5)), static_cast<std::size_t>(number("l2", 4))}},
        number("discrete", 1));
    fmt::print("discrete: {:.1f} s, inconsistency {:.2f} mm, at rim {:.3f}\n", cpu_seconds() - before,
               field.inconsistency_mm, field.border_share);
    print_errors("discrete", {spline_step(field.grid, field.coefficients_mm), LinearStep{start}}, truth);
    return 0;
  }
  const DeformableRegistration result = register_deformable(pair, start, settings, monitor);
  print_errors("result", result.steps, truth);
  for (const Quantity& quantity : result.record.summary)
    fmt::print("  {} {:.4g} {}\n", quantity.name, quantity.value, quantity.units);
  fmt::print("  {}\n", result.record.verdict);
  for (const std::string& reason : result.record.reasons) fmt::print("  {}\n", reason);
  fmt::print("CPU {:.1f} s (with reading {:.1f} s), peak {:.0f} MB\n", cpu_seconds() - before, cpu_seconds(),
             peak_mb());
}
