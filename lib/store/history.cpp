#include "store/history.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace snitt::store {
namespace {

using nlohmann::json;

/// A word as a POSIX shell takes it literally.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./:,=+@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return word;
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string word(const json& value) {
  return value.is_string() ? quoted(value.get<std::string>()) : value.dump();
}

void append_option(std::vector<std::string>& words, const std::string& name, const json& value) {
  if (value.is_boolean()) {
    if (value.get<bool>()) words.push_back(name);
  } else if (value.is_array() && !value.empty() && value.front().is_string()) {
    for (const json& entry : value) words.insert(words.end(), {name, word(entry)});
  } else if (value.is_array()) {
    if (value.empty()) return;
    words.push_back(name);
    for (const json& entry : value) words.push_back(word(entry));
  } else if (!value.is_null() && !(value.is_string() && value.get<std::string>().empty())) {
    words.insert(words.end(), {name, word(value)});
  }
}

class Teller {
 public:
  /// Adds the commands that make the file this story belongs to, unless told before; returns the file's name.
  std::string tell(const json& story, bool last) {
    const std::string identity = story.dump();
    if (const auto known = made_.find(identity); known != made_.end()) return known->second;
    std::vector<std::string> options;
    std::vector<std::string> operands;
    for (const json& input : story.at("inputs")) {
      const std::string role = input.at("role");
      const std::string name =
          input.contains("provenance") ? tell(input.at("provenance"), false) : foreign(input.at("sha256"));
      if (role.starts_with("--"))
        options.insert(options.end(), {role, name});
      else
        operands.push_back(name);
    }
    for (const auto& [name, value] : story.at("settings").items()) append_option(options, name, value);
    const std::string output = last ? "OUTPUT" : fmt::format("step-{}.h5", made_.size() + 1);
    made_[identity] = output;
    std::vector<std::string> words{story.at("tool").get<std::string>()};
    words.insert(words.end(), operands.begin(), operands.end());
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"-o", output});
    history.commands.push_back(fmt::format("{}", fmt::join(words, " ")));
    return output;
  }

  History history;

 private:
  std::string foreign(const std::string& sha256) {
    for (const HistoryInput& input : history.inputs)
      if (!sha256.empty() && input.sha256 == sha256) return input.placeholder;
    history.inputs.push_back({fmt::format("INPUT-{}", history.inputs.size() + 1), sha256});
    return history.inputs.back().placeholder;
  }

  std::map<std::string, std::string> made_;
};

}  // namespace

History history_from(const std::string& provenance) {
  try {
    Teller teller;
    teller.tell(json::parse(provenance), true);
    return teller.history;
  } catch (const json::exception& error) {
    throw InputError("/provenance is not a story that can be told: {}", error.what());
  }
}

}  // namespace snitt::store
