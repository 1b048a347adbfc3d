#include "calibration/time_record.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <limits>

namespace snitt::calibration {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
// Beyond these a result is doubtful. 20 ms at a usual 50 mm/s of sweep are 1 mm.
constexpr double wide_s = 0.02;
constexpr double weak_correlation = 0.95;
constexpr double near_rival = 1.5;        // ratio of the residuals
constexpr double many_outliers = 0.1;     // of the samples
constexpr double many_rejected = 0.2;     // of the samples
constexpr double more_than_turned = 1.5;  // ratio of deviations; pixels may be longer than wide
constexpr double crooked_motion = 0.7;    // variance along the main axis

/// "_mm" for a name's end; "" for plain numbers.
std::string ending(const std::string& units) {
  if (units.empty() || units == "1") return "";
  std::string text = "_";
  for (const char c : units)
    text += std::isalnum(static_cast<unsigned char>(c)) != 0
                ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                : '_';
  return text;
}

std::size_t unused(const MotionSignal& signal) { return signal.reason.size() - signal.sample.size(); }

const Quantity* quantity_of(const MotionSignal& signal, const std::string& name) {
  for (const Quantity& q : signal.quantities)
    if (q.name == name) return &q;
  return nullptr;
}

/// Why the lag depends on the column, and what to do. A probe that rocks tilts the line by no more than it
/// turns.
std::string column_doubt(const MotionSignal& fixed, const MotionSignal& moving, const TimeAlignment& a) {
  const std::string found = fmt::format(
      "the lag depends on the column: {:.0f} ms by the rows at column {:.0f}, {:.0f} ms at column {:.0f}",
      1e3 * a.left_lag_s, fixed.columns.left_px, 1e3 * a.right_lag_s, fixed.columns.right_px);
  const Quantity* tilt = quantity_of(fixed, "tilt_deviation_deg");
  const Quantity* turn = quantity_of(moving, "turn_deviation_deg");
  if (tilt != nullptr && turn != nullptr && tilt->value > more_than_turned * turn->value)
    return fmt::format(
        "{}; the line tilts by ±{:.1f}°, the probe turns by ±{:.1f}° only, so columns of one image show "
        "different "
        "times: take a lag from the columns that matter (--clip-rectangle-px), and sweep slowly",
        found, tilt->value, turn->value);
  return found +
         "; the probe rocks: hold its angle, or look at the columns under the tracked point "
         "(--clip-rectangle-px)";
}

std::vector<std::string> doubts(const MotionSignal& fixed, const MotionSignal& moving,
                                const TimeAlignment& a) {
  std::vector<std::string> reasons;
  const double half_s = 0.5 * (a.high_s - a.low_s);
  if (a.depends_on_column)
    reasons.push_back(column_doubt(fixed, moving, a));
  else if (half_s > wide_s)
    reasons.push_back(
        fmt::format("the lag is known to ±{:.0f} ms only; move faster, or for longer", 1e3 * half_s));
  if (std::abs(a.correlation) < weak_correlation)
    reasons.push_back(fmt::format(
        "the streams agree with a correlation of {:.2f} only; look at the tables 'signals' and 'frames'",
        std::abs(a.correlation)));
  if (a.rival_rms < near_rival * a.rms)
    reasons.push_back(fmt::format(
        "a lag of {:.3f} s explains the motion nearly as well; move irregularly, or search less far",
        a.rival_lag_s));
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  if (count(a.outliers) > many_outliers * count(a.samples))
    reasons.push_back(fmt::format("{} of {} samples fit no common motion; look at the table 'frames'",
                                  a.outliers, a.outliers + a.samples));
  for (const MotionSignal* signal : {&fixed, &moving})
    if (count(unused(*signal)) > many_rejected * count(signal->reason.size()))
      reasons.push_back(fmt::format("{}: {} of {} samples could not be used ({})", signal->name,
                                    unused(*signal), signal->reason.size(), rejections(*signal)));
  for (const MotionSignal* signal : {&fixed, &moving})
    for (const Quantity& q : signal->quantities)
      if (q.name == "main_axis_share" && q.value < crooked_motion)
        reasons.push_back(fmt::format(
            "{}: only {:.0f} % of the motion is along one line; move straight towards the floor and back",
            signal->name, 100 * q.value));
  return reasons;
}

std::vector<Quantity> summary(const MotionSignal& fixed, const MotionSignal& moving, const TimeAlignment& a) {
  const std::string unit = ending(moving.units);
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  std::vector<Quantity> list;
  const auto add = [&](const std::string& name, double value, const std::string& units,
                       const std::string& description) {
    list.push_back({name, value, nothing, nothing, units, description});
  };
  list.push_back({"time_offset_s", a.lag_s, a.low_s, a.high_s, "s",
                  fmt::format("L with '{}' at t + L = '{}' at t", moving.name, fixed.name)});
  if (!fixed.slope.empty()) {
    add("column_px", fixed.columns.middle_px, "px", "the column whose row was compared");
    add("time_offset_left_s", a.left_lag_s, "s",
        fmt::format("lag by the row at the region's first column, {:.0f}", fixed.columns.left_px));
    add("time_offset_right_s", a.right_lag_s, "s",
        fmt::format("lag by the row at its last column, {:.0f}", fixed.columns.right_px));
    const double rate = 1e3 * a.column_lag_s_per_px;
    const double half = 1e3 * a.column_lag_half_width;
    list.push_back({"column_lag_ms_per_px", rate, rate - half, rate + half, "ms/px",
                    "change of the lag from one column to the next"});
  }
  if (std::isfinite(a.grid_lag_s))
    add("grid_offset_s", a.grid_lag_s, "s",
        "lag as PLUS computes it, for comparison: straight lines between samples, steps of the curve");
  add("rms" + unit, a.rms, moving.units, "root mean square of the residuals of the used samples, at the lag");
  add("largest_residual" + unit, a.largest_residual, moving.units, "largest residual of a used sample");
  add("correlation", a.correlation, "1", "correlation of the two signals, at the lag");
  add("axis_sign", a.sign, "1", "1 when the moving signal grows with the fixed one, -1 when it falls");
  const std::string per = fixed.units == "1" ? "" : "/" + fixed.units;
  add("scale" + (per.empty() ? unit : unit + "_per" + ending(fixed.units)), a.scale, moving.units + per,
      "ratio of the motions: the size of a pixel when the motion is along the image's depth");
  add("speed" + (unit.empty() ? "" : unit + "_per_s"), a.speed_rms, moving.units + "/s",
      "root mean square speed of the motion");
  add("frames_used", count(a.samples), "1", "samples of the fixed stream that the lag rests on");
  add("frames_rejected", count(unused(fixed)), "1", "samples of the fixed stream without a value");
  add("frames_without_counterpart", count(fixed.sample.size() - a.samples - a.outliers), "1",
      "samples of the fixed stream before, after or in a gap of the moving one");
  add("frames_outlying", count(a.outliers), "1", "samples of the fixed stream beyond 10 robust deviations");
  add("frames_effective", a.effective_samples, "1", "independent samples that would give the same interval");
  add("poses_used", count(moving.sample.size()), "1", "samples of the moving stream with a value");
  add("poses_rejected", count(unused(moving)), "1", "samples of the moving stream without a value");
  if (std::isfinite(a.rival_lag_s)) {
    add("rival_lag_s", a.rival_lag_s, "s", "lag that explains the motion second best");
    add("rival_rms" + unit, a.rival_rms, moving.units,
        "root mean square of the residuals at the second best lag");
  }
  for (const MotionSignal* signal : {&fixed, &moving})
    list.insert(list.end(), signal->quantities.begin(), signal->quantities.end());
  return list;
}

Table signals_table(const MotionSignal& fixed, const MotionSignal& moving, const TimeAlignment& a) {
  std::vector<double> time;
  std::vector<double> raw;
  std::vector<double> scaled;
  std::vector<double> aligned;
  std::vector<double> residual;
  std::vector<std::string> status;
  for (const AlignedSample& s : a.aligned) {
    time.push_back(s.time_s);
    raw.push_back(s.fixed);
    scaled.push_back(s.scaled);
    aligned.push_back(s.moving);
    residual.push_back(s.residual);
    status.push_back(s.reason.empty() ? "used" : s.reason);
  }
  return {
      {{"time_s", "s", "time of the fixed stream", std::move(time)},
       {"video", fixed.units, fixed.name, std::move(raw)},
       {"video_scaled", moving.units, fixed.name + ", in the units of the moving stream", std::move(scaled)},
       {"tracker_aligned", moving.units, moving.name + ", smoothed, at the time + lag", std::move(aligned)},
       {"residual", moving.units, "video_scaled - tracker_aligned", std::move(residual)},
       {"status", "", "used, or why the sample was not", std::move(status)}}};
}

/// Every sample of a recording: used, or why not.
Table samples_table(const MotionSignal& signal, const std::vector<AlignedSample>& aligned) {
  std::vector<std::int64_t> number;
  std::vector<std::string> status;
  for (std::size_t i = 0; i < signal.reason.size(); ++i) {
    number.push_back(static_cast<std::int64_t>(i));
    status.push_back(signal.reason[i].empty() ? "used" : signal.reason[i]);
  }
  for (const AlignedSample& s : aligned)
    if (!s.reason.empty()) status[s.sample] = s.reason;
  Table table{{{"sample", "1", "number of the sample in the recording, from 0", std::move(number)},
               {"time_s", "s", "recorded time of the sample", signal.recorded_time_s},
               {"status", "", "used, or why the sample was not", std::move(status)}}};
  table.columns.insert(table.columns.end(), signal.details.begin(), signal.details.end());
  return table;
}

}  // namespace

Table curve_table(const TimeAlignment& alignment, const MotionSignal& moving) {
  std::vector<double> lag;
  std::vector<double> correlation;
  std::vector<double> same;
  std::vector<double> opposite;
  std::vector<std::int64_t> samples;
  for (const CurvePoint& p : alignment.curve) {
    lag.push_back(p.lag_s);
    correlation.push_back(p.correlation);
    same.push_back(p.rms_same);
    opposite.push_back(p.rms_opposite);
    samples.push_back(static_cast<std::int64_t>(p.samples));
  }
  const std::string unit = ending(moving.units);
  return {{{"lag_s", "s", "poses are taken this much later than the frames", std::move(lag)},
           {"correlation", "1", "correlation of the two signals at the lag", std::move(correlation)},
           {"rms_same" + unit, moving.units,
            "root mean square residual of the normalised signals, axes alike", std::move(same)},
           {"rms_opposite" + unit, moving.units,
            "root mean square residual of the normalised signals, axes opposite", std::move(opposite)},
           {"samples", "1", "samples of the fixed stream with a counterpart", std::move(samples)}}};
}

CalibrationRecord time_record(const MotionSignal& fixed, const MotionSignal& moving,
                              const TimeAlignment& alignment) {
  CalibrationRecord record;
  record.method = "time alignment";
  record.reasons = doubts(fixed, moving, alignment);
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.summary = summary(fixed, moving, alignment);
  record.tables = {{"signals", signals_table(fixed, moving, alignment)},
                   {"frames", samples_table(fixed, alignment.aligned)},
                   {"poses", samples_table(moving, {})}};
  return record;
}

}  // namespace snitt::calibration
