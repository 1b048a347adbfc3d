#include <cmath>
#include <fstream>

#include "formats/transform_file.hpp"
#include "unit/formats/volume_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace snitt::volume_test;
using ::testing::HasSubstr;

TEST(NrrdFields, AreInTheSpaceOfTheHeader) {
  const Scratch folder;
  ListeningMonitor monitor;
  // One field as four spaces tell it: what turns grid and vectors to LPS is undone in the header's numbers.
  const auto write = [&](const std::string& space, double x, double y) {
    std::ofstream file(folder / "s.nrrd");
    file << "NRRD0005\ntype: float\ndimension: 4\n"
         << space << "\nsizes: 3 2 2 2\nkinds: vector domain domain domain\nspace directions: none (" << 4 * x
         << ",0,0) (0," << 5 * y << ",0) (0,0,6)\nspace origin: (" << 10 * x << "," << 20 * y
         << ",30)\nencoding: ascii\n\n";
    for (int v = 0; v < 8; ++v) file << (1 + v) * x << " " << 2 * y << " 3 ";
  };
  const auto at = [&](const TransformFileOptions& options) {
    return map_point(read_spatial_transform(folder / "s.nrrd", options, monitor),
                     {12, 20, 30});  // half way from voxel 0 to voxel 1
  };
  const Vec3 truth{12 + 1.5, 22, 33};
  const auto expect_truth = [&](const TransformFileOptions& options) {
    EXPECT_LT(norm(at(options) - truth), 1e-6);  // vectors are float32
  };
  TransformFileOptions lps;
  lps.coordinates = Coordinates::lps;
  TransformFileOptions ras;
  ras.coordinates = Coordinates::ras;
  write("space: left-posterior-superior", 1, 1);
  expect_truth({});
  expect_truth(lps);
  EXPECT_THAT(message_of<UsageError>([&] { at(ras); }),
              HasSubstr("'left-posterior-superior'; --coordinates says RAS"));
  write("space: right-anterior-superior", -1, -1);
  expect_truth({});
  expect_truth(ras);
  EXPECT_THAT(message_of<UsageError>([&] { at(lps); }), HasSubstr("--coordinates says LPS"));
  write("space: LAS", 1, -1);
  expect_truth({});
  write("space dimension: 3", -1, -1);
  EXPECT_THAT(message_of<InputError>([&] { at({}); }), HasSubstr("s.nrrd: has not a space that says"));
  expect_truth(ras);
  write("space: scanner-xyz", 1, 1);
  EXPECT_THAT(message_of<InputError>([&] { at({}); }),
              HasSubstr("space is 'scanner-xyz', not a space that says"));
  expect_truth(lps);
  write("space: RAS\nmeasurement frame: (0,1,0) (1,0,0) (0,0,1)", -1, -1);
  EXPECT_THAT(message_of<InputError>([&] { at({}); }), HasSubstr("measurement frame"));
}

}  // namespace
}  // namespace snitt::formats
