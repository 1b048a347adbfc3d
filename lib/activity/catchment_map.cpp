#include "activity/catchment_map.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "data/table_columns.hpp"
#include "formats/csv.hpp"

namespace snitt::activity {
namespace {

constexpr std::int32_t none = -1, several = -2;

std::string lower(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 128) c = static_cast<char>(std::tolower(c));
  return text;
}

/// The number that a word begins with: 301 for "0301 Oslo".
std::optional<std::int64_t> leading_number(const std::string& word) {
  std::size_t digits = 0;
  while (digits < word.size() && digits < 10 && std::isdigit(static_cast<unsigned char>(word[digits])) != 0)
    ++digits;
  const bool ends = digits == word.size() || word[digits] == ' ';
  if (digits == 0 || !ends) return std::nullopt;
  return std::stoll(word.substr(0, digits));
}

/// "grorud" for "10 Grorud".
std::string name_in(const std::string& word) {
  const std::size_t start = word.find_first_not_of("0123456789 ");
  return start == std::string::npos ? "" : lower(word.substr(start));
}

/// Of a district's number only the last two digits matter inside its municipality.
std::int64_t district_number(std::int64_t municipality, std::int64_t district) {
  return district / 100 == municipality ? district % 100 : district;
}

std::optional<std::size_t> any_of(const formats::CsvText& csv, std::initializer_list<const char*> names) {
  for (const char* name : names)
    for (std::size_t i = 0; i < csv.names.size(); ++i)
      if (lower(csv.names[i]) == name) return i;
  return std::nullopt;
}

}  // namespace

std::int32_t CatchmentMap::area_index(const std::string& name) {
  const auto at = std::find(areas_.begin(), areas_.end(), name);
  if (at != areas_.end()) return static_cast<std::int32_t>(at - areas_.begin());
  areas_.push_back(name);
  return static_cast<std::int32_t>(areas_.size() - 1);
}

AreaOfPlace CatchmentMap::area_of(const std::string& municipality, const std::string& district) const {
  if (municipality.empty()) return {PlaceFinding::missing, none};
  const auto number = leading_number(municipality);
  const auto at = number ? municipalities_.find(*number) : municipalities_.end();
  if (at == municipalities_.end()) return {PlaceFinding::unknown_municipality, none};
  const Municipality& known = at->second;
  if (!district.empty()) {
    if (const auto part = leading_number(district)) {
      const auto found = known.by_number.find(district_number(*number, *part));
      if (found != known.by_number.end()) return {PlaceFinding::found, found->second};
    }
    const auto found = known.by_name.find(name_in(district));
    if (found != known.by_name.end()) return {PlaceFinding::found, found->second};
  }
  if (known.itself != none) return {PlaceFinding::found, known.itself};
  if (known.common >= 0) return {PlaceFinding::found, known.common};
  return {PlaceFinding::unknown_district, none};
}

CatchmentMap read_catchment_map(const std::string& path, const std::string& area_column) {
  const formats::CsvText csv = formats::read_csv_text(path);
  const auto municipality = any_of(csv, {"municipality", "komnr", "kommunenr", "kommune"});
  if (!municipality)
    throw InputError("{}: has no column municipality, komnr, kommunenr or kommune; there are: {}", path,
                     fmt::join(csv.names, ", "));
  const auto area =
      area_column.empty() ? any_of(csv, {"area", "bohf_navn"}) : formats::column_index(csv, area_column);
  if (!area)
    throw InputError("{}: has no column area or bohf_navn; there are: {}", path, fmt::join(csv.names, ", "));
  const auto district = any_of(csv, {"district", "bydel"});
  const auto district_name = any_of(csv, {"district_name", "bydel_navn"});

  CatchmentMap map;
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    const auto& cells = csv.rows[row];
    if (cells[*municipality].empty() || cells[*area].empty()) continue;  // comments and sums of areas
    const auto number = leading_number(cells[*municipality]);
    if (!number)
      throw InputError("{}: line {}: column '{}' has '{}'; expected a municipality's number", path,
                       csv.lines[row], csv.names[*municipality], cells[*municipality]);
    const std::int32_t here = map.area_index(cells[*area]);
    auto& known = map.municipalities_[*number];
    const auto set = [&](std::int32_t& place) {
      if (place != none && place != here)
        throw InputError("{}: line {}: {} {} belongs to '{}' here and to '{}' before; expected one area",
                         path, csv.lines[row], cells[*municipality], district ? cells[*district] : "",
                         cells[*area], map.areas_[static_cast<std::size_t>(place)]);
      place = here;
    };
    const auto part = district ? leading_number(cells[*district]) : std::nullopt;
    if (!part && (!district || cells[*district].empty())) {
      set(known.itself);
      continue;
    }
    if (part) set(known.by_number.try_emplace(district_number(*number, *part), none).first->second);
    const std::string name = name_in(district_name ? cells[*district_name] : cells[*district]);
    if (!name.empty()) set(known.by_name.try_emplace(name, none).first->second);
    known.common = known.common == none || known.common == here ? here : several;
  }
  if (map.areas_.empty()) throw InputError("{}: has no row with municipality and area", path);
  map.basis_ = {"catchment map",
                fmt::format("{}, column {} (sha256 {})", std::filesystem::path(path).filename().string(),
                            csv.names[*area], sha256_of_path(path).substr(0, 12))};
  return map;
}

namespace {

const Column* place_column(const Table& table, std::initializer_list<const char*> names) {
  for (const char* name : names)
    for (const Column& column : table.columns)
      if (lower(column.name) == name) return &column;
  return nullptr;
}

const Column& municipality_column(const Table& table, const std::string& where) {
  const Column* column = place_column(table, {"municipality", "komnr", "kommunenr", "kommune"});
  if (column == nullptr)
    throw InputError("{}: has no column municipality, komnr, kommunenr or kommune to map to areas", where);
  return *column;
}

}  // namespace

Table with_areas(Table table, const CatchmentMap& map, const std::string& where) {
  if (table.find("area") != nullptr) return table;
  const std::vector<std::string> places = texts_of(municipality_column(table, where));
  const Column* district = place_column(table, {"district", "bydel"});
  const std::vector<std::string> parts =
      district ? texts_of(*district) : std::vector<std::string>(places.size());
  std::vector<std::string> areas(places.size());
  for (std::size_t row = 0; row < places.size(); ++row) {
    const AreaOfPlace place = map.area_of(places[row], parts[row]);
    if (place.finding == PlaceFinding::found)
      areas[row] = map.areas()[static_cast<std::size_t>(place.area)];
    else if (place.finding != PlaceFinding::missing)
      areas[row] = fmt::format("(place {}{}{})", places[row], parts[row].empty() ? "" : " ", parts[row]);
  }
  table.columns.push_back({"area", "", "where the patients live", areas});
  return table;
}

MappedTable by_catchment(const Table& table, const std::string& numbers, const CatchmentMap& map,
                         const std::string& where) {
  const Column* municipality = &municipality_column(table, where);
  const Column* district = place_column(table, {"district", "bydel"});
  const Column& amount = column_of(table, numbers, where);
  const std::vector<double> amounts = numbers_of(amount, where);
  const std::vector<std::string> places = texts_of(*municipality);
  const std::vector<std::string> parts =
      district ? texts_of(*district) : std::vector<std::string>(places.size());

  std::vector<std::pair<std::string, std::vector<std::string>>> others;
  for (const Column& column : table.columns) {
    const bool is_place = &column == municipality || &column == district || &column == &amount;
    if (!is_place && lower(column.name) != "area") others.emplace_back(column.name, texts_of(column));
  }
  std::map<std::vector<std::string>, std::size_t> index;
  std::vector<std::vector<std::string>> keys;
  std::vector<double> sums;
  std::map<std::string, double> unknown;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const AreaOfPlace place = map.area_of(places[row], parts[row]);
    if (place.finding != PlaceFinding::found) {
      unknown[parts[row].empty() ? places[row] : places[row] + " " + parts[row]] += amounts[row];
      continue;
    }
    std::vector<std::string> key{map.areas()[static_cast<std::size_t>(place.area)]};
    for (const auto& [name, texts] : others) key.push_back(texts[row]);
    const auto [at, is_new] = index.emplace(key, sums.size());
    if (is_new) {
      keys.push_back(std::move(key));
      sums.push_back(0);
    }
    sums[at->second] += amounts[row];
  }
  MappedTable mapped;
  const auto texts_at = [&](std::size_t i) {
    std::vector<std::string> texts;
    for (const auto& key : keys) texts.push_back(key[i]);
    return texts;
  };
  mapped.table.columns.push_back({"area", "", "", texts_at(0)});
  for (std::size_t i = 0; i < others.size(); ++i)
    mapped.table.columns.push_back({others[i].first, "", "", texts_at(i + 1)});
  mapped.table.columns.push_back({amount.name, amount.units, amount.description, sums});
  mapped.unknown.assign(unknown.begin(), unknown.end());
  return mapped;
}

}  // namespace snitt::activity
