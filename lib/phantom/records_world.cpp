#include "phantom/records_world.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.hpp"
#include "phantom/noise.hpp"
#include "phantom/records_clock.hpp"

namespace snitt::phantom {
namespace {

using M = RecordsModality;
constexpr std::uint64_t area_stream = 0x61726561;

/// Where a random walk along the age axis has its knots.
constexpr std::array<double, 4> knots{0, 25, 55, 85};

double at_age(const std::array<double, 4>& by_age, double age) {
  for (std::size_t i = 1; i < knots.size(); ++i)
    if (age <= knots[i]) {
      const double t = (age - knots[i - 1]) / (knots[i] - knots[i - 1]);
      return by_age[i - 1] * (1 - t) + by_age[i] * t;
    }
  return by_age.back();
}

void place_inhabitants(RecordsWorld& world, const std::vector<RecordsPlace>& places) {
  const auto& areas = world.population.areas;
  world.places = places;
  world.places_of_area.resize(areas.size());
  world.place_limit.resize(areas.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto at = std::find(areas.begin(), areas.end(), places[i].area);
    if (at == areas.end())
      throw InputError("places: area '{}' of municipality {} has no inhabitants; there are: {}",
                       places[i].area, places[i].municipality, fmt::join(areas, ", "));
    world.places_of_area[static_cast<std::size_t>(at - areas.begin())].push_back(i);
  }
  for (std::size_t a = 0; a < areas.size(); ++a) {
    if (!places.empty() && world.places_of_area[a].empty())
      throw InputError("places: area '{}' has no municipality; expected one at least", areas[a]);
    double sum = 0;
    for (const std::size_t p : world.places_of_area[a])
      world.place_limit[a].push_back(sum += places[p].share);
    for (double& limit : world.place_limit[a]) limit /= sum;
  }
}

void set_relative_risks(RecordsWorld& world) {
  const RecordsSettings& s = world.settings;
  for (std::size_t a = 0; a < world.population.areas.size(); ++a) {
    const double common = normal(random_bits(s.seed, area_stream, a));
    std::array<double, 4> risk{};
    for (std::size_t m = 0; m < 4; ++m)
      risk[m] =
          std::exp(s.area_sigma * (0.8 * common + 0.6 * normal(random_bits(s.seed, area_stream + 1 + m, a))));
    world.relative_risk.push_back(risk);
  }
}

void scale_rates(RecordsWorld& world) {
  const RecordsSettings& s = world.settings;
  double expected = 0;
  for (int year = s.first_year; year <= s.last_year; ++year)
    for (const PopulationRow& cell : world.population.rows) {
      if (cell.year != world.population_year(year)) continue;
      for (std::size_t k = 0; k < records_kinds().size(); ++k) {
        double escalation = 0;
        for (const std::size_t target : escalations_of(k))
          escalation += world.escalation_chance(k, target, cell.area);
        expected += world.expected(k, cell.area, cell.sex, cell.age_from, cell.persons, year) *
                    examinations_per_chain(s, k, escalation);
      }
    }
  if (!(expected > 0)) throw InputError("population: has no inhabitants");
  world.scale = s.rows / expected;
}

void open_providers(RecordsWorld& world) {
  for (std::size_t a = 0; a < world.population.areas.size(); ++a) {
    const std::string& area = world.population.areas[a];
    std::array<std::size_t, 3> own{};
    const auto open = [&](std::size_t which, RecordsProvider provider) {
      own[which] = world.providers.size();
      world.first_site.push_back(world.sites.size());
      world.sites.insert(world.sites.end(), provider.sites.begin(), provider.sites.end());
      provider.area = a;
      world.providers.push_back(std::move(provider));
    };
    open(0, {area + " HF", false, a, {area + " 1", area + " 2"}});
    open(1, {"Privat A", true, a, {"Privat A " + area}});
    open(2, {"Privat B", true, a, {"Privat B " + area}});
    world.providers_of_area.push_back(own);
  }
}

/// So many that they are busy for the share of opening hours that was asked for.
void buy_devices(RecordsWorld& world) {
  const RecordsSettings& s = world.settings;
  const auto& times = records_times();
  std::vector<std::array<double, 4>> exams(world.population.areas.size());
  for (const PopulationRow& cell : world.population.rows) {
    if (cell.year != world.population_year(s.last_year)) continue;
    for (std::size_t k = 0; k < records_kinds().size(); ++k)
      exams[cell.area][static_cast<std::size_t>(records_kinds()[k].modality)] +=
          world.expected(k, cell.area, cell.sex, cell.age_from, cell.persons, s.last_year) *
          examinations_per_chain(s, k, s.escalation);
  }
  world.device_groups.resize(world.sites.size());
  for (std::size_t p = 0; p < world.providers.size(); ++p) {
    const RecordsProvider& provider = world.providers[p];
    for (std::size_t i = 0; i < provider.sites.size(); ++i)
      for (std::size_t m = 0; m < 4; ++m) {
        const double share =
            (provider.is_private ? 0.5 * times[m].private_share : 1 - 0.7 * times[m].private_share) /
            static_cast<double>(provider.sites.size());
        const double minutes =
            times[m].exam_minutes * std::exp(0.5 * times[m].exam_sigma * times[m].exam_sigma);
        const double needed =
            exams[provider.area][m] * share * (minutes + changeover_minutes) / (250 * 480 * s.busy);
        const auto count = static_cast<std::size_t>(std::max(1.0, std::ceil(needed)));
        const std::size_t site = world.first_site[p] + i;
        world.device_groups[site][m] = {world.devices.size(), count};
        for (std::size_t d = 0; d < count; ++d)
          world.devices.push_back({fmt::format("{} {} {}", world.sites[site], modality_words[m], d + 1), p,
                                   site, static_cast<M>(m)});
      }
  }
}

void settle_referrers(RecordsWorld& world) {
  const RecordsSettings& s = world.settings;
  std::vector<double> persons(world.population.areas.size());
  for (const PopulationRow& cell : world.population.rows)
    if (cell.year == world.population_year(s.last_year)) persons[cell.area] += cell.persons;
  world.first_referrer.push_back(0);
  for (const double n : persons) {
    const auto count = static_cast<std::size_t>(std::max(5.0, std::round(n / s.inhabitants_per_referrer)));
    std::vector<double> limits;
    double sum = 0;
    for (std::size_t rank = 1; rank <= count; ++rank)
      limits.push_back(sum += std::pow(static_cast<double>(rank), -s.concentration));
    for (double& limit : limits) limit /= sum;
    world.referrer_limit.push_back(std::move(limits));
    world.first_referrer.push_back(world.first_referrer.back() + count);
  }
}

}  // namespace

const std::vector<RecordsKind>& records_kinds() {
  // Shapes as every radiology department has them: rounded, and nobody's figures.
  static const std::vector<RecordsKind> kinds{
      {"SAA0AD", M::ct, "head", 0, false, 45, {0.3, 0.7, 1.0, 3.0}, 1.0, 0.45, 0.3},
      {"SAA0AG", M::mr, "head", 1, false, 30, {0.4, 0.9, 1.2, 1.0}, 1.2, 0.03, 0.25},
      {"SNA0GG", M::mr, "spine", 0, false, 28, {0.05, 0.9, 1.6, 0.8}, 1.1, 0.02, 0.06},
      {"SNA0GA", M::rg, "spine", 1, false, 20, {0.1, 0.7, 1.3, 1.8}, 1.2, 0.1, 0.15},
      {"SNA0GD", M::ct, "spine", 2, false, 8, {0.1, 0.8, 1.2, 1.8}, 1.0, 0.4, 0.3},
      {"SSC0AA", M::rg, "thorax", 0, false, 120, {0.6, 0.5, 1.1, 4.0}, 0.95, 0.3, 0.4},
      {"SSC0AD", M::ct, "thorax", 1, false, 30, {0.05, 0.3, 1.4, 2.6}, 0.9, 0.2, 0.35},
      {"SJX0AK", M::ul, "abdomen", 0, false, 25, {0.5, 0.9, 1.2, 1.1}, 1.2, 0.12, 0.3},
      {"SSD0AD", M::ct, "abdomen", 1, false, 15, {0.05, 0.5, 1.3, 2.0}, 1.0, 0.4, 0.4},
      {"SNG0AA", M::rg, "lower limb", 0, true, 55, {0.4, 0.8, 1.2, 1.5}, 1.15, 0.2, 0.06},
      {"SNG0AG", M::mr, "lower limb", 1, true, 26, {0.2, 1.1, 1.4, 0.4}, 1.0, 0.01, 0.02},
      {"SNG0AD", M::ct, "lower limb", 2, true, 6, {0.1, 0.8, 1.2, 1.4}, 1.0, 0.4, 0.2},
      {"SNB0BA", M::rg, "upper limb", 0, true, 30, {0.3, 0.8, 1.3, 1.6}, 1.1, 0.25, 0.06},
      {"SNB0BG", M::mr, "upper limb", 1, true, 14, {0.02, 0.7, 1.8, 0.5}, 0.9, 0.01, 0.02},
      {"SBA0AK", M::ul, "neck", 0, false, 12, {0.2, 1.0, 1.3, 0.9}, 2.2, 0.02, 0.05},
      {"SSQ0AD", M::ct, "trunk", 0, false, 32, {0.03, 0.3, 1.6, 2.4}, 0.95, 0.15, 0.3},
  };
  return kinds;
}

const std::vector<std::vector<std::size_t>>& escalations() {
  static const std::vector<std::vector<std::size_t>> all = [] {
    const auto& kinds = records_kinds();
    const auto rank = [](const RecordsKind& kind) {
      return kind.modality == M::rg ? 0 : kind.modality == M::ct ? 1 : kind.modality == M::mr ? 2 : -1;
    };
    std::vector<std::vector<std::size_t>> found(kinds.size());
    for (std::size_t k = 0; k < kinds.size(); ++k)
      for (std::size_t t = 0; t < kinds.size(); ++t)
        if (std::string(kinds[t].region) == kinds[k].region && rank(kinds[k]) >= 0 &&
            rank(kinds[t]) > rank(kinds[k]))
          found[k].push_back(t);
    return found;
  }();
  return all;
}

const std::array<RecordsTimes, 4>& records_times() {
  static const std::array<RecordsTimes, 4> times{{
      {12, 0.8, 0.1, 1.0, 10, 0.4, 9, 1.2, 0.20},
      {35, 0.8, 0.3, 1.0, 25, 0.35, 70, 1.1, 0.67},
      {2, 1.0, 0.05, 1.0, 5, 0.4, 30, 1.3, 0.15},
      {21, 0.8, 0.2, 1.0, 15, 0.4, 1, 1.0, 0.18},
  }};
  return times;
}

std::vector<RecordsPlace> places_from(const Table& table, const std::string& where) {
  const auto texts = [&](const char* name, bool needed) {
    const Column* column = table.find(name);
    if (column == nullptr && needed) throw InputError("{}: has no column '{}'", where, name);
    std::vector<std::string> found(table.rows());
    if (column == nullptr) return found;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (const auto* words = std::get_if<std::vector<std::string>>(&column->values)) found[i] = (*words)[i];
      if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&column->values))
        found[i] = fmt::format("{:04}", (*whole)[i]);
    }
    return found;
  };
  const auto municipality = texts("municipality", true);
  const auto district = texts("district", false);
  const auto area = texts("area", true);
  const Column* share = table.find("share");
  std::vector<RecordsPlace> places;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    RecordsPlace place{municipality[i], district[i], area[i], 1};
    if (share != nullptr) {
      if (const auto* v = std::get_if<std::vector<double>>(&share->values)) place.share = (*v)[i];
      if (const auto* v = std::get_if<std::vector<std::int64_t>>(&share->values))
        place.share = static_cast<double>((*v)[i]);
    }
    if (place.municipality.empty() || place.area.empty() || !(place.share > 0))
      throw InputError("{}: row {}: expected a municipality, an area and a share above 0", where, i + 1);
    places.push_back(std::move(place));
  }
  return places;
}

double examinations_per_chain(const RecordsSettings& s, std::size_t kind, double escalation) {
  double repeat = 0;
  for (const double p : s.repeat) repeat += p;
  const double other_side = records_kinds()[kind].paired ? s.contralateral : 0;
  return (1 - escalation - other_side) / (1 - repeat) + 2 * escalation + 2 * other_side;
}

double RecordsWorld::expected(std::size_t kind, std::size_t area, Sex sex, int age_from, double persons,
                              int year) const {
  const RecordsKind& k = records_kinds()[kind];
  const double of_sex = sex == Sex::female ? 2 * k.women / (1 + k.women) : 2 / (1 + k.women);
  return scale * persons / 1000 * k.per_1000 * at_age(k.by_age, age_from + 2.5) * of_sex *
         relative_risk[area][static_cast<std::size_t>(k.modality)] *
         std::pow(1 + settings.growth, year - settings.first_year);
}

double RecordsWorld::escalation_chance(std::size_t kind, std::size_t target, std::size_t area) const {
  const auto& kinds = records_kinds();
  const auto risk = [&](std::size_t k) {
    return relative_risk[area][static_cast<std::size_t>(kinds[k].modality)];
  };
  // In proportion to the target's risk, so that the area's risk is the planted one in both modalities.
  const double even = settings.escalation / static_cast<double>(escalations_of(kind).size());
  return std::min(0.3, even * risk(target) / risk(kind));
}

int RecordsWorld::population_year(int year) const {
  return std::clamp(year, population.years.front(), population.years.back());
}

RecordsWorld records_world(const RecordsSettings& settings, const Population& population,
                           const std::vector<RecordsPlace>& places) {
  if (!population.has_sex || population.age_starts.front() < 0)
    throw InputError("population: has no sexes or no ages; expected inhabitants by area, sex and age");
  for (std::size_t i = 1; i < population.years.size(); ++i)
    if (population.years[i] != population.years[i - 1] + 1)
      throw InputError("population: has no year {}; expected years without gaps",
                       population.years[i - 1] + 1);
  RecordsWorld world;
  world.settings = settings;
  world.population = population;
  world.data_years = settings.last_year - settings.first_year + 1;
  world.start_minute = utc_minute_of(days_of(settings.first_year, 1, 1) * 1440, false);
  world.end_minute = utc_minute_of(days_of(settings.last_year + 1, 1, 1) * 1440, false);
  place_inhabitants(world, places);
  set_relative_risks(world);
  scale_rates(world);
  open_providers(world);
  buy_devices(world);
  settle_referrers(world);
  return world;
}

}  // namespace snitt::phantom
