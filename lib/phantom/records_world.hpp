#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/population.hpp"

/// The simulated country that records come from: areas, places, providers, referrers, kinds of examination,
/// and every probability in it. Truth is what stands here.
namespace snitt::phantom {

/// A municipality or city district with its share of an area's inhabitants.
struct RecordsPlace {
  std::string municipality;
  std::string district;  ///< "" when the municipality has none
  std::string area;
  double share = 1;
};
/// Columns municipality, area and, as far as there are any, district and share. Throws InputError naming row
/// and column.
std::vector<RecordsPlace> places_from(const Table& table, const std::string& where);

struct RecordsSettings {
  std::uint64_t seed = 1;
  double rows = 100000;  ///< expected number of performed examinations
  int first_year = 2022;
  int last_year = 2024;
  double growth = 0.02;      ///< of the rates per year
  double area_sigma = 0.2;   ///< standard deviation of the areas' log relative risks
  double concentration = 1;  ///< referrers' shares fall with rank to this power
  double inhabitants_per_referrer = 1500;
  std::array<double, 4> repeat{0.02, 0.02, 0.02, 0.03};  ///< next one after 1-6, 8-29, 31-89, 91-364 days
  double same_provider = 0.7;                            ///< of what follows in a chain
  double contralateral = 0.06;  ///< chains of paired joints that are one side, then the other
  double escalation = 0.05;     ///< chains that end with CT or MR of the same region
  double bilateral = 0.08;      ///< chains of paired joints that show both
  double cancelled = 0.02;      ///< further rows per examination
  double duplicated = 0.005;
  double secondary = 0.01;
  double no_place = 0.008;         ///< rows without a municipality, or with an unknown one
  double no_request = 0.005;       ///< rows without time of request
  double negative_wait = 0.002;    ///< rows requested after they were made
  double negative_report = 0.002;  ///< rows reported before the examination ended
  double busy = 0.6;               ///< of opening hours for which scanners are bought
};

/// Ranges of days in which the next examination of a chain falls, a day off the usual windows on either side.
inline constexpr std::array<std::array<int, 2>, 4> repeat_days{{{1, 6}, {8, 29}, {31, 89}, {91, 364}}};

enum class RecordsModality : std::uint8_t { ct, mr, rg, ul };
inline constexpr std::array<const char*, 4> modality_words{"CT", "MR", "RG", "UL"};

/// One kind of examination.
struct RecordsKind {
  const char* code;  ///< NCRP
  RecordsModality modality;
  const char* region;
  int rank;                      ///< among the kinds of its region: one person has one kind per region
  bool paired;                   ///< joints with a left and a right
  double per_1000;               ///< a year, before scaling
  std::array<double, 4> by_age;  ///< relative rate at 0, 25, 55 and 85 years, linear between
  double women;                  ///< rate of women over that of men
  double emergency;              ///< shares of the public provider's examinations
  double inpatient;
};
const std::vector<RecordsKind>& records_kinds();
/// [kind] Kinds that an examination may be followed up by: same region, RG by CT or MR, CT by MR.
const std::vector<std::vector<std::size_t>>& escalations();
inline const std::vector<std::size_t>& escalations_of(std::size_t kind) { return escalations()[kind]; }

/// How long things take, by modality. Log-normal: median and standard deviation of the logarithm.
struct RecordsTimes {
  double wait_days, wait_sigma;       ///< elective request to examination
  double urgent_days, urgent_sigma;   ///< the same for inpatients and emergencies
  double exam_minutes, exam_sigma;    ///< start to end
  double report_hours, report_sigma;  ///< end to final report
  double private_share;               ///< of outpatients
};
const std::array<RecordsTimes, 4>& records_times();
inline constexpr double changeover_minutes = 4;     ///< a scanner's between two examinations
inline constexpr double waiting_room_minutes = 20;  ///< median, log-normal with 0.6
inline constexpr double preliminary_share = 0.3;    ///< of inpatients and emergencies
inline constexpr double preliminary_hours = 1;      ///< median after the end, log-normal with 0.7

/// Relative frequency of elective examinations by month and by weekday, and of all by hour.
inline constexpr std::array<double, 12> month_weight{1.04, 1.03, 1.06, 0.98, 1.0,  1.02,
                                                     0.72, 0.97, 1.08, 1.07, 1.09, 0.88};
inline constexpr std::array<double, 7> weekday_weight{1.05, 1.06, 1.04, 1.02, 0.9, 0.04, 0.02};
inline constexpr std::array<double, 24> elective_hours{0, 0,   0, 0,   0,   0,    0,   0.3, 1, 1.1, 1.1, 0.9,
                                                       1, 1.1, 1, 0.6, 0.3, 0.15, 0.1, 0,   0, 0,   0,   0};
inline constexpr std::array<double, 24> emergency_hours{0.5, 0.45, 0.4, 0.35, 0.3, 0.3, 0.4, 0.5,
                                                        0.8, 1.1,  1.3, 1.4,  1.4, 1.4, 1.3, 1.3,
                                                        1.3, 1.2,  1.2, 1.1,  1.0, 0.9, 0.8, 0.6};

struct RecordsProvider {
  std::string name;
  bool is_private = false;
  std::size_t area = 0;
  std::vector<std::string> sites;
};
struct RecordsDevice {
  std::string name;
  std::size_t provider = 0;
  std::size_t site = 0;  ///< in the list of all sites
  RecordsModality modality = RecordsModality::ct;
};
/// Scanners of one site and modality: devices [first, first + count).
struct DeviceGroup {
  std::size_t first = 0;
  std::size_t count = 0;
};

struct RecordsWorld {
  RecordsSettings settings;
  Population population;
  int data_years = 0;
  std::int64_t start_minute = 0;  ///< UTC, of the first day in local time
  std::int64_t end_minute = 0;    ///< and of the day after the last: nothing is known later
  double scale = 1;               ///< of the kinds' rates
  std::vector<RecordsPlace> places;
  std::vector<std::vector<std::size_t>> places_of_area;
  std::vector<std::vector<double>> place_limit;               ///< [area][place]: cumulative shares
  std::vector<std::array<double, 4>> relative_risk;           ///< [area][modality]
  std::vector<std::array<std::size_t, 3>> providers_of_area;  ///< the trust, two private ones
  std::vector<RecordsProvider> providers;
  std::vector<std::string> sites;
  std::vector<std::size_t> first_site;  ///< [provider], in sites
  std::vector<RecordsDevice> devices;
  std::vector<std::array<DeviceGroup, 4>> device_groups;  ///< [site][modality]
  std::vector<std::size_t> first_referrer;                ///< [area + 1]
  std::vector<std::vector<double>> referrer_limit;        ///< [area][rank]: cumulative shares

  /// Expected number of chains (first examinations) a year of one kind in one stratum with `persons`.
  double expected(std::size_t kind, std::size_t area, Sex sex, int age_from, double persons, int year) const;
  /// Chance that a chain of this kind in this area ends with the kind it may escalate to.
  double escalation_chance(std::size_t kind, std::size_t target, std::size_t area) const;
  /// Inhabitants in this year, or in the nearest that the population has.
  int population_year(int year) const;
};

/// Throws InputError for a population without ages, sexes or areas, and for places of areas it does not have.
RecordsWorld records_world(const RecordsSettings& settings, const Population& population,
                           const std::vector<RecordsPlace>& places);

/// Examinations that a chain of this kind is expected to have.
double examinations_per_chain(const RecordsSettings& settings, std::size_t kind, double escalation);

}  // namespace snitt::phantom
