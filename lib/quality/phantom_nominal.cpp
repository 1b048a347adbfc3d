#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "formats/csv.hpp"
#include "quality/phantom_quality.hpp"

namespace snitt::quality {
namespace {

std::string cell(const formats::CsvText& csv, std::size_t row, const std::string& column) {
  const auto found = std::ranges::find(csv.names, column);
  return found == csv.names.end() ? "" : csv.rows[row][static_cast<std::size_t>(found - csv.names.begin())];
}

}  // namespace

std::vector<NominalValue> read_nominal_values(const std::string& path) {
  const formats::CsvText csv = formats::read_csv_text(path);
  const std::size_t measure = formats::column_index(csv, "measure");
  const std::size_t object = formats::column_index(csv, "object");
  const std::size_t nominal = formats::column_index(csv, "nominal");
  const std::size_t tolerance = formats::column_index(csv, "tolerance");
  std::vector<NominalValue> values;
  for (std::size_t r = 0; r < csv.rows.size(); ++r) {
    NominalValue value;
    value.module = cell(csv, r, "module");
    value.measure = csv.rows[r][measure];
    value.object = csv.rows[r][object];
    value.nominal = formats::csv_number(csv, r, nominal);
    value.tolerance = formats::csv_number(csv, r, tolerance);
    if (value.measure.empty())
      throw InputError("{}: line {} names no measure; expected one such as 'hu'", path, csv.lines[r]);
    if (value.tolerance < 0)
      throw InputError("{}: line {} has tolerance {:g}; expected 0 or more", path, csv.lines[r],
                       value.tolerance);
    if (!std::isnan(value.nominal)) values.push_back(value);
  }
  if (values.empty()) throw InputError("{}: has no row with a nominal value", path);
  return values;
}

CtPhantomModel with_nominal_values(CtPhantomModel model, const std::vector<NominalValue>& values) {
  for (const NominalValue& value : values) {
    if (value.measure != "hu") continue;
    bool is_taken = false;
    std::string known;
    for (PhantomModule& module : model.modules) {
      const std::vector<std::string> names = object_names(module);
      for (std::size_t i = 0; i < names.size(); ++i) {
        PhantomObject& object = module.objects[i];
        if (object.kind != PhantomObjectKind::rod) continue;
        known += (known.empty() ? "" : ", ") + names[i];
        if ((!value.module.empty() && value.module != module.name) || value.object != names[i]) continue;
        object.hu = value.nominal;
        object.hu_tolerance = std::isnan(value.tolerance) ? 0 : value.tolerance;
        is_taken = true;
      }
    }
    if (!is_taken)
      throw InputError("{} has no insert '{}'{}; expected one of {}", model.name, value.object,
                       value.module.empty() ? "" : " in " + value.module, known);
  }
  return model;
}

void apply_nominal_values(const std::vector<NominalValue>& values, std::vector<PhantomMeasure>& measures) {
  for (const NominalValue& value : values)
    for (PhantomMeasure& measure : measures) {
      if (measure.measure != value.measure || measure.measure == "hu") continue;
      if (!value.module.empty() && value.module != measure.module) continue;
      if (!value.object.empty() && value.object != measure.object) continue;
      measure.nominal = value.nominal;
      measure.tolerance = value.tolerance;
    }
}

DetectionTask parse_task(const std::string& text) {
  std::vector<std::string> words{""};
  for (const char c : text)
    if (c == ':')
      words.emplace_back();
    else
      words.back() += c;
  DetectionTask task;
  const auto number = [&](std::size_t i) {
    std::size_t used = 0;
    double value = 0;
    try {
      value = std::stod(words[i], &used);
    } catch (const std::exception&) {
      used = 0;
    }
    if (words[i].empty() || used != words[i].size() || !std::isfinite(value))
      throw UsageError("--task '{}': '{}' is no number; expected SHAPE:DIAMETER_MM:CONTRAST_HU", text,
                       words[i]);
    return value;
  };
  if (words.size() != 3 && !(words.size() == 4 && words[0] == "designer"))
    throw UsageError("--task '{}': expected SHAPE:DIAMETER_MM:CONTRAST_HU such as disk:5:10", text);
  if (words[0] == "disk")
    task.shape = TaskShape::disk;
  else if (words[0] == "gaussian")
    task.shape = TaskShape::gaussian;
  else if (words[0] == "designer")
    task.shape = TaskShape::designer;
  else
    throw UsageError("--task '{}': unknown shape '{}'; expected disk, gaussian or designer", text, words[0]);
  task.diameter_mm = number(1);
  task.contrast_hu = number(2);
  if (words.size() == 4) task.exponent = number(3);
  if (!(task.diameter_mm > 0.1 && task.diameter_mm <= 200) || task.contrast_hu == 0)
    throw UsageError("--task '{}': expected a diameter of 0.1 to 200 mm and a contrast other than 0", text);
  return task;
}

}  // namespace snitt::quality
