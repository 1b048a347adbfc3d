#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"
#include "trees/vessel_segmentation.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "segment-vessels", "registration", "find vessels in an angiography or a Doppler image",
    "IMAGE shows vessels as bright tubes on a darker ground: CT or MR angiography, power Doppler; with "
    "--polarity dark, "
    "as dark ones. A line filter over several scales (Sato et al. 1998) answers to tubes of the radii asked "
    "for; where "
    "it answers strongly a vessel begins, and it goes on where it answers at all; the vessel's edge lies "
    "half way between "
    "its brightness and the ground.\n\n"
    "The output is a volume of labels, 1 in vessels. Next: snitt-extract-centerline --quantity vessels."};

struct Settings {
  std::string image;
  std::string output;
  std::string response;
  std::string polarity = "bright";
  trees::VesselSettings vessels;
};

void declare(Options& options, Settings& s) {
  options.input("IMAGE", s.image, "image of vessels");
  options.output(s.output, "volume file for the labels");
  options.choice("--polarity", s.polarity,
                 {{"bright", "vessels are brighter than what lies around"}, {"dark", "darker"}},
                 "how vessels look");
  options.value("--smallest-radius-mm", s.vessels.smallest_radius_mm, {0.01, 100}, "of the vessels wanted");
  options.value("--largest-radius-mm", s.vessels.largest_radius_mm, {0.01, 100}, "of the vessels wanted");
  options.value("--scales", s.vessels.scales, {1, 50}, "number of radii tried between them, evenly by ratio");
  options.value("--high", s.vessels.high, {0, 1e9},
                "response that begins a vessel, in units of the image (a quarter of that of the clearest "
                "vessels if not given)");
  options.value(
      "--low", s.vessels.low, {0, 1e9},
      "response that a vessel goes on with (if not given, 0.4 of --high, but 4.5 times that of noise)");
  options.value("--smallest-volume-mm3", s.vessels.smallest_volume_mm3, {0, 1e9},
                "smaller pieces are left out");
  options.extra_output("--response", s.response, "also write the filter's response");
  options.example(
      "snitt-segment-vessels sample_data/airways/vessels.h5 --largest-radius-mm 2 -o vessels-mask.h5",
      "vessels of a simulated angiography");
}

template <typename T>
Volume volume_of(const std::vector<T>& values, const Volume& like, const std::string& quantity) {
  Volume volume;
  volume.geometry = like.geometry;
  volume.format = {pixel_type_of<T>(), 1};
  volume.frame = like.frame;
  volume.quantity = quantity;
  volume.voxels.resize(values.size() * sizeof(T));
  std::memcpy(volume.voxels.data(), values.data(), volume.voxels.size());
  return volume;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (s.response == s.output)
    throw UsageError("--response and --output are both '{}'; expected two files", s.output);
  if (s.vessels.largest_radius_mm < s.vessels.smallest_radius_mm)
    throw UsageError("--largest-radius-mm {} is below --smallest-radius-mm {}; expected it above",
                     s.vessels.largest_radius_mm, s.vessels.smallest_radius_mm);
  Monitor& monitor = session.monitor();
  const Volume read = shell::read_volume(s.image, monitor);
  trees::VesselSettings settings = s.vessels;
  settings.polarity = s.polarity == "dark" ? trees::Polarity::dark : trees::Polarity::bright;
  trees::VesselSegmentation found;
  try {
    found = trees::segment_vessels(image::scalar_volume(read, s.image), settings);
  } catch (const ComputationError& error) {
    throw ComputationError("{}: {}", s.image, error.what());
  }
  for (const std::string& reason : found.record.reasons) monitor.warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (!s.response.empty())
    store::write_volume(s.response, volume_of(found.response.values, read, "vesselness"),
                        session.provenance(), if_exists);
  store::write_volume(s.output, volume_of(found.mask.inside, read, "label"), session.provenance(), if_exists);
  session.result(shell::calibration_text(found.record), shell::calibration_json(found.record));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
