#include "support/processor_time.hpp"

#include <bimix/law/law.hpp>
#include <bimix/report/page.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace bimix::report {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Two mixtures of two domains, seen at two volumes; nothing was fitted.
PageInput measured(const std::string& first_domain = "web") {
  PageInput input;
  data::RunRecord& record = input.record;
  record.plan = {.name = "sample",
                 .domains = {{first_domain, "code"}, {first_domain, "code"}, {0, 1}},
                 .mixtures = {{0.5, 0.5}, {0.25, 0.75}},
                 .labels = {"default", "wide"},
                 .tokens = {1000, 4000}};
  for (int m = 0; m < 2; ++m) {
    const std::string id = m == 0 ? "aa" : "bb";
    record.plan.trials.push_back({.id = id,
                                  .purpose = data::TrialPurpose::sweep,
                                  .mixture_label = record.plan.labels[m],
                                  .mixture_id = m,
                                  .mixture = record.plan.mixtures[m],
                                  .tokens = record.plan.tokens});
    record.results.push_back({.id = id,
                              .curve = {{.tokens = 1000, .loss_nats = {3.25, 2.0 + m}},
                                        {.tokens = 4000, .loss_nats = {1.5 + m, std::nan("")}}},
                              .wall_seconds = 2.0});
  }
  return input;
}

/// The same with a law, L = r^-alpha (P s^-beta + Q), without bootstrap.
PageInput fitted(const std::string& first_domain = "web") {
  PageInput input = measured(first_domain);
  data::LawFit fit{.law = "bimix",
                   .domains = input.record.plan.domains,
                   .parameters = {"P", "alpha", "beta", "Q"},
                   .coefficient = data::Table(2, 4, 0.5)};
  fit.domain.resize(2);
  fit.domain[0].flags = {"law bimix: alpha of domain '" + first_domain + "' is doubtful."};
  fit.share_low = {0.25, 0.5};
  fit.share_high = {0.5, 0.75};
  fit.tokens_low = 1000;
  fit.tokens_high = 4000;
  input.record.laws = {fit};
  return input;
}

/// The same with a recommendation.
PageInput recommended(const std::string& first_domain = "web") {
  PageInput input = fitted(first_domain);
  const double nan = std::nan("");
  input.record.optimum = {
      {.law = "bimix",
       .objective = "mean",
       .objective_words = {"mean loss",
                           fmt::format("mean loss of {} and code", first_domain),
                           {true, true}},
       .tokens = 8000,
       .share = {0.4, 0.6},
       .default_share = {0.5, 0.5},
       .weight = {0.5, 0.5},
       .predicted_nats = {1.25, 1.5},
       .predicted_default_nats = {1.5, 1.375},
       .certificate_kind = "KKT residual",
       .share_low = {nan, nan},
       .share_high = {nan, nan},
       .gain_nats = 0.0625,
       .gain_low = nan,
       .gain_high = nan}};
  input.by_volume = input.record.optimum;
  return input;
}

data::CheckReport some_check(double gain) {
  data::CheckReport check{.tokens = 4000,
                          .domains = {"web", "code"},
                          .labels = {"default", "optimum"},
                          .predicted_nats = data::Table(2, 2, 2.0),
                          .trained_nats = data::Table(2, 2, 2.125),
                          .trained_error_nats = data::Table(2, 2, 0.01),
                          .repeats = 2,
                          .paired_gain_nats = {gain, gain},
                          .paired_error_nats = {0.001, 0.001}};
  check.mean_gain_nats = gain;
  check.mean_gain_error_nats = 0.001;
  return check;
}

TEST(Page, OpensWithTheAnswerInWords) {
  const std::string html = page_html(recommended());
  EXPECT_THAT(html, HasSubstr("For 8K training tokens the best mixture has more code (0.500 to "
                              "0.600) and less web (0.500 to 0.400)"));
  EXPECT_THAT(html, HasSubstr("the mean loss of web and code to be 0.0625 nats lower."));
  EXPECT_LT(html.find("id=\"answer\""), html.find("id=\"law\""));
}

TEST(Page, SaysBitsPerByteWhereLossesAreThat) {
  PageInput input = recommended();
  input.record.check = {some_check(0.1)};
  input.record.plan.domains.loss_unit = data::LossUnit::bits_per_byte;
  input.record.check[0].loss_unit = data::LossUnit::bits_per_byte;
  const std::string html = page_html(input);
  EXPECT_THAT(html, HasSubstr("0.0625 bits per byte lower."));
  EXPECT_THAT(html, HasSubstr("default was +0.1000 bits per byte"));
  EXPECT_THAT(html, HasSubstr("Losses are in bits/byte"));
  EXPECT_THAT(html, HasSubstr("\"unit\":\"bits per byte\""));
  EXPECT_THAT(html.substr(0, html.find("<script")), Not(HasSubstr("nats")));
}

TEST(Page, DrawsSixtyFourMixturesOfManyAndSaysSo) {
  PageInput input = fitted();
  data::RunRecord& record = input.record;
  EXPECT_THAT(page_html(input), Not(HasSubstr("Drawn are")));
  for (int m = 2; m < 100; ++m) {
    record.plan.mixtures.push_back({0.5, 0.5});
    record.plan.labels.push_back("m" + std::to_string(m));
    record.plan.trials.push_back(record.plan.trials[0]);
    record.plan.trials.back().mixture_id = m;
    record.plan.trials.back().id = record.plan.trials.back().mixture_label = record.plan.labels[m];
    record.results.push_back(record.results[0]);
    record.results.back().id = record.plan.labels[m];
    record.results.back().wall_seconds = m;
  }
  for (std::size_t m = 0; m < 100; ++m)
    record.laws[0].held_out.losses.push_back({m, 0, 1.0, m < 40 ? 1.001 : 1.5});
  const std::string html = page_html(input);
  EXPECT_THAT(html, HasSubstr("Drawn are 64 of 100 mixtures"));
  EXPECT_THAT(html, HasSubstr("Shown are 60 of 100 mixtures, those that are missed most."));
  EXPECT_THAT(html, HasSubstr("<tr><th scope=\"row\">m40</th><td>50.00 %</td>"));
  EXPECT_THAT(html, Not(HasSubstr("<tr><th scope=\"row\">m39</th><td>0.10 %</td>")));
  record.plan.trials.push_back(record.plan.trials[0]);
  record.plan.trials.back().id = record.plan.trials.back().mixture_label = "the 101st";
  record.results.push_back(record.results[0]);
  record.results.back().id = "the 101st";
  record.results.back().status = data::TrialStatus::failed;
  record.results.back().wall_seconds = 0.5;
  const std::string longer = page_html(input);
  EXPECT_THAT(longer, HasSubstr("The bars are the 100 that ended badly or took longest."));
  EXPECT_THAT(longer, HasSubstr("{\"label\":\"the 101st\""));
}

TEST(Page, TellsHowManyTrialsTheFitIsMadeOf) {
  PageInput input = fitted();
  EXPECT_THAT(page_html(input), Not(HasSubstr("The fit is made of")));
  input.record.results[1].status = data::TrialStatus::failed;
  const std::string html = page_html(input);
  EXPECT_THAT(html, HasSubstr("The fit is made of 1 of 2 trials"));
  EXPECT_THAT(html, HasSubstr("\"lines\":[{\"mixture\":0,")) << "the mixture that ran has its line";
  EXPECT_THAT(html, Not(HasSubstr("\"mixture\":1"))) << "the one that failed has none";
}

TEST(Page, SaysWhenTheCheckLearnedNothing) {
  PageInput input = recommended();
  input.record.check = {some_check(std::nan(""))};
  input.record.check[0].repeats = 0;
  EXPECT_THAT(page_html(input),
              HasSubstr("Nothing was learned from training default and optimum to 4K tokens"));
}

TEST(Page, OpensWithTheDoubtWhereTheLawSaysNothing) {
  PageInput input = recommended();
  EXPECT_THAT(page_html(input), Not(HasSubstr("verdict fails")));
  input.record.laws[0].trust.doubt = "The recommendation is not to be trusted: no.";
  const std::string html = page_html(input);
  const std::string doubt =
      "<p class=\"verdict fails\">The recommendation is not to be trusted: no.</p>";
  EXPECT_LT(html.find(doubt), html.find("For 8K training tokens"));
}

TEST(Page, SaysWhenTheLawExpectsALoss) {
  PageInput input = recommended();
  input.record.optimum[0].gain_nats = -0.0625;
  EXPECT_THAT(page_html(input), HasSubstr("0.0625 nats higher."));
}

TEST(Page, PutsSharesIntervalsAndChangesInATable) {
  PageInput input = recommended();
  input.record.optimum[0].share_low = {0.375, 0.5};
  input.record.optimum[0].share_high = {0.5, 0.625};
  EXPECT_THAT(page_html(input),
              HasSubstr("<tr><th scope=\"row\">web</th><td>0.400</td><td>0.375 to 0.500</td>"
                        "<td>0.500</td><td>1.2500</td><td>1.5000</td><td>-0.2500</td></tr>"));
}

TEST(Page, TellsWhatTheCheckFound) {
  PageInput input = recommended();
  input.record.check = {some_check(0.1)};
  EXPECT_THAT(page_html(input), HasSubstr("<p class=\"verdict holds\">"));
  input.record.check = {some_check(-0.1)};
  EXPECT_THAT(page_html(input), HasSubstr("<p class=\"verdict fails\">"));
  EXPECT_THAT(page_html(input), HasSubstr("does NOT hold"));
  input.record.check = {some_check(0.001)};
  EXPECT_THAT(page_html(input), HasSubstr("<p class=\"verdict\">"));
}

TEST(Page, SaysWhatLimitsTheAnswer) {
  const std::string html = page_html(recommended());
  EXPECT_THAT(html, HasSubstr("There are no intervals"));
  EXPECT_THAT(html, HasSubstr("was not trained and checked"));
  EXPECT_THAT(html, HasSubstr("8K is 2 times that"));
  EXPECT_THAT(html, HasSubstr("alpha of domain &#39;web&#39; is doubtful"));
}

TEST(Page, TellsWhoHelpsWhomIfTheLawSeesEveryShare) {
  PageInput input = fitted();
  EXPECT_THAT(page_html(input), Not(HasSubstr("<section id=\"transfer\"")));
  // A loss of 3 - 0.5 r_web - r_code, whatever the domain. From (0.5, 0.5) to (0.51, 0.49): 2.25 to
  // 2.255.
  data::LawFit& fit = input.record.laws[0];
  fit.law = "linear";
  fit.parameters = law::find_law("linear").parameters(2);
  fit.coefficient = data::Table(2, 2);
  for (std::size_t e = 0; e < 2; ++e) fit.coefficient.view().row(static_cast<long>(e)) << 2.5, 2.0;
  EXPECT_THAT(page_html(input),
              HasSubstr("<tr><th scope=\"row\">code</th><td>+0.222 %</td><td>-0.222 %</td></tr>"));
}

/// So many trials, each of a mixture of its own unless `mixtures` says how many there are.
PageInput many_trials(int count, int mixtures) {
  PageInput input = fitted();
  data::RunRecord& record = input.record;
  record.plan.mixtures.assign(static_cast<std::size_t>(mixtures), {0.5, 0.5});
  record.plan.labels.clear();
  for (int m = 0; m < mixtures; ++m) record.plan.labels.push_back(fmt::format("mixture-{}", m));
  const data::TrialSpec spec = record.plan.trials[0];
  const data::TrialResult result = record.results[0];
  record.plan.trials.assign(static_cast<std::size_t>(count), spec);
  record.results.assign(static_cast<std::size_t>(count), result);
  for (int t = 0; t < count; ++t) {
    data::TrialSpec& trial = record.plan.trials[static_cast<std::size_t>(t)];
    trial.id = fmt::format("{:016x}", t);
    trial.mixture_id = t % mixtures;
    trial.mixture_label = record.plan.labels[static_cast<std::size_t>(t % mixtures)];
    data::TrialResult& ended = record.results[static_cast<std::size_t>(t)];
    ended.id = trial.id;
    ended.started_utc = 1795000000.0 + t;
    ended.wall_seconds = 1.0 + 1e-6 * t;
  }
  return input;
}

// Looking through all results for each trial took minutes, and all rows made tens of megabytes.
TEST(Page, OfFiftyThousandTrialsIsQuickSmallAndSaysWhatItLeavesOut) {
  PageInput input = many_trials(50'000, 50'000);
  input.record.campaign_text = std::string(300'000, '#') + "\nthe end of the campaign\n";
  const double start = test::processor_seconds();
  const std::string html = page_html(input);
  EXPECT_LT(test::processor_seconds() - start, 20.0);
  const std::size_t empty_page = charts_are_built_in() ? 1'500'000 : 300'000;
  EXPECT_LT(html.size(), empty_page + 1'500'000);
  EXPECT_THAT(
      html, HasSubstr("Drawn are 64 of 50000 mixtures, evenly chosen; `bimix export --to csv` has "
                      "all losses."));
  EXPECT_THAT(html, HasSubstr("Shown are 562 of 50000 mixtures, evenly chosen and those that are "
                              "missed most"));
  EXPECT_THAT(html, HasSubstr("50000 of 50000 trials ended well"));
  EXPECT_THAT(html, HasSubstr("The table has the 1000 that did not end well or took longest"));
  EXPECT_THAT(html, HasSubstr("Drawn are 2000 of 50000 trials, the longest on the rank."));
  EXPECT_THAT(html, HasSubstr("<td>0.500</td><td>0.500</td><td>1.5000</td></tr>\n<tr><th "
                              "scope=\"row\">mixture-100</th>"))
      << "evenly chosen";
  EXPECT_THAT(html, Not(HasSubstr("the end of the campaign")));
  EXPECT_THAT(html, HasSubstr("These are the first 200000 of 300025 bytes; the run folder has"));
}

TEST(Page, DrawsSomeOfManyRunsOfFewMixturesAndSaysSo) {
  const std::string html = page_html(many_trials(3000, 2));
  EXPECT_THAT(html, HasSubstr("Drawn are 400 of 3000 runs of these mixtures, evenly chosen; `bimix "
                              "export --to csv` has all losses."));
  EXPECT_LT(html.size(), std::size_t{3'000'000});
  EXPECT_THAT(page_html(many_trials(300, 2)), Not(HasSubstr("evenly chosen")));
}

TEST(Page, DrawsSomeOfManyVolumesAndSaysSo) {
  PageInput input = fitted();
  data::RunRecord& record = input.record;
  record.plan.tokens.clear();
  std::vector<data::LossPoint> curve;
  for (std::int64_t tokens = 1000; record.plan.tokens.size() < 700; tokens += tokens / 100) {
    record.plan.tokens.push_back(tokens);
    curve.push_back({.tokens = tokens, .loss_nats = {3.0, 2.0}});
  }
  for (data::TrialResult& result : record.results) result.curve = curve;
  record.laws.front().tokens_high = static_cast<double>(record.plan.tokens.back());
  const std::string html = page_html(input);
  EXPECT_THAT(html, HasSubstr(" of 700 volumes, evenly chosen; `bimix export --to csv` has all"));
  EXPECT_LT(html.size(), charts_are_built_in() ? 1'700'000u : 500'000u);
}

TEST(Page, SaysHowBusyTheRanksWere) {
  PageInput input = measured();
  EXPECT_THAT(page_html(input), Not(HasSubstr("first trial&#39;s begin")))
      << "nothing says when they began";
  // Two seconds each on a rank of its own, the second one second later.
  input.record.results[0].started_utc = 1795000000;
  input.record.results[1].started_utc = 1795000001;
  input.record.results[1].rank = 7;
  EXPECT_THAT(page_html(input), HasSubstr("2 ranks were busy for 66.67 %."));
  EXPECT_THAT(page_html(input), HasSubstr("<td>2026-11-18T11:06:41Z</td>"));
  // A week in a queue between them is left out.
  input.record.results[1].started_utc += 7 * 86400;
  const std::string html = page_html(input);
  EXPECT_THAT(html, HasSubstr("2 ranks were busy for 50.00 %. Left out: 1 pause"));
  EXPECT_THAT(html, HasSubstr("\"from\":2.0,\"to\":4.0"));
}

TEST(Page, IsLoadedAnewOnlyWhenAsked) {
  PageInput input = measured();
  EXPECT_THAT(page_html(input), Not(HasSubstr("http-equiv=\"refresh\"")));
  input.reload_seconds = 15;
  EXPECT_THAT(page_html(input), HasSubstr("<meta http-equiv=\"refresh\" content=\"15\">"));
}

TEST(Page, HasSectionsOnlyOfWhatThereIs) {
  const std::string bare = page_html(measured());
  for (const char* absent :
       {"law", "sections", "predicted", "residuals", "volume", "corpus", "entropies"})
    EXPECT_THAT(bare, Not(HasSubstr("<section id=\"" + std::string(absent))));
  EXPECT_THAT(bare, HasSubstr("There is no recommendation yet"));
  EXPECT_THAT(bare, HasSubstr("2 of 2 trials ended well"));
  EXPECT_THAT(page_html(fitted()), HasSubstr("<section id=\"law\""));

  PageInput full = recommended();
  full.record.laws[0].held_out.losses = {{1, 1, 1.0, 1.0}};
  data::EntropyTable entropy{.domains = {"web", "code"}, .measures = {"shannon"}};
  entropy.nats = entropy.mixture = data::Table(1, 2, 0.5);
  full.record.entropy = {entropy};
  full.record.corpus = {{.rows = {{.domain = "web", .documents = 3, .duplicates = 2},
                                  {.domain = "code", .documents = 4}}}};
  const std::string html = page_html(full);
  EXPECT_THAT(html, HasSubstr("2 documents left out as duplicates"));
  for (const char* present : {"predicted", "residuals", "volume", "corpus", "entropies"})
    EXPECT_THAT(html, HasSubstr("<section id=\"" + std::string(present)));
}

TEST(Page, ShowsATrialThatDidNotRun) {
  PageInput input = measured();
  input.record.results.pop_back();
  EXPECT_THAT(page_html(input), HasSubstr("1 of 2 trials ended well"));
  EXPECT_THAT(page_html(input), HasSubstr("<td>not run</td>"));
}

TEST(Page, KeepsNamesAsTextWhateverTheyHold) {
  const std::string name = "</script><script>alert('x')</script>&\"";
  PageInput input = recommended(name);
  input.record.plan.name = name;
  input.record.plan.labels[1] = name;
  input.record.plan.trials[1].mixture_label = name;
  input.record.results[1].message = input.record.results[1].host = name;
  input.record.campaign_text = input.record.resolved_text = name;
  input.record.stamp.facts = {{"command", name}};
  input.notes = {name};
  const std::string html = page_html(input);
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(
      html, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
  EXPECT_THAT(html, HasSubstr("\\u003c/script>\\u003cscript>alert('x')"));
}

TEST(Page, TakesPlaceholdersInNamesForText) {
  PageInput input = measured("@data@");
  EXPECT_THAT(page_html(input), HasSubstr("<th scope=\"col\">@data@</th>"));
}

TEST(Page, WritesMissingLossesAsNullAndAsADash) {
  const std::string html = page_html(measured());
  EXPECT_THAT(html, HasSubstr("\"loss\":[[3.25,2.0],[1.5,null]]"));
  EXPECT_THAT(html, HasSubstr("<td>1.5000</td><td>-</td>"));
}

TEST(Page, TakesNamesThatAreNoUtf8) {
  EXPECT_THAT(page_html(recommended("caf\xE9")), HasSubstr("</html>"));
}

TEST(Page, LoadsNothingFromElsewhere) {
  const std::string html = page_html(recommended());
  for (const char* reference : {"src=\"http", "href=\"http", "url(http", "@import"})
    EXPECT_THAT(html.substr(0, html.find("<script>")), Not(HasSubstr(reference)));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST(Page, HasTablesWithOrWithoutCharts) {
  const std::string html = page_html(recommended());
  EXPECT_EQ(html.find("data-chart=\"curves\"") != std::string::npos, charts_are_built_in());
  EXPECT_EQ(html.find("scripts/setup charts") != std::string::npos, !charts_are_built_in());
  EXPECT_THAT(html, HasSubstr("<summary>Data: Loss curves of every domain</summary>"));
}

}  // namespace
}  // namespace bimix::report
