#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "phantom/airway_ct.hpp"
#include "phantom/airway_tree.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "phantom-tree", "files", "make an image of airways or vessels that are known exactly",
    "Grows a tree with the proportions of human airways or arteries and simulates an image of it: a chest CT "
    "(airways with walls, arteries beside them, lung tissue with texture, soft tissue; partial volume, point "
    "spread, noise), an angiography (bright vessels on tissue) or a power Doppler image (blurred flow on "
    "nothing).\n\n"
    "The tree itself (--truth) and what each voxel is (--labels) are the truth that segmentation, center "
    "lines "
    "and routes can be compared with. Labels of a chest: 1 lumen, 2 wall, 3 artery, 4 lung, 0 the rest; of "
    "vessels: 1 vessel.\n\n"
    "Nothing is random but by --seed: the same options give the same files. Space is LPS with the carina, or "
    "the middle of the vessels, at the origin."};

struct Settings {
  std::string output;
  std::string kind = "airways";
  std::string truth;
  std::string labels;
  std::int64_t seed = 1;
  double scale = 1;
  std::optional<double> root_radius_mm;
  std::optional<double> smallest_radius_mm;
  std::array<double, 3> spacing_mm{0.7, 0.7, 0.7};
  double point_spread_mm = 0.5;
  std::optional<double> noise;
  std::optional<double> texture;
  double wall_share = 1;
  bool no_arteries = false;
};

void declare(Options& options, Settings& s) {
  options.output(s.output, "volume file for the image");
  options.choice("--kind", s.kind,
                 {{"airways", "chest CT of an airway tree"},
                  {"angiography", "bright vessels on tissue"},
                  {"doppler", "blurred flow on nothing"}},
                 "what is shown");
  options.extra_output("--truth", s.truth, "also write the tree");
  options.extra_output("--labels", s.labels, "also write what each voxel is");
  options.section("Tree");
  options.value("--seed", s.seed, {0, 9e15}, "seed of the tree, texture and noise");
  options.value("--scale", s.scale, {0.05, 5}, "size of the body; the radii below are those at 1");
  options.value("--root-radius-mm", s.root_radius_mm, {0.1, 30},
                "radius of the trachea (8.5 if not given) or of the artery that enters (2.5)");
  options.value("--smallest-radius-mm", s.smallest_radius_mm, {0.1, 10},
                "no thinner branch is grown (airways 1, vessels 0.6 if not given)");
  options.section("Image");
  options.per_axis("--spacing-mm", s.spacing_mm, {0.05, 20}, "voxel size");
  options.value("--point-spread-mm", s.point_spread_mm, {0, 10},
                "standard deviation of the scanner's blur, besides the voxel's own");
  options.value("--noise", s.noise, {0, 1e4},
                "standard deviation of the noise (25 HU in a CT, 20 otherwise, if not given)");
  options.value("--texture", s.texture, {0, 1e4},
                "standard deviation of the tissue's texture (35 HU in a CT, 15 otherwise, if not given)");
  options.value("--wall-share", s.wall_share, {0, 5}, "walls of airways thicker or thinner by this factor");
  options.flag("--no-arteries", s.no_arteries, "airways without arteries beside them");
  options.example(
      "snitt-phantom-tree --seed 3 --scale 0.5 --smallest-radius-mm 2 --spacing-mm 1 --truth tree-truth.h5 "
      "--labels tree-labels.h5 -o chest.h5",
      "a chest CT of half size for a quick trial, with its tree");
  options.example("snitt-phantom-tree --kind angiography --scale 0.5 --spacing-mm 0.5 -o vessels.h5",
                  "vessels as an angiography shows them");
}

void refuse_same_outputs(const Settings& s) {
  if (s.truth == s.output || s.labels == s.output || (!s.truth.empty() && s.truth == s.labels))
    throw UsageError("--output, --truth and --labels name the same file; expected different ones");
  for (const std::string& path : {s.output, s.truth, s.labels})
    if (!path.empty()) store::refuse_foreign_name(path);
}

struct Made {
  Tree tree;
  phantom::SimulatedCt image;
};

Made airways(const Settings& s) {
  phantom::AirwayTreeSettings tree;
  tree.seed = static_cast<std::uint64_t>(s.seed);
  tree.scale = s.scale;
  tree.trachea_radius_mm = s.root_radius_mm.value_or(tree.trachea_radius_mm);
  tree.smallest_radius_mm = s.smallest_radius_mm.value_or(tree.smallest_radius_mm);
  phantom::AirwayCtSettings ct;
  ct.seed = tree.seed;
  ct.spacing_mm = {s.spacing_mm[0], s.spacing_mm[1], s.spacing_mm[2]};
  ct.point_spread_mm = s.point_spread_mm;
  ct.noise_hu = s.noise.value_or(ct.noise_hu);
  ct.texture_hu = s.texture.value_or(ct.texture_hu);
  ct.wall_share = s.wall_share;
  ct.vessels = !s.no_arteries;
  const phantom::AirwayTree made = phantom::airway_tree(tree);
  return {made.tree, phantom::airway_ct(made, ct)};
}

Made vessels(const Settings& s) {
  phantom::VesselTreeSettings tree;
  tree.seed = static_cast<std::uint64_t>(s.seed);
  tree.root_radius_mm = s.scale * s.root_radius_mm.value_or(tree.root_radius_mm);
  tree.smallest_radius_mm = s.scale * s.smallest_radius_mm.value_or(tree.smallest_radius_mm);
  tree.half_size_mm = s.scale * tree.half_size_mm;
  phantom::VesselImageSettings image;
  image.seed = tree.seed;
  image.spacing_mm = {s.spacing_mm[0], s.spacing_mm[1], s.spacing_mm[2]};
  image.point_spread_mm = s.point_spread_mm;
  image.noise = s.noise.value_or(image.noise);
  image.texture = s.texture.value_or(image.texture);
  image.contrast =
      s.kind == "doppler" ? phantom::VesselContrast::doppler : phantom::VesselContrast::angiography;
  const Tree made = phantom::vessel_tree(tree);
  return {made, phantom::vessel_image(made, image)};
}

void run(const Settings& s, shell::Session& session) {
  refuse_same_outputs(s);
  const Made made = s.kind == "airways" ? airways(s) : vessels(s);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (!s.truth.empty()) store::write_tree(s.truth, made.tree, session.provenance(), if_exists);
  if (!s.labels.empty()) store::write_volume(s.labels, made.image.labels, session.provenance(), if_exists);
  store::write_volume(s.output, made.image.image, session.provenance(), if_exists);
  const auto& size = made.image.image.geometry.size;
  session.result(fmt::format("{} branches, {} nodes, image of {} x {} x {} voxels\n",
                             made.tree.branch_list.size(), made.tree.size(), size[0], size[1], size[2]),
                 {{"branches", made.tree.branch_list.size()}, {"nodes", made.tree.size()}, {"size", size}});
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
