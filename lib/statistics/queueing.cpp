#include "statistics/queueing.hpp"

#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace snitt::statistics {

double erlang_b(std::size_t servers, double load) {
  double b = 1;
  for (std::size_t k = 1; k <= servers; ++k) b = load * b / (static_cast<double>(k) + load * b);
  return b;
}

double erlang_c(std::size_t servers, double load) {
  const double rho = load / static_cast<double>(servers);
  if (rho >= 1) return 1;
  const double b = erlang_b(servers, load);
  return b / (1 - rho * (1 - b));
}

double Queue::mean_wait() const {
  const double spare = static_cast<double>(servers) * service_rate - arrival_rate;
  return spare > 0 ? wait_probability() / spare : std::numeric_limits<double>::infinity();
}

double Queue::share_within(double time) const {
  const double spare = static_cast<double>(servers) * service_rate - arrival_rate;
  return spare > 0 ? 1 - wait_probability() * std::exp(-spare * time) : 0;
}

double Queue::wait_quantile(double share) const {
  const double spare = static_cast<double>(servers) * service_rate - arrival_rate;
  if (spare <= 0) return std::numeric_limits<double>::infinity();
  const double c = wait_probability();
  return 1 - share >= c ? 0 : std::log(c / (1 - share)) / spare;
}

std::size_t servers_for(double arrival_rate, double service_rate, double time, double share) {
  if (!(share < 1) || !(arrival_rate >= 0) || !(service_rate > 0))
    throw ComputationError("servers for a share of {}: expected a share below 1, and rates", share);
  auto servers = static_cast<std::size_t>(std::floor(arrival_rate / service_rate)) + 1;
  while (Queue{servers, arrival_rate, service_rate}.share_within(time) < share) ++servers;
  return servers;
}

double mean_wait_one_server(double arrival_rate, double mean_service, double service_cv) {
  const double rho = arrival_rate * mean_service;
  if (rho >= 1) return std::numeric_limits<double>::infinity();
  return arrival_rate * mean_service * mean_service * (1 + service_cv * service_cv) / (2 * (1 - rho));
}

double mean_wait_general(const Queue& queue, double arrival_cv, double service_cv) {
  return queue.mean_wait() * (arrival_cv * arrival_cv + service_cv * service_cv) / 2;
}

}  // namespace snitt::statistics
