#pragma once
#include <string>
#include <string_view>

namespace snitt::dose {

/// Small letters (Latin-1's accented ones too), and one blank for every run of blanks, _ - ^ / , . ( ): how
/// names are compared.
std::string plain_name(std::string_view name);

/// Whether a name fits a pattern: * stands for any letters, ? for one byte, | separates alternatives; both
/// are made plain first, and the whole name has to fit.
bool fits(std::string_view plain, const std::string& pattern);

}  // namespace snitt::dose
