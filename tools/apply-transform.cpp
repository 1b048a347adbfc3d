#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "data/moved_points.hpp"
#include "formats/volume_file.hpp"
#include "image/label_values.hpp"
#include "image/resampling.hpp"
#include "image_registration/starts.hpp"
#include "shell/point_input.hpp"
#include "shell/tool.hpp"
#include "shell/transform_input.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "apply-transform", "registration", "bring images, labels, points, surfaces and trees into another frame",
    "Reads INPUT and the transforms that are given, in any order and number, and brings INPUT from its frame "
    "into the frame that is wanted. Which transforms are needed, in which order and whether forwards or "
    "backwards follows from the names of their frames and is printed, as Fixed → Atlas → Moving; there is "
    "nothing to get wrong by order or direction. Linear transforms are inverted exactly, others numerically, "
    "with the error printed.\n\n"
    "Points, surfaces and trees move along the chain from their frame to the wanted one.\n\n"
    "An image is pulled onto the grid of --reference, an image in the wanted frame: the value of each voxel "
    "is looked up where the chain from there to the frame of INPUT leads. A registration writes "
    "FixedToMoving: "
    "with it, a moving image comes onto the fixed grid without an inverse, and landmarks of the fixed image "
    "move to the moving one. Labels take the value of the nearest voxel; other images are interpolated.\n\n"
    "A file whose frame is LPS, patient space without a name of its own, does not say which of the "
    "transforms' "
    "frames it is in: --frame does."};

struct Settings {
  std::string input;
  std::vector<std::string> transforms;
  std::string output;
  std::string frame;
  std::string to;
  std::string reference;
  std::string interpolation = "auto";
  double outside = 0;
  shell::PointInput points;
};

void declare(Options& options, Settings& s) {
  options.input("INPUT", s.input, "volume, points or tree, of Snitt or of a foreign format");
  options.inputs("TRANSFORM", s.transforms, "Snitt transform file");
  options.output(s.output, "file to write, of the layout of INPUT");
  options.section("Coordinate frames");
  options.text("--frame", s.frame, "FRAME", "frame of INPUT, where its file says LPS only");
  options.text("--to", s.to, "FRAME",
               "frame wanted; by default that of --reference, else the other end of the chain of transforms");
  options.section("Images");
  options.file("--reference", s.reference, "image in the wanted frame whose grid the result gets");
  options.choice("--interpolation", s.interpolation,
                 {{"auto", "nearest where INPUT says that it holds labels, else linear"},
                  {"nearest", "value of the nearest voxel: for labels"},
                  {"linear", "between the eight voxels around"},
                  {"cubic", "cubic B-spline through the voxels: sharper, may overshoot"}},
                 "how values between voxels are found");
  options.value("--outside-value", s.outside, {}, "value where INPUT has none");
  options.section("Points of foreign formats");
  options.choice("--coordinates", s.points.coordinates, shell::coordinate_choices(),
                 "what the coordinates of points are");
  options.example(
      "snitt-apply-transform sample_data/landmarks/mr.fcsv sample_data/transforms/MrToTracker.h5 --frame Mr "
      "-o mr_in_tracker.h5",
      "Landmarks of a patient's image into the space of the tracker");
}

enum class Kind { volume, points, tree };

Kind kind_of(const Settings& s) {
  if (store::is_snitt_file(s.input)) {
    const std::string layout = store::layout_of(s.input);
    if (layout == "volume") return Kind::volume;
    if (layout == "points") return Kind::points;
    if (layout == "tree") return Kind::tree;
    throw InputError("{}: holds {}; expected a volume, points or a tree", s.input, layout);
  }
  return formats::is_volume(s.input) ? Kind::volume : Kind::points;
}

/// The chain an object takes, with what is said about it.
struct Way {
  std::vector<SpatialTransform> transforms;
  std::vector<TransformName> names;
  std::string from;
  std::string to;
};

/// `own`: frame in INPUT's file; `reference`: in that of the reference.
Way way_of(const Settings& s, const std::string& own, const std::string& reference) {
  Way way;
  way.transforms = shell::read_transforms(s.transforms);
  way.names = shell::names_of(way.transforms);
  way.from = shell::frame_of_object(s.input, own, s.frame, "--frame", way.names);
  way.to = s.to;
  if (way.to.empty() && !reference.empty() && reference != "LPS") way.to = reference;
  if (!reference.empty() && reference != "LPS" && reference != way.to)
    throw UsageError("{}: is in frame {}; --to says {}", s.reference, reference, way.to);
  if (way.to.empty()) {
    const auto end = far_end(way.names, way.from);
    if (!end)
      throw UsageError(
          "{}: the transforms do not form one line that starts at {}; expected --to with the frame "
          "that is wanted",
          s.input, way.from);
    way.to = *end;
  }
  if (way.to == way.from)
    throw UsageError("{}: is in frame {} already; expected another frame (see --to and --frame)", s.input,
                     way.from);
  return way;
}

/// The interpolation asked for, or the one that fits: between two labels there is no third.
std::string interpolation_for(const Settings& s, const Volume& volume, Monitor& monitor) {
  if (image::is_label_image(volume)) {
    if (s.interpolation == "linear" || s.interpolation == "cubic")
      throw UsageError(
          "{}: its quantity is {}, and --interpolation {} makes numbers between labels that mean nothing; "
          "expected --interpolation nearest or auto",
          s.input, volume.quantity, s.interpolation);
    return "nearest";
  }
  if (s.interpolation != "auto") return s.interpolation;
  constexpr std::size_t most_labels = 64;
  const image::ValueCount count = image::count_values(volume, most_labels);
  if (volume.quantity == "intensity" && volume.format.components == 1 && count.are_whole &&
      count.distinct > 1 && count.distinct <= most_labels)
    monitor.warn(fmt::format(
        "{}: has {} different values, all whole, and is interpolated linearly; if they are labels, "
        "give --interpolation nearest",
        s.input, count.distinct));
  return "linear";
}

image::Interpolation interpolation_of(const std::string& word) {
  return word == "nearest" ? image::Interpolation::nearest
         : word == "cubic" ? image::Interpolation::cubic
                           : image::Interpolation::linear;
}

/// Share of the reference's voxels that lie in INPUT, in percent. Throws ComputationError when none does.
double refuse_apart(const Settings& s, const Volume& volume, const Volume& reference, const Way& way,
                    std::size_t inside, Monitor& monitor) {
  const double percent =
      100.0 * static_cast<double>(inside) / static_cast<double>(reference.geometry.voxels());
  constexpr double little_percent = 10;
  if (percent >= little_percent) return percent;
  const std::string boxes = fmt::format("{} ({}): {}; {} ({}): {}", s.input, way.from,
                                        image_registration::box_text(volume.geometry), s.reference, way.to,
                                        image_registration::box_text(reference.geometry));
  if (inside == 0)
    throw ComputationError(
        "no voxel of {} lies in {} by these transforms ({}); expected images of the same object, the "
        "transform "
        "between their two frames in the direction of its name, and the --reference of {}",
        s.reference, s.input, boxes, way.to);
  monitor.warn(
      fmt::format("only {:.2g} % of the reference's voxels lie in {} ({})", percent, s.input, boxes));
  return percent;
}

/// What is said of images only.
struct Pulled {
  std::string interpolation;
  double inside_percent = 0;
};

void tell(shell::Session& session, const Settings& s, const Way& way, const TransformChain& chain,
          const InverseError& error, const std::optional<Pulled>& pulled) {
  const std::string text = chain_text(way.names, chain, pulled ? way.to : way.from);
  nlohmann::json json{{"from", way.from}, {"to", way.to}, {"chain", text}};
  nlohmann::json used = nlohmann::json::array();
  for (const ChainLink& link : chain)
    used.push_back({{"transform", way.names[link.index].text()}, {"inverted", link.inverted}});
  json["transforms"] = used;
  if (error.points > 0)
    json["inverse_error"] = {{"points", error.points},
                             {"without_inverse", error.not_found},
                             {"mean_mm", error.mean_mm()},
                             {"largest_mm", error.largest_mm}};
  std::string image_text;
  if (pulled) {
    json["interpolation"] = pulled->interpolation;
    json["inside_percent"] = pulled->inside_percent;
    image_text = fmt::format("interpolation {}; {:.4g} % of the reference's voxels lie in {}\n",
                             pulled->interpolation, pulled->inside_percent, s.input);
  }
  if (error.not_found > 0)
    session.monitor().warn(
        fmt::format("{} voxels have no inverse and got the value outside", error.not_found));
  session.result(fmt::format("{}: {} ({}) is now in {}\n{}{}", s.output, s.input, way.from, way.to,
                             image_text, shell::inverse_text(error)),
                 json);
}

void apply_to_volume(const Settings& s, shell::Session& session, IfExists if_exists) {
  if (s.reference.empty())
    throw UsageError("{}: is an image; expected --reference, an image in the wanted frame whose grid it gets",
                     s.input);
  const Volume volume = shell::read_volume(s.input, session.monitor());
  const std::string interpolation = interpolation_for(s, volume, session.monitor());
  const Volume reference = shell::read_volume(s.reference, session.monitor());
  const Way way = way_of(s, volume.frame, reference.frame);
  const TransformChain chain = shell::chain_between(way.names, way.to, way.from, session.monitor());
  const ChainMapper mapper(way.transforms, chain);
  image::GridMapping mapping;
  Volume out = image::resampled(volume, reference.geometry, mapper,
                                {interpolation_of(interpolation), s.outside}, mapping);
  const double percent = refuse_apart(s, volume, reference, way, mapping.inside, session.monitor());
  out.frame = way.to;
  store::write_volume(s.output, out, session.provenance(), if_exists);
  tell(session, s, way, chain, mapping.inverse, Pulled{interpolation, percent});
}

template <typename Object, typename Write>
void apply_to_points(const Settings& s, shell::Session& session, const Object& object, const Write& write) {
  if (!s.reference.empty())
    throw UsageError("--reference is given for {}, which is no image; expected --to with a frame", s.input);
  const Way way = way_of(s, object.frame, "");
  const TransformChain chain = shell::chain_between(way.names, way.from, way.to, session.monitor());
  const ChainMapper mapper(way.transforms, chain);
  InverseError error;
  write(moved(object, mapper, way.to, error));
  tell(session, s, way, chain, error, {});
}

void run(const Settings& s, shell::Session& session) {
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  store::refuse_foreign_name(s.output);
  shell::refuse_other_files(s.transforms);
  const Kind kind = kind_of(s);
  if (kind == Kind::volume) return apply_to_volume(s, session, if_exists);
  if (kind == Kind::tree)
    return apply_to_points(s, session, store::read_tree(s.input), [&](const Tree& tree) {
      store::write_tree(s.output, tree, session.provenance(), if_exists);
    });
  const PointSet set = shell::read_points(s.input, s.points, "LPS", session.monitor());
  apply_to_points(s, session, set, [&](const PointSet& moved_set) {
    store::write_points(s.output, moved_set, session.provenance(), if_exists);
  });
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
