#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "data/table.hpp"

/// Scores of images by readers.
namespace snitt::benchmark {

struct GradeColumns {
  std::string score = "score";
  std::string case_name = "case";
  std::string reader = "reader";
};

/// One column of the model: numbers, their natural logarithm, or words (a term for each but the first).
struct Covariate {
  std::string column;
  bool logarithm = false;
};
/// "dose" or "log:dose".
Covariate covariate_from(const std::string& text);

struct GradeOptions {
  GradeColumns columns;
  std::vector<Covariate> covariates;
  std::optional<double> wanted_score;  ///< images of this score and better
  double wanted_share = 0.8;           ///< by what share of scores
  std::string condition;               ///< column of two conditions to compare; "" for none
  std::string reference;               ///< its value that is the reference
  std::string test;                    ///< its value that is compared
  std::string truth;  ///< column of 0 and 1: diseased; makes it an ROC study of all conditions
  std::size_t replicates = 2000;
  std::uint64_t seed = 1;
};

/// Visual grading regression (Smedby and Fredrikson 2010): an ordinal logistic model with random intercepts
/// of cases and readers. The record's tables: coefficients, dose (for the wanted score and share), reduction
/// (of dose for equal scores), intercepts.
CalibrationRecord regress_grades(const Table& table, const GradeOptions& options, const std::string& where);

/// Visual grading characteristics of two conditions. Tables: areas, operating_points.
CalibrationRecord compare_grades(const Table& table, const GradeOptions& options, const std::string& where);

/// Multi-reader multi-case ROC. Tables: areas, modalities, differences.
CalibrationRecord compare_detection(const Table& table, const GradeOptions& options,
                                    const std::string& where);

}  // namespace snitt::benchmark
