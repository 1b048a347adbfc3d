#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "registration/landmarks.hpp"
#include "shell/calibration_text.hpp"
#include "shell/point_input.hpp"
#include "shell/registration_frames.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{"register-landmarks", "registration",
                           "find the map between two spaces from landmarks in both",
                           "FIXED and MOVING hold the same landmarks in two spaces: points files, or what "
                           "snitt-import reads as points "
                           "(3D Slicer, MNI, elastix, CSV). They are matched by label.\n\n"
                           "The result maps points of the fixed space to points of the moving one, as ITK "
                           "wants it to resample the moving "
                           "image on the fixed grid; both spaces are named in the file. To bring points of "
                           "the moving space into the fixed "
                           "one, take the inverse.\n\n"
                           "The file also says how well: 95 % confidence intervals, the residual of each "
                           "landmark (FRE), its leave-one-out "
                           "error, and the error to be expected at targets (TRE, Fitzpatrick 1998). Few "
                           "landmarks, landmarks near a line, "
                           "swapped or duplicated ones and a half turn, as from RAS taken for LPS, make the "
                           "result doubtful, with the "
                           "reason; mirror images and what does not determine the map are refused."};

struct Settings {
  std::string fixed;
  std::string moving;
  std::string output;
  std::string model = "rigid";
  std::string match = "label";
  std::string targets;
  std::string target_table;
  shell::RegistrationFrames frames;
  shell::PointInput fixed_input;
  shell::PointInput moving_input;
};

void declare(Options& options, Settings& s) {
  options.input("FIXED", s.fixed, "landmarks in the fixed space");
  options.input("MOVING", s.moving, "the same landmarks in the moving space");
  options.output(s.output, "transform file to write, from the fixed to the moving space");
  options.choice("--model", s.model,
                 {{"rigid", "place and turn"},
                  {"similarity", "and one scale"},
                  {"affine", "any linear map: scales and shears too; wants four landmarks and more"}},
                 "what may differ between the spaces");
  options.choice("--match", s.match,
                 {{"label", "landmarks of equal label belong together"},
                  {"order", "the first belongs to the first, and so on"}},
                 "which landmarks belong together");
  options.section("Targets");
  options.file("--targets", s.targets,
               "points of the fixed space at which to predict the error, in coordinates as FIXED has them");
  options.extra_output("--target-table", s.target_table, "also write the errors at the targets as a table");
  shell::declare_frames(options, s.frames);
  options.section("Files in foreign formats");
  options.choice("--fixed-coordinates", s.fixed_input.coordinates, shell::coordinate_choices(),
                 "what the coordinates of FIXED and of the targets are");
  options.choice("--moving-coordinates", s.moving_input.coordinates, shell::coordinate_choices(),
                 "what the coordinates of MOVING are");
  options.value("--fixed-volume", s.fixed_input.volume, {0, 2},
                "volume to take from FIXED, an MNI file of two; 0: it has one");
  options.value("--moving-volume", s.moving_input.volume, {0, 2}, "volume to take from MOVING, likewise");
  options.file("--fixed-image", s.fixed_input.image, "image whose voxel indices FIXED holds");
  options.file("--moving-image", s.moving_input.image, "image whose voxel indices MOVING holds");
  options.example(
      "snitt-register-landmarks sample_data/landmarks/mr.fcsv sample_data/landmarks/tracker.csv "
      "--moving-coordinates as-they-are --fixed-frame Mr --moving-frame Tracker -o landmarks.h5",
      "A patient's image to a tracker");
  options.example(
      "snitt-register-landmarks sample_data/landmarks/mr.fcsv sample_data/landmarks/tracker.csv "
      "--moving-coordinates as-they-are --targets sample_data/landmarks/targets.csv --target-table "
      "targets.h5 -o "
      "tre.h5",
      "And the error to be expected at targets inside");
}

LandmarkModel model_of(const std::string& word) {
  if (word == "similarity") return LandmarkModel::similarity;
  return word == "affine" ? LandmarkModel::affine : LandmarkModel::rigid;
}

PointSet read_targets(const Settings& s, Monitor& monitor) {
  if (s.targets.empty()) return {};
  if (store::is_snitt_file(s.targets)) return store::read_points(s.targets);
  return shell::read_points(s.targets, s.fixed_input, "LPS", monitor);
}

std::string target_text(const std::vector<registration::TargetError>& targets) {
  std::string text;
  for (const registration::TargetError& t : targets)
    text +=
        fmt::format("target {:<16} {:.3g} mm expected error, at {:.3f} {:.3f} {:.3f} in the moving space\n",
                    t.label, t.tre_mm, t.moving_mm.x, t.moving_mm.y, t.moving_mm.z);
  return text;
}

void tell_unmatched(const registration::LandmarkPairs& pairs, Monitor& monitor) {
  if (!pairs.only_fixed.empty())
    monitor.inform(fmt::format("only in the fixed space: {}", fmt::join(pairs.only_fixed, ", ")));
  if (!pairs.only_moving.empty())
    monitor.inform(fmt::format("only in the moving space: {}", fmt::join(pairs.only_moving, ", ")));
}

void run(const Settings& s, shell::Session& session) {
  if (!s.target_table.empty() && s.targets.empty())
    throw UsageError("--target-table is given without --targets");
  Monitor& monitor = session.monitor();
  const PointSet fixed = shell::read_points(s.fixed, s.fixed_input, "LPS", monitor);
  const PointSet moving = shell::read_points(s.moving, s.moving_input, "LPS", monitor);
  const TransformName name = shell::registration_name(s.frames, fixed.frame, moving.frame);
  const PointSet targets = read_targets(s, monitor);
  registration::LandmarkRegistration found;
  try {
    const registration::LandmarkPairs pairs =
        registration::pair_landmarks(fixed, moving,
                                     s.match == "order" ? registration::LandmarkMatching::by_order
                                                        : registration::LandmarkMatching::by_label);
    tell_unmatched(pairs, monitor);
    found = registration::register_landmarks(pairs, model_of(s.model), targets);
  } catch (const InputError& error) {
    throw InputError("{} and {}: {} (see --match)", s.fixed, s.moving, error.what());
  } catch (const ComputationError& error) {
    throw ComputationError("{} and {}: {}", s.fixed, s.moving, error.what());
  }
  for (const std::string& reason : found.record.reasons) monitor.warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const StaticTransform transform{name, found.fit.matrix};
  store::write_transform(s.output, transform, session.provenance(), if_exists, &found.record);
  if (const Table* table = found.record.table("targets"); table != nullptr && !s.target_table.empty())
    store::write_table(s.target_table, *table, session.provenance(), if_exists);

  nlohmann::json json = shell::calibration_json(found.record);
  json["transform"] = name.text();
  json["from"] = name.from;
  json["to"] = name.to;
  json["matrix"] = transform.matrix.m;
  json["targets"] = nlohmann::json::array();
  for (const registration::TargetError& t : found.targets)
    json["targets"].push_back({{"label", t.label}, {"predicted_tre_mm", t.tre_mm}});
  const std::string maps = fmt::format("maps {} (fixed) to {} (moving)\n", name.from, name.to);
  session.result(maps + target_text(found.targets) + shell::calibration_text(found.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
