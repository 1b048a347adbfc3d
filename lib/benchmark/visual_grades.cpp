#include "benchmark/visual_grades.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "data/row_table.hpp"
#include "data/table_columns.hpp"
#include "statistics/distributions.hpp"
#include "statistics/ordinal_model.hpp"

namespace snitt::benchmark {
namespace {

/// The model's data with the names of its terms.
struct Design {
  statistics::OrdinalData data;
  std::vector<double> scores;           ///< [category]
  std::vector<std::string> terms;       ///< [covariate]
  std::optional<std::size_t> log_dose;  ///< the one logarithm among the covariates
  std::vector<std::size_t> level_term;  ///< covariates that stand for a word
  std::vector<std::string> factor;      ///< [factor]
  std::vector<std::vector<std::string>> levels;
};

std::vector<double> whole_numbers(const Table& table, const std::string& name, const std::string& where) {
  std::vector<double> values = numbers_of(column_of(table, name, where), where);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw InputError("{}: row {}: column '{}' is empty; expected a number", where, i + 1, name);
  return values;
}

void add_covariate(Design& design, const Table& table, const Covariate& covariate, const std::string& where) {
  const Column& column = column_of(table, covariate.column, where);
  if (is_text(column) && !covariate.logarithm) {
    const Words words = words_of(names_of(table, covariate.column, where));
    if (words.names.size() < 2)
      throw InputError("{}: column '{}' has one value, '{}'; a covariate must vary", where, covariate.column,
                       words.names.front());
    for (std::size_t w = 1; w < words.names.size(); ++w) {
      design.level_term.push_back(design.terms.size());
      design.terms.push_back(covariate.column + " " + words.names[w]);
      design.data.covariates.emplace_back();
      for (const std::uint32_t code : words.code) design.data.covariates.back().push_back(code == w ? 1 : 0);
    }
    return;
  }
  std::vector<double> values = whole_numbers(table, covariate.column, where);
  if (covariate.logarithm) {
    require_positive(values, covariate.column, where);
    for (double& v : values) v = std::log(v);
    design.log_dose = design.terms.size();
  }
  design.terms.push_back((covariate.logarithm ? "log " : "") + covariate.column);
  design.data.covariates.push_back(std::move(values));
}

Design design_of(const Table& table, const GradeOptions& options, const std::string& where) {
  if (table.rows() == 0) throw InputError("{}: has no rows; expected one per score", where);
  Design design;
  const std::vector<double> score = whole_numbers(table, options.columns.score, where);
  design.scores = score;
  std::sort(design.scores.begin(), design.scores.end());
  design.scores.erase(std::unique(design.scores.begin(), design.scores.end()), design.scores.end());
  if (design.scores.size() > 20)
    throw InputError("{}: column '{}' has {} different values; expected ordered scores, such as 1 to 5",
                     where, options.columns.score, design.scores.size());
  design.data.categories = design.scores.size();
  for (const double s : score)
    design.data.score.push_back(static_cast<std::uint32_t>(
        std::lower_bound(design.scores.begin(), design.scores.end(), s) - design.scores.begin()));
  for (const Covariate& c : options.covariates) add_covariate(design, table, c, where);
  for (const std::string& name : {options.columns.case_name, options.columns.reader}) {
    const Words words = words_of(names_of(table, name, where));
    if (words.names.size() < 2) continue;  // one reader has no scatter
    design.factor.push_back(name);
    design.levels.push_back(words.names);
    design.data.level.push_back(words.code);
    design.data.levels.push_back(words.names.size());
  }
  return design;
}

Table coefficient_table(const Design& design, const statistics::OrdinalModel& model) {
  RowTable table(
      {{"term", "", "threshold a|b between scores, covariate, or standard deviation of intercepts"},
       {"estimate", "1", "on the scale of logits"},
       {"error", "1", "standard error"},
       {"low", "1", "lower end of the 95 % interval"},
       {"high", "1", "upper end"},
       {"z", "1", "estimate over error; missing for deviations"},
       {"p", "1", "of no effect"},
       {"odds_ratio", "1", "exp(estimate) of a covariate: odds of a better score"}});
  const double z95 = statistics::normal_quantile(0.975);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::size_t cuts = model.thresholds.size();
  for (std::size_t k = 0; k < cuts + model.coefficients.size(); ++k) {
    const bool cut = k < cuts;
    const double value = cut ? model.thresholds[k] : model.coefficients[k - cuts];
    const double error = model.error(k);
    const std::string name =
        cut ? fmt::format("{:g}|{:g}", design.scores[k], design.scores[k + 1]) : design.terms[k - cuts];
    table.add({name, value, error, value - z95 * error, value + z95 * error, value / error,
               2 * statistics::normal_upper_tail(std::abs(value / error)), cut ? nan : std::exp(value)});
  }
  for (std::size_t f = 0; f < model.deviations.size(); ++f) {
    const double value = model.deviations[f];
    const double relative = model.error(cuts + model.coefficients.size() + f);  // of its logarithm
    table.add({"deviation of " + design.factor[f], value, value * relative, value * std::exp(-z95 * relative),
               value * std::exp(z95 * relative), nan, nan, nan});
  }
  return table.table();
}

struct Ratio {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// 95 % interval of (a · p) / p[denominator] by the delta method, p the model's parameters.
Ratio ratio_of(const statistics::OrdinalModel& model, const std::vector<double>& a, double constant,
               std::size_t denominator) {
  const std::size_t count = model.parameters();
  const auto parameter = [&](std::size_t k) {
    return k < model.thresholds.size() ? model.thresholds[k]
                                       : model.coefficients[k - model.thresholds.size()];
  };
  double top = constant;
  for (std::size_t k = 0; k < a.size(); ++k)
    if (a[k] != 0) top += a[k] * parameter(k);
  const double bottom = parameter(denominator);
  std::vector<double> gradient(count, 0);
  for (std::size_t k = 0; k < a.size(); ++k) gradient[k] = a[k] / bottom;
  gradient[denominator] -= top / (bottom * bottom);
  double variance = 0;
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t l = 0; l < count; ++l)
      variance += gradient[k] * gradient[l] * model.covariance[k * count + l];
  const double half = statistics::normal_quantile(0.975) * std::sqrt(variance);
  return {top / bottom, top / bottom - half, top / bottom + half};
}

void add_reduction(CalibrationRecord& record, const Design& design, const statistics::OrdinalModel& model) {
  RowTable table({{"term", "", "against the first value of its column"},
                  {"reduction", "1", "share of the dose that may be saved at equal scores"},
                  {"low", "1", "lower end of the 95 % interval (delta method)"},
                  {"high", "1", "upper end"}});
  const std::size_t cuts = model.thresholds.size();
  for (const std::size_t term : design.level_term) {
    std::vector<double> a(model.parameters(), 0);
    a[cuts + term] = 1;
    const Ratio r = ratio_of(model, a, 0, cuts + *design.log_dose);
    table.add({design.terms[term], 1 - std::exp(-r.value), 1 - std::exp(-r.low), 1 - std::exp(-r.high)});
    record.summary.push_back({"dose_reduction by " + design.terms[term], 1 - std::exp(-r.value),
                              1 - std::exp(-r.low), 1 - std::exp(-r.high), "1",
                              "share of the dose that may be saved at equal scores"});
  }
  record.tables.emplace_back("reduction", table.table());
}

void add_dose(CalibrationRecord& record, const Design& design, const statistics::OrdinalModel& model,
              const GradeOptions& options, const std::string& where) {
  const auto at = std::find(design.scores.begin(), design.scores.end(), *options.wanted_score);
  if (at == design.scores.end() || at == design.scores.begin())
    throw InputError("{}: nobody scored {:g}, or nobody less; expected a score between {:g} and {:g}", where,
                     *options.wanted_score, design.scores.front(), design.scores.back());
  const auto cut = static_cast<std::size_t>(at - design.scores.begin()) - 1;
  const double logit = std::log(options.wanted_share / (1 - options.wanted_share));
  const std::size_t cuts = model.thresholds.size();
  RowTable table({{"term", "", "empty: every column of words at its first value"},
                  {"dose", "1", "that reaches the score with the share, for an average case and reader"},
                  {"low", "1", "lower end of the 95 % interval (delta method, in the logarithm)"},
                  {"high", "1", "upper end"}});
  std::vector<std::optional<std::size_t>> terms{std::nullopt};
  terms.insert(terms.end(), design.level_term.begin(), design.level_term.end());
  for (const auto& term : terms) {
    std::vector<double> a(model.parameters(), 0);
    a[cut] = 1;
    if (term) a[cuts + *term] = -1;
    const Ratio r = ratio_of(model, a, logit, cuts + *design.log_dose);
    const std::string name = term ? design.terms[*term] : "";
    table.add({name, std::exp(r.value), std::exp(r.low), std::exp(r.high)});
    record.summary.push_back(
        {fmt::format("dose for {:g} % scoring {:g} and more{}{}", 100 * options.wanted_share,
                     *options.wanted_score, name.empty() ? "" : ", ", name),
         std::exp(r.value), std::exp(r.low), std::exp(r.high), "1", "in units of the column"});
  }
  record.tables.emplace_back("dose", table.table());
}

Table intercept_table(const Design& design, const statistics::OrdinalModel& model) {
  RowTable table(
      {{"factor", "", "column"}, {"level", "", "case or reader"}, {"intercept", "1", "mode, logits"}});
  for (std::size_t f = 0; f < design.factor.size(); ++f)
    for (std::size_t l = 0; l < design.levels[f].size(); ++l)
      table.add({design.factor[f], design.levels[f][l], model.intercepts[f][l]});
  return table.table();
}

}  // namespace

Covariate covariate_from(const std::string& text) {
  if (text.starts_with("log:")) return {text.substr(4), true};
  return {text, false};
}

CalibrationRecord regress_grades(const Table& table, const GradeOptions& options, const std::string& where) {
  const Design design = design_of(table, options, where);
  const statistics::OrdinalModel model = statistics::fit_ordinal(design.data);
  CalibrationRecord record;
  record.method = "visual grading regression";
  record.summary.push_back(plain("scores", static_cast<double>(design.data.score.size()), "1", "in all"));
  record.summary.push_back(
      plain("log_likelihood", model.log_likelihood, "1", "of the model, cases and readers integrated out"));
  record.tables.emplace_back("coefficients", coefficient_table(design, model));
  if (design.log_dose) {
    add_reduction(record, design, model);
    if (options.wanted_score) add_dose(record, design, model, options, where);
    if (model.coefficients[*design.log_dose] <= 0)
      record.reasons.push_back(
          "more dose does not raise the scores: no dose can be read from them; check the scale");
  } else if (options.wanted_score) {
    throw UsageError("a dose for a wanted score needs the dose among the covariates, as log:COLUMN");
  }
  for (std::size_t f = 0; f < design.factor.size(); ++f)
    if (design.data.levels[f] < 4)
      record.reasons.push_back(fmt::format("{} of '{}' are few to know their scatter by; ask more",
                                           design.data.levels[f], design.factor[f]));
  record.tables.emplace_back("intercepts", intercept_table(design, model));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  return record;
}

}  // namespace snitt::benchmark
