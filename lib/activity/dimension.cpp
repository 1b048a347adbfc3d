#include "activity/dimension.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "activity/count.hpp"
#include "activity/dictionary.hpp"
#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

/// Words of several inputs under common numbers.
class CommonWords {
 public:
  /// -1 for "".
  std::int32_t number(std::string_view word) { return word.empty() ? -1 : words_.code(word); }
  std::string word(std::int32_t number) const {
    return std::string(words_.words()[static_cast<std::size_t>(number)]);
  }
  std::size_t size() const { return words_.words().size(); }

 private:
  Dictionary words_;
};

/// A column of words.
class WordDimension : public Dimension {
 public:
  WordDimension(std::string name, const CountInputs& inputs) : name_(std::move(name)) {
    for (const CountInput& input : inputs.all()) {
      std::vector<std::int32_t>& numbers = numbers_[&input];
      if (!input.has(name_)) continue;
      for (const std::string& word : input.reader->categories(name_)) numbers.push_back(words_.number(word));
    }
  }
  const std::string& name() const override { return name_; }
  std::vector<std::string> columns() const override { return {name_}; }
  void numbers(const CountInput& input, const Table& batch, const CountedUnit* first, const CountedUnit* last,
               std::int32_t* out) const override {
    const auto* codes = codes_in(batch, name_);
    const std::vector<std::int32_t>& common = numbers_.at(&input);
    for (; first != last; ++first, ++out) {
      const std::int32_t code = codes == nullptr ? -1 : (*codes)[first->row];
      *out = code < 0 ? -1 : common[static_cast<std::size_t>(code)];
    }
  }
  std::size_t size() const override { return words_.size(); }
  std::string word(std::int32_t number) const override { return words_.word(number); }
  std::string description() const override { return "column '" + name_ + "' of the records"; }

 private:
  std::string name_;
  CommonWords words_;
  std::map<const CountInput*, std::vector<std::int32_t>> numbers_;
};

/// What the codes of a row say.
class CodeDimension : public Dimension {
 public:
  CodeDimension(std::string name, const CountInputs& inputs) : name_(std::move(name)) {
    for (const CountInput& input : inputs.all()) {
      Numbers& numbers = numbers_[&input];
      for (const CodeCell& cell : input.code_cells) {
        numbers.laterality.push_back(words_.number(cell.laterality));
        numbers.of_code.emplace_back();
        for (std::size_t i = 0; i < cell.codes.size(); ++i)
          numbers.of_code.back().push_back(words_.number(text(cell, i)));
      }
      if (name_ == activity_columns::laterality && input.has(name_))
        for (const std::string& word : input.reader->categories(name_))
          numbers.told.push_back(words_.number(word));
    }
  }
  const std::string& name() const override { return name_; }
  std::vector<std::string> columns() const override {
    return {activity_columns::codes, activity_columns::laterality};
  }
  void numbers(const CountInput& input, const Table& batch, const CountedUnit* first, const CountedUnit* last,
               std::int32_t* out) const override {
    const auto* codes = codes_in(batch, activity_columns::codes);
    const auto* told = codes_in(batch, activity_columns::laterality);
    const Numbers& n = numbers_.at(&input);
    const bool is_laterality = name_ == activity_columns::laterality;
    for (; first != last; ++first, ++out) {
      const std::int32_t code = codes == nullptr ? -1 : (*codes)[first->row];
      *out = -1;
      if (code >= 0 && is_laterality) {
        *out = n.laterality[static_cast<std::size_t>(code)];
      } else if (code >= 0) {
        const auto& of_code = n.of_code[static_cast<std::size_t>(code)];
        const auto at = static_cast<std::size_t>(std::max(0, first->code));
        if (at < of_code.size()) *out = of_code[at];
      }
      if (is_laterality && *out < 0 && told != nullptr && (*told)[first->row] >= 0)
        *out = n.told[static_cast<std::size_t>((*told)[first->row])];
    }
  }
  std::size_t size() const override { return words_.size(); }
  std::string word(std::int32_t number) const override { return words_.word(number); }
  std::string description() const override { return name_ + " by the codes of the examination"; }

 private:
  struct Numbers {
    std::vector<std::vector<std::int32_t>> of_code;
    std::vector<std::int32_t> laterality;
    std::vector<std::int32_t> told;  ///< words of the column laterality
  };
  std::string text(const CodeCell& cell, std::size_t i) const {
    if (name_ == "modality") return cell.meanings[i].modality;
    if (name_ == "region") return cell.meanings[i].region;
    if (name_ == "kind") return cell.meanings[i].kind;
    return name_ == "code" ? cell.codes[i] : "";
  }
  std::string name_;
  CommonWords words_;
  std::map<const CountInput*, Numbers> numbers_;
};

/// The catchment area by municipality and district.
class AreaDimension : public Dimension {
 public:
  AreaDimension(const CountInputs& inputs, const CatchmentMap& map) : map_(map), areas_(map.areas()) {
    for (const CountInput& input : inputs.all()) {
      std::vector<std::string> districts;
      if (input.has(activity_columns::district))
        districts = input.reader->categories(activity_columns::district);
      districts.emplace_back();  // none
      Places& places = places_[&input];
      places.districts = districts.size();
      if (!input.has(activity_columns::municipality)) continue;
      for (const std::string& municipality : input.reader->categories(activity_columns::municipality))
        for (const std::string& district : districts) places.area.push_back(area_of(municipality, district));
    }
  }
  const std::string& name() const override { return name_; }
  std::vector<std::string> columns() const override {
    return {activity_columns::municipality, activity_columns::district};
  }
  void numbers(const CountInput& input, const Table& batch, const CountedUnit* first, const CountedUnit* last,
               std::int32_t* out) const override {
    const auto* municipality = codes_in(batch, activity_columns::municipality);
    const auto* district = codes_in(batch, activity_columns::district);
    const Places& places = places_.at(&input);
    for (; first != last; ++first, ++out) {
      const std::int32_t m = municipality == nullptr ? -1 : (*municipality)[first->row];
      const std::int32_t d = district == nullptr ? -1 : (*district)[first->row];
      const std::size_t column = d < 0 ? places.districts - 1 : static_cast<std::size_t>(d);
      *out = m < 0 ? -1 : places.area[static_cast<std::size_t>(m) * places.districts + column];
    }
  }
  std::size_t size() const override { return areas_.size(); }
  std::string word(std::int32_t number) const override { return areas_[static_cast<std::size_t>(number)]; }
  std::string description() const override {
    return "catchment area of the patient's municipality and district";
  }

 private:
  struct Places {
    std::size_t districts = 1;
    std::vector<std::int32_t> area;  ///< [municipality][district], the last district being none
  };
  /// Places that the map does not know keep a name, as with_areas() gives it.
  std::int32_t area_of(const std::string& municipality, const std::string& district) {
    const AreaOfPlace place = map_.area_of(municipality, district);
    if (place.finding == PlaceFinding::found) return place.area;
    if (place.finding == PlaceFinding::missing) return -1;
    const std::string name =
        fmt::format("(place {}{})", municipality, district.empty() ? "" : " " + district);
    const auto at = std::find(areas_.begin(), areas_.end(), name);
    if (at == areas_.end()) areas_.push_back(name);
    return static_cast<std::int32_t>(std::find(areas_.begin(), areas_.end(), name) - areas_.begin());
  }
  std::string name_ = activity_columns::area;
  const CatchmentMap& map_;
  std::vector<std::string> areas_;
  std::map<const CountInput*, Places> places_;
};

/// A column of whole years.
class NumberDimension : public Dimension {
 public:
  explicit NumberDimension(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  std::vector<std::string> columns() const override { return {name_}; }
  void numbers(const CountInput&, const Table& batch, const CountedUnit* first, const CountedUnit* last,
               std::int32_t* out) const override {
    const auto* values = numbers_in(batch, name_);
    for (; first != last; ++first, ++out) {
      const double value = values == nullptr ? std::nan("") : (*values)[first->row];
      *out = value >= 0 && value < 4096 ? static_cast<std::int32_t>(value) : -1;
    }
  }
  std::size_t size() const override { return 4096; }
  std::string word(std::int32_t number) const override { return std::to_string(number); }
  std::string description() const override { return "column '" + name_ + "' of the records"; }

 private:
  std::string name_;
};

bool is_by_codes(const std::string& name) {
  return name == "modality" || name == "region" || name == "kind" || name == "code" ||
         name == activity_columns::laterality;
}

std::vector<std::string> names_there(const CountInputs& inputs) {
  std::vector<std::string> names = derived_dimensions();
  for (const CountInput& input : inputs.all())
    for (const Column& column : input.reader->columns())
      if (std::holds_alternative<Categorical>(column.values) &&
          std::find(names.begin(), names.end(), column.name) == names.end())
        names.push_back(column.name);
  return names;
}

}  // namespace

const std::vector<std::string>& derived_dimensions() {
  static const std::vector<std::string> names{"year",   "quarter",   "month",    "week",      "weekday",
                                              "hour",   "age_group", "age_from", "area",      "modality",
                                              "region", "kind",      "code",     "laterality"};
  return names;
}

std::unique_ptr<Dimension> make_dimension(const std::string& name, const CountInputs& inputs,
                                          const CatchmentMap* catchment) {
  const auto refuse = [&](const char* wanted) {
    throw InputError("{}: '{}' wants a column '{}', which it has not", inputs.all().front().path, name,
                     wanted);
  };
  if (auto calendar = make_calendar_dimension(name)) {
    for (const char* column : {activity_columns::examined, activity_columns::age})
      if (calendar->columns().front() == column && !inputs.any_has(column)) refuse(column);
    return calendar;
  }
  if (name == activity_columns::area && catchment != nullptr) {
    if (!inputs.any_has(activity_columns::municipality)) refuse(activity_columns::municipality);
    return std::make_unique<AreaDimension>(inputs, *catchment);
  }
  if (is_by_codes(name)) {
    const bool is_told = name == activity_columns::laterality && inputs.any_has(name);
    if (inputs.any_has(activity_columns::codes) || is_told)
      return std::make_unique<CodeDimension>(name, inputs);
    if (!inputs.any_has(name)) refuse(activity_columns::codes);
  }
  for (const CountInput& input : inputs.all()) {
    const Column* column = input.reader->find(name);
    if (column == nullptr) continue;
    if (std::holds_alternative<Categorical>(column->values))
      return std::make_unique<WordDimension>(name, inputs);
    if (std::holds_alternative<std::vector<double>>(column->values) &&
        (name == activity_columns::age || name == activity_columns::birth_year))
      return std::make_unique<NumberDimension>(name);
    throw InputError("{}: column '{}' holds no words and is no dimension", input.path, name);
  }
  if (name == activity_columns::area)
    throw InputError(
        "{}: has no column 'area'; give a catchment map (--catchment-map) to find it from the municipality",
        inputs.all().front().path);
  throw InputError("{}: has no column '{}'{}; there are: {}", inputs.all().front().path, name,
                   did_you_mean(name, names_there(inputs)), fmt::join(names_there(inputs), ", "));
}

}  // namespace snitt::activity
