#pragma once
#include "activity/record_check.hpp"

namespace snitt::activity {

/// Columns that are empty or nearly, words so frequent that they look like defaults, times of day that all
/// are the same, years of birth that cannot be, by source.
std::unique_ptr<RecordCheck> value_check(const CheckOptions& options);

/// Codes that are no codes, that the code list does not know, or that contradict the modality of the row, and
/// providers that the list does not know.
std::unique_ptr<RecordCheck> code_check(const CheckOptions& options);

}  // namespace snitt::activity
