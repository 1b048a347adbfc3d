#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt {

/// What a tracker or an image source said about one sample. The order is the code stored in files.
enum class Status : std::uint8_t {
  ok,
  invalid,
  missing,
  out_of_view,
  out_of_volume,
  switch1_is_on,
  switch2_is_on,
  switch3_is_on,
  request_timeout,
  path_not_found,
  unknown,
};

/// "OK", "INVALID", "OUT_OF_VIEW", "REQ_TIMEOUT" …: the words of IGS sequence files.
std::string_view name_of(Status status);
std::optional<Status> status_from_name(std::string_view name);
/// A pressed switch does not make a pose unusable; everything else but OK does.
bool is_usable(Status status);

/// The name of a transform that maps coordinates of frame `from` to frame `to`: "ProbeToTracker".
struct TransformName {
  std::string from;
  std::string to;
  std::string text() const { return from + "To" + to; }
  friend bool operator==(const TransformName&, const TransformName&) = default;
};

/// Splits at the last "To" that is followed by a capital letter or digit and not at either end
/// ("ToolToTracker" -> Tool, Tracker). Nothing if there is none.
std::optional<TransformName> transform_name_from_text(std::string_view text);

/// A transform that holds for all samples.
struct StaticTransform {
  TransformName name;
  Matrix4 matrix;
};

/// A transform measured once per sample, [sample]. When `time_s` is empty the samples are the frames of the
/// recording; otherwise the tracker had a clock of its own and `time_s` [sample] rises strictly.
struct TrackedTransform {
  TransformName name;
  std::vector<Matrix4> matrix;
  std::vector<Status> status;
  std::vector<double> time_s;
};

}  // namespace snitt
