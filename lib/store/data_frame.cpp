#include "store/data_frame.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace snitt::store {
namespace {

/// Version of AnnData's on-disk encoding; see its documentation of data frames, arrays and categoricals.
constexpr const char* encoding_version = "0.2.0";

void write_text_array(LayoutWriter& writer, const std::string& path, const std::vector<std::string>& values,
                      const std::string& dimension) {
  writer.texts(path, values, {values.size()}, {dimension});
  set_encoding(writer.file(), path, "string-array");
}

void write_categorical(LayoutWriter& writer, const std::string& path, const Categorical& values) {
  h5::File& file = writer.file();
  file.create_group(path);
  set_encoding(file, path, "categorical");
  file.set_attribute(path, "ordered", static_cast<std::int64_t>(values.ordered ? 1 : 0));
  writer.array(path + "/codes", values.codes, {values.codes.size()}, {"row"}, "1");
  set_encoding(file, path + "/codes", "array");
  write_text_array(writer, path + "/categories", values.categories, "category");
}

void write_column(LayoutWriter& writer, const std::string& table, const Column& column) {
  const std::string path = table + "/" + object_name(column.name);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values)) {
    write_text_array(writer, path, *texts, "row");
    writer.file().set_attribute(path, "units", column.units);
  } else if (const auto* categorical = std::get_if<Categorical>(&column.values)) {
    write_categorical(writer, path, *categorical);
    writer.file().set_attribute(path, "units", column.units);
  } else {
    if (const auto* reals = std::get_if<std::vector<double>>(&column.values))
      writer.array(path, *reals, {reals->size()}, {"row"}, column.units);
    else if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&column.values))
      writer.array(path, *wholes, {wholes->size()}, {"row"}, column.units);
    else
      writer.array(path, std::get<std::vector<std::uint8_t>>(column.values), {column.size()}, {"row"},
                   column.units);
    set_encoding(writer.file(), path, "array");
  }
  writer.file().set_attribute(path, "description", column.description);
}

Column read_column(const LayoutReader& reader, const std::string& table, const std::string& name) {
  const h5::File& file = reader.file();
  const std::string path = table + "/" + object_name(name);
  if (!file.exists(path))
    throw InputError("{}: {} is listed in column-order but missing", file.shown(), path);
  const auto text = [&](const std::string& attribute) {
    return file.has_attribute(path, attribute) ? file.text_attribute(path, attribute) : std::string();
  };
  Column column{name, text("units"), text("description"), {}};
  if (file.kind_of(path) == h5::ObjectKind::group) {
    Categorical values{reader.array<std::int32_t>(path + "/codes"), read_words(reader, path),
                       file.number_attribute(path, "ordered") != 0};
    check_codes(file.shown() + ": " + path, values.codes, values.categories.size());
    column.values = std::move(values);
    return column;
  }
  switch (file.info(path).type) {
    case h5::ElementType::text:
      column.values = file.texts(path);
      break;
    case h5::ElementType::f64:
      column.values = reader.array<double>(path);
      break;
    case h5::ElementType::i64:
      column.values = reader.array<std::int64_t>(path);
      break;
    case h5::ElementType::u8:
      column.values = reader.array<std::uint8_t>(path);
      break;
    default:
      throw InputError("{}: {} has element type {}; expected float64, int64, uint8 or text", file.shown(),
                       path, h5::name_of(file.info(path).type));
  }
  return column;
}

}  // namespace

void set_encoding(h5::File& file, const std::string& path, const std::string& type) {
  file.set_attribute(path, "encoding-type", type);
  file.set_attribute(path, "encoding-version", std::string(encoding_version));
}

std::vector<std::string> column_order(const std::string& where, const std::vector<Column>& columns) {
  std::vector<std::string> order;
  for (const Column& column : columns) {
    if (column.size() != columns.front().size())
      throw ComputationError("{}: column '{}' has {} rows; the first column has {}", where, column.name,
                             column.size(), columns.front().size());
    if (column.name == row_index || std::find(order.begin(), order.end(), column.name) != order.end())
      throw InputError("{}: column name '{}' is {}", where, column.name,
                       column.name == row_index ? "reserved for the row index" : "there twice");
    order.push_back(column.name);
  }
  return order;
}

void describe_data_frame(LayoutWriter& writer, const std::string& path,
                         const std::vector<std::string>& order) {
  h5::File& file = writer.file();
  file.create_group(path);
  set_encoding(file, path, "dataframe");
  file.set_attribute(path, "_index", std::string(row_index));
  file.set_attribute(path, "column-order", order);
}

std::vector<std::string> read_words(const LayoutReader& reader, const std::string& path) {
  const std::string words = path + "/categories";
  const h5::DatasetInfo info = reader.file().info(words);
  if (info.text_width == 0 || info.shape.size() != 1) return reader.file().texts(words);
  const std::size_t width = info.text_width;
  std::string bytes(width * info.shape[0], '\0');
  ChunkedReader(reader.file(), words).read(0, std::as_writable_bytes(std::span(bytes)));
  std::vector<std::string> texts(info.shape[0]);
  for (std::size_t i = 0; i < texts.size(); ++i)
    texts[i].assign(bytes.data() + i * width, strnlen(bytes.data() + i * width, width));
  return texts;
}

void check_codes(const std::string& where, std::span<const std::int32_t> codes, std::size_t categories) {
  const auto size = static_cast<std::int32_t>(categories);
  for (const std::int32_t code : codes)
    if (code < -1 || code >= size)
      throw InputError("{}/codes has {}; expected -1 to {}", where, code, size - 1);
}

void write_data_frame(LayoutWriter& writer, const std::string& path, const Table& table) {
  describe_data_frame(writer, path, column_order(writer.file().shown() + ": " + path, table.columns));
  std::vector<std::int64_t> index(table.rows());
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = static_cast<std::int64_t>(i);
  write_column(writer, path, {row_index, "1", "row number", index});
  for (const Column& column : table.columns) write_column(writer, path, column);
}

Table read_data_frame(const LayoutReader& reader, const std::string& path) {
  return read_data_frame(reader, path, reader.file().texts_attribute(path, "column-order"));
}

Table read_data_frame(const LayoutReader& reader, const std::string& path,
                      const std::vector<std::string>& names) {
  const std::vector<std::string> order = reader.file().texts_attribute(path, "column-order");
  Table table;
  for (const std::string& name : names)
    if (std::find(order.begin(), order.end(), name) != order.end())
      table.columns.push_back(read_column(reader, path, name));
  for (const Column& column : table.columns)
    if (column.size() != table.rows())
      throw InputError("{}: {}/{} has {} rows; the first column has {}", reader.file().shown(), path,
                       column.name, column.size(), table.rows());
  return table;
}

}  // namespace snitt::store
