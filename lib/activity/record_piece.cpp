#include "activity/record_piece.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/activity_columns.hpp"
#include "formats/number_text.hpp"

namespace snitt::activity {
namespace {

using formats::CsvCell;
using formats::FieldKind;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double oldest_age = 90;  // and above
constexpr std::size_t longest_shape = 40;

class PieceConverter {
 public:
  PieceConverter(formats::CsvRows text, const RecordPlan& plan) : plan_(plan) {
    piece_.text = std::move(text);
    piece_.rows = piece_.text.rows();
    piece_.columns.resize(plan.columns.size());
  }

  RecordPiece run() {
    for (std::size_t i = 0; i < plan_.columns.size(); ++i)
      convert_column(plan_.columns[i], piece_.columns[i]);
    derive_ages();
    piece_.line.resize(piece_.rows);
    piece_.fingerprint.resize(piece_.rows);
    for (std::size_t r = 0; r < piece_.rows; ++r) {
      piece_.line[r] = static_cast<std::int64_t>(piece_.text.line(r));
      piece_.fingerprint[r] =
          static_cast<std::int64_t>(sip_hash(plan_.row_key, piece_.text.row_text(r)) >> 1U);
    }
    piece_.faults.insert(piece_.faults.end(), piece_.text.faults().begin(), piece_.text.faults().end());
    std::stable_sort(piece_.faults.begin(), piece_.faults.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    if (!bad_.empty()) leave_out_bad_rows();
    return std::move(piece_);
  }

 private:
  bool is_missing(std::string_view cell) const {
    if (cell.empty()) return true;
    if (cell.size() > 8)
      return std::find(plan_.missing.begin(), plan_.missing.end(), cell) != plan_.missing.end();
    for (const std::string& word : plan_.missing)
      if (word.size() == cell.size() && word == cell) return true;
    return false;
  }

  void add_fault(std::size_t row, const PlannedColumn& column, std::string reason) {
    if (bad_.empty()) bad_.assign(piece_.rows, false);
    if (bad_[row]) return;
    bad_[row] = true;
    piece_.faults.push_back({piece_.text.line(row), column.mapping.columns.front(), std::move(reason),
                             std::string(piece_.text.row_text(row))});
  }

  void convert_column(const PlannedColumn& planned, PieceColumn& column) {
    if (planned.is_constant) return column.codes.assign(piece_.rows, column.words.code(planned.constant));
    const auto cells = piece_.text.column(planned.from.front());
    switch (planned.rule.kind) {
      case FieldKind::key:
        return convert_keys(planned, cells, column);
      case FieldKind::person:
        return convert_persons(cells, column);
      case FieldKind::number:
        return convert_numbers(planned, cells, column);
      case FieldKind::time:
      case FieldKind::birth_date:
        return convert_times(planned, cells, column);
      default:
        column.codes.resize(piece_.rows);
        for (std::size_t r = 0; r < piece_.rows; ++r)
          column.codes[r] = column.words.code(piece_.text.text(cells[r]));
    }
  }

  void convert_keys(const PlannedColumn& planned, std::span<const CsvCell> cells, PieceColumn& column) const {
    column.keys.resize(piece_.rows);
    for (std::size_t r = 0; r < piece_.rows; ++r) {
      const std::string_view cell = piece_.text.text(cells[r]);
      column.keys[r] =
          is_missing(cell) ? no_key : static_cast<std::int64_t>(sip_hash(planned.key, cell) >> 1U);
    }
  }

  void convert_persons(std::span<const CsvCell> cells, PieceColumn& column) const {
    column.codes.resize(piece_.rows);
    std::string made;
    for (std::size_t r = 0; r < piece_.rows; ++r) {
      std::string_view cell = piece_.text.text(cells[r]);
      if (is_missing(cell)) {
        cell = {};
      } else if (normalize_identifier(cell, made)) {
        column.made.push_back(made);
        cell = column.made.back();
      }
      column.codes[r] = column.words.code(cell);
    }
  }

  void convert_numbers(const PlannedColumn& planned, std::span<const CsvCell> cells, PieceColumn& column) {
    column.numbers.resize(piece_.rows);
    for (std::size_t r = 0; r < piece_.rows; ++r) {
      const std::string_view cell = piece_.text.text(cells[r]);
      double value = 0;
      bool is_plain = !cell.empty() && cell.size() < 10;
      for (const char c : cell) {
        is_plain = is_plain && c >= '0' && c <= '9';
        value = 10 * value + (c - '0');
      }
      if (!is_plain) value = slow_number(planned, r, cell);
      column.numbers[r] = value;
    }
  }

  double slow_number(const PlannedColumn& planned, std::size_t row, std::string_view cell) {
    if (is_missing(cell)) return nan;
    std::string text(cell);
    if (plan_.decimal_comma) std::replace(text.begin(), text.end(), ',', '.');
    const auto value = formats::parse_number(text);
    if (value && std::isfinite(*value)) return *value;
    add_fault(row, planned, fmt::format("is no number (looks like '{}')", shape_of(cell)));
    return nan;
  }

  void convert_times(const PlannedColumn& planned, std::span<const CsvCell> cells, PieceColumn& column) {
    column.numbers.resize(piece_.rows);
    column.times.forms.resize(planned.forms.size());
    const bool is_examined = planned.rule.name == activity_columns::examined;
    const bool is_birth = planned.rule.kind == FieldKind::birth_date;
    if (is_examined) {
      piece_.utc_offset.assign(piece_.rows, nan);
      year_.assign(piece_.rows, 0);
    }
    std::size_t form = 0;  // the one that fitted last
    std::string joined;
    for (std::size_t r = 0; r < piece_.rows; ++r) {
      std::string_view cell = piece_.text.text(cells[r]);
      if (planned.from.size() == 2) {
        joined = cell;
        const std::string_view hour = piece_.text.text(piece_.text.column(planned.from[1])[r]);
        if (!is_missing(hour) && !is_missing(cell)) joined.append(" ").append(hour);
        cell = joined;
      }
      formats::DateText date;
      if (!formats::parse_date(cell, planned.forms[form], date)) {
        if (is_missing(cell)) {
          ++column.times.missing;
          column.numbers[r] = nan;
          continue;
        }
        const auto fits = [&](const formats::DateForm& f) { return formats::parse_date(cell, f, date); };
        const auto at = std::find_if(planned.forms.begin(), planned.forms.end(), fits);
        if (at == planned.forms.end()) {
          column.numbers[r] = nan;
          refuse_time(planned, r, cell);
          continue;
        }
        form = static_cast<std::size_t>(at - planned.forms.begin());
      }
      TimeFacts::Form& facts = column.times.forms[form];
      if (++facts.rows == 1) facts.first_line = piece_.text.line(r);
      if (is_birth) {
        column.numbers[r] = static_cast<double>(date.seconds);
        continue;
      }
      if (!date.has_time) ++column.times.without_hour;
      std::int64_t offset = date.offset_s.value_or(0);
      std::int64_t utc = date.seconds - offset;
      if (date.offset_s) {
        offset = plan_.zone.offset_at(utc);
      } else {
        const TimeZone::Moment moment = plan_.zone.moment_of(date.seconds);
        column.times.never += moment.reading == TimeZone::Reading::never ? 1 : 0;
        column.times.twice += moment.reading == TimeZone::Reading::twice ? 1 : 0;
        utc = moment.utc_s;
        offset = moment.offset_s;
      }
      column.numbers[r] = static_cast<double>(utc);
      if (is_examined) {
        piece_.utc_offset[r] = static_cast<double>(offset);
        year_[r] = date.year;
      }
    }
  }

  void refuse_time(const PlannedColumn& planned, std::size_t row, std::string_view cell) {
    std::string forms;
    for (const formats::DateForm& form : planned.forms) forms += (forms.empty() ? "" : ", ") + form.name;
    add_fault(
        row, planned,
        fmt::format("is no date of the calendar in the form {} (looks like '{}')", forms, shape_of(cell)));
  }

  /// Ages by the source, else by the date of birth, else by its year; the years of birth of the oldest are
  /// moved, or the year would tell what the age does not.
  void derive_ages() {
    if (!plan_.has_age() && !plan_.has_birth_year()) return;
    piece_.age.assign(piece_.rows, nan);
    piece_.birth_year.assign(piece_.rows, nan);
    const auto column = [&](int at) {
      return at < 0 ? nullptr : &piece_.columns[static_cast<std::size_t>(at)].numbers;
    };
    const auto* born = column(plan_.birth_date);
    const auto* born_year = column(plan_.birth_year);
    const auto* told = column(plan_.age);
    const auto* examined = column(plan_.examined);
    for (std::size_t r = 0; r < piece_.rows; ++r) {
      const bool is_dated = examined != nullptr && !std::isnan((*examined)[r]);
      const int year = is_dated ? year_[r] : 0;
      double birth = born_year != nullptr ? (*born_year)[r] : nan;
      double age = told != nullptr ? std::floor((*told)[r]) : nan;
      if (born != nullptr && !std::isnan((*born)[r])) {
        const CalendarTime day = calendar_time(static_cast<std::int64_t>((*born)[r]));
        birth = day.year;
        if (is_dated && std::isnan(age)) age = years_between(day, r);
      }
      if (is_dated && std::isnan(age)) age = year - birth;
      if (age < 0 || age > 125) {
        ++piece_.impossible_ages;
        age = nan;
      }
      if (is_dated && age >= oldest_age) birth = std::max(birth, year - oldest_age);
      piece_.age[r] = std::min(age, oldest_age);
      if (std::isnan(age)) piece_.age[r] = birth = nan;  // whether it is one of the oldest is not known
      piece_.birth_year[r] = birth;
    }
  }

  double years_between(const CalendarTime& born, std::size_t row) const {
    const auto& examined = piece_.columns[static_cast<std::size_t>(plan_.examined)].numbers;
    const CalendarTime day = calendar_time(static_cast<std::int64_t>(examined[row] + piece_.utc_offset[row]));
    const bool is_before_birthday = day.month < born.month || (day.month == born.month && day.day < born.day);
    return day.year - born.year - (is_before_birthday ? 1 : 0);
  }

  void leave_out_bad_rows() {
    const auto thin = [&](auto& values) {
      if (values.empty()) return;
      std::size_t kept = 0;
      for (std::size_t r = 0; r < piece_.rows; ++r)
        if (!bad_[r]) values[kept++] = values[r];
      values.resize(kept);
    };
    for (PieceColumn& column : piece_.columns) {
      thin(column.codes);
      thin(column.numbers);
      thin(column.keys);
    }
    thin(piece_.age);
    thin(piece_.birth_year);
    thin(piece_.utc_offset);
    thin(piece_.line);
    thin(piece_.fingerprint);
    piece_.rows -= static_cast<std::size_t>(std::count(bad_.begin(), bad_.end(), true));
  }

  const RecordPlan& plan_;
  RecordPiece piece_;
  std::vector<bool> bad_;
  std::vector<std::int32_t> year_;  ///< of the examination, local
};

}  // namespace

RecordPiece convert(formats::CsvRows text, const RecordPlan& plan) {
  return PieceConverter(std::move(text), plan).run();
}

std::string shape_of(std::string_view cell) {
  std::string shape;
  for (const char c : cell.substr(0, longest_shape)) {
    const auto byte = static_cast<unsigned char>(c);
    shape += byte >= '0' && byte <= '9' ? '9' : byte >= 0x80 || std::isalpha(byte) != 0 ? 'a' : c;
  }
  return shape + (cell.size() > longest_shape ? "..." : "");
}

bool normalize_identifier(std::string_view cell, std::string& out) {
  std::size_t digits = 0;
  bool is_plain = true;
  for (const char c : cell) {
    const bool is_digit = c >= '0' && c <= '9';
    digits += is_digit ? 1 : 0;
    is_plain = is_plain && is_digit;
    if (!is_digit && c != ' ' && c != '-' && c != '.' && c != '\t') return false;
  }
  if (is_plain || digits < 10 || digits > 12) return false;
  out.clear();
  for (const char c : cell)
    if (c >= '0' && c <= '9') out += c;
  return true;
}

}  // namespace snitt::activity
