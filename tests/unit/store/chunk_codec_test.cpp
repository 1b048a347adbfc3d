#include "store/chunk_codec.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>
#include <zlib.h>

#include <bit>
#include <cstring>
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

/// Columns as tables have them: counting, constant, skewed, noisy, in runs, and of few values.
std::vector<std::byte> some_column(int kind, std::size_t rows, std::size_t element) {
  std::mt19937_64 random(static_cast<std::uint64_t>(kind) * 1000 + rows);
  std::vector<std::byte> bytes(rows * element);
  for (std::size_t r = 0; r < rows; ++r) {
    std::uint64_t value = 0;
    if (kind == 0) value = r;
    if (kind == 1) value = 0x4049000000000000U;
    if (kind == 2) value = random() % 100 < 90 ? 1 : random() % 5;
    if (kind == 3) value = random();
    if (kind == 4) value = r / 700 * 0x10001U;
    if (kind == 5) value = random() % 40;
    if (kind == 6) value = 1'704'000'000 + r * 13 + random() % 60;
    if (kind == 7)
      value = std::uint64_t{1} << std::min<std::uint64_t>(
                  62, static_cast<std::uint64_t>(std::countr_zero(random() | std::uint64_t{1} << 40)));
    std::memcpy(bytes.data() + r * element, &value, element);
  }
  return bytes;
}

TEST(ChunkCodec, UnpacksColumnsOfEveryKindAndSoDoesZlib) {
  for (const std::size_t element : {1U, 4U, 8U})
    for (int kind = 0; kind < 8; ++kind)
      for (const std::size_t rows : {1U, 2U, 3U, 7U, 255U, 256U, 257U, 1000U, 65536U, 70001U}) {
        const FilterPipeline pipeline{element > 1, true, true};
        const std::vector<std::byte> raw = some_column(kind, rows, element);
        const PackedChunk packed = pack_column_chunk(raw, element, pipeline);
        std::vector<std::byte> back(raw.size());
        ASSERT_EQ(unpack_chunk(packed.bytes, packed.skipped_filters, element, pipeline, back),
                  UnpackResult::ok)
            << "kind " << kind << ", " << rows << " rows of " << element;
        ASSERT_TRUE(back == raw) << "kind " << kind << ", " << rows << " rows of " << element;
        if (packed.skipped_filters != 0) continue;
        std::vector<unsigned char> shuffled(raw.size());
        uLongf size = shuffled.size();
        ASSERT_EQ(
            uncompress(shuffled.data(), &size, reinterpret_cast<const unsigned char*>(packed.bytes.data()),
                       packed.bytes.size() - 4),
            Z_OK);
        EXPECT_EQ(size, raw.size());
      }
}

TEST(ChunkCodec, ColumnsBecomeAboutAsSmallAsASearchForMatchesMakesThem) {
  const FilterPipeline pipeline{true, true, true};
  for (const int kind : {0, 1, 2, 4, 5, 6, 7}) {
    const std::vector<std::byte> raw = some_column(kind, 65536, 8);
    const std::size_t quick = pack_column_chunk(raw, 8, pipeline).bytes.size();
    const std::size_t thorough = pack_chunk(raw, 8, pipeline).bytes.size();
    EXPECT_LT(quick, thorough + thorough / 4 + 4096) << "kind " << kind;
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
