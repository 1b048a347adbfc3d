#include "shell/transform_input.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "formats/transform_file.hpp"
#include "store/layouts.hpp"

namespace snitt::shell {

namespace {

const char* kind_text(const std::string& path) {
  switch (formats::transform_file_kind(path)) {
    case formats::TransformFileKind::itk_text:
    case formats::TransformFileKind::itk_hdf5:
    case formats::TransformFileKind::itk_matlab:
      return "an ITK transform";
    case formats::TransformFileKind::elastix:
      return "a transform of elastix";
    case formats::TransformFileKind::dicom:
      return "a DICOM registration";
    case formats::TransformFileKind::vectors:
      return "an image of vectors";
    case formats::TransformFileKind::matrix:
      return "a matrix, as of FLIRT or NiftyReg";
    case formats::TransformFileKind::none:
      break;
  }
  return nullptr;
}

}  // namespace

void refuse_other_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (store::is_snitt_file(path)) {
      const std::string layout = store::layout_of(path);
      if (layout != "transform")
        throw InputError("{}: holds {}; expected a Snitt transform file", path, layout);
      continue;
    }
    const char* kind = kind_text(path);
    if (kind == nullptr) throw InputError("{}: is no transform; expected a Snitt transform file", path);
    throw InputError(
        "{}: is {}, which does not say between which frames it maps; expected a Snitt transform file "
        "(snitt-import {} --transform <From>To<To> makes one)",
        path, kind, path);
  }
}

std::vector<SpatialTransform> read_transforms(const std::vector<std::string>& paths) {
  std::vector<SpatialTransform> transforms;
  refuse_other_files(paths);
  for (const std::string& path : paths) {
    transforms.push_back(store::read_spatial_transform(path));
    for (std::size_t i = 0; i + 1 < transforms.size(); ++i)
      if (transforms[i].name == transforms.back().name)
        throw InputError("{} and {}: both are {}; expected one", paths[i], path, transforms[i].name.text());
  }
  return transforms;
}

std::vector<TransformName> names_of(const std::vector<SpatialTransform>& transforms) {
  std::vector<TransformName> names;
  for (const SpatialTransform& transform : transforms) names.push_back(transform.name);
  return names;
}

std::string frame_of_object(const std::string& path, const std::string& own, const std::string& asked,
                            const std::string& option, const std::vector<TransformName>& names) {
  if (!asked.empty()) {
    if (own != "LPS" && own != asked)
      throw UsageError("{}: is in frame {}; {} says {}", path, own, option, asked);
    return asked;
  }
  std::vector<std::string> frames;
  for (const TransformName& name : names)
    for (const std::string& frame : {name.from, name.to})
      if (std::find(frames.begin(), frames.end(), frame) == frames.end()) frames.push_back(frame);
  if (own != "LPS" || std::find(frames.begin(), frames.end(), own) != frames.end()) return own;
  throw UsageError("{}: is in frame LPS, patient space without a name of its own; expected {} with one of {}",
                   path, option, fmt::join(frames, ", "));
}

TransformChain chain_between(const std::vector<TransformName>& names, const std::string& from,
                             const std::string& to, Monitor& monitor) {
  const TransformChain chain = find_chain(names, from, to);
  std::vector<std::string> inverted;
  std::vector<std::string> unused;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto link = std::find_if(chain.begin(), chain.end(), [&](ChainLink l) { return l.index == i; });
    if (link == chain.end())
      unused.push_back(names[i].text());
    else if (link->inverted)
      inverted.push_back(names[i].text());
  }
  monitor.inform(chain_text(names, chain, from) +
                 (inverted.empty() ? "" : fmt::format(", by the inverse of {}", fmt::join(inverted, ", "))));
  if (!unused.empty())
    monitor.warn(
        fmt::format("{} is not on the way from {} to {} and is not used", fmt::join(unused, ", "), from, to));
  return chain;
}

std::string inverse_text(const InverseError& error) {
  if (error.points == 0) return "";
  return fmt::format(
      "numerical inverse: {} points, error {:.2g} mm on average, {:.2g} mm at most, {} without "
      "an inverse\n",
      error.points, error.mean_mm(), error.largest_mm, error.not_found);
}

}  // namespace snitt::shell
