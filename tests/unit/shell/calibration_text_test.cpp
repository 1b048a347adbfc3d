#include "shell/calibration_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace snitt::shell {
namespace {

CalibrationRecord record() {
  CalibrationRecord result;
  result.method = "pivot";
  result.verdict = "doubtful";
  result.reasons = {"The stylus was swivelled by 12 deg only; swivel it by 40."};
  result.summary = {{"tip_x_mm", 194.84, 194.71, 194.97, "mm", ""},
                    {"residual_rms_mm", 0.45, std::nan(""), std::nan(""), "mm", ""}};
  return result;
}

TEST(CalibrationText, AlignsQuantitiesAndEndsWithVerdictAndReasons) {
  EXPECT_EQ(calibration_text(record()),
            "tip_x_mm         194.84 mm (95 %: 194.71 to 194.97)\n"
            "residual_rms_mm  0.45 mm\n"
            "verdict          doubtful\n"
            "  The stylus was swivelled by 12 deg only; swivel it by 40.\n");
}

TEST(CalibrationJson, HasNullWhereThereIsNoInterval) {
  const nlohmann::json json = calibration_json(record());
  EXPECT_EQ(json["verdict"], "doubtful");
  EXPECT_EQ(json["summary"]["tip_x_mm"]["low"], 194.71);
  EXPECT_TRUE(json["summary"]["residual_rms_mm"]["high"].is_null());
  EXPECT_EQ(json["reasons"].size(), 1U);
}

}  // namespace
}  // namespace snitt::shell
