#include "data/table_columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace snitt {

const Column& column_of(const Table& table, const std::string& name, const std::string& where,
                        const std::string& option) {
  constexpr std::size_t most_listed = 40;
  if (const Column* column = table.find(name)) return *column;
  std::vector<std::string> names;
  for (const Column& c : table.columns) names.push_back(c.name);
  const std::string listed = names.size() > most_listed
                                 ? fmt::format("{} (snitt-info lists them)", names.size())
                                 : fmt::format("{}", fmt::join(names, ", "));
  throw InputError("{}: has no column '{}'{}; {}its columns are {}", where, name, did_you_mean(name, names),
                   option.empty() ? "" : fmt::format("expected {} with the name of another; ", option),
                   listed);
}

bool is_missing(const std::string& text) {
  return text.empty() || text == "NA" || text == "NaN" || text == "nan" || text == "null";
}

bool is_text(const Column& column) {
  return std::holds_alternative<std::vector<std::string>>(column.values) ||
         std::holds_alternative<Categorical>(column.values);
}

std::vector<std::string> texts_of(const Column& column) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values)) return *texts;
  std::vector<std::string> texts;
  if (const auto* words = std::get_if<Categorical>(&column.values)) {
    for (const std::int32_t code : words->codes)
      texts.push_back(code < 0 ? "" : words->categories[static_cast<std::size_t>(code)]);
  } else if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&column.values)) {
    for (const std::int64_t v : *wholes) texts.push_back(fmt::format("{}", v));
  } else if (const auto* reals = std::get_if<std::vector<double>>(&column.values)) {
    for (const double v : *reals) texts.push_back(std::isnan(v) ? "" : fmt::format("{}", v));
  } else {
    for (const std::uint8_t v : std::get<std::vector<std::uint8_t>>(column.values))
      texts.emplace_back(v != 0 ? "true" : "false");
  }
  return texts;
}

std::vector<double> numbers_of(const Column& column, const std::string& where) {
  if (const auto* reals = std::get_if<std::vector<double>>(&column.values)) return *reals;
  if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&column.values))
    return {wholes->begin(), wholes->end()};
  if (const auto* flags = std::get_if<std::vector<std::uint8_t>>(&column.values))
    return {flags->begin(), flags->end()};
  std::vector<double> numbers;
  const std::vector<std::string> texts = texts_of(column);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (!is_missing(texts[i])) {
      const char* end = texts[i].data() + texts[i].size();
      const auto [stop, error] = std::from_chars(texts[i].data(), end, value);
      if (error != std::errc() || stop != end)
        throw InputError("{}: row {}: column '{}' has '{}'; expected a number or an empty cell", where, i + 1,
                         column.name, texts[i]);
    }
    numbers.push_back(value);
  }
  return numbers;
}

void require_positive(const std::vector<double>& numbers, const std::string& column,
                      const std::string& where) {
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!std::isnan(numbers[i]) && (!(numbers[i] > 0) || std::isinf(numbers[i])))
      throw InputError(
          "{}: row {}: column '{}' has {}; expected a number above 0, or an empty cell where it is missing",
          where, i + 1, column, numbers[i]);
}

std::vector<std::string> names_of(const Table& table, const std::string& name, const std::string& where) {
  std::vector<std::string> texts = texts_of(column_of(table, name, where));
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (is_missing(texts[i]))
      throw InputError("{}: row {}: column '{}' is empty; expected a name", where, i + 1, name);
  return texts;
}

Words words_of(const std::vector<std::string>& texts) {
  Words words{texts, {}};
  std::sort(words.names.begin(), words.names.end());
  words.names.erase(std::unique(words.names.begin(), words.names.end()), words.names.end());
  for (const std::string& text : texts)
    words.code.push_back(static_cast<std::uint32_t>(
        std::lower_bound(words.names.begin(), words.names.end(), text) - words.names.begin()));
  return words;
}

}  // namespace snitt
