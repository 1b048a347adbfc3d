#include <array>
#include <cmath>

#include "report/column_roles.hpp"
#include "report/funnel_plot.hpp"
#include "report/table_figures.hpp"

namespace snitt::report {
namespace {

constexpr std::array limits{"low_95", "high_95", "low_998", "high_998"};

std::string first_there(const Rows& rows, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (rows.has_numbers(name)) return name;
  return "";
}

}  // namespace

Figures funnel_figures(const std::string& name, const Table& table, const Wording& w) {
  const Rows rows(table);
  for (const char* limit : limits)
    if (!rows.has_numbers(limit)) return {};
  const std::string size = first_there(rows, {"expected", "population", "person_years", "n", "examinations"});
  const std::string value = first_there(rows, {"ratio", "share", "rate", "proportion", "value", "median"});
  const std::string target = first_there(rows, {"target", "reference", "overall"});
  const std::vector<std::string> labels = label_columns(rows);
  if (size.empty() || value.empty() || labels.empty()) return {};
  const bool panels = labels.size() > 1 && rows.distinct(labels.front()).size() * 3 <= rows.size();
  const std::vector<std::string> panel_columns(labels.begin(), labels.begin() + (panels ? 1 : 0));
  const std::vector<std::string> name_columns(labels.begin() + (panels ? 1 : 0), labels.end());
  Figures figures;
  for (const Part& panel : parts_by(rows, panel_columns, all_rows(rows))) {
    FunnelPlot plot;
    plot.x_label = w.column(size, table.find(size)->units);
    plot.y_label = w.column(value, table.find(value)->units);
    plot.title = (panel.name.empty() ? "" : panel.name + ": ") + w.say("funnel of {}", plot.y_label);
    plot.target = std::nan("");
    plot.limits = {{"95 %", {}, {}, {}}, {w("99.8 %"), {}, {}, {}}};
    for (const Part& part : parts_by(rows, name_columns, panel.rows))
      for (const std::size_t row : part.rows) {
        const auto at = [&](const std::string& column) { return rows.number(column, row); };
        const double v = at(value);
        plot.points.push_back({part.name, at(size), v, outside_of(rows, row, v)});
        for (std::size_t i = 0; i < plot.limits.size(); ++i) {
          plot.limits[i].size.push_back(at(size));
          plot.limits[i].low.push_back(at(limits[2 * i]));
          plot.limits[i].high.push_back(at(limits[2 * i + 1]));
        }
        if (!target.empty()) plot.target = at(target);
      }
    figures.push_back({panel.name, svg(plot, w),
                       w.say("Table {}: each mark is a unit. Chance alone keeps 95 % of them inside the "
                             "dashed lines and 99.8 % "
                             "inside the dotted ones; triangles and diamonds are outside.",
                             name)});
  }
  return figures;
}

}  // namespace snitt::report
