#include "activity/count_rules.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "activity/dictionary.hpp"
#include "base/error.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

namespace c = activity_columns;
constexpr std::size_t slice = store::TableReader::block_rows;
constexpr double day_s = 86400;

/// Which share a row belongs to: persons' together where persons matter, else an examination's rows.
bool shards_by_person(const CountSettings& settings) {
  return settings.persons || settings.unit == CountUnit::contact;
}

class RuleBook {
 public:
  RuleBook(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules)
      : settings_(settings), rules_(rules) {
    for (const auto& [name, words] : settings.where) {
      auto dimension = make_dimension(name, inputs, settings.catchment ? &*settings.catchment : nullptr);
      std::vector<bool> allowed(dimension->size(), false);
      for (std::size_t i = 0; i < allowed.size(); ++i)
        allowed[i] = std::find(words.begin(), words.end(), dimension->word(static_cast<std::int32_t>(i))) !=
                     words.end();
      const bool allows_missing = std::find(words.begin(), words.end(), "") != words.end();
      const bool has_any = std::find(allowed.begin(), allowed.end(), true) != allowed.end();
      if (!has_any && !allows_missing)
        throw InputError("--where {}={}: no row has such a word", name, words.empty() ? "" : words.front());
      filters_.push_back({std::move(dimension), std::move(allowed), allows_missing});
    }
    columns_ = {c::status, c::codes, c::examined, c::utc_offset};
    for (const Filter& filter : filters_)
      for (const std::string& column : filter.dimension->columns()) columns_.push_back(column);
    if (settings.shard.count > 1) columns_.insert(columns_.end(), {c::exam, c::patient, c::fingerprint});
    std::sort(columns_.begin(), columns_.end());
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
  }
  const std::vector<std::string>& columns() const { return columns_; }

  /// Tables by category, made once for each input.
  struct InputRules {
    std::vector<std::uint8_t> of_status;
    std::vector<std::uint8_t> of_codes;
    std::vector<std::uint64_t> persons;
    double future_s = 0;
  };
  InputRules for_input(const CountInput& input) const {
    InputRules made;
    if (input.has(c::status))
      for (const std::string& word : input.reader->categories(c::status)) {
        const auto at = std::find(settings_.excluded_status.begin(), settings_.excluded_status.end(), word);
        made.of_status.push_back(
            at == settings_.excluded_status.end()
                ? CountRules::counted
                : static_cast<std::uint8_t>(rules_.first_status + (at - settings_.excluded_status.begin())));
      }
    for (const CodeCell& cell : input.code_cells) {
      const bool is_secondary =
          std::any_of(settings_.secondary_codes.begin(), settings_.secondary_codes.end(),
                      [&](const std::string& code) { return cell.additional.contains(code); });
      made.of_codes.push_back(is_secondary             ? rules_.secondary
                              : cell.only_additional() ? rules_.additional
                                                       : CountRules::counted);
    }
    if (settings_.shard.count > 1 && shards_by_person(settings_) && input.has(c::patient))
      made.persons = word_hashes(input, c::patient);
    made.future_s = settings_.as_of_s.value_or(input.extracted_s);
    return made;
  }

  void apply(const CountInput& input, const InputRules& made, const Table& batch, std::size_t first,
             std::size_t last, std::uint8_t* out) const {
    const auto* status = codes_in(batch, c::status);
    const auto* codes = codes_in(batch, c::codes);
    const auto* examined = numbers_in(batch, c::examined);
    const auto* offset = numbers_in(batch, c::utc_offset);
    const bool has_period = settings_.from_day || settings_.until_day;
    for (std::size_t r = first; r < last; ++r) {
      std::uint8_t rule = CountRules::counted;
      if (status != nullptr && (*status)[r] >= 0)
        rule = made.of_status[static_cast<std::size_t>((*status)[r])];
      if (rule == CountRules::counted && codes != nullptr && (*codes)[r] >= 0)
        rule = made.of_codes[static_cast<std::size_t>((*codes)[r])];
      if (rule == CountRules::counted && examined != nullptr) {
        const double moment = (*examined)[r];
        if (moment > made.future_s) rule = rules_.future;
        if (rule == CountRules::counted && has_period) {
          const double day = std::floor((moment + (offset == nullptr ? 0 : (*offset)[r])) / day_s);
          if (std::isnan(day))
            rule = rules_.undated;
          else if ((settings_.from_day && day < static_cast<double>(*settings_.from_day)) ||
                   (settings_.until_day && day > static_cast<double>(*settings_.until_day)))
            rule = rules_.outside;
        }
      } else if (rule == CountRules::counted && has_period) {
        rule = rules_.undated;
      }
      out[r] = rule;
    }
    filter(input, batch, first, last, out);
    if (settings_.shard.count > 1) leave_to_others(input, made, batch, first, last, out);
  }

 private:
  struct Filter {
    std::unique_ptr<Dimension> dimension;
    std::vector<bool> allowed;
    bool allows_missing;
  };

  void filter(const CountInput& input, const Table& batch, std::size_t first, std::size_t last,
              std::uint8_t* out) const {
    if (filters_.empty()) return;
    std::vector<CountedUnit> units(last - first);
    for (std::size_t r = first; r < last; ++r) units[r - first].row = static_cast<std::uint32_t>(r);
    std::vector<std::int32_t> numbers(units.size());
    for (const Filter& f : filters_) {
      f.dimension->numbers(input, batch, units.data(), units.data() + units.size(), numbers.data());
      for (std::size_t i = 0; i < units.size(); ++i) {
        const bool passes =
            numbers[i] < 0 ? f.allows_missing : f.allowed[static_cast<std::size_t>(numbers[i])];
        if (!passes && out[first + i] == CountRules::counted) out[first + i] = rules_.filter;
      }
    }
  }

  void leave_to_others(const CountInput& input, const InputRules& made, const Table& batch, std::size_t first,
                       std::size_t last, std::uint8_t* out) const {
    const auto* exams = keys_in(batch, c::exam);
    const auto* prints = keys_in(batch, c::fingerprint);
    const auto* patients = codes_in(batch, c::patient);
    for (std::size_t r = first; r < last; ++r) {
      std::uint64_t key = 0;
      if (!made.persons.empty() && patients != nullptr && (*patients)[r] >= 0)
        key = made.persons[static_cast<std::size_t>((*patients)[r])];
      else if (exams != nullptr && (*exams)[r] != -1)
        key = spread(static_cast<std::uint64_t>((*exams)[r]) ^ input.salt);
      else if (prints != nullptr)
        key = spread(static_cast<std::uint64_t>((*prints)[r]) ^ input.salt);
      if ((key >> 20U) % settings_.shard.count != settings_.shard.index) out[r] = rules_.other_shard;
    }
  }

  const CountSettings& settings_;
  const CountRules& rules_;
  std::vector<Filter> filters_;
  std::vector<std::string> columns_;
};

}  // namespace

CountRules rules_of(const CountSettings& settings) {
  CountRules rules;
  rules.names = {"counted", "other shard"};
  rules.names.insert(rules.names.end(), settings.excluded_status.begin(), settings.excluded_status.end());
  const auto add = [&](const char* name) {
    rules.names.emplace_back(name);
    return static_cast<std::uint8_t>(rules.names.size() - 1);
  };
  if (settings.excluded_status.size() > 200)
    throw InputError("{} statuses are excluded; expected at most 200", settings.excluded_status.size());
  rules.duplicate = add("duplicate");
  rules.secondary = add("secondary reading");
  rules.additional = add("additional codes only");
  rules.future = add("future");
  rules.undated = add("no date");
  rules.outside = add("outside period");
  rules.filter = add("filter");
  rules.merged = add("merged");
  return rules;
}

RowRules apply_rules(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules) {
  RowRules row_rules(inputs.rows());
  const RuleBook book(inputs, settings, rules);
  const CountInput* current = nullptr;
  RuleBook::InputRules made;
  inputs.each_batch(book.columns(), [&](const CountInput& input, const Table& batch, std::size_t first) {
    if (current != &input) made = book.for_input(input);
    current = &input;
    const std::size_t count =
        std::min(inputs.rows() - first, input.reader->rows() - (first - input.first_row));
    const std::size_t rows = batch.columns.empty() ? std::min(count, 16 * slice) : batch.rows();
    tbb::parallel_for(std::size_t{0}, (rows + slice - 1) / slice, [&](std::size_t i) {
      book.apply(input, made, batch, i * slice, std::min(rows, (i + 1) * slice), row_rules.data() + first);
    });
  });
  return row_rules;
}

std::vector<std::uint64_t> word_hashes(const CountInput& input, const std::string& column) {
  const std::vector<std::string>& words = input.reader->categories(column);
  std::vector<std::uint64_t> hashes(words.size());
  tbb::parallel_for(std::size_t{0}, words.size(),
                    [&](std::size_t i) { hashes[i] = spread(quick_hash(words[i]) ^ input.salt); });
  return hashes;
}

}  // namespace snitt::activity
