#pragma once
#include <string>

#include "data/table.hpp"
#include "store/container.hpp"

/// A table as a group of an HDF5 file, in AnnData's encoding of a data frame.
namespace snitt::store {

/// Writes the table as the new group `path`. Throws InputError for a column name that is there twice or
/// reserved, ComputationError for columns of different lengths.
void write_data_frame(LayoutWriter& writer, const std::string& path, const Table& table);

/// Throws InputError naming the object that is missing or of a wrong type or length.
Table read_data_frame(const LayoutReader& reader, const std::string& path);

}  // namespace snitt::store
