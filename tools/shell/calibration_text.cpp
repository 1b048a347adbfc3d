#include "shell/calibration_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace snitt::shell {
namespace {

nlohmann::json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

}  // namespace

std::string calibration_text(const CalibrationRecord& record) {
  const std::string verdict = "verdict";
  std::size_t width = verdict.size();
  for (const Quantity& quantity : record.summary) width = std::max(width, quantity.name.size());
  std::string text;
  for (const Quantity& quantity : record.summary)
    text += fmt::format("{:<{}}  {}\n", quantity.name, width, value_text(quantity));
  text += fmt::format("{:<{}}  {}\n", verdict, width, record.verdict);
  for (const std::string& reason : record.reasons) text += fmt::format("  {}\n", reason);
  return text;
}

nlohmann::json calibration_json(const CalibrationRecord& record) {
  nlohmann::json summary = nlohmann::json::object();
  for (const Quantity& quantity : record.summary)
    summary[quantity.name] = {{"value", number_or_null(quantity.value)},
                              {"low", number_or_null(quantity.low)},
                              {"high", number_or_null(quantity.high)},
                              {"units", quantity.units}};
  return {{"method", record.method},
          {"verdict", record.verdict},
          {"reasons", record.reasons},
          {"summary", summary}};
}

}  // namespace snitt::shell
