#pragma once
#include <map>
#include <string>
#include <vector>

#include "activity/record_merger.hpp"
#include "data/calibration.hpp"

/// What an extraction says about itself.
namespace snitt::activity {

struct ExtractTally {
  std::size_t lines = 0;
  std::size_t blank_lines = 0;
  std::size_t rejected = 0;
  struct Reason {
    std::size_t rows = 0;
    std::size_t first_line = 0;
    std::string source;
  };
  std::map<std::pair<std::string, std::string>, Reason> reasons;  ///< by column and reason
  std::vector<std::string> notes;                                 ///< of encodings and the like
};

CalibrationRecord extraction_record(const RecordPlan& plan, const formats::ActivityMapping& mapping,
                                    const RecordFacts& facts, const ExtractTally& tally);

}  // namespace snitt::activity
