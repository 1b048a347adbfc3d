#pragma once
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/table.hpp"
#include "quality/observer.hpp"
#include "quality/phantom_scan.hpp"

/// What is measured in a test object, one row per measure, and how analyses of modules are found.
namespace snitt::quality {

struct PhantomMeasure {
  std::string module;   ///< "CTP404"; "" for the whole phantom
  std::string measure;  ///< "hu", "noise_hu", "slice_thickness_mm": lower case, units at the end
  std::string object;   ///< "Teflon", "centre", "ramp 1"; "" where there is none
  double value = 0;
  std::string units = "1";
  double nominal = not_found;    ///< NaN: none is stated
  double tolerance = not_found;  ///< largest |value - nominal|; NaN: none is stated, no verdict
  std::string note{};            ///< how far it can be trusted, where that is in doubt; "" otherwise
  /// "pass" or "fail" by nominal and tolerance, "" without them.
  std::string verdict() const;
};

/// A region of a slice that was measured, for the picture that shows it.
struct MeasuredRegion {
  std::size_t slice = 0;
  PlanePoint centre;
  double radius_mm = 0;  ///< of a circle; half the side of a square
  bool is_square = false;
  std::string label;
};

/// Names of a module's objects: the material, with " 2", " 3" for further rods of one material.
std::vector<std::string> object_names(const PhantomModule& module);

/// A resolution function kept for what comes after it: d' of a task takes that of the most alike contrast.
struct InsertTransfer {
  std::string object;
  TransferFunction transfer;
  std::string module;
};

struct PhantomFindings {
  std::vector<PhantomMeasure> measures;
  std::vector<std::pair<std::string, Table>> tables;  ///< "inserts", "ttf", "mtf", "nps_radial", …
  std::vector<MeasuredRegion> regions;
  std::vector<std::string> reasons;  ///< what is doubtful, each a sentence that says what to do
  std::vector<InsertTransfer> transfers;
  std::optional<NoisePower> noise;                               ///< of the first uniform module
  std::vector<std::pair<std::string, NoisePower>> module_noise;  ///< of each, by its name
  void add(const PhantomMeasure& measure) { measures.push_back(measure); }
  /// The table of that name, to which rows are added; made with these columns when it is not there.
  Table& table(const std::string& name, const std::vector<Column>& columns);
};

/// What the user may say about the analyses.
struct PhantomAnalysisOptions {
  std::vector<DetectionTask> tasks;  ///< for d'
  ObserverOptions observer;
  bool keep_nps_2d = false;
  double stated_slice_thickness_mm = not_found;  ///< nominal of what the ramps give
  bool has_resolution = true;                    ///< TTF, MTF and d', which take half of the time
};

/// Each adds what it finds; a module that lacks what the analysis looks for is passed over. What a scan holds
/// decides: an analysis looks at the objects of the module's description, not at the model's name.
using ModuleAnalysis = void (*)(const PhantomScan&, const FoundModule&, const PhantomAnalysisOptions&,
                                PhantomFindings&);

/// The analyses in their order: every one is offered every found module. A new kind of module adds its line
/// in phantom_analyses.cpp.
const std::vector<ModuleAnalysis>& phantom_analyses();

}  // namespace snitt::quality
