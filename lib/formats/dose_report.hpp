#pragma once
#include <string>

#include "data/dose.hpp"
#include "formats/dose_tree.hpp"

/// What a dose report's content tree means (PS3.16 TID 10001, 10011 and what they include).
namespace snitt::formats {

enum class ReportKind { ct, projection, radiopharmaceutical, patient_dose, no_dose_report };

/// By content: the root's concept, the procedure reported, the template, and the containers there are.
ReportKind kind_of_report(const DoseNode& root);

/// Fills events, totals, device and procedure of `document`.
void read_ct_report(const DoseNode& root, DoseDocument& document);
void read_projection_report(const DoseNode& root, DoseDocument& document);

/// Device observer, procedure and start, which both kinds of report have in common.
void read_report_context(const DoseNode& root, DoseDocument& document);

}  // namespace snitt::formats
