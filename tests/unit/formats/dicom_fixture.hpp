#pragma once
#include <functional>
#include <string>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt::volume_test {

/// What a synthetic CT slice says; every field can be bent by a test.
struct SyntheticSlice {
  std::string series = "1.2.3.4";
  std::string description = "PATIENT NAME WRITTEN HERE";
  std::string modality = "CT";
  std::string image_type = "ORIGINAL\\PRIMARY\\AXIAL";
  std::string photometric = "MONOCHROME2";
  std::string transfer = "explicit";  ///< "explicit", "implicit", "big", "rle", "jpeg-lossless", "jpeg-ls"
  std::string orientation = "1\\0\\0\\0\\1\\0";
  Vec3 position;
  std::string pixel_spacing = "0.5\\0.75";  ///< down a column, along a row
  std::string slope = "1";
  std::string intercept = "-1024";
  std::string tilt = "0";
  std::string acquisition = "1";
  unsigned rows = 4;
  unsigned columns = 6;
  unsigned bits_allocated = 16;
  unsigned bits_stored = 16;
  bool is_signed = false;
  std::vector<unsigned> words;                         ///< stored pixels; a ramp when empty
  std::vector<std::pair<unsigned, unsigned>> without;  ///< (group, element) of attributes to leave out
};

/// Writes one file with DCMTK, with a patient's name, identifier and birth date that must never come out
/// again.
void write_synthetic_slice(const std::string& path, const SyntheticSlice& slice);

/// An enhanced CT file: frames at `positions`, functional groups as in PS3.3 C.7.6.16, pixel value = frame
/// number.
void write_enhanced(const std::string& path, const std::vector<Vec3>& positions);

}  // namespace snitt::volume_test
