#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/image_plane.hpp"
#include "quality/observer.hpp"

/// What a channelized observer sees of an image: its products with a few templates.
namespace snitt::quality {

/// Templates of size x size pixels around the middle (size - 1) / 2.
struct Channels {
  std::size_t size = 0;
  std::size_t count = 0;
  std::vector<double> weights;  ///< [channel, row, column]
};

/// Laguerre-Gauss functions (Barrett et al. 1998): (sqrt(2)/a) exp(-pi r²/a²) L_n(2 pi r²/a²) for n from 0 to
/// count - 1, times the area of a pixel's root so that they are orthonormal as vectors where the grid is fine
/// and wide enough. `width_mm` is a. For signals that look alike in all directions.
Channels laguerre_gauss_channels(std::size_t size, double row_spacing_mm, double column_spacing_mm,
                                 double width_mm, std::size_t count);

/// Gabor functions (Wunderlich & Noo 2008, Yu et al. 2013): exp(-4 ln 2 r²/w²) cos(2 pi f (x cos t + y sin t)
/// + phase), bands of one octave from lowest_per_pixel, f their middle, w = 4 ln 2 / (pi bandwidth) so that
/// the band is the channel's full width at half maximum. The defaults are 4 x 5 x 2 = 40 channels.
struct GaborOptions {
  double lowest_per_pixel = 1.0 / 64;
  std::size_t octaves = 4;
  std::size_t orientations = 5;  ///< evenly over half a turn
  std::size_t phases = 2;        ///< 0 and a quarter
};
Channels gabor_channels(std::size_t size, const GaborOptions& options = {});

/// Products of images with all channels.
struct ChannelSamples {
  std::size_t channels = 0;
  std::vector<double> values;        ///< [sample, channel]
  std::vector<std::uint64_t> image;  ///< [sample]: samples of one image may share noise
  std::size_t samples() const { return image.size(); }
};

/// Of the regions, all of the channels' size, in the planes; the plane's number is the image. Throws
/// InputError for a region of another size or outside of its plane.
ChannelSamples channel_samples(const Channels& channels, std::span<const ImagePlane> planes,
                               std::span<const SquareRegion> regions);
/// Of one image [row, column] of the channels' size.
std::vector<double> channel_outputs(const Channels& channels, std::span<const double> image);

/// The task's object in HU, blurred by `resolution`, on size x size pixels with its centre at the middle
/// (size - 1) / 2: as far as the pixels can show it, without what lies beyond half a cycle per pixel.
std::vector<double> task_image(const DetectionTask& task, const TransferFunction& resolution,
                               std::size_t size, double row_spacing_mm, double column_spacing_mm);

}  // namespace snitt::quality
