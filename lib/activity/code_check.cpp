#include <fmt/format.h>

#include <algorithm>

#include "activity/value_check.hpp"
#include "base/spelling.hpp"
#include "data/activity_columns.hpp"

namespace snitt::activity {
namespace {

namespace columns_of = activity_columns;

struct Tally {
  double rows = 0;
  double first_row = 0;
};

struct SourceNames {
  double rows = 0;
  std::map<std::string, Tally> codes;  ///< lists of codes as they stand
  std::map<std::string, Tally> providers;
};

std::vector<std::string> single_codes(const std::string& codes) {
  std::vector<std::string> singles;
  std::size_t from = 0;
  while (from <= codes.size()) {
    const std::size_t to = std::min(codes.find('/', from), codes.size());
    if (to > from) singles.push_back(codes.substr(from, to - from));
    from = to + 1;
  }
  return singles;
}

class CodeCheck : public RecordCheck {
 public:
  explicit CodeCheck(const CheckOptions& options) : options_(options) {}

  std::vector<std::string> columns() const override {
    return {columns_of::codes, columns_of::provider, columns_of::source, columns_of::row};
  }

  void add(const RecordBlock& block) override {
    const WordView source = block.words(columns_of::source);
    const WordView codes = block.words(columns_of::codes);
    const WordView provider = block.words(columns_of::provider);
    const std::vector<double> where = block.rows_of_source();
    std::map<std::pair<std::int32_t, std::int32_t>, Tally*> of_codes, of_provider;
    for (std::size_t row = 0; row < block.rows(); ++row) {
      Tally*& code = of_codes[{source.code(row), codes.code(row)}];
      Tally*& name = of_provider[{source.code(row), provider.code(row)}];
      if (!code || !name) {
        SourceNames& names = sources_[source[row]];
        code = &names.codes[codes[row]];
        name = &names.providers[provider[row]];
      }
      for (Tally* tally : {code, name}) {
        tally->rows += 1;
        if (tally->first_row == 0) tally->first_row = where[row];
      }
    }
  }

  void finish(std::vector<Finding>& findings) override {
    const std::vector<std::string> providers(options_.known_providers.begin(),
                                             options_.known_providers.end());
    for (auto& [source, names] : sources_) {
      for (const auto& [codes, tally] : names.codes) names.rows += tally.rows;
      if (!options_.known_codes.empty()) tell_codes(source, names, findings);
      for (const auto& [provider, tally] : names.providers)
        if (!options_.known_providers.empty() && !provider.empty() &&
            !options_.known_providers.count(provider))
          findings.push_back({"unknown provider", Gravity::warning, source, provider, columns_of::provider,
                              "", tally.rows, names.rows, tally.first_row,
                              "is not in the list of providers" + did_you_mean(provider, providers)});
    }
  }

 private:
  void tell_codes(const std::string& source, const SourceNames& names, std::vector<Finding>& findings) const {
    std::map<std::string, Tally> unknown;
    for (const auto& [codes, tally] : names.codes)
      for (const std::string& code : single_codes(codes))
        if (!options_.known_codes.count(code)) {
          Tally& sum = unknown[code];
          sum.rows += tally.rows;
          sum.first_row = sum.first_row == 0 ? tally.first_row : std::min(sum.first_row, tally.first_row);
        }
    for (const auto& [code, tally] : unknown)
      findings.push_back({"unknown code", Gravity::warning, source, "", columns_of::codes, code, tally.rows,
                          names.rows, tally.first_row,
                          "is not in the code list: a local code, another year's, or a typing error"});
  }

  CheckOptions options_;
  std::map<std::string, SourceNames> sources_;
};

}  // namespace

std::unique_ptr<RecordCheck> code_check(const CheckOptions& options) {
  return std::make_unique<CodeCheck>(options);
}

}  // namespace snitt::activity
