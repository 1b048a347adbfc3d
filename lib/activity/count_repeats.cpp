#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "activity/count_rules.hpp"
#include "activity/key_set.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

namespace c = activity_columns;
constexpr std::uint64_t no_unit = 0;
constexpr std::size_t conflicts_listed = 1000;

/// Keys are dealt to passes, so that those of one pass fit the memory allowed, and within a pass to threads.
/// The rows of a pass are seen in their order, whoever sees them.
class DealtKeys {
 public:
  DealtKeys(std::size_t rows, std::size_t memory_bytes)
      : passes_(std::max<std::size_t>(1, (rows * 24 + memory_bytes - 1) / memory_bytes)),
        hands_(static_cast<std::size_t>(std::clamp(tbb::this_task_arena::max_concurrency(), 1, 16))) {}
  std::size_t passes() const { return passes_; }
  std::size_t hands() const { return hands_; }

  /// take(hand, row, key) for the keys of this pass; no_unit is passed over.
  template <typename Prefetch, typename Take>
  void deal(std::size_t pass, const std::vector<std::uint64_t>& keys, const Prefetch& prefetch,
            const Take& take) const {
    tbb::parallel_for(std::size_t{0}, hands_, [&](std::size_t hand) {
      constexpr std::size_t ahead = 32;
      std::array<std::size_t, ahead> rows{};
      std::size_t waiting = 0;
      const auto flush = [&] {
        for (std::size_t i = 0; i < waiting; ++i) take(hand, rows[i], keys[rows[i]]);
        waiting = 0;
      };
      for (std::size_t r = 0; r < keys.size(); ++r) {
        const std::uint64_t key = keys[r];
        if (key == no_unit || (key >> 40U) % passes_ != pass || (key >> 56U) % hands_ != hand) continue;
        prefetch(hand, key);
        rows[waiting++] = r;
        if (waiting == ahead) flush();
      }
      flush();
    });
  }

 private:
  std::size_t passes_;
  std::size_t hands_;
};

/// The unit that each row of a batch belongs to.
class UnitKeys {
 public:
  UnitKeys(const CountInputs& inputs, CountUnit unit) : unit_(unit) {
    if (unit == CountUnit::contact)
      for (const CountInput& input : inputs.all())
        if (input.has(c::patient))
          words_[&input] = {word_hashes(input, c::patient), input.has(c::provider)
                                                                ? word_hashes(input, c::provider)
                                                                : std::vector<std::uint64_t>{}};
  }
  std::vector<std::string> columns() const {
    if (unit_ == CountUnit::contact) return {c::patient, c::provider, c::examined, c::utc_offset};
    return {column()};
  }
  std::uint64_t key(const CountInput& input, const Table& batch, std::size_t row) const {
    if (unit_ == CountUnit::contact) return contact(input, batch, row);
    const auto* keys = keys_in(batch, column());
    if (keys == nullptr || (*keys)[row] == -1) return no_unit;
    return std::max<std::uint64_t>(1, spread(static_cast<std::uint64_t>((*keys)[row]) ^ input.salt));
  }

 private:
  const char* column() const {
    return unit_ == CountUnit::accession ? c::accession : unit_ == CountUnit::study ? c::study : c::exam;
  }
  /// A patient's visits to one provider on one local day.
  std::uint64_t contact(const CountInput& input, const Table& batch, std::size_t row) const {
    const auto found = words_.find(&input);
    const auto* patient = codes_in(batch, c::patient);
    const auto* provider = codes_in(batch, c::provider);
    const auto* examined = numbers_in(batch, c::examined);
    const auto* offset = numbers_in(batch, c::utc_offset);
    if (found == words_.end() || patient == nullptr || examined == nullptr) return no_unit;
    if ((*patient)[row] < 0 || std::isnan((*examined)[row])) return no_unit;
    const double local = (*examined)[row] + (offset == nullptr ? 0 : (*offset)[row]);
    std::uint64_t key = found->second.first[static_cast<std::size_t>((*patient)[row])];
    if (provider != nullptr && (*provider)[row] >= 0)
      key = spread(key ^ found->second.second[static_cast<std::size_t>((*provider)[row])] * 3);
    const auto day = static_cast<std::int64_t>(std::floor(local / 86400));
    return std::max<std::uint64_t>(1, spread(key + 0x9e3779b97f4a7c15U * static_cast<std::uint64_t>(day)));
  }
  CountUnit unit_;
  std::map<const CountInput*, std::pair<std::vector<std::uint64_t>, std::vector<std::uint64_t>>> words_;
};

struct Candidate {
  std::uint64_t key;
  double examined;
  std::int64_t fingerprint;
  std::size_t row;
};

/// The earliest first; rows that differ in nothing but their place stay in its order.
bool comes_first(const Candidate& a, const Candidate& b) {
  if (a.key != b.key) return a.key < b.key;
  if (a.examined != b.examined) return a.examined < b.examined;
  if (a.fingerprint != b.fingerprint) return a.fingerprint < b.fingerprint;
  return a.row < b.row;
}

}  // namespace

void mark_duplicates(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules,
                     RowRules& row_rules) {
  if (!inputs.any_has(c::fingerprint)) return;
  const DealtKeys dealt(inputs.rows(), settings.memory_bytes);
  for (std::size_t pass = 0; pass < dealt.passes(); ++pass) {
    std::vector<KeySet> seen(dealt.hands());
    inputs.each_batch({c::fingerprint}, [&](const CountInput& input, const Table& batch, std::size_t first) {
      const auto* prints = keys_in(batch, c::fingerprint);
      if (prints == nullptr) return;
      std::vector<std::uint64_t> keys(prints->size(), no_unit);
      for (std::size_t r = 0; r < keys.size(); ++r) {
        const std::uint8_t rule = row_rules[first + r];
        const bool takes_part = rule == CountRules::counted || rule > rules.duplicate;
        if (takes_part && (*prints)[r] != -1)
          keys[r] = std::max<std::uint64_t>(1, spread(static_cast<std::uint64_t>((*prints)[r]) ^ input.salt));
      }
      dealt.deal(
          pass, keys, [&](std::size_t hand, std::uint64_t key) { seen[hand].prefetch(key); },
          [&](std::size_t hand, std::size_t row, std::uint64_t key) {
            if (!seen[hand].insert(key)) row_rules[first + row] = rules.duplicate;
          });
    });
  }
}

Conflicts merge_units(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules,
                      RowRules& row_rules, std::size_t& without_key) {
  const bool merges = settings.unit != CountUnit::row && settings.unit != CountUnit::code;
  const bool is_exam = !merges || settings.unit == CountUnit::exam;
  Conflicts conflicts;
  without_key = 0;
  if (is_exam && !inputs.any_has(c::exam)) return conflicts;
  const UnitKeys units(inputs, merges ? settings.unit : CountUnit::exam);
  const DealtKeys dealt(inputs.rows(), settings.memory_bytes);
  std::vector<std::string> columns = units.columns();
  const auto keys_of = [&](const CountInput& input, const Table& batch, std::size_t first) {
    std::vector<std::uint64_t> keys(batch.rows(), no_unit);
    tbb::parallel_for(std::size_t{0}, keys.size(), [&](std::size_t r) {
      if (row_rules[first + r] == CountRules::counted) keys[r] = units.key(input, batch, r);
    });
    return keys;
  };
  for (std::size_t pass = 0; pass < dealt.passes(); ++pass) {
    std::vector<KeySet> seen(dealt.hands());
    std::vector<KeySet> repeated(dealt.hands());
    inputs.each_batch(columns, [&](const CountInput& input, const Table& batch, std::size_t first) {
      const std::vector<std::uint64_t> keys = keys_of(input, batch, first);
      if (pass == 0)
        for (std::size_t r = 0; r < keys.size(); ++r)
          without_key += keys[r] == no_unit && row_rules[first + r] == CountRules::counted ? 1 : 0;
      dealt.deal(
          pass, keys, [&](std::size_t hand, std::uint64_t key) { seen[hand].prefetch(key); },
          [&](std::size_t hand, std::size_t, std::uint64_t key) {
            if (!seen[hand].insert(key)) repeated[hand].insert(key);
          });
    });
    seen.clear();
    if (std::all_of(repeated.begin(), repeated.end(), [](const KeySet& set) { return set.empty(); }))
      continue;

    std::vector<std::vector<Candidate>> candidates(dealt.hands());
    std::vector<std::string> with_order = columns;
    for (const char* column : {c::examined, c::fingerprint})
      if (std::find(with_order.begin(), with_order.end(), column) == with_order.end())
        with_order.emplace_back(column);
    inputs.each_batch(with_order, [&](const CountInput& input, const Table& batch, std::size_t first) {
      const auto* examined = numbers_in(batch, c::examined);
      const auto* prints = keys_in(batch, c::fingerprint);
      const std::vector<std::uint64_t> keys = keys_of(input, batch, first);
      dealt.deal(
          pass, keys, [](std::size_t, std::uint64_t) {},
          [&](std::size_t hand, std::size_t row, std::uint64_t key) {
            if (!repeated[hand].contains(key)) return;
            const double moment = examined == nullptr ? 0 : (*examined)[row];
            candidates[hand].push_back({key,
                                        std::isnan(moment) ? std::numeric_limits<double>::infinity() : moment,
                                        prints == nullptr ? 0 : (*prints)[row], first + row});
          });
    });
    std::vector<Candidate> all;
    for (auto& some : candidates) all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end(), comes_first);
    for (std::size_t i = 0; i < all.size();) {
      std::size_t end = i;
      while (end < all.size() && all[end].key == all[i].key) ++end;
      if (merges)
        for (std::size_t k = i + 1; k < end; ++k) row_rules[all[k].row] = rules.merged;
      if (is_exam) {
        ++conflicts.keys;
        conflicts.rows += end - i;
        if (conflicts.first.size() < conflicts_listed) {
          conflicts.first.emplace_back();
          for (std::size_t k = i; k < end; ++k) conflicts.first.back().push_back(all[k].row);
        }
      }
      i = end;
    }
  }
  return conflicts;
}

}  // namespace snitt::activity
