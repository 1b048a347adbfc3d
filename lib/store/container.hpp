#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "store/chunked.hpp"
#include "store/h5.hpp"
#include "store/provenance.hpp"
#include "store/schema.hpp"

/// What all layouts share: the root attributes, /provenance, the digest, and being whole or absent.
namespace snitt::store {

/// A file of one layout being written.
class LayoutWriter {
 public:
  /// `minor`: version of a layout that has all the file will hold; nothing: the newest.
  LayoutWriter(const std::string& path, const std::string& layout, const Provenance& provenance,
               IfExists if_exists, std::optional<int> minor = std::nullopt);

  /// The same for a file whose story is told before it is finished: the digests of its inputs take a while.
  LayoutWriter(const std::string& path, const std::string& layout, IfExists if_exists,
               std::optional<int> minor = std::nullopt);
  void tell(const Provenance& provenance);

  h5::File& file() { return file_; }
  /// Names dimensions and units of an array that was just made.
  void describe(const std::string& path, const std::vector<std::string>& dimensions,
                const std::string& units);
  /// A numeric array with its description, in the object header or in chunks as its size asks for.
  void array(const std::string& path, h5::ElementType type, const h5::Shape& shape,
             std::span<const std::byte> bytes, const std::vector<std::string>& dimensions,
             const std::string& units);
  template <typename T>
  void array(const std::string& path, const std::vector<T>& values, const h5::Shape& shape,
             const std::vector<std::string>& dimensions, const std::string& units) {
    array(path, h5::element_type_of<T>(), shape, std::as_bytes(std::span(values)), dimensions, units);
  }
  void texts(const std::string& path, const std::vector<std::string>& values, const h5::Shape& shape,
             const std::vector<std::string>& dimensions);
  /// After text of variable length was written: notes the digest of HDF5's unprotected text heap, so that a
  /// reader can check it before HDF5 trusts the lengths in it. Wants to be called before anything large is
  /// written, so that a reader finds the heap near the start.
  void seal_text_heap();
  /// Checks the file against its layout, writes digest and `complete`, closes, and puts it in place.
  void finish();

 private:
  AtomicFile target_;
  h5::File file_;
  std::string layout_;
};

/// A complete Snitt file of an expected layout whose metadata have been checked and match their digest.
class LayoutReader {
 public:
  LayoutReader(const std::string& path, const std::string& layout);
  const h5::File& file() const { return file_; }

  /// A numeric array whose bulk checksums are verified on the way.
  template <typename T>
  std::vector<T> array(const std::string& path) const {
    std::vector<T> values(h5::element_count(typed(path, h5::element_type_of<T>()).shape));
    ChunkedReader(file_, path).read(0, std::as_writable_bytes(std::span(values)));
    return values;
  }

 private:
  h5::DatasetInfo typed(const std::string& path, h5::ElementType type) const;
  h5::File file_;
};

/// SHA-256 over everything a file says (objects, attributes, values) in a canonical order, whatever their
/// place in the file. Bulk arrays enter through their attribute `sha256`, so that opening a file does not
/// read it all; see verify_bulk. The root attributes `sha256` and `complete` are left out.
std::string content_digest(const h5::File& file);
/// Reads every bulk array and compares it with its `sha256`. One finding per array that differs or cannot be
/// read.
std::vector<Finding> verify_bulk(const h5::File& file);

/// SHA-256 of the raw bytes of an HDF5 file's global heap (found by its signature, so that nothing in it
/// needs to be trusted); "" when the file has none. Reads the file up to the end of that heap.
std::string text_heap_sha256(const std::string& path);

/// Names of objects may not hold '/' or be '.', names of recorded fields may: "%2F" and so on stand for
/// those.
std::string object_name(const std::string& name);
std::string name_from_object(const std::string& object);

}  // namespace snitt::store
