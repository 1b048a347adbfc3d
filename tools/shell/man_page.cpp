#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "shell/declarations.hpp"
#include "shell/documents.hpp"
#include "store/provenance.hpp"

namespace snitt::shell {
namespace {

/// Text as mdoc sees only text: no escapes, and no line that begins like a macro.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\')
      result += "\\e";
    else
      result += c;
  }
  if (!result.empty() && (result.front() == '.' || result.front() == '\'')) result.insert(0, "\\&");
  return result;
}

/// One sentence per line, as the format's linter wants it, and dashes that can be copied.
std::string prose(std::string_view text) {
  std::string result = escaped(text);
  for (std::size_t at = result.find(". "); at != std::string::npos; at = result.find(". ", at + 1))
    if (at > 0 && std::isalnum(static_cast<unsigned char>(result[at - 1])) && at + 2 < result.size() &&
        std::isupper(static_cast<unsigned char>(result[at + 2])))
      result[at + 1] = '\n';
  return result + "\n";
}

/// A word as argument of a macro: quoted, because "Ar is" and "Fl No" would be macros themselves.
std::string argument(std::string_view word) {
  std::string quoted = "\"";
  for (const char c : word)
    quoted += c == '"' ? std::string("\"\"") : c == '\\' ? std::string("\\e") : std::string(1, c);
  return quoted + "\"";
}

/// A name of macros' arguments may be taken for a macro unless it is protected.
std::string protected_word(std::string_view word) { return "\\&" + std::string(escaped(word)); }

std::string month_day_year(const std::string& iso) {
  static const char* const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};
  const int month = std::stoi(iso.substr(5, 2));
  return fmt::format("{} {}, {}", months[month - 1], std::stoi(iso.substr(8, 2)), iso.substr(0, 4));
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  return text;
}

std::string item(const OptionDeclaration& declaration) {
  std::string line = ".It";
  if (declaration.short_name != '\0') line += fmt::format(" Fl {} ,", declaration.short_name);
  line += fmt::format(" Fl \\-{}", declaration.name.substr(2));
  if (takes_value(declaration)) line += " Ar " + argument(declaration.placeholder);
  line += "\n" + prose(sentence(declaration.help));
  if (!declaration.choices.empty()) {
    line += ".Bl -tag -width Ds -compact\n";
    for (const Choice& choice : declaration.choices)
      line += fmt::format(".It Cm {}\n{}", protected_word(choice.name), prose(sentence(choice.help)));
    line += ".El\n";
  }
  if (const std::string notes = value_notes(declaration); !notes.empty()) line += prose(sentence(notes));
  return line;
}

std::string synopsis(const std::string& program, const Options& options) {
  std::string text = fmt::format(".Sh SYNOPSIS\n.Nm {}\n.Op Ar OPTIONS\n", program);
  for (const OptionDeclaration& declaration : options.declarations())
    if (is_operand(declaration))
      text += fmt::format(".Ar {}{}\n", protected_word(declaration.name),
                          is_repeatable(declaration) ? " ..." : "");
  for (const OptionDeclaration& declaration : options.declarations()) {
    if (is_operand(declaration) || !declaration.required) continue;
    const std::string flag = declaration.short_name != '\0' ? std::string(1, declaration.short_name)
                                                            : "\\-" + declaration.name.substr(2);
    text += fmt::format(".Fl {} Ar {}\n", flag, argument(declaration.placeholder));
  }
  return text;
}

std::string operand_list(const Options& options) {
  std::string text;
  for (const OptionDeclaration& declaration : options.declarations())
    if (is_operand(declaration))
      text += fmt::format(".It Ar {}{}\n{}", protected_word(declaration.name),
                          is_repeatable(declaration) ? " ..." : "", prose(sentence(declaration.help)));
  return text.empty() ? "" : ".Pp\nThe operands are:\n.Bl -tag -width Ds\n" + text + ".El\n";
}

std::string environment_section(const Options& options) {
  std::string text = ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n";
  for (const OptionDeclaration& declaration : options.declarations()) {
    if (!is_configurable(declaration)) continue;
    text += fmt::format(".It Ev {}\nValue of\n.Fl \\-{}\nif that is not given.\n",
                        environment_name(declaration), declaration.name.substr(2));
  }
  text +=
      ".It Ev SLURM_CPUS_PER_TASK , OMP_NUM_THREADS\nLimits of the number of threads; the smallest holds.\n"
      ".It Ev SOURCE_DATE_EPOCH\nTime stamp of the outputs, in seconds since 1970.\n"
      ".It Ev NO_COLOR\nIf set, messages have no colour.\n.El\n";
  return text;
}

std::string exit_status_section() {
  std::string text = ".Sh EXIT STATUS\n.Bl -tag -width Ds\n";
  for (const StatusMeaning& entry : status_meanings())
    text += fmt::format(".It {}\n{}", entry.status, prose(sentence(entry.meaning)));
  return text + ".El\n";
}

std::string example_section(const Options& options) {
  if (options.examples().empty()) return "";
  std::string text = ".Sh EXAMPLES\n";
  for (const Options::Example& example : options.examples()) {
    text += prose(sentence(example.explanation)) + ".Bd -literal -offset indent\n" +
            escaped(example.command) + "\n.Ed\n";
    if (&example != &options.examples().back()) text += ".Pp\n";
  }
  return text;
}

}  // namespace

std::string man_page(const ToolInfo& info, const Options& options) {
  const std::string program = "snitt-" + info.name;
  std::string text = fmt::format(".Dd {}\n.Dt {} 1\n.Os Snitt {}\n", month_day_year(store::creation_time()),
                                 upper(program), SNITT_VERSION);
  text += fmt::format(".Sh NAME\n.Nm {}\n.Nd {}", program, prose(info.summary));
  text += synopsis(program, options);
  text += ".Sh DESCRIPTION\n";
  const std::vector<std::string> description = paragraphs(info.description);
  if (description.empty()) text += prose(sentence(info.summary));
  for (std::size_t i = 0; i < description.size(); ++i) text += (i > 0 ? ".Pp\n" : "") + prose(description[i]);
  text += operand_list(options);
  bool first = true;
  for (const std::string& title : section_titles(options)) {
    if (first) text += ".Pp\nThe options are:\n";
    first = false;
    text += fmt::format(".Ss {}\n.Bl -tag -width Ds\n", escaped(title));
    for (const OptionDeclaration& declaration : options.declarations())
      if (!is_operand(declaration) && section_of(declaration) == title) text += item(declaration);
    text += ".El\n";
  }
  text += environment_section(options) + exit_status_section() + example_section(options);
  return text + ".Sh SEE ALSO\n.Xr snitt 1 ,\n.Xr snitt 7\n";
}

}  // namespace snitt::shell
