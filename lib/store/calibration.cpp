#include "store/calibration.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "store/data_frame.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

constexpr const char* group = "/calibration";
const std::string summary = "summary";

std::string table_path(const std::string& name) { return std::string(group) + "/" + object_name(name); }

void refuse_unfit(const h5::File& file, const CalibrationRecord& record) {
  if (record.verdict != "good" && record.verdict != "doubtful")
    throw ComputationError("{}: a calibration has the verdict '{}'; expected good or doubtful", file.shown(),
                           record.verdict);
  std::vector<std::string> names{summary};
  for (const auto& [name, table] : record.tables) {
    if (std::find(names.begin(), names.end(), name) != names.end())
      throw ComputationError("{}: a calibration has two tables '{}'", file.shown(), name);
    names.push_back(name);
  }
}

template <typename T>
const std::vector<T>& values_of(const LayoutReader& reader, const Table& table, const std::string& name) {
  const Column* column = table.find(name);
  const auto* values = column == nullptr ? nullptr : std::get_if<std::vector<T>>(&column->values);
  if (values == nullptr)
    throw InputError("{}: {} has no column '{}' of {}", reader.file().shown(), table_path(summary), name,
                     std::is_same_v<T, double> ? "numbers" : "text");
  return *values;
}

std::vector<Quantity> quantities_of(const LayoutReader& reader) {
  const Table table = read_data_frame(reader, table_path(summary));
  const auto& names = values_of<std::string>(reader, table, "quantity");
  const auto& values = values_of<double>(reader, table, "value");
  const auto& lows = values_of<double>(reader, table, "low");
  const auto& highs = values_of<double>(reader, table, "high");
  const auto& units = values_of<std::string>(reader, table, "units");
  const auto& descriptions = values_of<std::string>(reader, table, "description");
  std::vector<Quantity> quantities;
  for (std::size_t i = 0; i < table.rows(); ++i)
    quantities.push_back({names[i], values[i], lows[i], highs[i], units[i], descriptions[i]});
  return quantities;
}

}  // namespace

void write_calibration(LayoutWriter& writer, const CalibrationRecord& record) {
  h5::File& file = writer.file();
  refuse_unfit(file, record);
  file.create_group(group);
  file.set_attribute(group, "method", record.method);
  file.set_attribute(group, "verdict", record.verdict);
  file.set_attribute(group, "reasons", record.reasons);
  std::vector<std::string> order;  // HDF5 lists a group by name
  for (const auto& [name, table] : record.tables) order.push_back(name);
  file.set_attribute(group, "tables", order);
  write_data_frame(writer, table_path(summary), summary_table(record));
  for (const auto& [name, table] : record.tables) write_data_frame(writer, table_path(name), table);
}

std::optional<CalibrationRecord> read_calibration(const LayoutReader& reader) {
  const h5::File& file = reader.file();
  if (!file.exists(group)) return std::nullopt;
  CalibrationRecord record;
  record.method = file.text_attribute(group, "method");
  record.verdict = file.text_attribute(group, "verdict");
  record.reasons = file.texts_attribute(group, "reasons");
  record.summary = quantities_of(reader);
  for (const std::string& name : file.texts_attribute(group, "tables"))
    record.tables.emplace_back(name, read_data_frame(reader, table_path(name)));
  return record;
}

std::optional<CalibrationRecord> read_calibration(const std::string& path) {
  const std::string layout = layout_of(path);
  if (layout != "transform" && layout != "table" && layout != "tree") return std::nullopt;
  return read_calibration(LayoutReader(path, layout));
}

}  // namespace snitt::store
