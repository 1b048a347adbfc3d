#include "data/frame_table.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace snitt {
namespace {

void add_words(Table& table, const std::string& name, const std::vector<Status>& status) {
  std::vector<std::string> words;
  words.reserve(status.size());
  for (const Status one : status) words.emplace_back(name_of(one));
  table.columns.push_back({name, "", "status as in IGS sequences", std::move(words)});
}

/// The last column of the 3 x 4 part is a translation in millimetres; the rest has no units.
void add_transform(Table& table, const TrackedTransform& transform) {
  const std::string name = transform.name.text();
  add_words(table, name + "_status", transform.status);
  for (std::size_t row = 0; row < 4; ++row)
    for (std::size_t column = 0; column < 4; ++column) {
      std::vector<double> values;
      for (const Matrix4& matrix : transform.matrix) values.push_back(matrix(row, column));
      const bool translation = column == 3 && row < 3;
      table.columns.push_back({fmt::format("{}_{}{}", name, row, column), translation ? "mm" : "1",
                               fmt::format("row {}, column {} of the matrix", row, column),
                               std::move(values)});
    }
}

}  // namespace

Table frame_table(const Frames& frames, const std::vector<std::string>& files) {
  Table table;
  std::vector<std::int64_t> numbers(frames.count);
  for (std::size_t i = 0; i < frames.count; ++i) numbers[i] = static_cast<std::int64_t>(i);
  table.columns.push_back({"frame", "1", "number of the frame, from 0", std::move(numbers)});
  if (!files.empty()) table.columns.push_back({"file", "", "picture of the frame", files});
  table.columns.push_back({"time", "s", "time of the frame", frames.time_s});
  if (!frames.image_status.empty()) add_words(table, "image_status", frames.image_status);
  for (const TrackedTransform& transform : frames.tracked)
    if (transform.time_s.empty()) add_transform(table, transform);
  for (const FrameField& field : frames.fields)
    std::visit(
        [&](const auto& values) {
          using Values = std::decay_t<decltype(values)>;
          const bool number = std::is_same_v<Values, std::vector<double>>;
          table.columns.push_back({field.name, number ? "1" : "", "field of the recording", values});
        },
        field.values);
  return table;
}

std::vector<std::pair<std::string, Table>> own_clock_tables(const Frames& frames) {
  std::vector<std::pair<std::string, Table>> tables;
  for (const TrackedTransform& transform : frames.tracked) {
    if (transform.time_s.empty()) continue;
    Table table;
    table.columns.push_back({"time", "s", "time of the sample", transform.time_s});
    add_transform(table, transform);
    tables.emplace_back(transform.name.text(), std::move(table));
  }
  return tables;
}

}  // namespace snitt
