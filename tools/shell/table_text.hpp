#pragma once
#include <nlohmann/json_fwd.hpp>

#include "data/table.hpp"

namespace snitt::shell {

/// One object per row, by column name; a missing number is null.
nlohmann::json table_json(const Table& table);

}  // namespace snitt::shell
