#pragma once
#include "data/table_columns.hpp"

namespace snitt::benchmark {
using snitt::column_of;
using snitt::is_missing;
using snitt::is_text;
using snitt::names_of;
using snitt::numbers_of;
using snitt::require_positive;
using snitt::texts_of;
using snitt::Words;
using snitt::words_of;
}  // namespace snitt::benchmark
