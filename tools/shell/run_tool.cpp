#include <H5public.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "shell/command_line.hpp"
#include "shell/common_options.hpp"
#include "shell/config_file.hpp"
#include "shell/console.hpp"
#include "shell/declarations.hpp"
#include "shell/documents.hpp"
#include "shell/session.hpp"
#include "shell/settings.hpp"
#include "shell/signals.hpp"
#include "shell/standard_output.hpp"
#include "shell/tool.hpp"

namespace snitt::shell {
namespace {

constexpr int broken_pipe_status = 128 + 13;  // what the shell reports of a program that SIGPIPE stopped

/// The only place where failures become a message and a status.
int guarded(Console& console, const std::function<void()>& work) {
  try {
    work();
    return static_cast<int>(ExitStatus::done);
  } catch (const Error& error) {
    console.error(error.what());
    return static_cast<int>(error.status());
  } catch (const BrokenPipe&) {
    return broken_pipe_status;
  } catch (const std::bad_alloc&) {
    console.error("not enough memory; expected more (ask for a smaller output, or give the job more memory)");
    return static_cast<int>(ExitStatus::computation);
  } catch (const std::exception& error) {
    console.error(fmt::format("this is a bug in snitt {}; please report it with the command line: {}",
                              SNITT_VERSION, error.what()));
    return static_cast<int>(ExitStatus::bug);
  } catch (...) {
    console.error(
        fmt::format("this is a bug in snitt {}; please report it with the command line: unknown exception",
                    SNITT_VERSION));
    return static_cast<int>(ExitStatus::bug);
  }
}

/// Requests for a document are answered even when the rest of the command line is incomplete.
bool print_document(const ToolInfo& info, const Options& options, const CommonSettings& common) {
  std::string text;
  if (common.help)
    text = help_text(info, options, terminal_columns(STDOUT_FILENO));
  else if (common.version)
    text = version_text(info, common.verbose);
  else if (common.describe)
    text = describe(info, options).dump(2) + "\n";
  else if (common.man)
    text = man_page(info, options);
  else if (!common.completion.empty())
    text = completion_script(common.completion, info, options);
  else
    return false;
  write_standard_output(text);
  return true;
}

/// --threads beats SNITT_NUM_THREADS, which beats a --config file.
int threads_for(const CommonSettings& common, const std::map<std::string, Source>& sources) {
  const auto source = sources.find("--threads");
  if (source == sources.end() || source->second == Source::environment || !common.threads)
    return thread_count(std::nullopt);
  return thread_count(static_cast<int>(*common.threads));
}

std::string config_path(const CommandLine& line) {
  const auto words = line.options.find("--config");
  if (words == line.options.end()) return "";
  if (words->second.size() != 1)
    throw UsageError("--config is given {} times; expected once", words->second.size());
  return words->second.front();
}

void assign_requests(const CommandLine& line, const std::vector<OptionDeclaration>& declarations) {
  for (const OptionDeclaration& declaration : declarations)
    if (const auto words = line.options.find(declaration.name);
        words != line.options.end() && declaration.common &&
        (!is_configurable(declaration) || declaration.name == "--verbose"))
      declaration.assign(words->second);
}

std::string config_in_force(const ToolInfo& info, const Options& options,
                            const std::map<std::string, Source>& sources) {
  std::vector<std::string> given;
  for (const auto& [name, source] : sources) given.push_back(name);
  return print_config("snitt-" + info.name, options.declarations(), given);
}

void run_with(const ToolInfo& info, Options& options, CommonSettings& common,
              const std::function<void(Session&)>& run, const std::vector<std::string>& arguments,
              Console& console) {
  const std::vector<OptionDeclaration>& declarations = options.declarations();
  const CommandLine line = split_command_line(declarations, arguments);
  assign_requests(line, declarations);
  if (print_document(info, options, common)) return;
  refuse_unknown(line, declarations);
  const std::map<std::string, Source> sources =
      settle(declarations, line, config_path(line), [](const char* name) { return std::getenv(name); });
  if (common.print_config) {
    write_standard_output(config_in_force(info, options, sources));
    return;
  }
  if (common.quiet && common.verbose)
    throw UsageError("--quiet and --verbose exclude each other; expected one of them");
  console.set_style(console_style(common.progress, common.quiet, common.verbose));
  assign_operands(line, declarations);
  refuse_missing(declarations);
  check_files(declarations, common.overwrite);

  const int threads = threads_for(common, sources);
  ThreadLimit limit(threads);
  ToolSession session(info, options, common, threads, console);
  limit.run([&] { run(session); });
  console.finish_progress();
}

}  // namespace

int run_tool(const ToolInfo& info, Options& options, const std::function<void(Session&)>& run, int argc,
             char** argv) {
  // Before anything can open a file: without it HDF5 closes files at exit, and crashed there after a failed
  // write.
  H5dont_atexit();
  const std::string program = "snitt-" + info.name;
  handle_stop_signals(program);
  Console console(program);
  CommonSettings common;
  return guarded(console, [&] {
    occupy_closed_streams();
    declare_common(options, common);
    run_with(info, options, common, run, std::vector<std::string>(argv + 1, argv + argc), console);
  });
}

}  // namespace snitt::shell
