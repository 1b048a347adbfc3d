#include "calibration/plus_settings.hpp"

#include <charconv>
#include <cmath>

#include "base/error.hpp"

namespace snitt::calibration {
namespace {

class Attributes {
 public:
  Attributes(const std::vector<std::pair<std::string, std::string>>& all, const std::string& origin)
      : all_(all), origin_(origin) {}

  void take(const char* name, double& target, double lowest, double highest) const {
    const std::vector<double> values = numbers(name, 1);
    if (values.empty()) return;
    if (!(values[0] >= lowest && values[0] <= highest))
      throw InputError("{}: Segmentation has {}='{}'; expected {:g} to {:g}", origin_, name, values[0],
                       lowest, highest);
    target = values[0];
  }

  /// Empty when the attribute is not there.
  std::vector<double> numbers(const char* name, std::size_t count) const {
    for (const auto& [key, text] : all_) {
      if (key != name) continue;
      std::vector<double> values;
      const char* at = text.data();
      const char* end = text.data() + text.size();
      while (at != end) {
        if (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') {
          ++at;
          continue;
        }
        double value = 0;
        const auto [next, error] = std::from_chars(at, end, value);
        if (error != std::errc() || !std::isfinite(value)) break;
        values.push_back(value);
        at = next;
      }
      if (at != end || values.size() != count)
        throw InputError("{}: Segmentation has {}='{}'; expected {} number{}", origin_, name, text, count,
                         count == 1 ? "" : "s");
      return values;
    }
    return {};
  }

 private:
  const std::vector<std::pair<std::string, std::string>>& all_;
  const std::string& origin_;
};

}  // namespace

void apply_plus_segmentation(const std::vector<std::pair<std::string, std::string>>& attributes,
                             const std::string& origin, DotSettings& dots, LabellingSettings& labelling) {
  const Attributes from(attributes, origin);
  from.take("ApproximateSpacingMmPerPixel", dots.pixel_size_mm, 1e-4, 10);
  labelling.pixel_size_mm = dots.pixel_size_mm;
  from.take("MorphologicalOpeningCircleRadiusMm", dots.disc_mm, 0, 100);
  from.take("MorphologicalOpeningBarSizeMm", dots.bar_mm, 0, 100);
  from.take("ThresholdImagePercent", dots.threshold_percent, 0, 100);
  double maximum = static_cast<double>(dots.maximum_dots);
  from.take("NumberOfMaximumFiducialPointCandidates", maximum, 1, 1000);
  dots.maximum_dots = static_cast<std::size_t>(maximum);
  from.take("CollinearPointsMaxDistanceFromLineMm", labelling.collinear_mm, 0, 100);
  from.take("AngleToleranceDegrees", labelling.angle_error_deg, 0, 90);
  from.take("MaxThetaDegrees", labelling.steepest_deg, 0, 90);
  from.take("MaxLineShiftMm", labelling.lateral_error_mm, 0, 1000);
  double percent = 100 * labelling.distance_error;
  from.take("MaxLinePairDistanceErrorPercent", percent, 0, 100);
  labelling.distance_error = percent / 100;
  const std::vector<double> place = from.numbers("ClipRectangleOrigin", 2);
  const std::vector<double> size = from.numbers("ClipRectangleSize", 2);
  if (place.empty() || size.empty()) return;
  if (place[0] < 0 || place[1] < 0 || size[0] < 1 || size[1] < 1)
    throw InputError(
        "{}: Segmentation has a clip rectangle of {} x {} pixels at ({}, {}); expected one in the image",
        origin, size[0], size[1], place[0], place[1]);
  dots.region = PixelBox{static_cast<std::size_t>(place[0]), static_cast<std::size_t>(place[1]),
                         static_cast<std::size_t>(size[0]), static_cast<std::size_t>(size[1])};
}

}  // namespace snitt::calibration
