#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/plus_config.hpp"
#include "formats/point_file.hpp"
#include "formats/sequence.hpp"
#include "formats/transform_file.hpp"
#include "formats/tree_file.hpp"
#include "formats/volume_file.hpp"
#include "shell/tool.hpp"
#include "store/history.hpp"
#include "store/layouts.hpp"
#include "store/overview.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "info", "files", "show what Snitt files hold and how they were made",
    "Prints layout, sizes, geometry, transforms and other facts of each file, one fact a line.\n\n"
    "With --history prints the commands that rebuild the file from its foreign inputs, which are named by "
    "their "
    "SHA-256 because their paths are not kept (they hold names of patients and differ between machines)."};

struct Settings {
  std::vector<std::string> inputs;
  bool history = false;
};

void declare(Options& options, Settings& s) {
  options.inputs("INPUT", s.inputs, "Snitt file");
  options.flag("--history", s.history, "print the commands that rebuild the file");
  options.example("snitt-info volume.h5", "What is in the file");
  options.example("snitt-info --history volume.h5", "How to make it again");
}

std::string history_text(const store::History& history) {
  std::string text;
  for (const store::HistoryInput& input : history.inputs)
    text += input.sha256.empty()
                ? fmt::format("# {} is confidential: its digest is withheld\n", input.placeholder)
                : fmt::format("# {} has SHA-256 {}\n", input.placeholder, input.sha256);
  for (const std::string& command : history.commands) text += command + "\n";
  return text;
}

nlohmann::json history_json(const store::History& history) {
  nlohmann::json inputs = nlohmann::json::array();
  for (const store::HistoryInput& input : history.inputs)
    inputs.push_back({{"placeholder", input.placeholder}, {"sha256", input.sha256}});
  return {{"inputs", inputs}, {"commands", history.commands}};
}

/// What a file of somebody else's is, and which tool reads it; "" for what nobody knows.
std::string foreign_kind(const std::string& path) {
  try {
    if (store::is_snitt_file(path)) return "";
    if (formats::sequence_kind(path) != formats::SequenceKind::none) return "a recording";
    if (formats::is_transform(path)) return "a transform";
    if (formats::is_volume(path)) return "a volume";
    if (formats::is_plus_config(path)) return "a PLUS configuration";
    if (formats::tree_file_kind(path) != formats::TreeFileKind::none) return "center lines";
    if (formats::point_file_kind(path) != formats::PointFileKind::none) return "points";
  } catch (const InputError&) {
    return "";  // what is wrong with it is for the importer to say
  }
  return "";
}

/// Foreign files are named for what they are, before HDF5 finds that they are none of its own.
void refuse_foreign(const std::string& path) {
  if (const std::string kind = foreign_kind(path); !kind.empty())
    throw InputError(
        "{}: is {} in a foreign format, not a Snitt file; expected snitt-import to read it first (the tools "
        "that register take images and points as they are)",
        path, kind);
}

void run(const Settings& s, shell::Session& session) {
  std::string text;
  nlohmann::json json = nlohmann::json::array();
  std::vector<std::string> refused;
  for (const std::string& path : s.inputs) {
    try {
      refuse_foreign(path);
      if (s.history) {
        store::layout_of(path);
        const store::History history = store::history_from(store::provenance_of(path));
        text += (s.inputs.size() > 1 ? "# " + path + "\n" : "") + history_text(history);
        json.push_back({{"file", path}, {"history", history_json(history)}});
      } else {
        const std::vector<store::Fact> facts = store::overview(path);
        text += path + "\n";
        nlohmann::json object{{"file", path}};
        for (const store::Fact& fact : facts) {
          text += fmt::format("  {:<22} {}\n", fact.name, fact.text);
          object[fact.name] = fact.text;
        }
        json.push_back(std::move(object));
      }
    } catch (const InputError& error) {
      if (s.inputs.size() == 1) throw;
      refused.emplace_back(error.what());
    }
  }
  session.result(text, json);
  if (!refused.empty())
    throw CheckFailed("{} of {} files refused: {}", refused.size(), s.inputs.size(),
                      fmt::join(refused, "; "));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
