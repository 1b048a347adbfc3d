#include "dose/effective_dose.hpp"

#include <array>
#include <cmath>

#include "base/error.hpp"
#include "dose/name_pattern.hpp"
#include "formats/csv.hpp"

namespace snitt::dose {
namespace {

bool holds_for(const KFactor& factor, const std::string& plain, DosePhantom phantom, double age_years) {
  return factor.phantom == phantom && age_years >= factor.age_from_years && age_years < factor.age_to_years &&
         fits(plain, factor.region);
}

}  // namespace

std::vector<KFactor> read_k_factors(const std::string& path) {
  const formats::CsvText csv = formats::read_csv_text(path);
  const auto column = [&](const char* name) { return formats::column_index(csv, name); };
  const std::size_t region = column("region"), phantom = column("phantom"), from = column("age_from_years"),
                    to = column("age_to_years"), k = column("k_msv_per_mgy_cm"), source = column("source");
  std::vector<KFactor> factors;
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    KFactor factor;
    factor.region = csv.rows[row][region];
    factor.source = csv.rows[row][source];
    const std::string& word = csv.rows[row][phantom];
    if (word != name_of(DosePhantom::head_16cm) && word != name_of(DosePhantom::body_32cm))
      throw InputError("{}: line {}: phantom is '{}'; expected head 16 cm or body 32 cm", path,
                       csv.lines[row], word);
    factor.phantom =
        word == name_of(DosePhantom::head_16cm) ? DosePhantom::head_16cm : DosePhantom::body_32cm;
    factor.age_from_years = formats::csv_number(csv, row, from);
    factor.age_to_years = formats::csv_number(csv, row, to);
    factor.k_msv_per_mgy_cm = formats::csv_number(csv, row, k);
    if (!(factor.age_from_years < factor.age_to_years) || !(factor.k_msv_per_mgy_cm > 0) ||
        !(factor.k_msv_per_mgy_cm < 1))
      throw InputError("{}: line {}: expected an age from below its age to, and a factor between 0 and 1",
                       path, csv.lines[row]);
    factors.push_back(std::move(factor));
  }
  return factors;
}

const KFactor* factor_for(const std::vector<KFactor>& factors, const CollectedStudy& study,
                          const DoseEvent& event) {
  for (const std::string* name : {&event.region, &event.protocol, &study.header.study_description}) {
    const std::string plain = plain_name(*name);
    if (plain.empty()) continue;
    bool is_known = false;
    for (const KFactor& factor : factors) {
      if (holds_for(factor, plain, event.phantom, study.header.age_years)) return &factor;
      is_known = is_known || fits(plain, factor.region);
    }
    if (is_known) return nullptr;  // the region is known, and has no factor for this phantom and age
  }
  return nullptr;
}

void add_effective_doses(Table& table, const DoseCollection& collection,
                         const std::vector<KFactor>& factors) {
  std::vector<double> doses;
  std::vector<double> shares;
  for (const CollectedStudy& study : collection.studies) {
    double dose = 0;
    double with_factor = 0;
    double all = 0;
    for (const CollectedEvent& event : study.events) {
      if (!event.typical || std::isnan(event.event.dlp_mgy_cm)) continue;
      all += event.event.dlp_mgy_cm;
      const KFactor* factor = factor_for(factors, study, event.event);
      if (factor == nullptr) continue;
      with_factor += event.event.dlp_mgy_cm;
      dose += factor->k_msv_per_mgy_cm * event.event.dlp_mgy_cm;
    }
    doses.push_back(with_factor > 0 ? dose : not_stated);
    shares.push_back(all > 0 ? with_factor / all : not_stated);
  }
  table.columns.push_back(
      {"effective_dose_msv", "mSv",
       "k-factor times DLP over typical events that have a factor: of a reference population, "
       "not of this patient",
       std::move(doses)});
  table.columns.push_back(
      {"effective_dose_dlp_share", "1",
       "share of the typical DLP that had a factor; the rest is not in the effective dose",
       std::move(shares)});
}

}  // namespace snitt::dose
