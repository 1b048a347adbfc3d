#pragma once
#include <string>
#include <vector>

#include "benchmark/benchmark.hpp"
#include "benchmark/dose_quality.hpp"
#include "data/row_table.hpp"

namespace snitt::benchmark {

/// What was computed for one exam.
struct ExamResult {
  const Exam* exam = nullptr;
  std::vector<MeasureLevels> levels;  ///< of CTDIvol, and of DLP where there is any
  std::vector<Comparison> comparisons;
  std::optional<GroupTests> tests;
  std::optional<SizeAdjustment> adjustment;
  std::string adjustment_complaint;
  Exceedance exceedance;
  std::vector<SizeBin> bins;
  std::vector<Recommendation> recommendations;  ///< by noise, by quality
};

/// Row by row into the tables of a result.
class ResultTables {
 public:
  ResultTables();
  void add(const ExamResult& result, std::size_t small_n);
  void add(const Excluded& excluded);
  const Table& groups() const { return groups_.table(); }
  std::vector<std::pair<std::string, Table>> tables() const;

 private:
  void add_groups(const ExamResult& r, std::size_t small_n);
  void add_levels(const ExamResult& r);
  void add_tests(const ExamResult& r);
  void add_adjustment(const ExamResult& r);
  void add_funnel(const ExamResult& r);
  void add_recommendations(const ExamResult& r);

  RowTable groups_;
  RowTable levels_;
  RowTable comparison_;
  RowTable tests_;
  RowTable pairs_;
  RowTable adjustment_;
  RowTable adjusted_;
  RowTable variance_;
  RowTable funnel_;
  RowTable bins_;
  RowTable quality_;
  RowTable recommended_;
  RowTable excluded_;
};

}  // namespace snitt::benchmark
