#include "shell/documents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "shell/declarations.hpp"

namespace snitt::shell {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Documents : public testing::Test {
 protected:
  Documents() {
    options_.inputs("INPUT", inputs_, "file to read");
    options_.output(output_, "file to write");
    options_.section("Geometry");
    options_.value("--spacing-mm", spacing_, {0.01, 10}, "edge of a voxel");
    options_.choice("--method", method_, {{"mean", "the mean"}, {"latest", "the latest"}}, "how to combine");
    options_.text("--quote", quote_, "TEXT", "it's a \"quote\" with \\, [brackets]: and so on");
  }
  const ToolInfo info_ = {"try", "files", "tries things",
                          "First sentence.\n\n.Second paragraph with 'quotes'. Third."};
  std::vector<std::string> inputs_;
  std::string output_;
  double spacing_ = 0.5;
  std::string method_ = "mean";
  std::string quote_;
  Options options_;
};

TEST_F(Documents, ShowTheDefaultTheRangeAndTheChoices) {
  const std::string help = help_text(info_, options_, 80);
  EXPECT_THAT(help, HasSubstr("Usage: snitt-try [OPTIONS] INPUT... -o OUTPUT\n"));
  EXPECT_THAT(help, HasSubstr("--spacing-mm MM"));
  EXPECT_THAT(help, HasSubstr("(0.01 to 10; default 0.5)"));
  EXPECT_THAT(help, HasSubstr("latest: the latest"));
}

TEST_F(Documents, StayWithinTheWidthOfTheTerminal) {
  for (const int columns : {60, 80, 100}) {
    std::istringstream lines(help_text(info_, options_, columns));
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(line.size(), static_cast<std::size_t>(columns)) << line;
  }
}

TEST_F(Documents, SayTheSameOfAnOptionToMachines) {
  const nlohmann::json tool = describe(info_, options_);
  EXPECT_EQ(tool["operands"][0]["name"], "INPUT");
  const nlohmann::json& spacing = tool["options"][1];
  EXPECT_EQ(spacing["name"], "--spacing-mm");
  EXPECT_EQ(spacing["lowest"], 0.01);
  EXPECT_EQ(spacing["default"], "0.5");
  EXPECT_EQ(spacing["environment"], "SNITT_SPACING_MM");
  EXPECT_EQ(spacing["config_key"], "spacing-mm");
  EXPECT_FALSE(tool["options"][0].contains("environment"));  // the output is named on the command line only
}

TEST_F(Documents, NeverTakeTextForAMacroOfTheManual) {
  std::istringstream lines(man_page(info_, options_));
  for (std::string line; std::getline(lines, line);)
    EXPECT_THAT(line, Not(testing::MatchesRegex("[.'](Second|quotes).*"))) << line;
  EXPECT_THAT(man_page(info_, options_), HasSubstr("\\&.Second"));
  EXPECT_THAT(man_page(info_, options_), HasSubstr("with \\e, [brackets]"));
}

TEST_F(Documents, DateTheManualBySourceDateEpoch) {
  setenv("SOURCE_DATE_EPOCH", "86400", 1);
  EXPECT_THAT(man_page(info_, options_), HasSubstr(".Dd January 2, 1970\n"));
  unsetenv("SOURCE_DATE_EPOCH");
}

TEST_F(Documents, QuoteTextsForEachShell) {
  EXPECT_THAT(completion_script("zsh", info_, options_),
              HasSubstr("it'\\''s a \"quote\" with \\\\, \\[brackets\\]\\: and"));
  EXPECT_THAT(completion_script("fish", info_, options_), HasSubstr("'it\\'s a \"quote\" with \\\\,"));
}

TEST(Paragraphs, AreSeparatedByBlankLines) {
  EXPECT_THAT(paragraphs("one\ntwo\n\n  three\n\n\nfour"), ElementsAre("one two", "three", "four"));
  EXPECT_TRUE(paragraphs("").empty());
}

}  // namespace
}  // namespace snitt::shell
