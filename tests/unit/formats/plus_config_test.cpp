#include "formats/plus_config.hpp"

#include <gmock/gmock.h>

#include "sequence_fixture.hpp"

namespace snitt::formats {
namespace {

using namespace sequence_tests;
using testing::HasSubstr;

TEST(PlusConfig, ReadsTheTransformsOfTheSpinePhantom) {
  const std::string path = sample("Config_VolumeReconstruction_SpinePhantom_NN_MEAN.xml");
  EXPECT_TRUE(is_plus_config(path));
  const auto transforms = read_plus_transforms(path);
  ASSERT_EQ(transforms.size(), 2U);
  EXPECT_EQ(transforms[0].name.text(), "ImageToProbe");
  EXPECT_EQ(transforms[0].matrix(0, 1), 0.0785919);
  EXPECT_EQ(transforms[0].matrix(2, 3), -8.63446);
  EXPECT_EQ(transforms[1].name.text(), "PhantomToReference");
}

TEST(PlusConfig, NamesWhatIsWrong) {
  const TemporaryFolder folder;
  const auto refusal_of = [&](const std::string& transform) {
    const std::string path =
        write_file(folder / "a.xml", "<PlusConfiguration>\n<CoordinateDefinitions>" + transform +
                                         "</CoordinateDefinitions></PlusConfiguration>");
    return refusal([&] { read_plus_transforms(path); });
  };
  const std::string identity = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1";
  const std::string good = "<Transform From='A' To='B' Matrix='" + identity + "'/>";
  EXPECT_EQ(refusal_of(good), "");
  EXPECT_THAT(refusal_of(good + good), HasSubstr("AToB is there twice"));
  EXPECT_THAT(refusal_of(""), HasSubstr("has no CoordinateDefinitions/Transform"));
  EXPECT_THAT(refusal_of("<Transform From='A' Matrix='" + identity + "'/>"), HasSubstr("From 'A' and To ''"));
  EXPECT_THAT(refusal_of("<Transform From='A' To='B'/>"), HasSubstr("AToB has no Matrix"));
  EXPECT_THAT(refusal_of("<Transform From='A' To='B' Matrix='1 2 3'/>"), HasSubstr("a Matrix of 3 numbers"));
  EXPECT_THAT(refusal_of("<Transform From='A' To='B' Matrix='1 2 x'/>"), HasSubstr("no number"));
  EXPECT_THAT(refusal_of("<Transform From='A' To='B' Matrix='1 0 0 0 0 1 0 0 0 0 0 0 0 0 0 1'/>"),
              HasSubstr("invertible"));
  EXPECT_THAT(refusal_of("<Transform"), HasSubstr("line 2: is not well-formed XML"));
}

}  // namespace
}  // namespace snitt::formats
