#include "image_registration/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

namespace snitt::image_registration {
namespace {

using Vector = std::vector<double>;

double product(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double largest(const Vector& a) {
  double most = 0;
  for (const double value : a) most = std::max(most, std::abs(value));
  return most;
}

void add(Vector& a, double factor, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
}

struct Pair {
  Vector step;
  Vector change;  ///< of the gradient
  double curvature;
};

/// Minus the approximated inverse Hessian times the gradient.
Vector direction(const std::deque<Pair>& pairs, const Vector& gradient) {
  Vector d = gradient;
  Vector alpha(pairs.size());
  for (std::size_t i = pairs.size(); i-- > 0;) {
    alpha[i] = product(pairs[i].step, d) / pairs[i].curvature;
    add(d, -alpha[i], pairs[i].change);
  }
  const Pair& newest = pairs.back();
  const double scale = newest.curvature / product(newest.change, newest.change);
  for (double& value : d) value *= scale;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    add(d, alpha[i] - product(pairs[i].change, d) / pairs[i].curvature, pairs[i].step);
  for (double& value : d) value = -value;
  return d;
}

Vector steepest(const Vector& gradient, double first_step) {
  Vector d = gradient;
  const double most = largest(gradient);
  const double scale = most > 0 ? -first_step / most : 0;
  for (double& value : d) value *= scale;
  return d;
}

}  // namespace

LbfgsResult minimize(const Objective& objective, const LbfgsSettings& settings, Vector& x) {
  constexpr double enough = 1e-4;  // share of the promised fall that a step must give
  constexpr int window = 10;
  LbfgsResult result;
  Vector gradient(x.size());
  double value = objective(x, gradient);
  result.first_value = value;
  result.evaluations = 1;
  std::deque<Pair> pairs;
  std::vector<double> history{value};
  while (result.iterations < settings.iterations && largest(gradient) > 0) {
    Vector step = pairs.empty() ? steepest(gradient, settings.first_step) : direction(pairs, gradient);
    double slope = product(step, gradient);
    if (!(slope < 0)) {
      if (pairs.empty()) break;
      pairs.clear();
      continue;
    }
    const double most = largest(step);
    if (settings.largest_step > 0 && most > settings.largest_step) {
      const double scale = settings.largest_step / most;
      for (double& s : step) s *= scale;
      slope *= scale;
    }
    double share = 1;
    Vector trial;
    Vector trial_gradient(x.size());
    double trial_value = value;
    bool falls = false;
    for (int attempt = 0; attempt < 12 && !falls; ++attempt) {
      trial = x;
      add(trial, share, step);
      trial_value = objective(trial, trial_gradient);
      ++result.evaluations;
      falls = trial_value <= value + enough * share * slope;
      if (falls) break;
      const double bend = trial_value - value - share * slope;
      const double best = bend > 0 ? -slope * share * share / (2 * bend) : 0.5 * share;
      share = std::clamp(best, 0.1 * share, 0.5 * share);
    }
    if (!falls) {
      if (pairs.empty()) break;
      pairs.clear();  // a poor model of the curvature: begin anew with the steepest descent
      continue;
    }
    Pair pair{Vector(x.size()), Vector(x.size()), 0};
    for (std::size_t i = 0; i < x.size(); ++i) {
      pair.step[i] = trial[i] - x[i];
      pair.change[i] = trial_gradient[i] - gradient[i];
    }
    pair.curvature = product(pair.step, pair.change);
    if (pair.curvature >
        1e-12 * std::sqrt(product(pair.step, pair.step) * product(pair.change, pair.change))) {
      pairs.push_back(std::move(pair));
      if (pairs.size() > settings.memory) pairs.pop_front();
    }
    x.swap(trial);
    gradient.swap(trial_gradient);
    value = trial_value;
    ++result.iterations;
    history.push_back(value);
    if (history.size() > window) {
      const double gain = history[history.size() - 1 - window] - value;
      if (gain <= settings.tolerance * (history.front() - value)) break;
    }
  }
  result.value = value;
  return result;
}

}  // namespace snitt::image_registration
