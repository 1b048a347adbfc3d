#include "base/error.hpp"
#include "image_registration/linear_registration.hpp"
#include "image_registration/starts.hpp"
#include "register-images/settings.hpp"

namespace snitt::register_images {
namespace {

namespace ir = image_registration;

ir::Metric metric_of(const std::string& word) {
  return word == "nmi"   ? ir::Metric::nmi
         : word == "ncc" ? ir::Metric::ncc
         : word == "mse" ? ir::Metric::mse
                         : ir::Metric::mi;
}

ir::LinearOptions options_of(const Settings& s) {
  ir::LinearOptions options;
  options.model = linear_model(s);
  options.metric = metric_of(s.metric);
  if (s.preset == "fast") {
    options.samples = 60'000;
    options.looks_around = false;
  }
  if (s.preset == "accurate") options.samples = 1'000'000;
  if (s.samples) options.samples = static_cast<std::size_t>(*s.samples);
  return options;
}

}  // namespace

ir::LinearModel linear_model(const Settings& s) {
  return s.model == "similarity" ? ir::LinearModel::similarity
         : s.model == "affine"   ? ir::LinearModel::affine
                                 : ir::LinearModel::rigid;
}

LinearStage register_linear_stage(const Settings& s, const Images& images, const Matrix4& start,
                                  Monitor& monitor) {
  const ir::LinearOptions options = options_of(s);
  const ir::ImagePair& pair = images.pair;
  monitor.inform(
      fmt::format("registering will take about {} MB of memory",
                  ir::linear_memory(pair.fixed.geometry, pair.moving.geometry, options.samples) >> 20U));
  const ir::LinearResult found = ir::register_linear(pair, start, options, monitor);
  return {found.fixed_to_moving, ir::linear_record(pair, start, options, found)};
}

}  // namespace snitt::register_images
