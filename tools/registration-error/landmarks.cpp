#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "formats/csv.hpp"
#include "image/deformation.hpp"
#include "measures.hpp"
#include "registration/landmarks.hpp"
#include "report/columns.hpp"
#include "shell/transform_input.hpp"
#include "store/layouts.hpp"

namespace snitt::registration_error {
namespace {

std::vector<double> numbers_of(const std::string& path, const Table& table, const std::string& name) {
  const Column* column = table.find(name);
  if (column == nullptr)
    throw InputError(
        "{}: has no column '{}'; expected fx, fy, fz, mx, my, mz (LPS, mm), and label if it likes", path,
        name);
  auto numbers = report::numbers_of(*column);
  if (!numbers) throw InputError("{}: column '{}' holds text; expected numbers", path, name);
  return *std::move(numbers);
}

/// Names of the landmarks: words, or the whole numbers that a CSV file's column of numbers is read as.
std::vector<std::string> labels_of(const Table& table) {
  std::vector<std::string> labels;
  const Column* column = table.find("label");
  if (column != nullptr) {
    if (auto words = report::words_of(*column)) return *std::move(words);
    if (const auto numbers = report::numbers_of(*column))
      for (const double number : *numbers) labels.push_back(fmt::format("{}", number));
    return labels;
  }
  for (std::size_t i = 0; i < table.rows(); ++i) labels.push_back(fmt::format("{}", i + 1));
  return labels;
}

registration::LandmarkPairs pairs_of_table(const std::string& path) {
  const Table table = store::is_snitt_file(path) ? store::read_table(path) : formats::read_csv(path);
  registration::LandmarkPairs pairs;
  std::array<std::vector<double>, 6> columns;
  for (std::size_t i = 0; i < 6; ++i)
    columns[i] = numbers_of(path, table, std::array{"fx", "fy", "fz", "mx", "my", "mz"}[i]);
  pairs.labels = labels_of(table);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto at = [&](std::size_t column) { return columns[column][i]; };
    pairs.fixed_mm.push_back({at(0), at(1), at(2)});
    pairs.moving_mm.push_back({at(3), at(4), at(5)});
    for (std::size_t column = 0; column < 6; ++column)
      if (!std::isfinite(at(column)))
        throw InputError("{}: row {} has a coordinate that is not finite", path, i + 1);
  }
  if (pairs.labels.empty()) throw InputError("{}: has no rows; expected landmark pairs", path);
  return pairs;
}

registration::LandmarkPairs pairs_of(const Settings& s, const Way& way, Monitor& monitor) {
  if (!s.pairs.empty()) return pairs_of_table(s.pairs);
  const PointSet fixed = shell::read_points(s.fixed_landmarks, s.fixed_input, "LPS", monitor);
  const PointSet moving = shell::read_points(s.moving_landmarks, s.moving_input, "LPS", monitor);
  for (const auto& [set, path, frame, option] :
       {std::tuple{&fixed, &s.fixed_landmarks, &way.name.from, "--fixed-frame"},
        std::tuple{&moving, &s.moving_landmarks, &way.name.to, "--moving-frame"}})
    if (!way.transforms.empty() && set->frame != "LPS" && set->frame != *frame)
      throw UsageError("{}: is in frame {}; expected {} (see {})", *path, set->frame, *frame, option);
  try {
    return registration::pair_landmarks(fixed, moving,
                                        s.match == "order" ? registration::LandmarkMatching::by_order
                                                           : registration::LandmarkMatching::by_label);
  } catch (const InputError& error) {
    throw InputError("{} and {}: {} (see --match)", s.fixed_landmarks, s.moving_landmarks, error.what());
  }
}

std::vector<double> distances(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  std::vector<double> result;
  for (std::size_t i = 0; i < a.size(); ++i) result.push_back(norm(a[i] - b[i]));
  return result;
}

std::vector<double> coordinates(const std::vector<Vec3>& points, std::size_t axis) {
  std::vector<double> result;
  for (const Vec3 p : points) result.push_back(p[axis]);
  return result;
}

nlohmann::json json_of(const image::DistanceSummary& summary) {
  return {{"count", summary.count},         {"mean_mm", summary.mean},   {"median_mm", summary.median},
          {"p95_mm", summary.percentile95}, {"max_mm", summary.largest}, {"rms_mm", summary.rms}};
}

std::string text_of(const std::string& what, const image::DistanceSummary& s) {
  return fmt::format(
      "{:<28} mean {:.4g}, median {:.4g}, 95 % {:.4g}, max {:.4g}, rms {:.4g} mm ({} landmarks)\n", what,
      s.mean, s.median, s.percentile95, s.largest, s.rms, s.count);
}

}  // namespace

void measure_landmarks(const Settings& s, const Way& way, shell::Session& session, Measures& measures) {
  const registration::LandmarkPairs pairs = pairs_of(s, way, session.monitor());
  const ChainMapper mapper(way.transforms, way.chain);
  std::vector<Vec3> mapped = pairs.fixed_mm;
  const InverseError inverse = mapper.map_all(mapped);
  if (inverse.not_found > 0)
    throw ComputationError("{} of {} landmarks have no inverse: the transform folds there", inverse.not_found,
                           mapped.size());
  const std::vector<double> before = distances(pairs.fixed_mm, pairs.moving_mm);
  const std::vector<double> after = distances(mapped, pairs.moving_mm);
  const image::DistanceSummary summary = image::summary_of(after);
  const image::DistanceSummary at_first = image::summary_of(before);
  if (!way.transforms.empty()) measures.text += text_of("before registration", at_first);
  measures.text += text_of("landmark error (TRE)", summary) + shell::inverse_text(inverse);
  const bool is_worse = !way.transforms.empty() && summary.mean > at_first.mean;
  if (is_worse)
    session.monitor().warn(fmt::format(
        "the landmark error is {:.4g} mm on average, {:.4g} mm before: worse than before registration: "
        "are fixed and moving swapped, or is the transform the wrong way round?",
        summary.mean, at_first.mean));
  for (const auto& [name, value] :
       {std::pair{"tre_mean", summary.mean}, std::pair{"tre_median", summary.median},
        std::pair{"tre_p95", summary.percentile95}, std::pair{"tre_max", summary.largest},
        std::pair{"tre_rms", summary.rms}})
    measures.add(name, "landmarks", value, "mm");
  nlohmann::json each = nlohmann::json::array();
  for (std::size_t i = 0; i < after.size(); ++i) {
    each.push_back({{"label", pairs.labels[i]}, {"tre_mm", after[i]}, {"before_mm", before[i]}});
    if (session.verbose())
      measures.text +=
          fmt::format("  {:<20} {:.4g} mm (before: {:.4g} mm)\n", pairs.labels[i], after[i], before[i]);
  }
  measures.json["landmarks"] = {{"before", json_of(at_first)},
                                {"tre", json_of(summary)},
                                {"worse_than_before", is_worse},
                                {"each", each}};
  measures.require_at_most("mean landmark error in mm", summary.mean, s.max_mean_tre_mm);
  measures.require_at_most("largest landmark error in mm", summary.largest, s.max_tre_mm);
  if (s.landmark_table.empty()) return;
  Table table{{{"landmark", "", "label", pairs.labels}}};
  for (const auto& [name, points, what] :
       {std::tuple{"fixed", &pairs.fixed_mm, "coordinate in the fixed space"},
        std::tuple{"moving", &pairs.moving_mm, "coordinate in the moving space"},
        std::tuple{"mapped", &std::as_const(mapped), "where the transform puts the fixed landmark"}})
    for (std::size_t axis = 0; axis < 3; ++axis)
      table.columns.push_back(
          {fmt::format("{}_{}_mm", name, "xyz"[axis]), "mm", what, coordinates(*points, axis)});
  table.columns.push_back({"before_mm", "mm", "distance before registration", before});
  table.columns.push_back({"tre_mm", "mm", "distance after it", after});
  store::write_table(s.landmark_table, table, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse);
}

}  // namespace snitt::registration_error
