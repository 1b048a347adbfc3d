#include "activity/repeat_items.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "activity/record_times.hpp"
#include "base/error.hpp"
#include "data/activity_columns.hpp"
#include "data/table_columns.hpp"
#include "formats/csv.hpp"
#include "store/layouts.hpp"
#include "store/table_stream.hpp"

namespace snitt::activity {
namespace {

namespace names = activity_columns;

/// Words and their numbers, in the order in which they came.
struct Dictionary {
  std::vector<std::string> words;
  std::unordered_map<std::string, std::int32_t> index;
  std::int32_t of(const std::string& word) {
    if (word.empty()) return -1;
    const auto [at, is_new] = index.emplace(word, static_cast<std::int32_t>(words.size()));
    if (is_new) words.push_back(word);
    return at->second;
  }
};

/// A column of words as numbers, whether the table holds categories or every cell's text.
struct WordReader {
  Dictionary words;
  std::vector<std::int32_t> of_category;  ///< numbers of a Snitt table's categories
  bool numbers_only = false;              ///< of patients nobody asks for the words, and they are many

  std::vector<std::int32_t> block(const Column* column) {
    if (column == nullptr) return {};
    std::vector<std::int32_t> codes;
    if (const auto* categorical = std::get_if<Categorical>(&column->values)) {
      if (numbers_only) return categorical->codes;
      if (of_category.empty())
        for (const std::string& word : categorical->categories)
          of_category.push_back(words.of(is_missing(word) ? "" : word));
      for (const std::int32_t code : categorical->codes)
        codes.push_back(code < 0 ? -1 : of_category[static_cast<std::size_t>(code)]);
      return codes;
    }
    for (const std::string& word : texts_of(*column)) codes.push_back(words.of(is_missing(word) ? "" : word));
    return codes;
  }
};

Side side_of(const std::string& word) {
  if (word == "left" || word == "L" || word == "venstre") return Side::left;
  if (word == "right" || word == "R" || word == "høyre") return Side::right;
  return word == "bilateral" || word == "B" || word == "begge" ? Side::both : Side::none;
}

/// What the codes of one row say, read once per distinct text.
struct CodeText {
  std::vector<std::string> codes;
  Side side = Side::none;
  bool is_secondary = false;
};
CodeText code_text(const std::string& text) {
  CodeText found;
  bool right = false, left = false;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find_first_of("/,;. ", start), text.size());
    const std::string code = text.substr(start, end - start);
    right = right || code == "ZTX0XA" || code == "ZTX0XC";
    left = left || code == "ZTX0XB" || code == "ZTX0XC";
    if (code == "ZTX0BC") found.is_secondary = true;
    if (!code.empty() && code[0] != 'Z') found.codes.push_back(code);
    start = end + 1;
  }
  if (right || left) found.side = !left ? Side::right : !right ? Side::left : Side::both;
  return found;
}

}  // namespace

struct RecordItems::State {
  RepeatSource source;
  std::unique_ptr<store::TableReader> reader;
  Table whole;  ///< of a CSV file
  std::size_t rows = 0;
  std::vector<std::string> wanted;
  WordReader patient, text, provider, referrer, care, side, status, modality, region;
  std::vector<std::optional<CodeText>> parsed;  ///< [text]
  Dictionary code_words;                        ///< code, modality and region together
  std::vector<CodeKind> codes;
  std::map<std::string, std::size_t> excluded;
  TimeZone zone = TimeZone::utc();

  const Column* find(const std::string& name) const { return reader ? reader->find(name) : whole.find(name); }

  Table block(std::size_t first, std::size_t count) {
    if (!reader) return whole;
    Table table = reader->read(wanted, first, count);
    for (Column& column : table.columns)
      if (auto* words = std::get_if<Categorical>(&column.values))
        if (first == 0 && column.name != names::patient) words->categories = reader->categories(column.name);
    return table;
  }

  /// Number of a code with its kind.
  std::int32_t code_of(const std::string& code, const std::string& own_modality,
                       const std::string& own_region) {
    const std::int32_t index = code_words.of(code + '\x1f' + own_modality + '\x1f' + own_region);
    if (static_cast<std::size_t>(index) == codes.size()) {
      const CodeMeaning meaning = source.list ? source.list->meaning_of(code) : meaning_by_rule(code);
      ExamKind kind{meaning.modality.empty() ? "AN" : meaning.modality, meaning.region};
      if (!own_modality.empty()) kind.modality = own_modality;
      if (!own_region.empty()) kind.region = own_region;
      codes.push_back({code, kind});
    }
    return index;
  }

  void items_of(const Table& table, std::vector<RepeatItem>& items);
};

RecordItems::RecordItems(const RepeatSource& source) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.source = source;
  s.patient.numbers_only = true;
  if (!source.zone.empty()) s.zone = TimeZone::load(source.zone);
  if (store::is_snitt_file(source.path)) {
    s.reader = std::make_unique<store::TableReader>(source.path);
    s.rows = s.reader->rows();
  } else {
    s.whole = formats::read_csv(source.path);
    s.rows = s.whole.rows();
  }
  for (const char* name : {names::patient, names::examined})
    if (!s.find(name))
      throw InputError(
          "{}: has no column '{}'; expected records of examinations with patient, examined "
          "and codes (snitt-activity-extract writes them)",
          source.path, name);
  if (!s.find(names::codes) && !(s.find("modality") && s.find("region")))
    throw InputError("{}: has neither codes nor modality and region; expected what was examined",
                     source.path);
  s.wanted = {names::patient,  names::examined,   names::codes,      source.provider_column,
              names::referrer, names::care_level, names::laterality, names::status,
              names::age,      names::utc_offset, "modality",        "region"};
}

RecordItems::~RecordItems() = default;

void RecordItems::State::items_of(const Table& table, std::vector<RepeatItem>& items) {
  const auto column = [&](const std::string& name) { return table.find(name); };
  const auto patients = patient.block(column(names::patient)), texts = text.block(column(names::codes)),
             providers = provider.block(column(source.provider_column)),
             referrers = referrer.block(column(names::referrer)),
             cares = care.block(column(names::care_level)), sides = side.block(column(names::laterality)),
             statuses = status.block(column(names::status)), modalities = modality.block(column("modality")),
             regions = region.block(column("region"));
  const std::vector<double> times = moments_of(*column(names::examined), zone, source.path);
  const auto numbers = [&](const char* name) {
    return column(name) ? numbers_of(*column(name), source.path)
                        : std::vector<double>(times.size(), std::nan(""));
  };
  const std::vector<double> ages = numbers(names::age), offsets = numbers(names::utc_offset);
  const auto at = [](const std::vector<std::int32_t>& numbers_of_words, std::size_t row) {
    return numbers_of_words.empty() ? -1 : numbers_of_words[row];
  };
  const auto word = [](const WordReader& known, std::int32_t code) {
    return code < 0 ? std::string() : known.words.words[static_cast<std::size_t>(code)];
  };
  for (std::size_t row = 0; row < times.size(); ++row) {
    const std::string state = word(status, at(statuses, row));
    if (!state.empty() && state != "completed") {
      ++excluded["status " + state];
      continue;
    }
    if (std::isnan(times[row]) || at(patients, row) < 0) {
      ++excluded[std::isnan(times[row]) ? "no time of examination" : "no patient"];
      continue;
    }
    const std::int32_t text_code = at(texts, row);
    if (static_cast<std::size_t>(text_code + 1) >= parsed.size())
      parsed.resize(static_cast<std::size_t>(text_code) + 2);
    auto& found = parsed[static_cast<std::size_t>(text_code + 1)];
    if (!found) found = code_text(word(text, text_code));
    if (found->is_secondary) {
      ++excluded["secondary reading (ZTX0BC)"];
      continue;
    }
    RepeatItem item;
    item.time_s = static_cast<std::int64_t>(times[row]);
    const std::int64_t offset =
        std::isnan(offsets[row]) ? zone.offset_at(item.time_s) : static_cast<std::int64_t>(offsets[row]);
    const std::int64_t local = item.time_s + offset;
    item.day = static_cast<std::int32_t>(local / 86400 - (local % 86400 < 0 ? 1 : 0));
    item.patient = at(patients, row);
    item.provider = at(providers, row);
    item.referrer = at(referrers, row);
    item.care = static_cast<std::uint8_t>(at(cares, row) + 1);
    item.side = found->side != Side::none ? found->side : side_of(word(side, at(sides, row)));
    if (ages[row] >= 0 && ages[row] < 255) item.age = static_cast<std::uint8_t>(ages[row]);
    const std::string own_modality = word(modality, at(modalities, row)),
                      own_region = word(region, at(regions, row));
    std::vector<ExamKind> seen;
    const std::vector<std::string> none_at_all{""};
    const bool has_kind = !own_modality.empty();
    if (found->codes.empty() && !has_kind) {
      ++excluded["no code of an examination"];
      continue;
    }
    for (const std::string& code : found->codes.empty() ? none_at_all : found->codes) {
      item.code = code_of(code, own_modality, own_region);
      const ExamKind& kind = codes[static_cast<std::size_t>(item.code)].kind;
      const auto same = [&](const ExamKind& k) {
        return k.modality == kind.modality && k.region == kind.region;
      };
      if (std::any_of(seen.begin(), seen.end(), same)) continue;
      seen.push_back(kind);
      items.push_back(item);
    }
  }
}

std::size_t RecordItems::rows() const { return state_->rows; }

void RecordItems::read(const std::function<void(std::span<const RepeatItem>)>& take) {
  State& s = *state_;
  const std::size_t step = s.reader ? 4 * store::TableReader::block_rows : std::max<std::size_t>(s.rows, 1);
  std::vector<RepeatItem> items;
  for (std::size_t first = 0; first < s.rows; first += step) {
    items.clear();
    s.items_of(s.block(first, std::min(step, s.rows - first)), items);
    take(items);
  }
}

const std::vector<CodeKind>& RecordItems::codes() const { return state_->codes; }
const std::vector<std::string>& RecordItems::providers() const { return state_->provider.words.words; }
const std::vector<std::string>& RecordItems::referrers() const { return state_->referrer.words.words; }
const std::vector<std::string>& RecordItems::cares() const { return state_->care.words.words; }
const std::map<std::string, std::size_t>& RecordItems::excluded() const { return state_->excluded; }
bool RecordItems::has_laterality() const { return state_->find(names::laterality) != nullptr; }
bool RecordItems::has_care() const { return state_->find(names::care_level) != nullptr; }
bool RecordItems::has_age() const { return state_->find(names::age) != nullptr; }

}  // namespace snitt::activity
