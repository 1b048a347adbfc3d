#pragma once
#include <string>
#include <vector>

#include "activity/basis.hpp"
#include "activity/scanner_simulation.hpp"
#include "base/monitor.hpp"
#include "data/calibration.hpp"

namespace snitt::activity {

/// Classes by modality (or any other word), from columns class and per_week, and as far as they are there
/// modality, priority, service_min, service_cv, no_show, any_hour, on_call. Throws InputError naming row and
/// value.
struct ModalityClasses {
  std::string modality;
  std::vector<PatientClass> classes;
};
std::vector<ModalityClasses> patient_classes(const Table& table, const std::string& where);

struct CapacityOptions {
  ScannerModel model;  ///< without classes and machines
  std::size_t fewest_machines = 1;
  std::size_t most_machines = 4;
  double limit_h = 24;  ///< waits that are to be no longer
  double share = 0.9;   ///< for this share of every class
  std::uint64_t seed = 1;
  std::size_t replicates = 20;
  std::vector<BasisEntry> basis;
};

struct CapacityResult {
  Table waits;  ///< modality, machines, class
  CalibrationRecord record;
};

/// Every modality with every number of machines, simulated; the same arrivals and examinations whatever the
/// number of machines. Tables: machines (use, overtime, queues), formula (Erlang, Allen and Cunneen), enough
/// (the fewest machines), basis. 95 % intervals are by replicates.
CapacityResult capacity(const std::vector<ModalityClasses>& modalities, const CapacityOptions& options,
                        Monitor& monitor);

}  // namespace snitt::activity
