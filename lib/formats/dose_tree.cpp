#include "formats/dose_tree.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "formats/dicom_text.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t deepest = 32;       // TID 10011 and 10001 nest nine deep
constexpr std::size_t longest_note = 80;  // of a faulty value that is quoted

DcmSequenceOfItems* sequence_in(DcmItem& item, const DcmTagKey& tag) {
  DcmSequenceOfItems* sequence = nullptr;
  if (item.findAndGetSequence(tag, sequence).bad()) return nullptr;
  return sequence;
}

DcmItem* first_item(DcmItem& item, const DcmTagKey& tag) {
  DcmSequenceOfItems* sequence = sequence_in(item, tag);
  return sequence != nullptr && sequence->card() > 0 ? sequence->getItem(0) : nullptr;
}

CodedWord code_in(DcmItem& item, const DcmTagKey& tag) {
  DcmItem* code = first_item(item, tag);
  if (code == nullptr) return {};
  return {dicom_text(*code, DCM_CodeValue), dicom_text(*code, DCM_CodingSchemeDesignator),
          dicom_text(*code, DCM_CodeMeaning)};
}

void read_value(DcmItem& item, DoseNode& node, std::vector<std::string>& words) {
  if (node.type == "NUM") {
    if (DcmItem* measured = first_item(item, DCM_MeasuredValueSequence)) {
      node.text = dicom_text_all(*measured, DCM_NumericValue);
      node.units = code_in(*measured, DCM_MeasurementUnitsCodeSequence).value;
    }
  } else if (node.type == "CODE") {
    node.code = code_in(item, DCM_ConceptCodeSequence);
  } else if (node.type == "TEXT") {
    node.text = dicom_text_all(item, DCM_TextValue);
  } else if (node.type == "UIDREF") {
    node.text = dicom_text(item, DCM_UID);
  } else if (node.type == "DATETIME") {
    node.text = dicom_text(item, DCM_DateTime);
  } else if (node.type == "PNAME") {
    words.push_back(dicom_text(item, DCM_PersonName));
  }
}

void read_children(DcmItem& item, DoseNode& node, std::size_t depth, std::vector<std::string>& words,
                   std::vector<DoseAnomaly>& anomalies) {
  DcmSequenceOfItems* content = sequence_in(item, DCM_ContentSequence);
  if (content == nullptr || content->card() == 0) return;
  if (depth == deepest) {
    anomalies.push_back({place_text(node), "items nested deeper than 32", "a dose report"});
    return;
  }
  // The list of a sequence is walked, not indexed: DCMTK finds the n-th item by counting.
  std::size_t position = 0;
  for (DcmObject* object = content->nextInContainer(nullptr); object != nullptr;
       object = content->nextInContainer(object)) {
    auto* child_item = dynamic_cast<DcmItem*>(object);
    if (child_item == nullptr) continue;
    DoseNode child;
    child.place = fmt::format("{}.{}", node.place, ++position);
    child.type = dicom_text(*child_item, DCM_ValueType);
    child.concept_name = code_in(*child_item, DCM_ConceptNameCodeSequence);
    read_value(*child_item, child, words);
    read_children(*child_item, child, depth + 1, words, anomalies);
    node.children.push_back(std::move(child));
  }
}

void link_parents(DoseNode& node) {
  for (DoseNode& child : node.children) {
    child.parent = &node;
    link_parents(child);
  }
}

struct Unit {
  std::string_view spelling;
  std::string_view base;
  double factor;
};

// Spellings of UCUM and of real files: "mGycm" beside "mGy.cm".
constexpr std::array<Unit, 35> units{{
    {"mGy", "mGy", 1},
    {"Gy", "mGy", 1000},
    {"dGy", "mGy", 100},
    {"cGy", "mGy", 10},
    {"uGy", "mGy", 1e-3},
    {"mGy.cm", "mGy.cm", 1},
    {"mGycm", "mGy.cm", 1},
    {"mGy*cm", "mGy.cm", 1},
    {"Gy.cm", "mGy.cm", 1000},
    {"mSv", "mSv", 1},
    {"Sv", "mSv", 1000},
    {"uSv", "mSv", 1e-3},
    {"mm", "mm", 1},
    {"cm", "mm", 10},
    {"m", "mm", 1000},
    {"s", "s", 1},
    {"ms", "s", 1e-3},
    {"min", "s", 60},
    {"kV", "kV", 1},
    {"V", "kV", 1e-3},
    {"mA", "mA", 1},
    {"uA", "mA", 1e-3},
    {"A", "mA", 1000},
    {"Gy.m2", "Gy.m2", 1},
    {"Gym2", "Gy.m2", 1},
    {"Gy.cm2", "Gy.m2", 1e-4},
    {"dGy.cm2", "Gy.m2", 1e-5},
    {"cGy.cm2", "Gy.m2", 1e-6},
    {"mGy.cm2", "Gy.m2", 1e-7},
    {"uGy.m2", "Gy.m2", 1e-6},
    {"uGym2", "Gy.m2", 1e-6},
    {"mGy.m2", "Gy.m2", 1e-3},
    {"1", "1", 1},
    {"{ratio}", "1", 1},
    {"no units", "1", 1},
}};

std::string shortened(const std::string& text) {
  return text.size() <= longest_note ? text : text.substr(0, longest_note) + "...";
}

/// Count of leading digits when `text` is a DICOM DT with year, month and day at least, else nothing.
std::optional<std::size_t> date_time_digits(const std::string& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view rest = std::string_view(text).substr(end);
  const bool has_tail = rest.empty() || rest[0] == '+' || rest[0] == '-' || (end == 14 && rest[0] == '.');
  return end >= 8 && end <= 14 && end % 2 == 0 && has_tail ? std::optional(end) : std::nullopt;
}

/// The first value of a NUM; nothing when it is no finite number.
std::optional<double> first_number(const std::string& text) {
  const auto value = parse_number(stripped(std::string_view(text).substr(0, text.find('\\'))));
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// What is wrong with a value as such, whatever it means.
std::string expectation_of(const DoseNode& node) {
  if (node.type.empty()) return "a value type";
  if (node.type == "CODE" && node.code.value.empty()) return "a coded word";
  if (node.type == "DATETIME" && !date_time_digits(node.text)) return "a date and time as YYYYMMDDHHMMSS";
  if (node.type == "UIDREF" && node.text.find_first_not_of("0123456789.") != std::string::npos)
    return "a UID of digits and points";
  if (node.type != "NUM") return {};
  if (!first_number(node.text)) return "a number";
  return node.text.find('\\') == std::string::npos ? "" : "one number; the first was taken";
}

void check_values(const DoseNode& node, std::vector<DoseAnomaly>& anomalies) {
  if (std::string expected = expectation_of(node); node.parent != nullptr && !expected.empty())
    anomalies.push_back({place_text(node), shortened(node.text), std::move(expected)});
  for (const DoseNode& child : node.children) check_values(child, anomalies);
}

}  // namespace

const DoseNode* DoseNode::child(std::string_view code_value) const {
  for (const DoseNode& node : children)
    if (node.is(code_value)) return &node;
  return nullptr;
}

std::unique_ptr<DoseNode> read_dose_tree(DcmItem& dataset, std::vector<std::string>& words,
                                         std::vector<DoseAnomaly>& anomalies) {
  auto tree = std::make_unique<DoseNode>();  // children know their parent by its address
  DoseNode& root = *tree;
  root.place = "1";
  root.type = dicom_text(dataset, DCM_ValueType);
  root.concept_name = code_in(dataset, DCM_ConceptNameCodeSequence);
  if (DcmItem* identified = first_item(dataset, DCM_ContentTemplateSequence))
    root.template_id = dicom_text(*identified, DCM_TemplateIdentifier);
  read_children(dataset, root, 0, words, anomalies);
  link_parents(root);
  check_values(root, anomalies);
  return tree;
}

std::string place_text(const DoseNode& node) {
  std::string names;
  for (const DoseNode* at = &node; at != nullptr && at->parent != nullptr; at = at->parent) {
    const CodedWord& name = at->concept_name;
    const std::string& text = name.meaning.empty() ? name.value : name.meaning;
    names = text + (names.empty() ? "" : " > ") + names;
  }
  return names.empty() ? node.place : node.place + ": " + names;
}

double unit_factor(std::string_view from, std::string_view to) {
  bool is_known = false;
  for (const Unit& unit : units) {
    if (unit.spelling == from && unit.base == to) return unit.factor;
    is_known = is_known || unit.spelling == from;
  }
  // A number that counts or divides has many spellings: "{X-Ray sources}", "X-ray sources", "events".
  return to == "1" && !is_known ? 1 : not_stated;
}

void DoseTreeReader::note(const DoseNode& node, const std::string& value, std::string expected) {
  anomalies_.push_back({place_text(node), shortened(value), std::move(expected)});
}

double DoseTreeReader::number(const DoseNode& parent, std::string_view code_value, std::string_view unit) {
  const DoseNode* node = parent.child(code_value);
  const std::optional<double> value = node == nullptr ? std::nullopt : first_number(node->text);
  if (!value) return not_stated;
  const double factor = unit_factor(node->units, unit);
  if (std::isnan(factor)) {
    note(*node, fmt::format("{} {}", node->text, node->units), fmt::format("a number in {}", unit));
    return not_stated;
  }
  if (*value < 0) {
    note(*node, node->text, "a number that is not negative");
    return not_stated;
  }
  return *value * factor;
}

std::string DoseTreeReader::text(const DoseNode& parent, std::string_view code_value) const {
  const DoseNode* node = parent.child(code_value);
  if (node == nullptr) return {};
  return node->text.empty() ? node->code.meaning : node->text;
}

CodedWord DoseTreeReader::code(const DoseNode& parent, std::string_view code_value) const {
  const DoseNode* node = parent.child(code_value);
  return node == nullptr ? CodedWord{} : node->code;
}

std::string DoseTreeReader::date_time(const DoseNode& parent, std::string_view code_value) const {
  const DoseNode* node = parent.child(code_value);
  const auto digits = node == nullptr ? std::nullopt : date_time_digits(node->text);
  return digits ? node->text.substr(0, *digits) : std::string();
}

}  // namespace snitt::formats
