#include "formats/frame_fields.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

constexpr std::string_view prefix = "Seq_Frame";

struct FrameKey {
  std::size_t frame;
  std::string_view name;
};

/// "Seq_Frame0007_Timestamp" -> 7, "Timestamp".
std::optional<FrameKey> split_key(std::string_view key) {
  FrameKey split{};
  const char* const end = key.data() + key.size();
  const auto [after, error] = std::from_chars(key.data() + prefix.size(), end, split.frame);
  if (error != std::errc{} || after == end || *after != '_' || after + 1 == end) return std::nullopt;
  split.name = std::string_view(after + 1, static_cast<std::size_t>(end - after) - 1);
  return split;
}

void sort_entries(const std::string& path, FrameFieldText& field) {
  const auto by_frame = [](const FrameFieldText::Entry& a, const FrameFieldText::Entry& b) {
    return a.frame < b.frame;
  };
  if (!std::is_sorted(field.entries.begin(), field.entries.end(), by_frame))
    std::stable_sort(field.entries.begin(), field.entries.end(), by_frame);
  const auto twice = std::adjacent_find(field.entries.begin(), field.entries.end(),
                                        [](const auto& a, const auto& b) { return a.frame == b.frame; });
  if (twice != field.entries.end())
    throw InputError("{}: line {}: frame {} has {} twice; expected once", path, (twice + 1)->line,
                     twice->frame, field.name);
}

void check_every_frame_has_fields(const std::string& path, const std::vector<FrameFieldText>& fields,
                                  std::size_t count) {
  std::vector<bool> seen(count, false);
  for (const FrameFieldText& field : fields)
    for (const auto& entry : field.entries) seen[entry.frame] = true;
  const auto missing = std::find(seen.begin(), seen.end(), false);
  if (missing != seen.end())
    throw InputError("{}: frame {} of {} has no Seq_Frame… fields; expected at least Timestamp", path,
                     missing - seen.begin(), count);
}

}  // namespace

std::vector<FrameFieldText> collect_frame_fields(const std::string& path,
                                                 const std::vector<HeaderLine>& free_keys,
                                                 std::size_t count) {
  // Every frame has a line of its own, so a damaged size cannot make us allocate more than the header's own
  // length.
  if (count > free_keys.size())
    throw InputError(
        "{}: the sizes announce {} frames, but the header has no Seq_Frame… fields for all of them", path,
        count);
  std::vector<FrameFieldText> fields;
  std::unordered_map<std::string_view, std::size_t> index;
  for (const HeaderLine& line : free_keys) {
    if (!line.key.starts_with(prefix)) continue;
    const auto key = split_key(line.key);
    if (!key)
      throw InputError("{}: line {}: key '{}'; expected Seq_Frame, a number, '_' and a name", path,
                       line.number, line.key);
    if (key->frame >= count)
      throw InputError("{}: line {}: '{}' is beyond the {} frames that the sizes announce", path, line.number,
                       line.key, count);
    const auto [at, is_new] = index.try_emplace(key->name, fields.size());
    if (is_new) fields.push_back({key->name, {}});
    fields[at->second].entries.push_back({key->frame, line.value, line.number});
  }
  if (fields.size() * count > 64 * free_keys.size() + 100000)
    throw InputError(
        "{}: has {} differently named fields over {} frames; expected the same names in every frame", path,
        fields.size(), count);
  for (FrameFieldText& field : fields) sort_entries(path, field);
  check_every_frame_has_fields(path, fields, count);
  return fields;
}

}  // namespace snitt::formats
