#include <tbb/parallel_for.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/error.hpp"
#include "store/container.hpp"
#include "store/data_frame.hpp"
#include "store/table_stream.hpp"

namespace snitt::store {
namespace {

constexpr const char* group = "/table";

}  // namespace

Table read_table_columns(const std::string& path, const std::vector<std::string>& names) {
  return read_data_frame(LayoutReader(path, "table"), group, names);
}

struct TableReader::State {
  explicit State(const std::string& path) : reader(path, "table") {
    for (const std::string& name : reader.file().texts_attribute(group, "column-order")) add(name);
  }

  static std::string path_of(const std::string& name) { return std::string(group) + "/" + object_name(name); }

  void add(const std::string& name) {
    const h5::File& file = reader.file();
    const std::string path = path_of(name);
    if (!file.exists(path))
      throw InputError("{}: {} is listed in column-order but missing", file.shown(), path);
    const auto text = [&](const std::string& attribute) {
      return file.has_attribute(path, attribute) ? file.text_attribute(path, attribute) : std::string();
    };
    Column column{name, text("units"), text("description"), {}};
    const bool is_categorical = file.kind_of(path) == h5::ObjectKind::group;
    const h5::DatasetInfo info = file.info(is_categorical ? path + "/codes" : path);
    using Type = h5::ElementType;
    if (is_categorical && info.type == Type::i32)
      column.values = Categorical{{}, {}, file.number_attribute(path, "ordered") != 0};
    else if (!is_categorical && info.type == Type::text)
      column.values = std::vector<std::string>{};
    else if (!is_categorical && info.type == Type::f64)
      column.values = std::vector<double>{};
    else if (!is_categorical && info.type == Type::i64)
      column.values = std::vector<std::int64_t>{};
    else if (!is_categorical && info.type == Type::u8)
      column.values = std::vector<std::uint8_t>{};
    else
      throw InputError(
          "{}: {} has element type {}; expected float64, int64, uint8 or text, or a group of codes",
          file.shown(), path, h5::name_of(info.type));
    const std::size_t length = info.shape.empty() ? 0 : info.shape.front();
    if (columns.empty()) rows = length;
    if (length != rows)
      throw InputError("{}: {} has {} rows; the first column has {}", file.shown(), path, length, rows);
    category_count.push_back(is_categorical ? file.info(path + "/categories").shape.at(0) : 0);
    columns.push_back(std::move(column));
  }

  std::size_t index_of(const std::string& name) const {
    const auto at =
        std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
    return static_cast<std::size_t>(at - columns.begin());
  }

  ChunkedReader& array(const std::string& path) {
    auto& owner = arrays[path];
    if (!owner) owner = std::make_unique<ChunkedReader>(reader.file(), path);
    return *owner;
  }

  template <typename T>
  static std::vector<T> part(ChunkedReader& from, std::size_t first, std::size_t count) {
    std::vector<T> values(count);
    from.read(first * sizeof(T), std::as_writable_bytes(std::span(values)));
    return values;
  }

  /// Text of its own in every row is read whole once: no such column is long in our tables.
  std::vector<std::string> texts_part(const std::string& path, std::size_t first, std::size_t count) {
    const auto [at, is_new] = texts.try_emplace(path);
    if (is_new) at->second = reader.file().texts(path);
    const auto begin = at->second.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
  }

  LayoutReader reader;
  std::vector<Column> columns;
  std::vector<std::size_t> category_count;
  std::size_t rows = 0;
  std::map<std::string, std::unique_ptr<ChunkedReader>> arrays;
  std::map<std::string, std::vector<std::string>> words;
  std::map<std::string, std::vector<std::string>> texts;
};

TableReader::TableReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
TableReader::~TableReader() = default;
std::size_t TableReader::rows() const { return state_->rows; }
const std::vector<Column>& TableReader::columns() const { return state_->columns; }

const Column* TableReader::find(const std::string& name) const {
  const std::size_t i = state_->index_of(name);
  return i < state_->columns.size() ? &state_->columns[i] : nullptr;
}

const std::vector<std::string>& TableReader::categories(const std::string& name) const {
  const Column* column = find(name);
  if (column == nullptr || !std::holds_alternative<Categorical>(column->values))
    throw InputError("{}: column '{}' is {}; expected one of categories", state_->reader.file().shown(), name,
                     column == nullptr ? "not there" : "of numbers or texts");
  const auto [at, is_new] = state_->words.try_emplace(name);
  if (is_new) at->second = read_words(state_->reader, State::path_of(name));
  return at->second;
}

Table TableReader::read(const std::vector<std::string>& names, std::size_t first, std::size_t count) const {
  State& s = *state_;
  const std::string shown = s.reader.file().shown();
  if (first > s.rows || count > s.rows - first)
    throw ComputationError("{}: rows {} to {} were asked for; it has {}", shown, first, first + count,
                           s.rows);
  struct Wanted {
    std::size_t column;
    ChunkedReader* array;
  };
  Table table;
  std::vector<Wanted> wanted;
  for (const std::string& name : names) {
    const std::size_t i = s.index_of(name);
    if (i == s.columns.size()) continue;
    table.columns.push_back(s.columns[i]);
    const std::string path = State::path_of(name);
    if (std::holds_alternative<std::vector<std::string>>(s.columns[i].values)) {
      table.columns.back().values = s.texts_part(path, first, count);
      wanted.push_back({i, nullptr});
    } else {
      const bool is_categorical = std::holds_alternative<Categorical>(s.columns[i].values);
      wanted.push_back({i, &s.array(is_categorical ? path + "/codes" : path)});
    }
  }
  tbb::parallel_for(std::size_t{0}, wanted.size(), [&](std::size_t k) {
    if (wanted[k].array == nullptr) return;
    std::visit(
        [&](auto& v) {
          if constexpr (requires { v.codes; }) {
            v.codes = State::part<std::int32_t>(*wanted[k].array, first, count);
            check_codes(shown + ": " + State::path_of(table.columns[k].name), v.codes,
                        s.category_count[wanted[k].column]);
          } else if constexpr (!std::is_same_v<std::decay_t<decltype(v)>, std::vector<std::string>>) {
            v = State::part<typename std::decay_t<decltype(v)>::value_type>(*wanted[k].array, first, count);
          }
        },
        table.columns[k].values);
  });
  return table;
}

}  // namespace snitt::store
