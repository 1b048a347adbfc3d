#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "dose/deidentify.hpp"

namespace snitt::dose {
namespace {

// RFC 4231, test case 2.
TEST(Digest, HmacIsThatOfTheStandard) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Scrubber, MasksNamesNumbersAndDatesWhereverTheyStand) {
  DoseIdentity identity;
  identity.patient_id = "A-4711";
  identity.words = {"Nordmann^Kari", "Storgata 5B"};
  const Scrubber scrub(identity);
  EXPECT_EQ(scrub("Thorax NORDMANN kari 5 mm"), "Thorax *** *** 5 mm");
  EXPECT_EQ(scrub("xNordmannx"), "x***x");   // long words also inside of others
  EXPECT_EQ(scrub("Makarios"), "Makarios");  // short ones not
  EXPECT_EQ(scrub("id 4711, a-4711"), "id ***, ***");
  EXPECT_EQ(scrub("born 01.02.1970 or 1970-02-01 or 19700201"), "born *** or *** or ***");
  EXPECT_EQ(scrub("010270 12345 and 01027012345"), "*** and ***");
  EXPECT_EQ(scrub("C-A-P 1.25 0.625 120kV 5mm"), "C-A-P 1.25 0.625 120kV 5mm");
  EXPECT_EQ(scrub("STORGATA"), "***");
}

TEST(Scrubber, KeepsWordsThatNameNobody) {
  DoseIdentity identity;
  identity.words = {"Head^Phantom", "Øster^Åse"};
  const Scrubber scrub(identity);
  EXPECT_EQ(scrub("Head routine"), "Head routine");
  EXPECT_EQ(scrub("øSTER åse"), "*** ***");
}

TEST(Scrubber, EndsLongTextsBetweenTwoCharacters) {
  const Scrubber scrub{DoseIdentity{}};
  std::string text(255, 'a');
  EXPECT_EQ(scrub(text + "b"), text + "b");
  EXPECT_EQ(scrub(text + "\xc3\xb8" + "b"), text);
}

DoseDocument document_of(const std::string& patient) {
  DoseDocument document;
  document.identity.patient_id = patient;
  document.study_uid = "1.2.3";
  document.date = "20240229";
  document.age_years = 97;
  document.events.resize(1);
  document.events[0].uid = "1.2.3.4";
  document.events[0].started = "20240229081500";
  return document;
}

TEST(Deidentify, PseudonymsDependOnTheKeyAlone) {
  Deidentification how;
  how.key = "0123456789abcdef";
  DoseDocument one = document_of("P1");
  DoseDocument same = document_of("P1");
  DoseDocument other = document_of("P2");
  deidentify(one, how);
  deidentify(same, how);
  deidentify(other, how);
  EXPECT_EQ(one.identity.patient_id, same.identity.patient_id);
  EXPECT_NE(one.identity.patient_id, other.identity.patient_id);
  EXPECT_EQ(one.study_uid, other.study_uid);
  EXPECT_EQ(one.identity.patient_id.size(), 16U);
  how.key = "0123456789abcdeg";
  DoseDocument elsewhere = document_of("P1");
  deidentify(elsewhere, how);
  EXPECT_NE(one.identity.patient_id, elsewhere.identity.patient_id);
  EXPECT_EQ(one.age_years, 90);
}

TEST(Deidentify, DatesMoveByTheSameWeeksForAPatient) {
  Deidentification how{"0123456789abcdef", Dates::shift, false};
  DoseDocument one = document_of("P1");
  deidentify(one, how);
  EXPECT_NE(one.date, "20240229");
  EXPECT_EQ(one.events[0].started, one.date + "081500");
  DoseDocument later = document_of("P1");
  later.date = "20240307";  // a week later
  deidentify(later, how);
  EXPECT_EQ(shifted_date(one.date, 7), later.date);
}

TEST(Deidentify, DatesAreDroppedOrCutToTheYear) {
  DoseDocument one = document_of("P1");
  deidentify(one, {"", Dates::drop, false});
  EXPECT_EQ(one.date + one.events[0].started, "");
  DoseDocument two = document_of("P1");
  deidentify(two, {"", Dates::year, false});
  EXPECT_EQ(two.date, "2024");
}

TEST(ShiftedDate, KnowsTheCalendar) {
  EXPECT_EQ(shifted_date("20240301", -1), "20240229");
  EXPECT_EQ(shifted_date("20230301", -1), "20230228");
  EXPECT_EQ(shifted_date("20230230", 1), "");
  EXPECT_EQ(shifted_date("yesterday", 1), "");
}

}  // namespace
}  // namespace snitt::dose
