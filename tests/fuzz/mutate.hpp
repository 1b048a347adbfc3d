#pragma once
#include <random>
#include <string>

namespace snitt::fuzz {

/// One to four damages that need no knowledge of the format: flipped bits, foreign bytes, numbers replaced by
/// absurd ones (as digits and as binary words), parts cut out, doubled, moved or blanked, the end missing.
std::string mutated(const std::string& whole, std::mt19937& random);

}  // namespace snitt::fuzz
