#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace snitt {

/// {"a,b", "c"} becomes {"a", "b", "c"}: lists may come in one word or in several. An empty place between two
/// commas stays, as an empty word.
std::vector<std::string> split_at_commas(const std::vector<std::string>& words);

/// "1 label", "2 labels"; a plural that is not made with s is given: counted(2, "branch", "branches").
std::string counted(std::size_t number, const std::string& noun, const std::string& plural = "");

}  // namespace snitt
