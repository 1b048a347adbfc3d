#include "formats/dose_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "formats/csv.hpp"
#include "formats/file_text.hpp"
#include "formats/json_object.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

using DocumentText = std::string DoseDocument::*;
using EventText = std::string DoseEvent::*;
using DocumentNumber = double DoseDocument::*;

const std::map<std::string, DocumentText>& document_texts() {
  using D = DoseDocument;
  static const std::map<std::string, DocumentText> all{{"study", &D::study_uid},
                                                       {"time", &D::time},
                                                       {"modality", &D::modality},
                                                       {"manufacturer", &D::manufacturer},
                                                       {"model", &D::model},
                                                       {"scanner", &D::device},
                                                       {"station", &D::station},
                                                       {"institution", &D::institution},
                                                       {"study_description", &D::study_description},
                                                       {"procedure", &D::procedure}};
  return all;
}

const std::map<std::string, EventText>& event_texts() {
  using E = DoseEvent;
  static const std::map<std::string, EventText> all{{"event", &E::uid},
                                                    {"protocol", &E::protocol},
                                                    {"target_region", &E::region},
                                                    {"modulation", &E::modulation},
                                                    {"view", &E::view}};
  return all;
}

const std::map<std::string, DocumentNumber>& document_numbers() {
  using D = DoseDocument;
  static const std::map<std::string, DocumentNumber> all{
      {"age_years", &D::age_years}, {"height_m", &D::height_m}, {"weight_kg", &D::weight_kg}};
  return all;
}

std::vector<std::string> fields() {
  std::vector<std::string> all{"patient", "date", "sex", "phantom", "acquisition_type"};
  for (const auto& [name, member] : document_texts()) all.push_back(name);
  for (const auto& [name, member] : event_texts()) all.push_back(name);
  for (const auto& [name, member] : document_numbers()) all.push_back(name);
  for (const DoseQuantity& quantity : dose_quantities()) all.emplace_back(quantity.name);
  return all;
}

void check_field(const std::string& field, const std::string& where) {
  static const std::vector<std::string> known = fields();
  if (std::find(known.begin(), known.end(), field) == known.end())
    throw InputError("{}: has no field '{}'{}", where, field, did_you_mean(field, known));
}

DoseTableMapping::From from_of(const nlohmann::json& value, const std::string& where) {
  if (value.is_string()) return {value.get<std::string>(), 1};
  if (!value.is_object()) throw InputError("{}: expected the name of a column, or column and factor", where);
  JsonObject object(value, where);
  const DoseTableMapping::From from{object.text("column"), object.number("factor", 1)};
  object.refuse_others();
  return from;
}

/// Members of the object under `key`, if it is there.
template <typename Take>
void each_member(JsonObject& object, const std::string& key, const Take& take) {
  const nlohmann::json* members = object.find(key);
  if (members == nullptr) return;
  const std::string where = object.where() + ": " + key;
  if (!members->is_object()) throw InputError("{}: expected an object in braces", where);
  for (const auto& [field, value] : members->items()) {
    check_field(field, where);
    take(field, value, where + ": " + field);
  }
}

std::string text_of(const nlohmann::json& value, const std::string& where) {
  if (!value.is_string()) throw InputError("{}: expected a text", where);
  return value.get<std::string>();
}

/// "20240131" from a date in the form that the mapping names; "" when it is none.
std::string dicom_date(const std::string& cell, const std::string& form) {
  std::string year, month, day;
  if (cell.size() < form.size()) return {};
  for (std::size_t i = 0; i < form.size(); ++i) {
    std::string* part = form[i] == 'Y' ? &year : form[i] == 'M' ? &month : form[i] == 'D' ? &day : nullptr;
    const bool is_digit = cell[i] >= '0' && cell[i] <= '9';
    if (part == nullptr ? cell[i] != form[i] : !is_digit) return {};
    if (part != nullptr) *part += cell[i];
  }
  return year + month + day;
}

CtAcquisition acquisition_of(const std::string& word) {
  for (const CtAcquisition one :
       {CtAcquisition::spiral, CtAcquisition::sequenced, CtAcquisition::constant_angle,
        CtAcquisition::stationary, CtAcquisition::free_motion})
    if (word == name_of(one)) return one;
  return CtAcquisition::unknown;
}

DosePhantom phantom_of(const std::string& word) {
  for (const DosePhantom one : {DosePhantom::head_16cm, DosePhantom::body_32cm, DosePhantom::nema_xr21})
    if (word == name_of(one)) return one;
  return DosePhantom::unknown;
}

/// One row at a time.
class Rows {
 public:
  Rows(const CsvText& csv, const DoseTableMapping& mapping) : csv_(csv), mapping_(mapping) {
    for (const auto& [field, from] : mapping.columns) columns_[field] = column_index(csv, from.column);
  }

  /// The row as a document of one event.
  DoseDocument read(std::size_t row) {
    DoseDocument document;
    DoseEvent event;
    document.source = DoseSource::table;
    document.modality = "CT";
    event.place = fmt::format("line {}", csv_.lines[row]);
    row_ = row;
    anomalies_ = &document.anomalies;
    document.identity.patient_id = text("patient");
    document.identity.words = {text("patient"), text("study")};
    for (const auto& [field, member] : document_texts())
      if (std::string value = text(field); !value.empty()) document.*member = std::move(value);
    for (const auto& [field, member] : event_texts()) event.*member = text(field);
    for (const auto& [field, member] : document_numbers()) document.*member = number(field);
    for (const DoseQuantity& quantity : dose_quantities()) event.*(quantity.value) = number(quantity.name);
    read_words(document, event);
    document.events.push_back(std::move(event));
    return document;
  }

 private:
  std::string text(const std::string& field) const {
    const auto constant = mapping_.constants.find(field);
    if (constant != mapping_.constants.end()) return constant->second;
    const auto column = columns_.find(field);
    if (column == columns_.end()) return {};
    const std::string& cell = csv_.rows[row_][column->second];
    const auto words = mapping_.words.find(field);
    if (words == mapping_.words.end()) return cell;
    const auto word = words->second.find(cell);
    return word == words->second.end() ? cell : word->second;
  }
  double number(const std::string& field) {
    const auto column = columns_.find(field);
    if (column == columns_.end() || csv_.rows[row_][column->second].empty()) return not_stated;
    try {
      const double value = csv_number(csv_, row_, column->second) * mapping_.columns.at(field).factor;
      if (std::isnan(value) || value >= 0) return value;
    } catch (const InputError&) {
      // told below, with the place
    }
    note(field, "a number that is not negative");
    return not_stated;
  }
  void note(const std::string& field, std::string expected) {
    anomalies_->push_back({fmt::format("line {}: {}", csv_.lines[row_], mapping_.columns.at(field).column),
                           csv_.rows[row_][columns_.at(field)], std::move(expected)});
  }
  void read_words(DoseDocument& document, DoseEvent& event) {
    const std::string sex = text("sex");
    if (sex == "M" || sex == "F" || sex == "O") document.sex = sex;
    event.phantom = phantom_of(text("phantom"));
    if (event.phantom == DosePhantom::unknown && !text("phantom").empty() && columns_.contains("phantom"))
      note("phantom", "head 16 cm, body 32 cm or NEMA XR 21 (see \"words\" in the mapping)");
    event.acquisition = acquisition_of(text("acquisition_type"));
    const std::string date = text("date");
    document.date = dicom_date(date, mapping_.dates);
    if (document.date.empty() && !date.empty() && columns_.contains("date"))
      note("date", "a date as " + mapping_.dates);
  }

  const CsvText& csv_;
  const DoseTableMapping& mapping_;
  std::map<std::string, std::size_t> columns_;
  std::size_t row_ = 0;
  std::vector<DoseAnomaly>* anomalies_ = nullptr;
};

}  // namespace

DoseTableMapping read_dose_table_mapping(const std::string& path) {
  constexpr std::uint64_t longest = 1 << 20;
  const nlohmann::json json = parse_json(file_text(path, longest), path, "a dose-table mapping in braces");
  JsonObject object(json, path);
  if (const std::string version = object.text("dose_table_mapping"); version != "1.0")
    throw InputError("{}: dose_table_mapping is '{}'; expected 1.0", path, version);
  DoseTableMapping mapping;
  object.text("description", "");
  mapping.dates = object.text("dates", mapping.dates);
  each_member(object, "columns",
              [&](const std::string& field, const nlohmann::json& value, const std::string& where) {
                mapping.columns[field] = from_of(value, where);
              });
  each_member(object, "constants",
              [&](const std::string& field, const nlohmann::json& value, const std::string& where) {
                mapping.constants[field] = text_of(value, where);
              });
  each_member(object, "words",
              [&](const std::string& field, const nlohmann::json& value, const std::string& where) {
                if (!value.is_object()) throw InputError("{}: expected an object in braces", where);
                for (const auto& [word, ours] : value.items())
                  mapping.words[field][word] = text_of(ours, where);
              });
  object.refuse_others();
  if (!mapping.columns.contains("study"))
    throw InputError("{}: names no column for 'study'; expected one, or events could not be told apart",
                     path);
  return mapping;
}

std::vector<DoseDocument> read_dose_table(const std::string& path, const DoseTableMapping& mapping) {
  const CsvText csv = read_csv_text(path);
  Rows rows(csv, mapping);
  std::vector<DoseDocument> documents;
  std::unordered_map<std::string, std::size_t> studies;
  std::vector<DoseAnomaly> homeless;
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    DoseDocument document = rows.read(row);
    if (document.study_uid.empty()) {
      homeless.push_back({fmt::format("line {}", csv.lines[row]), "no study", "one; the row was not used"});
      continue;
    }
    const auto [at, is_new] = studies.try_emplace(document.study_uid, documents.size());
    if (is_new) {
      documents.push_back(std::move(document));
      continue;
    }
    DoseDocument& study = documents[at->second];
    study.events.push_back(std::move(document.events.front()));
    study.anomalies.insert(study.anomalies.end(), document.anomalies.begin(), document.anomalies.end());
  }
  if (!documents.empty())
    documents.front().anomalies.insert(documents.front().anomalies.end(), homeless.begin(), homeless.end());
  return documents;
}

}  // namespace snitt::formats
