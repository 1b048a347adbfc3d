#pragma once
#include "data/dose.hpp"

class DcmItem;

namespace snitt::formats {

/// Whether the dataset is a dose-info capture of Philips, whose numbers stand in ExposureDoseSequence.
bool is_dose_screen(DcmItem& dataset);
/// Fills events (one per item) and totals.
void read_dose_screen(DcmItem& dataset, DoseDocument& document);

/// Whether the dataset is a CT image, conventional or Enhanced.
bool is_ct_image(DcmItem& dataset);
/// Fills the slices and, with what the slices have in common, one event.
void read_ct_image(DcmItem& dataset, DoseDocument& document);

}  // namespace snitt::formats
