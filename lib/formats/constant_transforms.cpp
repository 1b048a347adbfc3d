#include "formats/constant_transforms.hpp"

#include "base/error.hpp"
#include "formats/plus_config.hpp"
#include "formats/transform_file.hpp"
#include "store/layouts.hpp"

namespace snitt::formats {

std::vector<StaticTransform> read_constant_transforms(const std::string& path,
                                                      const std::optional<TransformName>& itk_name) {
  if (store::is_snitt_file(path)) return {store::read_transform(path)};
  if (is_plus_config(path)) return read_plus_transforms(path);
  if (!is_transform(path))
    throw InputError("{}: is neither a Snitt transform file, a PLUS configuration nor an ITK transform",
                     path);
  if (!itk_name)
    throw UsageError(
        "{}: does not say between which frames it maps (snitt-import --transform <From>To<To> makes a "
        "transform file that does)",
        path);
  return {read_transform(path, *itk_name)};
}

StaticTransform read_constant_transform(const std::string& path, const std::string& from,
                                        const std::string& to) {
  std::string known;
  for (const StaticTransform& t : read_constant_transforms(path)) {
    if (t.name.from == from && (to.empty() || t.name.to == to)) return t;
    known += (known.empty() ? "" : ", ") + t.name.text();
  }
  throw InputError("{}: has {}; expected a transform {}To{}", path, known.empty() ? "no transform" : known,
                   from, to.empty() ? "…" : to);
}

}  // namespace snitt::formats
