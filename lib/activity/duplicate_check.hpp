#pragma once
#include "activity/record_check.hpp"

namespace snitt::activity {

/// Rows whose fingerprint stood before (exact copies), and examination keys that stand in rows that differ.
std::unique_ptr<RecordCheck> duplicate_check();

}  // namespace snitt::activity
