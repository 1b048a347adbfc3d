#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "quality/patient_quality.hpp"

namespace snitt::quality {
namespace {

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) c == ':' ? (void)parts.emplace_back() : parts.back().push_back(c);
  return parts;
}

bool is_number(const std::string& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

const char* word_of(TaskShape shape) {
  switch (shape) {
    case TaskShape::disk:
      return "disk";
    case TaskShape::gaussian:
      return "gaussian";
    case TaskShape::designer:
      break;
  }
  return "designer";
}

}  // namespace

std::string name_of(const DetectionTask& task) {
  std::string name = fmt::format("{}_{:g}mm_{:g}hu", word_of(task.shape), task.diameter_mm, task.contrast_hu);
  if (task.shape == TaskShape::designer && task.exponent != 1) name += fmt::format("_{:g}", task.exponent);
  for (char& c : name) c = c == '.' ? 'p' : c == '-' ? 'm' : c == '+' ? '_' : c;
  return name;
}

DetectionTask detection_task(const std::string& text) {
  const std::vector<std::string> parts = parts_of(text);
  DetectionTask task;
  bool good = parts.size() == 3 || (parts.size() == 4 && parts[0] == "designer");
  if (good) {
    bool known = false;
    for (const TaskShape shape : {TaskShape::disk, TaskShape::gaussian, TaskShape::designer})
      if (parts[0] == word_of(shape)) {
        task.shape = shape;
        known = true;
      }
    good = known && is_number(parts[1], task.diameter_mm) && is_number(parts[2], task.contrast_hu) &&
           (parts.size() == 3 || is_number(parts[3], task.exponent));
  }
  if (!good)
    throw UsageError(
        "--task: '{}' is no task; expected SHAPE:DIAMETER:CONTRAST with shape disk, gaussian or designer, "
        "millimetres and HU, as disk:5:10",
        text);
  if (!(task.diameter_mm >= 0.2 && task.diameter_mm <= 100))
    throw UsageError("--task: '{}' has a diameter of {} mm; expected 0.2 to 100", text, task.diameter_mm);
  if (!(std::abs(task.contrast_hu) > 0 && std::abs(task.contrast_hu) <= 5000))
    throw UsageError("--task: '{}' has a contrast of {} HU; expected up to 5000, and not 0", text,
                     task.contrast_hu);
  if (!(task.exponent >= 0 && task.exponent <= 10))
    throw UsageError("--task: '{}' has an exponent of {}; expected 0 to 10", text, task.exponent);
  return task;
}

}  // namespace snitt::quality
