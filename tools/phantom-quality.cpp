#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <ctime>
#include "quality/phantom_scan.hpp"
#include "shell/ct_input.hpp"
#include "shell/tool.hpp"
namespace snitt {
namespace {
const shell::ToolInfo info{"phantom-quality", "dose and quality", "probe", "probe."};
struct Settings {
  shell::CtInput input;
  std::string output;
  std::string phantom = "auto";
};
void declare(Options& options, Settings& s) {
  options.input("CT", s.input.path, "CT in HU: DICOM folder, file or archive, or a volume");
  options.output(s.output, "table to write");
  options.text("--phantom", s.phantom, "NAME", "model");
  shell::declare_ct_series(options, s.input);
}
void run(const Settings& s, shell::Session& session) {
  const shell::CtSeries series = shell::read_ct(s.input, s.output, session.monitor());
  const auto start = std::clock();
  const quality::PhantomScan scan = s.phantom == "auto" ? quality::recognize_phantom(series.ct, s.input.path, ct_phantom_models(), session.monitor())
   : quality::locate_phantom(series.ct, s.input.path, ct_phantom_model(s.phantom), ct_phantom_models(), session.monitor());
  fmt::print("{} certainty {:.3f} roll {:.2f} mirrored {} reversed {} tilt {:.2f} cpu {:.3f}\n", scan.model.name, scan.certainty, scan.roll_deg, scan.is_mirrored, scan.is_reversed, scan.tilt_deg, double(std::clock()-start)/CLOCKS_PER_SEC);
  for (auto& a : scan.reasons) fmt::print("  {}\n", a);
  for (auto& m : scan.modules) {
    fmt::print("  {} slices {}..{} n {} score {:.3f} seen {} z {:.1f}\n", scan.description(m).name, m.slices.front(), m.slices.back(), m.slices.size(), m.score, m.is_seen, m.z_mm);
    for (auto& o : m.objects) if (o.is_found) { auto& d = scan.description(m).objects[o.object]; fmt::print("     {:12} {:6.2f} {:6.2f} -> {:6.2f} {:6.2f} c {:.1f} nominal {:.1f}\n", d.material, d.x_mm, d.y_mm, o.x_mm, o.y_mm, o.contrast_hu, d.hu - scan.description(m).background_hu); }
  }
  for (std::size_t k = 0; k < scan.slices.size(); k += 1 + scan.slices.size()/12) { auto& p = scan.slices[k]; fmt::print("  {} c {:.2f} {:.2f} d {:.2f} rms {:.3f} arc {:.2f} z {:.1f} m {} s {:.2f}\n", k, p.centre.column, p.centre.row, p.body_diameter_mm, p.circle_rms_mm, p.arc_share, p.z_mm, p.module, p.score); }
}
}
}
int main(int argc, char** argv) { return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv); }
