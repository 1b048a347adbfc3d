#include "activity/exam_kind.hpp"

#include <cctype>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string radiology(char method) {
  switch (method) {
    case 'A':
    case 'B':
    case 'C':
      return "RG";
    case 'D':
    case 'E':
    case 'F':
    case 'P':
      return "CT";
    case 'G':
    case 'H':
    case 'J':
    case 'Q':
      return "MR";
    case 'K':
      return "UL";
    default:
      return "AN";
  }
}

std::string nuclear(char method) {
  switch (method) {
    case 'L':
      return "PETCT";
    case 'M':
      return "PETMR";
    case 'N':
      return "NM";
    case 'T':
      return "RNT";
    default:
      return "AN";
  }
}

std::string plain_word(const std::string& modality) {
  if (modality == "CTA") return "CT";
  if (modality == "MRA") return "MR";
  if (modality == "RGA" || modality == "RGV") return "RG";
  if (modality == "PET_CT") return "PETCT";
  return modality == "PET_MR" ? "PETMR" : modality;
}

}  // namespace

bool is_additional_code(const std::string& code) { return !code.empty() && code[0] == 'Z'; }

ExamKind kind_by_letters(const std::string& code) {
  if (code.size() != 6 || !is_letter(code[0]) || !is_letter(code[1]) || !is_letter(code[2]) ||
      !is_letter(code[5]))
    return {"AN", ""};
  const std::string region = code.substr(1, 2);
  if (code[0] == 'S' && code[3] == '0') return {radiology(code[5]), region};
  if (code[0] == 'T' && code[3] == '0') return {nuclear(code[5]), region};
  if (code[0] <= 'Q' && is_digit(code[3]) && is_digit(code[4])) return {"IV", code.substr(0, 2)};
  return {"AN", ""};
}

KindList::KindList(const Table& list, const std::string& where) {
  const auto texts = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (const Column* column = list.find(name)) return texts_of(*column);
    throw InputError("{}: has no column {}; expected a list of codes with modality and region", where,
                     fmt::join(std::vector<std::string>(names.begin(), names.end()), " or "));
  };
  const auto code = texts({"code"}), modality = texts({"modality", "skde_modality"}),
             region = texts({"region", "skde_region_flags"});
  for (std::size_t i = 0; i < code.size(); ++i)
    if (!modality[i].empty()) kinds_[code[i]] = {plain_word(modality[i]), region[i]};
}

ExamKind KindList::of(const std::string& code) const {
  const auto at = kinds_.find(code);
  return at != kinds_.end() ? at->second : kind_by_letters(code);
}

}  // namespace snitt::activity
