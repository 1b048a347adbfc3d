#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "samples.hpp"

/// What a calibration may have written.
namespace snitt::store {

inline StaticTransform some_transform() {
  StaticTransform transform{{"Image", "Probe"}, {}};
  transform.matrix(0, 3) = 12.5;
  return transform;
}

inline Table some_residuals() {
  return {{{"frame", "1", "number of the frame", std::vector<std::int64_t>{0, 0, 1, 5}},
           {"error", "mm", "distance", std::vector<double>{0.25, 0.5, 0.125, 1}},
           {"role", "", "use", Categorical{{0, 0, 1, 1}, {"calibration", "validation"}, false}}}};
}

inline CalibrationRecord some_calibration() {
  CalibrationRecord record;
  record.method = "n-wire";
  record.verdict = "doubtful";
  record.reasons = {"12 of 190 frames were left out; record again, slower.", "Ångström & Sønn"};
  record.summary = {{"scale_x_mm", 0.0804, 0.0801, 0.0807, "mm", "size of a pixel along a row"},
                    {"frames_used", 178, std::nan(""), std::nan(""), "1", ""}};
  record.tables = {{"residuals", some_residuals()},
                   {"curve", {{{"lag", "s", "shift", std::vector<double>{-0.5, 0, 0.5}}}}}};
  return record;
}

inline bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

inline bool same(const Table& a, const Table& b) {
  if (a.columns.size() != b.columns.size()) return false;
  for (std::size_t i = 0; i < a.columns.size(); ++i) {
    const Column& p = a.columns[i];
    const Column& q = b.columns[i];
    if (p.name != q.name || p.units != q.units || p.description != q.description ||
        p.values.index() != q.values.index())
      return false;
    if (const auto* x = std::get_if<Categorical>(&p.values)) {
      const auto& y = std::get<Categorical>(q.values);
      if (x->codes != y.codes || x->categories != y.categories) return false;
    } else if (const auto* reals = std::get_if<std::vector<double>>(&p.values)) {
      const auto& others = std::get<std::vector<double>>(q.values);
      if (!std::equal(reals->begin(), reals->end(), others.begin(), others.end(),
                      [](double one, double other) { return same(one, other); }))
        return false;
    } else if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&p.values)) {
      if (*wholes != std::get<std::vector<std::int64_t>>(q.values)) return false;
    } else if (const auto* texts = std::get_if<std::vector<std::string>>(&p.values)) {
      if (*texts != std::get<std::vector<std::string>>(q.values)) return false;
    }
  }
  return true;
}

inline bool same(const CalibrationRecord& a, const CalibrationRecord& b) {
  if (a.method != b.method || a.verdict != b.verdict || a.reasons != b.reasons ||
      a.summary.size() != b.summary.size() || a.tables.size() != b.tables.size())
    return false;
  for (std::size_t i = 0; i < a.summary.size(); ++i) {
    const Quantity& p = a.summary[i];
    const Quantity& q = b.summary[i];
    if (p.name != q.name || p.units != q.units || p.description != q.description || !same(p.value, q.value) ||
        !same(p.low, q.low) || !same(p.high, q.high))
      return false;
  }
  for (std::size_t i = 0; i < a.tables.size(); ++i)
    if (a.tables[i].first != b.tables[i].first || !same(a.tables[i].second, b.tables[i].second)) return false;
  return true;
}

}  // namespace snitt::store
