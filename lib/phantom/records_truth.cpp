#include <fmt/format.h>
#include <tbb/combinable.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/row_table.hpp"
#include "phantom/records_clock.hpp"
#include "phantom/records_table.hpp"

namespace snitt::phantom {
namespace {

/// What can only be known by looking at every row; whole numbers, so that any order of adding gives the same.
struct Counted {
  std::vector<std::size_t> exams;  ///< [area, modality], completed
  std::vector<std::size_t> referrer, code, month, weekday, hour, year;
  std::array<std::size_t, 5> status{};
  std::size_t duplicates = 0, secondary = 0, no_place = 0, abroad = 0, no_request = 0, negative_wait = 0,
              negative_report = 0, unreported = 0, shown_twice = 0, no_sex = 0, no_birth = 0, rows = 0;

  explicit Counted(const RecordsWorld& w)
      : exams(4 * w.population.areas.size()),
        referrer(w.first_referrer.back()),
        code(records_kinds().size()),
        month(12),
        weekday(7),
        hour(24),
        year(static_cast<std::size_t>(w.data_years) * 4) {}

  void count(const RecordsWorld& world, const RecordsRow& row, RecordsExtra extra) {
    ++rows;
    no_place += !world.places.empty() && row.place < 0 && !row.abroad ? 1 : 0;
    abroad += row.abroad ? 1 : 0;
    no_request += row.requested ? 0 : 1;
    negative_wait += row.fault_wait ? 1 : 0;
    negative_report += row.fault_report ? 1 : 0;
    no_sex += row.sex == Sex::unknown ? 1 : 0;
    no_birth += row.birth_year == 0 ? 1 : 0;
    if (extra == RecordsExtra::duplicate) ++duplicates;
    if (extra == RecordsExtra::secondary) ++secondary;
    if (extra == RecordsExtra::duplicate || extra == RecordsExtra::secondary) return;
    ++status[static_cast<std::size_t>(row.status)];
    if (row.status != RecordsStatus::completed) return;
    unreported += row.reported ? 0 : 1;
    const auto modality = static_cast<std::size_t>(records_kinds()[row.kind].modality);
    ++exams[4 * row.area + modality];
    ++referrer[row.referrer];
    ++code[row.kind];
    shown_twice += shown_twice_at(row) ? 1 : 0;
    const std::int64_t local = *row.examined + offset_minutes(*row.examined);
    const CalendarDate date = date_of(local / 1440);
    ++month[static_cast<std::size_t>(date.month - 1)];
    ++weekday[static_cast<std::size_t>(weekday_of(local / 1440))];
    ++hour[static_cast<std::size_t>(local % 1440 / 60)];
    ++year[static_cast<std::size_t>(date.year - world.settings.first_year) * 4 + modality];
  }

  void add(const Counted& o) {
    const auto plus = [](auto& a, const auto& b) {
      std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::plus<>());
    };
    plus(exams, o.exams);
    plus(referrer, o.referrer);
    plus(code, o.code);
    plus(month, o.month);
    plus(weekday, o.weekday);
    plus(hour, o.hour);
    plus(year, o.year);
    plus(status, o.status);
    for (const auto member :
         {&Counted::duplicates, &Counted::secondary, &Counted::no_place, &Counted::abroad,
          &Counted::no_request, &Counted::negative_wait, &Counted::negative_report, &Counted::unreported,
          &Counted::shown_twice, &Counted::no_sex, &Counted::no_birth, &Counted::rows})
      this->*member += o.*member;
  }

 private:
  static bool shown_twice_at(const RecordsRow& row) { return phantom::shown_twice(*row.examined); }
};

Counted counted(const RecordsWorld& world, const RecordsEvents& events) {
  tbb::combinable<Counted> parts([&] { return Counted(world); });
  for_each_event(world, events, [&](std::size_t i, std::size_t) {
    const RecordsEvent& event = events.events[i];
    const RecordsStratum& stratum = events.strata[event.stratum];
    Counted& here = parts.local();
    here.count(world, records_row(world, stratum, event, i, RecordsExtra::none), RecordsExtra::none);
    const RecordsExtras extras = extras_of(world, event);
    for (std::size_t k = 0; k < extras.count; ++k)
      here.count(world, records_row(world, stratum, event, i, extras.kind[k]), extras.kind[k]);
  });
  Counted sum(world);
  parts.combine_each([&](const Counted& part) { sum.add(part); });
  return sum;
}

/// Expected first examinations [area, modality], and what they would be if all areas had the rates of all.
struct Expected {
  std::vector<double> observed, standard;
};
Expected expected(const RecordsWorld& world) {
  const std::size_t areas = world.population.areas.size();
  Expected e{std::vector<double>(4 * areas), std::vector<double>(4 * areas)};
  const RecordsSettings& s = world.settings;
  for (std::size_t k = 0; k < records_kinds().size(); ++k) {
    const auto m = static_cast<std::size_t>(records_kinds()[k].modality);
    for (int year = s.first_year; year <= s.last_year; ++year)
      for (const Sex sex : {Sex::female, Sex::male})
        for (const int age : world.population.age_starts) {
          double events = 0, persons = 0;
          for (const bool second : {false, true})
            for (const PopulationRow& cell : world.population.rows) {
              if (cell.year != world.population_year(year) || cell.sex != sex || cell.age_from != age)
                continue;
              const double here = world.expected(k, cell.area, sex, age, cell.persons, year);
              if (!second) {
                events += here;
                persons += cell.persons;
              } else if (persons > 0) {
                e.observed[4 * cell.area + m] += here;
                e.standard[4 * cell.area + m] += events / persons * cell.persons;
              }
            }
        }
  }
  return e;
}

double number(std::size_t n) { return static_cast<double>(n); }

Table settings_table(const RecordsSettings& s) {
  RowTable t({{"setting", "", ""}, {"value", "1", ""}});
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, double>>{{"seed", number(s.seed)},
                                                             {"rows", s.rows},
                                                             {"first_year", s.first_year},
                                                             {"last_year", s.last_year},
                                                             {"growth", s.growth},
                                                             {"area_sigma", s.area_sigma},
                                                             {"concentration", s.concentration},
                                                             {"repeat_1_to_6_days", s.repeat[0]},
                                                             {"repeat_8_to_29_days", s.repeat[1]},
                                                             {"repeat_31_to_89_days", s.repeat[2]},
                                                             {"repeat_91_to_364_days", s.repeat[3]},
                                                             {"same_provider", s.same_provider},
                                                             {"contralateral", s.contralateral},
                                                             {"escalation", s.escalation},
                                                             {"bilateral", s.bilateral},
                                                             {"cancelled", s.cancelled},
                                                             {"duplicated", s.duplicated},
                                                             {"secondary", s.secondary},
                                                             {"no_place", s.no_place},
                                                             {"no_request", s.no_request},
                                                             {"negative_wait", s.negative_wait},
                                                             {"negative_report", s.negative_report}})
    t.add({std::string(name), value});
  return t.table();
}

Table repeats_table(const RecordsWorld& world, const RecordsEvents& events) {
  RowTable t({{"code", "", ""},
              {"modality", "", ""},
              {"region", "", ""},
              {"window_days", "d", ""},
              {"probability", "1", "that another of the same kind and side follows, in chains that can"},
              {"examinations", "1", "made"},
              {"followed", "1", "of them, with the whole window inside the data"},
              {"repeated", "1", "of those, with another of the same kind and side in the window"},
              {"same_provider", "1", "of those, the next one by the same provider"},
              {"other_side", "1", "examinations with the other side next, at any time"},
              {"escalated", "1", "examinations with CT or MR of the region next, at any time"}});
  for (std::size_t k = 0; k < events.repeats.size(); ++k) {
    const RecordsKind& kind = records_kinds()[k];
    const PlantedRepeats& r = events.repeats[k];
    double p = 0;
    for (std::size_t w = 0; w < repeat_windows.size(); ++w) {
      p += world.settings.repeat[w];
      t.add({std::string(kind.code), std::string(modality_words[static_cast<std::size_t>(kind.modality)]),
             std::string(kind.region), number(static_cast<std::size_t>(repeat_windows[w])), p,
             number(r.examinations), number(r.followed[w]), number(r.repeated[w]), number(r.same_provider[w]),
             number(r.other_side), number(r.escalated)});
    }
  }
  return t.table();
}

Table referrers_table(const RecordsWorld& world, const Counted& c) {
  RowTable t({{"referrer", "", ""},
              {"area", "", ""},
              {"share", "1", "expected, of the area's examinations"},
              {"examinations", "1", "completed"}});
  for (std::size_t a = 0; a < world.population.areas.size(); ++a)
    for (std::size_t r = world.first_referrer[a]; r < world.first_referrer[a + 1]; ++r) {
      const std::size_t rank = r - world.first_referrer[a];
      const double below = rank == 0 ? 0 : world.referrer_limit[a][rank - 1];
      t.add({fmt::format("R{:06}", r + 1), world.population.areas[a], world.referrer_limit[a][rank] - below,
             number(c.referrer[r])});
    }
  return t.table();
}

Table times_table() {
  RowTable t({{"interval", "", ""},
              {"modality", "", ""},
              {"median", "min", ""},
              {"sigma", "1", "standard deviation of the natural logarithm"}});
  for (std::size_t m = 0; m < 4; ++m) {
    const RecordsTimes& x = records_times()[m];
    const std::string word = modality_words[m];
    t.add({std::string("request to examination, outpatients"), word, x.wait_days * 1440, x.wait_sigma});
    t.add({std::string("request to examination, others"), word, x.urgent_days * 1440, x.urgent_sigma});
    t.add({std::string("start to end"), word, x.exam_minutes, x.exam_sigma});
    t.add({std::string("end to report"), word, x.report_hours * 60, x.report_sigma});
    t.add({std::string("arrival to start"), word, waiting_room_minutes, 0.6});
    t.add({std::string("end to preliminary report"), word, preliminary_hours * 60, 0.7});
  }
  return t.table();
}

Table calendar_table(const Counted& c) {
  RowTable t({{"unit", "", ""},
              {"value", "1", "month, weekday from Monday 1, hour"},
              {"weight", "1", "of first elective examinations"},
              {"emergency_weight", "1", "of emergencies"},
              {"examinations", "1", "completed"}});
  for (std::size_t i = 0; i < 12; ++i)
    t.add({std::string("month"), number(i + 1), month_weight[i], 1.0, number(c.month[i])});
  for (std::size_t i = 0; i < 7; ++i)
    t.add({std::string("weekday"), number(i + 1), weekday_weight[i], 1.0, number(c.weekday[i])});
  for (std::size_t i = 0; i < 24; ++i)
    t.add({std::string("hour"), number(i), elective_hours[i], emergency_hours[i], number(c.hour[i])});
  return t.table();
}

Table devices_table(const RecordsWorld& world, const RecordsEvents& events) {
  RowTable t({{"device", "", ""},
              {"site", "", ""},
              {"provider", "", ""},
              {"modality", "", ""},
              {"examinations", "1", ""},
              {"busy", "min", "sum of start to end"},
              {"days", "1", "with an examination"}});
  for (std::size_t d = 0; d < world.devices.size(); ++d) {
    const RecordsDevice& device = world.devices[d];
    t.add({device.name, world.sites[device.site], world.providers[device.provider].name,
           std::string(modality_words[static_cast<std::size_t>(device.modality)]),
           number(events.device_exams[d]), events.busy_minutes[d], number(events.device_days[d])});
  }
  return t.table();
}

Table codes_table(const Counted& c) {
  RowTable t({{"code", "", ""}, {"modality", "", ""}, {"examinations", "1", "completed"}});
  for (std::size_t k = 0; k < c.code.size(); ++k)
    t.add({std::string(records_kinds()[k].code),
           std::string(modality_words[static_cast<std::size_t>(records_kinds()[k].modality)]),
           number(c.code[k])});
  return t.table();
}

Table years_table(const RecordsWorld& world, const Counted& c) {
  RowTable t({{"year", "1", "local"},
              {"modality", "", ""},
              {"growth", "1", "of rates since the first year"},
              {"examinations", "1", "completed"}});
  for (std::size_t y = 0; y < static_cast<std::size_t>(world.data_years); ++y)
    for (std::size_t m = 0; m < 4; ++m)
      t.add({world.settings.first_year + number(y), std::string(modality_words[m]),
             std::pow(1 + world.settings.growth, number(y)), number(c.year[4 * y + m])});
  return t.table();
}

/// Of the expected shares of all referrers together.
double expected_gini(const RecordsWorld& world, const Expected& e) {
  std::vector<double> shares;
  for (std::size_t a = 0; a < world.population.areas.size(); ++a) {
    const double total = std::accumulate(e.observed.begin() + static_cast<std::ptrdiff_t>(4 * a),
                                         e.observed.begin() + static_cast<std::ptrdiff_t>(4 * a + 4), 0.0);
    for (std::size_t r = 0; r < world.referrer_limit[a].size(); ++r)
      shares.push_back(total * (world.referrer_limit[a][r] - (r == 0 ? 0 : world.referrer_limit[a][r - 1])));
  }
  std::sort(shares.begin(), shares.end());
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  double weighted = 0;
  for (std::size_t i = 0; i < shares.size(); ++i)
    weighted += (2.0 * number(i + 1) - number(shares.size()) - 1) * shares[i];
  return weighted / (number(shares.size()) * sum);
}

}  // namespace

RecordsTruth records_truth(const RecordsWorld& world, const RecordsEvents& events) {
  const Counted c = counted(world, events);
  const Expected e = expected(world);
  RowTable areas({{"area", "", ""},
                  {"modality", "", ""},
                  {"relative_risk", "1", "planted: rates are those of all areas' model times this"},
                  {"smr", "1", "expected first examinations over those at the rates of all areas together"},
                  {"expected", "1", "first examinations of chains"},
                  {"examinations", "1", "completed"}});
  for (std::size_t a = 0; a < world.population.areas.size(); ++a)
    for (std::size_t m = 0; m < 4; ++m)
      areas.add({world.population.areas[a], std::string(modality_words[m]), world.relative_risk[a][m],
                 e.observed[4 * a + m] / e.standard[4 * a + m], e.observed[4 * a + m],
                 number(c.exams[4 * a + m])});
  RecordsTruth truth{areas.table(), {}};
  CalibrationRecord& record = truth.record;
  record.method = "records-truth";
  record.verdict = "good";
  const auto add = [&](const char* name, std::size_t n, const char* text) {
    record.summary.push_back(plain(name, number(n), "1", text));
  };
  add("rows", c.rows, "all rows");
  add("completed", c.status[0], "examinations made, each once");
  add("cancelled", c.status[1], "rows of cancelled examinations");
  add("no_show", c.status[2], "rows of patients who did not come");
  add("rejected", c.status[3], "rows of rejected requests");
  add("scheduled", c.status[4], "requested in the data, planned after their end");
  add("duplicates", c.duplicates, "rows that stand there again");
  add("secondary", c.secondary, "rows of secondary readings");
  add("no_municipality", c.no_place, "rows without municipality");
  add("unknown_municipality", c.abroad, "rows with municipality 9999");
  add("no_sex", c.no_sex, "rows without sex");
  add("no_birth_year", c.no_birth, "rows without year of birth");
  add("no_request", c.no_request, "rows without time of request");
  add("negative_wait", c.negative_wait, "examinations requested after they were made (duplicates too)");
  add("negative_report", c.negative_report, "examinations reported before their end (duplicates too)");
  add("unreported", c.unreported, "examinations whose report came after the end of the data");
  add("shown_twice", c.shown_twice, "examinations in the autumn's two hours of one name");
  record.summary.push_back(
      plain("referrer_gini", expected_gini(world, e), "1", "of referrers' expected numbers"));
  record.tables = {{"settings", settings_table(world.settings)},
                   {"repeats", repeats_table(world, events)},
                   {"referrers", referrers_table(world, c)},
                   {"times", times_table()},
                   {"calendar", calendar_table(c)},
                   {"devices", devices_table(world, events)},
                   {"codes", codes_table(c)},
                   {"years", years_table(world, c)}};
  return truth;
}

}  // namespace snitt::phantom
