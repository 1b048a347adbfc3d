#include "activity/repeats.hpp"

#include <fmt/format.h>
#include <tbb/combinable.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <tuple>

#include "activity/latest_moments.hpp"
#include "activity/record_times.hpp"
#include "activity/repeat_tables.hpp"
#include "activity/waiting_list.hpp"
#include "base/error.hpp"
#include "data/row_table.hpp"
#include "formats/spill_file.hpp"

namespace snitt::activity {
namespace {

/// Items by patient: as many piles as memory asks for, each with all items of its patients.
class Piles {
 public:
  Piles(std::size_t expected_items, std::size_t memory_bytes)
      : count_(1 + expected_items * sizeof(RepeatItem) / std::max<std::size_t>(memory_bytes, 1)),
        files_(count_),
        waiting_(count_) {}

  void add(std::span<const RepeatItem> items) {
    for (const RepeatItem& item : items) {
      auto& pile = waiting_[static_cast<std::size_t>(item.patient) % count_];
      pile.push_back(item);
      if (count_ > 1 && pile.size() >= batch) flush(static_cast<std::size_t>(item.patient) % count_);
    }
  }
  std::size_t count() const { return count_; }
  std::vector<RepeatItem> take(std::size_t pile) {
    if (count_ == 1) return std::move(waiting_[0]);
    flush(pile);
    const std::vector<std::byte> bytes = files_[pile].read();
    std::vector<RepeatItem> items(bytes.size() / sizeof(RepeatItem));
    if (!items.empty()) std::memcpy(items.data(), bytes.data(), bytes.size());
    files_[pile] = {};
    return items;
  }

 private:
  static constexpr std::size_t batch = 8192;
  void flush(std::size_t pile) {
    files_[pile].write(std::as_bytes(std::span(waiting_[pile])));
    waiting_[pile].clear();
  }
  std::size_t count_;
  std::vector<formats::SpillFile> files_;
  std::vector<std::vector<RepeatItem>> waiting_;
};

/// Positions of words, sorted, by their numbers in the order of the records: with them as numbers, the order
/// of rows changes nothing.
template <typename Word>
struct Sorted {
  std::vector<Word> words;
  std::vector<std::int32_t> rank;  ///< [number]
  explicit Sorted(const std::vector<Word>& list) : rank(list.size()) {
    std::vector<std::size_t> by(list.size());
    std::iota(by.begin(), by.end(), std::size_t{0});
    std::sort(by.begin(), by.end(), [&](std::size_t a, std::size_t b) { return before(list[a], list[b]); });
    for (std::size_t i = 0; i < by.size(); ++i) {
      words.push_back(list[by[i]]);
      rank[by[i]] = static_cast<std::int32_t>(i);
    }
  }
  static bool before(const std::string& a, const std::string& b) { return a < b; }
  static bool before(const CodeKind& a, const CodeKind& b) {
    return std::tie(a.code, a.kind.modality, a.kind.region) <
           std::tie(b.code, b.kind.modality, b.kind.region);
  }
};

struct Numbering {
  Sorted<CodeKind> codes;
  Sorted<std::string> providers, referrers, cares;
  explicit Numbering(const RecordItems& r)
      : codes(r.codes()), providers(r.providers()), referrers(r.referrers()), cares(r.cares()) {}

  void apply(std::vector<RepeatItem>& items) const {
    const auto at = [](const std::vector<std::int32_t>& rank, std::int32_t number) {
      return number < 0 ? number : rank[static_cast<std::size_t>(number)];
    };
    for (RepeatItem& item : items) {
      item.code = at(codes.rank, item.code);
      item.provider = at(providers.rank, item.provider);
      item.referrer = at(referrers.rank, item.referrer);
      item.care = static_cast<std::uint8_t>(at(cares.rank, item.care - 1) + 1);
    }
  }
};

/// All that tells two items apart, so that the order of rows changes nothing.
auto order(const RepeatItem& i) {
  return std::tuple(i.patient, i.time_s, i.code, i.provider, i.side, i.care, i.referrer, i.age);
}

void tally_pile(std::vector<RepeatItem> items, const KindTable& kinds, const RepeatRules& rules,
                const IndicatorCodes& indicator_codes, std::int64_t start_s, std::int64_t end_s,
                RepeatTally& tally) {
  tbb::parallel_sort(items.begin(), items.end(),
                     [](const RepeatItem& a, const RepeatItem& b) { return order(a) < order(b); });
  std::vector<std::size_t> first;  // of every patient
  for (std::size_t i = 0; i < items.size(); ++i)
    if (i == 0 || items[i].patient != items[i - 1].patient) first.push_back(i);
  first.push_back(items.size());
  if (first.size() < 2) return;
  tbb::combinable<RepeatTally> parts(
      [&] { return RepeatTally(kinds.kinds.size(), rules, tally.indicators.size()); });
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, first.size() - 1, 4096), [&](const auto& range) {
    RepeatTally& here = parts.local();
    for (std::size_t p = range.begin(); p < range.end(); ++p) {
      const std::span<const RepeatItem> patient(items.data() + first[p], first[p + 1] - first[p]);
      tally_patient(patient, kinds, rules, indicator_codes, start_s, end_s, here);
    }
  });
  parts.combine_each([&](const RepeatTally& part) { tally.add(part); });
}

std::optional<std::int64_t> moment(const std::optional<std::string>& text, const RepeatSource& source,
                                   const char* option) {
  if (!text) return std::nullopt;
  const TimeZone zone = source.zone.empty() ? TimeZone::load("Europe/Oslo") : TimeZone::load(source.zone);
  auto found = moment_from(*text, zone);
  if (!found) found = moment_from(*text + " 00:00:00", zone);
  if (!found) throw UsageError("{} '{}': expected a date such as 2025-01-01, or a moment", option, *text);
  return static_cast<std::int64_t>(*found);
}

Table excluded_table(const RecordItems& records, const RepeatTally& tally, std::size_t far) {
  RowTable table({{"reason", "", ""}, {"rows", "1", ""}});
  for (const auto& [reason, rows] : records.excluded()) table.add({reason, static_cast<double>(rows)});
  table.add({std::string("one with another of the same kind, side, provider and day"),
             static_cast<double>(tally.same_day)});
  if (far > 0) table.add({std::string("long after all others"), static_cast<double>(far)});
  return table.table();
}

void judge(const RecordItems& records, const RepeatTally& tally, std::size_t without_side, std::size_t items,
           CalibrationRecord& record) {
  if (tally.crowded > 0)
    record.reasons.push_back(fmt::format(
        "{} patients have more than {} examinations: hardly one person each; look for test patients and "
        "missing identities",
        tally.crowded, crowd));
  const auto no_patient = records.excluded().find("no patient");
  if (no_patient != records.excluded().end() && no_patient->second > records.rows() / 100)
    record.reasons.push_back(
        fmt::format("{} of {} rows have no patient: what follows what is not known of them",
                    no_patient->second, records.rows()));
  if (!records.has_laterality() && without_side == items)
    record.reasons.emplace_back(
        "no examination has a side: the other knee counts as a repeat; give column laterality or codes "
        "ZTX0XA, XB, XC");
  if (!records.has_care())
    record.reasons.emplace_back("there is no column care_level: in- and outpatients are not told apart");
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
}

}  // namespace

RepeatResult repeats(const RepeatSource& source, const std::vector<Indicator>& indicators,
                     const RepeatOptions& options, Monitor& monitor) {
  const auto wanted_start = moment(options.start, source, "--start"),
             wanted_end = moment(options.end, source, "--end");
  RecordItems records(source);
  Piles piles(records.rows() + records.rows() / 8, options.memory_bytes);
  std::int64_t first = std::numeric_limits<std::int64_t>::max(),
               last = std::numeric_limits<std::int64_t>::min();
  LatestMoments moments(records.rows());
  std::size_t items = 0, without_side = 0, outside = 0, far = 0;
  records.read([&](std::span<const RepeatItem> block) {
    std::vector<RepeatItem> kept;
    for (const RepeatItem& item : block) {
      if ((wanted_start && item.time_s < *wanted_start) || (wanted_end && item.time_s >= *wanted_end)) {
        ++outside;
        continue;
      }
      first = std::min(first, item.time_s);
      last = std::max(last, item.time_s);
      moments.add(static_cast<double>(item.time_s));
      without_side += item.side == Side::none ? 1 : 0;
      kept.push_back(item);
    }
    items += kept.size();
    piles.add(kept);
    monitor.progress("reading", static_cast<double>(items), static_cast<double>(records.rows()));
  });
  if (items == 0)
    throw InputError("{}: no row is a completed examination of a known patient inside the data's time",
                     source.path);
  const std::int64_t start_s = wanted_start.value_or(first), end_s = wanted_end.value_or(static_cast<std::int64_t>(moments.plausible()));

  const Numbering numbering(records);
  const KindTable kinds = kind_table(numbering.codes.words, options.rules.by_code);
  const IndicatorCodes indicator_codes(indicators, numbering.codes.words);
  RepeatTally tally(kinds.kinds.size(), options.rules, indicators.size());
  for (std::size_t p = 0; p < piles.count(); ++p) {
    std::vector<RepeatItem> pile = piles.take(p);
    if (!wanted_end)
      far += std::erase_if(pile, [&](const RepeatItem& item) { return item.time_s > end_s; });
    numbering.apply(pile);
    tally_pile(std::move(pile), kinds, options.rules, indicator_codes, start_s, end_s, tally);
    monitor.progress("counting", static_cast<double>(p + 1), static_cast<double>(piles.count()));
  }

  const RepeatCounts counts{kinds, options.rules, tally, indicators, numbering.cares.words};
  RepeatResult result;
  result.repeats = repeats_table(counts);
  CalibrationRecord& record = result.record;
  record.method = "activity-repeats";
  judge(records, tally, without_side, items, record);
  items -= far;
  if (far > 0) {
    const TimeZone zone = source.zone.empty() ? TimeZone::load("Europe/Oslo") : TimeZone::load(source.zone);
    record.reasons.push_back(fmt::format(
        "examinations long after all others: {} (until {}); they are left out, and {} is the end of what "
        "is followed. Correct them, or give --end",
        far, moment_text(static_cast<double>(last), zone), moment_text(static_cast<double>(end_s), zone)));
    record.verdict = "doubtful";
  }
  Table excluded = excluded_table(records, tally, far);
  record.tables = {
      {"all", all_repeats_table(counts)},       {"pairs", pairs_table(counts)},
      {"escalation", escalation_table(counts)}, {"persons_by_frequency", frequency_table(counts)},
      {"persons", persons_table(counts)},       {"concentration", concentration_table(counts)},
      {"lorenz", lorenz_table(counts)},         {"excluded", std::move(excluded)}};
  if (!indicators.empty()) record.tables.emplace_back("indicators", indicator_table(counts));
  const auto add = [&](const char* name, std::size_t n, const char* text) {
    record.summary.push_back(plain(name, static_cast<double>(n), "1", text));
  };
  add("rows", records.rows(), "read");
  add("examinations", items - tally.same_day, "looked at, one per modality and region of a contact");
  add("same_day", tally.same_day, "one with another of the same kind, side, provider and day");
  add("outside", outside, "before --start or after --end");
  add("patients", tally.patients, "with an examination");
  record.summary.push_back(plain("days", static_cast<double>(end_s - start_s) / 86400, "d",
                                 "from the first moment of the data to the last"));
  const Table& all = *record.table("all");
  for (std::size_t w = 0; w < options.rules.windows.size(); ++w) {
    const auto value = [&](const char* name) {
      return std::get<std::vector<double>>(all.find(name)->values)[w];
    };
    record.summary.push_back({fmt::format("repeated_{}_days", options.rules.windows[w]), value("share"),
                              value("share_low"), value("share_high"), "1",
                              "of all followed examinations, with another of the same kind and side"});
  }
  return result;
}

}  // namespace snitt::activity
