#pragma once
#include <cstddef>
#include <vector>

#include "data/ct_phantom.hpp"
#include "phantom/ct_blur.hpp"

/// What lies in a simulated CT: shapes whose values add, in the phantom's frame (data/ct_phantom.hpp).
namespace snitt::phantom {

constexpr double air_hu = -1000;

/// Along z from one plane to another.
struct ZRange {
  double from_mm = -1e6;
  double to_mm = 1e6;
};

/// An upright cylinder.
struct CtCylinder {
  double x_mm = 0, y_mm = 0, radius_mm = 1;
  ZRange z;
  double hu = 0;  ///< added to what is there
};

/// An upright cylinder with an elliptical section; its edge is blurred as a straight one, which is right
/// where the blur is small against the curvature.
struct CtEllipse {
  double x_mm = 0, y_mm = 0, half_u_mm = 1, half_v_mm = 1;
  double angle_deg = 0;  ///< of u from x towards y
  ZRange z;
  double hu = 0;
};

/// An upright bar with a rectangular section.
struct CtBar {
  double x_mm = 0, y_mm = 0, half_u_mm = 1, half_v_mm = 1;
  double angle_deg = 0;
  ZRange z;
  double hu = 0;
};

/// Much smaller than the blur: only its strength, HU times volume, and its width are seen.
struct CtPoint {
  double x_mm = 0, y_mm = 0, z_mm = 0;
  double diameter_mm = 0;
  double strength_hu_mm3 = 0;
};

/// A thin straight wire that climbs along u by tan(slope).
struct CtInclinedWire {
  double x_mm = 0, y_mm = 0, z_mm = 0;  ///< its middle
  double angle_deg = 0;                 ///< of u
  double slope_deg = 23;
  double half_span_mm = 20;  ///< along u
  double diameter_mm = 0;
  double strength_hu_mm2 = 0;  ///< HU times section
};

/// HU lowered towards the axis: -depth (1 - rho^2), rho = 1 on the ellipse.
struct CtCupping {
  double half_u_mm = 100, half_v_mm = 100;
  ZRange z;
  double depth_hu = 0;
};

struct CtScene {
  std::vector<CtCylinder> cylinders;
  std::vector<CtEllipse> ellipses;
  std::vector<CtBar> bars;
  std::vector<CtPoint> points;
  std::vector<CtInclinedWire> wires;
  CtCupping cupping;
  ZRange z;  ///< in which there is anything but air
};

/// HU of a material of data/ct_phantom_models at another tube voltage than 120 kV: its number there plus the
/// shift that electron density and effective atomic number predict (photoelectric part by Z^3.62 and the cube
/// of the energy, coherent part by Z^1.86; Schneider, Pedroni, Lomax 1996, Phys Med Biol 41:111). Materials
/// whose composition is not known keep their number.
double hu_at_voltage(const std::string& material, double hu_at_120_kv, double tube_voltage_kv);

/// The phantom as shapes. Between modules each reaches to the middle of the gap.
CtScene ct_phantom_scene(const CtPhantomModel& model, double tube_voltage_kv, double cupping_hu);

}  // namespace snitt::phantom
