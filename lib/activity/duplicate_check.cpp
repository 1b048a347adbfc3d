#include "activity/duplicate_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

namespace columns_of = activity_columns;

struct Copies {
  double rows = 0;
  double first_row = 0;
};

class DuplicateCheck : public RecordCheck {
 public:
  std::vector<std::string> columns() const override {
    return {columns_of::fingerprint, columns_of::exam, columns_of::row, columns_of::source};
  }

  void add(const RecordBlock& block) override {
    const NumberView fingerprint = block.numbers(columns_of::fingerprint);
    const NumberView exam = block.numbers(columns_of::exam);
    const WordView source = block.words(columns_of::source);
    has_fingerprint_ = has_fingerprint_ || fingerprint.is_there();
    has_exam_ = has_exam_ || exam.is_there();
    if (!fingerprint.is_there()) return;
    const std::vector<double> where = block.rows_of_source();
    std::map<std::int32_t, std::uint32_t> known;
    for (std::size_t row = 0; row < block.rows(); ++row) {
      const auto [place, is_new] = known.emplace(source.code(row), 0);
      if (is_new) place->second = source_number(source[row]);
      rows_.push_back(
          {exam.whole(row), fingerprint.whole(row), static_cast<std::uint32_t>(where[row]), place->second});
    }
  }

  void finish(std::vector<Finding>& findings) override {
    const auto total = static_cast<double>(rows_.size());
    if (has_fingerprint_) {
      std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
        return std::tie(a.fingerprint, a.source, a.row) < std::tie(b.fingerprint, b.source, b.row);
      });
      std::map<std::pair<std::uint32_t, bool>, Copies> copies;  // of a source; of another source's row
      for (std::size_t i = 1; i < rows_.size(); ++i)
        if (rows_[i].fingerprint == rows_[i - 1].fingerprint)
          note(copies[{rows_[i].source, rows_[i].source != rows_[i - 1].source}], rows_[i]);
      for (const auto& [key, c] : copies)
        findings.push_back(
            {"duplicate", Gravity::warning, sources_[key.first], "", "", "", c.rows, total, c.first_row,
             key.second ? "rows equal rows of another source in every field: one file delivered twice? "
                          "snitt-activity-count leaves copies out"
                        : "rows equal earlier ones in every field; snitt-activity-count leaves copies out"});
    }
    if (!has_exam_ || !has_fingerprint_) return;
    std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      return std::tie(a.exam, a.source, a.row) < std::tie(b.exam, b.source, b.row);
    });
    std::map<std::uint32_t, Copies> conflicts;
    for (std::size_t i = 1; i < rows_.size(); ++i)
      if (rows_[i].exam != 0 && rows_[i].exam == rows_[i - 1].exam &&
          rows_[i].fingerprint != rows_[i - 1].fingerprint)
        note(conflicts[rows_[i].source], rows_[i]);
    for (const auto& [source, c] : conflicts)
      findings.push_back({"same key, other content", Gravity::warning, sources_[source], "", columns_of::exam,
                          "", c.rows, total, c.first_row,
                          "rows have the examination key of an earlier row and differ from it: resent after "
                          "a change, or keys used twice"});
  }

 private:
  struct Row {
    std::int64_t exam;
    std::int64_t fingerprint;
    std::uint32_t row;
    std::uint32_t source;
  };
  static void note(Copies& copies, const Row& row) {
    copies.rows += 1;
    if (copies.first_row == 0 || row.row < copies.first_row) copies.first_row = row.row;
  }
  std::uint32_t source_number(const std::string& name) {
    for (std::size_t i = 0; i < sources_.size(); ++i)
      if (sources_[i] == name) return static_cast<std::uint32_t>(i);
    sources_.push_back(name);
    return static_cast<std::uint32_t>(sources_.size() - 1);
  }

  std::vector<Row> rows_;
  std::vector<std::string> sources_;
  bool has_fingerprint_ = false;
  bool has_exam_ = false;
};

}  // namespace

std::unique_ptr<RecordCheck> duplicate_check() { return std::make_unique<DuplicateCheck>(); }

}  // namespace snitt::activity
