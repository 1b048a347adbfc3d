#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <optional>

#include "base/error.hpp"
#include "store/calibration.hpp"
#include "store/container.hpp"
#include "store/data_frame.hpp"
#include "store/growing.hpp"
#include "store/table_stream.hpp"

namespace snitt::store {
namespace {

constexpr const char* group = "/table";
/// Words beyond these bytes are a bulk array: a file is opened without reading them.
constexpr std::size_t few_bytes = std::size_t{1} << 20;
constexpr std::size_t words_chunk_bytes = std::size_t{1} << 19;

h5::ElementType type_of(const std::string& where, const Column& column) {
  if (std::holds_alternative<std::vector<double>>(column.values)) return h5::ElementType::f64;
  if (std::holds_alternative<std::vector<std::int64_t>>(column.values)) return h5::ElementType::i64;
  if (std::holds_alternative<std::vector<std::uint8_t>>(column.values)) return h5::ElementType::u8;
  if (std::holds_alternative<Categorical>(column.values)) return h5::ElementType::i32;
  throw ComputationError("{}: column '{}' has a text of its own in every row, which is not streamed", where,
                         column.name);
}

std::span<const std::byte> bytes_of(const Column& column) {
  return std::visit(
      [](const auto& v) -> std::span<const std::byte> {
        if constexpr (requires { v.codes; })
          return std::as_bytes(std::span(v.codes));
        else if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<std::string>>)
          return {};
        else
          return std::as_bytes(std::span(v));
      },
      column.values);
}

void add_rows(Column& to, const Column& from) {
  std::visit(
      [&](auto& v) {
        const auto& w = std::get<std::decay_t<decltype(v)>>(from.values);
        if constexpr (requires { v.codes; })
          v.codes.insert(v.codes.end(), w.codes.begin(), w.codes.end());
        else
          v.insert(v.end(), w.begin(), w.end());
      },
      to.values);
}

/// Fixed width, as all our texts; the words of many thousand people in parallel and behind a digest of their
/// own.
void write_words(LayoutWriter& writer, const std::string& path, const TextList& words) {
  const std::size_t width = std::max<std::size_t>(1, words.longest());
  if (width * words.size() <= few_bytes) {
    writer.texts(path, words.strings(), {words.size()}, {"category"});
  } else {
    const std::size_t rows = std::max<std::size_t>(1, words_chunk_bytes / width);
    GrowingArray array(writer.file(), path, h5::ElementType::text, rows, width);
    std::vector<std::byte> padded;
    for (std::size_t first = 0; first < words.size(); first += rows) {
      const std::size_t count = std::min(rows, words.size() - first);
      padded.assign(count * width, std::byte{0});
      for (std::size_t i = 0; i < count; ++i)
        std::memcpy(padded.data() + i * width, words[first + i].data(), words[first + i].size());
      array.take(padded);
      array.pack();
      array.write();
    }
    array.finish();
    writer.file().set_attribute(path, "dimensions", std::vector<std::string>{"category"});
  }
  set_encoding(writer.file(), path, "string-array");
}

}  // namespace

/// Until the first block is full nothing is begun, so that a small table is written as write_table would.
struct TableWriter::State {
  State(const std::string& path, std::vector<Column> announced, IfExists if_exists)
      : writer(path, "table", if_exists), columns(std::move(announced)), where(path + ": /table") {
    order = column_order(where, columns);
    for (const Column& column : columns) {
      type_of(where, column);
      if (column.size() > 0)
        throw ComputationError("{}: column '{}' was announced with values", where, column.name);
    }
  }

  void begin() {
    describe_data_frame(writer, group, order);
    arrays.reserve(columns.size() + 1);
    add_array({row_index, "1", "row number", std::vector<std::int64_t>{}});
    for (const Column& column : columns) add_array(column);
  }

  void add_array(const Column& column) {
    h5::File& file = writer.file();
    const std::string path = std::string(group) + "/" + object_name(column.name);
    const h5::ElementType type = type_of(where, column);
    std::string values = path;
    if (type == h5::ElementType::i32) {
      file.create_group(path);
      set_encoding(file, path, "categorical");
      file.set_attribute(path, "ordered",
                         static_cast<std::int64_t>(std::get<Categorical>(column.values).ordered ? 1 : 0));
      values += "/codes";
    }
    arrays.emplace_back(file, values, type, TableReader::block_rows);
    writer.describe(values, {"row"}, type == h5::ElementType::i32 ? "1" : column.units);
    set_encoding(file, values, "array");
    if (type == h5::ElementType::i32) file.set_attribute(path, "units", column.units);
    file.set_attribute(path, "description", column.description);
  }

  void take(const std::vector<Column>& block) {
    const std::size_t count = block.front().size();
    std::vector<std::int64_t> index(count);
    std::iota(index.begin(), index.end(), static_cast<std::int64_t>(written));
    written += count;
    const auto pack = [&](std::size_t i) {
      arrays[i].take(i == 0 ? std::as_bytes(std::span(index)) : bytes_of(block[i - 1]));
      arrays[i].pack();
    };
    // A caller inside a parallel stage of its own must not be handed another of its tasks here.
    tbb::this_task_arena::isolate([&] { tbb::parallel_for(std::size_t{0}, arrays.size(), pack); });
    // Block by block, whatever came together, so that the file's bytes do not depend on the caller's pieces.
    for (std::size_t k = 0; k < arrays.front().packed(); ++k)
      for (GrowingArray& array : arrays) array.write(k);
    for (GrowingArray& array : arrays) array.drop_written();
  }

  Table small_table(const std::vector<TextList>& categories) {
    Table table{std::move(columns)};
    std::size_t next = 0;
    for (Column& column : table.columns)
      if (auto* values = std::get_if<Categorical>(&column.values))
        values->categories = categories.at(next++).strings();
    return table;
  }

  void finish_arrays(const std::vector<TextList>& categories) {
    tbb::this_task_arena::isolate(
        [&] { tbb::parallel_for(std::size_t{0}, arrays.size(), [&](std::size_t i) { arrays[i].pack(); }); });
    for (GrowingArray& array : arrays) array.finish();
    std::size_t next = 0;
    for (const Column& column : columns)
      if (std::holds_alternative<Categorical>(column.values))
        write_words(writer, std::string(group) + "/" + object_name(column.name) + "/categories",
                    categories.at(next++));
  }

  LayoutWriter writer;
  std::vector<Column> columns;  ///< and, until a block is full, its rows
  std::string where;
  std::vector<std::string> order;
  std::vector<GrowingArray> arrays;  ///< the row index first
  std::size_t written = 0;
  std::size_t rows = 0;
};

TableWriter::TableWriter(const std::string& path, const std::vector<Column>& columns, IfExists if_exists)
    : state_(std::make_unique<State>(path, columns, if_exists)) {}

TableWriter::TableWriter(const std::string& path, const std::vector<Column>& columns,
                         const Provenance& provenance, IfExists if_exists)
    : TableWriter(path, columns, if_exists) {
  tell(provenance);
}

TableWriter::~TableWriter() = default;

void TableWriter::tell(const Provenance& provenance) { state_->writer.tell(provenance); }

std::size_t TableWriter::rows() const { return state_->rows; }

void TableWriter::append(const Table& block) {
  State& s = *state_;
  if (block.columns.size() != s.columns.size())
    throw ComputationError("{}: a block has {} columns; {} were announced", s.where, block.columns.size(),
                           s.columns.size());
  for (std::size_t i = 0; i < s.columns.size(); ++i) {
    const Column& column = block.columns[i];
    if (column.values.index() != s.columns[i].values.index() || column.size() != block.rows())
      throw ComputationError("{}: a block's column '{}' is of another type or length", s.where,
                             s.columns[i].name);
  }
  s.rows += block.rows();
  if (block.rows() == 0) return;
  if (!s.arrays.empty()) return s.take(block.columns);
  if (s.rows <= TableReader::block_rows) {
    for (std::size_t i = 0; i < s.columns.size(); ++i) add_rows(s.columns[i], block.columns[i]);
    return;
  }
  std::vector<Column> first = s.columns;
  for (Column& column : s.columns)
    std::visit(
        [](auto& v) {
          if constexpr (requires { v.codes; })
            v.codes.clear();
          else
            v.clear();
        },
        column.values);
  s.begin();
  if (first.front().size() > 0) s.take(first);
  s.take(block.columns);
}

void TableWriter::finish(const std::vector<TextList>& categories, const CalibrationRecord* record) {
  State& s = *state_;
  const auto wanted =
      static_cast<std::size_t>(std::count_if(s.columns.begin(), s.columns.end(), [](const Column& column) {
        return std::holds_alternative<Categorical>(column.values);
      }));
  if (categories.size() != wanted)
    throw ComputationError("{}: categories of {} columns were given for {}", s.where, categories.size(),
                           wanted);
  if (s.arrays.empty())
    write_data_frame(s.writer, group, s.small_table(categories));
  else
    s.finish_arrays(categories);
  s.arrays.clear();
  if (record != nullptr) write_calibration(s.writer, *record);
  s.writer.finish();
}

void TableWriter::finish(const std::vector<std::vector<std::string>>& categories,
                         const CalibrationRecord* record) {
  std::vector<TextList> lists;
  for (const std::vector<std::string>& words : categories) lists.emplace_back(words);
  finish(lists, record);
}

}  // namespace snitt::store
