#include "activity/month_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "base/time_zone.hpp"
#include "data/activity_columns.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

namespace columns_of = activity_columns;

constexpr std::size_t shortest_side = 4;  ///< months, on either side of a change
constexpr double least_z = 6;             ///< many series and many months are tried

std::string month_text(std::int64_t month) { return fmt::format("{:04}-{:02}", month / 12, month % 12 + 1); }

/// Rows per month since year 0.
using Months = std::map<std::int64_t, double>;

struct SeriesKey {
  std::string source;
  std::string provider;
  std::string column;  ///< "", source_modality or codes
  std::string value;
  bool operator<(const SeriesKey& o) const {
    return std::tie(source, provider, column, value) < std::tie(o.source, o.provider, o.column, o.value);
  }
};

class MonthCheck : public RecordCheck {
 public:
  explicit MonthCheck(const CheckOptions& options) : options_(options) {}

  std::vector<std::string> columns() const override {
    return {columns_of::examined, columns_of::utc_offset,      columns_of::source,
            columns_of::provider, columns_of::source_modality, columns_of::codes};
  }

  void add(const RecordBlock& block) override {
    const NumberView examined = block.numbers(columns_of::examined);
    const NumberView offset = block.numbers(columns_of::utc_offset);
    const WordView source = block.words(columns_of::source);
    const WordView provider = block.words(columns_of::provider);
    const WordView modality = block.words(columns_of::source_modality);
    const WordView codes = block.words(columns_of::codes);
    std::map<std::tuple<std::int32_t, std::int32_t, int, std::int32_t>, Months*> known;
    const auto count = [&](std::size_t row, const char* column, int kind, const WordView* words,
                           std::int64_t month) {
      const std::int32_t value = words ? words->code(row) : -1;
      if (words && value < 0) return;
      Months*& months = known[{source.code(row), provider.code(row), kind, value}];
      if (!months) months = &series_[{source[row], provider[row], column, words ? (*words)[row] : ""}];
      (*months)[month] += 1;
    };
    for (std::size_t row = 0; row < block.rows(); ++row) {
      const double time = examined[row];
      if (std::isnan(time)) continue;
      const double local = std::isnan(offset[row]) ? time : time + offset[row];
      const CalendarTime when = calendar_time(static_cast<std::int64_t>(std::floor(local)));
      const std::int64_t month = std::int64_t{when.year} * 12 + when.month - 1;
      count(row, "", 0, nullptr, month);
      count(row, columns_of::source_modality, 1, &modality, month);
      count(row, columns_of::codes, 2, &codes, month);
    }
  }

  void finish(std::vector<Finding>& findings) override {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> period;  // of each source
    for (const auto& [key, months] : series_) {
      const auto [place, is_new] =
          period.emplace(key.source, std::pair{months.begin()->first, months.rbegin()->first});
      place->second.first = std::min(place->second.first, months.begin()->first);
      place->second.second = std::max(place->second.second, months.rbegin()->first);
    }
    for (const auto& [key, months] : series_) {
      const auto [first, last] = period.at(key.source);
      std::vector<double> counts(static_cast<std::size_t>(last - first + 1), 0);
      double total = 0;
      for (const auto& [month, rows] : months) {
        counts[static_cast<std::size_t>(month - first)] = rows;
        total += rows;
      }
      const auto ends = active_months(counts);
      if (!ends) continue;
      tell_ends(key, counts, *ends, first, total, findings);
      const std::vector<double> active(counts.begin() + static_cast<std::ptrdiff_t>(ends->first),
                                       counts.begin() + static_cast<std::ptrdiff_t>(ends->last) + 1);
      const std::int64_t active_first = first + static_cast<std::int64_t>(ends->first);
      if (key.column != columns_of::codes) tell_gaps(key, active, active_first, total, findings);
      tell_shift(key, active, active_first, total, findings);
    }
  }

 private:
  struct Active {
    std::size_t first;
    std::size_t last;
  };
  /// From the first to the last month that is not small; nothing for a series that is small throughout, or
  /// too short to say what is usual.
  std::optional<Active> active_months(const std::vector<double>& counts) const {
    const auto is_active = [&](double c) { return c >= options_.few_per_month; };
    const auto first = std::find_if(counts.begin(), counts.end(), is_active);
    if (first == counts.end()) return std::nullopt;
    const auto last = std::find_if(counts.rbegin(), counts.rend(), is_active);
    const Active active{static_cast<std::size_t>(first - counts.begin()),
                        counts.size() - 1 - static_cast<std::size_t>(last - counts.rbegin())};
    const std::vector<double> months(first, counts.begin() + static_cast<std::ptrdiff_t>(active.last) + 1);
    if (months.size() < 3 || statistics::median(months) < options_.few_per_month) return std::nullopt;
    return active;
  }

  /// A series that is there for some time and then no more, or not from the beginning.
  void tell_ends(const SeriesKey& key, const std::vector<double>& counts, const Active& active,
                 std::int64_t first, double total, std::vector<Finding>& findings) const {
    const auto tell = [&](const char* check, std::size_t month, const char* message) {
      findings.push_back({check, Gravity::warning, key.source, key.provider, key.column,
                          label(key, first + static_cast<std::int64_t>(month)), total, total, 0, message});
    };
    if (active.first > 0)
      tell("begins late", active.first,
           "hardly a row before this month, although the source begins earlier: new, renamed, another code, "
           "or "
           "not delivered?");
    if (active.last + 1 < counts.size())
      tell(
          "ends early", active.last,
          "hardly a row after this month, although the source goes on: closed, renamed, another code, or not "
          "delivered?");
  }

  void tell_gaps(const SeriesKey& key, const std::vector<double>& counts, std::int64_t first, double total,
                 std::vector<Finding>& findings) const {
    const double usual = statistics::median(counts);
    for (std::size_t m = 0; m < counts.size(); ++m) {
      const bool edge = m == 0 || m + 1 == counts.size();
      if (counts[m] > usual / (edge ? 3 : 10)) continue;
      const std::string what =
          counts[m] == 0
              ? fmt::format("no row in this month, {:.0f} in a usual one: not delivered?", usual)
              : fmt::format("{:.0f} rows in this month, {:.0f} in a usual one: {}", counts[m], usual,
                            edge ? "does the period begin or end in it?" : "partly delivered?");
      findings.push_back({counts[m] == 0 ? "missing month" : "incomplete month", Gravity::warning, key.source,
                          key.provider, key.column, label(key, first + static_cast<std::int64_t>(m)),
                          counts[m], total, 0, what});
    }
  }

  void tell_shift(const SeriesKey& key, const std::vector<double>& counts, std::int64_t first, double total,
                  std::vector<Finding>& findings) const {
    const LevelShift shift = level_shift(counts, options_.shift_ratio);
    if (shift.month == 0) return;
    const std::int64_t month = first + static_cast<std::int64_t>(shift.month);
    findings.push_back(
        {"level shift", Gravity::warning, key.source, key.provider, key.column, label(key, month), total,
         total, 0,
         fmt::format("{:.2f} times as many rows a month from {} on: a merger, a new system, another code, or "
                     "a true change? Compare rates before and after with care",
                     shift.ratio, month_text(month))});
  }

  static std::string label(const SeriesKey& key, std::int64_t month) {
    return key.value.empty() ? month_text(month) : key.value + " " + month_text(month);
  }

  CheckOptions options_;
  std::map<SeriesKey, Months> series_;
};

}  // namespace

LevelShift level_shift(const std::vector<double>& counts, double smallest_ratio) {
  LevelShift best;
  if (counts.size() < 2 * shortest_side) return best;
  std::vector<double> logs;
  for (const double c : counts) logs.push_back(std::log(std::max(c, 0.5)));
  std::vector<double> steps;
  for (std::size_t i = 1; i < logs.size(); ++i) steps.push_back(logs[i] - logs[i - 1]);
  // A step is the difference of two months; counting alone scatters logs by 1 / sqrt(count).
  const double scatter = std::max(statistics::robust_deviation(steps) / std::sqrt(2.0),
                                  1 / std::sqrt(std::max(statistics::median(counts), 1.0)));
  for (std::size_t at = shortest_side; at + shortest_side <= logs.size(); ++at) {
    const std::vector<double> before(logs.begin(), logs.begin() + static_cast<std::ptrdiff_t>(at));
    const std::vector<double> after(logs.begin() + static_cast<std::ptrdiff_t>(at), logs.end());
    const double change = statistics::median(after) - statistics::median(before);
    // The median's standard error is 1.2533 times the mean's.
    const double error =
        1.2533 * scatter *
        std::sqrt(1 / static_cast<double>(before.size()) + 1 / static_cast<double>(after.size()));
    const double z = change / error;
    if (std::abs(z) > std::abs(best.z)) best = {at, std::exp(change), z};
  }
  if (std::abs(best.z) < least_z || std::max(best.ratio, 1 / best.ratio) < smallest_ratio) return {};
  // The change itself is the largest step among those about as good.
  std::size_t sharpest = best.month;
  for (std::size_t at = best.month > 2 ? best.month - 2 : 1; at <= std::min(best.month + 2, steps.size());
       ++at)
    if (std::abs(steps[at - 1]) > std::abs(steps[sharpest - 1]) && (steps[at - 1] > 0) == (best.z > 0))
      sharpest = at;
  best.month = sharpest;
  return best;
}

std::unique_ptr<RecordCheck> month_check(const CheckOptions& options) {
  return std::make_unique<MonthCheck>(options);
}

}  // namespace snitt::activity
