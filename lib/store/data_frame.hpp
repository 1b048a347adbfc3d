#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/table.hpp"
#include "store/container.hpp"

/// A table as a group of an HDF5 file, in AnnData's encoding of a data frame.
namespace snitt::store {

/// Writes the table as the new group `path`. Throws InputError for a column name that is there twice or
/// reserved, ComputationError for columns of different lengths.
void write_data_frame(LayoutWriter& writer, const std::string& path, const Table& table);

/// The attributes of a group that is a data frame of columns written elsewhere (table_stream).
void describe_data_frame(LayoutWriter& writer, const std::string& path,
                         const std::vector<std::string>& order);
/// AnnData's name of the encoding of an object.
void set_encoding(h5::File& file, const std::string& path, const std::string& type);
/// The name of the column of row numbers.
inline constexpr const char* row_index = "_index";
/// Names in their order. Throws InputError for one that is reserved or there twice.
std::vector<std::string> column_order(const std::string& where, const std::vector<Column>& columns);
/// The words of a categorical column at `path`; many are unpacked in parallel.
std::vector<std::string> read_words(const LayoutReader& reader, const std::string& path);
/// Throws InputError for a code that is neither -1 nor a category's.
void check_codes(const std::string& where, std::span<const std::int32_t> codes, std::size_t categories);

/// The columns named, in that order; names that are not there are left out.
Table read_data_frame(const LayoutReader& reader, const std::string& path,
                      const std::vector<std::string>& names);

/// Throws InputError naming the object that is missing or of a wrong type or length.
Table read_data_frame(const LayoutReader& reader, const std::string& path);

}  // namespace snitt::store
