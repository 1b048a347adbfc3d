#pragma once
#include <optional>
#include <string>
#include <vector>

#include "activity/low_value.hpp"
#include "activity/repeat_tally.hpp"
#include "base/monitor.hpp"
#include "data/calibration.hpp"

/// Examinations of a patient that follow one another.
namespace snitt::activity {

struct RepeatOptions {
  RepeatRules rules;
  std::optional<std::string> start,
      end;  ///< moments or dates in local time; by default first and last examination
  std::size_t memory_bytes = std::size_t{1}
                             << 30;  ///< of items held at once; more go through temporary files
};

struct RepeatResult {
  Table repeats;             ///< one row per kind and window
  CalibrationRecord record;  ///< tables all, pairs, escalation, persons_by_frequency, concentration, lorenz,
                             ///< excluded, indicators
};

/// Throws InputError as RecordItems does, and when no row is an examination of a known patient.
RepeatResult repeats(const RepeatSource& source, const std::vector<Indicator>& indicators,
                     const RepeatOptions& options, Monitor& monitor);

}  // namespace snitt::activity
