#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/frames.hpp"
#include "data/point_set.hpp"
#include "data/spatial_transform.hpp"
#include "data/table.hpp"
#include "data/transform.hpp"
#include "data/tree.hpp"
#include "data/volume.hpp"
#include "store/provenance.hpp"

/// The HDF5 layouts as plain values. Every reader checks the file's layout, version, `complete` mark and
/// schema, and the digest of everything but bulk data (whose chunks carry checksums that are verified as they
/// are read); it throws InputError naming file and object. Every writer is whole-or-absent and gives the same
/// bytes for any thread count.
namespace snitt::store {

/// What the file at `path` (layout transform, table or tree) says about the calibration it came from; nothing
/// when it came from none.
std::optional<CalibrationRecord> read_calibration(const std::string& path);

/// "frames", "volume", "transform", "table", "points", "tree"; throws InputError when `path` is not a
/// complete Snitt file.
std::string layout_of(const std::string& path);
/// Whether the file looks like one of ours (HDF5 with a `layout` attribute), without judging it further.
bool is_snitt_file(const std::string& path);
/// Throws InputError for a folder, an empty file, a picture, text, anything that is not HDF5, saying what it
/// is and `way_out`, such as "snitt-dose makes a table of events from it".
void require_table_file(const std::string& path, const std::string& way_out);

/// Refuses a name that promises another format: "volume.mha" would hold HDF5, and no other program would open
/// it. Every writer asks; a tool with long work to do asks before it. Throws UsageError.
void refuse_foreign_name(const std::string& path);
/// JSON text of the story in a Snitt file, "" for any other file.
std::string provenance_of(const std::string& path);

/// Opens a `frames` file: metadata in memory, pixels read on demand (chunks decompressed in parallel).
std::unique_ptr<FrameSource> open_frames(const std::string& path);

/// Writes a `frames` file as a stream: pixels arrive in order, any number of whole frames at a time.
class FramesWriter {
 public:
  FramesWriter(const std::string& path, const Frames& frames, const Provenance& provenance,
               IfExists if_exists);
  ~FramesWriter();
  FramesWriter(const FramesWriter&) = delete;
  FramesWriter& operator=(const FramesWriter&) = delete;

  /// Whole frames [frame, row, column, component].
  void write(std::span<const std::byte> pixels);
  /// Throws ComputationError when fewer frames came than were announced.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Copies all frames of `source`, blockwise.
void write_frames(const std::string& path, FrameSource& source, const Provenance& provenance,
                  IfExists if_exists, Monitor& monitor);

Volume read_volume(const std::string& path);
void write_volume(const std::string& path, const Volume& volume, const Provenance& provenance,
                  IfExists if_exists);

/// Linear ones (composites of linear ones too, as their product). Throws InputError for one that bends,
/// naming its kind and the way out.
StaticTransform read_transform(const std::string& path);
/// With the `calibration` that found it, if one did.
void write_transform(const std::string& path, const StaticTransform& transform, const Provenance& provenance,
                     IfExists if_exists, const CalibrationRecord* calibration = nullptr);

/// Transforms of any kind, linear ones too.
SpatialTransform read_spatial_transform(const std::string& path);
/// Writes a single linear step as write_transform does, byte for byte. Throws ComputationError for a faulty
/// transform (see fault_of), a thin-plate spline that no landmarks define, and more than 32 steps.
void write_spatial_transform(const std::string& path, const SpatialTransform& transform,
                             const Provenance& provenance, IfExists if_exists,
                             const CalibrationRecord* calibration = nullptr);

Table read_table(const std::string& path);
void write_table(const std::string& path, const Table& table, const Provenance& provenance,
                 IfExists if_exists, const CalibrationRecord* calibration = nullptr);

PointSet read_points(const std::string& path);
void write_points(const std::string& path, const PointSet& set, const Provenance& provenance,
                  IfExists if_exists);

Tree read_tree(const std::string& path);
/// With what the method that found it says about itself, if it says something.
void write_tree(const std::string& path, const Tree& tree, const Provenance& provenance, IfExists if_exists,
                const CalibrationRecord* calibration = nullptr);

}  // namespace snitt::store
