// CPU time of the benchmark's bootstrap: 2 000 replicates of 100 sites of 50 examinations.
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <string>

#include "base/threads.hpp"
#include "benchmark/benchmark.hpp"
#include "statistics/random.hpp"

namespace {

using namespace snitt;

benchmark::Exam exam_of(std::size_t sites, std::size_t patients) {
  benchmark::Exam exam{"EXAM", {}};
  for (std::size_t s = 0; s < sites; ++s) {
    benchmark::ExamGroup group;
    group.name = fmt::format("S{:03}", s);
    for (std::size_t i = 0; i < patients; ++i) {
      const double u = statistics::uniform(statistics::random_bits(1, s, i));
      const double v = statistics::uniform(statistics::random_bits(2, s, i));
      group.values[0].push_back(std::exp(2 + 0.01 * static_cast<double>(s % 17) + 0.5 * u + 0.5 * v));
      group.values[1].push_back(group.values[0].back() * 40);
      group.values[2].push_back(26 + 8 * v);
      group.values[3].push_back(30 / std::sqrt(group.values[0].back()) * (1 + 0.1 * u * v));
    }
    benchmark::complete(group);
    exam.groups.push_back(std::move(group));
  }
  return exam;
}

template <typename Work>
void measure(const char* what, Work work) {
  const std::clock_t start = std::clock();
  work();
  fmt::print("{:<66} {:.3f} s CPU\n", what, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
}

}  // namespace

int main(int argc, char** argv) {
  const ThreadLimit limit(argc > 1 ? std::stoi(argv[1]) : 1);
  const benchmark::Exam exam = exam_of(100, 50);
  benchmark::Resampling resampling;
  measure("levels of CTDIvol, 2000 replicates x 100 sites x 50, percentile",
          [&] { benchmark::dose_levels(exam, benchmark::Measure::ctdivol, resampling); });
  resampling.accelerated = true;
  measure("the same, BCa", [&] { benchmark::dose_levels(exam, benchmark::Measure::ctdivol, resampling); });
  resampling.accelerated = false;
  measure("the whole benchmark of that exam, everything bootstrapped", [&] {
    Monitor silent;
    benchmark::benchmark({{exam}, {}}, {}, silent);
  });
}
