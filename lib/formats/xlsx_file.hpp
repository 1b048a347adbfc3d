#pragma once
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "data/table.hpp"

/// Tables as a workbook for spreadsheet programs (Office Open XML, ECMA-376), through libxlsxwriter.
namespace snitt::formats {

struct Sheet {
  std::string name;
  Table table;
};

/// The sheets' names as a workbook may have them: at most 31 characters, none of []:*?/\ nor a control
/// character, no apostrophe at an end, not empty, not "History", and none twice whatever its case: "a", "a
/// 2".
std::vector<std::string> sheet_names(const std::vector<std::string>& wanted);

/// One sheet per table: a bold heading of names with units in brackets that stays in view, numbers as
/// numbers, true and false as such, texts as texts (never as formulas or links), missing values as empty
/// cells. What a number of a workbook cannot hold, infinities and whole numbers beyond 2^53, is written as
/// text. The same tables give the same bytes. Throws InputError for more than 1 048 575 rows, 16 384 columns
/// or a text of more than 32 767 characters, before anything is written; OutputError.
void write_xlsx(const std::string& path, const std::vector<Sheet>& sheets, IfExists if_exists);

}  // namespace snitt::formats
