#pragma once
#include <map>

#include "shell/common_options.hpp"
#include "shell/console.hpp"
#include "shell/tool.hpp"

namespace snitt::shell {

/// The session of one run of a tool. Digests of large inputs take a while: they are computed once, when asked
/// for.
class ToolSession : public Session {
 public:
  ToolSession(const ToolInfo& info, const Options& options, const CommonSettings& common, int threads,
              Console& console);

  Monitor& monitor() override { return console_; }
  int threads() const override { return threads_; }
  bool overwrite() const override { return common_.overwrite; }
  bool verbose() const override { return common_.verbose; }
  bool json() const override { return common_.json; }
  store::Provenance provenance() override;
  void know_digest(const std::string& path, const std::string& sha256) override { digests_[path] = sha256; }
  void result(const std::string& text, const nlohmann::json& object) override;

 private:
  const ToolInfo& info_;
  const Options& options_;
  const CommonSettings& common_;
  int threads_;
  Console& console_;
  std::optional<store::Provenance> provenance_;
  std::map<std::string, std::string> digests_;
};

/// JSON object of the effective value of every option that shapes the result, by option name; options without
/// a value and those that name files (which are inputs, known by their digests) are left out.
nlohmann::json effective_settings(const Options& options);

}  // namespace snitt::shell
