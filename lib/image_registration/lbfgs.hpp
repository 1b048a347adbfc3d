#pragma once
#include <cstddef>
#include <functional>
#include <vector>

namespace snitt::image_registration {

/// Value at `x`; writes the derivative.
using Objective = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

struct LbfgsSettings {
  int iterations = 50;
  std::size_t memory = 6;
  double first_step = 1;    ///< largest change of an unknown in the first step
  double largest_step = 0;  ///< largest change of an unknown in any step; 0: no bound
  double tolerance = 1e-4;  ///< stop when ten steps gain less than this share of the gain so far
};

struct LbfgsResult {
  double first_value = 0;
  double value = 0;
  int iterations = 0;
  int evaluations = 0;
};

/// Limited-memory BFGS (Nocedal & Wright 2006, algorithm 7.5) with backtracking: each step is tried whole and
/// shortened by a parabola's minimum until the value falls enough (Armijo).
LbfgsResult minimize(const Objective& objective, const LbfgsSettings& settings, std::vector<double>& x);

}  // namespace snitt::image_registration
