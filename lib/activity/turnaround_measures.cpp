#include "activity/turnaround_measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "data/activity_columns.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

namespace names = activity_columns;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> moments_if_there(const Table& records, const char* name, const TurnaroundOptions& options,
                                     const std::string& where) {
  const Column* column = records.find(name);
  return column ? moments_of(*column, options.zone, where) : std::vector<double>();
}

/// Leaves rows out, and says how many more that are.
void leave_out(RecordMoments& m, const std::string& why, const std::vector<std::uint8_t>& marked) {
  double rows = 0;
  for (std::size_t i = 0; i < marked.size(); ++i)
    if (marked[i] && m.counted[i]) {
      m.counted[i] = 0;
      ++rows;
    }
  m.accounting.emplace_back("left out: " + why, rows);
}

/// Beginning, end, and whether a row without an end may still get one.
Measure measure(const char* name, const char* from, const char* to, const std::vector<double>& begin,
                const std::vector<double>& end, const RecordMoments& m, const RecordGroups& groups,
                bool may_be_open, const std::vector<std::uint8_t>& has_ended) {
  Measure out{name, from, to, {}, {}, {}, {}, std::vector<std::uint32_t>(groups.names.size(), 0)};
  for (std::size_t i = 0; i < begin.size(); ++i) {
    if (!m.counted[i]) continue;
    const bool ended = !std::isnan(end[i]) && end[i] <= m.as_of_s;
    const bool open =
        !ended && may_be_open && (std::isnan(end[i]) ? has_ended.empty() || !has_ended[i] : true);
    if (std::isnan(begin[i]) || (!ended && !open)) {
      ++out.missing[groups.code[i]];
      continue;
    }
    if (begin[i] > m.as_of_s) continue;
    out.row.push_back(static_cast<std::uint32_t>(i));
    out.begin_s.push_back(begin[i]);
    out.end_s.push_back(ended ? end[i] : m.as_of_s);
    out.finished.push_back(ended ? 1 : 0);
  }
  return out;
}

/// The first that is there.
std::vector<double> earlier(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> first = a;
  for (std::size_t i = 0; i < first.size(); ++i) first[i] = std::fmin(a[i], b[i]);  // fmin passes over NaN
  return first;
}

}  // namespace

RecordMoments record_moments(const Table& records, const std::string& where,
                             const TurnaroundOptions& options) {
  RecordMoments m;
  m.requested = moments_if_there(records, names::requested, options, where);
  m.arrived = moments_if_there(records, names::arrived, options, where);
  m.examined = moments_if_there(records, names::examined, options, where);
  m.exam_end = moments_if_there(records, names::exam_end, options, where);
  m.preliminary = moments_if_there(records, names::preliminary, options, where);
  m.reported = moments_if_there(records, names::reported, options, where);
  m.counted.assign(records.rows(), 1);
  m.accounting.emplace_back("rows", static_cast<double>(records.rows()));
  const auto rows_with = [](const Words& words, const std::string& word) {
    std::vector<std::uint8_t> marked(words.code.size(), 0);
    const auto it = std::find(words.names.begin(), words.names.end(), word);
    if (it == words.names.end()) return marked;
    const auto code = static_cast<std::uint32_t>(it - words.names.begin());
    for (std::size_t i = 0; i < marked.size(); ++i) marked[i] = words.code[i] == code ? 1 : 0;
    return marked;
  };
  if (const Column* status = records.find(names::status)) {
    const Words words = coded(*status);
    for (const char* word : {"cancelled", "no-show", "rejected"}) leave_out(m, word, rows_with(words, word));
    m.completed = rows_with(words, "completed");
  }
  for (const auto& [name, value] : options.exclude) {
    const Words words = coded(column_of(records, name, where, "--exclude"));
    if (const std::string reason = nothing_excluded(words, name, value); !reason.empty())
      m.reasons.push_back(reason);
    leave_out(m, fmt::format("{} is {}", name, value), rows_with(words, value));
  }
  const std::vector<double>* all[] = {&m.requested, &m.arrived,     &m.examined,
                                      &m.exam_end,  &m.preliminary, &m.reported};
  m.as_of_s = -std::numeric_limits<double>::infinity();
  for (const auto* column : all)
    for (std::size_t i = 0; i < column->size(); ++i)
      if (m.counted[i] && (*column)[i] > m.as_of_s) m.as_of_s = (*column)[i];
  if (options.as_of_s) m.as_of_s = *options.as_of_s;
  if (std::isinf(m.as_of_s))
    throw InputError("{}: no row has a moment; expected columns such as requested and examined", where);
  std::vector<std::uint8_t> later(records.rows(), 0);
  for (std::size_t i = 0; i < later.size(); ++i) {
    double first = nan;
    for (const auto* column : all)
      if (!column->empty()) first = std::fmin(first, (*column)[i]);
    later[i] = first > m.as_of_s ? 1 : 0;
  }
  leave_out(m, "begins after the extract date", later);
  m.accounting.emplace_back("used", static_cast<double>(std::count(m.counted.begin(), m.counted.end(), 1)));
  return m;
}

std::vector<Measure> measures_of(const RecordMoments& m, const RecordGroups& groups, bool report_from_start) {
  std::vector<Measure> all;
  const std::vector<std::uint8_t> none;
  // A completed examination without a start has one that is not known; it does not wait.
  if (!m.requested.empty() && !m.examined.empty())
    all.push_back(measure("wait", names::requested, names::examined, m.requested, m.examined, m, groups, true,
                          m.completed));
  if (!m.arrived.empty() && !m.examined.empty())
    all.push_back(
        measure("arrival", names::arrived, names::examined, m.arrived, m.examined, m, groups, false, none));
  if (!m.examined.empty() && !m.exam_end.empty())
    all.push_back(measure("examination", names::examined, names::exam_end, m.examined, m.exam_end, m, groups,
                          false, none));
  const bool from_end = !report_from_start && !m.exam_end.empty();
  const std::vector<double>& done = from_end ? m.exam_end : m.examined;
  const char* from = from_end ? names::exam_end : names::examined;
  if (!done.empty() && !m.reported.empty()) {
    if (!m.preliminary.empty())
      all.push_back(measure("first_report", from, "preliminary or reported", done,
                            earlier(m.preliminary, m.reported), m, groups, true, none));
    all.push_back(measure("report", from, names::reported, done, m.reported, m, groups, true, none));
  }
  if (!m.requested.empty() && !m.reported.empty())
    all.push_back(
        measure("total", names::requested, names::reported, m.requested, m.reported, m, groups, true, none));
  // What has not been examined cannot be reported yet: no beginning is no gap there.
  if (!m.completed.empty())
    for (Measure& x : all) {
      if (x.from == names::requested) continue;
      std::fill(x.missing.begin(), x.missing.end(), 0);
      const std::vector<double>& begin = x.from == names::arrived    ? m.arrived
                                         : x.from == names::examined ? m.examined
                                                                     : m.exam_end;
      std::vector<std::uint8_t> there(m.counted.size(), 0);
      for (const std::uint32_t i : x.row) there[i] = 1;
      for (std::size_t i = 0; i < there.size(); ++i)
        if (m.counted[i] && !there[i] && (m.completed[i] || !std::isnan(begin[i])) && !(begin[i] > m.as_of_s))
          ++x.missing[groups.code[i]];
    }
  return all;
}

}  // namespace snitt::activity
