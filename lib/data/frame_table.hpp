#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/frames.hpp"
#include "data/table.hpp"

namespace snitt {

/// What a recording says per frame, as a table of one row per frame: frame, time, image status, the
/// transforms that are on the frames' clock (status, then the matrix row by row as NAME_00 … NAME_33), and
/// the free fields. `files` names the picture of each frame; the column is left out when it is empty.
Table frame_table(const Frames& frames, const std::vector<std::string>& files);

/// Transforms with a clock of their own: a name and a table (time, status, matrix) for each.
std::vector<std::pair<std::string, Table>> own_clock_tables(const Frames& frames);

}  // namespace snitt
