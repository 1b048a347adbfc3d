#pragma once
#include <string_view>

namespace snitt::shell {

/// The reader of our standard output has gone: nothing is wrong, and nobody is left to be told.
struct BrokenPipe {};

/// Call first of all: a standard stream that is closed (">&-") gets a descriptor on which reading and writing fail.
/// Otherwise the first file a tool opens would take its number, and messages would end in the data.
void occupy_closed_streams();

/// Writes all of `text` to standard output and checks it. Throws OutputError (a full disk), or BrokenPipe.
void write_standard_output(std::string_view text);

}  // namespace snitt::shell
