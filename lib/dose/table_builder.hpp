#pragma once
#include <string>
#include <vector>

#include "data/table.hpp"

namespace snitt::dose {

/// Columns with one value per row, told by what computes the value.
template <typename Row>
class TableBuilder {
 public:
  explicit TableBuilder(const std::vector<Row>& rows) : rows_(rows) {}

  template <typename Value>
  void number(std::string name, std::string units, std::string description, const Value& value) {
    std::vector<double> values;
    values.reserve(rows_.size());
    for (const Row& row : rows_) values.push_back(static_cast<double>(value(row)));
    add(std::move(name), std::move(units), std::move(description), std::move(values));
  }
  template <typename Value>
  void text(std::string name, std::string description, const Value& value) {
    std::vector<std::string> values;
    values.reserve(rows_.size());
    for (const Row& row : rows_) values.emplace_back(value(row));
    add(std::move(name), "", std::move(description), std::move(values));
  }
  template <typename Value>
  void flag(std::string name, std::string description, const Value& value) {
    std::vector<std::uint8_t> values;
    values.reserve(rows_.size());
    for (const Row& row : rows_) values.push_back(value(row) ? 1 : 0);
    add(std::move(name), "", std::move(description), std::move(values));
  }
  Table finish() { return std::move(table_); }

 private:
  template <typename Values>
  void add(std::string name, std::string units, std::string description, Values&& values) {
    table_.columns.push_back(
        {std::move(name), std::move(units), std::move(description), std::forward<Values>(values)});
  }
  const std::vector<Row>& rows_;
  Table table_;
};

}  // namespace snitt::dose
