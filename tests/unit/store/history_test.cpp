#include "store/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"

namespace snitt::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string story(const std::string& tool, const std::string& settings, const std::string& inputs) {
  return R"({"tool": ")" + tool + R"(", "version": "1", "created": "", "settings": )" + settings +
         R"(, "inputs": [)" + inputs + "]}";
}

TEST(History, WritesEachKindOfOptionAsTheCommandLineTakesIt) {
  const History history = history_from(
      story("snitt-make",
            R"({"--flag": true, "--off": false, "--number": -1.5, "--whole": 3, "--none": null, "--empty": "",
                "--numbers": [1, -2.5], "--texts": ["a", "b"], "--nothing": []})",
            ""));
  EXPECT_THAT(history.inputs, IsEmpty());
  EXPECT_THAT(history.commands, ElementsAre("snitt-make --flag --number -1.5 --numbers 1 -2.5 --texts a "
                                            "--texts b --whole 3 -o OUTPUT"));
}

TEST(History, QuotesWhatAShellWouldTakeApart) {
  const History history = history_from(story(
      "snitt-make", R"({"--a": "two words", "--b": "it's", "--c": "$HOME", "--d": "x;y", "--e": "~"})", ""));
  EXPECT_THAT(
      history.commands,
      ElementsAre(R"(snitt-make --a 'two words' --b 'it'\''s' --c '$HOME' --d 'x;y' --e '~' -o OUTPUT)"));
}

TEST(History, MakesAFileUsedTwiceOnceAndListsAForeignFileOnce) {
  const std::string foreign = R"({"role": "INPUT", "sha256": "aa"})";
  const std::string made = story("snitt-import", "{}", foreign);
  const std::string twice = R"({"role": "FIRST", "sha256": "1", "provenance": )" + made +
                            R"(}, {"role": "--mask", "sha256": "1", "provenance": )" + made +
                            R"(}, {"role": "--table", "sha256": "aa"})";
  const History history = history_from(story("snitt-make", "{}", twice));
  ASSERT_EQ(history.inputs.size(), 1U);
  EXPECT_EQ(history.inputs[0].placeholder, "INPUT-1");
  EXPECT_EQ(history.inputs[0].sha256, "aa");
  EXPECT_THAT(history.commands,
              ElementsAre("snitt-import INPUT-1 -o step-1.h5",
                          "snitt-make step-1.h5 --mask step-1.h5 --table INPUT-1 -o OUTPUT"));
}

TEST(History, RefusesAStoryThatCannotBeTold) {
  for (const char* text : {"", "{", "[]", R"({"tool": "x"})", R"({"tool": 3, "settings": {}, "inputs": []})"})
    EXPECT_THROW((void)history_from(text), InputError) << text;
}

}  // namespace
}  // namespace snitt::store
