#pragma once
#include <hdf5.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/pixel.hpp"

/// HDF5 with owners and errors: every call is checked, every failure names file and object. Only room `store`
/// sees it.
namespace snitt::store::h5 {

/// Owns one HDF5 identifier of any kind.
class Id {
 public:
  Id() = default;
  explicit Id(hid_t id) : id_(id) {}
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Id& operator=(Id&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Id() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  hid_t get() const { return id_; }
  bool valid() const { return id_ >= 0; }
  /// Gives up ownership, for the one close whose result matters.
  hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

/// Element types that files hold. All numbers are little-endian in the file.
enum class ElementType : std::uint8_t { u8, i8, u16, i16, u32, i32, f32, f64, i64, u64, text };

ElementType element_type(PixelType type);
std::string_view name_of(ElementType type);
std::size_t size_of(ElementType type);  ///< 0 for text
/// The file's little-endian type, which is also the memory type on the machines we run on.
hid_t file_type(ElementType type);
/// UTF-8 of fixed width, padded with zeros. HDF5 keeps text of variable length in a heap without checksums,
/// and crashes on a flipped bit there (measured), so we write none.
Id text_type(std::size_t width);

template <typename T>
constexpr ElementType element_type_of() {
  if constexpr (std::is_same_v<T, std::int64_t>)
    return ElementType::i64;
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    return ElementType::u64;
  else if constexpr (std::is_same_v<T, std::string>)
    return ElementType::text;
  else
    return static_cast<ElementType>(pixel_type_of<T>());
}

using Shape = std::vector<std::size_t>;
std::size_t element_count(const Shape& shape);

struct DatasetInfo {
  ElementType type = ElementType::u8;
  Shape shape;                 ///< empty for a scalar
  std::size_t text_width = 0;  ///< bytes of each text of fixed width; 0 for numbers and text of any length
};

/// Bytes of one element in a dataset; 0 for text of any length.
std::size_t element_bytes(const DatasetInfo& info);

enum class ObjectKind { group, dataset };

struct Child {
  std::string name;
  ObjectKind kind = ObjectKind::group;
};

/// An open HDF5 file, for reading or being written. `shown` is the name used in messages (a file being
/// written has a temporary name nobody knows).
class File {
 public:
  static File open(const std::string& path);
  static File create(const std::string& path, const std::string& shown);

  /// Throws InputError or OutputError "FILE: OBJECT cannot be ACTION: reason", the reason being HDF5's own.
  [[noreturn]] void fail(const std::string& object, const std::string& action) const;
  hid_t id() const { return id_.get(); }
  const std::string& shown() const { return shown_; }
  bool writing() const { return writing_; }

  bool exists(const std::string& path) const;
  ObjectKind kind_of(const std::string& path) const;
  /// Sorted by name. Throws InputError for a group among them that is also one above it: whoever walks down
  /// a tree would walk for ever.
  std::vector<Child> children(const std::string& group) const;
  /// An address that two paths share exactly when they are hard links to one object.
  std::uint64_t address_of(const std::string& path) const;
  std::vector<std::string> attributes(const std::string& object) const;  ///< sorted by name
  bool has_attribute(const std::string& object, const std::string& name) const;
  DatasetInfo attribute_info(const std::string& object, const std::string& name) const;
  DatasetInfo info(const std::string& dataset) const;

  std::string text_attribute(const std::string& object, const std::string& name) const;
  std::vector<std::string> texts_attribute(const std::string& object, const std::string& name) const;
  double number_attribute(const std::string& object, const std::string& name) const;
  /// Raw little-endian bytes; for text, each string followed by a zero byte.
  std::vector<std::byte> attribute_bytes(const std::string& object, const std::string& name) const;
  std::vector<std::byte> bytes(const std::string& dataset) const;
  std::vector<std::string> texts(const std::string& dataset) const;
  template <typename T>
  std::vector<T> values(const std::string& dataset) const {
    std::vector<T> result(element_count(info(dataset).shape));
    read(dataset, element_type_of<T>(), result.data());
    return result;
  }

  void create_group(const std::string& path);
  void link(const std::string& existing, const std::string& path);
  void set_attribute(const std::string& object, const std::string& name, const std::string& text);
  void set_attribute(const std::string& object, const std::string& name,
                     const std::vector<std::string>& texts);
  void set_attribute(const std::string& object, const std::string& name, double value);
  void set_attribute(const std::string& object, const std::string& name, std::int64_t value);
  void write_texts(const std::string& dataset, const std::vector<std::string>& texts, const Shape& shape);
  void write_text(const std::string& dataset, const std::string& text);
  /// One text of variable length, for readers of other projects that accept no other: see text_heap_sha256.
  void write_variable_text(const std::string& dataset, const std::string& text);
  /// Arrays that are read and hashed whole whenever the file is opened. Large ones: see chunked.hpp.
  void write_small(const std::string& dataset, ElementType type, const Shape& shape,
                   std::span<const std::byte> bytes);

  void flush();
  /// Flushes and closes; the only close whose failure means lost data.
  void close();

 private:
  void refuse_circle(const std::string& group) const;
  File(Id id, std::string shown, bool writing)
      : id_(std::move(id)), shown_(std::move(shown)), writing_(writing) {}
  void read(const std::string& dataset, ElementType type, void* out) const;
  void write_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space,
                       const void* data);
  /// Inside the object header, which is checksummed, when it fits; else in chunks with checksums.
  void write_piece(const std::string& dataset, hid_t type, const Shape& shape,
                   std::span<const std::byte> bytes);
  Id id_;
  std::string shown_;
  bool writing_ = false;
};

/// Group creation that leaves no time stamps, so that equal content gives equal bytes.
Id untimed(hid_t property_class);
/// HDF5's own words for the failure that just happened in this thread.
std::string reason_of_failure();
/// Switches off HDF5's own printing; its setting is per thread, so every thread that calls HDF5 needs it.
void silence_error_stack();

}  // namespace snitt::store::h5
