#pragma once
#include <string>

#include "base/monitor.hpp"
#include "formats/pacs_query.hpp"
#include "formats/text_source.hpp"

/// Whatever tells of examinations, as delimited text with a line of names: exports as they are, the others
/// with the columns of exam_rows.hpp.
namespace snitt::formats {

enum class ExamSourceKind { detect, delimited, hl7, fhir, dicom };

struct ExamSourceOptions {
  ExamSourceKind kind = ExamSourceKind::detect;
  TextEncoding encoding = TextEncoding::detect;
  PacsQuery pacs;                       ///< of an input "pacs:AETITLE@HOST:PORT"
  std::string calling_title = "SNITT";  ///< what we call ourselves there
};

/// A file or folder: HL7 by a segment MSH, FHS or BHS at the start, FHIR (one resource a line, or a Bundle)
/// by a brace, DICOM by its preamble (folders and zip or tar archives too, by their first file); anything
/// else is delimited text. Messages, resources and headers are read whole before the first row comes, some
/// 500 bytes of memory for each examination; exports are streamed. What was not used is told in the notes, by
/// kind and number. Throws InputError.
OpenedText open_examinations(const std::string& path, const ExamSourceOptions& options, Monitor& monitor);

}  // namespace snitt::formats
