#include "report/transform_text.hpp"

#include <fmt/format.h>

namespace snitt::report {
namespace {

void add_matrix(const Matrix4& matrix, Page& page) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t r = 0; r < 3; ++r) {
    std::vector<std::string> row;
    for (std::size_t c = 0; c < 4; ++c) row.push_back(fmt::format("{:.6g}", matrix(r, c)));
    rows.push_back(row);
  }
  page.table({"x", "y", "z", "1"}, rows, {true, true, true, true});
}

}  // namespace

void add_transform(const SpatialTransform& transform, Page& page) {
  const Wording& w = page.wording();
  const auto& [from, to] = std::pair{transform.name.from, transform.name.to};
  if (is_linear(transform)) {
    page.paragraph(w.say("Maps points of {} to points of {}; the last column is in mm.", from, to));
    add_matrix(linear_part(transform), page);
    return;
  }
  page.paragraph(w.say("Maps points of {} to points of {}, by these steps in their order:", from, to));
  std::vector<std::string> steps;
  for (const TransformStep& step : transform.steps) steps.push_back(name_of(step));
  page.list(steps);
}

}  // namespace snitt::report
