#include "base/digest.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "temporary_folder.hpp"

namespace snitt {
namespace {

// Test vectors of FIPS 180-4 (NIST's "SHA256ShortMsg" and "SHA_All" examples).
TEST(Digest, AgreesWithThePublishedVectors) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, DoesNotDependOnHowTheBytesArrive) {
  Sha256 digest;
  for (const char c : std::string("abc")) digest.update(std::string_view(&c, 1));
  EXPECT_EQ(digest.finish(), sha256("abc"));
}

TEST(Digest, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  const std::string long_text(3 << 20, 'x');  // more than one buffer
  EXPECT_EQ(sha256_of_path(folder.write("a", "abc")), sha256("abc"));
  EXPECT_EQ(sha256_of_path(folder.write("b", long_text)), sha256(long_text));
  EXPECT_EQ(sha256_of_path(folder.write("c", "")), sha256(""));
}

TEST(Digest, OfAFolderIsThatOfItsSortedListOfFiles) {
  const TemporaryFolder folder;
  folder.write("run/b", "second");
  folder.write("run/a", "first");
  EXPECT_EQ(sha256_of_path(folder / "run"), sha256(sha256("first") + "  a\n" + sha256("second") + "  b\n"));
}

TEST(Digest, OfAFolderNeitherKnowsItsPlaceNorForgetsAName) {
  const TemporaryFolder folder;
  folder.write("one/a", "x");
  folder.write("two/a", "x");
  folder.write("three/b", "x");
  EXPECT_EQ(sha256_of_path(folder / "one"), sha256_of_path(folder / "two"));
  EXPECT_NE(sha256_of_path(folder / "one"), sha256_of_path(folder / "three"));
}

TEST(Digest, OfAMissingFileIsAnInputError) { EXPECT_THROW(sha256_of_path("/nonexistent/file"), InputError); }

}  // namespace
}  // namespace snitt
