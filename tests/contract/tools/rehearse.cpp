// A tool that does nothing useful, politely: it has one option of every kind, so that the manners every tool
// inherits can be tested without the weight of a real one. Not installed.
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "base/atomic_file.hpp"
#include "base/error.hpp"
#include "shell/tool.hpp"

using namespace snitt;

namespace {

const shell::ToolInfo info = {"rehearse", "tests", "copies its inputs to one file, slowly",
                              "Concatenates the inputs. Waits first, so that a test can stop it.\n\nFails in "
                              "every way that is asked for."};

struct Settings {
  std::vector<std::string> inputs;
  std::string output;
  double wait_s = 0;
  std::optional<double> spacing_mm;
  std::int64_t repeats = 1;
  std::optional<std::int64_t> limit_bytes;
  std::optional<std::vector<double>> origin_mm;
  std::string note;
  std::vector<std::string> labels;
  std::string header;
  std::vector<std::string> footers;
  bool show_provenance = false;
  std::string fail = "never";
};

void declare(Options& options, Settings& s) {
  options.inputs("INPUT", s.inputs, "file to copy");
  options.output(s.output, "file with everything");
  options.value("--wait-s", s.wait_s, {0, 3600}, "wait before the output is finished");
  options.value("--repeats", s.repeats, {1, 1000}, "copy the inputs so many times");
  options.section("Geometry");
  options.value("--spacing-mm", s.spacing_mm, {0.01, 10},
                "distance of nothing from nothing (default: unknown)");
  options.value("--limit-bytes", s.limit_bytes, {0, 1e15}, "refuse larger inputs");
  options.values("--origin-mm", s.origin_mm, "X Y Z", {-1000, 1000}, "where nothing begins");
  options.section("Words");
  options.text("--note", s.note, "TEXT", "a remark");
  options.texts("--label", s.labels, "TEXT", "a label");
  options.file("--header", s.header, "file to put first");
  options.files("--footer", s.footers, "file to put last");
  options.flag("--show-provenance", s.show_provenance, "print the story of the output");
  options.choice("--fail", s.fail,
                 {{"never", "work"},
                  {"input", "find fault with the input"},
                  {"memory", "run out of memory"},
                  {"bug", "throw what no tool may throw"}},
                 "how to end");
  options.example("snitt-rehearse a.txt -o b.txt", "Copies one file");
  options.example("snitt-rehearse a.txt -o c.txt --origin-mm -10 5 0", "A number may be negative.");
}

void copy(const std::string& path, std::ofstream& output) {
  std::ifstream input(path, std::ios::binary);
  std::vector<char> buffer(1 << 16);
  // Not `output << input.rdbuf()`: that does not tell when only a part could be written.
  while (input.read(buffer.data(), std::ssize(buffer)) || input.gcount() > 0)
    output.write(buffer.data(), input.gcount());
}

void fail_as_asked(const Settings& s) {
  if (s.fail == "input")
    throw InputError("{}: first line is\n'nothing'; expected something", s.inputs.front());
  if (s.fail == "memory") throw std::bad_alloc();
  if (s.fail == "bug") throw std::logic_error("left is right");
}

void run(const Settings& s, shell::Session& session) {
  AtomicFile file(s.output, session.overwrite() ? IfExists::overwrite : IfExists::refuse);
  std::ofstream output(file.temporary(), std::ios::binary);
  if (!s.header.empty()) copy(s.header, output);
  for (std::int64_t i = 0; i < s.repeats; ++i)
    for (const std::string& input : s.inputs) copy(input, output);
  for (const std::string& footer : s.footers) copy(footer, output);
  if (!output.flush()) throw OutputError("{}: cannot be written", s.output);
  session.monitor().inform("copying");
  session.monitor().detail("threads: " + std::to_string(session.threads()));
  for (int i = 0; i < 100 && s.wait_s > 0; ++i) {
    session.monitor().progress("waiting", i, 100);
    std::this_thread::sleep_for(std::chrono::duration<double>(s.wait_s / 100));
  }
  fail_as_asked(s);
  output.close();
  if (!output) throw OutputError("{}: cannot be written", s.output);
  file.commit();
  if (s.show_provenance) {
    const nlohmann::json story = store::to_json(session.provenance());
    session.result(story.dump(), story);
  }
}

}  // namespace

int main(int argc, char** argv) { return shell::run_tool<Settings>(info, declare, run, argc, argv); }
