#include "store/compare.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "store/container.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

const std::set<std::string> not_compared{"/provenance", "/metadata", "/header"};
const std::set<std::string> attributes_not_compared{"sha256", "complete", "layout_version",
                                                    "text_heap_sha256"};

/// All objects, groups before what they hold.
void list_objects(const h5::File& file, const std::string& group, std::set<std::string>& paths) {
  for (const h5::Child& child : file.children(group)) {
    const std::string path = (group == "/" ? "" : group) + "/" + child.name;
    // The ITK view shows the same numbers again.
    if (not_compared.contains(path) || path == "/ITKImage" || path == "/parameters") continue;
    paths.insert(path);
    if (child.kind == h5::ObjectKind::group) list_objects(file, path, paths);
  }
}

template <typename T>
struct Tally {
  std::size_t values = 0;
  double largest = 0;
  double squares = 0;

  void add(std::span<const std::byte> a, std::span<const std::byte> b, double tolerance) {
    const auto* x = reinterpret_cast<const T*>(a.data());
    const auto* y = reinterpret_cast<const T*>(b.data());
    for (std::size_t i = 0; i < a.size() / sizeof(T); ++i) {
      if (x[i] == y[i]) continue;
      const double p = static_cast<double>(x[i]);
      const double q = static_cast<double>(y[i]);
      if (std::isnan(p) && std::isnan(q)) continue;
      const double difference =
          std::isnan(p) || std::isnan(q) ? std::numeric_limits<double>::infinity() : std::abs(p - q);
      largest = std::max(largest, difference);
      squares += difference * difference;
      if (difference > tolerance) ++values;
    }
  }
};

template <typename T>
void compare_numbers(const h5::File& a, const h5::File& b, const std::string& path,
                     const CompareOptions& options, std::vector<Difference>& differences) {
  ChunkedReader left(a, path);
  ChunkedReader right(b, path);
  constexpr std::size_t block = std::size_t{32} << 20;
  std::vector<std::byte> x(std::min(block, left.size_bytes()));
  std::vector<std::byte> y(x.size());
  Tally<T> tally;
  for (std::size_t at = 0; at < left.size_bytes(); at += block) {
    const std::size_t size = std::min(block, left.size_bytes() - at);
    left.read(at, std::span(x).first(size));
    right.read(at, std::span(y).first(size));
    tally.add(std::span(x).first(size), std::span(y).first(size), options.tolerance);
  }
  if (tally.values == 0) return;
  const std::size_t total = left.size_bytes() / sizeof(T);
  const double rms = std::sqrt(tally.squares / static_cast<double>(total));
  differences.push_back({path,
                         fmt::format("{} of {} values differ, by at most {:.6g} (RMS {:.6g})", tally.values,
                                     total, tally.largest, rms),
                         tally.values, tally.largest, rms});
}

void compare_array(const h5::File& a, const h5::File& b, const std::string& path,
                   const CompareOptions& options, std::vector<Difference>& differences) {
  const h5::DatasetInfo left = a.info(path);
  const h5::DatasetInfo right = b.info(path);
  if (left.shape != right.shape || left.type != right.type) {
    differences.push_back(
        {path, fmt::format("{} [{}] against {} [{}]", h5::name_of(left.type), fmt::join(left.shape, ", "),
                           h5::name_of(right.type), fmt::join(right.shape, ", "))});
    return;
  }
  using h5::ElementType;
  switch (left.type) {
    case ElementType::text:
      if (!options.data_only && a.texts(path) != b.texts(path))
        differences.push_back({path, "the texts differ"});
      return;
    case ElementType::u8:
      return compare_numbers<std::uint8_t>(a, b, path, options, differences);
    case ElementType::i8:
      return compare_numbers<std::int8_t>(a, b, path, options, differences);
    case ElementType::u16:
      return compare_numbers<std::uint16_t>(a, b, path, options, differences);
    case ElementType::i16:
      return compare_numbers<std::int16_t>(a, b, path, options, differences);
    case ElementType::u32:
      return compare_numbers<std::uint32_t>(a, b, path, options, differences);
    case ElementType::i32:
      return compare_numbers<std::int32_t>(a, b, path, options, differences);
    case ElementType::i64:
      return compare_numbers<std::int64_t>(a, b, path, options, differences);
    case ElementType::u64:
      return compare_numbers<std::uint64_t>(a, b, path, options, differences);
    case ElementType::f32:
      return compare_numbers<float>(a, b, path, options, differences);
    case ElementType::f64:
      return compare_numbers<double>(a, b, path, options, differences);
  }
}

void compare_attributes(const h5::File& a, const h5::File& b, const std::string& object,
                        std::vector<Difference>& differences) {
  std::set<std::string> names;
  for (const h5::File* file : {&a, &b})
    for (const std::string& name : file->attributes(object))
      if (!attributes_not_compared.contains(name)) names.insert(name);
  for (const std::string& name : names) {
    const std::string shown = object + "@" + name;
    if (!a.has_attribute(object, name) || !b.has_attribute(object, name))
      differences.push_back(
          {shown, fmt::format("only in {}", a.has_attribute(object, name) ? a.shown() : b.shown())});
    else if (a.attribute_bytes(object, name) != b.attribute_bytes(object, name))
      differences.push_back(
          {shown, a.attribute_info(object, name).type == h5::ElementType::text
                      ? fmt::format("'{}' against '{}'", fmt::join(a.texts_attribute(object, name), ", "),
                                    fmt::join(b.texts_attribute(object, name), ", "))
                      : "the numbers differ"});
  }
}

std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool exists(const h5::File& file, const std::string& group) { return group.empty() || file.exists(group); }

void compare_object(const h5::File& a, const h5::File& b, const std::string& path,
                    const CompareOptions& options, std::vector<Difference>& differences) {
  const bool in_a = a.exists(path);
  if (!in_a || !b.exists(path)) {
    if (!options.data_only)
      differences.push_back({path, fmt::format("only in {}", in_a ? a.shown() : b.shown())});
    return;
  }
  const h5::ObjectKind kind = a.kind_of(path);
  if (kind != b.kind_of(path)) {
    differences.push_back(
        {path, fmt::format("a group only in {}", kind == h5::ObjectKind::group ? a.shown() : b.shown())});
    return;
  }
  if (kind == h5::ObjectKind::dataset) compare_array(a, b, path, options, differences);
  if (!options.data_only) compare_attributes(a, b, path, differences);
}

}  // namespace

std::vector<Difference> compare_files(const std::string& a, const std::string& b,
                                      const CompareOptions& options) {
  const std::string layout = layout_of(a);
  const LayoutReader left(a, layout);
  if (const std::string other = layout_of(b); other != layout)
    throw InputError("{} and {} cannot be compared: their layouts are {} and {}", a, b, layout, other);
  const LayoutReader right(b, layout);
  std::set<std::string> paths;
  list_objects(left.file(), "/", paths);
  list_objects(right.file(), "/", paths);
  std::vector<Difference> differences;
  if (!options.data_only) compare_attributes(left.file(), right.file(), "/", differences);
  for (const std::string& path : paths)
    if (exists(left.file(), parent(path)) && exists(right.file(), parent(path)))
      compare_object(left.file(), right.file(), path, options, differences);
  return differences;
}

}  // namespace snitt::store
