#include "statistics/distributions.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace snitt::statistics {

using boost::math::cdf;
using boost::math::complement;

double normal_quantile(double probability) {
  return boost::math::quantile(boost::math::normal_distribution<double>(), probability);
}

double normal_probability(double z) { return cdf(boost::math::normal_distribution<double>(), z); }

double student_t_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::students_t_distribution<double>(degrees), probability);
}

double student_t_two_sided(double t, double degrees) {
  return 2 * cdf(complement(boost::math::students_t_distribution<double>(degrees), std::abs(t)));
}

double chi_squared_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::chi_squared_distribution<double>(degrees), probability);
}

double normal_upper_tail(double z) { return cdf(complement(boost::math::normal_distribution<double>(), z)); }

double chi_squared_upper_tail(double value, double degrees) {
  return cdf(complement(boost::math::chi_squared_distribution<double>(degrees), value));
}

double f_upper_tail(double value, double degrees_between, double degrees_within) {
  return cdf(complement(boost::math::fisher_f_distribution<double>(degrees_between, degrees_within), value));
}

double f_quantile(double probability, double degrees_between, double degrees_within) {
  return boost::math::quantile(boost::math::fisher_f_distribution<double>(degrees_between, degrees_within),
                               probability);
}

double f_noncentrality(double value, double degrees_between, double degrees_within, double probability) {
  const auto below = [&](double noncentrality) {
    return noncentrality > 0 ? cdf(boost::math::non_central_f_distribution<double>(
                                       degrees_between, degrees_within, noncentrality),
                                   value)
                             : 1 - f_upper_tail(value, degrees_between, degrees_within);
  };
  if (!(value > 0) || below(0) <= probability) return 0;
  double low = 0;
  double high = 1;
  while (below(high) > probability && high < 1e9) high *= 2;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (below(middle) > probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

double binomial_probability(std::int64_t count, std::int64_t trials, double share) {
  if (count < 0) return 0;
  if (count >= trials) return 1;
  return cdf(boost::math::binomial_distribution<double>(static_cast<double>(trials), share),
             static_cast<double>(count));
}

double poisson_probability(std::int64_t count, double expected) {
  if (count < 0) return 0;
  return cdf(boost::math::poisson_distribution<double>(expected), static_cast<double>(count));
}

}  // namespace snitt::statistics
