#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/constant_transforms.hpp"
#include "register-points/settings.hpp"
#include "registration/landmarks.hpp"
#include "registration/point_registration.hpp"
#include "shell/calibration_text.hpp"
#include "shell/modes.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

using register_points::Settings;

const shell::ToolInfo info{
    "register-points", "registration", "find the map between two surfaces or sets of points",
    "FIXED and MOVING hold the same object in two spaces: surfaces (PLY, STL, OBJ, VTK), sets of points, or "
    "masks, whose surface is taken. Nothing need be known of how they lie: poses are sought from features "
    "that look alike and from the principal axes, refined by closest points both ways, trimmed to what both "
    "sets show, and compared. With --correspondences the first point belongs to the first, or equal labels "
    "to each other, and most of these pairs may be wrong.\n\n"
    "The result maps points of the fixed space to points of the moving one; both are named in the file. The "
    "file also says how well: intervals, distances, overlap and coverage of both sets, how firmly the "
    "surfaces hold each other, and the other poses that were found. A shape that fits in two poses, surfaces "
    "that slide on each other, little overlap and a poor fit make the result doubtful, with the reason; a "
    "start that leads to a worse pose than the search found is refused.\n\n"
    "--model nonrigid bends by coherent point drift after a linear map, and writes the bending as a "
    "thin-plate spline."};

void declare_bending(Options& options, Settings& s) {
  options.section("Coherent point drift");
  options.value("--omega", s.omega, {0, 0.99}, "share of the moving points that are outliers (w of CPD)");
  options.value("--beta", s.beta, {0.01, 100},
                "width of the bending's kernel, in units of the fixed set's radius");
  options.value("--lambda", s.lambda, {1e-6, 1e9}, "weight of smoothness");
  options.value("--rank", s.rank, {4, 1000}, "rank of the kernel matrix");
  options.choice("--linear-model", s.linear_model,
                 {{"rigid", "place and turn"}, {"similarity", "and one scale"}, {"affine", "any linear map"}},
                 "what comes before the bending");
  options.value("--drift-points", s.drift_points, {10, 100000}, "points of each set that the drift sees");
  options.value("--control-points", s.control_points, {10, 4000},
                "points of the thin-plate spline that carries the bending");
}

void declare_inputs(Options& options, Settings& s) {
  shell::declare_frames(options, s.frames);
  options.section("Input");
  options.value("--points", s.points, {10, 1000000}, "points of each set to use at most");
  options.choice("--fixed-coordinates", s.fixed_input.coordinates, shell::coordinate_choices(),
                 "what the coordinates of FIXED are");
  options.choice("--moving-coordinates", s.moving_input.coordinates, shell::coordinate_choices(),
                 "what the coordinates of MOVING are");
  options.value("--fixed-label", s.fixed_label, {0, 65535},
                "label whose voxels are the object in FIXED, a volume; 0: all that are not 0");
  options.value("--moving-label", s.moving_label, {0, 65535}, "label in MOVING, likewise");
  options.value("--smoothing-mm", s.smoothing_mm, {0, 100},
                "standard deviation over which masks are smoothed before their surface is taken; 0: 0.7 of "
                "the largest spacing");
}

void declare(Options& options, Settings& s) {
  options.input("FIXED", s.fixed, "surface, points or mask in the fixed space");
  options.input("MOVING", s.moving, "the same object in the moving space");
  options.output(s.output, "transform file to write, from the fixed to the moving space");
  options.choice("--model", s.model,
                 {{"rigid", "place and turn"},
                  {"similarity", "and one scale"},
                  {"affine", "any linear map"},
                  {"nonrigid", "a linear map, then bending"}},
                 "what may differ between the spaces");
  options.choice("--method", s.method,
                 {{"auto", "icp, and for nonrigid cpd after it"},
                  {"icp", "iterated closest points, trimmed, both ways"},
                  {"cpd", "coherent point drift"},
                  {"bcpd", "Bayesian coherent point drift, nonrigid alone"}},
                 "how the sets are brought together");
  options.choice("--start", s.start,
                 {{"global", "no guess: from features and principal axes"},
                  {"identity", "as the sets lie"},
                  {"centers", "mean on mean"},
                  {"file", "the linear transform of --start-transform"}},
                 "where to begin");
  options.file("--start-transform", s.start_transform,
               "linear transform from the fixed to the moving space to begin with");
  options.choice("--distance", s.distance,
                 {{"auto", "plane for 100 points and more, else point"},
                  {"point", "between points"},
                  {"plane", "along the normals"}},
                 "what closest points minimise");
  options.value("--overlap", s.overlap, {0.05, 1},
                "share of each set that the other shows; by default found for each in every step");
  options.choice("--correspondences", s.correspondences,
                 {{"features", "none said: sought from features of the surface and principal axes"},
                  {"order", "the first point belongs to the first, and so on"},
                  {"label", "points of equal label belong together"}},
                 "which points are said to belong together, though most may not");
  options.value("--noise-mm", s.noise_mm, {1e-12, 1e6},
                "with correspondences: distance within which a pair agrees; by default found");
  options.extra_output("--moved", s.moved, "also write the points of FIXED as the result maps them");
  options.extra_output("--distance-table", s.distances, "also write the distances (or residuals) as a table");
  declare_bending(options, s);
  declare_inputs(options, s);
  options.example(
      "snitt-register-points sample_data/surfaces/pairs_fixed.ply sample_data/surfaces/pairs_moving.ply "
      "--fixed-coordinates as-they-are --moving-coordinates as-they-are --correspondences order --model "
      "similarity -o similar.h5",
      "Ten pairs of which three are wrong");
  options.example(
      "snitt-register-points sample_data/surfaces/lung_baseline.mha sample_data/surfaces/lung_followup.mha "
      "--fixed-frame Baseline --moving-frame Followup --model nonrigid -o lung.h5",
      "A lung at two times, from its masks");
}

void refuse_contradictions(const Settings& s) {
  const Settings initial;
  shell::refuse_others("--model", s.model,
                       {{"--beta", s.beta != initial.beta, {"nonrigid"}},
                        {"--lambda", s.lambda != initial.lambda, {"nonrigid"}},
                        {"--rank", s.rank != initial.rank, {"nonrigid"}},
                        {"--linear-model", s.linear_model != initial.linear_model, {"nonrigid"}},
                        {"--control-points", s.control_points != initial.control_points, {"nonrigid"}}});
  if (s.method == "bcpd" && s.model != "nonrigid")
    throw UsageError("--method bcpd belongs to --model nonrigid");
  if (s.method == "icp" && s.model == "nonrigid")
    throw UsageError("--model nonrigid bends by cpd or bcpd; expected one of them as --method");
  if ((s.start == "file") != !s.start_transform.empty())
    throw UsageError("--start file and --start-transform belong together; expected both or neither");
  if (s.correspondences == "features") {
    if (s.noise_mm) throw UsageError("--noise-mm belongs to --correspondences order or label");
    return;
  }
  if (s.model != "rigid" && s.model != "similarity")
    throw UsageError(
        "--correspondences {} finds rigid and similarity maps; expected --model rigid or "
        "similarity (snitt-register-landmarks fits others)",
        s.correspondences);
  if (s.start != "global" || s.overlap || s.method != "auto" || s.distance != "auto")
    throw UsageError(
        "--correspondences {} needs no --start, --overlap, --method or --distance; expected none of them",
        s.correspondences);
}

LandmarkModel model_of(const std::string& word) {
  if (word == "similarity") return LandmarkModel::similarity;
  return word == "affine" ? LandmarkModel::affine : LandmarkModel::rigid;
}

registration::PointStart start_of(const std::string& word) {
  if (word == "identity") return registration::PointStart::identity;
  if (word == "centers") return registration::PointStart::centers;
  return word == "file" ? registration::PointStart::given : registration::PointStart::global;
}

registration::PointRegistrationOptions options_of(const Settings& s, const TransformName& name,
                                                  std::size_t points) {
  registration::PointRegistrationOptions options;
  options.model = model_of(s.model == "nonrigid" ? s.linear_model : s.model);
  options.start = start_of(s.start);
  if (!s.start_transform.empty())
    options.given_start = formats::read_constant_transform(s.start_transform, name.from, name.to).matrix;
  const bool to_plane = s.distance == "plane" || (s.distance == "auto" && points >= 100);
  options.distance = to_plane ? registration::PointDistance::to_plane : registration::PointDistance::to_point;
  options.overlap = s.overlap;
  options.drift.w = s.omega;
  options.drift_points = static_cast<std::size_t>(s.drift_points);
  options.control_points = static_cast<std::size_t>(s.control_points);
  if (s.model != "nonrigid") {
    if (s.method == "cpd") options.method = registration::LinearMethod::drift;
    return options;
  }
  registration::DriftOptions bending = options.drift;
  if (s.method == "bcpd") bending.form = registration::DriftForm::bayesian;
  bending.beta = s.beta;
  bending.lambda = s.lambda;
  bending.rank = static_cast<std::size_t>(s.rank);
  options.nonrigid = bending;
  return options;
}

registration::PointRegistration find_map(const Settings& s, const PointSet& fixed, const PointSet& moving,
                                         const TransformName& name, Monitor& monitor) {
  try {
    if (s.correspondences != "features") {
      const registration::LandmarkPairs pairs = registration::pair_landmarks(
          fixed, moving,
          s.correspondences == "order" ? registration::LandmarkMatching::by_order
                                       : registration::LandmarkMatching::by_label);
      return registration::register_correspondences(pairs.fixed_mm, pairs.moving_mm, pairs.labels,
                                                    {s.model == "similarity", s.noise_mm});
    }
    const auto most = static_cast<std::size_t>(s.points);
    const registration::PointCloud f = registration::make_cloud(fixed, most, "the fixed set");
    const registration::PointCloud m = registration::make_cloud(moving, most, "the moving set");
    return registration::register_points(f, m, options_of(s, name, std::min(f.size(), m.size())), monitor);
  } catch (const InputError& error) {
    throw InputError("{} and {}: {}", s.fixed, s.moving, error.what());
  } catch (const ComputationError& error) {
    throw ComputationError("{} and {}: {}", s.fixed, s.moving, error.what());
  }
}

/// The fixed set in the moving space; normals of bent surfaces would be wrong and are left out.
PointSet moved_set(const PointSet& fixed, const SpatialTransform& transform) {
  PointSet moved = fixed;
  for (Vec3& p : moved.points_mm) p = map_point(transform, p);
  moved.normals.clear();
  moved.frame = transform.name.to;
  return moved;
}

void run(const Settings& s, shell::Session& session) {
  refuse_contradictions(s);
  Monitor& monitor = session.monitor();
  const PointSet fixed =
      register_points::read_input(s.fixed, s.fixed_input, s.fixed_label, s.smoothing_mm, monitor);
  const PointSet moving =
      register_points::read_input(s.moving, s.moving_input, s.moving_label, s.smoothing_mm, monitor);
  const TransformName name = shell::registration_name(s.frames, fixed.frame, moving.frame);
  const registration::PointRegistration found = find_map(s, fixed, moving, name, monitor);
  for (const std::string& reason : found.record.reasons) monitor.warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const SpatialTransform transform{name, found.steps};
  store::write_spatial_transform(s.output, transform, session.provenance(), if_exists, &found.record);
  if (!s.moved.empty())
    store::write_points(s.moved, moved_set(fixed, transform), session.provenance(), if_exists);
  if (!s.distances.empty())
    store::write_table(s.distances, found.record.tables.front().second, session.provenance(), if_exists);

  nlohmann::json json = shell::calibration_json(found.record);
  json["transform"] = name.text();
  json["from"] = name.from;
  json["to"] = name.to;
  json["matrix"] = found.matrix.m;
  const std::string maps = fmt::format("maps {} (fixed) to {} (moving)\n", name.from, name.to);
  session.result(maps + shell::calibration_text(found.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::register_points::Settings>(snitt::info, snitt::declare, snitt::run,
                                                                  argc, argv);
}
