#include "report/wording.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

namespace snitt::report {
namespace {

constexpr double least_parted = 10000;  // four digits, as of years, stay together
constexpr std::string_view minus = "\u2212";

/// "1234567.5" as "1,234,567.5" or "1 234 567,5".
std::string localized(std::string plain, Language language) {
  const bool negative = plain.starts_with('-');
  if (negative) plain.erase(0, 1);
  std::string exponent;
  if (const std::size_t e = plain.find('e'); e != std::string::npos) {
    const int power = std::stoi(plain.substr(e + 1));
    exponent = "\u00d710";
    constexpr std::array<std::string_view, 10> raised{"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                                      "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    if (power < 0) exponent += "\u207b";
    for (const char digit : std::to_string(std::abs(power)))
      exponent += raised[static_cast<std::size_t>(digit - '0')];
    plain.resize(e);
  }
  const std::size_t point = plain.find('.');
  std::string whole = plain.substr(0, point);
  std::string fraction = point == std::string::npos ? "" : plain.substr(point + 1);
  if (whole.size() > 4) {
    const std::string_view gap = language == Language::english ? "," : "\u202f";
    for (std::size_t at = whole.size(); at > 3;) whole.insert(at -= 3, gap);
  }
  std::string result =
      negative && plain.find_first_of("123456789") != std::string::npos ? std::string(minus) : "";
  result += whole;
  if (!fraction.empty()) result += (language == Language::english ? "." : ",") + fraction;
  return result + exponent;
}

/// A unit as the ends of names spell it: "mgy_cm", "per_mm", "percent".
std::string name_of_unit(std::string_view units) {
  if (units.empty() || units == "1") return "";
  if (units == "%") return "percent";
  std::string name;
  if (units.starts_with("1/")) {
    name = "per_";
    units.remove_prefix(2);
  }
  for (const char c : units)
    name += c == '.' || c == ' ' || c == '/' ? '_'
                                             : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

std::string unit_text(std::string_view units) {
  if (units == "1") return "";
  std::string text;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const bool power = i > 0 && std::isalpha(static_cast<unsigned char>(units[i - 1])) != 0;
    if (power && units[i] == '2')
      text += "\u00b2";
    else if (power && units[i] == '3')
      text += "\u00b3";
    else if (power && units[i] == '.')
      text += "\u00b7";
    else
      text += units[i];
  }
  return text;
}

std::string Wording::operator()(std::string_view english) const {
  if (language_ == Language::english) return std::string(english);
  static const std::map<std::string_view, std::string_view> words(bokmal_words().begin(),
                                                                  bokmal_words().end());
  const auto found = words.find(english);
  return std::string(found == words.end() ? english : found->second);
}

std::string Wording::column(std::string_view name) const {
  static const std::map<std::string_view, ColumnWords> words = [] {
    std::map<std::string_view, ColumnWords> all;
    for (const ColumnWords& one : column_words()) all.emplace(one.name, one);
    return all;
  }();
  if (const auto found = words.find(name); found != words.end())
    return std::string(language_ == Language::english ? found->second.english : found->second.bokmal);
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string Wording::column_in(std::string_view name, std::string_view units) const {
  std::string own(name);
  if (const std::string ending = "_" + name_of_unit(units);
      ending.size() > 1 && own.size() > ending.size() && own.ends_with(ending))
    own.resize(own.size() - ending.size());
  return column(own);
}

std::string Wording::column(std::string_view name, std::string_view units) const {
  const std::string unit = unit_text(units);
  return unit.empty() ? column(name) : fmt::format("{} ({})", column_in(name, units), unit);
}

std::string Wording::number(double value) const {
  if (std::isnan(value)) return "\u2013";
  if (std::isinf(value)) return value > 0 ? "\u221e" : std::string(minus) + "\u221e";
  const double size = std::abs(value);
  if (size < 1e15 && value == std::round(value)) return number(value, 0);
  if (size >= least_parted && size < 1e15) return number(value, 0);
  if (size < 1e-4 || size >= 1e15) return localized(fmt::format("{:.2e}", value), language_);
  return localized(fmt::format("{:.4g}", value), language_);
}

std::string Wording::number(double value, int decimals) const {
  if (decimals < 0 || !std::isfinite(value) || std::abs(value) >= 1e15) return number(value);
  return localized(fmt::format("{:.{}f}", value, decimals), language_);
}

std::string Wording::interval(double value, double low, double high) const {
  const double half_width = 0.5 * (high - low);
  if (!std::isfinite(half_width)) return number(value);
  constexpr int most = 9;
  const int decimals = half_width > 0 ? static_cast<int>(1 - std::floor(std::log10(half_width))) : most + 1;
  const auto text = [&](double v) { return decimals > most ? number(v) : number(v, std::max(0, decimals)); };
  return say("{} ({} to {})", text(value), text(low), text(high));
}

std::string Wording::percent(double share) const {
  if (!std::isfinite(share)) return number(share);
  return number(100 * share, std::abs(share) < 0.1 ? 2 : 1) + "\u00a0%";
}

std::string Wording::date(const std::string& iso) const {
  constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                    "May",       "June",     "July",     "August",
                                                    "September", "October",  "November", "December"};
  constexpr std::size_t day_end = 10;  // of 2026-01-01
  int year = 0;
  int month = 0;
  int day = 0;
  const auto part = [&](std::size_t at, std::size_t count, int& value) {
    return iso.size() >= day_end &&
           std::from_chars(iso.data() + at, iso.data() + at + count, value).ptr == iso.data() + at + count;
  };
  if (!part(0, 4, year) || !part(5, 2, month) || !part(8, 2, day) || month < 1 || month > 12) return iso;
  return say("{0} {1} {2}", day, (*this)(months[static_cast<std::size_t>(month - 1)]), year);
}

int common_decimals(std::span<const double> values) {
  double smallest = 0;
  double largest = 0;
  bool whole = true;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    whole = whole && value == std::round(value);
    if (value == 0) continue;
    smallest = smallest == 0 ? std::abs(value) : std::min(smallest, std::abs(value));
    largest = std::max(largest, std::abs(value));
  }
  if (whole) return largest < 1e15 ? 0 : -1;
  constexpr double most_spread = 3e3;
  constexpr int digits = 4;
  if (largest > most_spread * smallest || largest >= 1e9 || smallest < 1e-5) return -1;
  // Four digits of the largest, and at least three of the smallest.
  const auto decimals = [](double value, int shown) {
    return shown - 1 - static_cast<int>(std::floor(std::log10(value)));
  };
  return std::max({0, decimals(largest, digits), decimals(smallest, 3)});
}

}  // namespace snitt::report
