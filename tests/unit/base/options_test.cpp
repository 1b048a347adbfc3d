#include "base/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/error.hpp"

namespace snitt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Words = std::vector<std::string>;

std::string refusal(const OptionDeclaration& declaration, const Words& words) {
  try {
    declaration.assign(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Options, TakeTheDefaultFromTheFieldTheyAreBoundTo) {
  double sigma = 0.5;
  std::int64_t count = 3;
  std::string method = "mean";
  Options options;
  options.value("--sigma-mm", sigma, {0, 50}, "width");
  options.value("--count", count, {1, 10}, "number");
  options.choice("--method", method, {{"mean", "average"}, {"latest", "last"}}, "way");
  EXPECT_EQ(options.declarations()[0].default_text, "0.5");
  EXPECT_EQ(options.declarations()[1].default_text, "3");
  EXPECT_EQ(options.declarations()[2].default_text, "mean");
}

TEST(Options, StoreWhatIsAssignedInTheField) {
  double sigma = 0.5;
  std::optional<std::vector<double>> origin;
  std::vector<std::string> labels;
  bool flag = false;
  Options options;
  options.value("--sigma-mm", sigma, {0, 50}, "width");
  options.values("--origin-mm", origin, "X Y Z", {}, "corner");
  options.texts("--label", labels, "TEXT", "label");
  options.flag("--flag", flag, "flag");
  options.declarations()[0].assign({"1.25e1"});
  options.declarations()[1].assign({"-10", "+5", "0"});
  options.declarations()[2].assign({"a", "b"});
  options.declarations()[3].assign({"true"});
  EXPECT_EQ(sigma, 12.5);
  EXPECT_THAT(*origin, ElementsAre(-10, 5, 0));
  EXPECT_THAT(labels, ElementsAre("a", "b"));
  EXPECT_TRUE(flag);
}

TEST(Options, NameOptionValueAndIntervalOfARefusedNumber) {
  double spacing = 1;
  std::int64_t count = 1;
  Options options;
  options.value("--spacing-mm", spacing, {0.01, 10}, "spacing");
  options.value("--count", count, {1, 10}, "number");
  EXPECT_EQ(refusal(options.declarations()[0], {"0"}), "--spacing-mm is '0'; expected a number, 0.01 to 10");
  EXPECT_EQ(refusal(options.declarations()[1], {"1.5"}),
            "--count is '1.5'; expected a whole number, 1 to 10");
  EXPECT_EQ(spacing, 1);
}

TEST(Options, RefuseWhatIsNoFiniteNumber) {
  double value = 1;
  Options options;
  options.value("--value", value, {}, "value");
  for (const char* word : {"", " 1", "1 ", "1mm", "0x10", "1,5", "inf", "-inf", "nan", "1e999", "+-1", "--1"})
    EXPECT_NE(refusal(options.declarations()[0], {word}), "") << word;
  std::int64_t whole = 1;
  options.value("--whole", whole, {}, "whole");
  for (const char* word : {"9223372036854775808", "1e3", "1.0", "", "one"})
    EXPECT_NE(refusal(options.declarations()[1], {word}), "") << word;
  EXPECT_EQ(refusal(options.declarations()[1], {"-9223372036854775808"}), "");
}

TEST(Options, AcceptTheEndsOfTheInterval) {
  double value = 1;
  Options options;
  options.value("--value", value, {0.1, 10}, "value");
  EXPECT_EQ(refusal(options.declarations()[0], {"0.1"}), "");
  EXPECT_EQ(refusal(options.declarations()[0], {"10"}), "");
  EXPECT_NE(refusal(options.declarations()[0], {"10.000000000000002"}), "");  // the next number above 10
}

TEST(Options, WantAsManyNumbersAsThePlaceholderHasWords) {
  std::optional<std::vector<double>> origin;
  Options options;
  options.values("--origin-mm", origin, "X Y Z", {}, "corner");
  EXPECT_EQ(refusal(options.declarations()[0], {"1", "2"}), "--origin-mm has 2 values; expected 3 (X Y Z)");
  EXPECT_FALSE(origin);
}

TEST(Options, ProposeTheNearestChoice) {
  std::string method = "mean";
  Options options;
  options.choice("--method", method, {{"mean", "average"}, {"latest", "last"}}, "way");
  EXPECT_THAT(refusal(options.declarations()[0], {"maen"}),
              HasSubstr("one of mean, latest; did you mean 'mean'?"));
  EXPECT_THAT(refusal(options.declarations()[0], {"Mean"}), HasSubstr("did you mean 'mean'?"));
}

TEST(Options, AreNullWhenTheyHaveNoValue) {
  std::optional<double> spacing;
  std::optional<std::vector<double>> origin;
  std::string note;
  Options options;
  options.value("--spacing-mm", spacing, {0, 1}, "spacing");
  options.values("--origin-mm", origin, "X Y", {}, "corner");
  options.text("--note", note, "TEXT", "note");
  for (const OptionDeclaration& declaration : options.declarations())
    EXPECT_TRUE(declaration.effective().is_null());
  spacing = 0.25;
  EXPECT_EQ(options.declarations()[0].effective(), 0.25);
}

TEST(Options, TakeOneNumberForAllAxesOrThreeJoinedByCommas) {
  std::array<double, 3> spacing{0.5, 0.5, 0.5};
  Options options;
  options.per_axis("--spacing-mm", spacing, {0.001, 10}, "spacing");
  const OptionDeclaration& declaration = options.declarations()[0];
  EXPECT_EQ(declaration.default_text, "0.5");
  EXPECT_EQ(declaration.effective(), 0.5);
  declaration.assign({"0.25"});
  EXPECT_THAT(spacing, ElementsAre(0.25, 0.25, 0.25));
  declaration.assign({"0.5,0.6,1"});
  EXPECT_THAT(spacing, ElementsAre(0.5, 0.6, 1));
  EXPECT_EQ(declaration.effective(), "0.5,0.6,1");
  declaration.assign({"1", "2", "3"});  // an array of a configuration file
  EXPECT_THAT(spacing, ElementsAre(1, 2, 3));
  EXPECT_THAT(refusal(declaration, {"1,2"}),
              HasSubstr("--spacing-mm is '1,2'; expected one number for all axes"));
  EXPECT_THAT(refusal(declaration, {"1,2,x"}),
              HasSubstr("--spacing-mm is 'x'; expected a number, 0.001 to 10"));
  EXPECT_THAT(refusal(declaration, {"1,,2"}), HasSubstr("--spacing-mm is ''; expected a number"));
  EXPECT_THAT(refusal(declaration, {"0"}), HasSubstr("--spacing-mm is '0'; expected a number"));
}

TEST(Options, ShowTheUnitOfTheNameAsPlaceholder) {
  double value = 1;
  Options options;
  options.value("--spacing-mm", value, {}, "spacing");
  options.value("--ratio", value, {}, "ratio");
  EXPECT_EQ(options.declarations()[0].placeholder, "MM");
  EXPECT_EQ(options.declarations()[1].placeholder, "NUMBER");
}

TEST(Options, RefuseDeclarationsThatWouldBeRude) {
  double value = 1;
  std::string text;
  bool on = true;
  std::vector<std::string> inputs;
  Options options;
  options.value("--taken", value, {}, "value");
  EXPECT_THROW(options.value("--taken", value, {}, "value"), std::logic_error);
  EXPECT_THROW(options.value("-x", value, {}, "value"), std::logic_error);
  EXPECT_THROW(options.value("--Spacing_mm", value, {}, "value"), std::logic_error);
  EXPECT_THROW(options.value("--small", value, {2, 3}, "value"), std::logic_error);
  EXPECT_THROW(options.text("--stop", text, "TEXT", "a full stop."), std::logic_error);
  EXPECT_THROW(options.flag("--on", on, "on from the start"), std::logic_error);
  text = "none of them";
  EXPECT_THROW(options.choice("--choice", text, {{"a", "a"}, {"b", "b"}}, "choice"), std::logic_error);
  options.inputs("INPUT", inputs, "files");
  EXPECT_THROW(options.inputs("MORE", inputs, "files"), std::logic_error);
}

TEST(Interval, IsSaidWithoutInfinities) {
  EXPECT_EQ(interval_text({0, 1}), "0 to 1");
  EXPECT_EQ(interval_text({1, std::numeric_limits<double>::infinity()}), "at least 1");
  EXPECT_EQ(interval_text({-std::numeric_limits<double>::infinity(), 0.5}), "at most 0.5");
  EXPECT_EQ(interval_text({}), "");
}

}  // namespace
}  // namespace snitt
