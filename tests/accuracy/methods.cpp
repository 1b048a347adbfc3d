#include "accuracy/study.hpp"
#include "reconstruction/insertion.hpp"

namespace snitt::accuracy {
namespace {

Reconstruction inserted(FrameSource& source, const VolumeGeometry& grid, reconstruction::InsertionOptions options) {
  const Frames& f = source.frames();
  const reconstruction::ImageRegion region(f.shape.rows, f.shape.columns);
  reconstruction::Inserter inserter(grid, f.shape, region, std::move(options));
  std::vector<std::byte> pixels(f.shape.bytes());
  for (std::size_t k = 0; k < f.count; ++k) {
    source.read(k, 1, pixels);
    reconstruction::PosedFrame frame{pixels, inverse(f.tracked[1].matrix[k]) * f.tracked[0].matrix[k] * f.constant[0].matrix, k};
    inserter.insert({&frame, 1});
  }
  auto out = inserter.finish(PixelType::f32);
  Reconstruction r{grid, {}, {}};
  const auto* v = reinterpret_cast<const float*>(out.values.data());
  r.values.assign(v, v + grid.voxels());
  for (auto a : out.accumulation) r.known.push_back(a > 0);
  return r;
}
}  // namespace

std::vector<Method> all_methods() {
  return {{"nearest mean", [](FrameSource& s, const VolumeGeometry& g, const Sampling&) { return inserted(s, g, {}); }},
          {"trilinear mean", [](FrameSource& s, const VolumeGeometry& g, const Sampling&) {
             reconstruction::InsertionOptions o;
             o.interpolation = reconstruction::Interpolation::trilinear;
             return inserted(s, g, o);
           }}};
}
}  // namespace snitt::accuracy
