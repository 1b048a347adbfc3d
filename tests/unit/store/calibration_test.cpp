#include "data/calibration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <itkHDF5TransformIOFactory.h>
#include <itkTransformFileReader.h>

#include <cmath>

#include "base/error.hpp"
#include "calibration_samples.hpp"
#include "scratch.hpp"
#include "store/check.hpp"
#include "store/compare.hpp"
#include "store/overview.hpp"

namespace snitt::store {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Calibration, TravelsWithItsTransformAndItsTable) {
  const Scratch scratch;
  const CalibrationRecord written = some_calibration();
  write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse, &written);
  write_table(scratch.path("c.h5"), some_residuals(), provenance(), IfExists::refuse, &written);
  for (const char* name : {"t.h5", "c.h5"}) {
    EXPECT_THAT(check_file(scratch.path(name)), IsEmpty()) << name;
    const auto read = read_calibration(scratch.path(name));
    ASSERT_TRUE(read) << name;
    EXPECT_TRUE(same(*read, written)) << name;
  }
  EXPECT_EQ(read_transform(scratch.path("t.h5")).matrix, some_transform().matrix);
  EXPECT_EQ(read_table(scratch.path("c.h5")).columns.size(), some_residuals().columns.size());
}

TEST(Calibration, MayHaveNothingToSayButItsVerdict) {
  const Scratch scratch;
  CalibrationRecord bare;
  bare.method = "pivot";
  bare.verdict = "good";
  bare.tables = {{"frames", {{{"frame", "1", "number", std::vector<std::int64_t>{}}}}}};
  write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse, &bare);
  EXPECT_THAT(check_file(scratch.path("t.h5")), IsEmpty());
  EXPECT_TRUE(same(*read_calibration(scratch.path("t.h5")), bare));
}

TEST(Calibration, OfMoreRowsThanAnObjectHeaderHoldsComesBackWhole) {
  const Scratch scratch;
  CalibrationRecord written = some_calibration();
  std::vector<double> errors(200'000);
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] = std::sqrt(static_cast<double>(i));
  std::vector<std::string> wires(errors.size(), "7:G1_g1");
  written.tables = {{"residuals", {{{"error", "mm", "", errors}, {"wire", "", "", wires}}}}};
  write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse, &written);
  EXPECT_THAT(check_file(scratch.path("t.h5")), IsEmpty());
  EXPECT_TRUE(same(*read_calibration(scratch.path("t.h5")), written));
}

TEST(Calibration, IsAbsentWhereNoneWasWritten) {
  const Scratch scratch;
  write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse);
  write_volume(scratch.path("v.h5"), some_volume(PixelType::u8, {2, 2, 2}), provenance(), IfExists::refuse);
  EXPECT_FALSE(read_calibration(scratch.path("t.h5")));
  EXPECT_FALSE(read_calibration(scratch.path("v.h5")));
}

TEST(Calibration, LeavesTheTransformReadableByItk) {
  const Scratch scratch;
  const CalibrationRecord record = some_calibration();
  write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse, &record);
  itk::HDF5TransformIOFactory::RegisterOneFactory();
  auto reader = itk::TransformFileReaderTemplate<double>::New();
  reader->SetFileName(scratch.path("t.h5"));
  reader->Update();
  ASSERT_EQ(reader->GetTransformList()->size(), 1U);
  EXPECT_EQ(reader->GetTransformList()->front()->GetParameters()[9], some_transform().matrix(0, 3));
}

TEST(Calibration, WithAVerdictOrTablesThatHaveNoRoomIsRefused) {
  const Scratch scratch;
  const auto refused = [&](const CalibrationRecord& record) {
    write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse, &record);
  };
  CalibrationRecord record = some_calibration();
  record.verdict = "bad";
  EXPECT_THROW(refused(record), ComputationError);
  record = some_calibration();
  record.tables.push_back(record.tables.front());
  EXPECT_THROW(refused(record), ComputationError);
  record.tables = {{"summary", some_residuals()}};
  EXPECT_THROW(refused(record), ComputationError);
  EXPECT_TRUE(scratch.names().empty());
}

TEST(Calibration, WithoutItsSummaryIsFoundWanting) {
  const Scratch scratch;
  const CalibrationRecord record = some_calibration();
  write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse, &record);
  const hid_t file = H5Fopen(scratch.path("t.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(file, "/calibration/summary", H5P_DEFAULT);
  H5Fclose(file);
  const std::vector<Finding> findings = check_file(scratch.path("t.h5"));
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings.front().object + " " + findings.front().problem, "/calibration/summary is missing");
}

TEST(Calibration, IsComparedToo) {
  const Scratch scratch;
  CalibrationRecord record = some_calibration();
  const auto write = [&](const char* name, const CalibrationRecord* calibration) {
    write_transform(scratch.path(name), some_transform(), provenance(), IfExists::refuse, calibration);
  };
  write("a.h5", &record);
  write("same.h5", &record);
  write("bare.h5", nullptr);
  record.summary.front().value += 1;
  record.verdict = "good";
  write("other.h5", &record);
  const auto compare = [&](const char* name) {
    return compare_files(scratch.path("a.h5"), scratch.path(name), {});
  };
  EXPECT_THAT(compare("same.h5"), IsEmpty());
  EXPECT_THAT(compare("bare.h5"), ElementsAre(Field(&Difference::object, "/calibration")));
  EXPECT_THAT(compare("other.h5"), ElementsAre(Field(&Difference::object, "/calibration@verdict"),
                                               Field(&Difference::object, "/calibration/summary/value")));
}

TEST(Calibration, IsPartOfTheOverview) {
  const Scratch scratch;
  const CalibrationRecord record = some_calibration();
  write_transform(scratch.path("t.h5"), some_transform(), provenance(), IfExists::refuse, &record);
  std::string text;
  for (const Fact& fact : overview(scratch.path("t.h5"))) text += fact.name + ": " + fact.text + "\n";
  EXPECT_THAT(text, HasSubstr("calibration: n-wire, doubtful\n"));
  EXPECT_THAT(text, HasSubstr("scale_x_mm: 0.08040 mm (95 %: 0.08010 to 0.08070)\n"));
  EXPECT_THAT(text, HasSubstr("table residuals: 4 rows, 3 columns\n"));
}

TEST(ValueText, ShowsTwoDigitsOfTheIntervalsHalfWidth) {
  EXPECT_EQ(value_text({"x", 194.8437, 194.7137, 194.9737, "mm", ""}), "194.84 mm (95 %: 194.71 to 194.97)");
  EXPECT_EQ(value_text({"x", -0.06482, -0.06602, -0.06362, "s", ""}), "-0.0648 s (95 %: -0.0660 to -0.0636)");
  EXPECT_EQ(value_text({"n", 190, std::nan(""), std::nan(""), "1", ""}), "190");
  const auto without_interval = [](double value) {
    return value_text({"x", value, std::nan(""), std::nan(""), "mm", ""});
  };
  EXPECT_EQ(without_interval(0.437382), "0.4374 mm");
  EXPECT_EQ(without_interval(0.5), "0.5 mm");
  EXPECT_EQ(without_interval(104.96), "105 mm");
  EXPECT_EQ(without_interval(12345.678), "12346 mm");
  EXPECT_EQ(without_interval(123456), "123456 mm");
  EXPECT_EQ(without_interval(0), "0 mm");
  EXPECT_EQ(value_text({"x", 12345.678, 12000, 12700, "mm", ""}), "12345.7 mm (95 %: 12000 to 12700)");
  EXPECT_EQ(value_text({"x", 1, 1, 1, "mm", ""}), "1 mm (95 %: 1 to 1)");
  EXPECT_EQ(value_text({"x", std::nan(""), std::nan(""), std::nan(""), "mm", ""}), "nan mm");
}

TEST(Layouts, OfVersion1Point0StayReadable) {
  const std::string folder = std::string(SNITT_SOURCE_DIR) + "/sample_data/layouts/";
  const StaticTransform transform = read_transform(folder + "transform-1.0.h5");
  EXPECT_EQ(transform.name.text(), "ImageToProbe");
  EXPECT_EQ(transform.matrix(0, 1), 0.0785919);
  const Table table = read_table(folder + "table-1.0.h5");
  ASSERT_EQ(table.rows(), 2U);
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(table.columns[2].values)[1], 5);
  for (const char* name : {"transform-1.0.h5", "table-1.0.h5"}) {
    EXPECT_FALSE(read_calibration(folder + name)) << name;
    EXPECT_THAT(check_file(folder + name), IsEmpty()) << name;
  }
}

TEST(Layouts, WithoutCalibrationDifferFromVersion1Point0InTheirVersionAlone) {
  const Scratch scratch;
  const std::string folder = std::string(SNITT_SOURCE_DIR) + "/sample_data/layouts/";
  write_transform(scratch.path("t.h5"), read_transform(folder + "transform-1.0.h5"), provenance(),
                  IfExists::refuse);
  write_table(scratch.path("c.h5"), read_table(folder + "table-1.0.h5"), provenance(), IfExists::refuse);
  EXPECT_THAT(compare_files(scratch.path("t.h5"), folder + "transform-1.0.h5", {}), IsEmpty());
  EXPECT_THAT(compare_files(scratch.path("c.h5"), folder + "table-1.0.h5", {}), IsEmpty());
}

}  // namespace
}  // namespace snitt::store
