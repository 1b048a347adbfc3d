#include "base/error.hpp"
#include "store/container.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {
constexpr const char* points_path = "/points";
constexpr const char* labels_path = "/labels";
constexpr const char* weights_path = "/weights";
constexpr const char* deviations_path = "/standard_deviations";
}  // namespace

void write_points(const std::string& path, const PointSet& set, const Provenance& provenance,
                  IfExists if_exists) {
  if (const std::string fault = fault_of(set); !fault.empty())
    throw ComputationError("{}: cannot be written: {}", path, fault);
  LayoutWriter writer(path, "points", provenance, if_exists);
  writer.file().set_attribute("/", "frame", set.frame);
  std::vector<double> coordinates;
  coordinates.reserve(3 * set.size());
  for (const Vec3 p : set.points_mm) coordinates.insert(coordinates.end(), {p.x, p.y, p.z});
  writer.array(points_path, coordinates, {set.size(), 3}, {"point", "xyz"}, "mm");
  writer.texts(labels_path, set.labels, {set.size()}, {"point"});
  if (!set.weights.empty()) writer.array(weights_path, set.weights, {set.size()}, {"point"}, "1");
  if (!set.standard_deviations_mm.empty())
    writer.array(deviations_path, set.standard_deviations_mm, {set.size()}, {"point"}, "mm");
  writer.finish();
}

PointSet read_points(const std::string& path) {
  const LayoutReader reader(path, "points");
  const h5::File& file = reader.file();
  if (const h5::Shape shape = file.info(points_path).shape; shape.size() != 2 || shape[1] != 3)
    throw InputError("{}: {} does not hold three coordinates for each point", path, points_path);
  const auto coordinates = reader.array<double>(points_path);
  PointSet set;
  for (std::size_t i = 0; i + 2 < coordinates.size(); i += 3)
    set.points_mm.push_back({coordinates[i], coordinates[i + 1], coordinates[i + 2]});
  set.labels = file.texts(labels_path);
  if (file.exists(weights_path)) set.weights = reader.array<double>(weights_path);
  if (file.exists(deviations_path)) set.standard_deviations_mm = reader.array<double>(deviations_path);
  set.frame = file.text_attribute("/", "frame");
  if (const std::string fault = fault_of(set); !fault.empty()) throw InputError("{}: {}", path, fault);
  return set;
}

}  // namespace snitt::store
