#include "data/dose.hpp"

namespace snitt {

const std::array<DoseQuantity, 21>& dose_quantities() {
  using E = DoseEvent;
  static const std::array<DoseQuantity, 21> all{{
      {"ctdivol_mgy", "mGy", "mean CTDIvol; of images: the mean over the slices", &E::ctdivol_mgy},
      {"ctdivol_lowest_mgy", "mGy", "lowest CTDIvol of the slices, where headers of images were read",
       &E::ctdivol_lowest_mgy},
      {"ctdivol_highest_mgy", "mGy", "highest CTDIvol of the slices, likewise", &E::ctdivol_highest_mgy},
      {"dlp_mgy_cm", "mGy.cm", "dose-length product; never estimated from images", &E::dlp_mgy_cm},
      {"ssde_mgy", "mGy", "size-specific dose estimate as stated by the scanner", &E::ssde_mgy},
      {"water_equivalent_diameter_mm", "mm", "water-equivalent diameter as stated by the scanner",
       &E::water_equivalent_diameter_mm},
      {"effective_dose_stated_msv", "mSv", "effective dose as stated by the scanner", &E::effective_dose_msv},
      {"scanning_length_mm", "mm", "scanned length; of images: from the first to the last slice",
       &E::scanning_length_mm},
      {"pitch", "1", "table feed per rotation over total collimation", &E::pitch},
      {"exposure_time_s", "s", "beam-on time", &E::exposure_time_s},
      {"rotation_time_s", "s", "time of one rotation", &E::rotation_time_s},
      {"single_collimation_mm", "mm", "width of one detector row at the isocenter",
       &E::single_collimation_mm},
      {"total_collimation_mm", "mm", "width of all detector rows in use", &E::total_collimation_mm},
      {"tube_voltage_kv", "kV", "tube voltage (of the first tube)", &E::tube_voltage_kv},
      {"tube_current_mean_ma", "mA", "mean tube current (of the first tube)", &E::tube_current_mean_ma},
      {"tube_current_max_ma", "mA", "highest tube current (of the first tube)", &E::tube_current_max_ma},
      {"tubes", "1", "X-ray tubes in use", &E::tubes},
      {"slices", "1", "images whose headers were read", &E::slices},
      {"dose_area_product_gy_m2", "Gy.m2", "dose-area product of a projection", &E::dose_area_product_gy_m2},
      {"reference_air_kerma_mgy", "mGy", "air kerma at the reference point", &E::reference_air_kerma_mgy},
      {"average_glandular_dose_mgy", "mGy", "average glandular dose of mammography",
       &E::average_glandular_dose_mgy},
  }};
  return all;
}

const char* name_of(DoseSource source) {
  switch (source) {
    case DoseSource::ct_report:
      return "CT dose report";
    case DoseSource::projection_report:
      return "projection dose report";
    case DoseSource::ct_screen:
      return "Philips dose info";
    case DoseSource::table:
      return "CSV";
    case DoseSource::ct_image:
      return "CT images";
  }
  return "";
}

const char* name_of(CtAcquisition acquisition) {
  switch (acquisition) {
    case CtAcquisition::unknown:
      return "";
    case CtAcquisition::spiral:
      return "spiral";
    case CtAcquisition::sequenced:
      return "sequenced";
    case CtAcquisition::constant_angle:
      return "constant angle";
    case CtAcquisition::stationary:
      return "stationary";
    case CtAcquisition::free_motion:
      return "free";
  }
  return "";
}

const char* name_of(DosePhantom phantom) {
  switch (phantom) {
    case DosePhantom::unknown:
      return "";
    case DosePhantom::head_16cm:
      return "head 16 cm";
    case DosePhantom::body_32cm:
      return "body 32 cm";
    case DosePhantom::nema_xr21:
      return "NEMA XR 21";
  }
  return "";
}

}  // namespace snitt
