#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace snitt {

/// Closed interval of allowed values; infinities mean no limit on that side.
struct Range {
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
};

/// "0.01 to 10", "at least 1", "at most 5", or "" without limits.
std::string interval_text(Range range);

/// One word of a choice and what it means.
struct Choice {
  std::string name;
  std::string help;
};

enum class OptionKind {
  input,
  inputs,
  output,
  text,
  number,
  whole,
  numbers,
  per_axis,
  flag,
  choice,
  file,
  texts,
  files
};

/// One declared option or operand: all that the parser, --help, the man page, completion, --describe,
/// --config,
/// --print-config and the contract tests know of it. Plain data; the command line is parsed in tools/shell.
struct OptionDeclaration {
  OptionKind kind = OptionKind::text;
  std::string name;         ///< "--spacing-mm", or the operand's placeholder "INPUT"
  char short_name = '\0';   ///< 'o' for -o
  std::string placeholder;  ///< "X Y Z"
  std::string help;         ///< one sentence without a full stop
  std::string section;      ///< heading it is listed under
  Range range;
  std::size_t count = 1;  ///< of numbers: how many values
  std::vector<Choice> choices;
  bool required = false;
  bool folder = false;       ///< of an output: may be a folder
  bool judged = false;       ///< of inputs: the tool itself reports what is missing
  bool secret = false;       ///< of a file: not even its digest may be told
  bool common = false;       ///< declared by the shell for every tool
  std::string default_text;  ///< as shown in help; derived from the target's initial value; "" for none
  std::function<void(const std::vector<std::string>&)> assign;  ///< stores parsed words; throws UsageError
  std::function<nlohmann::json()> effective;  ///< the value in force (null when not given and no default)
};

/// What a tool accepts, declared once, bound to the fields of its settings. The initial value of a field is
/// the default. Names carry their unit ("--spacing-mm") and start with two dashes; help is a sentence without
/// a full stop.
class Options {
 public:
  /// Operand: exactly one existing file or folder.
  void input(const std::string& placeholder, std::string& target, const std::string& help);
  /// Operand: one or more existing files or folders.
  void inputs(const std::string& placeholder, std::vector<std::string>& target, const std::string& help);
  /// The same for a tool that judges files one by one: it reports those that are missing.
  void judged_inputs(const std::string& placeholder, std::vector<std::string>& target,
                     const std::string& help);
  /// -o/--output, required; the shell adds --overwrite, and refuses an existing output before any work.
  void output(std::string& target, const std::string& help);
  /// -o/--output that may be a file or a folder.
  void output_or_folder(std::string& target, const std::string& help);
  /// -o/--output that may be left out (results go to standard output instead).
  void optional_output(std::string& target, const std::string& help);
  /// A further file that is written when its option is given; checked and kept out of the provenance like the
  /// output.
  void extra_output(const std::string& name, std::string& target, const std::string& help);
  /// The same for a folder of files.
  void extra_output_folder(const std::string& name, std::string& target, const std::string& help);

  void value(const std::string& name, double& target, Range range, const std::string& help);
  void value(const std::string& name, std::optional<double>& target, Range range, const std::string& help);
  void value(const std::string& name, std::int64_t& target, Range range, const std::string& help);
  void value(const std::string& name, std::optional<std::int64_t>& target, Range range,
             const std::string& help);
  /// Exactly as many numbers as the placeholder has words: "X Y Z".
  void values(const std::string& name, std::optional<std::vector<double>>& target,
              const std::string& placeholder, Range range, const std::string& help);
  /// One word: a number that holds for x, y and z, or three joined by commas: "0.5", "0.5,0.5,1".
  void per_axis(const std::string& name, std::array<double, 3>& target, Range range, const std::string& help);
  void text(const std::string& name, std::string& target, const std::string& placeholder,
            const std::string& help);
  /// May be given more than once.
  void texts(const std::string& name, std::vector<std::string>& target, const std::string& placeholder,
             const std::string& help);
  /// An input file named by an option; "" when not given. Its digest goes into the provenance under the
  /// option's name.
  void file(const std::string& name, std::string& target, const std::string& help);
  void files(const std::string& name, std::vector<std::string>& target, const std::string& help);
  /// The same for a key or password: nothing of it, not even its digest, goes into the provenance.
  void secret_file(const std::string& name, std::string& target, const std::string& help);
  void flag(const std::string& name, bool& target, const std::string& help);
  void choice(const std::string& name, std::string& target, std::vector<Choice> choices,
              const std::string& help);

  /// Options declared after this are listed under `title`.
  void section(const std::string& title);
  /// Shown under EXAMPLES; executed by a test, in a folder where the README's chain has been run.
  void example(const std::string& command, const std::string& explanation);

  struct Example {
    std::string command;
    std::string explanation;
  };
  const std::vector<OptionDeclaration>& declarations() const { return declarations_; }
  std::vector<OptionDeclaration>& declarations() { return declarations_; }
  const std::vector<Example>& examples() const { return examples_; }

 private:
  OptionDeclaration& add(OptionKind kind, const std::string& name, const std::string& help);
  std::vector<OptionDeclaration> declarations_;
  std::vector<Example> examples_;
  std::string section_;
};

}  // namespace snitt
