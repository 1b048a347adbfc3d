#include "report/cross_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "report/column_roles.hpp"
#include "report/marginals.hpp"

namespace snitt::report {
namespace {

constexpr std::size_t most_rows = 40;
constexpr std::size_t most_columns = 14;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The words of a column, or its whole numbers as words.
std::vector<std::string> keys_of(const Rows& rows, const std::string& name) {
  if (rows.has_words(name)) return rows.words(name);
  std::vector<std::string> keys;
  for (const double value : rows.numbers(name)) keys.push_back(fmt::format("{:.0f}", value));
  return keys;
}

std::vector<std::string> distinct(const std::vector<std::string>& keys) {
  std::vector<std::string> all;
  for (const std::string& key : keys)
    if (std::find(all.begin(), all.end(), key) == all.end()) {
      all.push_back(key);
      if (all.size() > most_rows) break;
    }
  return all;
}

/// What divides the counts: words, and years.
std::vector<std::string> dimensions(const Rows& rows) {
  std::vector<std::string> all = label_columns(rows);
  for (const char* year : {"year", "aar_year"})
    if (rows.has_numbers(year) && distinct(keys_of(rows, year)).size() > 1) all.emplace_back(year);
  std::erase_if(all,
                [&](const std::string& name) { return distinct(keys_of(rows, name)).size() > most_rows; });
  return all;
}

/// The column of a pivot beside `first`: years, else the one with fewest values.
std::string across(const Rows& rows, const std::vector<std::string>& all, std::string& down) {
  std::string best;
  std::size_t fewest = most_columns + 1;
  for (const std::string& name : all) {
    const std::size_t size = distinct(keys_of(rows, name)).size();
    if (name.ends_with("year")) return name;
    if (size < fewest) {
      fewest = size;
      best = name;
    }
  }
  for (const std::string& name : all)
    if (name != best) {
      down = name;
      break;
    }
  return best;
}

double plus(double a, double b) { return a + b; }  // NaN stays: no sum over what is not told

Column numbers(std::string name, std::vector<double> values) {
  return {std::move(name), "1", "", std::move(values)};
}

Table one_way(const std::string& name, const std::vector<std::string>& keys,
              const std::vector<double>& counts, const std::string& count_name, const Wording& w) {
  std::vector<std::string> words = distinct(keys);
  std::vector<double> sums(words.size(), 0);
  double total = 0;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const auto at =
        static_cast<std::size_t>(std::find(words.begin(), words.end(), keys[row]) - words.begin());
    sums[at] = plus(sums[at], counts[row]);
    total = plus(total, counts[row]);
  }
  std::vector<double> shares;
  for (const double sum : sums) shares.push_back(100 * sum / total);
  words.push_back(w("Total"));
  sums.push_back(total);
  shares.push_back(std::isfinite(total) ? 100 : nan);
  return {{{name, "", "", words}, numbers(count_name, sums), {"share", "%", "", shares}}};
}

/// Whether each word of `inner` stands with one word of `outer` alone, as modalities in their group.
bool is_nested(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  std::map<std::string, std::string> of;
  for (std::size_t row = 0; row < inner.size(); ++row)
    if (const auto [found, added] = of.emplace(inner[row], outer[row]); !added && found->second != outer[row])
      return false;
  return of.size() > distinct(outer).size();
}

/// One way in each word of `outer`, one below another.
Table nested(const std::string& outer_name, const std::string& inner_name,
             const std::vector<std::string>& outer, const std::vector<std::string>& inner,
             const std::vector<double>& counts, const std::string& count_name, const Wording& w) {
  std::vector<std::string> outers;
  std::vector<std::string> inners;
  std::vector<double> sums;
  std::vector<double> shares;
  for (const std::string& one : distinct(outer)) {
    std::vector<std::string> keys;
    std::vector<double> own;
    for (std::size_t row = 0; row < outer.size(); ++row)
      if (outer[row] == one) {
        keys.push_back(inner[row]);
        own.push_back(counts[row]);
      }
    const Table part = one_way(inner_name, keys, own, count_name, w);
    const std::vector<std::string> words = words_of(part.columns[0]).value();
    outers.insert(outers.end(), words.size(), one);
    inners.insert(inners.end(), words.begin(), words.end());
    const Rows rows(part);
    for (const double value : rows.numbers(count_name)) sums.push_back(value);
    for (const double value : rows.numbers("share")) shares.push_back(value);
  }
  return {{{outer_name, "", "", outers},
           {inner_name, "", "", inners},
           numbers(count_name, sums),
           {"share", "%", "", shares}}};
}

Table two_way(const std::string& down, const std::vector<std::string>& rows,
              const std::vector<std::string>& columns, const std::vector<double>& counts, double absent,
              bool years, const Wording& w) {
  std::vector<std::string> names = distinct(rows);
  const std::vector<std::string> heads = distinct(columns);
  const std::size_t n = names.size();
  std::vector<std::vector<double>> cells(heads.size(), std::vector<double>(n + 1, 0));
  std::vector<std::vector<bool>> there(heads.size(), std::vector<bool>(n + 1, false));
  std::vector<double> sums(n + 1, 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto r = static_cast<std::size_t>(std::find(names.begin(), names.end(), rows[i]) - names.begin());
    const auto c =
        static_cast<std::size_t>(std::find(heads.begin(), heads.end(), columns[i]) - heads.begin());
    for (const std::size_t row : {r, n}) {
      cells[c][row] = plus(cells[c][row], counts[i]);
      there[c][row] = true;
      sums[row] = plus(sums[row], counts[i]);
    }
  }
  for (std::size_t c = 0; c < heads.size(); ++c)
    for (std::size_t row = 0; row < n; ++row)
      if (!there[c][row]) cells[c][row] = absent;
  names.push_back(w("Total"));
  Table table{{{down, "", "", names}}};
  for (std::size_t c = 0; c < heads.size(); ++c) table.columns.push_back(numbers(heads[c], cells[c]));
  if (years) return table;  // a sum over years says nothing
  table.columns.push_back(numbers(w("Total"), sums));
  constexpr std::size_t few = 3;
  for (std::size_t c = 0; heads.size() <= few && c < heads.size(); ++c) {
    std::vector<double> shares;
    for (std::size_t row = 0; row <= n; ++row) shares.push_back(100 * cells[c][row] / sums[row]);
    table.columns.push_back({w.say("share {}", heads[c]), "%", "", shares});
  }
  return table;
}

}  // namespace

Table in_language(const Table& table, const Wording& w) {
  const bool bokmal = w.language() == Language::bokmal;
  const auto stem = [](const std::string& name) { return name.substr(0, name.size() - 3); };
  bool has_no = false;
  bool has_en = false;
  for (const Column& column : table.columns) {
    has_no = has_no || column.name.ends_with("_no");
    has_en = has_en || column.name.ends_with("_en");
  }
  if (!has_no || !has_en) return table;
  Table own;
  for (const Column& column : table.columns) {
    if (column.name.ends_with(bokmal ? "_en" : "_no")) continue;
    own.columns.push_back(column);
    if (column.name.ends_with("_no") || column.name.ends_with("_en"))
      own.columns.back().name = stem(column.name);
  }
  return own;
}

std::pair<Table, std::string> cross_table(const Table& counts, const Wording& w) {
  const Table own = cells_alone(in_language(counts, w));
  const Rows rows(own);
  const std::vector<std::string> count_names = count_columns(rows);
  const std::vector<std::string> all = dimensions(rows);
  const auto is_count = [](const std::string& name) {
    return name == "count" || name == "examinations" || name == "antall_count" ||
           name.find("fte") != std::string::npos;
  };
  if (count_names.empty() || !is_count(count_names.front()) || all.empty() || rows.size() < 2 ||
      !estimates_of(own).empty())
    return {};
  const std::vector<double>& values = rows.numbers(count_names.front());
  if (all.size() == 1)
    return {one_way(all[0], keys_of(rows, all[0]), values, count_names.front(), w), w.column(all[0])};
  if (all.size() == 2 && !all[1].ends_with("year"))
    for (const auto& [outer, inner] : {std::pair(all[0], all[1]), {all[1], all[0]}})
      if (is_nested(keys_of(rows, outer), keys_of(rows, inner)))
        return {
            nested(outer, inner, keys_of(rows, outer), keys_of(rows, inner), values, count_names.front(), w),
            w.column(inner)};
  std::string down = all[0];
  const std::string columns = across(rows, all, down);
  if (columns.empty() || columns == down || distinct(keys_of(rows, columns)).size() > most_columns) return {};
  // Of examinations that no row tells there were none; of other numbers nothing is known.
  const double absent = count_names.front().find("fte") == std::string::npos ? 0 : nan;
  std::vector<std::string> keys = keys_of(rows, down);
  std::string name = w.column(down);
  for (const std::string& other : all) {  // further words beside the first, while the rows can be read
    if (other == down || other == columns) continue;
    std::vector<std::string> joined = keys;
    const std::vector<std::string> more = keys_of(rows, other);
    for (std::size_t row = 0; row < joined.size(); ++row) joined[row] += ", " + more[row];
    if (distinct(joined).size() > most_rows) continue;
    keys = std::move(joined);
    name += ", " + w.column(other);
  }
  return {two_way(name, keys, keys_of(rows, columns), values, absent, columns.ends_with("year"), w),
          w.say("{} and {}", name, w.column(columns))};
}

}  // namespace snitt::report
