#include "activity/record_merger.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/digest.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

using formats::FieldKind;

bool is_words(FieldKind kind) { return kind == FieldKind::category || kind == FieldKind::codes; }

std::string pseudonym(const KeyedDigest& digest, const PlannedColumn& planned, std::string_view identifier) {
  std::string text = planned.rule.name;
  text += '\0';
  text += identifier;
  text += '\0';
  text += planned.mapping.issuer;
  constexpr std::size_t digits = 32;  // 128 bits
  return digest.of(text).substr(0, digits);
}

TextList pseudonyms(const PlannedColumn& planned, const TextList& identifiers, const std::string& secret) {
  TextList words;
  if (secret.empty()) {
    for (std::size_t i = 0; i < identifiers.size(); ++i) words.add(std::to_string(i + 1));
    return words;
  }
  const KeyedDigest digest(secret);
  constexpr std::size_t block = 65536;  // so that not all are there twice at once
  std::vector<std::string> made(std::min(block, identifiers.size()));
  for (std::size_t first = 0; first < identifiers.size(); first += block) {
    const std::size_t count = std::min(block, identifiers.size() - first);
    tbb::parallel_for(std::size_t{0}, count,
                      [&](std::size_t i) { made[i] = pseudonym(digest, planned, identifiers[first + i]); });
    for (std::size_t i = 0; i < count; ++i) words.add(made[i]);
  }
  return words;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t longest_number(std::string_view text) {
  std::size_t longest = 0, here = 0;
  for (const char c : text) longest = std::max(longest, here = is_digit(c) ? here + 1 : 0);
  return longest;
}

/// Words of a vocabulary are short; a longer one, or one with a number, may tell of a person.
bool quotable(std::string_view word) {
  constexpr std::size_t most_digits = 4, longest = 24, most_blanks = 2;
  return longest_number(word) <= most_digits && word.size() <= longest &&
         static_cast<std::size_t>(std::count(word.begin(), word.end(), ' ')) <= most_blanks;
}

/// Small letters (ASCII and Latin-1's), blanks as one, none at the ends: "Ikke  MØTT" as "ikke møtt".
std::string small(std::string_view word) {
  std::string result;
  for (std::size_t i = 0; i < word.size(); ++i) {
    char c = word[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const auto byte = static_cast<unsigned char>(c);
    if (i > 0 && word[i - 1] == '\xc3' && byte >= 0x80 && byte <= 0x9e && byte != 0x97)
      c = static_cast<char>(byte + 0x20);
    if (c != ' ' || (!result.empty() && result.back() != ' ')) result += c;
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

/// What a word means when case and blanks are disregarded; nothing when it is none, or two that differ.
std::optional<std::string> in_any_case(const formats::FieldMapping& mapping,
                                       const std::vector<std::string>& vocabulary, std::string_view word) {
  if (std::find(vocabulary.begin(), vocabulary.end(), word) != vocabulary.end()) return std::string(word);
  const std::string plain = small(word);
  std::optional<std::string> found;
  for (const auto& [theirs, ours] : mapping.words) {
    if (small(theirs) != plain) continue;
    if (found && *found != ours) return std::nullopt;
    found = ours;
  }
  if (!found)
    for (const std::string& ours : vocabulary)
      if (small(ours) == plain) return ours;
  return found;
}

}  // namespace

RecordMerger::RecordMerger(const RecordPlan& plan, bool numbered)
    : plan_(plan),
      numbered_(numbered),
      columns_(record_columns(plan)),
      words_(plan.columns.size()),
      numberings_(plan.columns.size()) {}

std::int32_t RecordMerger::resolve(const PlannedColumn& planned, Words& words, std::string_view word) {
  const formats::FieldMapping& mapping = planned.mapping;
  words.unknown_of_raw.push_back(0);
  if (planned.is_constant) return words.words.code(word);
  std::string ours(word);
  const auto known = mapping.words.find(ours);
  if (known != mapping.words.end()) {
    ours = known->second;
  } else if (const auto alike = planned.has_vocabulary ? in_any_case(mapping, planned.rule.vocabulary, word)
                                                       : std::nullopt) {
    ours = *alike;
  } else if (std::find(plan_.missing.begin(), plan_.missing.end(), ours) != plan_.missing.end()) {
    ours.clear();
  } else if (planned.rule.kind == FieldKind::codes) {
    ours = joined_codes(word, mapping.separators);
    if (std::string plain = without_identifiers(ours); plain != ours) {
      ours = std::move(plain);
      facts_.unknown.push_back({planned.rule.name, ours, ours, 0});
      words.unknown_of_raw.back() = facts_.unknown.size();
    }
  } else if (planned.rule.name == activity_columns::description) {
    ours = without_long_numbers(word);
  } else if (planned.has_vocabulary &&
             std::find(planned.rule.vocabulary.begin(), planned.rule.vocabulary.end(), ours) ==
                 planned.rule.vocabulary.end()) {
    const std::string shown = quotable(word) ? ours : shape_of(word);
    ours = mapping.otherwise == "missing" ? "" : mapping.otherwise == "other" ? "other" : shown;
    facts_.unknown.push_back({planned.rule.name, shown, ours, 0});
    words.unknown_of_raw.back() = facts_.unknown.size();
  }
  if (ours.empty()) ours = mapping.default_word;
  return ours.empty() ? -1 : words.words.code(ours);
}

void RecordMerger::merge_words(std::size_t index, const PieceColumn& column,
                               std::vector<std::int32_t>& codes) {
  Words& words = words_[index];
  std::vector<std::int32_t> ours;
  words.raw.codes(column.words.words(), column.words.hashes(), ours);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto raw = static_cast<std::size_t>(ours[i]);
    if (raw == words.code_of_raw.size())
      words.code_of_raw.push_back(resolve(plan_.columns[index], words, column.words.words()[i]));
    ours[i] = words.code_of_raw[raw];
    if (words.unknown_of_raw[raw] != 0)
      facts_.unknown[words.unknown_of_raw[raw] - 1].rows += column.words.counts()[i];
  }
  codes.resize(column.codes.size());
  for (std::size_t r = 0; r < codes.size(); ++r) codes[r] = ours[static_cast<std::size_t>(column.codes[r])];
}

void RecordMerger::merge_persons(std::size_t index, const PieceColumn& column,
                                 std::vector<std::int32_t>& codes) {
  // The empty word is a person that is missing; it must not become one in the dictionary.
  const std::vector<std::string_view>& words = column.words.words();
  const auto missing = static_cast<std::size_t>(std::find(words.begin(), words.end(), "") - words.begin());
  std::vector<std::int32_t> ours;
  if (missing == words.size()) {
    words_[index].raw.codes(words, column.words.hashes(), ours);
  } else {
    for (std::size_t i = 0; i < words.size(); ++i)
      ours.push_back(i == missing ? -1 : words_[index].raw.code(words[i]));
  }
  codes.resize(column.codes.size());
  for (std::size_t r = 0; r < codes.size(); ++r) codes[r] = ours[static_cast<std::size_t>(column.codes[r])];
}

void RecordMerger::merge_times(const PlannedColumn& planned, const TimeFacts& times, std::size_t line) {
  TimeFacts& all = facts_.times[planned.rule.name];
  all.missing += times.missing;
  all.without_hour += times.without_hour;
  all.never += times.never;
  all.twice += times.twice;
  all.forms.resize(times.forms.size());
  for (std::size_t i = 0; i < times.forms.size(); ++i) {
    if (times.forms[i].rows == 0) continue;
    all.forms[i].rows += times.forms[i].rows;
    all.forms[i].first_line = std::min(all.forms[i].first_line, line + times.forms[i].first_line);
  }
}

std::vector<std::int64_t> RecordMerger::numbered(Numbering& numbering,
                                                 std::vector<std::int64_t>&& keys) const {
  if (!numbered_) return std::move(keys);
  std::vector<std::int64_t> numbers;
  numbers.reserve(keys.size());
  for (const std::int64_t key : keys)
    numbers.push_back(key == no_key ? no_key : numbering.number(static_cast<std::uint64_t>(key)));
  return numbers;
}

Table RecordMerger::merge(RecordPiece&& piece, const std::string& source, std::size_t line) {
  namespace c = activity_columns;
  Table block{columns_};
  std::map<std::string, Column*> by_name;
  for (Column& column : block.columns) by_name[column.name] = &column;
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
    const PlannedColumn& planned = plan_.columns[i];
    PieceColumn& column = piece.columns[i];
    if (planned.rule.kind == FieldKind::time || planned.rule.kind == FieldKind::birth_date)
      merge_times(planned, column.times, line);
    if (planned.rule.kind == FieldKind::birth_date) continue;
    auto& values = by_name.at(planned.rule.name)->values;
    if (is_words(planned.rule.kind))
      merge_words(i, column, std::get<Categorical>(values).codes);
    else if (planned.rule.kind == FieldKind::person)
      merge_persons(i, column, std::get<Categorical>(values).codes);
    else if (planned.rule.kind == FieldKind::key)
      values = numbered(numberings_[i], std::move(column.keys));
    else
      values = std::move(column.numbers);
  }
  if (by_name.contains(c::age)) by_name[c::age]->values = std::move(piece.age);
  if (by_name.contains(c::birth_year)) by_name[c::birth_year]->values = std::move(piece.birth_year);
  if (by_name.contains(c::utc_offset)) by_name[c::utc_offset]->values = std::move(piece.utc_offset);
  std::get<Categorical>(by_name[c::source]->values).codes.assign(piece.rows, sources_.code(source));
  std::vector<std::int64_t> lines = std::move(piece.line);
  for (std::int64_t& at : lines) at += static_cast<std::int64_t>(line);
  by_name[c::row]->values = std::move(lines);
  by_name[c::fingerprint]->values = numbered(row_numbering_, std::move(piece.fingerprint));
  facts_.rows += piece.rows;
  facts_.impossible_ages += piece.impossible_ages;
  return block;
}

std::vector<TextList> RecordMerger::categories() const {
  std::vector<TextList> lists;
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
    const PlannedColumn& planned = plan_.columns[i];
    if (planned.rule.kind == FieldKind::person)
      lists.push_back(pseudonyms(planned, words_[i].raw.words(), plan_.secret));
    else if (is_words(planned.rule.kind))
      lists.push_back(words_[i].words.words());
  }
  lists.push_back(sources_.words());
  return lists;
}

std::string joined_codes(std::string_view cell, std::string_view separators) {
  std::string result;
  std::string code;
  const auto take = [&] {
    if (!code.empty()) result += (result.empty() ? "" : "/") + code;
    code.clear();
  };
  for (const char c : cell) {
    if (separators.find(c) != std::string_view::npos)
      take();
    else if (c != '\t' && c != '\n' && c != '\r')
      code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  take();
  return result;
}

std::string without_identifiers(std::string_view codes) {
  constexpr std::size_t longest_code = 12, long_number = 6, person_least = 10, person_most = 12;
  std::string result;
  for (std::size_t begin = 0; begin <= codes.size();) {
    const std::size_t end = std::min(codes.find('/', begin), codes.size());
    const std::string_view code = codes.substr(begin, end - begin);
    const std::size_t digits = longest_number(code);
    const bool is_plain =
        code.size() <= longest_code && std::all_of(code.begin(), code.end(), [](char c) {
          return is_digit(c) || (c >= 'A' && c <= 'Z');
        });
    const bool is_person = digits >= person_least && digits <= person_most;
    if (begin > 0) result += '/';
    result += is_person || (!is_plain && digits >= long_number && digits != code.size()) ? shape_of(code)
                                                                                       : std::string(code);
    begin = end + 1;
  }
  return result;
}

std::string without_long_numbers(std::string_view text) {
  constexpr std::size_t shortest = 6;
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end - i >= shortest)
      result += "***";
    else
      result += text.substr(i, std::max<std::size_t>(1, end - i));
    i = std::max(end, i + 1);
  }
  return result;
}

}  // namespace snitt::activity
