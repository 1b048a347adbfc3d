#include "store/overview.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "store/container.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

std::string type_text(PixelFormat format) {
  return format.components == 1 ? std::string(name_of(format.type))
                                : fmt::format("{} x {} components", name_of(format.type), format.components);
}

std::string status_counts(const std::vector<Status>& statuses) {
  std::map<Status, std::size_t> counts;
  for (const Status status : statuses) ++counts[status];
  std::vector<std::string> words;
  for (const auto& [status, count] : counts) words.push_back(fmt::format("{} {}", count, name_of(status)));
  return fmt::format("{}", fmt::join(words, ", "));
}

/// The rows of the matrix but the last, which is always 0 0 0 1.
std::string matrix_text(const Matrix4& m) {
  std::string text;
  for (std::size_t row = 0; row < 3; ++row)
    text += fmt::format("{}{:.6g} {:.6g} {:.6g} {:.6g}", row == 0 ? "" : "; ", m(row, 0), m(row, 1),
                        m(row, 2), m(row, 3));
  return text;
}

std::vector<Fact> frames_facts(const std::string& path) {
  const auto source = open_frames(path);
  const Frames& f = source->frames();
  std::vector<Fact> facts{{"frames", std::to_string(f.count)},
                          {"image_size", fmt::format("{} columns x {} rows", f.shape.columns, f.shape.rows)},
                          {"pixel_type", type_text(f.shape.format)},
                          {"image_type", f.image_type},
                          {"recorded_orientation", f.recorded_orientation},
                          {"image_status", status_counts(f.image_status)}};
  if (f.pixel_spacing_mm)
    facts.push_back(
        {"pixel_spacing_mm", fmt::format("{} {}", (*f.pixel_spacing_mm)[0], (*f.pixel_spacing_mm)[1])});
  if (f.count > 0) {
    const auto [first, last] = std::minmax_element(f.time_s.begin(), f.time_s.end());
    facts.push_back({"time_s", fmt::format("{} to {}", *first, *last)});
  }
  if (!f.mask.empty())
    facts.push_back(
        {"mask", fmt::format("{} of {} pixels",
                             std::count_if(f.mask.begin(), f.mask.end(), [](auto m) { return m != 0; }),
                             f.mask.size())});
  for (const TrackedTransform& t : f.tracked)
    facts.push_back({t.name.text(), status_counts(t.status) +
                                        (t.time_s.empty() ? ""
                                                          : fmt::format("; own clock, {} to {} s",
                                                                        t.time_s.front(), t.time_s.back()))});
  for (const StaticTransform& t : f.constant)
    facts.push_back({t.name.text(), "constant: " + matrix_text(t.matrix)});
  for (const FrameField& field : f.fields)
    facts.push_back({"field " + field.name,
                     std::holds_alternative<std::vector<double>>(field.values) ? "numbers" : "text"});
  return facts;
}

std::string numbers_text(Vec3 v) { return fmt::format("{} {} {}", v.x, v.y, v.z); }

std::vector<Fact> volume_facts(const LayoutReader& reader) {
  const h5::File& file = reader.file();
  const h5::DatasetInfo voxels = file.info("/voxels");
  const auto numbers = [&](const std::string& path) {
    return fmt::format("{}", fmt::join(reader.array<double>(path), " "));
  };
  std::vector<Fact> facts{
      {"size", fmt::format("{} [{}]", fmt::join(voxels.shape, " x "),
                           fmt::join(file.texts_attribute("/voxels", "dimensions"), ", "))},
      {"voxel_type", std::string(h5::name_of(voxels.type))},
      {"quantity", file.text_attribute("/", "quantity")},
      {"units", file.text_attribute("/voxels", "units")},
      {"spacing_mm", numbers("/spacing")},
      {"origin_mm", numbers("/origin")},
      {"axis_directions", numbers("/axis_directions")},
      {"frame", file.text_attribute("/", "frame")}};
  const std::vector<std::string> metadata = file.texts("/metadata");
  for (std::size_t i = 0; i + 1 < metadata.size(); i += 2) facts.push_back({metadata[i], metadata[i + 1]});
  return facts;
}

void add_linear_facts(const Matrix4& m, std::vector<Fact>& facts) {
  for (std::size_t row = 0; row < 3; ++row)
    facts.push_back(
        {fmt::format("row_{}", row), fmt::format("{} {} {} {}", m(row, 0), m(row, 1), m(row, 2), m(row, 3))});
  facts.push_back(
      {"scale", fmt::format("{:.6g} {:.6g} {:.6g}", norm({m(0, 0), m(1, 0), m(2, 0)}),
                            norm({m(0, 1), m(1, 1), m(2, 1)}), norm({m(0, 2), m(1, 2), m(2, 2)}))});
  facts.push_back({"translation", numbers_text({m(0, 3), m(1, 3), m(2, 3)})});
}

std::string grid_text(const VolumeGeometry& grid) {
  return fmt::format("grid of {} x {} x {}, {:.6g} x {:.6g} x {:.6g} mm", grid.size[0], grid.size[1],
                     grid.size[2], grid.spacing_mm.x, grid.spacing_mm.y, grid.spacing_mm.z);
}

template <typename T>
std::string longest_text(const char* what, const std::vector<T>& numbers) {
  double longest = 0;
  for (std::size_t i = 0; i + 2 < numbers.size(); i += 3)
    longest = std::max(longest, norm({numbers[i], numbers[i + 1], numbers[i + 2]}));
  return fmt::format(", {} {:.6g} mm", what, longest);
}

std::string step_text(const TransformStep& step) {
  std::string text = name_of(step);
  if (const auto* linear = std::get_if<LinearStep>(&step)) return text + ": " + matrix_text(linear->matrix);
  if (const auto* field = std::get_if<DisplacementStep>(&step))
    return text + ": " + grid_text(field->grid) + longest_text("longest vector", field->vectors_mm);
  if (const auto* spline = std::get_if<BSplineStep>(&step))
    return text + ": " + grid_text(spline->grid) +
           longest_text("longest coefficient", spline->coefficients_mm);
  const auto& plate = std::get<ThinPlateStep>(step);
  return text +
         fmt::format(": {} landmarks, linear part {}", plate.landmarks_mm.size(), matrix_text(plate.matrix));
}

std::vector<Fact> transform_facts(const std::string& path) {
  const SpatialTransform t = read_spatial_transform(path);
  std::vector<Fact> facts{{"maps", t.name.from + " to " + t.name.to}};
  if (t.steps.size() == 1 && std::holds_alternative<LinearStep>(t.steps.front())) {
    add_linear_facts(std::get<LinearStep>(t.steps.front()).matrix, facts);
    return facts;
  }
  for (std::size_t i = 0; i < t.steps.size(); ++i)
    facts.push_back({fmt::format("step_{}", i + 1), step_text(t.steps[i])});
  if (t.steps.empty()) facts.push_back({"steps", "none: the identity"});
  return facts;
}

std::vector<Fact> table_facts(const std::string& path) {
  const Table table = read_table(path);
  std::vector<Fact> facts{{"rows", std::to_string(table.rows())}};
  for (const Column& column : table.columns)
    facts.push_back({column.name, fmt::format("[{}] {}", column.units, column.description)});
  return facts;
}

void add_extent(const std::vector<Vec3>& points_mm, std::vector<Fact>& facts) {
  if (points_mm.empty()) return;
  Vec3 low = points_mm.front();
  Vec3 high = low;
  for (const Vec3 p : points_mm)
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], p[a]);
      high[a] = std::max(high[a], p[a]);
    }
  facts.push_back({"lowest_mm", numbers_text(low)});
  facts.push_back({"highest_mm", numbers_text(high)});
}

std::vector<Fact> points_facts(const std::string& path) {
  const PointSet set = read_points(path);
  std::vector<Fact> facts{{"points", std::to_string(set.size())}, {"frame", set.frame}};
  add_extent(set.points_mm, facts);
  if (!set.weights.empty()) facts.push_back({"weights", "one per point"});
  if (!set.standard_deviations_mm.empty()) facts.push_back({"standard_deviations", "one per point, in mm"});
  if (!set.normals.empty()) facts.push_back({"normals", "one per point"});
  if (!set.triangles.empty()) facts.push_back({"triangles", std::to_string(set.triangles.size())});
  constexpr std::size_t most = 100;  // a surface has too many to show
  for (std::size_t i = 0; i < std::min(set.size(), most); ++i)
    facts.push_back({set.labels[i].empty() ? fmt::format("point {}", i + 1) : "point " + set.labels[i],
                     numbers_text(set.points_mm[i])});
  if (set.size() > most) facts.push_back({"more", fmt::format("{} points not shown", set.size() - most)});
  return facts;
}

std::vector<Fact> tree_facts(const std::string& path) {
  const Tree tree = read_tree(path);
  const auto roots = std::count(tree.parents.begin(), tree.parents.end(), -1);
  std::vector<Fact> facts{{"quantity", tree.quantity},
                          {"frame", tree.frame},
                          {"nodes", std::to_string(tree.size())},
                          {"branches", std::to_string(tree.branch_list.size())},
                          {"roots", std::to_string(roots)},
                          {"loops", std::to_string(tree.loops.size())}};
  std::int32_t deepest = 0;
  for (const TreeBranch& branch : tree.branch_list) deepest = std::max(deepest, branch.generation);
  if (!tree.branch_list.empty()) facts.push_back({"generations", fmt::format("0 to {}", deepest)});
  double length = 0;
  for (std::size_t node = 0; node < tree.size(); ++node)
    if (tree.parents[node] >= 0)
      length += norm(tree.nodes_mm[node] - tree.nodes_mm[static_cast<std::size_t>(tree.parents[node])]);
  facts.push_back({"length_mm", fmt::format("{:.6g}", length)});
  std::vector<double> radii;
  std::copy_if(tree.radii_mm.begin(), tree.radii_mm.end(), std::back_inserter(radii),
               [](double radius) { return radius > 0; });
  if (const auto [low, high] = std::minmax_element(radii.begin(), radii.end()); low != radii.end())
    facts.push_back({"radius_mm", fmt::format("{:.4g} to {:.4g}", *low, *high)});
  else if (tree.size() > 0)
    facts.push_back({"radius_mm", "not known"});
  add_extent(tree.nodes_mm, facts);
  return facts;
}

void add_calibration_facts(const CalibrationRecord& record, std::vector<Fact>& facts) {
  facts.push_back({"calibration", fmt::format("{}, {}", record.method, record.verdict)});
  if (!record.reasons.empty())
    facts.push_back({"reasons", fmt::format("{}", fmt::join(record.reasons, "; "))});
  for (const Quantity& quantity : record.summary) facts.push_back({quantity.name, value_text(quantity)});
  for (const auto& [name, table] : record.tables)
    facts.push_back(
        {"table " + name, fmt::format("{} rows, {} columns", table.rows(), table.columns.size())});
}

}  // namespace

std::vector<Fact> overview(const std::string& path) {
  const std::string layout = layout_of(path);
  const LayoutReader reader(path, layout);
  std::vector<Fact> facts{{"layout", layout + " " + reader.file().text_attribute("/", "layout_version")}};
  const std::vector<Fact> own = layout == "frames"      ? frames_facts(path)
                                : layout == "volume"    ? volume_facts(reader)
                                : layout == "transform" ? transform_facts(path)
                                : layout == "points"    ? points_facts(path)
                                : layout == "tree"      ? tree_facts(path)
                                                        : table_facts(path);
  facts.insert(facts.end(), own.begin(), own.end());
  if (const auto record = read_calibration(path)) add_calibration_facts(*record, facts);
  const nlohmann::json story = nlohmann::json::parse(provenance_of(path), nullptr, false);
  if (story.is_object())
    facts.push_back({"made_by", story.value("tool", "?") + " " + story.value("version", "?") + ", " +
                                    story.value("created", "?")});
  return facts;
}

}  // namespace snitt::store
