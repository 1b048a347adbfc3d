#include "activity/code_columns.hpp"

#include <gtest/gtest.h>

#include "data/table_columns.hpp"

namespace snitt::activity {
namespace {

Table records() {
  return {{{"codes", "", "", std::vector<std::string>{"SAA0AD", "SNA0GG/ZTX0XA", "ZTX0BC", ""}}}};
}

TEST(CodeColumns, ComeFromTheFirstCodeThatCounts) {
  Table table = records();
  const auto basis = add_code_columns(table, {"modality", "kind"}, CodeList());
  ASSERT_TRUE(basis);
  EXPECT_EQ(texts_of(*table.find("modality")), (std::vector<std::string>{"CT", "MR", "", ""}));
  EXPECT_EQ(texts_of(*table.find("kind")), (std::vector<std::string>{"diagnostic", "diagnostic", "", ""}));
}

TEST(CodeColumns, LeaveWhatIsThereAndWhatNobodyAsksFor) {
  Table table = records();
  table.columns.push_back({"modality", "", "", std::vector<std::string>(4, "X")});
  EXPECT_FALSE(add_code_columns(table, {"modality", "sector"}, CodeList()));
  EXPECT_EQ(table.columns.size(), 2u);
}

}  // namespace
}  // namespace snitt::activity
