#include "phantom/ct_scan_truth.hpp"

#include <cmath>

namespace snitt::phantom::ct_truth {
namespace {

/// Columns that grow row by row.
struct Numbers {
  std::vector<Column> columns;
  void add(const char* name, const char* units, const char* description) {
    columns.push_back({name, units, description, std::vector<double>()});
  }
  void row(std::initializer_list<double> values) {
    std::size_t i = 0;
    for (const double value : values) std::get<std::vector<double>>(columns[i++].values).push_back(value);
  }
};

Column text_column(const char* name, const char* description, std::vector<std::string> values) {
  return {name, "", description, std::move(values)};
}

/// X, Y, Z of a point of the phantom.
struct Point {
  double x, y, z;
};
Point mapped(const double (&m)[3][4], const Point& p) {
  return {m[0][0] * p.x + m[0][1] * p.y + m[0][2] * p.z + m[0][3],
          m[1][0] * p.x + m[1][1] * p.y + m[1][2] * p.z + m[1][3],
          m[2][0] * p.x + m[2][1] * p.y + m[2][2] * p.z + m[2][3]};
}

double pixel(double value_mm, double center_mm, std::size_t count, double pixel_mm) {
  return (value_mm - center_mm) / pixel_mm + (static_cast<double>(count) - 1) / 2;
}

/// Where the axis passes each slice, and which z of the phantom that is.
Table slice_table(const CtScanSettings& s, const Slices& slices) {
  const CtFrame frame = ct_frame(slices.pose);
  Numbers table;
  table.add("slice", "1", "index");
  table.add("z_mm", "mm", "of the phantom, where its axis passes the slice");
  table.add("axis_column", "1", "column where the axis passes");
  table.add("axis_row", "1", "its row");
  table.add("noise_hu", "HU", "standard deviation of its noise, before whole HU are stored");
  const CtPixels& p = slices.pixels;
  for (std::size_t k = 0; k < slices.scanner_z_mm.size(); ++k) {
    const auto& m = frame.to_scanner;
    const double z = (slices.scanner_z_mm[k] - m[2][3]) / m[2][2];
    const Point axis = mapped(m, {0, 0, z});
    table.row({static_cast<double>(k), z, pixel(axis.x, p.center_x_mm, p.columns, p.pixel_mm),
               pixel(axis.y, p.center_y_mm, p.rows, p.pixel_mm),
               s.noise.sigma_hu * (slices.noise_factor.empty() ? 1 : slices.noise_factor[k])});
  }
  return {std::move(table.columns)};
}

const char* kind_name(PhantomObjectKind kind) {
  constexpr const char* names[] = {"rod", "hole", "wire", "bead", "ramp", "line pairs", "low contrast"};
  return names[static_cast<int>(kind)];
}

}  // namespace

double stored_hu(double hu, const CtScanSettings& s) { return (hu + 1000) * s.hu_scale - 1000 + s.hu_offset; }

CalibrationRecord record(const CtScanSettings& s, const Slices& slices) {
  CalibrationRecord record;
  record.method = "ct-simulation";
  record.verdict = "good";
  const auto add = [&](const char* name, double value, const char* units, const char* description) {
    record.summary.push_back(plain(name, value, units, description));
  };
  const CtBlur& blur = slices.blur;
  add("f50_per_mm", ct_mtf_crossing(blur, 0.5), "1/mm", "frequency at which the MTF in the slice is 0.5");
  add("f10_per_mm", ct_mtf_crossing(blur, 0.1), "1/mm", "frequency at which it is 0.1");
  add("slice_thickness_mm", s.slice.fwhm_mm, "mm", "full width at half maximum of the slice profile");
  add("increment_mm", s.increment_mm, "mm", "from one slice to the next");
  add("pixel_mm", slices.pixels.pixel_mm, "mm", "size of the pixels");
  const CtNoisePower power(s.noise, blur, slices.pixels);
  add("noise_hu", std::sqrt(s.noise.sigma_hu * s.noise.sigma_hu + 1.0 / 12), "HU",
      "standard deviation of the noise, that of storing whole HU included");
  if (s.noise.sigma_hu > 0) {
    add("nps_mean_frequency_per_mm", power.mean_frequency_per_mm(), "1/mm",
        "mean of the frequency weighted with the noise power along a radius");
    add("nps_peak_frequency_per_mm", power.peak_frequency_per_mm(), "1/mm", "frequency of its maximum");
    add("noise_correlation", noise_z_correlation(noise_z_weights(s.noise, s.increment_mm)), "1",
        "of the noise of neighboring slices");
  }
  add("roll_deg", s.pose.roll_deg, "deg",
      "turn of the phantom's x axis from the columns' direction to the rows'");
  add("tilt_deg", s.pose.tilt_deg, "deg", "angle of the axis and the normal of the slices");
  add("tilt_direction_deg", s.pose.tilt_direction_deg, "deg",
      "where the axis leans towards the head, from the columns' direction to the rows'");
  add("offset_x_mm", s.pose.offset_x_mm, "mm", "of the axis in the middle of the scan, along the rows");
  add("offset_y_mm", s.pose.offset_y_mm, "mm", "the same along the columns");
  add("mirrored", s.pose.is_mirrored ? 1 : 0, "1", "1: the slices show the phantom from behind");
  add("reversed", s.pose.is_reversed != s.descending ? 1 : 0, "1",
      "1: the phantom's z falls along the slices");
  add("tube_voltage_kv", s.tube_voltage_kv, "kV", "that the values of named materials are shifted to");
  add("cupping_hu", s.cupping_hu, "HU", "by which the axis is lower than the rim");
  Numbers mtf;
  mtf.add("frequency_per_mm", "1/mm", "spatial frequency");
  mtf.add("mtf", "1", "modulation transfer in the slice");
  Numbers nps;
  nps.add("frequency_per_mm", "1/mm", "spatial frequency");
  nps.add("nps_hu2_mm2", "HU2 mm2", "noise power of a slice");
  for (int k = 0; k <= 200; ++k) {
    const double f = 0.01 * k;
    mtf.row({f, ct_mtf(blur, f)});
    nps.row({f, power.at(f)});
  }
  record.tables.emplace_back("mtf", Table{std::move(mtf.columns)});
  if (s.noise.sigma_hu > 0) record.tables.emplace_back("nps", Table{std::move(nps.columns)});
  record.tables.emplace_back("slices", slice_table(s, slices));
  return record;
}

Table modules(const CtPhantomModel& model, const CtScanSettings& s, const Slices& slices) {
  std::vector<std::string> names, purposes;
  Numbers numbers;
  numbers.add("z_mm", "mm", "of the module's center, in the phantom");
  numbers.add("slice", "1", "where its center lies, as a fraction of slices");
  numbers.add("slices_inside", "1", "number of slices that lie wholly inside");
  const CtFrame frame = ct_frame(slices.pose);
  for (const PhantomModule& module : model.modules) {
    names.push_back(module.name);
    purposes.push_back(module.purpose);
    const double z = mapped(frame.to_scanner, {0, 0, module.z_mm}).z;
    const double step = s.descending ? -s.increment_mm : s.increment_mm;
    double inside = 0;
    for (const double slice_z : slices.scanner_z_mm)
      if (std::abs(slice_z - z) + s.slice.fwhm_mm / 2 <= module.length_mm / 2) ++inside;
    numbers.row({module.z_mm, (z - slices.scanner_z_mm.front()) / step, inside});
  }
  Table table;
  table.columns = {text_column("module", "name", std::move(names)),
                   text_column("purpose", "what it is for", std::move(purposes))};
  for (Column& column : numbers.columns) table.columns.push_back(std::move(column));
  return table;
}

Table objects(const CtPhantomModel& model, const CtScanSettings& s, const Slices& slices) {
  std::vector<std::string> names, kinds, materials;
  Numbers numbers;
  numbers.add("x_mm", "mm", "in the phantom, to the right as drawn");
  numbers.add("y_mm", "mm", "in the phantom, down as drawn");
  numbers.add("z_mm", "mm", "of its middle, in the phantom");
  numbers.add("diameter_mm", "mm", "of its section");
  numbers.add("hu", "HU", "value of its material in this scan");
  numbers.add("contrast_hu", "HU", "against the material around it");
  numbers.add("column", "1", "of its middle");
  numbers.add("row", "1", "of its middle");
  numbers.add("slice", "1", "of its middle, as a fraction of slices");
  const CtFrame frame = ct_frame(slices.pose);
  const CtPixels& p = slices.pixels;
  const double step = s.descending ? -s.increment_mm : s.increment_mm;
  for (const PhantomModule& module : model.modules)
    for (const PhantomObject& object : module.objects) {
      names.push_back(module.name);
      kinds.push_back(kind_name(object.kind));
      materials.push_back(object.material);
      const double hu = hu_at_voltage(object.material, object.hu, s.tube_voltage_kv);
      const Point place = mapped(frame.to_scanner, {object.x_mm, object.y_mm, module.z_mm + object.z_mm});
      numbers.row({object.x_mm, object.y_mm, module.z_mm + object.z_mm, object.diameter_mm, stored_hu(hu, s),
                   (hu - module.background_hu) * s.hu_scale,
                   pixel(place.x, p.center_x_mm, p.columns, p.pixel_mm),
                   pixel(place.y, p.center_y_mm, p.rows, p.pixel_mm),
                   (place.z - slices.scanner_z_mm.front()) / step});
    }
  Table table;
  table.columns = {text_column("module", "that holds it", std::move(names)),
                   text_column("kind", "of object", std::move(kinds)),
                   text_column("material", "as the model names it", std::move(materials))};
  for (Column& column : numbers.columns) table.columns.push_back(std::move(column));
  return table;
}

Table objects(const CtBody& body, const CtScanSettings& s) {
  Numbers numbers;
  numbers.add("x_mm", "mm", "in the body");
  numbers.add("y_mm", "mm", "in the body");
  numbers.add("half_x_mm", "mm", "half axis along x");
  numbers.add("half_y_mm", "mm", "half axis along y");
  numbers.add("added_hu", "HU", "added to what lies around it");
  for (const CtEllipse& e : body.scene.ellipses)
    numbers.row({e.x_mm, e.y_mm, e.half_u_mm, e.half_v_mm, e.hu * s.hu_scale});
  for (const CtCylinder& c : body.scene.cylinders)
    numbers.row({c.x_mm, c.y_mm, c.radius_mm, c.radius_mm, c.hu * s.hu_scale});
  return {std::move(numbers.columns)};
}

}  // namespace snitt::phantom::ct_truth
