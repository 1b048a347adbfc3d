#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/monitor.hpp"
#include "base/options.hpp"
#include "store/provenance.hpp"

namespace snitt::shell {

/// What a tool is.
struct ToolInfo {
  std::string name;  ///< "reconstruct-ultrasound", without "snitt-"
  std::string
      group;  ///< "files", "calibration", "reconstruction", "registration", "dose and quality", "activity", "report"
  std::string summary;      ///< one line, for the list of tools and the man page's NAME
  std::string description;  ///< paragraphs separated by blank lines, for --help and the man page
};

/// What a running tool may ask for; made by run_tool.
class Session {
 public:
  virtual ~Session() = default;
  virtual Monitor& monitor() = 0;
  virtual int threads() const = 0;
  virtual bool overwrite() const = 0;
  virtual bool verbose() const = 0;
  virtual bool json() const = 0;
  /// Who made the output: tool, version, effective settings, digests of the inputs, and their own stories.
  /// Reads the inputs for their digests on first use.
  virtual store::Provenance provenance() = 0;
  /// The digest of an input that was read once from front to back, as a pipe is: provenance() need not and
  /// could not read it again.
  virtual void know_digest(const std::string& path, const std::string& sha256) = 0;
  /// For an input that must stay unknown to who reads the output: with a digest of it, guesses can be tested.
  void withhold_digest(const std::string& path) { know_digest(path, ""); }
  /// The result on standard output: `object` with --json, else `text` (may span lines).
  virtual void result(const std::string& text, const nlohmann::json& object) = 0;
};

/// A tool file's main:
///
///     struct Settings { std::string input; double sigma_mm = 1; std::string output; };
///     void declare(Options& options, Settings& s) { … }
///     void run(const Settings& s, shell::Session& session) { … }
///     int main(int argc, char** argv) { return shell::run_tool<Settings>(info, declare, run, argc, argv); }
///
/// `run` throws snitt::Error; run_tool turns that, and everything else, into one line on standard error and a
/// status.
int run_tool(const ToolInfo& info, Options& options, const std::function<void(Session&)>& run, int argc,
             char** argv);

template <typename Settings>
int run_tool(const ToolInfo& info, void (*declare)(Options&, Settings&),
             void (*run)(const Settings&, Session&), int argc, char** argv) {
  Settings settings;
  Options options;
  declare(options, settings);
  return run_tool(
      info, options, [&](Session& session) { run(settings, session); }, argc, argv);
}

}  // namespace snitt::shell
