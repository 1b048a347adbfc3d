#include "shell/session.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "shell/declarations.hpp"
#include "shell/standard_output.hpp"
#include "store/layouts.hpp"

namespace snitt::shell {
namespace {

store::ProvenanceInput describe_input(const std::string& role, const std::string& path,
                                      const std::map<std::string, std::string>& digests) {
  const bool is_file = std::filesystem::is_regular_file(path);
  const auto known = digests.find(path);
  return {role, known == digests.end() ? sha256_of_path(path) : known->second,
          is_file ? store::provenance_of(path) : ""};
}

}  // namespace

nlohmann::json effective_settings(const Options& options) {
  nlohmann::json settings = nlohmann::json::object();
  for (const OptionDeclaration& declaration : options.declarations()) {
    const bool is_output = declaration.kind == OptionKind::output;
    if (declaration.common || is_output || names_inputs(declaration)) continue;
    const nlohmann::json value = declaration.effective();
    if (!value.is_null()) settings[declaration.name] = value;
  }
  return settings;
}

ToolSession::ToolSession(const ToolInfo& info, const Options& options, const CommonSettings& common,
                         int threads, Console& console)
    : info_(info), options_(options), common_(common), threads_(threads), console_(console) {}

store::Provenance ToolSession::provenance() {
  if (provenance_) return *provenance_;
  store::Provenance provenance;
  provenance.tool = "snitt-" + info_.name;
  provenance.version = SNITT_VERSION;
  provenance.settings = effective_settings(options_).dump();
  provenance.created = store::creation_time();
  for (const OptionDeclaration& declaration : options_.declarations()) {
    if (!names_inputs(declaration) || declaration.common || declaration.secret) continue;
    const nlohmann::json paths = declaration.effective();
    if (paths.is_string())
      provenance.inputs.push_back(describe_input(declaration.name, paths.get<std::string>(), digests_));
    if (paths.is_array())
      for (const nlohmann::json& path : paths)
        provenance.inputs.push_back(describe_input(declaration.name, path.get<std::string>(), digests_));
  }
  provenance_ = provenance;
  return provenance;
}

void ToolSession::result(const std::string& text, const nlohmann::json& object) {
  console_.finish_progress();
  std::string output =
      common_.json ? object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) : text;
  if (!output.empty() && output.back() != '\n') output += '\n';
  write_standard_output(output);
}

}  // namespace snitt::shell
