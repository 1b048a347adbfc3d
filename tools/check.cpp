#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/words.hpp"
#include "shell/tool.hpp"
#include "store/check.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "check", "files", "say whether files are whole, undamaged and as their layout asks",
    "Reads each file from beginning to end: whether it is complete, has the objects, "
    "types, units and dimensions that "
    "its layout describes, and says what it said when it was written (checksums of "
    "all chunks, digest of all values).\n\n"
    "Every file is checked; the status is 1 when one of them is found wanting or missing, and 3 when none "
    "can be read."};

struct Settings {
  std::vector<std::string> inputs;
};

void declare(Options& options, Settings& s) {
  options.judged_inputs("INPUT", s.inputs, "Snitt file to check");
  options.example("snitt-check volume.h5", "Check one file");
}

struct Verdict {
  std::string file;
  std::vector<std::string> problems;
  bool could_be_read = true;
};

/// Messages begin with the name of the file, which stands before them already.
std::string without_name(const std::string& message, const std::string& path) {
  return message.starts_with(path + ": ") ? message.substr(path.size() + 2) : message;
}

/// The same for the object: "/voxels: /voxels chunk 3 …" says it once.
std::string problem_text(const store::Finding& finding, const std::string& path) {
  const std::string problem = without_name(finding.problem, path);
  return problem.starts_with(finding.object + " ") ? problem : finding.object + " " + problem;
}

Verdict check(const std::string& path) {
  if (access(path.c_str(), R_OK) != 0)
    return {path, {fmt::format("cannot be read: {}", std::strerror(errno))}, false};
  Verdict verdict{path, {}};
  try {
    for (const store::Finding& finding : store::check_file(path))
      verdict.problems.push_back(problem_text(finding, path));
  } catch (const InputError& error) {
    verdict.problems.push_back(without_name(error.what(), path));
  }
  return verdict;
}

std::string line_of(const Verdict& verdict) {
  return fmt::format("{}: {}", verdict.file,
                     verdict.problems.empty() ? "ok" : fmt::format("{}", fmt::join(verdict.problems, "; ")));
}

void run(const Settings& s, shell::Session& session) {
  std::vector<std::string> lines;
  nlohmann::json json = nlohmann::json::array();
  std::size_t wanting = 0;
  std::size_t unread = 0;
  for (const std::string& path : s.inputs) {
    const Verdict verdict = check(path);
    wanting += verdict.problems.empty() ? 0 : 1;
    unread += verdict.could_be_read ? 0 : 1;
    lines.push_back(line_of(verdict));
    json.push_back({{"file", path}, {"ok", verdict.problems.empty()}, {"problems", verdict.problems}});
    session.monitor().progress("checking", static_cast<double>(json.size()),
                               static_cast<double>(s.inputs.size()));
  }
  if (unread == s.inputs.size()) throw InputError("{}", fmt::join(lines, "; "));
  session.result(fmt::format("{}\n", fmt::join(lines, "\n")), json);
  if (wanting > 0) throw CheckFailed("{} of {} found wanting", wanting, counted(s.inputs.size(), "file"));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
