#include "activity/low_value.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

constexpr std::size_t most_indicators = 64;  // one bit each
constexpr std::int64_t day_s = 86400;

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find_first_of("; ", start), text.size());
    if (end > start) words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

IndicatorRelation relation_of(const std::string& word, const std::string& where, std::size_t row) {
  if (word.empty() || word == "any") return IndicatorRelation::any;
  if (word == "repeat") return IndicatorRelation::repeat;
  if (word == "before") return IndicatorRelation::before;
  if (word == "around") return IndicatorRelation::around;
  throw InputError("{}: row {}: relation '{}'; expected any, repeat, before or around", where, row + 1, word);
}

}  // namespace

std::vector<Indicator> indicators_from(const Table& table, const std::string& where) {
  const auto name = texts_of(column_of(table, "indicator", where)),
             codes = texts_of(column_of(table, "codes", where));
  const auto texts = [&](const char* column) {
    return table.find(column) ? texts_of(*table.find(column)) : std::vector<std::string>(name.size());
  };
  const auto whole = [&](const char* column, double otherwise) {
    std::vector<double> numbers(name.size(), otherwise);
    if (!table.find(column)) return numbers;
    const std::vector<double> found = numbers_of(*table.find(column), where);
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i] == found[i]) numbers[i] = found[i];
    return numbers;
  };
  const auto others = texts("other_codes"), relation = texts("relation"), source = texts("source"),
             note = texts("note");
  const auto age_from = whole("age_from", 0), age_to = whole("age_to", 254),
             days_from = whole("days_from", 0), days_to = whole("days_to", 0);
  std::vector<Indicator> indicators;
  for (std::size_t i = 0; i < name.size(); ++i) {
    Indicator one{name[i],
                  words_in(codes[i]),
                  words_in(others[i]),
                  static_cast<int>(age_from[i]),
                  static_cast<int>(age_to[i]),
                  relation_of(relation[i], where, i),
                  static_cast<int>(days_from[i]),
                  static_cast<int>(days_to[i]),
                  source[i],
                  note[i]};
    if (one.name.empty() || one.codes.empty())
      throw InputError("{}: row {}: expected a name and codes", where, i + 1);
    const bool looks_elsewhere =
        one.relation == IndicatorRelation::before || one.relation == IndicatorRelation::around;
    if (looks_elsewhere && one.other_codes.empty())
      throw InputError("{}: row {}: '{}' has no other_codes to look {}", where, i + 1, one.name, relation[i]);
    if (one.relation != IndicatorRelation::any && one.days_to < std::max(1, one.days_from))
      throw InputError("{}: row {}: '{}' has days {} to {}; expected 1 day or more", where, i + 1, one.name,
                       one.days_from, one.days_to);
    indicators.push_back(std::move(one));
  }
  if (indicators.size() > most_indicators)
    throw InputError("{}: has {} indicators; expected {} at most (use several tables)", where,
                     indicators.size(), most_indicators);
  return indicators;
}

void IndicatorCount::add(const IndicatorCount& other) {
  denominator += other.denominator;
  numerator += other.numerator;
  for (const auto& [referrer, n] : other.referrers) referrers[referrer] += n;
}

IndicatorCodes::IndicatorCodes(const std::vector<Indicator>& indicators, const std::vector<CodeKind>& codes)
    : indicators_(indicators), numerator_(codes.size()), other_(codes.size()) {
  const auto has = [](const std::vector<std::string>& list, const std::string& code) {
    return std::find(list.begin(), list.end(), code) != list.end();
  };
  for (std::size_t c = 0; c < codes.size(); ++c)
    for (std::size_t i = 0; i < indicators.size(); ++i) {
      if (has(indicators[i].codes, codes[c].code)) numerator_[c] |= std::uint64_t{1} << i;
      if (has(indicators[i].other_codes, codes[c].code)) other_[c] |= std::uint64_t{1} << i;
    }
}

void IndicatorCodes::count(std::span<const RepeatItem> patient, std::int64_t start_s, std::int64_t end_s,
                           std::vector<IndicatorCount>& counts) const {
  for (std::size_t i = 0; i < indicators_.size(); ++i) {
    const Indicator& ind = indicators_[i];
    const std::uint64_t bit = std::uint64_t{1} << i;
    const auto is = [&](const std::vector<std::uint64_t>& bits, const RepeatItem& item) {
      return (bits[static_cast<std::size_t>(item.code)] & bit) != 0;
    };
    const std::int64_t low = ind.days_from * day_s, high = ind.days_to * day_s;
    for (std::size_t a = 0; a < patient.size(); ++a) {
      const RepeatItem& index = patient[a];
      const bool age_known = index.age != 255;
      if (!age_known && (ind.age_from > 0 || ind.age_to < 120)) continue;
      if (age_known && (index.age < ind.age_from || index.age > ind.age_to)) continue;
      const auto found = [&] {
        ++counts[i].numerator;
        if (index.referrer >= 0) ++counts[i].referrers[index.referrer];
      };
      if (ind.relation == IndicatorRelation::any) {
        const bool in = is(numerator_, index);
        if (ind.other_codes.empty() || in || is(other_, index)) ++counts[i].denominator;
        if (in) found();
        continue;
      }
      const bool is_repeat = ind.relation == IndicatorRelation::repeat;
      if (!is(is_repeat ? numerator_ : other_, index)) continue;
      const bool looks_back = ind.relation != IndicatorRelation::repeat;
      const bool looks_ahead = ind.relation != IndicatorRelation::before;
      if (looks_back && index.time_s - high < start_s) continue;
      if (looks_ahead && index.time_s + high > end_s) continue;
      ++counts[i].denominator;
      for (std::size_t b = 0; b < patient.size(); ++b) {
        if (b == a || !is(numerator_, patient[b])) continue;
        const std::int64_t later = patient[b].time_s - index.time_s;
        const std::int64_t apart = later < 0 ? -later : later;
        const bool wanted_side = (later <= 0 && looks_back) || (later >= 0 && looks_ahead);
        if (!wanted_side || apart < low || apart > high) continue;
        if (is_repeat && (b < a || !same_side(index.side, patient[b].side) || patient[b].day == index.day))
          continue;
        found();
        break;
      }
    }
  }
}

}  // namespace snitt::activity
