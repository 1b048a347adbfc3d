#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"
#include "trees/airway_segmentation.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{"segment-airways", "registration",
                           "find the lumen of trachea and bronchi in a chest CT",
                           "CT is a chest CT in HU. A wavefront runs from the trachea, which is found by its "
                           "round dark cut in the upper "
                           "slices (or given with --seed-mm), through the airways: a branch ends where its "
                           "front divides, dies or leaks. "
                           "A voxel belongs to an airway when walls stand on both sides of it and it is "
                           "darker than what lies there; a "
                           "branch, when its front does not widen suddenly, does not fall into pieces, and "
                           "is darker than lung tissue. What "
                           "leaks is taken back and tried again with a lower threshold.\n\n"
                           "The output is a volume of labels, 1 in the lumen. Its numbers (volume, branches, "
                           "leaks refused) and doubts are "
                           "printed; --branch-table keeps them, with a row for each branch.\n\n"
                           "Next: snitt-extract-centerline."};

struct Settings {
  std::string ct;
  std::string output;
  std::string branch_table;
  std::optional<std::vector<double>> seed_mm;
  double shortest_branch_mm = 2;
};

void declare(Options& options, Settings& s) {
  options.input("CT", s.ct, "chest CT in HU");
  options.output(s.output, "volume file for the labels");
  options.values("--seed-mm", s.seed_mm, "X Y Z", {-1e6, 1e6},
                 "a point inside the trachea, if it is not found");
  options.value("--shortest-branch-mm", s.shortest_branch_mm, {0, 100}, "a shorter branch is not kept");
  options.extra_output("--branch-table", s.branch_table,
                       "also write a table of the branches and what was found");
  options.example("snitt-segment-airways sample_data/airways/chest.h5 -o lumen.h5",
                  "airways of a simulated CT");
}

Volume labels_of(const image::VoxelMask& mask, const Volume& like) {
  Volume labels;
  labels.geometry = mask.geometry;
  labels.format = {PixelType::u8, 1};
  labels.frame = like.frame;
  labels.quantity = "label";
  labels.voxels.resize(mask.inside.size());
  std::transform(mask.inside.begin(), mask.inside.end(), labels.voxels.begin(),
                 [](std::uint8_t v) { return std::byte{v}; });
  return labels;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (s.branch_table == s.output)
    throw UsageError("--branch-table and --output are both '{}'; expected two files", s.output);
  Monitor& monitor = session.monitor();
  const Volume ct = shell::read_volume(s.ct, monitor);
  if (ct.units != "HU")
    monitor.warn(fmt::format("{}: its values have units '{}'; they are taken for HU", s.ct, ct.units));
  trees::AirwaySettings settings;
  settings.shortest_branch_mm = s.shortest_branch_mm;
  if (s.seed_mm) settings.seed_mm = Vec3{s.seed_mm->at(0), s.seed_mm->at(1), s.seed_mm->at(2)};
  trees::AirwaySegmentation found;
  try {
    found = trees::segment_airways(image::scalar_volume(ct, s.ct), settings, monitor);
  } catch (const ComputationError& error) {
    throw ComputationError("{}: {}", s.ct, error.what());
  }
  for (const std::string& reason : found.record.reasons) monitor.warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (!s.branch_table.empty())
    store::write_table(s.branch_table, *found.record.table("branches"), session.provenance(), if_exists,
                       &found.record);
  store::write_volume(s.output, labels_of(found.lumen, ct), session.provenance(), if_exists);
  session.result(shell::calibration_text(found.record), shell::calibration_json(found.record));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
