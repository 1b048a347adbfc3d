#pragma once
#include <optional>
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/spatial_transform.hpp"
#include "data/volume.hpp"
#include "formats/point_file.hpp"

/// Transforms in other programs' files. Snitt's AToB maps points of A to points of B in LPS millimetres. What
/// registration programs store is the map from the fixed to the moving image, because resampling the moving
/// image asks, for each fixed point, where it lies in the moving one; so do ITK, elastix, ANTs, Slicer and
/// NiftyReg. FLIRT's matrix and DICOM's registration objects lead from moving to fixed and are inverted:
/// whatever the file, it becomes FixedToMoving.
namespace snitt::formats {

enum class TransformFileKind { none, itk_text, itk_hdf5, itk_matlab, elastix, dicom, vectors, matrix };
/// By content. `matrix`: 16 numbers, of FLIRT or NiftyReg. Snitt's own files are none.
TransformFileKind transform_file_kind(const std::string& path);

enum class MatrixMeaning { unknown, flirt, niftyreg };

struct TransformFileOptions {
  TransformName name;  ///< of the map from the fixed to the moving space
  MatrixMeaning matrix = MatrixMeaning::unknown;
  Coordinates coordinates = Coordinates::as_the_file_says;  ///< of the vectors of a field
  std::optional<VolumeGeometry> fixed_image;                ///< for FLIRT
  std::optional<VolumeGeometry> moving_image;               ///< for FLIRT
  std::string frame_of_reference;  ///< of the moving image, for a DICOM object with several
};

/// Any of the kinds above. Throws InputError naming file, object, value, expectation and way out, UsageError
/// where the file does not say what the options have to.
SpatialTransform read_spatial_transform(const std::string& path, const TransformFileOptions& options,
                                        Monitor& monitor);

enum class TransformFormat { by_extension, elastix, flirt, niftyreg };

struct TransformExport {
  TransformFormat format = TransformFormat::by_extension;
  std::optional<VolumeGeometry> fixed_image;   ///< for elastix and FLIRT
  std::optional<VolumeGeometry> moving_image;  ///< for FLIRT
  std::string fixed_dicom;   ///< DICOM file whose patient, study and frame of reference an object gets
  std::string moving_dicom;  ///< likewise, for the frame of reference of the moving image
};
/// .tfm, .txt, .h5, .mat for ITK and all that is built on it, .nii, .nii.gz, .mha, .mhd, .nrrd for
/// displacement fields, .dcm for DICOM's (deformable) spatial registration; with a format the text files of
/// that program. Throws UsageError for what the format cannot hold, naming the way out; OutputError.
void write_spatial_transform(const std::string& path, const SpatialTransform& transform,
                             const TransformExport& options, IfExists if_exists, Monitor& monitor);

/// Whether `path` is an ITK transform (text, HDF5, or MATLAB 4 as ANTs writes it) or an elastix parameter
/// file: by its content, whatever it is called.
bool is_transform(const std::string& path);

/// The linear transforms of those files, and composites of linear ones, as one matrix. Throws InputError for
/// transforms that bend space, naming the type, and for damaged files.
StaticTransform read_transform(const std::string& path, const TransformName& name);

/// Writes an AffineTransform_double_3_3: .tfm or .txt as text, .h5 or .hdf5 as HDF5. Numbers come back
/// exactly. Throws UsageError for other extensions, OutputError when writing fails.
void write_itk_transform(const std::string& path, const StaticTransform& transform, IfExists if_exists);
/// Whether write_spatial_transform knows the extension of `path`.
bool is_transform_extension(const std::string& path);

}  // namespace snitt::formats
