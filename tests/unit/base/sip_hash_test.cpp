#include "base/sip_hash.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/digest.hpp"

namespace snitt {
namespace {

TEST(SipHash, GivesTheVectorsOfItsAuthors) {
  const SipKey key{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  EXPECT_EQ(sip_hash(key, text), 0xa129ca6149be45e5U);  // appendix A of the paper
  EXPECT_EQ(sip_hash(key, ""), 0x726fdb47dd0e0e31U);    // vectors.h of the reference implementation
  EXPECT_EQ(sip_hash(key, text.substr(0, 1)), 0x74f839c593dc67fdU);
  EXPECT_EQ(sip_hash(key, text.substr(0, 8)), 0x93f5f5799a932462U);
}

TEST(KeyedDigest, GivesTheVectorsOfRfc4231) {
  const auto expect = [](const std::string& key, const std::string& text, const std::string& digest) {
    EXPECT_EQ(KeyedDigest(key).of(text), digest);
    EXPECT_EQ(hmac_sha256(key, text), digest);
  };
  expect(std::string(20, '\x0b'), "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  expect("Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  expect(std::string(20, '\xaa'), std::string(50, '\xdd'),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  expect(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace snitt
