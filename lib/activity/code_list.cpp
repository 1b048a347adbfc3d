#include "activity/code_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "formats/csv.hpp"

namespace snitt::activity {
namespace {

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_ncsp_like(std::string_view code) {
  return code.size() == 6 && code[0] >= 'A' && code[0] <= 'Q' && is_letter(code[1]) && is_letter(code[2]) &&
         is_digit(code[3]) && is_digit(code[4]) && is_letter(code[5]);
}

bool is_radiology(std::string_view code) {
  return code.size() == 6 && (code[0] == 'S' || code[0] == 'T') && is_letter(code[1]) && is_letter(code[2]) &&
         code[3] == '0' && is_letter(code[4]) && is_letter(code[5]);
}

std::string modality_by_letter(char kind, char letter) {
  if (kind == 'T') {
    if (letter == 'L') return "PETCT";
    if (letter == 'M') return "PETMR";
    if (letter == 'N') return "NM";
    if (letter == 'T') return "RNT";
    return "AN";
  }
  if (letter == 'A' || letter == 'B' || letter == 'C') return "RG";
  if (letter == 'D' || letter == 'E' || letter == 'F' || letter == 'P') return "CT";
  if (letter == 'G' || letter == 'H' || letter == 'J' || letter == 'Q') return "MR";
  return letter == 'K' ? "UL" : "AN";
}

std::string region_by_letters(char chapter, char organ) {
  switch (chapter) {
    case 'A':
      return organ == 'B' || organ == 'C' ? "spine" : "head";
    case 'B':
      return organ == 'C' ? "abdomen" : "neck";
    case 'C':
    case 'D':
    case 'E':
      return "head";
    case 'F':
    case 'G':
      return "thorax";
    case 'H':
      return "breast";
    case 'J':
    case 'K':
      return "abdomen";
    case 'L':
    case 'M':
      return "pelvis";
    case 'N':
      if (organ == 'A') return "spine";
      if (organ >= 'B' && organ <= 'D') return "upper limb";
      if (organ == 'E') return "pelvis";
      return organ >= 'F' && organ <= 'H' ? "lower limb" : "other";
    case 'S':
      if (organ == 'B') return "neck";
      if (organ == 'C') return "thorax";
      if (organ == 'D') return "abdomen";
      if (organ == 'E') return "pelvis";
      return organ == 'Z' ? "" : "several";
    default:
      return "other";
  }
}

}  // namespace

CodeMeaning meaning_by_rule(std::string_view code) {
  if (!code.empty() && code[0] == 'Z') return {"", "", "additional", false};
  if (is_radiology(code))
    return {modality_by_letter(code[0], code[5]), region_by_letters(code[1], code[2]),
            code[0] == 'S' ? "diagnostic" : "nuclear", false};
  if (is_ncsp_like(code)) return {"IV", "", "intervention", false};
  return {"AN", "", "local", false};
}

CodeMeaning CodeList::meaning_of(const std::string& code) const {
  CodeMeaning meaning = meaning_by_rule(code);
  const auto found = listed_.find(code);
  if (found == listed_.end()) return meaning;
  meaning.by_list = true;
  if (!found->second.modality.empty()) meaning.modality = found->second.modality;
  if (!found->second.region.empty()) meaning.region = found->second.region;
  if (meaning.kind == "local") meaning.kind = "listed";
  return meaning;
}

CodeList read_code_list(const std::string& path) {
  const formats::CsvText csv = formats::read_csv_text(path);
  const std::size_t code = formats::column_index(csv, "code");
  const std::size_t modality = formats::column_index(csv, "modality");
  const bool has_region = std::find(csv.names.begin(), csv.names.end(), "region") != csv.names.end();
  const std::size_t region = has_region ? formats::column_index(csv, "region") : 0;
  CodeList list;
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    const CodeList::Listed listed{csv.rows[row][modality], has_region ? csv.rows[row][region] : ""};
    const auto [at, is_new] = list.listed_.try_emplace(csv.rows[row][code], listed);
    if (!is_new && (at->second.modality != listed.modality || at->second.region != listed.region))
      throw InputError("{}: line {}: code '{}' is there twice with other meanings", path, csv.lines[row],
                       csv.rows[row][code]);
  }
  list.basis_.value =
      fmt::format("{} (sha256 {}), else NCRP by position 6", std::filesystem::path(path).filename().string(),
                  sha256_of_path(path).substr(0, 16));
  return list;
}

bool CodeCell::is_of_several_modalities() const {
  return std::any_of(meanings.begin(), meanings.end(),
                     [&](const CodeMeaning& m) { return m.modality != meanings.front().modality; });
}

CodeCell read_code_cell(std::string_view cell, const CodeList& list) {
  CodeCell result;
  for (std::size_t at = 0; at <= cell.size();) {
    const std::size_t end = std::min(cell.find('/', at), cell.size());
    const std::string code(cell.substr(at, end - at));
    at = end + 1;
    if (code.empty()) continue;
    result.is_empty = false;
    const CodeMeaning meaning = list.meaning_of(code);
    if (meaning.kind == "additional") {
      result.additional.insert(code);
      continue;
    }
    result.codes.push_back(code);
    result.meanings.push_back(meaning);
  }
  const bool right = result.additional.contains("ZTX0XA");
  const bool left = result.additional.contains("ZTX0XB");
  if (result.additional.contains("ZTX0XC") || (right && left))
    result.laterality = "bilateral";
  else if (right || left)
    result.laterality = right ? "right" : "left";
  return result;
}

}  // namespace snitt::activity
