#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/spatial_transform.hpp"
#include "data/transform_mapper.hpp"

/// Transforms between named frames, put together by the names of the frames: nobody has to know their order.
namespace snitt {

struct ChainLink {
  std::size_t index = 0;  ///< of the transform
  bool inverted = false;  ///< walked against its name
  friend bool operator==(const ChainLink&, const ChainLink&) = default;
};
using TransformChain = std::vector<ChainLink>;  ///< in the order in which they act on a point

/// The one way from frame to frame; empty when both are the same. Throws InputError when there is none
/// (listing the frames that can be reached, with the nearest spelling) and when there are several (naming
/// two).
TransformChain find_chain(const std::vector<TransformName>& names, const std::string& from,
                          const std::string& to);
/// The frame at the other end when the transforms form one line that starts at `from`; nothing otherwise.
std::optional<std::string> far_end(const std::vector<TransformName>& names, const std::string& from);
/// "Fixed → Atlas → Moving".
std::string chain_text(const std::vector<TransformName>& names, const TransformChain& chain,
                       const std::string& from);

/// How well a numerical inverse holds: distance between a point and where the transform brings its inverse.
struct InverseError {
  std::size_t points = 0;
  std::size_t not_found = 0;  ///< of them, for which there is no inverse (folds, tears, beyond a field)
  double sum_mm = 0;
  double largest_mm = 0;
  double mean_mm() const;
  void add(const InverseError& other);
};

/// Maps points along a chain. Linear transforms are multiplied, and inverted exactly; those that bend are
/// inverted point by point (Newton's method with backtracking, step by step of a composite, to 1e-6 mm where
/// it converges so far; not found beyond 1e-3 mm). Keeps references to the transforms.
class ChainMapper {
 public:
  ChainMapper(const std::vector<SpatialTransform>& transforms, const TransformChain& chain);
  /// One transform or its inverse.
  ChainMapper(const SpatialTransform& transform, bool inverted);

  /// In place; a point without an inverse becomes NaN. Neighbours in the list should be neighbours in space:
  /// the search for a point starts at what was found for the one before. Adds to `error`, which is of points
  /// that went through a numerical inverse. May be called by several threads at once.
  void map(std::span<Vec3> points, InverseError& error) const;
  /// The same for any number of points, in parallel and in fixed pieces.
  InverseError map_all(std::span<Vec3> points) const;
  /// Whether nothing is inverted numerically.
  bool is_exact() const;
  /// The product, if all is linear.
  std::optional<Matrix4> matrix() const;

 private:
  struct Operation {
    bool linear = false;
    Matrix4 matrix;
    const TransformMapper* mapper = nullptr;
    std::size_t step = 0;
    bool inverted = false;
  };
  void append(const SpatialTransform& transform, bool inverted);
  void append_linear(const Matrix4& matrix);
  std::vector<std::unique_ptr<TransformMapper>> mappers_;
  std::vector<Operation> operations_;
};

/// The chain as one transform from frame to frame, neighbouring linear steps multiplied; nothing when it goes
/// against a transform that bends, which has no steps for its inverse.
std::optional<SpatialTransform> composed(const std::vector<SpatialTransform>& transforms,
                                         const TransformChain& chain, const TransformName& name);

/// Where `step` brings which point to `target`, searched from `start`; the distance that is left.
struct InversePoint {
  Vec3 point;
  double residual_mm = 0;
};
InversePoint invert_point(const TransformMapper& mapper, std::size_t step, Vec3 target, Vec3 start);

}  // namespace snitt
