#pragma once
#include <optional>
#include <string>
#include <string_view>

class DcmItem;
class DcmTagKey;

/// Values of DICOM attributes as plain text, whatever their state.
namespace snitt::formats {

/// The first value without blanks and padding, as UTF-8; "" when the attribute is missing, empty or of
/// another kind. Bytes that its character set does not explain become '?', control characters blanks.
std::string dicom_text(DcmItem& item, const DcmTagKey& tag);
/// All values, joined by "\".
std::string dicom_text_all(DcmItem& item, const DcmTagKey& tag);
/// The first value as a number; nothing when it is none.
std::optional<double> dicom_number(DcmItem& item, const DcmTagKey& tag);
/// `bytes` of a document with this SpecificCharacterSet, as UTF-8.
std::string utf8_from(std::string_view bytes, std::string_view character_set);

}  // namespace snitt::formats
