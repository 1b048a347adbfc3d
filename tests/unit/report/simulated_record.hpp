#pragma once
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "data/transform.hpp"

/// A calibration of a probe with every table that a page knows, from random numbers.
namespace snitt::report {

inline StaticTransform simulated_transform() {
  StaticTransform t{{"Image", "Probe"}, {}};
  t.matrix.m = {0.0098, 0.0745,  -0.0012, 11.2, -0.0803, 0.0091, 0.0017, 48.4,
                0.0018, -0.0008, 0.0774,  -0.4, 0,       0,      0,      1};
  return t;
}

inline Table simulated_residuals() {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  std::vector<std::int64_t> frames;
  std::vector<double> u, v, error_u, error_v, error_mm, time_s;
  Categorical role{{}, {"calibration", "validation"}, false};
  std::vector<std::string> wires;
  for (int frame = 0; frame < 120; ++frame)
    for (int wire = 0; wire < 9; ++wire) {
      const double x = 150 + 240 * (wire % 3) + 20 * normal(random) + 60 * std::sin(frame / 9.0);
      const double y = 130 + 160 * (wire / 3) + 10 * normal(random) + 30 * std::cos(frame / 13.0);
      const double du = 1.2 * normal(random) + 2.5 * (x - 410) / 410;
      const double dv = 0.8 * normal(random);
      frames.push_back(frame);
      time_s.push_back(10 + 0.1 * frame);
      wires.push_back("N" + std::to_string(wire / 3 + 1) + "." + std::to_string(wire % 3 + 1));
      u.push_back(x);
      v.push_back(y);
      error_u.push_back(du);
      error_v.push_back(dv);
      error_mm.push_back(0.08 * std::hypot(du, dv));
      role.codes.push_back(frame < 80 ? 0 : 1);
    }
  return {{{"frame", "1", "number of the frame", frames},
           {"time_s", "s", "", time_s},
           {"wire", "", "", wires},
           {"u_px", "px", "", u},
           {"v_px", "px", "", v},
           {"error_u_px", "px", "", error_u},
           {"error_v_px", "px", "", error_v},
           {"error_mm", "mm", "distance from where the wire is", error_mm},
           {"role", "", "", role}}};
}

inline CalibrationRecord simulated_record() {
  const double nan = std::nan("");
  CalibrationRecord record;
  record.method = "n-wire";
  record.verdict = "doubtful";
  record.reasons = {
      "The error grows towards the sides of the image (\u2248 2.5 px): check the pixel size & the speed of "
      "sound.",
      "Only 8\u00b0 of tilt <of the probe>; 15\u00b0 or more tell the parameters apart."};
  record.summary = {
      {"translation_x_mm", 11.2137, 11.1031, 11.3243, "mm", "place of the image's first pixel in Probe"},
      {"translation_y_mm", 48.4162, 48.2952, 48.5372, "mm", ""},
      {"translation_z_mm", -0.39899, -0.74112, -0.05686, "mm", ""},
      {"scale_x_mm", 0.080328, 0.080103, 0.080553, "mm", "distance of columns"},
      {"scale_y_mm", 0.074463, 0.074301, 0.074625, "mm", "distance of rows"},
      {"tracker_lag_s", -0.0648, -0.0661, -0.0635, "s", "how much later the tracker's stamps are"},
      {"error_rms_mm", 0.4791, nan, nan, "mm", "of the wires used"},
      {"frames_used", 117, nan, nan, "1", "of 120"}};
  std::vector<double> lags, rms, correlation, time_s, video, tracker;
  for (int i = -100; i <= 100; ++i) {
    const double lag = 0.005 * i;
    lags.push_back(lag);
    rms.push_back(0.3 + 8 * (1 - std::cos(4 * (lag + 0.0648))));
    correlation.push_back(std::cos(4 * (lag + 0.0648)));
  }
  for (int i = 0; i < 400; ++i) {
    time_s.push_back(0.05 * i);
    video.push_back(i == 200 ? nan : 10 * std::sin(0.11 * i));
    tracker.push_back(10 * std::sin(0.11 * i + 0.15) + 0.2 * std::sin(1.7 * i));
  }
  Categorical status{{}, {"used", "left out"}, false};
  std::vector<std::string> reasons;
  for (int i = 0; i < 120; ++i) {
    status.codes.push_back(i % 40 == 7 ? 1 : 0);
    reasons.push_back(i % 40 == 7 ? (i > 60 ? "no pose" : "fewer than nine dots") : "");
  }
  const std::vector<std::string> parameters{"translation_x_mm", "translation_y_mm", "scale_x_mm",
                                            "scale_y_mm"};
  record.tables = {
      {"residuals", simulated_residuals()},
      {"curve",
       {{{"lag_s", "s", "", lags}, {"rms_mm", "mm", "", rms}, {"correlation", "1", "", correlation}}}},
      {"signals",
       {{{"time_s", "s", "", time_s}, {"video_mm", "mm", "", video}, {"tracker_mm", "mm", "", tracker}}}},
      {"frames", {{{"status", "", "", status}, {"reason", "", "", reasons}}}},
      {"covariance",
       {{{"parameter", "", "", parameters},
         {"translation_x_mm", "", "", std::vector<double>{4, -3, 0.02, 0.001}},
         {"translation_y_mm", "", "", std::vector<double>{-3, 9, 0.03, -0.05}},
         {"scale_x_mm", "", "", std::vector<double>{0.02, 0.03, 0.0004, 0}},
         {"scale_y_mm", "", "", std::vector<double>{0.001, -0.05, 0, 0.0004}}}}}};
  return record;
}

}  // namespace snitt::report
