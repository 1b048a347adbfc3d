#include "activity/basis.hpp"

#include <algorithm>

namespace snitt::activity {

Table basis_table(const std::vector<BasisEntry>& basis) {
  std::vector<std::string> what, value;
  for (const BasisEntry& entry : basis) {
    what.push_back(entry.what);
    value.push_back(entry.value);
  }
  return {{{"what", "", "what the figures rest on", what}, {"value", "", "its name and version", value}}};
}

std::vector<BasisEntry> basis_of(const CalibrationRecord& record) {
  const Table* table = record.table("basis");
  if (!table) return {};
  const Column* what = table->find("what");
  const Column* value = table->find("value");
  if (!what || !value) return {};
  const auto* names = std::get_if<std::vector<std::string>>(&what->values);
  const auto* values = std::get_if<std::vector<std::string>>(&value->values);
  if (!names || !values) return {};
  std::vector<BasisEntry> basis;
  for (std::size_t i = 0; i < names->size(); ++i) basis.push_back({(*names)[i], (*values)[i]});
  return basis;
}

std::vector<BasisEntry> joined(std::vector<BasisEntry> first, const std::vector<BasisEntry>& second) {
  for (const BasisEntry& entry : second) {
    const auto same = [&](const BasisEntry& other) {
      return other.what == entry.what && other.value == entry.value;
    };
    if (std::none_of(first.begin(), first.end(), same)) first.push_back(entry);
  }
  return first;
}

}  // namespace snitt::activity
