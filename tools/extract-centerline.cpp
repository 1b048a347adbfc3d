#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"
#include "trees/centerline.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "extract-centerline", "registration", "find the center lines of a mask of airways or vessels",
    "MASK is a volume whose values above 0 lie inside tubes (snitt-segment-airways, snitt-segment-vessels, "
    "or any "
    "other). It is thinned to lines, ends that are mere bumps of the wall are taken away, lines are smoothed "
    "below a "
    "voxel and moved to the middle of the tubes. The tree begins at the thickest end, or the one nearest to "
    "--root-mm; rings are kept as links.\n\n"
    "Radii come from cuts across the mask, or with --image from the image it was made of: for airways the "
    "edge lies "
    "half way between lumen and wall, corrected for walls too thin for the image's blur; for vessels half "
    "way between "
    "the middle and what lies around."};

struct Settings {
  std::string mask;
  std::string image;
  std::string output;
  std::string quantity = "airways";
  std::optional<std::vector<double>> root_mm;
  std::string pieces = "default";
  double shortest_piece_mm = 10;
  double protrusion = 0.5;
  std::optional<double> node_spacing_mm;
};

void declare(Options& options, Settings& s) {
  options.input("MASK", s.mask, "mask of the tubes");
  options.output(s.output, "tree file to write");
  options.file("--image", s.image, "the image that the mask was made of, to measure radii in");
  options.choice("--quantity", s.quantity,
                 {{"airways", "dark tubes with bright walls; one tree"},
                  {"vessels", "bright tubes; as many trees as there are"}},
                 "what the mask shows");
  options.values("--root-mm", s.root_mm, "X Y Z", {-1e6, 1e6},
                 "the end nearest to this point is the root (the thickest end if not given)");
  options.choice("--pieces", s.pieces,
                 {{"default", "largest for airways, all for vessels"},
                  {"largest", "the one with the longest lines, or nearest to --root-mm"},
                  {"all", "every one"}},
                 "which pieces to keep of a mask that falls apart");
  options.value("--shortest-piece-mm", s.shortest_piece_mm, {0, 1e4},
                "pieces with shorter lines altogether are left out");
  options.value("--protrusion", s.protrusion, {0, 10},
                "how far an end must come out of the tube it hangs on, as a share of that tube's radius");
  options.value("--node-spacing-mm", s.node_spacing_mm, {0.01, 100},
                "distance of the nodes (the finest voxel spacing if not given)");
  options.example(
      "snitt-extract-centerline sample_data/airways/lumen.h5 --image sample_data/airways/chest.h5 -o "
      "airway-tree.h5",
      "the tree of segmented airways, radii from the CT");
}

/// The image itself, given by mistake, would make a tree of its own shape.
void refuse_what_is_no_mask(const Volume& volume, const std::string& path) {
  constexpr std::size_t most = 64;  // labels of all parts of a lung
  std::set<float> values;
  for (const float value : image::scalar_volume(volume, path).values)
    if (values.insert(value).second && values.size() > most)
      throw InputError(
          "{}: has more than {} different values and the quantity '{}'; expected a mask "
          "(snitt-segment-airways "
          "and snitt-segment-vessels make one)",
          path, most, volume.quantity);
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  Monitor& monitor = session.monitor();
  const Volume read = shell::read_volume(s.mask, monitor);
  refuse_what_is_no_mask(read, s.mask);
  const image::VoxelMask mask = image::voxel_mask(read, s.mask);
  image::ScalarVolume grey;
  if (!s.image.empty()) {
    grey = image::scalar_volume(shell::read_volume(s.image, monitor), s.image);
    if (!(grey.geometry == mask.geometry))
      throw InputError("{}: lies on another grid than {}; expected the image that the mask was made of",
                       s.image, s.mask);
  }
  trees::CenterlineSettings settings;
  settings.quantity = s.quantity;
  settings.protrusion = s.protrusion;
  settings.node_spacing_mm = s.node_spacing_mm;
  settings.shortest_piece_mm = s.shortest_piece_mm;
  settings.largest_piece_only = s.pieces == "largest" || (s.pieces == "default" && s.quantity == "airways");
  if (s.root_mm) settings.root_mm = Vec3{s.root_mm->at(0), s.root_mm->at(1), s.root_mm->at(2)};
  trees::CenterlineResult found;
  try {
    found = trees::extract_centerline(mask, s.image.empty() ? nullptr : &grey, settings, monitor);
  } catch (const ComputationError& error) {
    throw ComputationError("{}: {}", s.mask, error.what());
  }
  found.tree.frame = read.frame;
  for (const std::string& reason : found.record.reasons) monitor.warn(reason);
  store::write_tree(s.output, found.tree, session.provenance(),
                    session.overwrite() ? IfExists::overwrite : IfExists::refuse, &found.record);
  session.result(shell::calibration_text(found.record), shell::calibration_json(found.record));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
