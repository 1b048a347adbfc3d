#include "activity/record_plan.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

using formats::FieldKind;

SipKey key_of(std::string_view secret, const std::string& purpose) {
  const std::string digest = hmac_sha256(secret, "snitt activity " + purpose);
  SipKey key;
  std::from_chars(digest.data(), digest.data() + 16, key.low, 16);
  std::from_chars(digest.data() + 16, digest.data() + 32, key.high, 16);
  return key;
}

Column column_of(const PlannedColumn& planned) {
  Column column{planned.rule.name, planned.units, planned.rule.description, {}};
  switch (planned.rule.kind) {
    case FieldKind::key:
      column.units = "1";
      column.values = std::vector<std::int64_t>{};
      break;
    case FieldKind::time:
      column.units = "s";
      column.description += ", seconds since 1970-01-01T00:00:00 UTC";
      column.values = std::vector<double>{};
      break;
    case FieldKind::number:
    case FieldKind::birth_date:
      if (column.units.empty()) column.units = planned.rule.name == activity_columns::age ? "a" : "1";
      column.values = std::vector<double>{};
      break;
    default:
      column.values = Categorical{};
  }
  return column;
}

}  // namespace

RecordPlan make_plan(const formats::ActivityMapping& mapping) {
  RecordPlan plan;
  plan.missing = mapping.missing;
  plan.zone = TimeZone::load(mapping.time_zone);
  plan.decimal_comma = mapping.decimal_comma;
  for (const formats::FieldRule& rule : formats::activity_fields()) {
    PlannedColumn planned{rule, {}, "", false, "", !rule.vocabulary.empty(), {}, {}, {}};
    if (mapping.constants.contains(rule.name)) {
      planned.is_constant = true;
      planned.constant = mapping.constants.at(rule.name);
    } else if (mapping.fields.contains(rule.name)) {
      planned.mapping = mapping.fields.at(rule.name);
    } else {
      continue;
    }
    for (const std::string& format : planned.mapping.formats)
      planned.forms.push_back(*formats::parse_date_form(format));
    if (planned.forms.empty()) planned.forms = formats::usual_date_forms();
    const int at = static_cast<int>(plan.columns.size());
    if (rule.name == activity_columns::examined) plan.examined = at;
    if (rule.name == activity_columns::birth_year) plan.birth_year = at;
    if (rule.name == activity_columns::age) plan.age = at;
    if (rule.kind == FieldKind::birth_date) plan.birth_date = at;
    plan.columns.push_back(std::move(planned));
  }
  for (const formats::KeptColumn& kept : mapping.keep) {
    PlannedColumn planned{{kept.name, kept.kind, "column '" + kept.column + "' of the source", {}},
                          {},
                          kept.units,
                          false,
                          "",
                          false,
                          {},
                          {},
                          {}};
    planned.mapping.columns = {kept.column};
    plan.columns.push_back(std::move(planned));
  }
  return plan;
}

void set_keys(RecordPlan& plan, const std::string& secret, std::string_view salt) {
  plan.secret = secret;
  const std::string_view from = secret.empty() ? salt : std::string_view(secret);
  plan.row_key = key_of(from, "row");
  for (PlannedColumn& column : plan.columns)
    if (column.rule.kind == FieldKind::key) column.key = key_of(from, column.rule.name);
}

RecordPlan placed(RecordPlan plan, const std::vector<std::string>& names, const std::string& path) {
  for (PlannedColumn& column : plan.columns) {
    column.from.clear();
    for (const std::string& name : column.mapping.columns) {
      const auto found = std::count(names.begin(), names.end(), name);
      if (found == 0)
        throw InputError("{}: has no column '{}' for '{}'{}; there are: {}", path, name, column.rule.name,
                         did_you_mean(name, names), fmt::join(names, ", "));
      if (found > 1)
        throw InputError("{}: has {} columns '{}', of which '{}' wants one; give them different names", path,
                         found, name, column.rule.name);
      column.from.push_back(
          static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin()));
    }
  }
  return plan;
}

std::vector<Column> record_columns(const RecordPlan& plan) {
  namespace c = activity_columns;
  std::vector<Column> columns;
  bool has_age = false;
  const auto add_age = [&] {
    if (has_age || !plan.has_age()) return;
    has_age = true;
    columns.push_back(
        {c::age, "a", "whole years at the examination, 90 and above are 90", std::vector<double>{}});
  };
  for (const PlannedColumn& planned : plan.columns) {
    if (planned.rule.kind == FieldKind::birth_date) {
      if (plan.birth_year < 0)
        columns.push_back({c::birth_year, "1", "year of birth", std::vector<double>{}});
      if (plan.birth_year < 0 && plan.age < 0) add_age();
      continue;
    }
    columns.push_back(column_of(planned));
    if (planned.rule.name == c::birth_year && plan.age < 0) add_age();
    if (planned.rule.name == c::age) has_age = true;
  }
  if (plan.examined >= 0)
    columns.push_back(
        {c::utc_offset, "s", "offset of local time from UTC at the examination", std::vector<double>{}});
  columns.push_back({c::source, "", "name of the source", Categorical{}});
  columns.push_back({c::row, "1", "line of the source at which the row begins", std::vector<std::int64_t>{}});
  columns.push_back({c::fingerprint, "1", "keyed digest of the whole row", std::vector<std::int64_t>{}});
  return columns;
}

}  // namespace snitt::activity
