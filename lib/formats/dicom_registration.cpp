#include "formats/dicom_registration.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "formats/dicom_toolkit.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

// The sequences' names in DCMTK's dictionary are long; the standard's numbers are what everybody checks.
const DcmTagKey registration_sequence(0x0070, 0x0308);
const DcmTagKey matrix_registration_sequence(0x0070, 0x0309);
const DcmTagKey matrix_sequence(0x0070, 0x030A);
const DcmTagKey matrix_tag(0x3006, 0x00C6);
const DcmTagKey deformable_sequence(0x0064, 0x0002);
const DcmTagKey source_frame(0x0064, 0x0003);
const DcmTagKey grid_sequence(0x0064, 0x0005);
const DcmTagKey grid_dimensions(0x0064, 0x0007);
const DcmTagKey grid_resolution(0x0064, 0x0008);
const DcmTagKey vector_grid(0x0064, 0x0009);
const DcmTagKey pre_sequence(0x0064, 0x000F);
const DcmTagKey post_sequence(0x0064, 0x0010);

std::string text_in(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFStringArray(tag, value);
  return std::string(stripped(std::string_view(value.c_str(), value.size())));
}

std::vector<DcmItem*> items_of(DcmItem& item, const DcmTagKey& tag) {
  std::vector<DcmItem*> items;
  DcmSequenceOfItems* sequence = nullptr;
  if (item.findAndGetSequence(tag, sequence).bad() || sequence == nullptr) return items;
  for (unsigned long i = 0; i < sequence->card(); ++i) items.push_back(sequence->getItem(i));
  return items;
}

/// Reads one object, with errors that name the file.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    prepare_dicom_toolkit();
    if (format_.loadFile(path.c_str()).bad() || format_.getDataset() == nullptr)
      throw InputError("{}: cannot be read as DICOM (damaged or cut off)", path);
  }
  DcmItem& data() { return *format_.getDataset(); }
  const std::string& path() const { return path_; }

  std::vector<double> numbers(DcmItem& item, const DcmTagKey& tag, std::size_t count,
                              const char* what) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
      double value = 0;
      if (item.findAndGetFloat64(tag, value, static_cast<unsigned long>(i)).bad() || !std::isfinite(value))
        throw InputError("{}: {} has no number {} of {}", path_, what, i + 1, count);
      values.push_back(value);
    }
    return values;
  }

  Matrix4 matrix(DcmItem& item) const {
    const std::vector<double> values =
        numbers(item, matrix_tag, 16, "frame of reference transformation matrix");
    Matrix4 m;
    std::copy(values.begin(), values.end(), m.m.begin());
    if (!is_affine(m)) throw InputError("{}: a transformation matrix is singular or not affine", path_);
    return m;
  }

  /// Product of the matrices of an item, the first applied first (C.20.2.1.1).
  Matrix4 product(DcmItem& item) const {
    Matrix4 m;
    for (DcmItem* registration : items_of(item, matrix_registration_sequence))
      for (DcmItem* one : items_of(*registration, matrix_sequence)) m = matrix(*one) * m;
    return m;
  }

 private:
  std::string path_;
  DcmFileFormat format_;
};

/// Of the items, the one of the moving frame of reference.
DcmItem& moving_item(const Reader& reader, const std::vector<DcmItem*>& items, const DcmTagKey& frame_tag,
                     const std::string& registered, const std::string& asked) {
  std::vector<DcmItem*> found;
  std::string known;
  for (DcmItem* item : items) {
    const std::string frame = text_in(*item, frame_tag);
    if (asked.empty() ? frame != registered || items.size() == 1 : frame == asked) found.push_back(item);
    known += (known.empty() ? "" : ", ") + frame;
  }
  if (found.size() != 1)
    throw InputError(
        "{}: has {} frames of reference besides the registered one ({}); expected --frame-of-reference with "
        "one of them",
        reader.path(), found.size(), known);
  return *found.front();
}

DisplacementStep grid_of(const Reader& reader, DcmItem& item, Monitor& monitor) {
  DisplacementStep step;
  const auto position = reader.numbers(item, DCM_ImagePositionPatient, 3, "ImagePositionPatient of the grid");
  const auto orientation =
      reader.numbers(item, DCM_ImageOrientationPatient, 6, "ImageOrientationPatient of the grid");
  const auto resolution = reader.numbers(item, grid_resolution, 3, "GridResolution");
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Uint32 size = 0;
    if (item.findAndGetUint32(grid_dimensions, size, static_cast<unsigned long>(axis)).bad() || size == 0 ||
        size > 100000 || !(resolution[axis] > 0))
      throw InputError("{}: GridDimensions or GridResolution of axis {} is missing or 0", reader.path(),
                       axis);
    step.grid.size[axis] = size;
    step.grid.spacing_mm[axis] = resolution[axis];
    step.grid.origin_mm[axis] = position[axis];
    step.grid.axis_directions[0][axis] = orientation[axis];
    step.grid.axis_directions[1][axis] = orientation[3 + axis];
  }
  step.grid.axis_directions[2] = cross(step.grid.axis_directions[0], step.grid.axis_directions[1]);
  const Float32* values = nullptr;
  unsigned long count = 0;
  if (item.findAndGetFloat32Array(vector_grid, values, &count).bad() || values == nullptr ||
      count != 3 * step.grid.voxels())
    throw InputError("{}: VectorGridData has {} numbers; expected {} for a grid of {} x {} x {}",
                     reader.path(), count, 3 * step.grid.voxels(), step.grid.size[0], step.grid.size[1],
                     step.grid.size[2]);
  step.vectors_mm.assign(values, values + count);
  std::size_t undefined = 0;
  for (float& value : step.vectors_mm)
    if (!std::isfinite(value)) {
      value = 0;
      ++undefined;
    }
  if (undefined > 0)
    monitor.warn(fmt::format("{}: {} numbers of its grid are not defined; nothing moves there", reader.path(),
                             undefined));
  return step;
}

/// x -> M_post (M_pre x + u(x)) as a field with vectors M_pre^-1 u and then M_post M_pre.
SpatialTransform deformable(const Reader& reader, DcmItem& item, const TransformName& name,
                            Monitor& monitor) {
  Matrix4 pre;
  Matrix4 post;
  for (DcmItem* one : items_of(item, pre_sequence)) pre = reader.matrix(*one);
  for (DcmItem* one : items_of(item, post_sequence)) post = reader.matrix(*one);
  SpatialTransform transform{name, {}};
  const std::vector<DcmItem*> grids = items_of(item, grid_sequence);
  if (!grids.empty()) {
    DisplacementStep step = grid_of(reader, *grids.front(), monitor);
    const Matrix4 back = inverse(pre);
    if (!(pre == Matrix4{}))
      for (std::size_t v = 0; v < step.vectors_mm.size(); v += 3) {
        const Vec3 u = transform_vector(
            back, {static_cast<double>(step.vectors_mm[v]), static_cast<double>(step.vectors_mm[v + 1]),
                   static_cast<double>(step.vectors_mm[v + 2])});
        for (std::size_t axis = 0; axis < 3; ++axis) step.vectors_mm[v + axis] = static_cast<float>(u[axis]);
      }
    transform.steps.emplace_back(std::move(step));
  }
  const Matrix4 after = post * pre;
  if (!(after == Matrix4{}) || transform.steps.empty()) transform.steps.emplace_back(LinearStep{after});
  return transform;
}

}  // namespace

bool is_dicom_registration(const std::string& path) {
  if (!looks_like_dicom(path)) return false;
  prepare_dicom_toolkit();
  DcmFileFormat format;
  if (format
          .loadFileUntilTag(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect,
                            DCM_SOPInstanceUID)
          .bad() ||
      format.getDataset() == nullptr)
    return false;
  const std::string kind = text_in(*format.getDataset(), DCM_SOPClassUID);
  return kind == UID_SpatialRegistrationStorage || kind == UID_DeformableSpatialRegistrationStorage;
}

SpatialTransform read_dicom_registration(const std::string& path, const TransformName& name,
                                         const std::string& frame_of_reference, Monitor& monitor) {
  Reader reader(path);
  DcmItem& data = reader.data();
  const std::string registered = text_in(data, DCM_FrameOfReferenceUID);
  SpatialTransform transform;
  if (const auto items = items_of(data, deformable_sequence); !items.empty()) {
    transform = deformable(reader, moving_item(reader, items, source_frame, registered, frame_of_reference),
                           name, monitor);
  } else {
    const auto matrices = items_of(data, registration_sequence);
    if (matrices.empty())
      throw InputError("{}: has neither a Registration Sequence nor a Deformable Registration Sequence",
                       path);
    DcmItem& item = moving_item(reader, matrices, DCM_FrameOfReferenceUID, registered, frame_of_reference);
    transform = linear_transform({name, inverse(reader.product(item))});
  }
  if (const std::string fault = fault_of(transform); !fault.empty()) throw InputError("{}: {}", path, fault);
  return transform;
}

std::string decimal_string(double value) {
  constexpr std::size_t longest = 16;
  std::string best;
  double error = std::numeric_limits<double>::infinity();
  for (int digits = 17; digits >= 1; --digits)
    for (const std::string& text :
         {fmt::format("{:.{}g}", value, digits), fmt::format("{:.{}f}", value, digits)}) {
      if (text.size() > longest) continue;
      const auto back = parse_number(text);
      if (back && std::abs(*back - value) < error) {
        error = std::abs(*back - value);
        best = text;
      }
    }
  return best.empty() ? "0" : best;
}

}  // namespace snitt::formats
