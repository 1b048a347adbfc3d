#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <cmath>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "formats/dicom_registration.hpp"
#include "formats/dicom_toolkit.hpp"
#include "store/provenance.hpp"

namespace snitt::formats {
namespace {

/// "2.25." and a whole number of 128 bits (PS3.5 B.2), the same for the same words.
std::string uid_from(const std::string& words) {
  const std::string hex = sha256(words).substr(0, 32);
  std::string decimal;  // least digit first
  for (const char c : hex) {
    int carry = c <= '9' ? c - '0' : c - 'a' + 10;
    for (char& digit : decimal) {
      const int value = (digit - '0') * 16 + carry;
      digit = static_cast<char>('0' + value % 10);
      carry = value / 10;
    }
    for (; carry > 0; carry /= 10) decimal += static_cast<char>('0' + carry % 10);
  }
  while (decimal.size() > 1 && decimal.back() == '0') decimal.pop_back();
  return "2.25." + (decimal.empty() ? "0" : std::string(decimal.rbegin(), decimal.rend()));
}

void check(const OFCondition& condition, const std::string& path) {
  if (condition.bad()) throw OutputError("{}: cannot be written as DICOM: {}", path, condition.text());
}

/// Puts values into one object, with every call checked.
class Writer {
 public:
  explicit Writer(std::string path) : path_(std::move(path)) {}

  void text(DcmItem& item, const DcmTagKey& tag, const std::string& value) const {
    check(item.putAndInsertString(tag, value.c_str()), path_);
  }
  void numbers(DcmItem& item, const DcmTagKey& tag, const std::vector<double>& values) const {
    std::string joined;
    for (const double value : values) joined += (joined.empty() ? "" : "\\") + decimal_string(value);
    text(item, tag, joined);
  }
  DcmItem& item(DcmItem& parent, const DcmTagKey& sequence) const {
    DcmItem* made = nullptr;
    check(parent.findOrCreateSequenceItem(sequence, made, -2), path_);  // -2: append
    return *made;
  }
  void matrix(DcmItem& parent, const Matrix4& m) const {
    const double scale = std::cbrt(std::abs(determinant3(m)));
    Matrix4 unit = m;
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t column = 0; column < 3; ++column) unit(row, column) /= scale;
    constexpr double rigid = 1e-6;
    const bool turns = rigidity_error(unit) < rigid && determinant3(m) > 0;
    text(parent, DcmTagKey(0x0070, 0x030C),
         !turns                        ? "AFFINE"
         : std::abs(scale - 1) < rigid ? "RIGID"
                                       : "RIGID_SCALE");
    numbers(parent, DcmTagKey(0x3006, 0x00C6), std::vector<double>(m.m.begin(), m.m.end()));
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// What an image says about whom and what it shows; "" where it does not.
struct Identity {
  std::string patient_name, patient_id, birth_date, sex, study, study_id, study_date, study_time, referring,
      accession, frame, character_set;
};

Identity identity_of(const std::string& path, const std::string& made_up) {
  Identity identity;
  identity.study = uid_from("study " + made_up);
  identity.frame = uid_from("frame of reference " + made_up);
  if (path.empty()) return identity;
  DcmFileFormat format;
  if (format.loadFile(path.c_str()).bad() || format.getDataset() == nullptr)
    throw InputError("{}: cannot be read as DICOM", path);
  const auto get = [&](const DcmTagKey& tag, std::string& value) {
    OFString text;
    if (format.getDataset()->findAndGetOFString(tag, text).good() && !text.empty()) value = text.c_str();
  };
  get(DCM_PatientName, identity.patient_name);
  get(DCM_PatientID, identity.patient_id);
  get(DCM_PatientBirthDate, identity.birth_date);
  get(DCM_PatientSex, identity.sex);
  get(DCM_StudyInstanceUID, identity.study);
  get(DCM_StudyID, identity.study_id);
  get(DCM_StudyDate, identity.study_date);
  get(DCM_StudyTime, identity.study_time);
  get(DCM_ReferringPhysicianName, identity.referring);
  get(DCM_AccessionNumber, identity.accession);
  get(DCM_SpecificCharacterSet, identity.character_set);
  std::string frame;
  get(DCM_FrameOfReferenceUID, frame);
  if (frame.empty())
    throw InputError("{}: has no FrameOfReferenceUID; expected an image with a place in space", path);
  identity.frame = frame;
  return identity;
}

void write_header(const Writer& w, DcmItem& data, const Identity& who, const std::string& kind,
                  const std::string& content) {
  std::string date = store::creation_time();  // 2026-01-01T00:00:00Z
  std::erase_if(date, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  const std::string time = date.substr(9);
  date.resize(8);
  if (!who.character_set.empty()) w.text(data, DCM_SpecificCharacterSet, who.character_set);
  w.text(data, DCM_SOPClassUID, kind);
  w.text(data, DCM_SOPInstanceUID, uid_from("instance " + content));
  w.text(data, DCM_InstanceCreationDate, date);
  w.text(data, DCM_InstanceCreationTime, time);
  w.text(data, DCM_StudyDate, who.study_date);
  w.text(data, DCM_StudyTime, who.study_time);
  w.text(data, DCM_ContentDate, date);
  w.text(data, DCM_ContentTime, time);
  w.text(data, DCM_AccessionNumber, who.accession);
  w.text(data, DCM_Modality, "REG");
  w.text(data, DCM_Manufacturer, "Snitt");
  w.text(data, DCM_ManufacturerModelName, "snitt-export");
  w.text(data, DCM_DeviceSerialNumber, "0");
  w.text(data, DCM_SoftwareVersions, SNITT_VERSION);
  w.text(data, DCM_ReferringPhysicianName, who.referring);
  w.text(data, DCM_PatientName, who.patient_name);
  w.text(data, DCM_PatientID, who.patient_id);
  w.text(data, DCM_PatientBirthDate, who.birth_date);
  w.text(data, DCM_PatientSex, who.sex);
  w.text(data, DCM_StudyInstanceUID, who.study);
  w.text(data, DCM_SeriesInstanceUID, uid_from("series " + content));
  w.text(data, DCM_StudyID, who.study_id);
  w.text(data, DCM_SeriesNumber, "1");
  w.text(data, DCM_InstanceNumber, "1");
  w.text(data, DCM_FrameOfReferenceUID, who.frame);
  w.text(data, DCM_PositionReferenceIndicator, "");
  w.text(data, DCM_ContentLabel, "REGISTRATION");
  w.text(data, DCM_ContentDescription, "");
  w.text(data, DCM_ContentCreatorName, "");
}

void add_matrix_item(const Writer& w, DcmItem& data, const std::string& frame, const Matrix4& matrix) {
  DcmItem& item = w.item(data, DcmTagKey(0x0070, 0x0308));
  w.text(item, DCM_FrameOfReferenceUID, frame);
  DcmItem& registration = w.item(item, DcmTagKey(0x0070, 0x0309));
  check(registration.insertEmptyElement(DcmTagKey(0x0070, 0x030D)), w.path());
  w.matrix(w.item(registration, DcmTagKey(0x0070, 0x030A)), matrix);
}

/// Pre matrix, field and post matrix of a transform; the field lies where the points have been turned by
/// `pre`.
struct Deformation {
  Matrix4 pre;
  DisplacementStep field;
  Matrix4 post;
};

Deformation deformation_of(const std::string& path, const SpatialTransform& transform) {
  Deformation d;
  bool has_field = false;
  for (const TransformStep& step : transform.steps) {
    if (const auto* linear = std::get_if<LinearStep>(&step)) {
      Matrix4& matrix = has_field ? d.post : d.pre;
      matrix = linear->matrix * matrix;
    } else if (const auto* field = std::get_if<DisplacementStep>(&step); field != nullptr && !has_field) {
      d.field = *field;
      has_field = true;
    } else {
      throw UsageError(
          "{}: DICOM holds one displacement field with matrices around it, not a {}; expected one field "
          "(snitt-compose-transforms --grid makes it)",
          path, name_of(step));
    }
  }
  return d;
}

/// DICOM's grid lies in the space before the pre matrix, and its third axis is the product of the others.
void bring_before(const std::string& path, Deformation& d) {
  constexpr double rigid = 1e-5;
  if (rigidity_error(d.pre) > rigid || determinant3(d.pre) < 0)
    throw UsageError(
        "{}: a linear step before the field is not rigid; expected one field (snitt-compose-transforms "
        "--grid "
        "makes it)",
        path);
  const Matrix4 back = inverse(d.pre);
  VolumeGeometry& g = d.field.grid;
  g.origin_mm = transform_point(back, g.origin_mm);
  for (Vec3& axis : g.axis_directions) axis = transform_vector(back, axis);
  for (std::size_t a = 0; a < 3; ++a)
    if (std::abs(dot(g.axis_directions[a], g.axis_directions[(a + 1) % 3])) > rigid)
      throw UsageError("{}: the axes of the field are not at right angles; DICOM has no such grids", path);
  if (dot(cross(g.axis_directions[0], g.axis_directions[1]), g.axis_directions[2]) > 0) return;
  const std::size_t slice = 3 * g.size[0] * g.size[1];
  std::vector<float> turned;
  turned.reserve(d.field.vectors_mm.size());
  for (std::size_t k = g.size[2]; k-- > 0;)
    turned.insert(turned.end(), d.field.vectors_mm.begin() + static_cast<std::ptrdiff_t>(k * slice),
                  d.field.vectors_mm.begin() + static_cast<std::ptrdiff_t>((k + 1) * slice));
  d.field.vectors_mm = std::move(turned);
  g.origin_mm = transform_point(index_to_space(g), {0, 0, static_cast<double>(g.size[2] - 1)});
  g.axis_directions[2] = -1.0 * g.axis_directions[2];
}

void add_grid(const Writer& w, DcmItem& data, const std::string& frame, const Deformation& d) {
  const VolumeGeometry& g = d.field.grid;
  DcmItem& item = w.item(data, DcmTagKey(0x0064, 0x0002));
  w.text(item, DcmTagKey(0x0064, 0x0003), frame);
  check(item.insertEmptyElement(DcmTagKey(0x0070, 0x030D)), w.path());
  if (!(d.pre == Matrix4{})) w.matrix(w.item(item, DcmTagKey(0x0064, 0x000F)), d.pre);
  if (!(d.post == Matrix4{})) w.matrix(w.item(item, DcmTagKey(0x0064, 0x0010)), d.post);
  DcmItem& grid = w.item(item, DcmTagKey(0x0064, 0x0005));
  w.numbers(grid, DCM_ImagePositionPatient, {g.origin_mm.x, g.origin_mm.y, g.origin_mm.z});
  const Vec3 a = g.axis_directions[0];
  const Vec3 b = g.axis_directions[1];
  w.numbers(grid, DCM_ImageOrientationPatient, {a.x, a.y, a.z, b.x, b.y, b.z});
  std::array<Uint32, 3> size{};
  for (std::size_t axis = 0; axis < 3; ++axis) size[axis] = static_cast<Uint32>(g.size[axis]);
  check(grid.putAndInsertUint32Array(DcmTagKey(0x0064, 0x0007), size.data(), 3), w.path());
  const std::array<Float64, 3> resolution{g.spacing_mm.x, g.spacing_mm.y, g.spacing_mm.z};
  check(grid.putAndInsertFloat64Array(DcmTagKey(0x0064, 0x0008), resolution.data(), 3), w.path());
  check(grid.putAndInsertFloat32Array(DcmTagKey(0x0064, 0x0009), d.field.vectors_mm.data(),
                                      static_cast<unsigned long>(d.field.vectors_mm.size())),
        w.path());
}

/// All numbers, so that two objects of different content differ in their UIDs.
std::string content_of(const SpatialTransform& transform) {
  std::string content = transform.name.text();
  for (const TransformStep& step : transform.steps) {
    content += name_of(step);
    if (const auto* linear = std::get_if<LinearStep>(&step))
      for (const double value : linear->matrix.m) content += fmt::format(" {}", value);
    if (const auto* field = std::get_if<DisplacementStep>(&step))
      content.append(reinterpret_cast<const char*>(field->vectors_mm.data()),
                     field->vectors_mm.size() * sizeof(float));
  }
  return content;
}

}  // namespace

void write_dicom_registration(const std::string& path, const SpatialTransform& transform,
                              const std::string& fixed_dicom, const std::string& moving_dicom,
                              IfExists if_exists) {
  prepare_dicom_toolkit();
  const Writer w(path);
  const bool linear = is_linear(transform);
  Deformation deformation;
  if (!linear) {
    deformation = deformation_of(path, transform);
    bring_before(path, deformation);
  }
  const Identity who = identity_of(fixed_dicom, transform.name.from);
  const std::string moving = identity_of(moving_dicom, transform.name.to).frame;
  if (moving == who.frame)
    throw InputError("{}: both images have the frame of reference {}; there is nothing to register", path,
                     moving);
  DcmFileFormat format;
  DcmItem& data = *format.getDataset();
  write_header(w, data, who,
               linear ? UID_SpatialRegistrationStorage : UID_DeformableSpatialRegistrationStorage,
               content_of(transform) + who.frame + moving);
  if (linear) {
    add_matrix_item(w, data, who.frame, Matrix4{});
    add_matrix_item(w, data, moving, inverse(linear_part(transform)));  // into the registered frame
  } else {
    add_grid(w, data, moving, deformation);
  }
  AtomicFile file(path, if_exists);
  check(format.saveFile(file.temporary().c_str(), EXS_LittleEndianExplicit), path);
  file.commit();
}

}  // namespace snitt::formats
