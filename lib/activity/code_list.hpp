#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "activity/basis.hpp"

/// What procedure codes mean: by a versioned list, and by the structure of Norwegian codes (NCRP) where the
/// list is silent.
namespace snitt::activity {

/// Meaning of one code.
struct CodeMeaning {
  std::string modality;  ///< CT, MR, RG, UL, IV, PETCT, PETMR, NM, RNT; AN when nothing matches
  std::string region;    ///< "head", "thorax", …; "" when it is not known
  std::string kind;      ///< "diagnostic", "nuclear", "intervention", "additional" (never counted), "local"
  bool by_list = false;
};

class CodeList {
 public:
  CodeList() = default;
  CodeMeaning meaning_of(const std::string& code) const;
  /// "code list": file and digest, or the rule alone.
  const BasisEntry& basis() const { return basis_; }
  friend CodeList read_code_list(const std::string& path);

 private:
  struct Listed {
    std::string modality;
    std::string region;
  };
  std::map<std::string, Listed> listed_;
  BasisEntry basis_{"code list", "none (NCRP by position 6)"};
};

/// CSV with columns code, modality, region; an empty modality or region leaves it to the rule. Throws
/// InputError naming the line: a code that is there twice with other meanings.
CodeList read_code_list(const std::string& path);

/// By structure: S diagnostic, T nuclear, Z additional, letter A to Q, two letters, two digits and a letter
/// an intervention; position 6 the method (A, B, C plain or contrast radiography RG; D, E, F, P CT; G, H, J,
/// Q MR; K UL; of T: L PETCT, M PETMR, N NM, T RNT). The rule agrees with the list of 2023 for 742 of 745
/// codes; regions by letters are rougher.
CodeMeaning meaning_by_rule(std::string_view code);

/// A cell of codes, joined by '/'.
struct CodeCell {
  std::vector<std::string> codes;     ///< those that count
  std::vector<CodeMeaning> meanings;  ///< of these
  std::set<std::string> additional;
  std::string laterality;  ///< by ZTX0XA right, ZTX0XB left, ZTX0XC bilateral
  bool is_empty = true;
  /// Codes, but none that counts.
  bool only_additional() const { return !is_empty && codes.empty(); }
  bool is_of_several_modalities() const;
};
CodeCell read_code_cell(std::string_view cell, const CodeList& list);

}  // namespace snitt::activity
