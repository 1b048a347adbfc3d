#pragma once
#include <string>
#include <vector>

namespace snitt {

/// {"a,b", "c"} becomes {"a", "b", "c"}: lists may come in one word or in several. An empty place between two
/// commas stays, as an empty word.
std::vector<std::string> split_at_commas(const std::vector<std::string>& words);

}  // namespace snitt
