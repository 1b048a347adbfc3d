#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "shell/tool.hpp"
#include "store/check.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{"check", "files",
                           "say whether files are whole, undamaged and as their layout asks",
                           "Reads each file from beginning to end: whether it is complete, has the objects, "
                           "types, units and dimensions that "
                           "its layout describes, and says what it said when it was written (checksums of "
                           "all chunks, digest of all values).\n\n"
                           "Every file is checked; the status is 1 when one of them is found wanting."};

struct Settings {
  std::vector<std::string> inputs;
};

void declare(Options& options, Settings& s) {
  options.inputs("INPUT", s.inputs, "Snitt file to check");
  options.example("snitt-check volume.h5", "Check one file");
}

struct Verdict {
  std::string file;
  std::vector<std::string> problems;
};

Verdict check(const std::string& path) {
  Verdict verdict{path, {}};
  try {
    for (const store::Finding& finding : store::check_file(path))
      verdict.problems.push_back(finding.object + " " + finding.problem);
  } catch (const InputError& error) {
    verdict.problems.emplace_back(error.what());
  }
  return verdict;
}

void run(const Settings& s, shell::Session& session) {
  std::string text;
  nlohmann::json json = nlohmann::json::array();
  std::size_t wanting = 0;
  for (const std::string& path : s.inputs) {
    const Verdict verdict = check(path);
    wanting += verdict.problems.empty() ? 0 : 1;
    text +=
        fmt::format("{}: {}\n", path,
                    verdict.problems.empty() ? "ok" : fmt::format("{}", fmt::join(verdict.problems, "; ")));
    json.push_back({{"file", path}, {"ok", verdict.problems.empty()}, {"problems", verdict.problems}});
    session.monitor().progress("checking", static_cast<double>(json.size()),
                               static_cast<double>(s.inputs.size()));
  }
  session.result(text, json);
  if (wanting > 0) throw CheckFailed("{} of {} files found wanting", wanting, s.inputs.size());
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
