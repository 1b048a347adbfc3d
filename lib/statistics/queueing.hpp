#pragma once
#include <cstddef>

/// Queues whose answer is a formula. Rates are per unit of time; loads a = rate * mean service time.
namespace snitt::statistics {

/// Probability that all `servers` are busy and the next is lost (Erlang's first formula), by the recursion
/// B(k) = a B(k-1) / (k + a B(k-1)).
double erlang_b(std::size_t servers, double load);
/// Probability that the next has to wait (Erlang's second formula): B / (1 - rho (1 - B)); 1 where load >=
/// servers.
double erlang_c(std::size_t servers, double load);

/// Poisson arrivals, exponential service, `servers` alike, first come first served.
struct Queue {
  std::size_t servers = 1;
  double arrival_rate = 0;
  double service_rate = 0;  ///< of one server

  double load() const { return arrival_rate / service_rate; }
  double utilization() const { return load() / static_cast<double>(servers); }
  double wait_probability() const { return erlang_c(servers, load()); }
  double mean_wait() const;                                         ///< infinite where load >= servers
  double share_within(double time) const;                           ///< of waits that are no longer
  double wait_quantile(double share) const;                         ///< 0 for those who need not wait
  double mean_queue() const { return arrival_rate * mean_wait(); }  ///< Little's law
};

/// Fewest servers at which this share waits no longer than `time`; throws ComputationError where share is not
/// below 1.
std::size_t servers_for(double arrival_rate, double service_rate, double time, double share);

/// Pollaczek and Khinchine: exact mean wait of one server with Poisson arrivals and any service time.
double mean_wait_one_server(double arrival_rate, double mean_service, double service_cv);
/// Allen and Cunneen: mean wait of the exponential queue times (ca² + cs²) / 2, an approximation that is
/// exact for one server with Poisson arrivals (ca = 1) and for exponential service.
double mean_wait_general(const Queue& queue, double arrival_cv, double service_cv);

}  // namespace snitt::statistics
