#pragma once
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "calibration/wire_frames.hpp"
#include "formats/igs_sequence.hpp"
#include "formats/phantom_file.hpp"
#include "formats/plus_config.hpp"
#include "formats/sequence.hpp"

/// The recordings of phantom fCal 2.0 in sample_data, and what PLUS made of them.
namespace snitt::calibration::fcal {

inline std::string sample(const std::string& name) {
  return std::string(SNITT_SOURCE_DIR) + "/sample_data/ultrasound/" + name;
}
inline std::string config() { return sample("PlusDeviceSet_fCal_Sim_SpatialCalibration_2.0.xml"); }

inline WireModel model() { return wire_model(formats::read_phantom(config()), config()); }

inline Matrix4 phantom_to_reference() {
  for (const StaticTransform& t : formats::read_plus_transforms(config()))
    if (t.name == TransformName{"Phantom", "Reference"}) return t.matrix;
  return {};
}

/// The settings in the configuration's element Segmentation.
inline DotSettings plus_dots() {
  DotSettings settings;
  settings.pixel_size_mm = 0.078;
  settings.region = PixelBox{27, 27, 766, 562};
  return settings;
}
inline LabellingSettings labelling() {
  LabellingSettings settings;
  settings.pixel_size_mm = 0.078;
  return settings;
}

struct Recording {
  std::unique_ptr<FrameSource> source;
  std::vector<Dots> dots;
  Segmentation segmentation;
  PosedFrames posed;
};

/// `name`: "Calibration" or "Validation".
inline Recording segmented(const std::string& name, const DotSettings& dots) {
  Monitor monitor;
  Recording r;
  r.source = formats::open_sequence(sample("fCal_Test_" + name + "_3NWires_fCal2.0.igs.mha"), {}, monitor);
  r.dots = detect_dots(*r.source, dots, monitor);
  r.segmentation = segment(r.dots, r.source->frames(), model(), labelling(), ImageTurn::as_recorded);
  r.posed = posed_frames(r.source->frames(), r.segmentation, {});
  return r;
}

struct PlusPoint {
  double u = 0;
  double v = 0;
  double error_u = 0;
  double error_v = 0;
  double error_mm = -1;  ///< of middle wires
};
/// [frame][wire name]; an empty map for a frame that PLUS did not segment.
inline std::map<int, std::map<std::string, PlusPoint>> plus_points(const std::string& recording) {
  std::ifstream file(sample("fCal_3NWires_fCal2.0_plus_points.csv"));
  std::map<int, std::map<std::string, PlusPoint>> frames;
  std::string line;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::stringstream words(line);
    for (std::string cell; std::getline(words, cell, ',');) cells.push_back(cell);
    if (cells.size() < 2 || cells[0] != recording) continue;
    auto& frame = frames[std::stoi(cells[1])];
    if (cells.size() < 7 || cells[2].empty()) continue;
    frame[cells[2]] = {std::stod(cells[3]), std::stod(cells[4]), std::stod(cells[5]), std::stod(cells[6]),
                       cells.size() > 7 && !cells[7].empty() ? std::stod(cells[7]) : -1};
  }
  return frames;
}

}  // namespace snitt::calibration::fcal
