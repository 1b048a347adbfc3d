#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "quality/patient_quality.hpp"
#include "shell/calibration_text.hpp"
#include "shell/ct_input.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "patient-quality", "dose and quality",
    "measure noise, texture, resolution and contrast in CT of patients",
    "CT is a series of axial slices in HU: a folder of DICOM files, a zip or tar archive of them, or a "
    "volume. "
    "The output is a table with a row per slice: global noise level (Christianson 2015), size of the body to "
    "compare it at, soft tissue and fat, resolution at the skin's edge (after Sanders 2016). For the series "
    "there are medians with intervals, the noise power spectrum of uniform patches of soft tissue, the "
    "transfer function, and d' of the tasks stated.\n\n"
    "Slices without a body, with metal, or with too little soft tissue are listed with the reason and left "
    "out "
    "of the medians. The mask of soft tissue and the kernel are options, because published programs differ "
    "in "
    "them; noise levels of different definitions must not be compared.\n\n"
    "The transfer function is that of an edge of 1000 HU. Iterative and learned reconstructions resolve "
    "faint "
    "objects less well: d' is then too good."};

struct Settings {
  std::string output;
  std::string noise_map;
  std::string definition = "local-mean";
  std::optional<std::vector<double>> tissue_hu;
  std::optional<double> bin_hu;
  std::string kernel_shape = "square";
  std::string skin_side = "outer";
  std::vector<std::string> tasks;
  std::string observer = "npw";
  quality::PatientQualityOptions quality;
  shell::CtInput input;
};

void declare_noise(Options& options, Settings& s) {
  options.section("Noise");
  options.choice(
      "--definition", s.definition,
      {{"local-mean", "means of the kernel are soft tissue's, edges are out, peak between the bins"},
       {"mayo", "pixels of 0 to 150 HU, fullest bin of 0.2 HU"},
       {"ku-leuven", "pixels of 0 to 170 HU, fullest bin of 0.1 HU"},
       {"actilib", "pixels of 0 to 150 HU, all others set to 0, fullest bin of 1 HU"}},
      "how the global noise level is taken, by the program whose mask and bins it has");
  options.values("--tissue-hu", s.tissue_hu, "LOW HIGH", {-1000, 3000},
                 "what soft tissue is, instead of what the definition says");
  options.value("--kernel-mm", s.quality.noise.kernel_mm, {1, 50}, "width of the kernel of local deviations");
  options.choice("--kernel-shape", s.kernel_shape, {{"square", "all published ones"}, {"disk", "round"}},
                 "its shape");
  options.value("--bin-hu", s.bin_hu, {0.01, 10}, "bins of the deviations, instead of the definition's");
  options.value("--smallest-tissue-mm2", s.quality.noise.smallest_tissue_mm2, {1, 1e6},
                "a slice with less soft tissue has no noise level");
  options.value("--metal-hu", s.quality.noise.metal_hu, {500, 1e5}, "metal is at least this dense");
  options.extra_output("--noise-map", s.noise_map, "volume to write, of the local standard deviation");
}

void declare_texture(Options& options, Settings& s) {
  options.section("Texture, resolution, detectability");
  options.value("--patch-mm", s.quality.patches.size_mm, {5, 100},
                "side of the patches for the noise power spectrum");
  options.choice("--skin-side", s.skin_side,
                 {{"outer", "the air's side of the line spread, mirrored: blind to the layers of the skin"},
                  {"both", "both sides, as published"}},
                 "what of the skin's edge is used");
  options.texts("--task", s.tasks, "SHAPE:MM:HU",
                "object to detect: disk, gaussian or designer, its diameter and contrast, as disk:5:10");
  options.choice("--observer", s.observer,
                 {{"npw", "non-prewhitening matched filter"}, {"npwe", "the same with an eye filter"}},
                 "who detects it");
}

void declare(Options& options, Settings& s) {
  options.input("CT", s.input.path, "CT in HU: DICOM folder, file or archive, or a volume");
  options.output(s.output, "table to write, one row per slice");
  declare_noise(options, s);
  declare_texture(options, s);
  options.section("Body");
  options.value("--threshold-hu", s.quality.body.threshold_hu, {-900, 0}, "tissue is at least this dense");
  options.value("--smallest-area-mm2", s.quality.body.smallest_area_mm2, {1, 1e6},
                "a smaller region is no body");
  options.value("--lightest-hu", s.quality.body.lightest_hu, {-1024, 0},
                "a region with a lower mean is no body but a couch");
  shell::declare_ct_series(options, s.input);
  options.example("snitt-patient-quality sample_data/patient-quality -o quality.h5 --task disk:5:20",
                  "noise, texture, resolution, and how well a faint lesion could be seen");
  options.example(
      "snitt-patient-quality sample_data/patient-quality -o quality-mayo.h5 --definition mayo "
      "--noise-map noise.h5",
      "noise as another program defines it, with a map of it");
}

quality::PatientQualityOptions quality_options(const Settings& s) {
  quality::PatientQualityOptions options = s.quality;
  quality::GlobalNoiseOptions& noise = options.noise;
  if (s.definition != "local-mean") {
    noise.mask =
        s.definition == "actilib" ? quality::TissueMask::pixel_others_zero : quality::TissueMask::pixel;
    noise.deviation = quality::DeviationOf::population;
    noise.estimate = quality::ModeEstimate::fullest_bin;
    noise.highest_hu = s.definition == "ku-leuven" ? 170 : 150;
    noise.bin_hu = s.definition == "actilib" ? 1 : s.definition == "mayo" ? 0.2 : 0.1;
  }
  if (s.tissue_hu) {
    noise.lowest_hu = s.tissue_hu->at(0);
    noise.highest_hu = s.tissue_hu->at(1);
    if (noise.lowest_hu >= noise.highest_hu)
      throw UsageError("--tissue-hu: its range is {} to {} HU; expected the smaller value first",
                       noise.lowest_hu, noise.highest_hu);
  }
  if (s.bin_hu) noise.bin_hu = *s.bin_hu;
  noise.shape = s.kernel_shape == "disk" ? quality::KernelShape::disk : quality::KernelShape::square;
  options.skin.side = s.skin_side == "both" ? quality::EdgeSide::both : quality::EdgeSide::outer;
  for (const std::string& task : s.tasks) options.tasks.push_back(quality::detection_task(task));
  options.observer.observer = s.observer == "npwe" ? quality::Observer::npwe : quality::Observer::npw;
  options.noise_map = !s.noise_map.empty();
  return options;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (!s.noise_map.empty()) store::refuse_foreign_name(s.noise_map);
  const quality::PatientQualityOptions options = quality_options(s);
  const shell::CtSeries series = shell::read_ct(s.input, s.output, session.monitor());
  const quality::PatientQuality found =
      quality::patient_quality(series.ct, s.input.path, options, session.monitor());
  for (const std::string& reason : found.record.reasons) session.monitor().warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (found.noise_map) store::write_volume(s.noise_map, *found.noise_map, session.provenance(), if_exists);
  store::write_table(s.output, quality::quality_table(found, options.tasks), session.provenance(), if_exists,
                     &found.record);
  session.result(shell::calibration_text(found.record), shell::calibration_json(found.record));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
