#include "formats/dicom_text.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcspchrs.h>
#include <dcmtk/dcmdata/dctk.h>

#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80 || c == '\033') return false;
  return true;
}

std::string from_latin1(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return text;
}

/// Bytes of the well-formed UTF-8 character at `at`; 0 when there is none (Unicode 15, table 3-7).
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
    return 0;
  return length;
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    if (length == 0)
      result += '?';
    else if (length == 1 && (static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7f))
      result += ' ';
    else
      result.append(text.substr(i, length));
    i += length == 0 ? 1 : length;
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

/// Values of an element as the file has them, "\"-joined.
std::string raw_text(DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (item.findAndGetElement(tag, element).bad() || element == nullptr) return {};
  // Private elements of implicit files, and foreign ones, come without a kind: their bytes are the text.
  if (element->ident() == EVR_UN || element->ident() == EVR_OB) {
    Uint8* bytes = nullptr;
    if (element->getUint8Array(bytes).bad() || bytes == nullptr) return {};
    return std::string(reinterpret_cast<const char*>(bytes), element->getLength());
  }
  OFString value;
  if (element->getOFStringArray(value).bad()) return {};
  return std::string(value.c_str(), value.length());
}

std::string character_set_of(DcmItem& item) {
  for (DcmItem* at = &item; at != nullptr; at = at->getParentItem()) {
    OFString value;
    if (at->findAndGetOFStringArray(DCM_SpecificCharacterSet, value).good()) return value.c_str();
  }
  return {};
}

}  // namespace

std::string utf8_from(std::string_view bytes, std::string_view character_set) {
  if (is_ascii(bytes)) return printable(bytes);
  if (character_set == "ISO_IR 100" || character_set == "ISO 2022 IR 100")
    return printable(from_latin1(bytes));
  if (character_set.empty() || character_set == "ISO_IR 192" || character_set == "ISO_IR 6")
    return printable(bytes);
  DcmSpecificCharacterSet converter;
  OFString converted;
  if (converter.selectCharacterSet(OFString(character_set.data(), character_set.size())).bad() ||
      converter.convertString(bytes.data(), bytes.size(), converted, "\\^=").bad())
    return printable(bytes);
  return printable(std::string_view(converted.c_str(), converted.length()));
}

std::string dicom_text_all(DcmItem& item, const DcmTagKey& tag) {
  const std::string raw = raw_text(item, tag);
  const std::string_view text = trimmed(raw);
  if (text.empty()) return {};
  return utf8_from(text, is_ascii(text) ? std::string() : character_set_of(item));
}

std::string dicom_text(DcmItem& item, const DcmTagKey& tag) {
  std::string text = dicom_text_all(item, tag);
  text.resize(std::min(text.size(), text.find('\\')));
  return std::string(trimmed(text));
}

std::optional<double> dicom_number(DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (item.findAndGetElement(tag, element).bad() || element == nullptr) return std::nullopt;
  Float64 value = 0;
  if (element->ident() == EVR_FD && element->getFloat64(value, 0).good()) return value;
  const std::string text = dicom_text(item, tag);
  return text.empty() ? std::nullopt : parse_number(text);
}

}  // namespace snitt::formats
