#include "activity/resources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "data/row_table.hpp"
#include "data/table_columns.hpp"
#include "statistics/summary.hpp"

namespace snitt::activity {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double percent = 100;
const char* const everything = "all";

/// Sum of what is there, what is printed, and how many cells are empty.
struct Sum {
  double cells = 0;
  double printed = nan;
  double empty = 0;
};

class Resources {
 public:
  explicit Resources(const ResourceOptions& options) : options_(options) {}

  void read_equipment(const NamedTable& t) {
    const auto sector = names_of(t.table, column(t, "sector"), t.name), kind = texts_of(column_of(t.table, column(t, "kind"), t.name));
    for (const std::string& modality : modalities_of(t)) {
      const std::vector<double> units = numbers_of(column_of(t.table, modality, t.name), t.name);
      for (std::size_t i = 0; i < units.size(); ++i) {
        if (kind[i] == "unit") {
          for (const std::string& s : {sector[i], std::string(everything)}) {
            Sum& sum = equipment_[modality][s];
            if (std::isnan(units[i])) ++sum.empty;
            else sum.cells += units[i];
          }
        } else if (!std::isnan(units[i])) {
          equipment_[modality][sector[i]].printed = units[i];
        }
      }
    }
  }

  void read_activity(const NamedTable& t) {
    const auto modality = names_of(t.table, column(t, "modality"), t.name), sector = names_of(t.table, column(t, "sector"), t.name);
    const auto exams = numbers_of(column_of(t.table, column(t, "exams"), t.name), t.name);
    for (std::size_t i = 0; i < exams.size(); ++i) {
      if (std::isnan(exams[i])) continue;
      activity_[modality[i]][sector[i]] += exams[i];
      activity_[modality[i]][everything] += exams[i];
    }
  }

  void read_staff(const NamedTable& t) {
    const auto group = names_of(t.table, column(t, "group"), t.name);
    const auto year = numbers_of(column_of(t.table, column(t, "year"), t.name), t.name),
               fte = numbers_of(column_of(t.table, column(t, "fte"), t.name), t.name);
    std::vector<double> total(group.size(), 0);
    if (t.table.find(column(t, "total"))) total = numbers_of(*t.table.find(column(t, "total")), t.name);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (std::isnan(year[i])) throw InputError("{}: row {}: no year", t.name, i + 1);
      Sum& sum = staff_[group[i]][static_cast<int>(year[i])];
      if (total[i] != 0) sum.printed = fte[i];
      else if (std::isnan(fte[i])) ++sum.empty;
      else sum.cells += fte[i];
    }
  }

  ResourceResult finish() {
    compare_equipment();
    divide();
    grow();
    ResourceResult result;
    result.productivity = productivity_.table();
    result.record.method = "resources";
    result.record.reasons = reasons_;
    result.record.verdict = reasons_.empty() ? "good" : "doubtful";
    result.record.summary = summary_;
    result.record.tables = {{"equipment", equipment_table_.table()}, {"staff", staff_table_.table()},
                            {"staff_years", years_.table()},         {"claims", claims_.table()},
                            {"basis", basis_table(options_.basis)}};
    return result;
  }

 private:
  std::string column(const NamedTable& t, const std::string& what) const {
    for (const auto& [name, other] : options_.names)
      if (name == what && t.table.find(other)) return other;
    return what;
  }

  std::vector<std::string> modalities_of(const NamedTable& t) const {
    if (!options_.modalities.empty()) return options_.modalities;
    std::vector<std::string> all;
    for (const Column& c : t.table.columns)
      if (!is_text(c)) all.push_back(c.name);
    return all;
  }

  void compare_equipment() {
    for (const auto& [modality, sectors] : equipment_)
      for (const auto& [sector, sum] : sectors) {
        equipment_table_.add({modality, sector, sum.cells, sum.printed, sum.printed - sum.cells, sum.empty});
        if (!std::isnan(sum.printed) && sum.printed != sum.cells)
          reasons_.push_back(fmt::format("{}: the printed sum of sector {} is {:g}, its cells add to {:g}{}", modality, sector,
                                         sum.printed, sum.cells,
                                         sum.empty > 0 ? fmt::format(" and {:g} are empty; ask which is right", sum.empty)
                                                       : "; ask which is right"));
      }
  }

  void divide() {
    for (const auto& [modality, sectors] : equipment_) {
      const auto exams = activity_.find(modality);
      const double all = exams == activity_.end() ? nan : exams->second.at(everything);
      for (const auto& [sector, sum] : sectors) {
        double n = nan;
        if (exams != activity_.end() && exams->second.contains(sector)) n = exams->second.at(sector);
        productivity_.add({modality, sector, sum.cells, n, sum.cells > 0 ? n / sum.cells : nan, n / all});
      }
    }
    for (const auto& [modality, sectors] : activity_)
      if (!equipment_.contains(modality))
        for (const auto& [sector, n] : sectors) productivity_.add({modality, sector, nan, n, nan, n / sectors.at(everything)});
  }

  void grow() {
    if (staff_.empty()) return;
    std::set<int> years;
    std::map<int, Sum> all;
    for (const auto& [group, by_year] : staff_)
      for (const auto& [year, sum] : by_year) {
        years.insert(year);
        all[year].cells += sum.cells;
        all[year].empty += sum.empty;
        years_.add({group, static_cast<double>(year), sum.cells, sum.printed, sum.printed - sum.cells, sum.empty});
        if (!std::isnan(sum.printed) && sum.printed != sum.cells)
          reasons_.push_back(fmt::format("{} {}: the printed sum is {:g}, its cells add to {:g}", group, year, sum.printed, sum.cells));
      }
    const int first = *years.begin(), last = *years.rbegin();
    std::vector<std::pair<std::string, double>> candidates;
    std::vector<double> growths;
    for (const auto& [group, by_year] : staff_) {
      const double growth = add_growth(group, by_year, first, last);
      growths.push_back(growth);
      candidates.emplace_back("growth of " + group, growth);
    }
    const double sum = add_growth(everything, all, first, last);
    candidates.emplace_back("growth of the sum of all", sum);
    candidates.emplace_back("unweighted mean of the groups' growths", statistics::mean(growths));
    for (const auto& [year, s] : all) years_.add({std::string(everything), static_cast<double>(year), s.cells, nan, nan, s.empty});
    summary_.push_back(plain("staff_growth_percent", sum, "%", fmt::format("of all staff from {} to {}", first, last)));
    summary_.push_back(plain("staff_last_year", all.at(last).cells, "1", fmt::format("full-time equivalents in {}", last)));
    double empty = 0;
    for (const auto& [year, s] : all) empty += s.empty;
    if (empty > 0) reasons_.push_back(fmt::format("{:g} cells of staff are empty; they are taken as 0 in sums and growths", empty));
    for (std::size_t i = 0; i < options_.claims_percent.size(); ++i) judge(options_.claim_words[i], options_.claims_percent[i], candidates);
  }

  double add_growth(const std::string& group, const std::map<int, Sum>& by_year, int first, int last) {
    const double from = by_year.contains(first) ? by_year.at(first).cells : nan, to = by_year.contains(last) ? by_year.at(last).cells : nan;
    double empty = 0;
    for (const auto& [year, s] : by_year) empty += s.empty;
    const double growth = from > 0 ? percent * (to / from - 1) : nan;
    staff_table_.add({group, static_cast<double>(first), from, static_cast<double>(last), to, growth, empty});
    return growth;
  }

  /// A stated growth is reproduced by what rounds to it with the digits it was given.
  void judge(const std::string& word, double claim, const std::vector<std::pair<std::string, double>>& candidates) {
    const std::size_t point = word.find('.');
    const double unit = std::pow(10.0, point == std::string::npos ? 0 : -static_cast<double>(word.size() - point - 1));
    bool reproduced = false;
    double nearest = nan;
    for (const auto& [what, growth] : candidates) {
      const bool same = std::abs(growth - claim) <= 0.5 * unit + 1e-9;
      reproduced = reproduced || same;
      if (std::isnan(nearest) || std::abs(growth - claim) < std::abs(nearest - claim)) nearest = growth;
      claims_.add({claim, what, growth, growth - claim, same ? 1.0 : 0.0});
    }
    if (!reproduced)
      reasons_.push_back(fmt::format("the stated growth of {} % is that of no group, of their sum or of their mean (nearest: {:.1f} %); "
                                     "ask what it is of", word, nearest));
  }

  const ResourceOptions& options_;
  std::map<std::string, std::map<std::string, Sum>> equipment_;      ///< [modality][sector]
  std::map<std::string, std::map<std::string, double>> activity_;    ///< [modality][sector]
  std::map<std::string, std::map<int, Sum>> staff_;                  ///< [group][year]
  RowTable productivity_{{{"modality", "", "kind of machine"},
                          {"sector", "", "who owns it"},
                          {"units", "1", "machines"},
                          {"exams", "1", "examinations a year"},
                          {"exams_per_unit", "1", "a machine and year"},
                          {"share", "1", "of the modality's examinations"}}};
  RowTable equipment_table_{{{"modality", "", "kind of machine"},
                             {"sector", "", "who owns it"},
                             {"units", "1", "sum of the cells"},
                             {"printed", "1", "the table's own sum"},
                             {"difference", "1", "printed less sum"},
                             {"empty", "1", "cells without a number"}}};
  RowTable staff_table_{{{"group", "", "of staff"},
                         {"first_year", "1", "of all groups"},
                         {"first", "1", "full-time equivalents"},
                         {"last_year", "1", "of all groups"},
                         {"last", "1", "full-time equivalents"},
                         {"growth_percent", "%", "from first to last"},
                         {"empty", "1", "cells without a number"}}};
  RowTable years_{{{"group", "", "of staff"},
                   {"year", "1", "calendar year"},
                   {"fte", "1", "sum of the cells"},
                   {"printed", "1", "the table's own sum"},
                   {"difference", "1", "printed less sum"},
                   {"empty", "1", "cells without a number"}}};
  RowTable claims_{{{"stated_percent", "%", "growth that is stated"},
                    {"what", "", "what it could be of"},
                    {"growth_percent", "%", "of that"},
                    {"difference", "%", "less what is stated"},
                    {"reproduced", "1", "1: rounds to what is stated"}}};
  std::vector<std::string> reasons_;
  std::vector<Quantity> summary_;
};

}  // namespace

ResourceResult resources(const NamedTable& equipment, const std::vector<NamedTable>& activity,
                         const std::vector<NamedTable>& staff, const ResourceOptions& options) {
  Resources all(options);
  all.read_equipment(equipment);
  for (const NamedTable& t : activity) all.read_activity(t);
  for (const NamedTable& t : staff) all.read_staff(t);
  return all.finish();
}

}  // namespace snitt::activity
