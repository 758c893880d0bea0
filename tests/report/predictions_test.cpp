#include <bimix/report/predictions.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bimix::report {
namespace {

using testing::HasSubstr;

/// L = r^-1 (1/s + 1) of two domains, runs of which repeated four times at most.
data::LawFit some_fit() {
  data::LawFit fit;
  fit.law = "bimix";
  fit.domains = {{"web", "code"}, {"web", "code"}, {0, 1}};
  fit.parameters = {"P", "Q", "alpha", "beta"};
  fit.coefficient = data::Table(2, 4, 1.0);
  fit.unique_tokens = {1e6, 1e5};
  fit.most_epochs = 4.0;
  return fit;
}

TEST(Predictions, TellHowOftenPoolsAreGoneThrough) {
  const data::LawFit fit = some_fit();
  const Answer within = predict_mixture(fit, {0.75, 0.25}, {.tokens = 1e6});
  EXPECT_THAT(within.epochs, HasSubstr("Epochs: web 0.75 and code 2.5\n"));
  EXPECT_THAT(within.epochs, testing::Not(HasSubstr("No run")));
  const Answer beyond = predict_mixture(fit, {0.5, 0.5}, {.tokens = 1e6});
  EXPECT_THAT(beyond.epochs, HasSubstr("No run went through a domain more than 4 times"));
  const Answer others =
      predict_mixture(fit, {0.5, 0.5}, {.tokens = 1e6, .unique_tokens = {1e6, 1e6}});
  EXPECT_THAT(others.epochs, HasSubstr("Epochs: web 0.5 and code 0.5\n"));
  data::LawFit unknown = fit;
  unknown.unique_tokens.clear();
  EXPECT_EQ(predict_mixture(unknown, {0.5, 0.5}, {.tokens = 1e6}).epochs, "");
}

TEST(Predictions, OfATableHaveEpochsBesideShares) {
  const Answer answer = predict_mixtures(some_fit(), {{0.75, 0.25}, {0.5, 0.5}}, {.tokens = 1e6});
  EXPECT_THAT(answer.csv, HasSubstr("share/web,share/code,epochs/web,epochs/code,loss/web"));
  EXPECT_THAT(answer.csv, HasSubstr("0.75,0.25,0.75,2.5,"));
  EXPECT_EQ(answer.rows[0][1], "most epochs");
  EXPECT_EQ(answer.rows[2][1], "5");
  EXPECT_EQ(answer.json[1].at("epochs"), data::Json({0.5, 5.0}));
  EXPECT_EQ(predict_mixtures(some_fit(), {}, {.tokens = 1e6}).json.size(), 0u);
}

}  // namespace
}  // namespace bimix::report
