#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <random>

#include "base/error.hpp"
#include "samples.hpp"
#include "store/check.hpp"
#include "store/compare.hpp"
#include "store/overview.hpp"

namespace snitt::store {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PointSet some_points() {
  PointSet set;
  set.points_mm = {{1.5, -2, 1e-17}, {3, 4, 5}, {0, -0.1, 1e6}};
  set.labels = {"nasion", "", "øre, venstre"};
  set.weights = {1, 0, 2.5};
  set.standard_deviations_mm = {0.3, 1, 2};
  set.frame = "Tracker";
  return set;
}

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class Points : public ::testing::Test {
 protected:
  std::string written(const PointSet& set, const std::string& name = "p.h5") const {
    write_points(scratch.path(name), set, provenance(), IfExists::overwrite);
    return scratch.path(name);
  }
  Scratch scratch;
};

TEST_F(Points, ComeBackAsTheyWere) {
  EXPECT_EQ(read_points(written(some_points())), some_points());
  PointSet bare = some_points();
  bare.weights.clear();
  bare.standard_deviations_mm.clear();
  EXPECT_EQ(read_points(written(bare)), bare);
  EXPECT_THAT(check_file(written(bare)), IsEmpty());
}

TEST_F(Points, ComeBackWhenThereAreNoneAndWhenThereAreMany) {
  EXPECT_EQ(read_points(written({})), PointSet{});
  PointSet many;
  for (int i = 0; i < 200000; ++i) many.points_mm.push_back({std::sqrt(i), -i / 3.0, 1.0 / (1 + i)});
  many.labels.resize(many.size());
  EXPECT_EQ(read_points(written(many)), many);
  EXPECT_THAT(check_file(written(many)), IsEmpty());
}

TEST_F(Points, OfASurfaceKeepTheirNormalsAndTriangles) {
  PointSet surface = some_points();
  surface.normals = {{1, 0, 0}, {0, -1, 0}, {0, 0.6, 0.8}};
  surface.triangles = {{0, 1, 2}, {2, 1, 0}};
  EXPECT_EQ(read_points(written(surface)), surface);
  EXPECT_THAT(check_file(written(surface)), IsEmpty());
}

TEST_F(Points, ThatAreFaultyAreNotWritten) {
  const auto refusal = [&](auto change) {
    PointSet set = some_points();
    change(set);
    return message_of([&] { written(set); });
  };
  EXPECT_THAT(refusal([](PointSet& s) { s.points_mm[2].y = std::nan(""); }),
              HasSubstr("point 3 'øre, venstre'"));
  EXPECT_THAT(refusal([](PointSet& s) { s.labels.pop_back(); }), HasSubstr("3 points have 2 labels"));
  EXPECT_THAT(refusal([](PointSet& s) { s.weights[0] = -1; }), HasSubstr("weight -1"));
  EXPECT_THAT(refusal([](PointSet& s) { s.standard_deviations_mm[1] = 0; }), HasSubstr("point 2 has"));
  EXPECT_THAT(refusal([](PointSet& s) { s.normals = {{1, 0, 0}}; }), HasSubstr("3 points have 1 normals"));
  EXPECT_THAT(refusal([](PointSet& s) { s.normals.assign(3, {2, 0, 0}); }), HasSubstr("normal of length 2"));
  EXPECT_THAT(refusal([](PointSet& s) { s.triangles = {{0, 1, 3}}; }), HasSubstr("has the corner 3"));
  EXPECT_THAT(refusal([](PointSet& s) { s.frame.clear(); }), HasSubstr("frame has no name"));
}

TEST_F(Points, AreComparedByNumberLabelAndFrame) {
  const std::string a = written(some_points(), "a.h5");
  EXPECT_THAT(compare_files(a, written(some_points(), "b.h5"), {}), IsEmpty());
  PointSet other = some_points();
  other.points_mm[1].z += 0.25;
  EXPECT_THAT(compare_files(a, written(other, "b.h5"), {}),
              ElementsAre(::testing::AllOf(Field(&Difference::object, "/points"),
                                           Field(&Difference::largest, 0.25))));
  EXPECT_THAT(compare_files(a, written(other, "b.h5"), {0.3, false}), IsEmpty());
  other = some_points();
  other.labels[0] = "inion";
  EXPECT_THAT(compare_files(a, written(other, "b.h5"), {}),
              ElementsAre(Field(&Difference::object, "/labels")));
  other = some_points();
  other.frame = "LPS";
  EXPECT_THAT(compare_files(a, written(other, "b.h5"), {}),
              ElementsAre(Field(&Difference::object, "/@frame")));
  other = some_points();
  other.weights.clear();
  EXPECT_THAT(compare_files(a, written(other, "b.h5"), {}),
              ElementsAre(Field(&Difference::object, "/weights")));
}

TEST_F(Points, AreShownWithFrameExtentAndLabels) {
  const std::vector<Fact> facts = overview(written(some_points()));
  EXPECT_THAT(facts, Contains(Field(&Fact::text, "points 1.1")));
  EXPECT_THAT(facts, Contains(Field(&Fact::text, "Tracker")));
  EXPECT_THAT(facts, Contains(Field(&Fact::name, "point nasion")));
  EXPECT_THAT(facts, Contains(Field(&Fact::name, "point 2")));
  EXPECT_THAT(facts, Contains(Field(&Fact::text, "3 4 1000000")));
}

TEST_F(Points, OfAnotherLayoutAreRefusedByName) {
  const std::string path = scratch.path("t.h5");
  write_transform(path, {{"A", "B"}, {}}, provenance(), IfExists::refuse);
  EXPECT_THAT(message_of([&] { read_points(path); }), HasSubstr("holds a transform; expected points"));
}

TEST_F(Points, WithADimensionThatDisagreesAreRefused) {
  const std::string path = written(some_points());
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(file, "/labels", H5P_DEFAULT);
  H5Fclose(file);
  EXPECT_THAT(message_of([&] { read_points(path); }), HasSubstr("/labels"));
}

TEST_F(Points, NoFlippedBitPassesUnnoticed) {
  const std::string good = bytes_of(written(some_points()));
  std::mt19937 random(3);
  int noticed = 0;
  for (int i = 0; i < 600; ++i) {
    std::string bad = good;
    const std::size_t at = random() % bad.size();
    bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    put_bytes(scratch.path("bad.h5"), bad);
    try {
      EXPECT_EQ(read_points(scratch.path("bad.h5")), some_points()) << "byte " << at;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("bad.h5"));
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 30);  // the rest hit bytes of the file that hold nothing
}

TEST_F(Points, ATruncatedFileIsAnErrorAtEveryLength) {
  const std::string good = bytes_of(written(some_points()));
  for (std::size_t length = 0; length < good.size(); length += 53) {
    put_bytes(scratch.path("bad.h5"), good.substr(0, length));
    EXPECT_THROW(read_points(scratch.path("bad.h5")), InputError) << length;
  }
}

}  // namespace
}  // namespace snitt::store
