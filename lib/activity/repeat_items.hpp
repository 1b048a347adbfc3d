#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "activity/code_list.hpp"
#include "base/time_zone.hpp"

/// Records of examinations as what repeats need of them: a few bytes each.
namespace snitt::activity {

enum class Side : std::uint8_t { none, left, right, both };
/// Whether a second examination shows what the first did: a side that is not known may be either.
constexpr bool same_side(Side a, Side b) {
  return a == b || a == Side::none || b == Side::none || a == Side::both || b == Side::both;
}

struct RepeatItem {
  std::int64_t time_s = 0;  ///< start, UTC
  std::int32_t patient = 0;
  std::int32_t code = 0;       ///< in RecordItems::codes()
  std::int32_t provider = -1;  ///< in providers(), -1 when not known
  std::int32_t referrer = -1;
  std::int32_t day = 0;  ///< since 1970, local
  Side side = Side::none;
  std::uint8_t care = 0;   ///< in cares()
  std::uint8_t age = 255;  ///< 255 when not known
  std::uint8_t unused = 0;
};
static_assert(sizeof(RepeatItem) == 32);

struct RepeatSource {
  std::string path;  ///< Snitt table of records, or CSV with the same columns
  std::string provider_column = "provider";
  std::string zone;                ///< of local time, where the records have no utc_offset
  const CodeList* list = nullptr;  ///< what codes mean; without, their structure says it
};

struct ExamKind {
  std::string modality;
  std::string region;  ///< "" when not known
};
struct CodeKind {
  std::string code;
  ExamKind kind;
};

/// Reads records a block at a time. An examination with several codes gives one item per modality and region.
class RecordItems {
 public:
  /// Throws InputError when columns are missing: patient, examined, and codes or modality and region.
  explicit RecordItems(const RepeatSource& source);
  ~RecordItems();

  std::size_t rows() const;
  /// Calls `take` with the items of one block after another. Throws InputError as moments_of does.
  void read(const std::function<void(std::span<const RepeatItem>)>& take);

  // What is known when all is read.
  const std::vector<CodeKind>& codes() const;
  const std::vector<std::string>& providers() const;
  const std::vector<std::string>& referrers() const;
  const std::vector<std::string>& cares() const;
  /// Rows that gave no item, by reason.
  const std::map<std::string, std::size_t>& excluded() const;
  bool has_laterality() const;
  bool has_care() const;
  bool has_age() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::activity
