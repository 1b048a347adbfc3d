#pragma once
#include "data/phantom_definition.hpp"
#include "formats/phantom_file.hpp"

namespace snitt::calibration {

/// Phantom fCal 2.0 of PlusLibData: eight landmarks, four of them the corners of a rectangle.
inline PhantomDefinition fcal_phantom() {
  return formats::read_phantom(SNITT_SOURCE_DIR
                               "/sample_data/ultrasound/PlusDeviceSet_fCal_Sim_SpatialCalibration_2.0.xml");
}

}  // namespace snitt::calibration
