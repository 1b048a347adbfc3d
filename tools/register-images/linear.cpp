#include "base/error.hpp"
#include "image_registration/lc2_registration.hpp"
#include "image_registration/linear_registration.hpp"
#include "image_registration/second_opinion.hpp"
#include "image_registration/starts.hpp"
#include "register-images/settings.hpp"

namespace snitt::register_images {
namespace {

namespace ir = image_registration;

ir::Metric metric_of(const std::string& word) {
  return word == "lc2"   ? ir::Metric::lc2
         : word == "nmi" ? ir::Metric::nmi
         : word == "ncc" ? ir::Metric::ncc
         : word == "mse" ? ir::Metric::mse
                         : ir::Metric::mi;
}

ir::LinearOptions options_of(const Settings& s, const Images& images) {
  ir::LinearOptions options;
  options.model = linear_model(s);
  const bool is_mixed = images.fixed_is_ultrasound && !images.moving_is_ultrasound;
  options.metric = s.metric == "auto" && is_mixed ? ir::Metric::lc2 : metric_of(s.metric);
  if (s.preset == "fast") {
    options.samples = 60'000;
    options.looks_around = false;
  }
  if (s.preset == "accurate") options.samples = 1'000'000;
  if (s.samples) options.samples = static_cast<std::size_t>(*s.samples);
  return options;
}

ir::Lc2Options lc2_options(const Settings& s) {
  ir::Lc2Options options;
  options.model = linear_model(s);
  if (s.preset == "fast") {
    options.starts = 0;
    options.climbs = 1;
  }
  if (s.preset == "accurate") {
    options.starts = 1600;
    options.climbs = 12;
  }
  return options;
}

/// Two measures that have little in common and agree are not both wrong.
void ask_self_similarity(const ir::ImagePair& pair, LinearStage& stage) {
  const ir::SecondOpinion opinion = ir::second_opinion(pair, stage.fixed_to_moving);
  CalibrationRecord& record = stage.record;
  record.summary.push_back(
      plain("second_opinion_mm", opinion.apart_mm, "mm",
            "from the result to where self-similarity would have it, which knows no more"));
  constexpr double most_mm = 4;  // self-similarity finds the simulated ultrasound of a head within 2 mm
  if (opinion.apart_mm < most_mm + opinion.spacing_mm) return;
  record.reasons.push_back(fmt::format(
      "self-similarity would have the image {:.3g} mm elsewhere; check the result by eye, or give a start "
      "that is known to be near",
      opinion.apart_mm));
  record.verdict = "doubtful";
}

}  // namespace

ir::LinearModel linear_model(const Settings& s) {
  return s.model == "similarity" ? ir::LinearModel::similarity
         : s.model == "affine"   ? ir::LinearModel::affine
                                 : ir::LinearModel::rigid;
}

LinearStage register_linear_stage(const Settings& s, const Images& images, const Matrix4& start,
                                  Monitor& monitor) {
  const ir::LinearOptions options = options_of(s, images);
  const ir::ImagePair& pair = images.pair;
  // LC2 keeps the magnitude of the gradient beside the values.
  const std::size_t slopes = options.metric == ir::Metric::lc2 ? 4 * pair.moving.values.size() : 0;
  const std::size_t bytes =
      slopes + ir::linear_memory(pair.fixed.geometry, pair.moving.geometry, options.samples);
  monitor.inform(fmt::format("registering will take about {} MB of memory", bytes >> 20U));
  const ir::LinearResult found = options.metric == ir::Metric::lc2
                                     ? ir::register_lc2(pair, start, lc2_options(s), monitor)
                                     : ir::register_linear(pair, start, options, monitor);
  LinearStage stage{found.fixed_to_moving, ir::linear_record(pair, start, options, found)};
  if (options.metric == ir::Metric::lc2 && s.preset != "fast") ask_self_similarity(pair, stage);
  return stage;
}

}  // namespace snitt::register_images
