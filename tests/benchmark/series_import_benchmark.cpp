// Reading a CT series of single files: ours with one and more threads, against ITK's series reader with GDCM
// (what SimpleITK and 3D Slicer use), on the same files in one run; values must be equal. Beside them the
// limit: reading the bytes of the files and nothing else. Arguments: number of slices (300), transfer syntax
// (explicit, rle, jpeg-lossless, jpeg-ls). Files are read once before, so that all come from the page cache.
#include <fmt/format.h>
#include <itkGDCMImageIO.h>
#include <itkGDCMSeriesFileNames.h>
#include <itkImage.h>
#include <itkImageSeriesReader.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/threads.hpp"
#include "formats/volume_file.hpp"
#include "temporary_folder.hpp"
#include "unit/formats/dicom_fixture.hpp"

namespace {

namespace fs = std::filesystem;
using namespace snitt;

/// Runs `work` in a process of its own, so that its peak of memory is its own; prints what it took.
template <typename Work>
void measure(const std::string& what, int slices, const Work& work) {
  std::fflush(stdout);
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    work();
    std::_Exit(0);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  fmt::print("{:<30} {:6.0f} slices/s, {:6.2f} s, CPU {:6.2f} s, peak {:5} MB{}\n", what, slices / wall, wall,
             seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss / 1024,
             status == 0 ? "" : " FAILED");
}

void write_series(const std::string& folder, int slices, const std::string& transfer) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 15);
  for (int k = 0; k < slices; ++k) {
    volume_test::SyntheticSlice slice;
    slice.rows = slice.columns = 512;
    slice.transfer = transfer;
    slice.position = {0, 0, 1.5 * k};
    slice.words.resize(512 * 512);
    for (std::size_t i = 0; i < slice.words.size(); ++i) {
      const double x = static_cast<double>(i % 512) - 255.5;
      const double y = static_cast<double>(i / 512) - 255.5;
      const double hu = x * x / 190 / 190 + y * y / 130 / 130 < 1 ? 40 : -1000;
      slice.words[i] = static_cast<unsigned>(std::max(0.0, hu + 1024 + noise(random)));
    }
    // Order of names is not order of places.
    volume_test::write_synthetic_slice(fmt::format("{}/{:05}.dcm", folder, (k * 7919) % 100003), slice);
  }
}

using Image = itk::Image<short, 3>;

Image::Pointer read_with_itk(const std::string& folder) {
  auto names = itk::GDCMSeriesFileNames::New();
  names->SetDirectory(folder);
  auto reader = itk::ImageSeriesReader<Image>::New();
  reader->SetImageIO(itk::GDCMImageIO::New());
  reader->SetFileNames(names->GetInputFileNames());
  reader->Update();
  return reader->GetOutput();
}

Volume read_with_snitt(const std::string& folder, int threads) {
  Monitor silent;
  Volume volume;
  ThreadLimit limit(threads);
  limit.run([&] { volume = formats::read_volume(folder, silent); });
  return volume;
}

void read_bytes(const std::string& folder) {
  std::vector<char> all;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    all.resize(fs::file_size(entry.path()));
    file.read(all.data(), static_cast<std::streamsize>(all.size()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int slices = argc > 1 ? std::atoi(argv[1]) : 300;
  const std::string transfer = argc > 2 ? argv[2] : "explicit";
  const TemporaryFolder folder;
  write_series(folder.path(), slices, transfer);
  fmt::print("{} slices of 512 x 512, {}: {} MB of voxels\n", slices, transfer, slices / 2);
  measure("bytes alone", slices, [&] { read_bytes(folder.path()); });
  for (const int threads : {1, 2, 4})
    measure(fmt::format("snitt, {} thread{}", threads, threads == 1 ? "" : "s"), slices,
            [&] { read_with_snitt(folder.path(), threads); });
  measure("itk::ImageSeriesReader, GDCM", slices, [&] { read_with_itk(folder.path()); });
  const Volume ours = read_with_snitt(folder.path(), 2);
  const Image::Pointer theirs = read_with_itk(folder.path());
  const auto values = ours.values<std::int16_t>();
  const bool equal = values.size() == theirs->GetLargestPossibleRegion().GetNumberOfPixels() &&
                     std::memcmp(values.data(), theirs->GetBufferPointer(), values.size_bytes()) == 0;
  fmt::print("values are {}\n", equal ? "equal" : "NOT EQUAL");
  return equal ? 0 : 1;
}
