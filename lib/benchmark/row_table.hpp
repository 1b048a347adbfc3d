#pragma once
#include "data/row_table.hpp"

namespace snitt::benchmark {
using snitt::RowTable;
}
