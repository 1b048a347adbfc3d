#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/spatial_transform.hpp"
#include "data/table.hpp"
#include "data/transform_chain.hpp"
#include "shell/point_input.hpp"
#include "shell/tool.hpp"

namespace snitt::registration_error {

struct Settings {
  std::vector<std::string> transforms;
  std::string fixed_frame;
  std::string moving_frame;

  std::string fixed_landmarks;
  std::string moving_landmarks;
  std::string pairs;
  std::string match = "label";
  shell::PointInput fixed_input;
  shell::PointInput moving_input;

  std::string fixed_labels;
  std::string moving_labels;

  std::string grid;
  std::string mask;
  std::string inverse;

  std::string fixed_image;
  std::string moving_image;
  std::string checkerboard;
  std::string contours;

  std::string table;
  std::string landmark_table;

  std::optional<double> max_mean_tre_mm;
  std::optional<double> max_tre_mm;
  std::optional<double> min_dice;
  std::optional<double> max_hausdorff95_mm;
  std::optional<double> max_folding_percent;
  std::optional<double> max_inverse_error_mm;
};

/// What was measured, as it is gathered: rows of the table, lines of text, JSON, and the limits that do not
/// hold.
struct Measures {
  std::vector<std::string> measure;
  std::vector<std::string> of;
  std::vector<double> value;
  std::vector<std::string> units;
  std::string text;
  nlohmann::json json = nlohmann::json::object();
  std::vector<std::string> failed;

  void add(const std::string& measure, const std::string& of, double value, const std::string& units);
  void require_at_most(const std::string& what, double value, const std::optional<double>& limit);
  void require_at_least(const std::string& what, double value, const std::optional<double>& limit);
  Table table() const;
};

/// The transforms, and the frames they are to lead between.
struct Way {
  std::vector<SpatialTransform> transforms;
  TransformName name;
  TransformChain chain;  ///< from the fixed to the moving frame
};
Way way_of(const Settings& s, Monitor& monitor);

void measure_landmarks(const Settings& s, const Way& way, shell::Session& session, Measures& measures);
void measure_labels(const Settings& s, const Way& way, shell::Session& session, Measures& measures);
void measure_deformation(const Settings& s, const Way& way, shell::Session& session, Measures& measures);
void draw_pictures(const Settings& s, const Way& way, shell::Session& session, Measures& measures);

}  // namespace snitt::registration_error
