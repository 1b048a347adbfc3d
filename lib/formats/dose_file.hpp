#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dose.hpp"

/// Dose from DICOM files of any kind: structured reports, Philips' dose-info captures, headers of CT images.
namespace snitt::formats {

/// What became of one file: a document, or the reason why there is none.
struct DoseFile {
  std::optional<DoseDocument> document;
  std::string kind;    ///< "not DICOM", "damaged", "another report", "another image", … when there is none
  std::string reason;  ///< a sentence about it, for a person
};

/// Reads the bytes of a whole file, or its first part when `whole` is false (images: their pixels are not
/// needed). Never throws for what stands in the file: it is told in the result. A report is recognised by its
/// content, never by its SOP class.
DoseFile read_dose_file(std::span<const std::byte> bytes, bool whole);

/// Whether more of the file would have helped: its header goes on beyond the part that was given.
bool wants_more(const DoseFile& file);

/// Whether the bytes start as DICOM does, with or without a preamble.
bool starts_as_dicom(std::span<const std::byte> bytes);

}  // namespace snitt::formats
