#include "formats/tree_file.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "data/tree_links.hpp"
#include "formats/csv.hpp"
#include "formats/file_text.hpp"
#include "formats/input_file.hpp"
#include "formats/mesh_file.hpp"
#include "formats/output_stream.hpp"
#include "formats/point_lines.hpp"
#include "formats/vtk_polydata.hpp"

namespace snitt::formats {
namespace {

constexpr std::string_view airways_word = "airways";

/// A tree as its file has it, before its coordinates are turned.
struct RawTree {
  Tree tree;
  Space space = Space::unsaid;
  bool quantity_is_said = false;
};

/// Columns of a file that say how its nodes hang together.
struct NodeColumns {
  std::vector<double> parents;
  std::vector<double> branches;     ///< empty: not said
  std::vector<std::string> labels;  ///< [node] of its branch; empty: not said
};

std::vector<std::int32_t> whole(const std::string& path, const char* name, const std::vector<double>& values,
                                double lowest) {
  std::vector<std::int32_t> result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] >= lowest && values[i] <= std::numeric_limits<std::int32_t>::max() &&
          values[i] == std::floor(values[i])))
      throw InputError("{}: node {} has {} {}; expected a whole number from {} on", path, i, name, values[i],
                       lowest);
    result.push_back(static_cast<std::int32_t>(values[i]));
  }
  return result;
}

/// As the file says when its nodes and branches are in order, else put in order.
Tree tree_from_columns(const std::string& path, const std::vector<Vec3>& nodes_mm,
                       const std::vector<double>& radii_mm, const NodeColumns& columns) {
  Tree tree;
  tree.nodes_mm = nodes_mm;
  tree.radii_mm = radii_mm;
  tree.parents = whole(path, "parent", columns.parents, -1);
  tree.branches = whole(path, "branch", columns.branches, 0);
  const auto rebuilt = [&] {
    try {
      return tree_from_parents(nodes_mm, radii_mm, tree.parents);
    } catch (const ComputationError& error) {
      throw InputError("{}: {}", path, error.what());
    }
  };
  if (columns.branches.empty()) return rebuilt();
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto branch = static_cast<std::size_t>(tree.branches[i]);
    if (branch > tree.branch_list.size() || tree.parents[i] >= static_cast<std::int32_t>(i)) return rebuilt();
    if (branch < tree.branch_list.size()) continue;
    const std::int32_t from =
        tree.parents[i] < 0 ? -1 : tree.branches[static_cast<std::size_t>(tree.parents[i])];
    const std::int32_t generation =
        from < 0 ? 0 : tree.branch_list[static_cast<std::size_t>(from)].generation + 1;
    tree.branch_list.push_back({from, generation, columns.labels.empty() ? "" : columns.labels[i]});
  }
  if (const std::string fault = fault_of(tree); !fault.empty()) throw InputError("{}: {}", path, fault);
  return tree;
}

std::vector<double> radii_of(const std::string& path, std::vector<double> values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < 0 || std::isinf(values[i]))
      throw InputError("{}: node {} has the radius {}; expected a positive number", path, i, values[i]);
  for (double& value : values)
    if (value == 0) value = std::nan("");  // how several programs say that they do not know it
  return values;
}

const VtkArray* scalar(const VtkPolydata& data, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const VtkArray* array = data.array(name);
        array != nullptr && array->components == 1 && array->values.size() == data.points.size())
      return array;
  return nullptr;
}

/// VTK draws no point that is in no cell.
LinkedNodes without_unused(const LinkedNodes& linked) {
  std::vector<std::int32_t> new_index(linked.nodes_mm.size(), -1);
  for (const auto& [a, b] : linked.links)
    new_index[static_cast<std::size_t>(a)] = new_index[static_cast<std::size_t>(b)] = 0;
  LinkedNodes result;
  for (std::size_t i = 0; i < new_index.size(); ++i) {
    if (new_index[i] < 0) continue;
    new_index[i] = static_cast<std::int32_t>(result.nodes_mm.size());
    result.nodes_mm.push_back(linked.nodes_mm[i]);
    result.radii_mm.push_back(linked.radii_mm[i]);
  }
  for (const auto& [a, b] : linked.links)
    result.links.emplace_back(new_index[static_cast<std::size_t>(a)], new_index[static_cast<std::size_t>(b)]);
  return result;
}

/// Links that the parents do not explain.
void add_loops(Tree& tree, const std::vector<std::pair<std::int32_t, std::int32_t>>& links) {
  std::set<std::pair<std::int32_t, std::int32_t>> known;
  for (std::size_t i = 0; i < tree.size(); ++i)
    known.insert(std::minmax(tree.parents[i], static_cast<std::int32_t>(i)));
  for (const auto& [a, b] : links)
    if (const std::pair<std::int32_t, std::int32_t> link = std::minmax(a, b);
        a != b && known.insert(link).second)
      tree.loops.push_back(link);
}

RawTree read_vtk_tree(const std::string& path) {
  const VtkPolydata data = read_vtk_polydata(path);
  LinkedNodes linked;
  linked.nodes_mm = data.points;
  const VtkArray* radii =
      scalar(data, {"Radius", "radius", "radii", "MaximumInscribedSphereRadius", "CenterlineRadius"});
  linked.radii_mm = radii == nullptr ? std::vector<double>(data.points.size(), std::nan(""))
                                     : radii_of(path, radii->values);
  for (const auto& line : data.lines)
    for (std::size_t i = 1; i < line.size(); ++i)
      linked.links.emplace_back(static_cast<std::int32_t>(line[i - 1]), static_cast<std::int32_t>(line[i]));
  RawTree raw;
  raw.space = space_in_comment(data.title);
  const VtkArray* parents = scalar(data, {"parent"});
  const VtkArray* branches = scalar(data, {"branch"});
  if (parents != nullptr && branches != nullptr) {
    raw.tree =
        tree_from_columns(path, linked.nodes_mm, linked.radii_mm, {parents->values, branches->values, {}});
    if (raw.tree.nodes_mm == linked.nodes_mm) add_loops(raw.tree, linked.links);
  } else {
    for (const Vec3 p : data.points)
      if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.z))
        throw InputError("{}: has a point with a coordinate that is not finite", path);
    raw.tree = tree_from_links(without_duplicates(without_unused(linked)));
  }
  raw.quantity_is_said = data.title.find(airways_word) != std::string::npos;
  if (raw.quantity_is_said) raw.tree.quantity = airways_word;
  return raw;
}

std::string plain_name(std::string name) {
  if (name.ends_with(" [mm]")) name.resize(name.size() - 5);
  return lower_case(name);
}

std::optional<std::size_t> column(const CsvText& csv, std::string_view name) {
  for (std::size_t i = 0; i < csv.names.size(); ++i)
    if (plain_name(csv.names[i]) == name) return i;
  return std::nullopt;
}

RawTree read_csv_tree(const std::string& path) {
  const RawPoints points = read_point_csv(path);
  const CsvText csv = read_csv_text(path);
  const auto numbers = [&](const char* name) {
    std::vector<double> values;
    if (const auto at = column(csv, name))
      for (std::size_t row = 0; row < csv.rows.size(); ++row) values.push_back(csv_number(csv, row, *at));
    return values;
  };
  if (!column(csv, "parent"))
    throw InputError("{}: has no column 'parent'; expected the number of the row that each node hangs on, -1",
                     path);
  std::vector<double> radii = numbers("radius");
  if (radii.empty()) radii.assign(csv.rows.size(), std::nan(""));
  RawTree raw;
  raw.space = points.space;
  raw.tree = tree_from_columns(path, points.set.points_mm, radii_of(path, radii),
                               {numbers("parent"), numbers("branch"), points.set.labels});
  return raw;
}

Table table_of(const Tree& tree) {
  const std::string ending = tree.frame == "LPS" ? "_lps" : "";
  Table table;
  for (std::size_t a = 0; a < 3; ++a) {
    std::vector<double> values;
    for (const Vec3 p : tree.nodes_mm) values.push_back(p[a]);
    table.columns.push_back({std::string(1, "xyz"[a]) + ending, "mm", "", values});
  }
  table.columns.push_back({"radius", "mm", "", tree.radii_mm});
  std::vector<std::int64_t> generations;
  std::vector<std::string> labels;
  for (const std::int32_t branch : tree.branches) {
    generations.push_back(tree.branch_list[static_cast<std::size_t>(branch)].generation);
    labels.push_back(tree.branch_list[static_cast<std::size_t>(branch)].label);
  }
  const auto widened = [](const std::vector<std::int32_t>& list) {
    return std::vector<std::int64_t>(list.begin(), list.end());
  };
  table.columns.push_back({"parent", "1", "", widened(tree.parents)});
  table.columns.push_back({"branch", "1", "", widened(tree.branches)});
  table.columns.push_back({"generation", "1", "", generations});
  if (std::any_of(labels.begin(), labels.end(), [](const auto& label) { return !label.empty(); }))
    table.columns.push_back({"label", "", "", labels});
  return table;
}

std::string vtk_text(const Tree& tree) {
  VtkPolydata data;
  data.title = "Snitt. Center lines of " + tree.quantity + (tree.frame == "LPS" ? "; SPACE=LPS" : "");
  data.points = tree.nodes_mm;
  for (std::size_t branch = 0; branch < tree.branch_list.size(); ++branch) {
    std::vector<std::uint32_t> line;
    for (const std::size_t node : nodes_of_branch(tree, branch))
      line.push_back(static_cast<std::uint32_t>(node));
    if (line.size() > 1) data.lines.push_back(std::move(line));
  }
  for (const auto& [a, b] : tree.loops)
    data.lines.push_back({static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b)});
  VtkArray generations{"generation", 1, {}};
  for (const std::int32_t branch : tree.branches)
    generations.values.push_back(tree.branch_list[static_cast<std::size_t>(branch)].generation);
  if (std::any_of(tree.radii_mm.begin(), tree.radii_mm.end(), [](double r) { return r > 0; })) {
    VtkArray radii{"Radius", 1, tree.radii_mm};
    for (double& radius : radii.values)
      if (std::isnan(radius)) radius = 0;  // VTK's ASCII reader stops at "nan"
    data.point_data.push_back(std::move(radii));
  }
  data.point_data.push_back({"parent", 1, {tree.parents.begin(), tree.parents.end()}});
  data.point_data.push_back({"branch", 1, {tree.branches.begin(), tree.branches.end()}});
  data.point_data.push_back(std::move(generations));
  return vtk_polydata_text(data);
}

/// So that a large table of anything is not read to find out that it is no tree.
std::string first_line_of(const std::string& path) {
  const InputFile file(path);
  std::string head(std::min<std::uint64_t>(file.size(), 4096), '\0');
  head.resize(file.read_at(0, std::as_writable_bytes(std::span(head))));
  return head.substr(0, head.find('\n'));
}

}  // namespace

TreeFileKind tree_file_kind(const std::string& path) {
  const PointFileKind kind = point_file_kind(path);
  if (kind == PointFileKind::vtk) {
    const VtkPolydata data = read_vtk_polydata(path);
    return data.polygons.empty() && !data.lines.empty() ? TreeFileKind::vtk : TreeFileKind::none;
  }
  const std::string name = lower_case(path);
  if (kind != PointFileKind::csv && !(kind == PointFileKind::none && name.ends_with(".csv")))
    return TreeFileKind::none;
  if (lower_case(first_line_of(path)).find("parent") == std::string::npos) return TreeFileKind::none;
  std::vector<std::string> names = read_csv_text(path).names;
  for (std::string& one : names) one = plain_name(one);
  const auto has = [&](const char* wanted) {
    return std::find(names.begin(), names.end(), wanted) != names.end();
  };
  return has("parent") && (has("x_lps") || has("x_ras") || has("x")) ? TreeFileKind::csv : TreeFileKind::none;
}

std::string name_of(TreeFileKind kind) {
  return kind == TreeFileKind::vtk ? "center lines of VTK" : "table of nodes";
}

Tree read_tree_file(const std::string& path, const TreeFileOptions& options, Monitor& monitor) {
  RawTree raw = tree_file_kind(path) == TreeFileKind::vtk ? read_vtk_tree(path) : read_csv_tree(path);
  RawPoints points;
  points.set.points_mm = std::move(raw.tree.nodes_mm);
  points.space = raw.space;
  PointFileOptions of_points;
  of_points.coordinates = options.coordinates;
  turn_to_lps(points, of_points, path);
  raw.tree.nodes_mm = std::move(points.set.points_mm);
  raw.tree.frame = options.frame;
  if (!options.quantity.empty()) raw.tree.quantity = options.quantity;
  if (const std::string fault = fault_of(raw.tree); !fault.empty()) throw InputError("{}: {}", path, fault);
  if (options.quantity.empty() && !raw.quantity_is_said)
    monitor.inform(fmt::format("{}: does not say what its lines are of; vessels is written", path));
  return std::move(raw.tree);
}

bool is_tree_extension(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  return extension == ".vtk" || extension == ".csv";
}

void write_tree_file(const std::string& path, const Tree& tree, IfExists if_exists, Monitor& monitor) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (!is_tree_extension(path))
    throw UsageError("{}: is no name for a file of center lines; expected .vtk or .csv", path);
  if (extension == ".csv") {
    if (!tree.loops.empty())
      monitor.inform(fmt::format("{} loops are left behind; .vtk has room for them", tree.loops.size()));
    return write_csv(path, table_of(tree), if_exists);
  }
  if (std::any_of(tree.branch_list.begin(), tree.branch_list.end(),
                  [](const TreeBranch& branch) { return !branch.label.empty(); }))
    monitor.inform("labels of branches are left behind; .csv has room for them");
  if (tree.frame != "LPS")
    monitor.inform(fmt::format(
        "coordinates of '{}' are written as they are; other programs will call them LPS", tree.frame));
  AtomicFile file(path, if_exists);
  write_bytes(file, vtk_text(tree), {});
  file.commit();
}

}  // namespace snitt::formats
