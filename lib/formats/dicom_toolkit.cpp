#include "formats/dicom_toolkit.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdict.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>

#include <array>
#include <fstream>
#include <string_view>

#include "base/error.hpp"

namespace snitt::formats {

void prepare_dicom_toolkit() {
  static const bool has_dictionary = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    DJDecoderRegistration::registerCodecs(EDC_photometricInterpretation, EUC_default, EPC_colorByPixel);
    DJLSDecoderRegistration::registerCodecs();
    DcmRLEDecoderRegistration::registerCodecs();
    return bool{dcmDataDict.isDictionaryLoaded()};
  }();
  if (!has_dictionary)
    throw InputError("DICOM data dictionary is not installed (install DCMTK's package, or set DCMDICTPATH)");
}

bool looks_like_dicom(const std::string& path) {
  std::array<char, 132> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  return file.gcount() == static_cast<std::streamsize>(head.size()) &&
         std::string_view(head.data() + 128, 4) == "DICM";
}

}  // namespace snitt::formats
