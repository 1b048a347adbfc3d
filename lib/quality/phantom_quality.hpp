#pragma once
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/volume.hpp"
#include "quality/phantom_result.hpp"

/// From a scan of a test object to one table of measures.
namespace snitt::quality {

/// A nominal value and tolerance of the user's own, instead of the model's.
struct NominalValue {
  std::string module;  ///< "" for any
  std::string measure;
  std::string object;  ///< "" for any
  double nominal = not_found;
  double tolerance = not_found;
};

/// CSV with columns measure, object, nominal, tolerance and perhaps module; the CSV of a result table is one.
/// Rows without a nominal value are passed over. Throws InputError.
std::vector<NominalValue> read_nominal_values(const std::string& path);

/// The model with the nominal HU of the rods as `values` have them (measure "hu", object a material): what a
/// line is fitted to. Throws InputError for values that no object of the model takes, naming those there are.
CtPhantomModel with_nominal_values(CtPhantomModel model, const std::vector<NominalValue>& values);
/// Sets nominal and tolerance of the other measures.
void apply_nominal_values(const std::vector<NominalValue>& values, std::vector<PhantomMeasure>& measures);

/// One row per measure: module, measure, object, value, units, nominal, difference, tolerance, verdict.
Table measure_table(const std::vector<PhantomMeasure>& measures);

/// Certainty, place and the measures a physicist looks at first; tables localization, objects, inserts, ttf,
/// …
CalibrationRecord phantom_record(const PhantomScan& scan, const PhantomFindings& findings);

/// "disk:5:10", "gaussian:3:-20", "designer:5:10:1": shape, diameter in mm, contrast in HU, exponent. Throws
/// UsageError.
DetectionTask parse_task(const std::string& text);

}  // namespace snitt::quality
