#include "activity/interval_check.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

namespace columns_of = activity_columns;

struct Pair {
  const char* from;
  const char* to;
};
constexpr std::array<Pair, 8> pairs{{{columns_of::requested, columns_of::scheduled},
                                     {columns_of::requested, columns_of::examined},
                                     {columns_of::arrived, columns_of::examined},
                                     {columns_of::examined, columns_of::exam_end},
                                     {columns_of::examined, columns_of::preliminary},
                                     {columns_of::examined, columns_of::reported},
                                     {columns_of::exam_end, columns_of::reported},
                                     {columns_of::preliminary, columns_of::reported}}};
constexpr std::array<const char*, 6> past{columns_of::requested, columns_of::arrived,
                                          columns_of::examined,  columns_of::exam_end,
                                          columns_of::reported,  columns_of::preliminary};
constexpr double ten_years_s = 3652.5 * 86400;

struct Tally {
  double rows = 0;
  double first_row = 0;
  void add(double row) {
    rows += 1;
    if (first_row == 0) first_row = row;
  }
};

class IntervalCheck : public RecordCheck {
 public:
  explicit IntervalCheck(const CheckOptions& options) : options_(options) {}

  std::vector<std::string> columns() const override {
    return {columns_of::requested, columns_of::scheduled,   columns_of::arrived,  columns_of::examined,
            columns_of::exam_end,  columns_of::preliminary, columns_of::reported, columns_of::provider,
            columns_of::source,    columns_of::row};
  }

  void add(const RecordBlock& block) override {
    std::vector<NumberView> from, to, times;
    for (const Pair& pair : pairs) {
      from.push_back(block.numbers(pair.from));
      to.push_back(block.numbers(pair.to));
    }
    for (const char* column : past) times.push_back(block.numbers(column));
    const std::vector<double> where = block.rows_of_source();
    auto groups = groups_.in(block);
    for (std::size_t row = 0; row < block.rows(); ++row) {
      Group& group = groups.of(row);
      for (std::size_t p = 0; p < pairs.size(); ++p) {
        const double interval = to[p][row] - from[p][row];
        if (std::isnan(interval)) continue;
        group.seen[p] += 1;
        if (interval < 0) group.negative[p].add(where[row]);
        if (interval == 0) group.zero[p].add(where[row]);
        if (interval > ten_years_s) group.long_ones[p].add(where[row]);
      }
      for (std::size_t t = 0; t < past.size(); ++t) {
        const double time = times[t][row];
        if (std::isnan(time)) continue;
        group.stated[t] += 1;
        if (options_.extracted_s > 0 && time > options_.extracted_s) group.future[t].add(where[row]);
      }
    }
  }

  void finish(std::vector<Finding>& findings) override {
    for (const auto& [key, group] : groups_.all()) {
      for (std::size_t p = 0; p < pairs.size(); ++p) {
        const std::string interval = fmt::format("{} to {}", pairs[p].from, pairs[p].to);
        const auto tell = [&](const char* check, Gravity gravity, const Tally& tally, const char* message) {
          if (tally.rows > 0)
            findings.push_back({check, gravity, key.first, key.second, interval, "", tally.rows,
                                group.seen[p], tally.first_row, message});
        };
        tell("negative interval", Gravity::error, group.negative[p],
             "the later time lies before the earlier: clocks that differ, or a field overwritten; "
             "snitt-activity-turnaround leaves such rows out and counts them");
        tell("interval above ten years", Gravity::warning, group.long_ones[p],
             "one of the two times is probably a default date");
        if (group.seen[p] > 0 && group.zero[p].rows / group.seen[p] >= 0.05)
          tell("zero interval", Gravity::warning, group.zero[p],
               "both times are the same in 5 % of the rows or more: one is probably copied from the other");
      }
      for (std::size_t t = 0; t < past.size(); ++t)
        if (group.future[t].rows > 0)
          findings.push_back({"future time", Gravity::error, key.first, key.second, past[t], "",
                              group.future[t].rows, group.stated[t], group.future[t].first_row,
                              "lies after the day the data were taken (--as-of)"});
    }
  }

 private:
  struct Group {
    std::array<double, pairs.size()> seen{};
    std::array<Tally, pairs.size()> negative;
    std::array<Tally, pairs.size()> zero;
    std::array<Tally, pairs.size()> long_ones;
    std::array<double, past.size()> stated{};
    std::array<Tally, past.size()> future;
  };
  CheckOptions options_;
  GroupsByProvider<Group> groups_;
};

}  // namespace

std::unique_ptr<RecordCheck> interval_check(const CheckOptions& options) {
  return std::make_unique<IntervalCheck>(options);
}

}  // namespace snitt::activity
