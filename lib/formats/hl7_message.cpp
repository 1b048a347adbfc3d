#include "formats/hl7_message.hpp"

#include <algorithm>
#include <cctype>

namespace snitt::formats {
namespace {

bool is_segment_name(std::string_view text) {
  return text.size() >= 3 && std::all_of(text.begin(), text.begin() + 3,
                                         [](unsigned char c) { return std::isupper(c) || std::isdigit(c); });
}

std::string_view nth(std::string_view text, char separator, std::size_t index) {
  for (; index > 0; --index) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + 1);
  }
  return text.substr(0, text.find(separator));
}

/// \F\ \S\ \T\ \R\ \E\ are the delimiters, \Xdd…\ bytes, \.br\ a line break; what else stands between
/// escapes (highlighting) is left out.
std::string unescaped(std::string_view text, const Hl7Delimiters& d) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find(d.escape);
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
    const std::size_t end = text.find(d.escape);
    if (end == std::string_view::npos) {  // no escape after all
      out += d.escape;
      out += text;
      break;
    }
    const std::string_view code = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (code == "F") out += d.field;
    if (code == "S") out += d.component;
    if (code == "T") out += d.subcomponent;
    if (code == "R") out += d.repetition;
    if (code == "E") out += d.escape;
    if (code == ".br") out += ' ';
    if (!code.empty() && code[0] == 'X')
      for (std::size_t i = 1; i + 1 < code.size(); i += 2)
        out += static_cast<char>(std::strtol(std::string(code.substr(i, 2)).c_str(), nullptr, 16));
  }
  return out;
}

}  // namespace

const Hl7Segment* Hl7Message::find(std::string_view name) const {
  const auto at =
      std::find_if(segments.begin(), segments.end(), [&](const Hl7Segment& s) { return s.name == name; });
  return at == segments.end() ? nullptr : &*at;
}

std::string Hl7Message::text(const Hl7Segment& segment, std::size_t field, std::size_t component,
                             std::size_t repetition) const {
  const std::string_view one = nth(segment.field(field), delimiters.repetition, repetition);
  const std::string_view part =
      nth(nth(one, delimiters.component, component - 1), delimiters.subcomponent, 0);
  return part == "\"\"" ? "" : unescaped(part, delimiters);
}

std::size_t Hl7Message::repetitions(const Hl7Segment& segment, std::size_t field) const {
  const std::string_view text = segment.field(field);
  return text.empty()
             ? 0
             : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), delimiters.repetition));
}

void Hl7Reader::add(std::string_view text) {
  pending_ += text;
  std::size_t from = 0;
  while (true) {
    const std::size_t at = pending_.find_first_of("\r\n", from);
    // A CR at the very end may be half of a CRLF: wait for what follows.
    if (at == std::string::npos || at + 1 == pending_.size()) break;
    ++line_;
    take_segment(std::string_view(pending_).substr(from, at - from));
    from = at + (pending_[at] == '\r' && pending_[at + 1] == '\n' ? 2 : 1);
  }
  pending_.erase(0, from);
}

void Hl7Reader::end() {
  ++line_;
  take_segment(std::string_view(pending_).substr(0, pending_.find_first_of("\r\n")));
  pending_.clear();
  if (open_) ready_.push_back(std::move(current_));
  open_ = false;
}

void Hl7Reader::take_segment(std::string_view text) {
  while (!text.empty() && (text.front() == '\x0b' || text.front() == '\x1c' || text.front() == ' '))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\x1c' || text.back() == ' ')) text.remove_suffix(1);
  if (text.empty()) return;
  const bool begins = text.substr(0, 3) == "MSH" && text.size() > 8;
  const bool frames = text.substr(0, 3) == "FHS" || text.substr(0, 3) == "BHS" ||
                      text.substr(0, 3) == "FTS" || text.substr(0, 3) == "BTS";
  if ((begins || frames) && open_) {
    ready_.push_back(std::move(current_));
    open_ = false;
  }
  if (frames) return;
  if (begins) {
    current_ = {};
    current_.line = line_;
    current_.delimiters = {text[3], text[4], text[5], text[6], text[7]};
    open_ = true;
  }
  if (!open_ || !is_segment_name(text) || (text.size() > 3 && text[3] != current_.delimiters.field)) {
    ++strays_;
    if (first_stray_line_ == 0) first_stray_line_ = line_;
    return;
  }
  Hl7Segment segment;
  segment.name = text.substr(0, 3);
  if (begins) segment.fields.emplace_back(1, text[3]);
  std::string_view rest = text.size() > 4 ? text.substr(4) : std::string_view();
  while (true) {
    const std::size_t at = rest.find(current_.delimiters.field);
    segment.fields.emplace_back(rest.substr(0, at));
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at + 1);
  }
  current_.segments.push_back(std::move(segment));
}

bool Hl7Reader::next(Hl7Message& message) {
  if (given_ == ready_.size()) {
    ready_.clear();
    given_ = 0;
    return false;
  }
  message = std::move(ready_[given_++]);
  return true;
}

std::string iso_time_of_hl7(std::string_view time) {
  const std::size_t zone_at = time.find_first_of("+-");
  std::string_view digits = time.substr(0, zone_at);
  digits = digits.substr(0, digits.find('.'));
  const std::string_view zone = zone_at == std::string_view::npos ? std::string_view() : time.substr(zone_at);
  const auto all_digits = [](std::string_view s) {
    return std::all_of(s.begin(), s.end(), [](unsigned char c) { return std::isdigit(c); });
  };
  if (digits.size() < 8 || digits.size() > 14 || digits.size() % 2 || !all_digits(digits)) return "";
  std::string iso = std::string(digits.substr(0, 4)) + "-" + std::string(digits.substr(4, 2)) + "-" +
                    std::string(digits.substr(6, 2));
  if (digits.size() == 8) return iso;
  const auto two = [&](std::size_t at) {
    return at < digits.size() ? std::string(digits.substr(at, 2)) : "00";
  };
  iso += "T" + two(8) + ":" + two(10) + ":" + two(12);
  if (zone.size() == 5 && all_digits(zone.substr(1)))
    iso += std::string(zone.substr(0, 3)) + ":" + std::string(zone.substr(3));
  return iso;
}

}  // namespace snitt::formats
