#include "formats/dicom_cine.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <gmock/gmock.h>

#include "formats/sequence.hpp"
#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;
using testing::HasSubstr;

struct Cine {
  std::uint16_t columns = 4;
  std::uint16_t rows = 3;
  int frames = 3;
  std::uint16_t components = 1;
  std::string time = "40";  ///< FrameTime; "" for none
  E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  bool planes_apart = false;

  std::size_t frame_bytes() const { return std::size_t{columns} * rows * components; }
  /// Pixels [frame, row, column, component].
  std::vector<std::uint8_t> pixels() const {
    std::vector<std::uint8_t> values(frame_bytes() * static_cast<std::size_t>(frames));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i * 7);
    return values;
  }
  std::vector<std::uint8_t> stored() const {
    const auto values = pixels();
    if (!planes_apart) return values;
    auto apart = values;
    const std::size_t count = std::size_t{columns} * rows;
    for (std::size_t f = 0; f < static_cast<std::size_t>(frames); ++f)
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t c = 0; c < 3; ++c)
          apart[f * 3 * count + c * count + i] = values[f * 3 * count + 3 * i + c];
    return apart;
  }
  void put(DcmDataset& d) const {
    d.putAndInsertString(DCM_SOPClassUID, UID_UltrasoundMultiframeImageStorage);
    d.putAndInsertString(DCM_SOPInstanceUID, "1.2.3.4");
    d.putAndInsertString(DCM_Modality, "US");
    d.putAndInsertString(DCM_PatientName, "Secret^Person");
    d.putAndInsertString(DCM_NumberOfFrames, std::to_string(frames).c_str());
    d.putAndInsertUint16(DCM_Rows, rows);
    d.putAndInsertUint16(DCM_Columns, columns);
    d.putAndInsertUint16(DCM_SamplesPerPixel, components);
    d.putAndInsertString(DCM_PhotometricInterpretation, components == 3 ? "RGB" : "MONOCHROME2");
    if (components == 3) d.putAndInsertUint16(DCM_PlanarConfiguration, planes_apart ? 1 : 0);
    d.putAndInsertUint16(DCM_BitsAllocated, 8);
    d.putAndInsertUint16(DCM_BitsStored, 8);
    d.putAndInsertUint16(DCM_HighBit, 7);
    d.putAndInsertUint16(DCM_PixelRepresentation, 0);
    if (!time.empty()) d.putAndInsertString(DCM_FrameTime, time.c_str());
    DcmItem* region = nullptr;
    d.findOrCreateSequenceItem(DCM_SequenceOfUltrasoundRegions, region, -2);
    region->putAndInsertUint16(DCM_RegionSpatialFormat, 1);
    region->putAndInsertUint32(DCM_RegionLocationMinX0, 0);
    region->putAndInsertUint32(DCM_RegionLocationMinY0, 0);
    region->putAndInsertUint32(DCM_RegionLocationMaxX1, columns - 1U);
    region->putAndInsertUint32(DCM_RegionLocationMaxY1, rows - 1U);
    region->putAndInsertUint16(DCM_PhysicalUnitsXDirection, 3);
    region->putAndInsertUint16(DCM_PhysicalUnitsYDirection, 3);
    region->putAndInsertFloat64(DCM_PhysicalDeltaX, 0.02);
    region->putAndInsertFloat64(DCM_PhysicalDeltaY, 0.01);
    auto values = stored();
    if (values.size() % 2 == 1) values.push_back(0);
    d.putAndInsertUint8Array(DCM_PixelData, values.data(), values.size());
  }
  std::string save(const std::string& path) const {
    DcmFileFormat file;
    DcmDataset& d = *file.getDataset();
    put(d);
    const DcmRLERepresentationParameter rle;
    const DJ_RPLossless jpeg;
    const DcmRepresentationParameter* parameter = syntax == EXS_RLELossless
                                                      ? static_cast<const DcmRepresentationParameter*>(&rle)
                                                  : syntax == EXS_JPEGProcess14SV1 ? &jpeg
                                                                                   : nullptr;
    DcmRLEEncoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs();
    EXPECT_TRUE(d.chooseRepresentation(syntax, parameter).good());
    EXPECT_TRUE(file.saveFile(path.c_str(), syntax).good());
    return path;
  }
};

TEST(DicomCine, ReadsEveryPackingToTheSamePixels) {
  for (const E_TransferSyntax syntax : {EXS_LittleEndianExplicit, EXS_LittleEndianImplicit,
                                        EXS_BigEndianExplicit, EXS_RLELossless, EXS_JPEGProcess14SV1})
    for (const std::uint16_t components : {std::uint16_t{1}, std::uint16_t{3}})
      for (const bool planes_apart : {false, true}) {
        if (planes_apart && (components == 1 || syntax == EXS_JPEGProcess14SV1)) continue;
        const TemporaryFolder folder;
        Listener listener;
        Cine cine;
        cine.syntax = syntax;
        cine.components = components;
        cine.planes_apart = planes_apart;
        const std::string path = cine.save(folder / "cine.dcm");
        ASSERT_EQ(sequence_kind(path), SequenceKind::dicom_cine);
        const auto source = open_sequence(path, {}, listener);
        EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*source)), cine.pixels())
            << DcmXfer(syntax).getXferName() << components << planes_apart;
        // Backwards too.
        std::vector<std::byte> one(cine.frame_bytes());
        for (std::size_t frame = 3; frame-- > 0;) {
          source->read(frame, 1, one);
          EXPECT_EQ(std::to_integer<std::uint8_t>(one[0]), cine.pixels()[frame * cine.frame_bytes()]);
        }
      }
}

TEST(DicomCine, TakesClockAndSpacingFromTheHeaderAndNothingAboutThePatient) {
  const TemporaryFolder folder;
  Listener listener;
  FrameFolderOptions options;
  options.clock.start_time_s = 10;
  const Frames frames = open_dicom_cine(Cine().save(folder / "a.dcm"), options, listener)->frames();
  EXPECT_EQ(frames.shape, (FrameShape{3, 4, {PixelType::u8, 1}}));
  EXPECT_EQ(frames.time_s, (std::vector<double>{10, 10.04, 10.08}));
  EXPECT_EQ(frames.pixel_spacing_mm, (std::array<double, 2>{0.2, 0.1}));
  for (const auto& [key, value] : frames.header) EXPECT_THAT(value, testing::Not(HasSubstr("Secret")));
}

TEST(DicomCine, ReadsFramesOfOddLength) {
  const TemporaryFolder folder;
  Listener listener;
  Cine cine;
  cine.columns = 3;
  const auto source = open_dicom_cine(cine.save(folder / "a.dcm"), {}, listener);
  EXPECT_EQ(values_of<std::uint8_t>(all_pixels(*source)), cine.pixels());
}

TEST(DicomCine, WantsAClockAndWholePixels) {
  const TemporaryFolder folder;
  Listener listener;
  Cine cine;
  cine.time = "";
  const std::string path = cine.save(folder / "a.dcm");
  EXPECT_THAT(refusal([&] { open_dicom_cine(path, {}, listener); }),
              HasSubstr("has neither FrameTime nor FrameTimeVector"));
  FrameFolderOptions options;
  options.clock.frame_rate_hz = 20;
  EXPECT_EQ(open_dicom_cine(path, options, listener)->frames().time_s[2], 0.1);
  const std::string whole = read_file(Cine().save(folder / "b.dcm"));
  for (std::size_t length = 0; length < whole.size(); length += 3) {
    const std::string cut = write_file(folder / "cut.dcm", whole.substr(0, length));
    EXPECT_NE(refusal([&] { all_pixels(*open_dicom_cine(cut, {}, listener)); }), "")
        << length << " of " << whole.size();
  }
}

}  // namespace
}  // namespace snitt::formats
