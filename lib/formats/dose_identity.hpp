#pragma once
#include "data/dose.hpp"

class DcmItem;

namespace snitt::formats {

/// Fills what the header says: whose study, when, on which device; and all words that identify people (names,
/// numbers, addresses), wherever in the dataset attributes of these kinds stand.
void read_header(DcmItem& dataset, DoseDocument& document);

}  // namespace snitt::formats
