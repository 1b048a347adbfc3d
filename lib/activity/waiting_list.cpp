#include "activity/waiting_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "data/row_table.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double day_s = 86400;
constexpr double flow_days = 28;
constexpr std::array<double, 8> age_bounds{0, 7, 14, 28, 56, 91, 182, 365};  // days

struct Waiting {
  std::vector<double> ages_d;
  double added = 0;     ///< requested in the days before
  double examined = 0;  ///< in the days before
};

}  // namespace

std::string moment_text(double moment_s, const TimeZone& zone) {
  const CalendarTime t = calendar_time(zone.local_of(static_cast<std::int64_t>(std::floor(moment_s))));
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", t.year, t.month, t.day, t.hour, t.minute);
}

std::pair<Table, Table> waiting_list(const RecordMoments& m, const RecordGroups& groups, const TurnaroundOptions& options) {
  RowTable list({{"at", "", "moment, local time"},
                 {"group", "", "values of the columns --by, or all"},
                 {"waiting", "1", "requested and not examined"},
                 {"mean_days", "d", "waited so far"},
                 {"median_days", "d", "waited so far"},
                 {"p90_days", "d", "waited so far"},
                 {"added_per_week", "1", "requests of the 28 days before"},
                 {"examined_per_week", "1", "examinations of the 28 days before"},
                 {"change_per_week", "1", "added less examined"},
                 {"weeks_to_clear", "1", "waiting over examined a week"}});
  RowTable ages({{"at", "", "moment, local time"},
                 {"group", "", "values of the columns --by, or all"},
                 {"from_days", "d", "waited at least"},
                 {"to_days", "d", "waited less than; missing: no end"},
                 {"waiting", "1", "requested and not examined"}});
  if (m.requested.empty() || m.examined.empty()) return {list.table(), ages.table()};
  const std::vector<double> moments = options.list_at_s.empty() ? std::vector<double>{m.as_of_s} : options.list_at_s;
  for (const double at : moments) {
    std::vector<Waiting> waiting(groups.names.size());
    for (std::size_t i = 0; i < m.requested.size(); ++i) {
      if (!m.counted[i] || std::isnan(m.requested[i])) continue;
      Waiting& w = waiting[groups.code[i]];
      const double from = at - flow_days * day_s;
      w.added += m.requested[i] > from && m.requested[i] <= at ? 1 : 0;
      w.examined += m.examined[i] > from && m.examined[i] <= at ? 1 : 0;
      const bool lost = std::isnan(m.examined[i]) && !m.completed.empty() && m.completed[i];  // done, but when is not known
      if (m.requested[i] <= at && !(m.examined[i] <= at) && !lost) w.ages_d.push_back((at - m.requested[i]) / day_s);
    }
    const std::string text = moment_text(at, options.zone);
    for (std::size_t g = 0; g < waiting.size(); ++g) {
      const Waiting& w = waiting[g];
      constexpr double weeks = flow_days / 7;
      const auto n = static_cast<double>(w.ages_d.size());
      const bool any = !w.ages_d.empty();
      const double nan = std::numeric_limits<double>::quiet_NaN();
      list.add({text, groups.names[g], n, any ? statistics::mean(w.ages_d) : nan, statistics::median(w.ages_d),
                statistics::quantile(w.ages_d, 0.9), w.added / weeks, w.examined / weeks, (w.added - w.examined) / weeks,
                w.examined > 0 ? n / (w.examined / weeks) : nan});
      for (std::size_t b = 0; b < age_bounds.size(); ++b) {
        const double to = b + 1 < age_bounds.size() ? age_bounds[b + 1] : std::numeric_limits<double>::infinity();
        const auto inside = std::count_if(w.ages_d.begin(), w.ages_d.end(), [&](double a) { return a >= age_bounds[b] && a < to; });
        ages.add({text, groups.names[g], age_bounds[b], std::isinf(to) ? nan : to, static_cast<double>(inside)});
      }
    }
  }
  return {list.table(), ages.table()};
}

}  // namespace snitt::activity
