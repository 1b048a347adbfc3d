#pragma once
#include <optional>
#include <string>
#include <vector>

#include "activity/code_list.hpp"
#include "data/table.hpp"

namespace snitt::activity {

/// Adds those of the columns `modality`, `region` and `kind` that are in `wanted` and not in the records,
/// from the first code of `codes` that counts, as counting does. What the list rests on, where something was
/// added.
std::optional<BasisEntry> add_code_columns(Table& records, const std::vector<std::string>& wanted,
                                           const CodeList& list);

}  // namespace snitt::activity
