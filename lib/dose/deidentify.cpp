#include "dose/deidentify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdlib>

#include "base/digest.hpp"

namespace snitt::dose {
namespace {

constexpr std::string_view mask = "***";
constexpr std::size_t shortest_word = 3;
constexpr std::size_t shortest_part = 6;  // from this length on, also inside of longer words
constexpr std::size_t shortest_number = 6;
constexpr std::size_t longest_text = 256;  // bytes kept: columns of tables are as wide as their longest text

/// The first `longest_text` bytes, no character cut in two.
void shorten(std::string& text) {
  if (text.size() <= longest_text) return;
  std::size_t end = longest_text;
  while (end > 0 && (text[end] & 0xc0) == 0x80) --end;
  text.resize(end);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_byte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0; }

/// Small letters, also of Latin-1's accented ones in UTF-8; the length in bytes stays.
std::string folded(std::string_view text) {
  std::string result(text);
  for (std::size_t i = 0; i < result.size(); ++i) {
    auto byte = static_cast<unsigned char>(result[i]);
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<unsigned char>(byte + 32);
    const bool after_c3 = i > 0 && static_cast<unsigned char>(result[i - 1]) == 0xc3;
    if (after_c3 && byte >= 0x80 && byte <= 0x9e && byte != 0x97)
      byte = static_cast<unsigned char>(byte + 32);
    result[i] = static_cast<char>(byte);
  }
  return result;
}

bool names_no_person(std::string_view word) {
  static constexpr std::array<std::string_view, 34> words{
      "abdomen", "adult",  "anon",    "anonymous", "body",    "brain", "calibration", "catphan", "chest",
      "child",   "daily",  "dose",    "hals",      "head",    "hode",  "monthly",     "neck",    "pat",
      "patient", "pelvis", "phantom", "qa",        "qc",      "scan",  "spine",       "test",    "thorax",
      "water",   "weekly", "none",    "unknown",   "service", "name",  "noid"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

void add_word(std::vector<std::string>& words, std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.size() >= shortest_word && !names_no_person(folded(text))) words.push_back(folded(text));
}

/// The whole and its parts.
void add_words(std::vector<std::string>& words, std::string_view text) {
  add_word(words, text);
  constexpr std::string_view separators = "^=\\ ,;/.-_()";
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    add_word(words, text.substr(at, end - at));
    at = end + 1;
  }
}

/// Length of what starts at `at` and looks like a date: two or three numbers with equal separators.
std::size_t date_length(std::string_view text, std::size_t at) {
  std::size_t i = at;
  std::array<std::size_t, 3> lengths{};
  char separator = 0;
  for (std::size_t part = 0; part < 3; ++part) {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    lengths[part] = i - start;
    if (lengths[part] == 0) return 0;
    if (part == 2) break;
    if (i >= text.size() || (text[i] != '.' && text[i] != '-' && text[i] != '/')) return 0;
    if (separator != 0 && text[i] != separator) return 0;
    separator = text[i++];
  }
  const bool year_first = lengths[0] == 4 && lengths[1] <= 2 && lengths[2] <= 2;
  const bool year_last = lengths[0] <= 2 && lengths[1] <= 2 && (lengths[2] == 4 || lengths[2] == 2);
  return year_first || year_last ? i - at : 0;
}

void mask_numbers(std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1]))) continue;
    std::size_t end = i;
    while (end < text.size() && is_digit(text[end])) ++end;
    std::size_t length = end - i;
    if (const std::size_t date = date_length(text, i); date > 0) {
      length = date;
    } else if (length < shortest_number) {
      continue;
    } else if (length == 6 && end + 5 < text.size() && text[end] == ' ' && is_digit(text[end + 1])) {
      while (end + 1 < text.size() && is_digit(text[end + 1])) ++end;  // "120570 12345"
      length = end + 1 - i;
    }
    text.replace(i, std::min(length, text.size() - i), mask);
    i += mask.size() - 1;
  }
}

void mask_word(std::string& text, const std::string& word) {
  std::string low = folded(text);
  for (std::size_t at = low.find(word); at != std::string::npos; at = low.find(word, at)) {
    const std::size_t end = at + word.size();
    const bool whole =
        (at == 0 || !is_word_byte(low[at - 1])) && (end == low.size() || !is_word_byte(low[end]));
    if (!whole && word.size() < shortest_part) {
      at = end;
      continue;
    }
    text.replace(at, word.size(), mask);
    low.replace(at, word.size(), mask);
    at += mask.size();
  }
}

/// Makers by the name they are known by, so that "SIEMENS" and "Siemens Healthineers" are one.
std::string maker(const std::string& manufacturer) {
  struct Known {
    std::string_view part;
    std::string_view name;
  };
  static constexpr std::array<Known, 11> known{{{"siemens", "Siemens"},
                                                {"ge medical", "GE"},
                                                {"ge healthcare", "GE"},
                                                {"philips", "Philips"},
                                                {"toshiba", "Canon"},
                                                {"canon", "Canon"},
                                                {"united imaging", "United Imaging"},
                                                {"uih", "United Imaging"},
                                                {"hitachi", "Hitachi"},
                                                {"fujifilm", "Fujifilm"},
                                                {"neusoft", "Neusoft"}}};
  const std::string low = folded(manufacturer);
  for (const Known& one : known)
    if (low.find(one.part) != std::string::npos) return std::string(one.name);
  return low == "ge" ? "GE" : "";
}

int shift_days(const DoseDocument& document, const Deidentification& how) {
  const std::string& whose =
      document.identity.patient_id.empty() ? document.study_uid : document.identity.patient_id;
  const std::string digits = pseudonym(how, "shift", whose).substr(0, 8);
  // Whole weeks, so that a Monday stays a Monday; up to ten years back.
  constexpr unsigned long weeks = 520;
  return digits.empty() ? -7 : -7 * static_cast<int>(1 + std::strtoul(digits.c_str(), nullptr, 16) % weeks);
}

void treat_date(std::string& text, Dates dates, int days) {
  if (dates == Dates::keep || text.empty()) return;
  if (dates == Dates::shift)
    text = shifted_date(text.substr(0, 8), days) + (text.size() > 8 ? text.substr(8) : "");
  else if (dates == Dates::year)
    text = text.substr(0, 4);
  else
    text.clear();
}

void treat_dates(DoseDocument& document, const Deidentification& how) {
  const int days = how.dates == Dates::shift ? shift_days(document, how) : 0;
  treat_date(document.date, how.dates, days);
  for (DoseEvent& event : document.events) treat_date(event.started, how.dates, days);
  if (how.dates == Dates::drop || how.dates == Dates::year) document.time.clear();
}

void scrub(DoseDocument& document, const Scrubber& scrubber) {
  for (std::string* text :
       {&document.model, &document.study_description, &document.series_description, &document.procedure,
        &document.protocol, &document.body_part, &document.kernel, &document.modulation, &document.modality,
        &document.station, &document.institution, &document.time})
    *text = text == &document.time ? text->substr(0, 6) : scrubber(*text);
  for (DoseEvent& event : document.events)
    for (std::string* text : {&event.label, &event.protocol, &event.region, &event.region_code,
                              &event.comment, &event.modulation, &event.view})
      *text = scrubber(*text);
  for (DoseAnomaly& anomaly : document.anomalies)
    for (std::string* text : {&anomaly.place, &anomaly.value, &anomaly.expected}) *text = scrubber(*text);
}

}  // namespace

std::string pseudonym(const Deidentification& how, std::string_view kind, std::string_view value) {
  if (value.empty()) return {};
  std::string text(kind);
  text += '\0';
  text += value;
  return hmac_sha256(how.key, text).substr(0, 16);
}

Scrubber::Scrubber(const DoseIdentity& identity) {
  add_words(words_, identity.patient_id);
  add_words(words_, identity.issuer);
  for (const std::string& text : identity.words) add_words(words_, text);
  std::sort(words_.begin(), words_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
}

std::string Scrubber::operator()(const std::string& text) const {
  if (text.empty()) return {};
  std::string result = text;
  for (const std::string& word : words_) mask_word(result, word);
  mask_numbers(result);
  shorten(result);
  return result;
}

std::string shifted_date(const std::string& date, int days) {
  if (date.size() != 8 || date.find_first_not_of("0123456789") != std::string::npos) return {};
  using namespace std::chrono;
  const year_month_day day{year(std::stoi(date.substr(0, 4))),
                           month(static_cast<unsigned>(std::stoi(date.substr(4, 2)))),
                           std::chrono::day(static_cast<unsigned>(std::stoi(date.substr(6, 2))))};
  if (!day.ok()) return {};
  const year_month_day moved{sys_days(day) + std::chrono::days(days)};
  return fmt::format("{:04d}{:02d}{:02d}", int{moved.year()}, unsigned{moved.month()}, unsigned{moved.day()});
}

void deidentify(DoseDocument& document, const Deidentification& how) {
  treat_dates(document, how);
  const std::string vendor = maker(document.manufacturer);
  const Scrubber scrubber(document.identity);
  const std::string device =
      document.device.empty() ? document.station + '\0' + document.institution : document.device;
  document.device = pseudonym(how, "device", document.manufacturer + '\0' + document.model + '\0' + device);
  scrub(document, scrubber);
  document.manufacturer = vendor.empty() ? scrubber(document.manufacturer) : vendor;
  if (!how.keep_scanner_names) {
    document.institution = pseudonym(how, "institution", document.institution);
    document.station.clear();
  }
  DoseIdentity identity;
  if (!document.identity.patient_id.empty())
    identity.patient_id =
        pseudonym(how, "patient", document.identity.issuer + '\0' + document.identity.patient_id);
  document.identity = identity;
  const std::string study = document.study_uid.empty() ? document.instance_uid : document.study_uid;
  document.study_uid = pseudonym(how, "study", study);
  document.series_uid = pseudonym(how, "series", document.series_uid);
  document.instance_uid = pseudonym(how, "instance", document.instance_uid);
  document.event_uid = pseudonym(how, "event", document.event_uid);
  for (DoseEvent& event : document.events) event.uid = pseudonym(how, "event", event.uid);
  constexpr double oldest = 90;
  document.age_years = document.age_years > oldest ? oldest : document.age_years;
}

}  // namespace snitt::dose
