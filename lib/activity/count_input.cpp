#include "activity/count_input.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "activity/record_times.hpp"
#include "base/error.hpp"
#include "data/activity_columns.hpp"
#include "store/layouts.hpp"

namespace snitt::activity {
namespace {

double creation_of(const std::string& path) {
  const std::string story = store::provenance_of(path);
  if (story.empty()) return std::nan("");
  const auto json = nlohmann::json::parse(story, nullptr, false);
  if (!json.is_object() || !json.contains("created") || !json["created"].is_string()) return std::nan("");
  return moment_from(json["created"].get<std::string>(), TimeZone::utc()).value_or(std::nan(""));
}

bool has_own_keys(const std::vector<BasisEntry>& basis) {
  return std::any_of(basis.begin(), basis.end(), [](const BasisEntry& entry) {
    return entry.what == "pseudonyms" && entry.value.starts_with("running numbers");
  });
}

template <typename T>
const std::vector<T>* values_in(const Table& batch, const std::string& name) {
  const Column* column = batch.find(name);
  return column == nullptr ? nullptr : std::get_if<std::vector<T>>(&column->values);
}

}  // namespace

CountInputs::CountInputs(const std::vector<std::string>& paths, const CodeList& codes) {
  for (const std::string& path : paths) {
    CountInput input;
    input.path = path;
    store::require_table_file(path, "snitt-activity-extract makes a table of examinations from exports");
    input.reader = std::make_unique<store::TableReader>(path);
    input.first_row = rows_;
    rows_ += input.reader->rows();
    if (const auto record = store::read_calibration(path)) input.basis = basis_of(*record);
    input.extracted_s = creation_of(path);
    if (paths.size() > 1 && has_own_keys(input.basis)) input.salt = spread(inputs_.size() + 1);
    if (input.has(activity_columns::codes))
      for (const std::string& cell : input.reader->categories(activity_columns::codes))
        input.code_cells.push_back(read_code_cell(cell, codes));
    inputs_.push_back(std::move(input));
  }
  if (rows_ == 0) throw InputError("{}: has no rows; expected a table of examinations", paths.front());
}

bool CountInputs::any_has(const std::string& column) const {
  return std::any_of(inputs_.begin(), inputs_.end(),
                     [&](const CountInput& input) { return input.has(column); });
}
bool CountInputs::all_have(const std::string& column) const {
  return std::all_of(inputs_.begin(), inputs_.end(),
                     [&](const CountInput& input) { return input.has(column); });
}

const std::vector<std::int32_t>* codes_in(const Table& batch, const std::string& name) {
  const Column* column = batch.find(name);
  const auto* words = column == nullptr ? nullptr : std::get_if<Categorical>(&column->values);
  return words == nullptr ? nullptr : &words->codes;
}
const std::vector<double>* numbers_in(const Table& batch, const std::string& name) {
  return values_in<double>(batch, name);
}
const std::vector<std::int64_t>* keys_in(const Table& batch, const std::string& name) {
  return values_in<std::int64_t>(batch, name);
}

}  // namespace snitt::activity
