#include "statistics/queueing.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"

namespace snitt::statistics {
namespace {

TEST(Erlang, OneServer) {
  // M/M/1: B = a / (1 + a), C = rho, mean wait rho / (mu - lambda).
  EXPECT_NEAR(erlang_b(1, 0.8), 0.8 / 1.8, 1e-15);
  EXPECT_NEAR(erlang_c(1, 0.8), 0.8, 1e-15);
  EXPECT_NEAR((Queue{1, 0.8, 1}).mean_wait(), 4, 1e-12);
  EXPECT_NEAR((Queue{1, 0.8, 1}).share_within(2), 1 - 0.8 * std::exp(-0.4), 1e-12);
}

TEST(Erlang, TwoServersByHand) {
  // a = 1: B = (1/2) / (1 + 1 + 1/2) = 1/5, C = B / (1 - rho (1 - B)) = 0.2 / 0.6 = 1/3.
  EXPECT_NEAR(erlang_b(2, 1), 0.2, 1e-15);
  EXPECT_NEAR(erlang_c(2, 1), 1.0 / 3, 1e-15);
  EXPECT_NEAR((Queue{2, 1, 1}).mean_wait(), 1.0 / 3, 1e-15);
  EXPECT_NEAR((Queue{2, 1, 1}).mean_queue(), 1.0 / 3, 1e-15);  // Little
}

TEST(Erlang, TheRecursionIsTheSum) {
  // B = (a^c / c!) / sum a^k / k!, for the largest c whose factorial a double holds easily.
  double sum = 0, term = 1;
  for (int k = 0; k <= 100; ++k) {
    if (k > 0) term *= 90.0 / k;
    sum += term;
  }
  EXPECT_NEAR(erlang_b(100, 90), term / sum, 1e-14);
}

TEST(Erlang, AGrowingQueueWaitsForEver) {
  EXPECT_EQ(erlang_c(2, 2), 1);
  EXPECT_TRUE(std::isinf((Queue{2, 3, 1}).mean_wait()));
  EXPECT_EQ((Queue{2, 3, 1}).share_within(10), 0);
}

TEST(Erlang, ServersForAShareAreTheFewest) {
  const std::size_t c = servers_for(30, 4, 0.1, 0.9);
  EXPECT_GE((Queue{c, 30, 4}).share_within(0.1), 0.9);
  EXPECT_LT((Queue{c - 1, 30, 4}).share_within(0.1), 0.9);
  EXPECT_THROW(servers_for(30, 4, 0.1, 1), ComputationError);
}

TEST(Erlang, QuantilesInvertShares) {
  const Queue q{3, 2.5, 1};
  EXPECT_NEAR(q.share_within(q.wait_quantile(0.95)), 0.95, 1e-12);
  EXPECT_EQ(q.wait_quantile(1 - q.wait_probability() - 0.01), 0);
}

TEST(GeneralService, PollaczekAndKhinchine) {
  // Constant service: half the wait of exponential service.
  EXPECT_NEAR(mean_wait_one_server(0.8, 1, 0), 2, 1e-12);
  EXPECT_NEAR(mean_wait_one_server(0.8, 1, 1), (Queue{1, 0.8, 1}).mean_wait(), 1e-12);
  for (const double cv : {0.0, 0.3, 1.0, 2.0})  // Allen and Cunneen's is the same there
    EXPECT_NEAR(mean_wait_general({1, 0.8, 1}, 1, cv), mean_wait_one_server(0.8, 1, cv), 1e-12);
}

}  // namespace
}  // namespace snitt::statistics
