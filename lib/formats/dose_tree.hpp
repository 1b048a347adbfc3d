#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/dose.hpp"

class DcmItem;

/// The content tree of a structured report (PS3.3 C.17.3), read item by item: DCMTK's own reader of whole
/// documents refuses about a third of real dose reports for faults that do not matter here.
namespace snitt::formats {

struct DoseNode {
  std::string type;   ///< value type: "CONTAINER", "NUM", "CODE", "TEXT", "UIDREF", "DATETIME", …
  std::string place;  ///< "1.12.4": positions from the root on
  CodedWord concept_name;
  CodedWord code;     ///< of a CODE
  std::string text;   ///< of TEXT, UIDREF, DATETIME, PNAME; the number of a NUM as it is written
  std::string units;  ///< of a NUM: code value of its unit
  std::string template_id;
  const DoseNode* parent = nullptr;
  std::vector<DoseNode> children;

  bool is(std::string_view code_value) const { return concept_name.value == code_value; }
  /// The first child of this concept, or nullptr.
  const DoseNode* child(std::string_view code_value) const;
};

/// Words of names (PN) found in the tree are added to `words`. Values that are not what their type asks for
/// (a NUM that is no number or several, a DATETIME that is none, an empty CODE) become anomalies; so do items
/// deeper than 32, which are left out.
std::unique_ptr<DoseNode> read_dose_tree(DcmItem& dataset, std::vector<std::string>& words,
                                         std::vector<DoseAnomaly>& anomalies);

/// "1.12.4: CT Acquisition > CT Dose > DLP".
std::string place_text(const DoseNode& node);

/// Values of nodes with their anomalies.
class DoseTreeReader {
 public:
  explicit DoseTreeReader(std::vector<DoseAnomaly>& anomalies) : anomalies_(anomalies) {}

  /// The number of a NUM child in `unit` ("mGy", "mGy.cm", "mm", "s", "kV", "mA", "Gy.m2", "mSv", "1"),
  /// converted from what the file says; NaN when there is none. An anomaly when its unit is of another
  /// quantity, or when it is negative.
  double number(const DoseNode& parent, std::string_view code_value, std::string_view unit);
  std::string text(const DoseNode& parent, std::string_view code_value) const;
  CodedWord code(const DoseNode& parent, std::string_view code_value) const;
  /// The digits of a DICOM DT that has year, month and day at least, else "".
  std::string date_time(const DoseNode& parent, std::string_view code_value) const;
  void note(const DoseNode& node, const std::string& value, std::string expected);

 private:
  std::vector<DoseAnomaly>& anomalies_;
};

/// Factor from a unit as files write it ("mGycm", "cGy.cm2") to one of the units above; NaN when it is
/// another quantity.
double unit_factor(std::string_view from, std::string_view to);

}  // namespace snitt::formats
