#include "benchmark/result_headings.hpp"

namespace snitt::benchmark::headings {
namespace {

using Headings = std::vector<RowTable::Heading>;

const RowTable::Heading exam{"exam", "", "kind of examination"};
const RowTable::Heading group{"group", "", "site, scanner or provider"};
const RowTable::Heading measure{"measure", "", "ctdivol (mGy) or dlp (mGy.cm)"};

}  // namespace

Headings groups() {
  return {exam,
          group,
          {"sector", "", "of the group, if it has one"},
          {"n", "1", "examinations with CTDIvol"},
          {"small", "1", "1: too few for a median that can be trusted"},
          {"from_summary", "1", "1: the group shared quantiles and sums instead of rows"},
          {"ctdivol_median", "mGy", "typical dose of the group"},
          {"ctdivol_median_low", "mGy", "lower end of its 95 % interval, patients redrawn"},
          {"ctdivol_median_high", "mGy", "upper end"},
          {"ctdivol_p25", "mGy", "lower quartile, type 7"},
          {"ctdivol_p75", "mGy", "upper quartile"},
          {"ctdivol_mean", "mGy", "mean (the representative dose of the Norwegian authority)"},
          {"ctdivol_sd", "mGy", "standard deviation"},
          {"probability_above_level", "1",
           "share of bootstrap replicates with the median above their reference level"},
          {"dlp_median", "mGy.cm", "typical dose-length product"},
          {"dlp_median_low", "mGy.cm", "lower end of its 95 % interval"},
          {"dlp_median_high", "mGy.cm", "upper end"},
          {"dlp_p25", "mGy.cm", "lower quartile"},
          {"dlp_p75", "mGy.cm", "upper quartile"},
          {"dlp_mean", "mGy.cm", "mean"},
          {"size_median", "cm", "median size of the patients"},
          {"noise_median", "HU", "median noise"},
          {"quality_median", "1", "median of the quality, such as d'"}};
}

Headings levels() {
  return {exam,
          measure,
          {"groups", "1", "groups with values"},
          {"n", "1", "examinations of all"},
          {"reference_level", "1", "75th percentile of the groups' medians (DRL, ICRP 135)"},
          {"reference_level_low", "1", "lower end of its 95 % interval, patients redrawn inside groups"},
          {"reference_level_high", "1", "upper end"},
          {"achievable", "1", "50th percentile of the medians (achievable or typical dose)"},
          {"achievable_low", "1", "lower end"},
          {"achievable_high", "1", "upper end"},
          {"p25", "1", "25th percentile of the medians"},
          {"pooled_p75", "1", "75th percentile of all patients together: large groups count more; no DRL"},
          {"pooled_p75_low", "1", "lower end"},
          {"pooled_p75_high", "1", "upper end"}};
}

Headings comparison() {
  return {exam,
          {"group", "", "empty: the level of all groups"},
          measure,
          {"source", "", "who published the reference"},
          {"region", "", "where it holds"},
          {"year", "1", "of the reference"},
          {"percentile", "1", "75: reference level, 50: achievable or typical dose"},
          {"definition", "", "what the reference is of"},
          {"value", "1", "level or median found here"},
          {"reference", "1", "level published"},
          {"ratio", "1", "value over reference"},
          {"probability_above", "1", "share of bootstrap replicates above the reference"}};
}

Headings tests() {
  return {exam,
          {"test", "", "name"},
          {"statistic", "1", "F, H or phi"},
          {"degrees_1", "1", "degrees of freedom"},
          {"degrees_2", "1", "of freedom inside groups"},
          {"p", "1", "probability of as much if groups did not differ"}};
}

Headings pairs() {
  return {exam,
          {"first", "", "group"},
          {"second", "", "group"},
          {"ratio", "1", "median CTDIvol of the first over that of the second"},
          {"z", "1", "positive: the first has the higher doses"},
          {"p", "1", "of this pair alone"},
          {"p_holm", "1", "held against all pairs (Holm)"}};
}

Headings adjustment() {
  return {exam,
          {"term", "", "of log CTDIvol"},
          {"estimate", "1", "fixed effect"},
          {"error", "1", "standard error"},
          {"degrees", "1", "of freedom (Satterthwaite)"},
          {"low", "1", "lower end of the 95 % interval"},
          {"high", "1", "upper end"},
          {"p", "1", "of no effect"},
          {"factor", "1",
           "exp(estimate): the dose at the reference size, or what a unit or the sector multiplies it by"}};
}

Headings adjusted() {
  return {
      exam,
      group,
      {"size", "cm", "of the patient that the dose is for; missing: no sizes"},
      {"ctdivol", "mGy", "dose of the group for that patient, drawn to the middle by how little is known"},
      {"ctdivol_low", "mGy", "lower end of its 95 % interval, given the model"},
      {"ctdivol_high", "mGy", "upper end"},
      {"log_deviation", "1", "predicted random intercept"}};
}

Headings variance() {
  return {exam,
          {"model", "", "what log CTDIvol was adjusted for"},
          {"between_sd", "1", "standard deviation of log CTDIvol between groups"},
          {"within_sd", "1", "inside groups"},
          {"share_between", "1", "of the variance (intraclass correlation)"},
          {"share_low", "1", "lower end of its 95 % interval"},
          {"share_high", "1", "upper end"},
          {"criterion", "1", "restricted deviance; missing for the analysis of variance"}};
}

Headings funnel() {
  return {exam,
          group,
          {"n", "1", "examinations"},
          {"level", "mGy", "CTDIvol: the reference level found here, or as told"},
          {"above", "1", "examinations above the level"},
          {"above_error", "1", "how far a group's summary leaves the count open"},
          {"share", "1", "above over n"},
          {"target", "1", "share of all groups together"},
          {"z", "1", "deviation by chance alone"},
          {"z_additive", "1", "with the variance between groups: beyond 2 stands out of the scatter of all"},
          {"z_multiplicative", "1", "z over the root of phi"},
          {"low_95", "1", "exact binomial limits"},
          {"high_95", "1", "exact binomial limits"},
          {"low_998", "1", "exact binomial limits"},
          {"high_998", "1", "exact binomial limits"},
          {"additive_low_95", "1", "limits with the variance between groups"},
          {"additive_high_95", "1", "limits with the variance between groups"},
          {"additive_low_998", "1", "limits with the variance between groups"},
          {"additive_high_998", "1", "limits with the variance between groups"},
          {"multiplicative_low_95", "1", "limits widened by the root of phi"},
          {"multiplicative_high_95", "1", "limits widened by the root of phi"},
          {"multiplicative_low_998", "1", "limits widened by the root of phi"},
          {"multiplicative_high_998", "1", "limits widened by the root of phi"},
          {"chance", "1", "exact probability of so many above or more (so few or fewer)"},
          {"by_chance", "", "where that puts the group: 2.5 and 0.1 % on each side"}};
}

Headings bins() {
  return {exam,
          {"size_low", "cm", "of the bin"},
          {"size_high", "cm", "of the bin"},
          {"groups", "1", "with patients in it"},
          {"n", "1", "patients"},
          {"ctdivol_p25", "mGy", "of the patients"},
          {"ctdivol_p50", "mGy", "of the patients: size-specific achievable dose"},
          {"ctdivol_p75", "mGy", "of the patients: size-specific reference level"}};
}

Headings quality() {
  return {exam,
          {"quality", "", "noise (HU) or quality (the more the better)"},
          {"target", "1", "quality that is wanted"},
          {"exponent", "1", "of dose, as used"},
          {"fitted", "1", "1: fitted here, 0: the law's or as told"},
          {"fitted_exponent", "1", "inside groups at equal size; missing: could not be fitted"},
          {"fitted_low", "1", "lower end of its 95 % interval"},
          {"fitted_high", "1", "upper end"},
          {"recommended_ctdivol", "mGy", "median of what the groups need for the target"},
          {"recommended_low", "mGy", "lower end of its 95 % interval"},
          {"recommended_high", "mGy", "upper end"},
          {"efficient_ctdivol", "mGy", "25th percentile of what the groups need: the better quarter"},
          {"efficient_low", "mGy", "lower end"},
          {"efficient_high", "mGy", "upper end"}};
}

Headings recommended() {
  return {
      exam,
      group,
      {"quality", "", "noise (HU) or quality (the more the better)"},
      {"quality_median", "1", "of the group"},
      {"merit_median", "1",
       "figure of merit: 1/(noise² SSDE) or quality²/SSDE; CTDIvol in place of SSDE without size or phantom"},
      {"ctdivol_median", "mGy", "what the group gives"},
      {"recommended_ctdivol", "mGy", "what it would need for the target, noise ~ dose^(-1/2)"},
      {"recommended_low", "mGy", "lower end of its 95 % interval"},
      {"recommended_high", "mGy", "upper end"},
      {"recommended_fitted", "mGy", "the same by the exponent in use"},
      {"fitted_low", "mGy", "lower end"},
      {"fitted_high", "mGy", "upper end"},
      {"factor", "1", "recommended_fitted over ctdivol_median"}};
}

Headings excluded() {
  return {exam, group, {"reason", "", "why they are left out"}, {"rows", "1", "examinations; 0: not told"}};
}

}  // namespace snitt::benchmark::headings
