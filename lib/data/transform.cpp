#include "data/transform.hpp"

#include <array>
#include <cctype>

namespace snitt {
namespace {
constexpr std::array<std::string_view, 11> words{"OK",
                                                 "INVALID",
                                                 "MISSING",
                                                 "OUT_OF_VIEW",
                                                 "OUT_OF_VOLUME",
                                                 "SWITCH1_IS_ON",
                                                 "SWITCH2_IS_ON",
                                                 "SWITCH3_IS_ON",
                                                 "REQ_TIMEOUT",
                                                 "PATH_NOT_FOUND",
                                                 "UNKNOWN"};
}

std::string_view name_of(Status status) { return words[static_cast<std::size_t>(status)]; }

std::optional<Status> status_from_name(std::string_view name) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == name) return static_cast<Status>(i);
  return std::nullopt;
}

bool is_usable(Status status) {
  return status == Status::ok || status == Status::switch1_is_on || status == Status::switch2_is_on ||
         status == Status::switch3_is_on;
}

std::optional<TransformName> transform_name_from_text(std::string_view text) {
  for (std::size_t at = text.size(); at-- > 1;) {
    if (text.substr(at, 2) != "To" || at + 2 >= text.size()) continue;
    const auto next = static_cast<unsigned char>(text[at + 2]);
    if (std::isupper(next) == 0 && std::isdigit(next) == 0) continue;
    return TransformName{std::string(text.substr(0, at)), std::string(text.substr(at + 2))};
  }
  return std::nullopt;
}

}  // namespace snitt
