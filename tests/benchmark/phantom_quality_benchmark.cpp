// Processor time of finding and measuring a CatPhan 600 of 93 slices of 512 x 512 pixels on a table. With a
// folder of DICOM files as argument, that is read too.
#include <fmt/format.h>

#include <ctime>

#include "base/monitor.hpp"
#include "formats/volume_file.hpp"
#include "phantom/ct_scan.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_evidence.hpp"
#include "quality/phantom_quality.hpp"

namespace {

double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char** argv) {
  using namespace snitt;
  Monitor silent;
  phantom::CtScanSettings settings;
  settings.increment_mm = 1.95;
  settings.slice.fwhm_mm = 2;
  settings.noise.sigma_hu = 8;
  settings.has_table = true;
  Volume ct;
  if (argc > 1) {
    const double begin = seconds();
    ct = formats::read_volume(argv[1], silent);
    fmt::print("reading {:.3f} s\n", seconds() - begin);
  } else {
    ct = phantom::simulate_ct_phantom(ct_phantom_model("catphan-600"), settings).ct;
  }
  fmt::print("{} slices of {} x {} pixels\n", ct.geometry.size[2], ct.geometry.size[0], ct.geometry.size[1]);
  for (int round = 0; round < 3; ++round) {
    const double begin = seconds();
    { const quality::ScanEvidence evidence = quality::scan_evidence(ct, "scan"); }
    const double seen = seconds();
    const quality::PhantomScan scan =
        quality::locate_phantom(ct, "scan", ct_phantom_model("catphan-600"), ct_phantom_models(), silent);
    const double located = seconds();
    const quality::PhantomFindings findings = quality::analyze_phantom(scan, {});
    const double analyzed = seconds();
    fmt::print(
        "circles and polar planes {:.3f} s, found in all {:.3f} s, measured {:.3f} s, together {:.3f} s; {} "
        "measures\n",
        seen - begin, located - seen, analyzed - located, analyzed - seen, findings.measures.size());
  }
}
