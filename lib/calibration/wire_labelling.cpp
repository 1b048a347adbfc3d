#include "calibration/wire_labelling.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace snitt::calibration {
namespace {

/// Three dots in a line: the first and third wire of a pattern at its ends.
struct Candidate {
  std::size_t pattern = 0;
  std::array<std::size_t, 3> dots{};  ///< of the pattern's wires
  double middle_u = 0;
  double middle_v = 0;
  double direction_u = 0;  ///< unit vector from the third wire to the first when the image is as recorded
  double direction_v = 0;
  double strength = 0;
};

/// Signs of the turn: does the lateral direction run against u, do levels rise with v.
double lateral_sign(ImageTurn turn) {
  return turn == ImageTurn::mirrored || turn == ImageTurn::turned ? 1 : -1;
}
double level_sign(ImageTurn turn) {
  return turn == ImageTurn::upside_down || turn == ImageTurn::turned ? -1 : 1;
}

class Search {
 public:
  Search(std::span<const Dot> dots, const WireModel& model, const LabellingSettings& settings, ImageTurn turn)
      : dots_(dots), model_(model), settings_(settings), turn_(turn), candidates_(model.patterns.size()) {}

  Labelling run() {
    Labelling result;
    const std::size_t wires = model_.wires();
    if (dots_.empty()) return result;
    if (dots_.size() < wires) {
      result.status = SegmentationStatus::too_few_dots;
      result.detail = fmt::format("{} dots for {} wires", dots_.size(), wires);
      return result;
    }
    find_candidates();
    std::string missing;
    for (std::size_t k = 0; k < candidates_.size(); ++k)
      if (candidates_[k].empty()) missing += (missing.empty() ? "" : ", ") + model_.patterns[k].wires[0].name;
    if (!missing.empty()) {
      result.status = SegmentationStatus::no_pattern;
      result.detail = "no line of three dots for the pattern of " + missing;
      return result;
    }
    choose(0, 0);
    if (best_.empty()) {
      result.status =
          arrangements_ == 0 ? SegmentationStatus::no_arrangement : SegmentationStatus::inconsistent;
      result.detail = arrangements_ == 0 ? fmt::format("{} dots", dots_.size())
                                         : fmt::format("misfit of {:.2f} mm", smallest_misfit_);
      return result;
    }
    result.status = SegmentationStatus::ok;
    result.misfit_mm = best_misfit_;
    for (const Candidate* c : best_)
      for (const std::size_t dot : c->dots)
        result.points.push_back({dots_[dot].u, dots_[dot].v, dots_[dot].strength});
    return result;
  }

 private:
  void find_candidates() {
    const double steepest = std::sin(settings_.steepest_deg * std::numbers::pi / 180);
    for (std::size_t a = 0; a < dots_.size(); ++a)
      for (std::size_t b = 0; b < dots_.size(); ++b) {
        // a: the end with larger u, where the first wire lies when the image is as recorded.
        if (a == b || dots_[a].u <= dots_[b].u) continue;
        const double du = dots_[a].u - dots_[b].u;
        const double dv = dots_[a].v - dots_[b].v;
        const double length = std::hypot(du, dv);
        if (std::abs(dv) > steepest * length) continue;
        for (std::size_t k = 0; k < candidates_.size(); ++k)
          if (std::abs(length * settings_.pixel_size_mm - model_.geometry[k].width_mm) <=
              settings_.width_error_mm)
            add_candidates(k, a, b, du / length, dv / length, length);
      }
    for (std::vector<Candidate>& list : candidates_)
      std::stable_sort(list.begin(), list.end(),
                       [](const Candidate& x, const Candidate& y) { return x.strength > y.strength; });
  }

  void add_candidates(std::size_t pattern, std::size_t a, std::size_t b, double eu, double ev,
                      double length) {
    for (std::size_t m = 0; m < dots_.size(); ++m) {
      if (m == a || m == b) continue;
      const double ru = dots_[m].u - dots_[b].u;
      const double rv = dots_[m].v - dots_[b].v;
      const double along = ru * eu + rv * ev;
      if (along <= 0 || along >= length) continue;
      if (std::abs(rv * eu - ru * ev) * settings_.pixel_size_mm > settings_.collinear_mm) continue;
      const bool swapped = lateral_sign(turn_) > 0;
      candidates_[pattern].push_back({pattern,
                                      {swapped ? b : a, m, swapped ? a : b},
                                      0.5 * (dots_[a].u + dots_[b].u),
                                      0.5 * (dots_[a].v + dots_[b].v),
                                      eu,
                                      ev,
                                      dots_[a].strength + dots_[m].strength + dots_[b].strength});
    }
  }

  /// Depth first, strongest first, leaving out branches that cannot beat the best.
  void choose(std::size_t pattern, double strength) {
    if (pattern == candidates_.size()) {
      ++arrangements_;
      const double misfit = misfit_mm();
      smallest_misfit_ = std::min(smallest_misfit_, misfit);
      if (misfit > settings_.misfit_mm) return;
      best_ = chosen_;
      best_strength_ = strength;
      best_misfit_ = misfit;
      return;
    }
    double rest = 0;
    for (std::size_t k = pattern + 1; k < candidates_.size(); ++k) rest += candidates_[k].front().strength;
    for (const Candidate& c : candidates_[pattern]) {
      if (strength + c.strength + rest <= best_strength_) break;
      if (!fits(c)) continue;
      chosen_.push_back(&c);
      choose(pattern + 1, strength + c.strength);
      chosen_.pop_back();
    }
  }

  bool fits(const Candidate& c) const {
    const double cosine = std::cos(settings_.angle_error_deg * std::numbers::pi / 180);
    const PatternGeometry& mine = model_.geometry[c.pattern];
    for (const Candidate* other : chosen_) {
      for (const std::size_t dot : c.dots)
        if (std::find(other->dots.begin(), other->dots.end(), dot) != other->dots.end()) return false;
      if (c.direction_u * other->direction_u + c.direction_v * other->direction_v < cosine) return false;
      const PatternGeometry& theirs = model_.geometry[other->pattern];
      const double du = (c.middle_u - other->middle_u) * settings_.pixel_size_mm;
      const double dv = (c.middle_v - other->middle_v) * settings_.pixel_size_mm;
      // Along the other line and across it, towards larger v.
      const double along = du * other->direction_u + dv * other->direction_v;
      const double across = dv * other->direction_u - du * other->direction_v;
      const double rise = level_sign(turn_) * (mine.level_mm - theirs.level_mm);
      const double shift = lateral_sign(turn_) * (mine.lateral_mm - theirs.lateral_mm);
      // A share of the distance, and what the thickness of dots does to Ns on one level.
      if (std::abs(across - rise) > settings_.distance_error * std::abs(rise) + settings_.collinear_mm)
        return false;
      if (std::abs(along - shift) > settings_.lateral_error_mm) return false;
    }
    return true;
  }

  /// RMS distance of the dots' wires from the best affine map of the image onto the phantom's lateral and
  /// level coordinates. Where the middle wire is cut follows from its place between the outer ones.
  double misfit_mm() const {
    const auto rows = static_cast<Eigen::Index>(3 * chosen_.size());
    Eigen::MatrixXd image(rows, 3);
    Eigen::MatrixXd section(rows, 2);
    Eigen::Index row = 0;
    for (const Candidate* c : chosen_) {
      const Dot& first = dots_[c->dots[0]];
      const Dot& middle = dots_[c->dots[1]];
      const Dot& last = dots_[c->dots[2]];
      const double share =
          std::hypot(middle.u - first.u, middle.v - first.v) / std::hypot(last.u - first.u, last.v - first.v);
      const auto& ends = model_.geometry[c->pattern].ends_mm;
      const std::array<Vec3, 3> places{ends[0], (1 - share) * ends[0] + share * ends[1], ends[1]};
      for (std::size_t k = 0; k < 3; ++k, ++row) {
        const Dot& dot_of_wire = dots_[c->dots[k]];
        image.row(row) << dot_of_wire.u, dot_of_wire.v, 1;
        section.row(row) << dot(places[k], model_.lateral), dot(places[k], model_.level);
      }
    }
    // One N lies in a line: it fits anything.
    if (chosen_.size() < 2) return 0;
    // Ns on one level: their dots lie in one line, which leaves a direction free.
    const Eigen::MatrixXd map = image.completeOrthogonalDecomposition().solve(section);
    return std::sqrt((image * map - section).squaredNorm() / static_cast<double>(rows));
  }

  std::span<const Dot> dots_;
  const WireModel& model_;
  const LabellingSettings& settings_;
  ImageTurn turn_;
  std::vector<std::vector<Candidate>> candidates_;  ///< [pattern], strongest first
  std::vector<const Candidate*> chosen_;
  std::vector<const Candidate*> best_;
  double best_strength_ = -1;
  double best_misfit_ = 0;
  double smallest_misfit_ = std::numeric_limits<double>::infinity();
  std::size_t arrangements_ = 0;
};

}  // namespace

std::string describe(ImageTurn turn) {
  switch (turn) {
    case ImageTurn::mirrored:
      return "mirrored left to right";
    case ImageTurn::upside_down:
      return "mirrored top to bottom";
    case ImageTurn::turned:
      return "turned by 180 degrees";
    default:
      return "as recorded";
  }
}

std::string name_of(SegmentationStatus status) {
  switch (status) {
    case SegmentationStatus::ok:
      return "ok";
    case SegmentationStatus::image_invalid:
      return "image-invalid";
    case SegmentationStatus::no_dots:
      return "no-dots";
    case SegmentationStatus::too_few_dots:
      return "too-few-dots";
    case SegmentationStatus::no_pattern:
      return "no-pattern";
    case SegmentationStatus::no_arrangement:
      return "no-arrangement";
    default:
      return "inconsistent";
  }
}

std::string describe(SegmentationStatus status) {
  switch (status) {
    case SegmentationStatus::ok:
      return "all wires found";
    case SegmentationStatus::image_invalid:
      return "the recording marks the image as invalid";
    case SegmentationStatus::no_dots:
      return "no bright dot was found (is the phantom in the image? see --pixel-size-mm, --disc-mm, "
             "--bar-mm)";
    case SegmentationStatus::too_few_dots:
      return "fewer dots than wires were found (a wire outside the image, or too weak: see "
             "--threshold-percent)";
    case SegmentationStatus::no_pattern:
      return "no three dots lie in a line of a pattern's width (two dots in one, a slanting probe, or "
             "another "
             "phantom: see --pixel-size-mm, --collinear-mm)";
    case SegmentationStatus::no_arrangement:
      return "lines of three dots were found, but not lying to each other as the phantom's patterns do";
    default:
      return "the dots are no section of this phantom";
  }
}

Labelling label_wires(std::span<const Dot> dots, const WireModel& model, const LabellingSettings& settings,
                      ImageTurn turn) {
  if (!(settings.pixel_size_mm > 0))
    throw InputError("the size of a pixel is {} mm; expected a positive number", settings.pixel_size_mm);
  return Search(dots, model, settings, turn).run();
}

}  // namespace snitt::calibration
