#include <gtest/gtest.h>

#include <array>
#include <sstream>
#include <string>

#include "calibration/landmark_detection.hpp"
#include "calibration/phantom_record.hpp"
#include "calibration/pivot.hpp"
#include "calibration/spin.hpp"
#include "calibration/stylus_tip.hpp"
#include "fcal_phantom.hpp"
#include "stylus_fixture.hpp"

namespace snitt::calibration {
namespace {

/// Descriptions are read row by row in a spreadsheet, sorted and filtered: none may lean on the row above.
void expect_alone(const std::string& where, const std::string& description) {
  EXPECT_GT(std::count(description.begin(), description.end(), ' '), 0) << where << ": " << description;
  for (const char* leaning : {"and ", "its ", "of ", "the same", "that ", "from it", "left out", "in the "})
    EXPECT_FALSE(description.starts_with(leaning)) << where << ": " << description;
}

void expect_alone(const CalibrationRecord& record) {
  for (const Quantity& q : record.summary) expect_alone(q.name, q.description);
  for (const auto& [name, table] : record.tables)
    for (const Column& column : table.columns) expect_alone(name + "/" + column.name, column.description);
}

TEST(Descriptions, OfAPointerStandAlone) {
  const phantom::StylusTracking tracking = usual_tracking(1);
  const TrackedPoses poses = stylus_poses(phantom::record_pivot({}, tracking));
  const PivotCalibration pivot = calibrate_pivot(poses);
  const TrackedPoses turned = stylus_poses(phantom::record_spin({}, tracking));
  expect_alone(stylus_tip(poses, pivot, calibrate_spin(turned, pivot.tip_mm), {}).record);
}

TEST(Descriptions, OfARegisteredPhantomStandAlone) {
  const auto tips = [](const phantom::StylusRecording& r) {
    Frames frames = r.frames;
    frames.constant.push_back({{"StylusTip", "Stylus"}, r.stylus_tip_to_stylus});
    return tracked_poses(frames, "StylusTip", "Reference");
  };
  const PhantomDefinition phantom = fcal_phantom();
  const TrackedPoses held =
      tips(phantom::record_landmarks(phantom, phantom_placement(), {}, usual_tracking(1)));
  const auto touched = find_touched_points(held, {});
  const LandmarkRegistration landmarks = register_landmarks(touched, phantom);
  expect_alone(record_of(landmarks, touched, phantom, held));
}

}  // namespace
}  // namespace snitt::calibration
