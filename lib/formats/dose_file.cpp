#include "formats/dose_file.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "formats/dicom_text.hpp"
#include "formats/dicom_toolkit.hpp"
#include "formats/dose_identity.hpp"
#include "formats/dose_image.hpp"
#include "formats/dose_report.hpp"
#include "formats/dose_tree.hpp"

namespace snitt::formats {
namespace {

constexpr const char* cut_off = "cut off";

OFCondition parse(std::span<const std::byte> bytes, DcmFileFormat& file) {
  DcmInputBufferStream stream;
  stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
  stream.setEos();
  file.transferInit();
  // Pixels come last and say nothing about dose.
  const OFCondition result =
      file.readUntilTag(stream, EXS_Unknown, EGL_noChange, DCM_MaxReadLength, DCM_PixelData);
  file.transferEnd();
  return result;
}

DoseFile refused(std::string kind, std::string reason) {
  return {std::nullopt, std::move(kind), std::move(reason)};
}

DoseFile read_report(DcmDataset& dataset, DoseDocument& document) {
  const auto tree = read_dose_tree(dataset, document.identity.words, document.anomalies);
  switch (kind_of_report(*tree)) {
    case ReportKind::ct:
      read_ct_report(*tree, document);
      break;
    case ReportKind::projection:
      read_projection_report(*tree, document);
      break;
    case ReportKind::radiopharmaceutical:
      return refused("radiopharmaceutical dose report", "reports a radiopharmaceutical; expected X-ray dose");
    case ReportKind::patient_dose:
      return refused("patient dose report",
                     "reports organ doses computed from other reports; expected the report of the scanner");
    case ReportKind::no_dose_report: {
      const CodedWord& root = tree->concept_name;
      const std::string what =
          root.value.empty() ? "without a title" : fmt::format("of {} ({})", root.value, root.scheme);
      return refused("another report",
                     fmt::format("is a structured report {}; expected an X-Ray Radiation Dose Report "
                                 "(113701, DCM)",
                                 what));
    }
  }
  if (document.events.empty())
    document.anomalies.push_back({"1", "no irradiation event", "one or more (113819 or 113706)"});
  return {std::move(document), "", ""};
}

DoseFile read_dataset(DcmDataset& dataset) {
  DoseDocument document;
  read_header(dataset, document);
  if (dataset.tagExists(DCM_ContentSequence) || document.modality == "SR")
    return read_report(dataset, document);
  if (is_dose_screen(dataset)) {
    read_dose_screen(dataset, document);
    return {std::move(document), "", ""};
  }
  if (is_ct_image(dataset)) {
    read_ct_image(dataset, document);
    return {std::move(document), "", ""};
  }
  const std::string modality = document.modality.empty() ? "unknown modality" : document.modality;
  if (!dataset.tagExists(DCM_SOPClassUID) && dataset.card() < 4)
    return refused("damaged", "has DICOM's start but no dataset behind it: the file is cut off");
  if (document.series_description.find("Dose") != std::string::npos || modality == "CT")
    return refused(
        "another object of CT",
        "is no dose report, dose-info capture or slice; a dose screen whose numbers are only in its "
        "pixels cannot be read (give the scanner's report, or a CSV)");
  return refused("another object",
                 fmt::format("is an object of modality {}; expected a dose report or a CT image",
                             modality.size() <= 16 ? modality : "unknown"));
}

}  // namespace

bool starts_as_dicom(std::span<const std::byte> bytes) {
  const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  if (bytes.size() >= 132 && std::memcmp(bytes.data() + 128, "DICM", 4) == 0) return true;
  if (bytes.size() < 16) return false;
  // Without a preamble: an element of group 2 or 8 with a small element number, in either byte order, and
  // then either a kind of two capital letters or a length that is not absurd.
  const bool little = (byte(0) == 2 || byte(0) == 8) && byte(1) == 0 && byte(3) == 0;
  const bool big = byte(0) == 0 && (byte(1) == 2 || byte(1) == 8) && byte(2) == 0;
  const auto is_capital = [&](std::size_t i) { return byte(i) >= 'A' && byte(i) <= 'Z'; };
  const bool is_explicit = is_capital(4) && is_capital(5);
  const bool is_implicit = byte(7) == 0 && byte(6) == 0;
  return (little && (is_explicit || is_implicit)) || (big && is_explicit);
}

bool wants_more(const DoseFile& file) { return !file.document && file.kind == cut_off; }

DoseFile read_dose_file(std::span<const std::byte> bytes, bool whole) {
  prepare_dicom_toolkit();
  if (bytes.empty()) return refused("empty", "has no bytes");
  if (!starts_as_dicom(bytes)) return refused("not DICOM", "does not start as DICOM does");
  DcmFileFormat file;
  const OFCondition loaded = parse(bytes, file);
  if (loaded.bad() && !whole) return refused(cut_off, "goes on");
  if (loaded.bad())
    return refused("damaged",
                   fmt::format("is damaged or cut off ({}); nothing of it was used", loaded.text()));
  return read_dataset(*file.getDataset());
}

}  // namespace snitt::formats
