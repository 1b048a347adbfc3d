#include "store/calibration.hpp"
#include "store/container.hpp"
#include "store/data_frame.hpp"
#include "store/layouts.hpp"

namespace snitt::store {

void write_table(const std::string& path, const Table& table, const Provenance& provenance,
                 IfExists if_exists, const CalibrationRecord* calibration) {
  LayoutWriter writer(path, "table", provenance, if_exists);
  write_data_frame(writer, "/table", table);
  if (calibration != nullptr) write_calibration(writer, *calibration);
  writer.finish();
}

Table read_table(const std::string& path) { return read_data_frame(LayoutReader(path, "table"), "/table"); }

}  // namespace snitt::store
