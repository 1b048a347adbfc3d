#include "shell/common_options.hpp"

#include <algorithm>

namespace snitt::shell {
namespace {

bool has_output(const Options& options) {
  const auto& declarations = options.declarations();
  return std::any_of(declarations.begin(), declarations.end(), [](const OptionDeclaration& declaration) {
    return declaration.kind == OptionKind::output;
  });
}

}  // namespace

void declare_common(Options& options, CommonSettings& settings) {
  const std::size_t first = options.declarations().size();
  const auto with_letter = [&options](char letter) { options.declarations().back().short_name = letter; };

  options.section("Common options");
  if (has_output(options)) options.flag("--overwrite", settings.overwrite, "replace the output if it exists");
  options.value("--threads", settings.threads, {1, 4096},
                "use at most this many threads (default: all that are granted)");
  with_letter('t');
  options.flag("--quiet", settings.quiet, "leave out all messages but warnings and errors (results still go to standard output)");
  with_letter('q');
  options.flag("--verbose", settings.verbose, "say more about what is done");
  with_letter('v');
  options.flag("--json", settings.json, "print the result as JSON");
  options.choice("--progress", settings.progress,
                 {{"auto", "a bar at a terminal, now and then a line in a log"},
                  {"always", "a bar in any case"},
                  {"never", "nothing"}},
                 "how progress is shown");
  options.file("--config", settings.config, "take options from this TOML file");
  options.flag("--print-config", settings.print_config,
               "print the options in force as TOML for --config, and stop");
  options.flag("--version", settings.version,
               "print the version, and stop (with --verbose also of the libraries)");
  options.flag("--help", settings.help, "print this text, and stop");
  with_letter('h');

  options.section("For machines");
  options.flag("--describe", settings.describe, "print this declaration as JSON, and stop");
  options.flag("--man", settings.man, "print the manual page, and stop");
  options.choice("--completion", settings.completion,
                 {{"bash", "for bash"}, {"zsh", "for zsh"}, {"fish", "for fish"}},
                 "print the completion script of a shell, and stop");

  for (std::size_t i = first; i < options.declarations().size(); ++i) options.declarations()[i].common = true;
}

}  // namespace snitt::shell
