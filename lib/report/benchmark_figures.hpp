#pragma once
#include "data/calibration.hpp"
#include "report/figure.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// Whether a result is of the kind that snitt-benchmark writes: its columns, not only its name.
bool is_benchmark(const Table& groups, const CalibrationRecord& record);

/// For each exam of snitt-benchmark's result: the groups' distributions with reference level, achievable dose
/// and published levels; doses adjusted for size; the funnel of patients above the level; dose against
/// quality with the recommended dose.
Figures benchmark_figures(const Table& groups, const CalibrationRecord& record, const Wording& wording);

/// Tables that these figures draw, which no other rule needs to.
bool is_drawn_as_benchmark(const std::string& table);

}  // namespace snitt::report
