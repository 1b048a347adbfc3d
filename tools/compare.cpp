#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/words.hpp"
#include "shell/tool.hpp"
#include "store/compare.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{"compare", "files", "say in what two Snitt files differ",
                           "Compares every array, name and attribute of two files of one layout. Provenance, "
                           "free metadata and digests may "
                           "differ; the status is 1 when anything else does.\n\n"
                           "With --data-only only the numbers count: voxels and geometry, pixels and poses, "
                           "but not the names of coordinate "
                           "frames or the quantity."};

struct Settings {
  std::string first;
  std::string second;
  double tolerance = 0;
  bool data_only = false;
};

void declare(Options& options, Settings& s) {
  options.input("FIRST", s.first, "Snitt file");
  options.input("SECOND", s.second, "Snitt file of the same layout");
  options.value("--tolerance", s.tolerance, {0, 1e300},
                "numbers may differ by this much, in the units of their array");
  options.flag("--data-only", s.data_only,
               "compare arrays of numbers alone, not names, texts and attributes");
  options.example("snitt-compare volume.h5 volume.h5", "A file does not differ from itself");
}

void run(const Settings& s, shell::Session& session) {
  const std::vector<store::Difference> differences =
      store::compare_files(s.first, s.second, {s.tolerance, s.data_only});
  std::string text;
  nlohmann::json json = nlohmann::json::array();
  for (const store::Difference& d : differences) {
    text += fmt::format("{}: {}\n", d.object, d.problem);
    json.push_back({{"object", d.object},
                    {"problem", d.problem},
                    {"values", d.values},
                    {"largest", d.largest},
                    {"rms", d.rms}});
  }
  session.result(differences.empty() ? "no difference\n" : text,
                 {{"equal", differences.empty()}, {"differences", json}});
  if (!differences.empty())
    throw CheckFailed("{} and {} differ in {}", s.first, s.second, counted(differences.size(), "object"));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
