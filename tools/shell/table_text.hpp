#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/table.hpp"

namespace snitt::shell {

/// One object per row, by column name; a missing number is null.
nlohmann::json table_json(const Table& table);

/// One aligned line per row under the columns' names; numbers with five digits, a missing one is "-".
std::string table_text(const Table& table);

}  // namespace snitt::shell
