#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "image/deformation.hpp"
#include "shell/tool.hpp"
#include "shell/transform_input.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "compose-transforms", "registration", "make one transform of several, by the names of their frames",
    "Reads transforms in any order and number and writes the one that leads from the frame --from to the "
    "frame "
    "--to. Their order and direction follow from the names of their frames and are printed, as Fixed → Atlas "
    "→ "
    "Moving. Linear transforms next to each other are multiplied; others become the steps of a composite.\n\n"
    "With --grid, an image of the frame --from, all becomes one displacement field on its grid, as other "
    "programs want it, with the largest error of the sampling between voxels said. A chain that goes against "
    "a "
    "transform that bends space needs that too: the inverse is found numerically, and its error printed."};

struct Settings {
  std::vector<std::string> transforms;
  std::string output;
  std::string from;
  std::string to;
  std::string grid;
  std::optional<double> spacing_mm;
};

void declare(Options& options, Settings& s) {
  options.inputs("TRANSFORM", s.transforms, "Snitt transform file");
  options.output(s.output, "transform file to write");
  options.text("--from", s.from, "FRAME",
               "frame of the points that go in; by default where a line of transforms, all forwards, starts");
  options.text("--to", s.to, "FRAME", "frame of the points that come out; by default where that line ends");
  options.section("One displacement field");
  options.file("--grid", s.grid, "image in the frame --from on whose grid the field is sampled");
  options.value("--grid-spacing-mm", s.spacing_mm, {1e-3, 1e3}, "spacing of the field, in the image's box");
  options.example(
      "snitt-compose-transforms sample_data/transforms/MrToTracker.h5 --from Tracker --to Mr -o back.h5",
      "From the tracker to the image");
}

/// Where the transforms lead when they are one line and all of one direction.
TransformName ends_of(const Settings& s, const std::vector<TransformName>& names) {
  if (!s.from.empty() && !s.to.empty()) return {s.from, s.to};
  if (!s.from.empty())
    if (const auto end = far_end(names, s.from)) return {s.from, *end};
  if (!s.to.empty())
    if (const auto start = far_end(names, s.to)) return {*start, s.to};
  std::vector<TransformName> found;
  if (s.from.empty() && s.to.empty())
    for (const TransformName& name : names) {
      const auto end = far_end(names, name.from);
      if (!end) continue;
      bool forwards = true;
      for (const ChainLink& link : find_chain(names, name.from, *end)) forwards = forwards && !link.inverted;
      if (forwards) found.push_back({name.from, *end});
    }
  if (found.size() != 1)
    throw UsageError(
        "the transforms do not form one line, all in one direction; expected --from and --to with the frames "
        "that are wanted");
  return found.front();
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (s.spacing_mm && s.grid.empty()) throw UsageError("--grid-spacing-mm is given without --grid");
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const std::vector<SpatialTransform> transforms = shell::read_transforms(s.transforms);
  const std::vector<TransformName> names = shell::names_of(transforms);
  const TransformName name = ends_of(s, names);
  if (name.from == name.to)
    throw UsageError("the chain starts and ends in {}; expected two frames", name.from);
  const TransformChain chain = shell::chain_between(names, name.from, name.to, session.monitor());
  const std::string text = chain_text(names, chain, name.from);
  nlohmann::json json{{"from", name.from}, {"to", name.to}, {"chain", text}};
  std::optional<SpatialTransform> product = composed(transforms, chain, name);
  std::string said;
  if (!s.grid.empty()) {
    VolumeGeometry grid = shell::read_volume(s.grid, session.monitor()).geometry;
    if (s.spacing_mm) grid = image::respaced(grid, *s.spacing_mm);
    const ChainMapper mapper(transforms, chain);
    InverseError error;
    product = SpatialTransform{name, {image::displacement_field(mapper, grid, error)}};
    const image::DistanceSummary sampling = image::sampling_error(mapper, *product, grid);
    said = shell::inverse_text(error) +
           fmt::format(
               "sampled on {} x {} x {} voxels: error in between {:.2g} mm on average, {:.2g} mm at most\n",
               grid.size[0], grid.size[1], grid.size[2], sampling.mean, sampling.largest);
    if (error.not_found > 0)
      session.monitor().warn(
          fmt::format("{} voxels have no inverse and were filled from their neighbours", error.not_found));
    json["sampling_error"] = {{"mean_mm", sampling.mean}, {"largest_mm", sampling.largest}};
    json["without_inverse"] = error.not_found;
  } else if (!product) {
    throw UsageError(
        "{} goes against a transform that bends space, which has an inverse on a grid only; expected --grid "
        "with "
        "an image in frame {} (or snitt-invert-transform first)",
        text, name.from);
  }
  store::write_spatial_transform(s.output, *product, session.provenance(), if_exists);
  json["steps"] = nlohmann::json::array();
  for (const TransformStep& step : product->steps) json["steps"].push_back(name_of(step));
  session.result(fmt::format("maps {} to {}: {}\n{}", name.from, name.to, text, said), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
