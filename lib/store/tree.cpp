#include "base/error.hpp"
#include "store/calibration.hpp"
#include "store/container.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {
constexpr const char* nodes_path = "/nodes";
constexpr const char* radii_path = "/radii";
constexpr const char* parents_path = "/parents";
constexpr const char* branches_path = "/branches";
constexpr const char* branch_parents_path = "/branch_parents";
constexpr const char* generations_path = "/branch_generations";
constexpr const char* labels_path = "/branch_labels";
constexpr const char* loops_path = "/loops";

void write_branches(LayoutWriter& writer, const std::vector<TreeBranch>& branches) {
  std::vector<std::int32_t> parents;
  std::vector<std::int32_t> generations;
  std::vector<std::string> labels;
  for (const TreeBranch& branch : branches) {
    parents.push_back(branch.parent);
    generations.push_back(branch.generation);
    labels.push_back(branch.label);
  }
  writer.array(branch_parents_path, parents, {branches.size()}, {"branch"}, "1");
  writer.array(generations_path, generations, {branches.size()}, {"branch"}, "1");
  writer.texts(labels_path, labels, {branches.size()}, {"branch"});
}

void refuse_shape(const LayoutReader& reader, const char* path, std::size_t columns) {
  const h5::Shape shape = reader.file().info(path).shape;
  if (shape.size() != 2 || shape[1] != columns)
    throw InputError("{}: {} does not hold {} numbers in each row", reader.file().shown(), path, columns);
}

}  // namespace

void write_tree(const std::string& path, const Tree& tree, const Provenance& provenance, IfExists if_exists,
                const CalibrationRecord* calibration) {
  if (const std::string fault = fault_of(tree); !fault.empty())
    throw ComputationError("{}: cannot be written: {}", path, fault);
  LayoutWriter writer(path, "tree", provenance, if_exists);
  writer.file().set_attribute("/", "frame", tree.frame);
  writer.file().set_attribute("/", "quantity", tree.quantity);
  std::vector<double> coordinates;
  coordinates.reserve(3 * tree.size());
  for (const Vec3 p : tree.nodes_mm) coordinates.insert(coordinates.end(), {p.x, p.y, p.z});
  writer.array(nodes_path, coordinates, {tree.size(), 3}, {"node", "xyz"}, "mm");
  writer.array(radii_path, tree.radii_mm, {tree.size()}, {"node"}, "mm");
  writer.array(parents_path, tree.parents, {tree.size()}, {"node"}, "1");
  writer.array(branches_path, tree.branches, {tree.size()}, {"node"}, "1");
  write_branches(writer, tree.branch_list);
  std::vector<std::int32_t> ends;
  for (const auto& [one, other] : tree.loops) ends.insert(ends.end(), {one, other});
  writer.array(loops_path, ends, {tree.loops.size(), 2}, {"loop", "end"}, "1");
  if (calibration != nullptr) write_calibration(writer, *calibration);
  writer.finish();
}

Tree read_tree(const std::string& path) {
  const LayoutReader reader(path, "tree");
  refuse_shape(reader, nodes_path, 3);
  refuse_shape(reader, loops_path, 2);
  Tree tree;
  const auto coordinates = reader.array<double>(nodes_path);
  for (std::size_t i = 0; i + 2 < coordinates.size(); i += 3)
    tree.nodes_mm.push_back({coordinates[i], coordinates[i + 1], coordinates[i + 2]});
  tree.radii_mm = reader.array<double>(radii_path);
  tree.parents = reader.array<std::int32_t>(parents_path);
  tree.branches = reader.array<std::int32_t>(branches_path);
  const auto parents = reader.array<std::int32_t>(branch_parents_path);
  const auto generations = reader.array<std::int32_t>(generations_path);
  const std::vector<std::string> labels = reader.file().texts(labels_path);
  if (generations.size() != parents.size() || labels.size() != parents.size())
    throw InputError("{}: {} branches have {} generations and {} labels", path, parents.size(),
                     generations.size(), labels.size());
  for (std::size_t i = 0; i < parents.size(); ++i)
    tree.branch_list.push_back({parents[i], generations[i], labels[i]});
  const auto ends = reader.array<std::int32_t>(loops_path);
  for (std::size_t i = 0; i + 1 < ends.size(); i += 2) tree.loops.emplace_back(ends[i], ends[i + 1]);
  tree.frame = reader.file().text_attribute("/", "frame");
  tree.quantity = reader.file().text_attribute("/", "quantity");
  if (const std::string fault = fault_of(tree); !fault.empty()) throw InputError("{}: {}", path, fault);
  return tree;
}

}  // namespace snitt::store
