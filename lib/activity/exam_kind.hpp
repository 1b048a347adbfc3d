#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "activity/basis.hpp"
#include "data/table.hpp"

/// What was examined how, from a procedure code.
namespace snitt::activity {

struct ExamKind {
  std::string modality;  ///< CT, MR, RG, UL, IV, PETCT, PETMR, NM, RNT, AN
  std::string region;    ///< "" when not known
};

/// Of a Norwegian code (NCRP) by its letters: modality from the sixth, region from the second and third
/// (organ or body region of the NCSP chapters). Other codes are "AN" without region.
ExamKind kind_by_letters(const std::string& code);
/// Additional codes (Z…), which are no examination.
bool is_additional_code(const std::string& code);

/// Codes with modality and region of a list, and the letters where the list has no such code.
class KindList {
 public:
  KindList() = default;
  /// Columns code, and modality or skde_modality, and region or skde_region_flags. Kinds of angiography (CTA,
  /// MRA, RGA, RGV) are CT, MR and RG. Throws InputError naming what is not there.
  KindList(const Table& list, const std::string& where);
  ExamKind of(const std::string& code) const;
  std::size_t size() const { return kinds_.size(); }

 private:
  std::map<std::string, ExamKind> kinds_;
};

}  // namespace snitt::activity
