#include "shell/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace snitt::shell {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Words = std::vector<std::string>;

/// One option of each grammar.
class Split : public testing::Test {
 protected:
  Split() {
    options_.input("FIRST", first_, "first");
    options_.inputs("REST", rest_, "rest");
    options_.output(output_, "output");
    options_.value("--spacing-mm", spacing_, {}, "spacing");
    options_.values("--origin-mm", origin_, "X Y Z", {}, "origin");
    options_.text("--note", note_, "TEXT", "note");
    options_.texts("--label", labels_, "TEXT", "label");
    options_.flag("--quiet", quiet_, "quiet");
    options_.declarations().back().short_name = 'q';
  }
  CommandLine split(const Words& words) { return split_command_line(options_.declarations(), words); }
  std::string refusal(const Words& words) {
    try {
      const CommandLine line = split(words);
      refuse_unknown(line, options_.declarations());
      assign_operands(line, options_.declarations());
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  std::string first_;
  Words rest_;
  std::string output_;
  double spacing_ = 1;
  std::optional<std::vector<double>> origin_;
  std::string note_;
  Words labels_;
  bool quiet_ = false;
  Options options_;
};

TEST_F(Split, SortsWordsByOptionInAnyOrder) {
  CommandLine line =
      split({"a", "--spacing-mm", "2", "b", "-o", "out", "-q", "c", "--label", "x", "--label=y"});
  EXPECT_THAT(line.operands, ElementsAre("a", "b", "c"));
  EXPECT_THAT(line.options["--spacing-mm"], ElementsAre("2"));
  EXPECT_THAT(line.options["--output"], ElementsAre("out"));
  EXPECT_THAT(line.options["--label"], ElementsAre("x", "y"));
  EXPECT_TRUE(line.has("--quiet"));
  EXPECT_FALSE(line.has("--note"));
}

TEST_F(Split, TakesNegativeNumbersForNumbers) {
  EXPECT_THAT(split({"--origin-mm", "-10", "5", "0", "in"}).options["--origin-mm"],
              ElementsAre("-10", "5", "0"));
  EXPECT_THAT(split({"--origin-mm", "-.5", "-.25", "-1e-3"}).options["--origin-mm"],
              ElementsAre("-0.5", "-0.25", "-1e-3"));
  EXPECT_THAT(split({"--spacing-mm", "-2"}).options["--spacing-mm"], ElementsAre("-2"));
}

TEST_F(Split, LeavesTextsAsTheyAre) {
  for (const char* text : {"-.5", "a=b", "[1,2]x", "", " ", "-x", "æøå", "%s{}"})
    EXPECT_THAT(split({"--note", text}).options["--note"], ElementsAre(text)) << text;
}

TEST_F(Split, TakesEverythingBehindTwoDashesForOperands) {
  const CommandLine line = split({"-q", "--", "--spacing-mm", "-o"});
  EXPECT_THAT(line.operands, ElementsAre("--spacing-mm", "-o"));
  EXPECT_TRUE(line.unknown.empty());
}

TEST_F(Split, KeepsRepeatedValuesForTheDeclarationToJudge) {
  EXPECT_THAT(split({"--spacing-mm", "1", "--spacing-mm", "2"}).options["--spacing-mm"],
              ElementsAre("1", "2"));
}

TEST_F(Split, RefusesAnOptionWithoutItsValue) {
  EXPECT_EQ(refusal({"a", "b", "--note"}), "--note has no value");
  EXPECT_EQ(refusal({"a", "b", "--note="}), "--note has no value");
  EXPECT_EQ(refusal({"a", "b", "-o", "--quiet"}),
            "--output has no value: '--quiet' follows, which is an option");
}

TEST_F(Split, NamesTheLikelyOption) {
  EXPECT_EQ(refusal({"a", "b", "--spaicng-mm", "1"}),
            "unknown option '--spaicng-mm'; did you mean '--spacing-mm'?");
  EXPECT_EQ(refusal({"a", "b", "--ouput=x"}), "unknown option '--ouput'; did you mean '--output'?");
  EXPECT_EQ(refusal({"a", "b", "-z"}), "unknown option '-z'");
}

TEST_F(Split, NeverTakesAnAbbreviation) {
  EXPECT_THAT(refusal({"a", "b", "--spacing", "1"}), HasSubstr("unknown option '--spacing'"));
  EXPECT_THAT(refusal({"a", "b", "--qui"}), HasSubstr("unknown option '--qui'"));
}

TEST_F(Split, GivesTheRepeatedOperandWhatTheOthersLeave) {
  EXPECT_EQ(refusal({"a", "b", "c"}), "");
  EXPECT_EQ(first_, "a");
  EXPECT_THAT(rest_, ElementsAre("b", "c"));
  EXPECT_EQ(refusal({"a"}), "REST is missing (see --help)");
  EXPECT_EQ(refusal({}), "FIRST is missing (see --help)");
}

TEST(Operands, GoToARepeatedOneInFrontOfASingleOne) {
  std::vector<std::string> moving;
  std::string fixed;
  Options options;
  options.inputs("MOVING", moving, "many");
  options.input("FIXED", fixed, "one");
  assign_operands(split_command_line(options.declarations(), {"a", "b", "c"}), options.declarations());
  EXPECT_THAT(moving, ElementsAre("a", "b"));
  EXPECT_EQ(fixed, "c");
}

TEST(Operands, ThatNobodyWantsAreRefused) {
  std::string input;
  Options options;
  options.input("INPUT", input, "one");
  const CommandLine line = split_command_line(options.declarations(), {"a", "b"});
  EXPECT_THROW(assign_operands(line, options.declarations()), UsageError);
}

}  // namespace
}  // namespace snitt::shell
