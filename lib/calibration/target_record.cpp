#include "calibration/target_calibration.hpp"
namespace snitt::calibration {
}
