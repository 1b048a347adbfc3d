#include "store/chunk_codec.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <random>

#include "scratch.hpp"
#include "store/chunked.hpp"

namespace snitt::store {
namespace {

std::vector<std::byte> some_bytes(std::size_t size, unsigned values) {
  std::mt19937 random(size);
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() % values);
  return bytes;
}

TEST(ChunkCodec, UnpacksWhatItPacked) {
  for (const std::size_t element : {1U, 2U, 4U, 8U})
    for (const unsigned values : {2U, 256U})  // the second does not compress: deflate is left out
      for (const std::size_t size : {8U, 4096U, 100000U}) {
        const FilterPipeline pipeline{element > 1, true, true};
        const std::vector<std::byte> raw = some_bytes(size, values);
        const PackedChunk packed = pack_chunk(raw, element, pipeline);
        std::vector<std::byte> back(size);
        ASSERT_EQ(unpack_chunk(packed.bytes, packed.skipped_filters, element, pipeline, back),
                  UnpackResult::ok);
        EXPECT_TRUE(back == raw);
      }
}

TEST(ChunkCodec, NoticesEverySingleFlippedBit) {
  const FilterPipeline pipeline{true, true, true};
  const std::vector<std::byte> raw = some_bytes(600, 9);
  const PackedChunk packed = pack_chunk(raw, 2, pipeline);
  std::vector<std::byte> back(raw.size());
  for (std::size_t bit = 0; bit < 8 * packed.bytes.size(); ++bit) {
    std::vector<std::byte> bad = packed.bytes;
    bad[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_EQ(unpack_chunk(bad, packed.skipped_filters, 2, pipeline, back), UnpackResult::checksum_wrong);
  }
}

/// HDF5's own filters are the reference: it reads what we pack, and we read what it packs.
class AgainstHdf5 : public ::testing::TestWithParam<unsigned> {};

TEST_P(AgainstHdf5, BothReadTheOther) {
  const Scratch scratch;
  const h5::Shape shape{37, 113, 301};
  const std::vector<std::byte> raw = some_bytes(37 * 113 * 301 * 2, GetParam());
  {
    h5::File file = h5::File::create(scratch.path("ours.h5"), "ours.h5");
    write_chunked(file, "/a", h5::ElementType::u16, shape, raw);
    file.close();
  }
  std::vector<std::byte> back(raw.size());
  const h5::File ours = h5::File::open(scratch.path("ours.h5"));
  const h5::Id dataset(H5Dopen2(ours.id(), "/a", H5P_DEFAULT));
  ASSERT_GE(H5Dread(dataset.get(), H5T_STD_U16LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, back.data()), 0);
  EXPECT_TRUE(back == raw);

  h5::File theirs = h5::File::create(scratch.path("theirs.h5"), "theirs.h5");
  const h5::Id properties(H5Pcreate(H5P_DATASET_CREATE));
  const hsize_t sizes[] = {37, 113, 301};
  const hsize_t chunk[] = {1, 50, 301};
  H5Pset_chunk(properties.get(), 3, chunk);
  H5Pset_shuffle(properties.get());
  H5Pset_deflate(properties.get(), 4);
  H5Pset_fletcher32(properties.get());
  const h5::Id space(H5Screate_simple(3, sizes, nullptr));
  {
    const h5::Id made(H5Dcreate2(theirs.id(), "/a", H5T_STD_U16LE, space.get(), H5P_DEFAULT, properties.get(),
                                 H5P_DEFAULT));
    H5Dwrite(made.get(), H5T_STD_U16LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data());
  }
  ChunkedReader reader(theirs, "/a");
  std::fill(back.begin(), back.end(), std::byte{0});
  reader.read(0, back);
  EXPECT_TRUE(back == raw);
  std::vector<std::byte> part(5000);
  reader.read(123457, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), raw.begin() + 123457));
}

INSTANTIATE_TEST_SUITE_P(CompressibleAndNot, AgainstHdf5, ::testing::Values(3U, 256U));

TEST(ChunkedReader, ReadsDatasetsOfOtherLayoutsThroughHdf5) {
  const Scratch scratch;
  const std::vector<std::byte> raw = some_bytes(20 * 30, 200);
  h5::File file = h5::File::create(scratch.path("plain.h5"), "plain.h5");
  file.write_small("/a", h5::ElementType::u8, {20, 30}, raw);
  ChunkedReader reader(file, "/a");
  std::vector<std::byte> part(77);
  reader.read(45, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), raw.begin() + 45));
}

TEST(ChunkPlan, CutsTheArrayIntoItsOwnOrder) {
  for (const h5::Shape& shape :
       {h5::Shape{5, 1300, 1100}, h5::Shape{100, 7, 11}, h5::Shape{3, 4, 600, 900}, h5::Shape{5000000}}) {
    const ChunkPlan plan = plan_chunks(shape, 2);
    std::size_t next = 0;
    for (std::size_t i = 0; i < plan.count(); ++i) {
      EXPECT_EQ(plan.offset(i), next);
      EXPECT_EQ(plan.chunk_at(next), i);
      EXPECT_LE(plan.chunk_bytes(), std::size_t{1} << 20);
      next += plan.bytes(i);
    }
    EXPECT_EQ(next, 2 * h5::element_count(shape));
  }
}

}  // namespace
}  // namespace snitt::store
