#pragma once
#include "data/phantom_definition.hpp"
#include "phantom/scene.hpp"
#include "phantom/trajectory.hpp"

/// A calibration phantom as a scene, and how a probe is moved to calibrate with it.
namespace snitt::phantom {

/// Where a simulated phantom stands, for the pointer as for the probe: nothing in it is zero or a right
/// angle, so that a forgotten or inverted step shows.
inline constexpr Vec3 default_placement_mm{-23, 41, -64};
inline constexpr Vec3 default_orientation_deg{-8, 14, 105};  ///< as rotation_deg takes them
Matrix4 default_phantom_to_reference();

/// What an ultrasound image shows of the phantom, in Reference: wires as Gaussian lines and points as
/// Gaussian blobs of 0.3 mm, in black water with weak echoes. A phantom that has neither, but planes, shows
/// these as walls of 1 mm (planes are for the stylus otherwise). Throws InputError for one with nothing to be
/// seen.
Scene scene_of_phantom(const PhantomDefinition& phantom, const Matrix4& phantom_to_reference);

/// Motion::calibration around the scene's centre, with the probe above the phantom as PLUS has it: image rows
/// along -x of the phantom, depth along -z, the normal along -y. How far: so that all wires of an N phantom
/// of the usual size stay in a 65 mm wide image; about a point in all directions without leaving it; over a
/// wall with the translations and rotations about all axes that determine a calibration (Prager, Rohling, Gee
/// and Berman, "Rapid calibration for 3-D freehand ultrasound", Ultrasound Med Biol 24 (1998) 855).
TrajectorySettings path_around(const PhantomDefinition& phantom, const Matrix4& phantom_to_reference,
                               const Scene& scene);

}  // namespace snitt::phantom
