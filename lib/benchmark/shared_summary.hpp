#pragma once
#include <map>
#include <string>

#include "benchmark/exam_data.hpp"
#include "data/calibration.hpp"

/// What a site may hand out instead of its patients' rows.
namespace snitt::benchmark {

/// A table of one row per exam, group and measure, and a record with two more: "sums" (counts, means and
/// centered sums of squares and products of logarithms) and "withheld".
struct SharedSummary {
  Table quantiles;
  CalibrationRecord record;
};

constexpr const char* summary_method = "benchmark-summary";

/// Quantiles that leave at least three patients between any two of them: quartiles, eighths, sixteenths or
/// thirty-seconds; never the smallest or largest value. What rests on fewer than `minimum_n` patients is
/// withheld and said so.
///
/// `levels` [exam]: also how many lie above this CTDIvol, as the table "counts", unless one or two do, or all
/// but one or two.
SharedSummary summarize(const ExamData& data, std::size_t minimum_n,
                        const std::map<std::string, double>& levels = {});

/// The way back. Medians, quartiles, means, deviations and models are exact; values are drawn from between
/// the quantiles (straight in the logarithm over the normal quantile), so that no share of patients is off by
/// more than one gap between quantiles. Throws InputError naming `where`.
ExamData exams_from_summary(const Table& quantiles, const CalibrationRecord& record,
                            const std::string& where);

}  // namespace snitt::benchmark
