#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/ct_phantom.hpp"
#include "data/image_plane.hpp"
#include "data/volume.hpp"

/// A CT scan with the test object found in it: what every analysis of a module starts from.
namespace snitt::quality {

constexpr double not_found = std::numeric_limits<double>::quiet_NaN();

/// One object of the model as it was looked for in a module's slices.
struct FoundObject {
  std::size_t object = 0;  ///< index in PhantomModule::objects
  bool is_found = false;
  bool is_located = false;  ///< its own centre was measured; else it follows the others of its module
  double x_mm = not_found;  ///< where it lies, in the phantom's frame
  double y_mm = not_found;
  double contrast_hu = not_found;        ///< against its surroundings
  double contrast_to_noise = not_found;  ///< of its mean over the slices of the module
};

/// A module of the model whose content was seen in slices.
struct FoundModule {
  std::size_t module = 0;            ///< index in CtPhantomModel::modules
  std::vector<std::size_t> slices;   ///< that lie wholly inside, by index in the scan, ascending
  double score = 0;                  ///< 0 to 1: likeness of what the slices hold to what the model says
  double z_mm = 0;                   ///< its centre in the phantom's frame, as seen
  bool is_seen = false;              ///< by what is in it; else only where the other modules say it must be
  std::vector<FoundObject> objects;  ///< as PhantomModule::objects
};

/// One slice, [row, column] as in the volume.
struct PhantomSlice {
  PlanePoint centre;                    ///< of the axis: on the line fitted through the circles of all slices
  double body_diameter_mm = not_found;  ///< of the circle fitted to the edge of the body
  double circle_rms_mm = not_found;     ///< distance of the edge from that circle
  double arc_share = 0;                 ///< share of the circle along which an edge was seen
  double z_mm = not_found;              ///< in the phantom's frame; NaN while no module says where it starts
  std::ptrdiff_t module = -1;           ///< index in PhantomScan::modules; -1: none wholly
  double score = 0;                     ///< likeness to that module, or the largest one to any
};

/// Where a phantom lies in a scan. Borrows nothing: the voxels in HU are its own.
struct PhantomScan {
  CtPhantomModel model;
  std::vector<float> hu;  ///< [slice, row, column]
  std::size_t rows = 0;
  std::size_t columns = 0;
  double row_spacing_mm = 1;
  double column_spacing_mm = 1;
  double slice_spacing_mm = 1;
  std::vector<double> slice_position_mm;  ///< along the stack, as the volume has it
  std::vector<PhantomSlice> slices;
  std::vector<FoundModule> modules;  ///< those found, in the order of the slices
  double roll_deg = 0;               ///< the model's x axis turned from the columns' direction to the rows'
  bool is_mirrored = false;          ///< the slices show the phantom from behind: its x is turned over first
  bool is_reversed = false;          ///< the phantom's z falls along the slices
  bool is_roll_known = false;
  double tilt_deg = 0;            ///< of the axis against the normal of the slices
  double tilt_direction_deg = 0;  ///< from the columns' direction to the rows'
  double certainty = 0;  ///< 0 to 1 that this is the model; what else fits as well is in `alternatives`
  std::vector<std::string> alternatives;  ///< models that what was seen does not tell from this one
  std::vector<std::string> reasons;       ///< what is doubtful, each a sentence that says what to do

  ImagePlane plane(std::size_t slice) const;
  /// The pixel in which a point of the phantom's frame lies in that slice.
  PlanePoint pixel_of(std::size_t slice, double x_mm, double y_mm) const;
  /// And back.
  void phantom_of(std::size_t slice, PlanePoint pixel, double& x_mm, double& y_mm) const;
  const PhantomModule& description(const FoundModule& found) const { return model.modules[found.module]; }
  /// The found module of that purpose ("sensitometry", "uniformity", …); nullptr when there is none.
  const FoundModule* find(const std::string& purpose) const;
};

/// Looks for `model` in `ct`, of which `path` is the name in messages. Slices may run either way, show the
/// phantom mirrored, turned by any angle, tilted by some degrees, off-center, on a table, cut by the field of
/// view, and hold only a part of the modules. Throws InputError when it is not there, saying what was seen
/// instead.
/// `others` are models it could be mistaken for.
PhantomScan locate_phantom(const Volume& ct, const std::string& path, const CtPhantomModel& model,
                           const std::vector<CtPhantomModel>& others, Monitor& monitor);

/// The model that fits best. Throws InputError when none does, saying what each lacked, and when what was
/// scanned does not tell one from another.
PhantomScan recognize_phantom(const Volume& ct, const std::string& path,
                              const std::vector<CtPhantomModel>& models, Monitor& monitor);

}  // namespace snitt::quality
