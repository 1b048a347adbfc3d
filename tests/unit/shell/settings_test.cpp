#include "shell/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.hpp"
#include "shell/common_options.hpp"
#include "shell/config_file.hpp"
#include "temporary_folder.hpp"

namespace snitt::shell {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Settle : public testing::Test {
 protected:
  Settle() {
    options_.input("INPUT", input_, "input");
    options_.output(output_, "output");
    options_.value("--spacing-mm", spacing_, {0.1, 10}, "spacing");
    options_.values("--origin-mm", origin_, "X Y Z", {}, "origin");
    options_.texts("--label", labels_, "TEXT", "label");
    options_.text("--note", note_, "TEXT", "note");
    options_.choice("--method", method_, {{"mean", "average"}, {"latest", "last"}}, "method");
    declare_common(options_, common_);
  }
  std::map<std::string, Source> settle_with(const std::vector<std::string>& words) {
    const CommandLine line = split_command_line(options_.declarations(), words);
    return settle(options_.declarations(), line, config_, [this](const char* name) {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    });
  }
  std::string refusal(const std::vector<std::string>& words) {
    try {
      settle_with(words);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  std::string config_;
  std::map<std::string, std::string> environment_;
  std::string input_;
  std::string output_;
  double spacing_ = 1;
  std::optional<std::vector<double>> origin_;
  std::vector<std::string> labels_;
  std::string note_;
  std::string method_ = "mean";
  CommonSettings common_;
  Options options_;
};

TEST_F(Settle, LeavesDefaultsWhereNothingIsGiven) {
  EXPECT_TRUE(settle_with({}).empty());
  EXPECT_EQ(spacing_, 1);
}

TEST_F(Settle, LetsTheNearerSourceWin) {
  config_ = folder_.write("c.toml", "spacing-mm = 2\nnote = 'config'\nmethod = 'latest'");
  environment_ = {{"SNITT_SPACING_MM", "3"}, {"SNITT_NOTE", "environment"}};
  const auto sources = settle_with({"--spacing-mm", "4"});
  EXPECT_EQ(spacing_, 4);
  EXPECT_EQ(note_, "environment");
  EXPECT_EQ(method_, "latest");
  EXPECT_EQ(sources.at("--spacing-mm"), Source::command_line);
  EXPECT_EQ(sources.at("--note"), Source::environment);
  EXPECT_EQ(sources.at("--method"), Source::config);
}

TEST_F(Settle, ReadsSeveralValuesFromOneVariable) {
  environment_ = {{"SNITT_ORIGIN_MM", " -1, 2\t3 "}, {"SNITT_LABEL", "a b"}};
  settle_with({});
  EXPECT_THAT(*origin_, ElementsAre(-1, 2, 3));
  EXPECT_THAT(labels_, ElementsAre("a", "b"));
}

TEST_F(Settle, TakesOneTextAsItStands) {
  environment_ = {{"SNITT_NOTE", "two words, and a comma"}};
  settle_with({});
  EXPECT_EQ(note_, "two words, and a comma");
}

TEST_F(Settle, SaysWhereAWrongValueStands) {
  environment_ = {{"SNITT_SPACING_MM", "0"}};
  EXPECT_EQ(refusal({}),
            "environment variable SNITT_SPACING_MM: --spacing-mm is '0'; expected a number, 0.1 to 10");
  environment_.clear();
  config_ = folder_.write("c.toml", "# comment\n\nmethod = 'maen'\n");
  EXPECT_EQ(refusal({}),
            config_ + ":3: --method is 'maen'; expected one of mean, latest; did you mean 'mean'?");
}

TEST_F(Settle, RefusesKeysThatAreNoOptionsOfTheConfig) {
  for (const char* key : {"spacing_mm", "output", "INPUT", "config", "help", "nonsense", "\"\""}) {
    config_ = folder_.write("c.toml", std::string(key) + " = 1\n");
    EXPECT_THAT(refusal({}), HasSubstr(":1: unknown key '")) << key;
  }
  config_ = folder_.write("c.toml", "spacing_mm = 1\n");
  EXPECT_THAT(refusal({}), HasSubstr("did you mean 'spacing-mm'?"));
}

TEST_F(Settle, RefusesValuesOfTheWrongType) {
  for (const char* line :
       {"spacing-mm = '1'", "spacing-mm = [1]", "origin-mm = 1", "origin-mm = ['a']", "label = 'a'",
        "note = 1", "quiet = 1", "threads = 1.5", "spacing-mm = {a = 1}", "note = 2020-01-01"}) {
    config_ = folder_.write("c.toml", line);
    EXPECT_THAT(refusal({}), HasSubstr("has the wrong type; expected")) << line;
  }
}

TEST_F(Settle, RefusesBrokenTomlWithItsLine) {
  config_ = folder_.write("c.toml", "note = 'a'\nnote = 'b'\n");
  EXPECT_THAT(refusal({}), HasSubstr(config_ + ":2:"));
  config_ = folder_.write("c.toml", std::string("\0\xff\xfe", 3));
  EXPECT_THAT(refusal({}), HasSubstr(config_ + ":1:"));
}

TEST_F(Settle, GivesTheSameSettingsFromAPrintedConfig) {
  settle_with({"--origin-mm", "-.1", "1e300", "3", "--label", "a \"b\"\n", "--label", "\xc2\xb5", "--note",
               "x\\y", "-t", "3"});
  const std::string printed = print_config("snitt-x", options_.declarations(), {"--threads"});
  const auto origin = origin_;
  const auto labels = labels_;
  origin_.reset();
  labels_.clear();
  note_.clear();
  common_.threads.reset();
  config_ = folder_.write("c.toml", printed);
  settle_with({});
  EXPECT_EQ(origin_, origin);
  EXPECT_EQ(labels_, labels);
  EXPECT_EQ(note_, "x\\y");
  EXPECT_EQ(common_.threads, 3);
}

TEST_F(Settle, AcceptsAnEmptyConfigAndNoMissingOne) {
  config_ = folder_.write("c.toml", "");
  EXPECT_TRUE(settle_with({}).empty());
  config_ = folder_ / "none.toml";
  EXPECT_THROW(settle_with({}), InputError);
}

TEST_F(Settle, MissesARequiredOption) {
  settle_with({});
  input_ = "in";
  EXPECT_THROW(refuse_missing(options_.declarations()), UsageError);
  output_ = "out";
  EXPECT_NO_THROW(refuse_missing(options_.declarations()));
}

TEST_F(Settle, ChecksFilesBeforeAnyWork) {
  input_ = folder_ / "in";
  output_ = folder_ / "out";
  EXPECT_THROW(check_files(options_.declarations(), false), InputError);
  folder_.write("in", "");
  EXPECT_NO_THROW(check_files(options_.declarations(), false));
  folder_.write("out", "");
  EXPECT_THROW(check_files(options_.declarations(), false), OutputError);
  EXPECT_NO_THROW(check_files(options_.declarations(), true));
}

TEST_F(Settle, KnowsAnInputUnderAnotherName) {
  input_ = folder_.write("in", "");
  std::filesystem::create_symlink("in", folder_ / "alias");
  std::filesystem::create_hard_link(input_, folder_ / "twin");
  for (const char* name : {"in", "alias", "twin", "./in"}) {
    output_ = folder_ / name;
    EXPECT_THROW(check_files(options_.declarations(), true), OutputError) << name;
  }
}

TEST_F(Settle, KeepsTheOutputOutOfAnInputFolder) {
  folder_.write("case/image", "");
  folder_.write("case-2/image", "");
  input_ = folder_ / "case";
  for (const char* name : {"case/out", "case/sub/../out", "case-2/../case/out"}) {
    output_ = folder_ / name;
    EXPECT_THROW(check_files(options_.declarations(), true), OutputError) << name;
  }
  for (const char* name : {"out", "case-2/out", "case/../out"}) {
    output_ = folder_ / name;
    EXPECT_NO_THROW(check_files(options_.declarations(), true)) << name;
  }
}

}  // namespace
}  // namespace snitt::shell
