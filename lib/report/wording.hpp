#pragma once
#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace snitt::report {

enum class Language { english, bokmal };

/// The fixed words and the numbers of a page in its language. What tools and tables say themselves (reasons,
/// descriptions, names) stays in their words, which are English.
class Wording {
 public:
  explicit Wording(Language language = Language::english) : language_(language) {}

  Language language() const { return language_; }
  /// "en" or "nb", for attributes.
  std::string code() const { return language_ == Language::english ? "en" : "nb"; }

  /// The page's words for these English ones; themselves where there are no others.
  std::string operator()(std::string_view english) const;
  /// The same for a sentence with places for `arguments`, as fmt has them. Numbers come as texts.
  template <typename... Arguments>
  std::string say(std::string_view english, const Arguments&... arguments) const {
    return fmt::vformat((*this)(english), fmt::make_format_args(arguments...));
  }

  /// The page's words for the name of a column or quantity: "ctdivol_median" is "median CTDIvol"; blanks
  /// for underscores where none are known.
  std::string column(std::string_view name) const;
  /// The same for a column whose unit stands beside: "ctdivol_mgy" in mGy is "CTDIvol", "frequency_per_mm" in
  /// 1/mm is "frequency".
  std::string column_in(std::string_view name, std::string_view units) const;
  /// As plots label it, with the unit: "median CTDIvol (mGy)".
  std::string column(std::string_view name, std::string_view units) const;

  /// Four digits, whole numbers in full; "–" for none. Thousands are parted from 10 000 on.
  std::string number(double value) const;
  /// With so many decimals.
  std::string number(double value, int decimals) const;
  /// "12.35 (12.30 to 12.39)" with two digits of the interval's half width; the value alone without one.
  std::string interval(double value, double low, double high) const;
  /// 0.123 as "12.3 %".
  std::string percent(double share) const;
  /// The ends of an ISO 8601 time: "1 January 2026".
  std::string date(const std::string& iso) const;

 private:
  Language language_;
};

/// "HU2 mm2" as "HU² mm²", "mGy.cm" as "mGy·cm"; nothing for plain numbers ("1").
std::string unit_text(std::string_view units);

/// Decimals that show four digits of most of these numbers, 0 when all are whole; nothing (-1) where they
/// differ too much in size for one number of decimals.
int common_decimals(std::span<const double> values);

/// All sentences and words with their translation, for the tests.
std::span<const std::pair<std::string_view, std::string_view>> bokmal_words();
/// Names of columns with their English and Norwegian words.
struct ColumnWords {
  std::string_view name;
  std::string_view english;
  std::string_view bokmal;
};
std::span<const ColumnWords> column_words();

}  // namespace snitt::report
