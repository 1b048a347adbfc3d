#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Forecasts of a series whose level, slope and season change slowly. A value that is missing (NaN) teaches
/// nothing; the state goes on without it.
namespace snitt::statistics {

/// Classical decomposition over the first `values`: seasonal figure [period] (mean 0, or 1 when
/// multiplicative) and centered moving average, as R's decompose.
struct Decomposition {
  std::vector<double> season;  ///< [period], beginning at the first value
  std::vector<double> trend;   ///< [value], NaN at both ends
};
Decomposition decompose(std::span<const double> values, std::size_t period, bool multiplicative);

struct SmoothingState {
  double level = 0;
  double slope = 0;
  std::vector<double> season;  ///< [period], the next value's first; empty without a season
};

/// Holt and Winters by least squares of one-step errors, started from a decomposition of the first two
/// periods (R's HoltWinters).
struct HoltWinters {
  bool multiplicative = false;
  double alpha = 0;  ///< of the level
  double beta = 0;   ///< of the slope
  double gamma = 0;  ///< of the season
  SmoothingState state;
  double sum_of_squares = 0;
  std::vector<double> fitted;  ///< [value], NaN in the first period

  std::vector<double> forecast(std::size_t horizon) const;
};
/// Throws ComputationError for fewer than two periods, for values missing in the first two, and for values
/// not above 0 when multiplicative.
HoltWinters holt_winters(std::span<const double> values, std::size_t period, bool multiplicative);

enum class Trend { none, additive, damped };
enum class Season { none, additive, multiplicative };

/// One of the state-space forms of Hyndman, Koehler, Snyder and Grose (2002).
struct EtsForm {
  bool multiplicative_error = false;
  Trend trend = Trend::none;
  Season season = Season::none;
  std::string name() const;  ///< "ETS(M,Ad,M)"
};

/// Maximum likelihood fit. beta is that of the state equation b += beta e, as in Hyndman's notation.
struct Ets {
  EtsForm form;
  double alpha = 0;
  double beta = 0;
  double gamma = 0;
  double phi = 1;
  SmoothingState start;
  SmoothingState state;   ///< after the last value
  double deviation = 0;   ///< of the (relative, when multiplicative) errors
  double likelihood = 0;  ///< log, up to the constant that R's forecast::ets leaves out too
  double aicc = 0;
  std::size_t parameters = 0;
  std::vector<double> fitted;  ///< [value]

  std::vector<double> forecast(std::size_t horizon) const;
  /// One path [horizon] with normal errors; a pure function of seed and path.
  std::vector<double> simulate(std::size_t horizon, std::uint64_t seed, std::uint64_t path) const;
};

/// Inside 0 < beta < alpha < 1, 0 < gamma < 1 - alpha, 0.8 <= phi <= 0.98. Throws ComputationError for too
/// few values, and for values not above 0 where something is multiplicative.
Ets fit_ets(std::span<const double> values, std::size_t period, EtsForm form);
/// Of all forms the smallest corrected AIC; additive errors with a multiplicative season are left out, whose
/// variance is not finite. Multiplicative forms want values above 0.
Ets choose_ets(std::span<const double> values, std::size_t period);

}  // namespace snitt::statistics
