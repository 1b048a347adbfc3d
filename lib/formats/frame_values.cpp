#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/error.hpp"
#include "formats/frame_fields.hpp"
#include "formats/number_text.hpp"

/// What the texts of frame_fields mean.
namespace snitt::formats {
namespace {

using FieldsByName = std::unordered_map<std::string_view, const FrameFieldText*>;

constexpr std::string_view transform_word = "Transform";

class Interpreter {
 public:
  Interpreter(const std::string& path, const std::vector<HeaderLine>& free_keys, Frames& frames,
              Monitor& monitor)
      : path_(path), free_keys_(free_keys), frames_(frames), monitor_(monitor) {}

  void run() {
    fields_ = collect_frame_fields(path_, free_keys_, frames_.count);
    for (const FrameFieldText& field : fields_) by_name_.emplace(field.name, &field);
    set_times();
    set_image_status();
    for (const FrameFieldText& field : fields_) add(field);
    for (const HeaderLine& line : free_keys_)
      if (!line.key.starts_with("Seq_Frame")) add_header(line);
  }

 private:
  const FrameFieldText* find(std::string_view name) const {
    const auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : at->second;
  }
  void warn(const std::string& what) const { monitor_.warn(path_ + ": " + what); }

  double time_of(const FrameFieldText& field, const FrameFieldText::Entry& entry) const {
    const auto value = parse_number(entry.value);
    if (!value || !std::isfinite(*value))
      throw InputError("{}: line {}: frame {} has {} '{}'; expected a number of seconds", path_, entry.line,
                       entry.frame, field.name, entry.value);
    return *value;
  }
  void set_times();
  void interpolate_times(const std::vector<std::size_t>& known);
  void set_image_status();
  Status status_of(const FrameFieldText& field, const FrameFieldText::Entry& entry);
  void add(const FrameFieldText& field);
  void add_transform(const FrameFieldText& field, const TransformName& name);
  Matrix4 matrix_of(const FrameFieldText& field, const FrameFieldText::Entry& entry, Status status,
                    std::size_t& replaced);
  void add_field(const FrameFieldText& field);
  void add_header(const HeaderLine& line);

  const std::string& path_;
  const std::vector<HeaderLine>& free_keys_;
  Frames& frames_;
  Monitor& monitor_;
  std::vector<FrameFieldText> fields_;
  FieldsByName by_name_;
  bool warned_of_status_ = false;
};

void Interpreter::set_times() {
  frames_.time_s.assign(frames_.count, 0);
  const FrameFieldText* field = find("Timestamp");
  if (field == nullptr) {
    field = find("UnfilteredTimestamp");
    warn(field == nullptr
             ? "no frame has a Timestamp; frame i is taken to be at i seconds, so no speed or delay can be "
               "computed from this recording"
             : "no frame has a Timestamp; UnfilteredTimestamp is used");
  }
  if (field == nullptr) {
    for (std::size_t i = 0; i < frames_.count; ++i) frames_.time_s[i] = static_cast<double>(i);
    return;
  }
  std::vector<std::size_t> known;
  for (const auto& entry : field->entries) {
    frames_.time_s[entry.frame] = time_of(*field, entry);
    known.push_back(entry.frame);
  }
  if (known.size() < frames_.count) {
    warn(fmt::format("{} of {} frames have no {}; theirs is interpolated from the frames around them",
                     frames_.count - known.size(), frames_.count, field->name));
    interpolate_times(known);
  }
  const auto& time = frames_.time_s;
  const auto back = std::adjacent_find(time.begin(), time.end(), [](double a, double b) { return b <= a; });
  if (back != time.end())
    warn(fmt::format("time does not rise from frame {} ({} s) to the next ({} s)", back - time.begin(), *back,
                     *(back + 1)));
}

/// Linear in the frame number; before the first and after the last known time with the mean interval (1 s if
/// only one is known).
void Interpreter::interpolate_times(const std::vector<std::size_t>& known) {
  auto& time = frames_.time_s;
  const std::size_t first = known.front();
  const std::size_t last = known.back();
  const double interval = last > first ? (time[last] - time[first]) / static_cast<double>(last - first) : 1;
  for (std::size_t i = 0; i < first; ++i) time[i] = time[first] - interval * static_cast<double>(first - i);
  for (std::size_t i = last + 1; i < time.size(); ++i)
    time[i] = time[last] + interval * static_cast<double>(i - last);
  for (std::size_t k = 1; k < known.size(); ++k) {
    const std::size_t a = known[k - 1];
    const std::size_t b = known[k];
    for (std::size_t i = a + 1; i < b; ++i)
      time[i] = time[a] + (time[b] - time[a]) * static_cast<double>(i - a) / static_cast<double>(b - a);
  }
}

Status Interpreter::status_of(const FrameFieldText& field, const FrameFieldText::Entry& entry) {
  const auto status = status_from_name(entry.value);
  if (status) return *status;
  if (!warned_of_status_)
    warn(fmt::format(
        "frame {} has {} '{}', which is not known; it and its like are taken as UNKNOWN, that is, not usable",
        entry.frame, field.name, entry.value));
  warned_of_status_ = true;
  return Status::unknown;
}

void Interpreter::set_image_status() {
  const FrameFieldText* field = find("ImageStatus");
  if (field == nullptr) field = find("Status");  // the NRRD form's name for it
  const Status without = field != nullptr             ? Status::missing
                         : frames_.shape.pixels() > 0 ? Status::ok
                                                      : Status::missing;
  frames_.image_status.assign(frames_.count, without);
  if (field == nullptr) return;
  for (const auto& entry : field->entries) frames_.image_status[entry.frame] = status_of(*field, entry);
  if (field->entries.size() < frames_.count)
    warn(fmt::format("{} of {} frames have no {}; their image is taken as MISSING",
                     frames_.count - field->entries.size(), frames_.count, field->name));
}

void Interpreter::add(const FrameFieldText& field) {
  if (field.name == "Timestamp" || field.name == "ImageStatus") return;
  if (field.name == "Status" && find("ImageStatus") == nullptr) return;
  const bool is_transform = field.name.ends_with(transform_word);
  const auto name = transform_name_from_text(
      is_transform ? field.name.substr(0, field.name.size() - transform_word.size()) : std::string_view());
  if (is_transform && name) return add_transform(field, *name);
  if (is_transform)
    warn(fmt::format("{} is not named <From>To<To>Transform; it is kept as a field, not as a transform",
                     field.name));
  constexpr std::string_view status_word = "TransformStatus";
  if (field.name.ends_with(status_word)) {
    // The status of a transform that is there travels with it.
    const std::string_view transform =
        field.name.substr(0, field.name.size() - std::string_view("Status").size());
    const std::string_view stem = transform.substr(0, transform.size() - transform_word.size());
    if (find(transform) != nullptr && transform_name_from_text(stem)) return;
  }
  add_field(field);
}

Matrix4 Interpreter::matrix_of(const FrameFieldText& field, const FrameFieldText::Entry& entry, Status status,
                               std::size_t& replaced) {
  Matrix4 matrix;
  const auto count = parse_numbers(entry.value, matrix.m);
  constexpr double rounding = 1e-9;  // a last row that went through products of matrices
  const auto& m = matrix.m;
  const bool is_last_row = std::abs(m[12]) < rounding && std::abs(m[13]) < rounding &&
                           std::abs(m[14]) < rounding && std::abs(m[15] - 1) < rounding;
  if (is_last_row) std::copy_n(std::array<double, 4>{0, 0, 0, 1}.begin(), 4, matrix.m.begin() + 12);
  if (count == 16 && is_affine(matrix)) return matrix;
  if (count == 16 && !is_usable(status)) {
    ++replaced;
    return Matrix4{};
  }
  const std::string where =
      fmt::format("{}: line {}: frame {} has a {}", path_, entry.line, entry.frame, field.name);
  if (!count)
    throw InputError("{} with a word that is no number: '{}'; expected 16 numbers", where,
                     entry.value.substr(0, 200));
  if (*count != 16) throw InputError("{} of {} numbers; expected 16, row by row", where, *count);
  if (!std::all_of(m.begin(), m.end(), [](double v) { return std::isfinite(v); }))
    throw InputError("{} that is not finite: '{}'; expected finite numbers (or a status other than OK)",
                     where, entry.value);
  if (!is_last_row)
    throw InputError("{} with the last row '{} {} {} {}'; expected '0 0 0 1'", where, m[12], m[13], m[14],
                     m[15]);
  throw InputError("{} that cannot be inverted: '{}'; expected a rotation (or a status other than OK)", where,
                   entry.value);
}

void Interpreter::add_transform(const FrameFieldText& field, const TransformName& name) {
  TrackedTransform tracked{name, std::vector<Matrix4>(frames_.count), {}, {}};
  const FrameFieldText* const statuses = find(std::string(field.name) + "Status");
  tracked.status.assign(frames_.count, Status::missing);
  for (const auto& entry : field.entries)
    tracked.status[entry.frame] = statuses == nullptr ? Status::ok : Status::unknown;
  if (statuses == nullptr) {
    warn(fmt::format("{} has no status; every pose is taken as OK", field.name));
  } else {
    for (const auto& entry : statuses->entries) tracked.status[entry.frame] = status_of(*statuses, entry);
    if (statuses->entries.size() < field.entries.size())
      warn(fmt::format("{} of {} poses of {} have no status; they are taken as UNKNOWN, that is, not usable",
                       field.entries.size() - statuses->entries.size(), field.entries.size(), field.name));
  }
  std::size_t replaced = 0;
  std::vector<bool> present(frames_.count, false);
  for (const auto& entry : field.entries) {
    tracked.matrix[entry.frame] = matrix_of(field, entry, tracked.status[entry.frame], replaced);
    present[entry.frame] = true;
  }
  for (std::size_t i = 0; i < frames_.count; ++i)  // a status without a pose
    if (!present[i] && is_usable(tracked.status[i])) tracked.status[i] = Status::missing;
  if (replaced > 0)
    warn(fmt::format("{} unusable poses of {} are no affine matrices; they are replaced by the identity",
                     replaced, field.name));
  if (field.entries.size() < frames_.count)
    warn(fmt::format("{} of {} frames have no {}; it is taken as MISSING there",
                     frames_.count - field.entries.size(), frames_.count, field.name));
  frames_.tracked.push_back(std::move(tracked));
}

/// A number that a double holds without loss: identifiers of 20 digits stay text.
std::optional<double> exact_number(std::string_view text) {
  const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool is_whole = text.find_first_of(".eE") == std::string_view::npos;
  return is_whole && digits > 15 ? std::nullopt : parse_number(text);
}

void Interpreter::add_field(const FrameFieldText& field) {
  std::vector<double> numbers(frames_.count, std::numeric_limits<double>::quiet_NaN());
  bool is_numeric = true;
  for (const auto& entry : field.entries) {
    const auto value = exact_number(entry.value);
    is_numeric = is_numeric && value.has_value();
    if (!is_numeric) break;
    numbers[entry.frame] = *value;
  }
  if (field.entries.size() < frames_.count)
    warn(fmt::format("{} of {} frames have no field {}; it is {} there", frames_.count - field.entries.size(),
                     frames_.count, field.name, is_numeric ? "NaN" : "empty"));
  if (is_numeric) {
    frames_.fields.push_back({std::string(field.name), std::move(numbers)});
    return;
  }
  std::vector<std::string> texts(frames_.count);
  for (const auto& entry : field.entries) texts[entry.frame] = entry.value;
  frames_.fields.push_back({std::string(field.name), std::move(texts)});
}

void Interpreter::add_header(const HeaderLine& line) {
  if (line.key.ends_with(transform_word)) {
    const auto name = transform_name_from_text(line.key.substr(0, line.key.size() - transform_word.size()));
    Matrix4 matrix;
    if (name && parse_numbers(line.value, matrix.m) == 16 && is_affine(matrix)) {
      frames_.constant.push_back({*name, matrix});
      return;
    }
  }
  frames_.header.emplace_back(line.key, line.value);
}

}  // namespace

void interpret_free_keys(const std::string& path, const std::vector<HeaderLine>& free_keys, Frames& frames,
                         Monitor& monitor) {
  Interpreter(path, free_keys, frames, monitor).run();
}

}  // namespace snitt::formats
