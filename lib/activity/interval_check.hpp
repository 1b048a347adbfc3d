#pragma once
#include "activity/record_check.hpp"

namespace snitt::activity {

/// Times in the wrong order, at the same moment, in the future, and intervals longer than ten years, by
/// source and provider.
std::unique_ptr<RecordCheck> interval_check(const CheckOptions& options);

}  // namespace snitt::activity
