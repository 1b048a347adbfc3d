#include "shell/modes.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace snitt::shell {
namespace {

TEST(OptionsOfModes, AreRefusedInOtherModesByName) {
  const std::vector<OptionOfModes> options{{"--turns", true, {"spin"}}, {"--dents", false, {"pivot"}}};
  EXPECT_NO_THROW(refuse_others("--kind", "spin", options));
  try {
    refuse_others("--kind", "pivot", options);
    FAIL() << "nothing was refused";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "--turns is given with --kind pivot, which has no use for it; expected it left out");
  }
}

}  // namespace
}  // namespace snitt::shell
