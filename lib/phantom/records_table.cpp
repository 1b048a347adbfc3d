#include "phantom/records_table.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>

#include <algorithm>
#include <limits>

#include "data/activity_columns.hpp"
#include "phantom/records_clock.hpp"

namespace snitt::phantom {
namespace {

constexpr std::size_t block = 8192;  // events: enough to be worth a task

struct WordColumn {
  Categorical values;
  WordColumn(std::size_t rows, std::vector<std::string> words) {
    values.codes.assign(rows, -1);
    values.categories = std::move(words);
  }
  void set(std::size_t row, std::ptrdiff_t code) { values.codes[row] = static_cast<std::int32_t>(code); }
};

template <std::size_t N>
std::vector<std::string> words(const std::array<const char*, N>& list) {
  return {list.begin(), list.end()};
}

std::vector<std::string> distinct(const std::vector<RecordsPlace>& places, std::string RecordsPlace::*field) {
  std::vector<std::string> found;
  for (const RecordsPlace& place : places)
    if (!(place.*field).empty()) found.push_back(place.*field);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::ptrdiff_t position(const std::vector<std::string>& sorted, const std::string& word) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), word);
  return at != sorted.end() && *at == word ? at - sorted.begin() : -1;
}

template <class Member>
std::vector<std::string> names_of(const auto& list, Member member) {
  std::vector<std::string> names;
  for (const auto& item : list) names.push_back(item.*member);
  return names;
}

/// All columns while they are filled.
struct Columns {
  std::size_t rows;
  std::vector<std::int64_t> exam, accession, row, fingerprint;
  std::vector<std::uint64_t> patient;
  std::vector<double> birth_year, age, utc_offset;
  std::array<std::vector<double>, 7> time;
  WordColumn sex, municipality, district, area, referrer, referrer_type, sector, provider, site, device, care,
      priority, codes, modality, laterality, status, source;
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  Columns(const RecordsWorld& world, std::size_t n)
      : rows(n),
        exam(n),
        accession(n),
        row(n),
        fingerprint(n),
        patient(n),
        birth_year(n, none),
        age(n, none),
        utc_offset(n, none),
        sex(n, {"female", "male"}),
        municipality(n, distinct(world.places, &RecordsPlace::municipality)),
        district(n, distinct(world.places, &RecordsPlace::district)),
        area(n, world.population.areas),
        referrer(n, {}),
        referrer_type(n, words(referrer_type_words)),
        sector(n, {"public", "private"}),
        provider(n, names_of(world.providers, &RecordsProvider::name)),
        site(n, world.sites),
        device(n, names_of(world.devices, &RecordsDevice::name)),
        care(n, words(care_words)),
        priority(n, words(priority_words)),
        codes(n, {}),
        modality(n, words(modality_words)),
        laterality(n, words(laterality_words)),
        status(n, words(status_words)),
        source(n, {"snitt-phantom-records"}) {
    for (auto& column : time) column.assign(n, none);
    if (!world.places.empty()) municipality.values.categories.emplace_back("9999");
    for (std::size_t r = 0; r < world.first_referrer.back(); ++r)
      referrer.values.categories.push_back(fmt::format("R{:06}", r + 1));
    for (const RecordsKind& kind : records_kinds()) codes.values.categories.emplace_back(kind.code);
    for (const RecordsKind& kind : records_kinds())
      codes.values.categories.push_back(fmt::format("{}/ZTX0BC", kind.code));
  }

  void set(const RecordsWorld& world, std::size_t i, const RecordsRow& r) {
    exam[i] = r.exam;
    accession[i] = r.accession;
    row[i] = static_cast<std::int64_t>(i + 1);
    fingerprint[i] = static_cast<std::int64_t>(r.fingerprint);
    patient[i] = r.patient;
    if (r.birth_year != 0) birth_year[i] = r.birth_year;
    if (r.age >= 0) age[i] = r.age;
    if (r.sex != Sex::unknown) sex.set(i, r.sex == Sex::female ? 0 : 1);
    if (r.place >= 0) {
      const RecordsPlace& place = world.places[static_cast<std::size_t>(r.place)];
      const auto& known = municipality.values.categories;
      municipality.set(i,
                       std::lower_bound(known.begin(), known.end() - 1, place.municipality) - known.begin());
      district.set(i, position(district.values.categories, place.district));
    } else if (r.abroad) {
      municipality.set(i, static_cast<std::ptrdiff_t>(municipality.values.categories.size()) - 1);
    }
    area.set(i, static_cast<std::ptrdiff_t>(r.area));
    referrer.set(i, static_cast<std::ptrdiff_t>(r.referrer));
    referrer_type.set(i, r.referrer_type);
    sector.set(i, world.providers[r.provider].is_private ? 1 : 0);
    provider.set(i, static_cast<std::ptrdiff_t>(r.provider));
    site.set(i, static_cast<std::ptrdiff_t>(r.site));
    if (!r.secondary_code) device.set(i, static_cast<std::ptrdiff_t>(r.device));
    care.set(i, r.care);
    priority.set(i, r.priority);
    codes.set(i, static_cast<std::ptrdiff_t>(r.kind + (r.secondary_code ? records_kinds().size() : 0)));
    modality.set(i, static_cast<std::ptrdiff_t>(records_kinds()[r.kind].modality));
    laterality.set(i, r.laterality);
    status.set(i, static_cast<std::ptrdiff_t>(r.status));
    source.set(i, 0);
    const std::array<const std::optional<std::int64_t>*, 7> times{
        &r.requested, &r.scheduled, &r.arrived, &r.examined, &r.exam_end, &r.preliminary, &r.reported};
    for (std::size_t t = 0; t < times.size(); ++t)
      if (*times[t]) time[t][i] = 60.0 * static_cast<double>(**times[t]);
    if (r.examined) utc_offset[i] = 60.0 * offset_minutes(*r.examined);
  }

  /// Words for the patients there are, in the order of their numbers.
  Categorical patients() const {
    Categorical column;
    std::vector<std::uint64_t> known = patient;
    tbb::parallel_sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    column.codes.resize(rows);
    tbb::parallel_for(std::size_t{0}, rows, [&](std::size_t i) {
      column.codes[i] =
          static_cast<std::int32_t>(std::lower_bound(known.begin(), known.end(), patient[i]) - known.begin());
    });
    column.categories.resize(known.size());
    tbb::parallel_for(std::size_t{0}, known.size(),
                      [&](std::size_t i) { column.categories[i] = patient_word(known[i]); });
    return column;
  }
};

}  // namespace

std::size_t for_each_event(const RecordsWorld& world, const RecordsEvents& events,
                           const std::function<void(std::size_t, std::size_t)>& use) {
  const std::size_t count = events.events.size();
  const std::size_t blocks = (count + block - 1) / block;
  std::vector<std::size_t> first(blocks + 1);
  const auto rows_of = [&](std::size_t i) { return 1 + extras_of(world, events.events[i]).count; };
  tbb::parallel_for(std::size_t{0}, blocks, [&](std::size_t b) {
    for (std::size_t i = b * block; i < std::min(count, (b + 1) * block); ++i) first[b + 1] += rows_of(i);
  });
  for (std::size_t b = 0; b < blocks; ++b) first[b + 1] += first[b];
  if (use)
    tbb::parallel_for(std::size_t{0}, blocks, [&](std::size_t b) {
      std::size_t row = first[b];
      for (std::size_t i = b * block; i < std::min(count, (b + 1) * block); ++i) {
        use(i, row);
        row += rows_of(i);
      }
    });
  return first.back();
}

Table records_table(const RecordsWorld& world, const RecordsEvents& events) {
  namespace names = activity_columns;
  Columns c(world, for_each_event(world, events, nullptr));
  for_each_event(world, events, [&](std::size_t i, std::size_t row) {
    const RecordsEvent& event = events.events[i];
    const RecordsStratum& stratum = events.strata[event.stratum];
    c.set(world, row, records_row(world, stratum, event, i, RecordsExtra::none));
    const RecordsExtras extras = extras_of(world, event);
    for (std::size_t k = 0; k < extras.count; ++k)
      c.set(world, row + 1 + k, records_row(world, stratum, event, i, extras.kind[k]));
  });

  Table table;
  const auto add = [&](const char* name, const char* units, const char* text, auto&& values) {
    table.columns.push_back({name, units, text, std::forward<decltype(values)>(values)});
  };
  add(names::exam, "1", "number of the examination", std::move(c.exam));
  add(names::accession, "1", "number of the order", std::move(c.accession));
  add(names::patient, "", "pseudonym", c.patients());
  add(names::birth_year, "1", "year of birth", std::move(c.birth_year));
  add(names::age, "1", "whole years at the examination, 90 and above are 90", std::move(c.age));
  add(names::sex, "", "", std::move(c.sex.values));
  if (world.places.empty()) {
    add(names::area, "", "where the patient lives", std::move(c.area.values));
  } else {
    add(names::municipality, "", "where the patient lives; 9999 is unknown",
        std::move(c.municipality.values));
    add(names::district, "", "city district", std::move(c.district.values));
  }
  add(names::referrer, "", "pseudonym", std::move(c.referrer.values));
  add(names::referrer_type, "", "", std::move(c.referrer_type.values));
  add(names::sector, "", "", std::move(c.sector.values));
  add(names::provider, "", "", std::move(c.provider.values));
  add(names::site, "", "", std::move(c.site.values));
  add(names::device, "", "scanner", std::move(c.device.values));
  add(names::care_level, "", "", std::move(c.care.values));
  add(names::priority, "", "", std::move(c.priority.values));
  add(names::codes, "", "NCRP, joined by '/'", std::move(c.codes.values));
  add(names::source_modality, "", "", std::move(c.modality.values));
  add(names::laterality, "", "", std::move(c.laterality.values));
  add(names::status, "", "", std::move(c.status.values));
  constexpr std::array<const char*, 7> times{names::requested, names::scheduled, names::arrived,
                                             names::examined,  names::exam_end,  names::preliminary,
                                             names::reported};
  for (std::size_t t = 0; t < times.size(); ++t)
    add(times[t], "s", "seconds since 1970-01-01T00:00:00 UTC", std::move(c.time[t]));
  add(names::utc_offset, "s", "local time minus UTC at the examination", std::move(c.utc_offset));
  add(names::source, "", "", std::move(c.source.values));
  add(names::row, "1", "", std::move(c.row));
  add(names::fingerprint, "1", "equal for equal rows", std::move(c.fingerprint));
  return table;
}

}  // namespace snitt::phantom
