#include "statistics/distributions.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace snitt::statistics {

double normal_quantile(double probability) {
  return boost::math::quantile(boost::math::normal_distribution<double>(), probability);
}

double student_t_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::students_t_distribution<double>(degrees), probability);
}

double chi_squared_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::chi_squared_distribution<double>(degrees), probability);
}

}  // namespace snitt::statistics
