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

/// A stem that forks, a branch of its own, and a loop.
Tree some_tree() {
  Tree tree;
  tree.nodes_mm = {{0, 0, 0}, {0, 0, -10}, {5, 0, -20}, {-5, 1e-17, -20}, {50, 60, 70}};
  tree.radii_mm = {8, 7.5, 5, 0.1, 2};
  tree.parents = {-1, 0, 1, 1, -1};
  tree.branches = {0, 0, 1, 2, 3};
  tree.branch_list = {{-1, 0, "trachea"}, {0, 1, "høyre hovedbronkus"}, {0, 1, ""}, {-1, 0, ""}};
  tree.loops = {{2, 3}};
  tree.frame = "CT";
  tree.quantity = "airways";
  return tree;
}

Tree long_tree() {
  Tree tree;
  tree.branch_list = {{-1, 0, ""}};
  for (int i = 0; i < 50000; ++i) {
    tree.nodes_mm.push_back({std::sqrt(i), -i / 3.0, 1.0 / (1 + i)});
    tree.radii_mm.push_back(1 + i % 7);
    tree.parents.push_back(i - 1);
    tree.branches.push_back(0);
  }
  return tree;
}

CalibrationRecord some_record() {
  CalibrationRecord record;
  record.method = "thinning";
  record.verdict = "doubtful";
  record.reasons = {"one branch leaves the image"};
  record.summary = {{"branches", 4, std::nan(""), std::nan(""), "1", "number of branches"}};
  return record;
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

class Trees : public ::testing::Test {
 protected:
  std::string written(const Tree& tree, const std::string& name = "t.h5") const {
    write_tree(scratch.path(name), tree, provenance(), IfExists::overwrite);
    return scratch.path(name);
  }
  Scratch scratch;
};

TEST_F(Trees, ComeBackAsTheyWere) {
  EXPECT_EQ(read_tree(written(some_tree())), some_tree());
  EXPECT_THAT(check_file(written(some_tree())), IsEmpty());
  EXPECT_EQ(layout_of(written(some_tree())), "tree");
}

TEST_F(Trees, ComeBackWhenTheyAreEmptyAndWhenTheyAreLarge) {
  EXPECT_EQ(read_tree(written({})), Tree{});
  EXPECT_THAT(check_file(written({})), IsEmpty());
  EXPECT_EQ(read_tree(written(long_tree())), long_tree());
  EXPECT_THAT(check_file(written(long_tree())), IsEmpty());
}

TEST_F(Trees, ComeBackWithoutRadii) {
  Tree tree = some_tree();
  tree.radii_mm.assign(tree.size(), std::nan(""));
  Tree back = read_tree(written(tree));
  for (const double radius : back.radii_mm) EXPECT_TRUE(std::isnan(radius));
  back.radii_mm = some_tree().radii_mm;  // NaN equals nothing, the rest can be compared
  EXPECT_EQ(back, some_tree());
}

TEST_F(Trees, CarryWhatTheMethodSaysAboutItself) {
  const CalibrationRecord record = some_record();
  write_tree(scratch.path("r.h5"), some_tree(), provenance(), IfExists::refuse, &record);
  EXPECT_EQ(read_tree(scratch.path("r.h5")), some_tree());
  const auto back = read_calibration(scratch.path("r.h5"));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->method, "thinning");
  EXPECT_EQ(back->verdict, "doubtful");
  EXPECT_EQ(back->reasons, record.reasons);
  EXPECT_THAT(check_file(scratch.path("r.h5")), IsEmpty());
  EXPECT_THAT(overview(scratch.path("r.h5")), Contains(Field(&Fact::text, "thinning, doubtful")));
  EXPECT_FALSE(read_calibration(written(some_tree())));
}

TEST_F(Trees, ThatAreFaultyAreNotWritten) {
  Tree tree = some_tree();
  tree.parents[1] = 3;
  EXPECT_THAT(message_of([&] { written(tree); }), HasSubstr("cannot be written: node 1 has parent 3"));
  tree = some_tree();
  tree.radii_mm.pop_back();
  EXPECT_THAT(message_of([&] { written(tree); }), HasSubstr("5 nodes, 4 radii"));
}

TEST_F(Trees, AreComparedByNumberLabelAndFrame) {
  const std::string a = written(some_tree(), "a.h5");
  EXPECT_THAT(compare_files(a, written(some_tree(), "b.h5"), {}), IsEmpty());
  Tree other = some_tree();
  other.nodes_mm[1].z += 0.25;
  EXPECT_THAT(
      compare_files(a, written(other, "b.h5"), {}),
      ElementsAre(::testing::AllOf(Field(&Difference::object, "/nodes"), Field(&Difference::largest, 0.25))));
  EXPECT_THAT(compare_files(a, written(other, "b.h5"), {0.3, false}), IsEmpty());
  other = some_tree();
  other.branch_list[0].label = "stem";
  EXPECT_THAT(compare_files(a, written(other, "b.h5"), {}),
              ElementsAre(Field(&Difference::object, "/branch_labels")));
  other = some_tree();
  other.quantity = "vessels";
  EXPECT_THAT(compare_files(a, written(other, "b.h5"), {}),
              ElementsAre(Field(&Difference::object, "/@quantity")));
}

TEST_F(Trees, AreShownInNumbers) {
  const std::vector<Fact> facts = overview(written(some_tree()));
  const auto says = [&](const std::string& name, const std::string& text) {
    EXPECT_THAT(facts, Contains(::testing::AllOf(Field(&Fact::name, name), Field(&Fact::text, text))));
  };
  says("layout", "tree 1.0");
  says("quantity", "airways");
  says("branches", "4");
  says("roots", "2");
  says("loops", "1");
  says("generations", "0 to 1");
  says("length_mm", "32.3607");  // 10 + 2 sqrt(5^2 + 10^2)
  says("radius_mm", "0.1 to 8");
  EXPECT_THAT(overview(written({})), Contains(Field(&Fact::name, "nodes")));
}

TEST_F(Trees, OfAnotherLayoutAreRefusedByName) {
  write_points(scratch.path("p.h5"), {}, provenance(), IfExists::refuse);
  EXPECT_THAT(message_of([&] { read_tree(scratch.path("p.h5")); }),
              HasSubstr("holds points; expected a tree"));
}

TEST_F(Trees, WithAnArrayMissingAreRefused) {
  const std::string path = written(some_tree());
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(file, "/branch_generations", H5P_DEFAULT);
  H5Fclose(file);
  EXPECT_THAT(message_of([&] { read_tree(path); }), HasSubstr("/branch_generations"));
}

TEST_F(Trees, NoFlippedBitPassesUnnoticed) {
  const std::string good = bytes_of(written(some_tree()));
  std::mt19937 random(4);
  int noticed = 0;
  for (int i = 0; i < 400; ++i) {
    std::string bad = good;
    const std::size_t at = random() % bad.size();
    bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    put_bytes(scratch.path("bad.h5"), bad);
    try {
      EXPECT_EQ(read_tree(scratch.path("bad.h5")), some_tree()) << "byte " << at;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("bad.h5"));
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 20);  // the rest hit bytes of the file that hold nothing
}

TEST_F(Trees, ATruncatedFileIsAnErrorAtEveryLength) {
  const std::string good = bytes_of(written(some_tree()));
  for (std::size_t length = 0; length < good.size(); length += 97) {
    put_bytes(scratch.path("bad.h5"), good.substr(0, length));
    EXPECT_THROW(read_tree(scratch.path("bad.h5")), InputError) << length;
  }
}

}  // namespace
}  // namespace snitt::store
