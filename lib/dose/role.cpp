#include "dose/role.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace snitt::dose {
namespace {

constexpr std::array<std::string_view, 7> localizer_words{"topo",      "scout",     "surview", "scano",
                                                          "localizer", "localiser", "oversikt"};
constexpr std::array<std::string_view, 11> bolus_words{"monitoring", "bolus",    "smartprep", "smart prep",
                                                       "surestart",  "tracking", "tracker",   "sure start",
                                                       "locator",    "timing",   "s&v"};

template <std::size_t N>
bool has_word(const std::string& text, const std::array<std::string_view, N>& words) {
  std::string low = text;
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

}  // namespace

const char* name_of(Role role) {
  switch (role) {
    case Role::examination:
      return "examination";
    case Role::localizer:
      return "localizer";
    case Role::bolus_tracking:
      return "bolus tracking";
    case Role::projection:
      return "projection";
  }
  return "";
}

Role role_of(const DoseEvent& event, DoseSource source, const std::string& series_description) {
  if (source == DoseSource::projection_report) return Role::projection;
  if (event.acquisition == CtAcquisition::constant_angle) return Role::localizer;
  const std::string name = event.protocol + " " + event.label + " " + series_description;
  const bool may_be_either = event.acquisition != CtAcquisition::spiral;
  if (event.acquisition == CtAcquisition::unknown && has_word(name, localizer_words)) return Role::localizer;
  return may_be_either && has_word(name, bolus_words) ? Role::bolus_tracking : Role::examination;
}

}  // namespace snitt::dose
