#include "activity/record_merger.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

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
  } else if (std::find(plan_.missing.begin(), plan_.missing.end(), ours) != plan_.missing.end()) {
    ours.clear();
  } else if (planned.rule.kind == FieldKind::codes) {
    ours = joined_codes(word, mapping.separators);
  } else if (planned.rule.name == activity_columns::description) {
    ours = without_long_numbers(word);
  } else if (planned.has_vocabulary &&
             std::find(planned.rule.vocabulary.begin(), planned.rule.vocabulary.end(), ours) ==
                 planned.rule.vocabulary.end()) {
    if (mapping.otherwise == "missing") ours.clear();
    if (mapping.otherwise == "other") ours = "other";
    facts_.unknown.push_back({planned.rule.name, std::string(word), ours, 0});
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
                                                 const std::vector<std::int64_t>& keys) const {
  if (!numbered_) return keys;
  std::vector<std::int64_t> numbers;
  numbers.reserve(keys.size());
  for (const std::int64_t key : keys)
    numbers.push_back(key == no_key ? no_key : numbering.number(static_cast<std::uint64_t>(key)));
  return numbers;
}

Table RecordMerger::merge(const RecordPiece& piece, const std::string& source, std::size_t line) {
  namespace c = activity_columns;
  Table block{columns_};
  std::map<std::string, Column*> by_name;
  for (Column& column : block.columns) by_name[column.name] = &column;
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
    const PlannedColumn& planned = plan_.columns[i];
    const PieceColumn& column = piece.columns[i];
    if (planned.rule.kind == FieldKind::time || planned.rule.kind == FieldKind::birth_date)
      merge_times(planned, column.times, line);
    if (planned.rule.kind == FieldKind::birth_date) continue;
    auto& values = by_name.at(planned.rule.name)->values;
    if (is_words(planned.rule.kind))
      merge_words(i, column, std::get<Categorical>(values).codes);
    else if (planned.rule.kind == FieldKind::person)
      merge_persons(i, column, std::get<Categorical>(values).codes);
    else if (planned.rule.kind == FieldKind::key)
      values = numbered(numberings_[i], column.keys);
    else
      values = column.numbers;
  }
  if (by_name.contains(c::age)) by_name[c::age]->values = piece.age;
  if (by_name.contains(c::birth_year)) by_name[c::birth_year]->values = piece.birth_year;
  if (by_name.contains(c::utc_offset)) by_name[c::utc_offset]->values = piece.utc_offset;
  std::get<Categorical>(by_name[c::source]->values).codes.assign(piece.rows, sources_.code(source));
  std::vector<std::int64_t> lines = piece.line;
  for (std::int64_t& at : lines) at += static_cast<std::int64_t>(line);
  by_name[c::row]->values = std::move(lines);
  by_name[c::fingerprint]->values = numbered(row_numbering_, piece.fingerprint);
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
