#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "formats/exam_rows.hpp"
#include "formats/hl7_message.hpp"

/// Examinations from HL7 version 2: orders (ORM^O01, OMI^O23, OMG^O19), reports (ORU^R01), schedules (SIU).
namespace snitt::formats {

/// What became of the messages.
struct Hl7Account {
  std::map<std::string, std::size_t> used;     ///< by type: "ORM^O01"
  std::map<std::string, std::size_t> ignored;  ///< types that say nothing of an examination: "ADT^A08"
  std::size_t without_key = 0;                 ///< neither filler nor placer number
  std::size_t first_without_key_line = 0;
  std::size_t strays = 0;  ///< segments outside of messages
};

/// Messages are taken in the order in which they come; each may tell more of an examination, which is known
/// by its filler number (OBR-3, ORC-3) or, until there is one, its placer number.
///
/// requested ORC-9 of a new order, else OBR-6; scheduled OBR-27.4, OBR-36 or SCH-11.4; arrived PV1-44 of
/// outpatients; examined OBR-7; exam_end OBR-8; preliminary and reported the first OBR-22 with status P and F
/// in OBR-25 (corrections and addenda do not move it); status from ORC-1, ORC-5, OBR-25 and SIU's events;
/// codes OBR-4 and OBR-44; care level PV1-2; priority OBR-27.6, ORC-7.6 or OBR-5; accession OBR-18, else the
/// filler number; modality OBR-24 (table 0074); provider MSH-4; site PV1-3.4; device OBR-21, referrer OBR-16
/// or ORC-12; patient PID-3, the national number if it is there (PID-3.5 NN…, or PID-3.4 that says FNR).
class Hl7Records {
 public:
  void add(const Hl7Message& message);
  const Hl7Account& account() const { return account_; }
  Hl7Account& account() { return account_; }
  std::vector<ExamRow> take();

 private:
  void add_order(const Hl7Message& message, const Hl7Segment* order, const Hl7Segment* request,
                 const std::string& type);
  ExamRow* row_of(const Hl7Message& message, const Hl7Segment* order, const Hl7Segment* request);
  void add_schedule(const Hl7Message& message, const std::string& event);
  void add_patient(const Hl7Message& message, ExamRow& row) const;

  ExamRows rows_;
  std::map<std::string, std::string> filler_of_;  ///< placer number to key
  Hl7Account account_;
};

}  // namespace snitt::formats
