#include "base/error.hpp"
#include "store/container.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {
constexpr const char* points_path = "/points";
constexpr const char* labels_path = "/labels";
constexpr const char* weights_path = "/weights";
constexpr const char* deviations_path = "/standard_deviations";
constexpr const char* normals_path = "/normals";
constexpr const char* triangles_path = "/triangles";

std::vector<double> flat(const std::vector<Vec3>& vectors) {
  std::vector<double> numbers;
  numbers.reserve(3 * vectors.size());
  for (const Vec3 v : vectors) numbers.insert(numbers.end(), {v.x, v.y, v.z});
  return numbers;
}

/// [row, 3]. Throws InputError for another shape.
template <typename T>
std::vector<T> triples(const LayoutReader& reader, const std::string& path, const char* object,
                       const char* what) {
  if (const h5::Shape shape = reader.file().info(object).shape; shape.size() != 2 || shape[1] != 3)
    throw InputError("{}: {} does not hold three {}", path, object, what);
  return reader.array<T>(object);
}

std::vector<Vec3> vectors(const std::vector<double>& numbers) {
  std::vector<Vec3> list;
  list.reserve(numbers.size() / 3);
  for (std::size_t i = 0; i + 2 < numbers.size(); i += 3)
    list.push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
  return list;
}

void write_surface(LayoutWriter& writer, const PointSet& set) {
  if (!set.normals.empty())
    writer.array(normals_path, flat(set.normals), {set.size(), 3}, {"point", "xyz"}, "1");
  if (set.triangles.empty()) return;
  std::vector<std::uint32_t> corners;
  corners.reserve(3 * set.triangles.size());
  for (const auto& triangle : set.triangles) corners.insert(corners.end(), triangle.begin(), triangle.end());
  writer.array(triangles_path, corners, {set.triangles.size(), 3}, {"triangle", "corner"}, "1");
}

void read_surface(const LayoutReader& reader, const std::string& path, PointSet& set) {
  if (reader.file().exists(normals_path))
    set.normals = vectors(triples<double>(reader, path, normals_path, "components for each normal"));
  if (!reader.file().exists(triangles_path)) return;
  const auto corners = triples<std::uint32_t>(reader, path, triangles_path, "corners for each triangle");
  for (std::size_t i = 0; i + 2 < corners.size(); i += 3)
    set.triangles.push_back({corners[i], corners[i + 1], corners[i + 2]});
}

}  // namespace

void write_points(const std::string& path, const PointSet& set, const Provenance& provenance,
                  IfExists if_exists) {
  if (const std::string fault = fault_of(set); !fault.empty())
    throw ComputationError("{}: cannot be written: {}", path, fault);
  LayoutWriter writer(path, "points", provenance, if_exists);
  writer.file().set_attribute("/", "frame", set.frame);
  writer.array(points_path, flat(set.points_mm), {set.size(), 3}, {"point", "xyz"}, "mm");
  writer.texts(labels_path, set.labels, {set.size()}, {"point"});
  if (!set.weights.empty()) writer.array(weights_path, set.weights, {set.size()}, {"point"}, "1");
  if (!set.standard_deviations_mm.empty())
    writer.array(deviations_path, set.standard_deviations_mm, {set.size()}, {"point"}, "mm");
  write_surface(writer, set);
  writer.finish();
}

PointSet read_points(const std::string& path) {
  const LayoutReader reader(path, "points");
  const h5::File& file = reader.file();
  PointSet set;
  set.points_mm = vectors(triples<double>(reader, path, points_path, "coordinates for each point"));
  set.labels = file.texts(labels_path);
  if (file.exists(weights_path)) set.weights = reader.array<double>(weights_path);
  if (file.exists(deviations_path)) set.standard_deviations_mm = reader.array<double>(deviations_path);
  read_surface(reader, path, set);
  set.frame = file.text_attribute("/", "frame");
  if (const std::string fault = fault_of(set); !fault.empty()) throw InputError("{}: {}", path, fault);
  return set;
}

}  // namespace snitt::store
