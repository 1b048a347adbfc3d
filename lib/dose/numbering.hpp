#pragma once
#include "dose/collection.hpp"

namespace snitt::dose {

/// Replaces pseudonyms by numbers in the order of appearance: "patient-1", "study-1", "event-1", "scanner-1",
/// "institution-1", "file-1".
void number_pseudonyms(DoseCollection& collection, bool files_too, bool institutions_too);

}  // namespace snitt::dose
