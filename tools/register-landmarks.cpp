#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "registration/landmarks.hpp"
#include "registration/thin_plate.hpp"
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
  std::optional<double> smoothing_mm;
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
  options.choice(
      "--model", s.model,
      {{"rigid", "place and turn"},
       {"similarity", "and one scale"},
       {"affine", "any linear map: scales and shears too; wants four landmarks and more"},
       {"thin-plate", "bends as little as the landmarks allow; wants five and more, not near a plane"}},
      "what may differ between the spaces");
  options.choice("--match", s.match,
                 {{"label", "landmarks of equal label belong together"},
                  {"order", "the first belongs to the first, and so on"}},
                 "which landmarks belong together");
  options.value(
      "--smoothing-mm", s.smoothing_mm, {0, 1e6},
      "how stiff a thin-plate spline is: 0 goes through all landmarks, more passes by; by default what "
      "predicts landmarks best that are left out");
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
      "--moving-coordinates as-they-are --model thin-plate --smoothing-mm 2 -o bent.h5",
      "A map that bends, and does not follow every millimetre of pointing error");
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

/// What every model comes down to.
struct Found {
  TransformStep step;
  std::vector<registration::TargetError> targets;
  CalibrationRecord record;
};

Found found_in(const Settings& s, const registration::LandmarkPairs& pairs, const PointSet& targets) {
  if (s.model == "thin-plate") {
    registration::ThinPlateRegistration bent =
        registration::register_thin_plate(pairs, s.smoothing_mm, targets);
    return {std::move(bent.step), std::move(bent.targets), std::move(bent.record)};
  }
  registration::LandmarkRegistration straight =
      registration::register_landmarks(pairs, model_of(s.model), targets);
  return {LinearStep{straight.fit.matrix}, std::move(straight.targets), std::move(straight.record)};
}

Found find_map(const Settings& s, const PointSet& fixed, const PointSet& moving, const PointSet& targets,
               Monitor& monitor) {
  try {
    const registration::LandmarkPairs pairs =
        registration::pair_landmarks(fixed, moving,
                                     s.match == "order" ? registration::LandmarkMatching::by_order
                                                        : registration::LandmarkMatching::by_label);
    tell_unmatched(pairs, monitor);
    return found_in(s, pairs, targets);
  } catch (const InputError& error) {
    throw InputError("{} and {}: {} (see --match)", s.fixed, s.moving, error.what());
  } catch (const ComputationError& error) {
    throw ComputationError("{} and {}: {}", s.fixed, s.moving, error.what());
  }
}

void run(const Settings& s, shell::Session& session) {
  if (s.smoothing_mm && s.model != "thin-plate")
    throw UsageError("--smoothing-mm belongs to --model thin-plate");
  if (!s.target_table.empty() && s.targets.empty())
    throw UsageError("--target-table is given without --targets");
  Monitor& monitor = session.monitor();
  const PointSet fixed = shell::read_points(s.fixed, s.fixed_input, "LPS", monitor);
  const PointSet moving = shell::read_points(s.moving, s.moving_input, "LPS", monitor);
  const TransformName name = shell::registration_name(s.frames, fixed.frame, moving.frame);
  const PointSet targets = read_targets(s, monitor);
  const Found found = find_map(s, fixed, moving, targets, monitor);
  for (const std::string& reason : found.record.reasons) monitor.warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const SpatialTransform transform{name, {found.step}};
  store::write_spatial_transform(s.output, transform, session.provenance(), if_exists, &found.record);
  if (const Table* table = found.record.table("targets"); table != nullptr && !s.target_table.empty())
    store::write_table(s.target_table, *table, session.provenance(), if_exists);

  nlohmann::json json = shell::calibration_json(found.record);
  json["transform"] = name.text();
  json["from"] = name.from;
  json["to"] = name.to;
  if (is_linear(transform)) json["matrix"] = linear_part(transform).m;
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
