#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "data/dose.hpp"

/// From documents that identify people to documents that do not.
namespace snitt::dose {

enum class Dates { keep, shift, year, drop };

struct Deidentification {
  std::string key;  ///< of the HMAC; "" for pseudonyms that the tables number anew
  Dates dates = Dates::keep;
  bool keep_scanner_names = false;  ///< station and institution as they stand, not as pseudonyms
};

/// The first 64 bits of HMAC-SHA256 of "kind", a zero byte and `value`, as 16 hexadecimal digits; "" for "".
std::string pseudonym(const Deidentification& how, std::string_view kind, std::string_view value);

/// Masks in texts that are kept what identifies people: the words of `identity` (and their parts of three
/// letters or more, whatever the case), digits in runs of six and more, dates and national identity numbers.
/// Words that only name a body region or a phantom stay, also when a patient is called so. Texts end after
/// 256 bytes.
class Scrubber {
 public:
  explicit Scrubber(const DoseIdentity& identity);
  std::string operator()(const std::string& text) const;

 private:
  std::vector<std::string> words_;  ///< folded, longest first
};

/// Replaces identifiers by pseudonyms (patient, study, event, series, instance, device, station,
/// institution), scrubs every text, moves or drops dates, and forgets the identity's words and birth date.
/// Ages of 90 and more become 90.
void deidentify(DoseDocument& document, const Deidentification& how);

/// "20240131" moved by days; "" when it is no date.
std::string shifted_date(const std::string& date, int days);

}  // namespace snitt::dose
