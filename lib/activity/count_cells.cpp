#include "activity/count_cells.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <numeric>

#include "activity/key_set.hpp"
#include "base/error.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

namespace c = activity_columns;
constexpr std::size_t slice = store::TableReader::block_rows;
constexpr unsigned most_bits = 62;

/// One table: which dimensions, and how their numbers make a cell's.
struct TablePlan {
  std::string name;
  std::vector<std::size_t> dimensions;
  std::vector<unsigned> shift;
  std::vector<unsigned> bits;
  unsigned all_bits = 0;

  std::int32_t number(std::uint64_t cell, std::size_t i) const {
    const std::uint64_t mask = (std::uint64_t{1} << bits[i]) - 1;
    return static_cast<std::int32_t>(cell >> shift[i] & mask) - 1;
  }
};

/// What a thread has counted.
struct Share {
  std::vector<CellCounts> cells;  ///< [table]
  std::vector<std::vector<std::size_t>> rows;
  std::vector<std::size_t> units_of_source;
  std::vector<std::vector<std::size_t>> of_codes;  ///< [input][category of codes] rows that count
  std::size_t without_codes = 0;
};

class CellCounter {
 public:
  CellCounter(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules,
              const RowRules& row_rules)
      : inputs_(inputs), settings_(settings), rules_(rules), row_rules_(row_rules) {
    columns_ = {c::source, c::codes};
    for (const std::vector<std::string>& names : settings.tables) plan_table(names);
    if (settings.persons) columns_.emplace_back(c::patient);
    std::sort(columns_.begin(), columns_.end());
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
    for (const CountInput& input : inputs.all()) name_sources(input);
  }

  CountedCells run() {
    tbb::enumerable_thread_specific<Share> shares([&] { return empty_share(); });
    inputs_.each_batch(columns_, [&](const CountInput& input, const Table& batch, std::size_t first) {
      const std::size_t rows = rows_of(input, first);
      tbb::parallel_for(std::size_t{0}, (rows + slice - 1) / slice, [&](std::size_t i) {
        count_slice(input, batch, first, i * slice, std::min(rows, (i + 1) * slice), shares.local());
      });
    });
    Share all = empty_share();
    for (const Share& share : shares) add(all, share);
    std::vector<std::map<std::uint64_t, std::int64_t>> persons(plans_.size());
    if (settings_.persons) persons = count_persons();
    CountedCells found;
    for (std::size_t i = 0; i < plans_.size(); ++i)
      found.tables.emplace_back(plans_[i].name, table_of(plans_[i], all.cells[i], persons[i]));
    tell(all, found);
    return found;
  }

 private:
  void plan_table(const std::vector<std::string>& names) {
    TablePlan plan;
    for (const std::string& name : names) {
      plan.name += (plan.name.empty() ? "" : ",") + name;
      const auto known = std::find_if(dimensions_.begin(), dimensions_.end(),
                                      [&](const auto& d) { return d->name() == name; });
      const auto at = static_cast<std::size_t>(known - dimensions_.begin());
      if (known == dimensions_.end()) {
        dimensions_.push_back(
            make_dimension(name, inputs_, settings_.catchment ? &*settings_.catchment : nullptr));
        for (const std::string& column : dimensions_.back()->columns()) columns_.push_back(column);
      }
      if (std::find(plan.dimensions.begin(), plan.dimensions.end(), at) != plan.dimensions.end())
        throw InputError("--by {}: '{}' is there twice", plan.name, name);
      plan.dimensions.push_back(at);
      plan.shift.push_back(plan.all_bits);
      plan.bits.push_back(static_cast<unsigned>(std::bit_width(dimensions_[at]->size())));
      plan.all_bits += plan.bits.back();
    }
    if (plan.all_bits > most_bits)
      throw InputError("--by {}: has more combinations than can be told apart; expected fewer dimensions",
                       plan.name);
    plans_.push_back(plan);
  }

  void name_sources(const CountInput& input) {
    std::vector<std::size_t>& numbers = source_numbers_[&input];
    const auto number = [&](const std::string& name) {
      const auto at = std::find(sources_.begin(), sources_.end(), name);
      if (at != sources_.end()) return static_cast<std::size_t>(at - sources_.begin());
      sources_.push_back(name);
      return sources_.size() - 1;
    };
    if (input.has(c::source))
      for (const std::string& name : input.reader->categories(c::source)) numbers.push_back(number(name));
    numbers.push_back(
        number(inputs_.all().size() == 1 && !input.has(c::source) ? "records" : ""));  // for missing words
  }

  std::size_t rows_of(const CountInput& input, std::size_t first) const {
    return std::min(16 * slice, input.reader->rows() - (first - input.first_row));
  }

  Share empty_share() const {
    Share share;
    for (const TablePlan& plan : plans_) share.cells.emplace_back(plan.all_bits);
    share.rows.assign(sources_.size(), std::vector<std::size_t>(rules_.names.size(), 0));
    share.units_of_source.assign(sources_.size(), 0);
    for (const CountInput& input : inputs_.all()) share.of_codes.emplace_back(input.code_cells.size(), 0);
    return share;
  }

  static void add(Share& to, const Share& from) {
    for (std::size_t i = 0; i < to.cells.size(); ++i)
      from.cells[i].each([&](std::uint64_t cell, std::int64_t count) { to.cells[i].add(cell, count); });
    for (std::size_t s = 0; s < to.rows.size(); ++s)
      std::transform(to.rows[s].begin(), to.rows[s].end(), from.rows[s].begin(), to.rows[s].begin(),
                     std::plus<>());
    std::transform(to.units_of_source.begin(), to.units_of_source.end(), from.units_of_source.begin(),
                   to.units_of_source.begin(), std::plus<>());
    for (std::size_t i = 0; i < to.of_codes.size(); ++i)
      std::transform(to.of_codes[i].begin(), to.of_codes[i].end(), from.of_codes[i].begin(),
                     to.of_codes[i].begin(), std::plus<>());
    to.without_codes += from.without_codes;
  }

  std::size_t input_index(const CountInput& input) const {
    return static_cast<std::size_t>(&input - inputs_.all().data());
  }

  /// The units of rows [begin, end), each row or each of its codes.
  void find_units(const CountInput& input, const Table& batch, std::size_t first, std::size_t begin,
                  std::size_t end, std::vector<CountedUnit>& units, Share* share) const {
    const auto* codes = codes_in(batch, c::codes);
    const auto* sources = codes_in(batch, c::source);
    const std::vector<std::size_t>& numbers = source_numbers_.at(&input);
    units.clear();
    for (std::size_t r = begin; r < end; ++r) {
      const std::uint8_t rule = row_rules_[first + r];
      const std::size_t source = sources != nullptr && (*sources)[r] >= 0
                                     ? numbers[static_cast<std::size_t>((*sources)[r])]
                                     : numbers.back();
      if (share != nullptr) ++share->rows[source][rule];
      if (rule != CountRules::counted) continue;
      const std::size_t before = units.size();
      const std::int32_t code = codes == nullptr ? -1 : (*codes)[r];
      if (settings_.unit != CountUnit::code) {
        units.push_back({static_cast<std::uint32_t>(r), -1});
      } else if (code >= 0) {
        const std::size_t of_row = input.code_cells[static_cast<std::size_t>(code)].codes.size();
        for (std::size_t k = 0; k < of_row; ++k)
          units.push_back({static_cast<std::uint32_t>(r), static_cast<std::int32_t>(k)});
      }
      if (share == nullptr) continue;
      share->units_of_source[source] += units.size() - before;
      if (units.size() == before) ++share->without_codes;
      if (code >= 0) ++share->of_codes[input_index(input)][static_cast<std::size_t>(code)];
    }
  }

  /// Cells of `plan`, one for each unit; numbers hold those of all dimensions.
  void find_cells(const TablePlan& plan, const std::vector<std::vector<std::int32_t>>& numbers,
                  std::vector<std::uint64_t>& cells) const {
    std::fill(cells.begin(), cells.end(), 0);
    for (std::size_t d = 0; d < plan.dimensions.size(); ++d) {
      const std::vector<std::int32_t>& of_unit = numbers[plan.dimensions[d]];
      for (std::size_t u = 0; u < cells.size(); ++u)
        cells[u] |= static_cast<std::uint64_t>(of_unit[u] + 1) << plan.shift[d];
    }
  }

  std::vector<std::vector<std::int32_t>> find_numbers(const CountInput& input, const Table& batch,
                                                      const std::vector<CountedUnit>& units) const {
    std::vector<std::vector<std::int32_t>> numbers(dimensions_.size());
    for (std::size_t d = 0; d < dimensions_.size(); ++d) {
      numbers[d].resize(units.size());
      dimensions_[d]->numbers(input, batch, units.data(), units.data() + units.size(), numbers[d].data());
    }
    return numbers;
  }

  void count_slice(const CountInput& input, const Table& batch, std::size_t first, std::size_t begin,
                   std::size_t end, Share& share) const {
    std::vector<CountedUnit> units;
    find_units(input, batch, first, begin, end, units, &share);
    const auto numbers = find_numbers(input, batch, units);
    std::vector<std::uint64_t> cells(units.size());
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      find_cells(plans_[i], numbers, cells);
      for (const std::uint64_t cell : cells) share.cells[i].add(cell, 1);
    }
  }

  /// Different patients in each cell. Persons are dealt to passes, that memory may stay small.
  std::vector<std::map<std::uint64_t, std::int64_t>> count_persons() const {
    const std::size_t passes =
        std::max<std::size_t>(1, inputs_.rows() * 24 * plans_.size() / settings_.memory_bytes);
    constexpr std::size_t hands = 16;
    struct Hand {
      std::vector<KeySet> seen;
      std::vector<std::map<std::uint64_t, std::int64_t>> persons;
    };
    std::vector<Hand> all(hands);
    for (Hand& hand : all) hand.persons.resize(plans_.size());
    for (std::size_t pass = 0; pass < passes; ++pass) {
      for (Hand& hand : all) hand.seen.assign(plans_.size(), KeySet{});
      const CountInput* current = nullptr;
      std::vector<std::uint64_t> hashes;
      inputs_.each_batch(columns_, [&](const CountInput& input, const Table& batch, std::size_t first) {
        if (current != &input)
          hashes = input.has(c::patient) ? word_hashes(input, c::patient) : std::vector<std::uint64_t>{};
        current = &input;
        const auto* patients = codes_in(batch, c::patient);
        if (patients == nullptr) return;
        std::vector<CountedUnit> units;
        find_units(input, batch, first, 0, rows_of(input, first), units, nullptr);
        const auto numbers = find_numbers(input, batch, units);
        std::vector<std::vector<std::uint64_t>> cells(plans_.size(),
                                                      std::vector<std::uint64_t>(units.size()));
        tbb::parallel_for(std::size_t{0}, plans_.size(),
                          [&](std::size_t i) { find_cells(plans_[i], numbers, cells[i]); });
        tbb::parallel_for(std::size_t{0}, hands, [&](std::size_t h) {
          for (std::size_t u = 0; u < units.size(); ++u) {
            const std::int32_t patient = (*patients)[units[u].row];
            if (patient < 0) continue;
            const std::uint64_t person = hashes[static_cast<std::size_t>(patient)];
            if ((person >> 56U) % hands != h || (person >> 32U) % passes != pass) continue;
            for (std::size_t i = 0; i < plans_.size(); ++i)
              if (all[h].seen[i].insert(spread(person ^ spread(cells[i][u] + 1))))
                ++all[h].persons[i][cells[i][u]];
          }
        });
      });
    }
    std::vector<std::map<std::uint64_t, std::int64_t>> sums(plans_.size());
    for (const Hand& hand : all)
      for (std::size_t i = 0; i < plans_.size(); ++i)
        for (const auto& [cell, count] : hand.persons[i]) sums[i][cell] += count;
    return sums;
  }

  /// Rows sorted by their words, missing ones last, so that no order of the records shows.
  Table table_of(const TablePlan& plan, const CellCounts& counts,
                 const std::map<std::uint64_t, std::int64_t>& persons) const {
    std::vector<std::pair<std::uint64_t, std::int64_t>> cells;
    counts.each([&](std::uint64_t cell, std::int64_t count) { cells.emplace_back(cell, count); });
    std::vector<Categorical> columns(plan.dimensions.size());
    std::vector<std::map<std::int32_t, std::int32_t>> ranks(plan.dimensions.size());
    for (std::size_t d = 0; d < columns.size(); ++d) {
      std::map<std::string, std::int32_t> words;
      for (const auto& [cell, count] : cells)
        if (const std::int32_t number = plan.number(cell, d);
            number >= 0 && ranks[d].try_emplace(number, 0).second)
          words[dimensions_[plan.dimensions[d]]->word(number)] = number;
      std::int32_t rank = 0;
      if (dimensions_[plan.dimensions[d]]->size() > 0 &&
          dimensions_[plan.dimensions[d]]->name() == "age_from") {
        words.clear();  // by number, not by letters
        for (auto& [number, at] : ranks[d]) {
          at = rank++;
          columns[d].categories.push_back(dimensions_[plan.dimensions[d]]->word(number));
        }
      }
      for (const auto& [word, number] : words) {
        ranks[d][number] = rank++;
        columns[d].categories.push_back(word);
      }
      ranks[d][-1] = rank;
    }
    const auto ranked = [&](std::uint64_t cell) {
      std::vector<std::int32_t> key;
      for (std::size_t d = 0; d < columns.size(); ++d) key.push_back(ranks[d].at(plan.number(cell, d)));
      return key;
    };
    std::vector<std::pair<std::vector<std::int32_t>, std::size_t>> order;
    for (std::size_t i = 0; i < cells.size(); ++i) order.emplace_back(ranked(cells[i].first), i);
    std::sort(order.begin(), order.end());
    std::vector<std::int64_t> count, person;
    for (const auto& [key, i] : order) {
      for (std::size_t d = 0; d < columns.size(); ++d)
        columns[d].codes.push_back(
            key[d] == static_cast<std::int32_t>(columns[d].categories.size()) ? -1 : key[d]);
      count.push_back(cells[i].second);
      const auto found = persons.find(cells[i].first);
      person.push_back(found == persons.end() ? 0 : found->second);
    }
    Table table;
    for (std::size_t d = 0; d < columns.size(); ++d) {
      const Dimension& dimension = *dimensions_[plan.dimensions[d]];
      table.columns.push_back({dimension.name(), "", dimension.description(), std::move(columns[d])});
    }
    table.columns.push_back(
        {"count", "1", std::string("units counted: ") + name_of(settings_.unit), std::move(count)});
    if (settings_.persons) table.columns.push_back({"persons", "1", "different patients", std::move(person)});
    return table;
  }

  void tell(const Share& all, CountedCells& found) const {
    found.sources = sources_;
    found.rows = all.rows;
    found.units_of_source = all.units_of_source;
    found.units = std::accumulate(all.units_of_source.begin(), all.units_of_source.end(), std::size_t{0});
    found.without_codes = all.without_codes;
    std::map<std::string, std::size_t> unmatched;
    for (std::size_t i = 0; i < all.of_codes.size(); ++i)
      for (std::size_t k = 0; k < all.of_codes[i].size(); ++k) {
        const CodeCell& cell = inputs_.all()[i].code_cells[k];
        if (all.of_codes[i][k] == 0) continue;
        if (cell.is_of_several_modalities()) found.several_modalities += all.of_codes[i][k];
        for (std::size_t m = 0; m < cell.codes.size(); ++m)
          if (cell.meanings[m].modality == "AN" && !cell.meanings[m].by_list)
            unmatched[cell.codes[m]] += all.of_codes[i][k];
      }
    found.unmatched.assign(unmatched.begin(), unmatched.end());
  }

  const CountInputs& inputs_;
  const CountSettings& settings_;
  const CountRules& rules_;
  const RowRules& row_rules_;
  std::vector<std::unique_ptr<Dimension>> dimensions_;
  std::vector<TablePlan> plans_;
  std::vector<std::string> columns_;
  std::vector<std::string> sources_;
  std::map<const CountInput*, std::vector<std::size_t>> source_numbers_;
};

}  // namespace

CountedCells count_cells(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules,
                         const RowRules& row_rules) {
  return CellCounter(inputs, settings, rules, row_rules).run();
}

}  // namespace snitt::activity
