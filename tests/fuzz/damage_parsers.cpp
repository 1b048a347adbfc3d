// Damages a specimen of every foreign format and reads it: only a snitt::Error may come out, soon, and
// without asking for absurd amounts of memory. Meant for a build with sanitizers; a crash leaves the damaged
// file in place.
//
//   damage_parsers --seed 7 --rounds 1000 --sample-data DIR --findings DIR [--only PART_OF_A_NAME]
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <typeinfo>

#include "base/error.hpp"
#include "fuzz/corpus.hpp"
#include "fuzz/mutate.hpp"

namespace snitt::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

// Longer than any read of these specimens by orders of magnitude, also on a busy machine under sanitizers.
constexpr unsigned hang_s = 60;
constexpr double slow_cpu_s = 5;
// A specimen has at most 0.7 MB, and deflate expands at most 1032 times.
constexpr std::size_t most_address_space = std::size_t{2} << 30;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Bytes this process has ever had resident.
std::size_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

enum class Condition { whole, damaged };

/// What is wrong with the way the file was read; "" when nothing is.
std::string complaint_about_reading(const Specimen& specimen, Condition condition) {
  const double start = cpu_seconds();
  const std::size_t peak = peak_bytes();
  alarm(hang_s);
  std::string complaint;
  try {
    specimen.read(specimen.path);
  } catch (const Error& error) {
    if (condition == Condition::whole) complaint = std::string("a whole file is refused: ") + error.what();
    if (error.status() != ExitStatus::input && error.status() != ExitStatus::usage)
      complaint = std::string("status of a wrong kind: ") + error.what();
  } catch (const std::exception& error) {
    complaint = std::string(typeid(error).name()) + ": " + error.what();
  }
  alarm(0);
  const double took = cpu_seconds() - start;
  if (took > slow_cpu_s) complaint += " took " + std::to_string(took) + " s";
  if (peak_bytes() > std::max(peak, most_address_space))
    complaint += " took " + std::to_string(peak_bytes()) + " bytes";
  return complaint;
}

struct Plan {
  unsigned seed = 1;
  int rounds = 100;
  std::string sample_data;
  std::filesystem::path findings = "findings";
  std::string only;
};

Plan plan_of(int argc, char** argv) {
  Plan plan;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    const std::string value = argv[i + 1];
    if (option == "--seed")
      plan.seed = static_cast<unsigned>(std::stoul(value));
    else if (option == "--rounds")
      plan.rounds = std::stoi(value);
    else if (option == "--sample-data")
      plan.sample_data = value;
    else if (option == "--findings")
      plan.findings = value;
    else if (option == "--only")
      plan.only = value;
    else
      throw std::runtime_error("unknown option " + option);
  }
  return plan;
}

/// Number of findings.
int examine(const Specimen& specimen, const Plan& plan) {
  std::mt19937 random(plan.seed);
  std::map<std::string, int> seen;
  const auto start = Clock::now();
  write(specimen.path, specimen.content);
  const std::string whole_complaint = complaint_about_reading(specimen, Condition::whole);
  if (!whole_complaint.empty()) {
    ++seen[whole_complaint];
    std::printf("  %s: %s\n", specimen.path.c_str(), whole_complaint.c_str());
  }
  // A recording of half a megabyte takes as long as a hundred small files.
  const int rounds = specimen.content.size() > 100000 ? plan.rounds / 10 : plan.rounds;
  for (int round = 0; round < rounds; ++round) {
    const std::string broken = mutated(specimen.content, random);
    write(specimen.path, broken);
    const std::string complaint = complaint_about_reading(specimen, Condition::damaged);
    if (complaint.empty() || ++seen[complaint] > 1) continue;
    const std::string name =
        std::to_string(seen.size()) + "-" + std::filesystem::path(specimen.path).filename().string();
    write(plan.findings / name, broken);
    std::printf("  %s (round %d): %s\n", name.c_str(), round, complaint.c_str());
  }
  write(specimen.path, specimen.content);
  std::printf("%s: %d rounds, %.1f s, %zu findings\n", specimen.path.c_str(), rounds,
              std::chrono::duration<double>(Clock::now() - start).count(), seen.size());
  std::fflush(stdout);
  return static_cast<int>(seen.size());
}

int run(const Plan& plan) {
  const auto scratch = plan.findings / "scratch";
  std::filesystem::create_directories(scratch);
  int findings = 0;
  for (const Specimen& specimen : specimens(scratch.string(), plan.sample_data))
    if (specimen.path.find(plan.only) != std::string::npos) findings += examine(specimen, plan);
  std::printf("%d findings, at most %zu MB\n", findings, peak_bytes() >> 20);
  return findings == 0 ? 0 : 1;
}

}  // namespace
}  // namespace snitt::fuzz

int main(int argc, char** argv) { return snitt::fuzz::run(snitt::fuzz::plan_of(argc, argv)); }
