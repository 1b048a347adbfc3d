#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snitt {

/// Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, no letter
/// being edited twice (the "optimal string alignment" form of Damerau, CACM 7 (1964) 171).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that `word` was probably meant to be: within a third of its length in edits, or the only one
/// that begins with it. Equal candidates: the first.
std::optional<std::string> nearest_word(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean 'x'?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// "'CT', 'MR'", and of many the first twelve and how many more there are.
std::string some_of(const std::vector<std::string>& words);

}  // namespace snitt
