#include <bimix/config/campaign.hpp>
#include <bimix/core/error.hpp>
#include <bimix/data/domain_tree.hpp>
#include <bimix/entropy/entropy.hpp>
#include <bimix/mix/objective.hpp>
#include <bimix/mix/policy.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace bimix::config {
namespace {

using testing::AllOf;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string good = R"(
name: demo
seed: 7
domains:
  prose: {train: a/*.txt, share: 0.5}
  code:  {train: [b/*.ml, c/*.ml], share: 0.3, unique_tokens: auto}
  german: {train: d/*.txt, eval: e/*.txt, share: 0.2, unique_tokens: 3B}
design:
  mixtures:
    - preset: [default, uniform, entropy-conditional]
    - simplex: {step: 0.25, floor: 0.03}
    - dirichlet: {count: 8, strength: [0.5, 4], around: default, floor: 0.03}
    - grid: {prose: [0.2, 0.4], code: [0.1, 0.3]}
    - list: [{prose: 0.2, code: 0.5, german: 0.3}]
  volumes: {values: [64K, 128K, 1e6], axis: trajectory}
  repeats: 2
  seeds: independent
source:
  proxy: {layers: 3, width: 96, heads: 3}
optimize: {tokens: 20M, cap: {code: 0.4}}
x-note: anything at all
)";

/// The text with one piece replaced.
std::string replaced(std::string text, const std::string& piece, const std::string& replacement) {
  const std::size_t at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return text.replace(at, piece.size(), replacement);
}

std::string with(const std::string& piece, const std::string& replacement) {
  return replaced(good, piece, replacement);
}

std::string complaint_about(const std::string& text) {
  try {
    parse_campaign(text, "c.yaml");
  } catch (const core::UsageError& error) {
    EXPECT_EQ(error.exit_code(), core::ExitCode::usage);
    return error.what();
  }
  return "accepted";
}

const std::string rounds =
    "adaptive: {start: 9, batch: 3, budget: 2e15 FLOP, until: {gain: 0.002}}\n  repeats: 2";

TEST(ParseCampaign, ReadsHowACampaignChoosesItsOwnMixtures) {
  const Campaign campaign = parse_campaign(with("repeats: 2", rounds), "c.yaml");
  const plan::AdaptiveOptions wanted{.batch = 3,
                                     .start = 9,
                                     .budget = {2e15, plan::Budget::Unit::flop},
                                     .until = {.gain = 0.002, .confidence = 0.9}};
  EXPECT_EQ(campaign.design.adaptive, wanted);
  const std::string resolved = resolved_yaml(campaign);
  EXPECT_EQ(parse_campaign(resolved, "resolved.yaml").design.adaptive, wanted);
  EXPECT_EQ(resolved_yaml(parse_campaign(good, "c.yaml")).find("adaptive:"), std::string::npos);
}

// When it ends changes no trial of before; how it begins does.
TEST(TrainedPart, LeavesOutWhenRoundsEnd) {
  const Campaign campaign = parse_campaign(with("repeats: 2", rounds), "c.yaml");
  Campaign longer = campaign, other = campaign;
  longer.design.adaptive->budget = {96, plan::Budget::Unit::trials};
  longer.design.adaptive->until.gain = 0.5;
  other.design.adaptive->start = 10;
  const std::string part = resolved_yaml(trained_part(campaign));
  EXPECT_EQ(resolved_yaml(trained_part(longer)), part);
  EXPECT_NE(resolved_yaml(trained_part(other)), part);
}

TEST(ParseCampaign, RefusesRoundsThatCannotBe) {
  const auto complaint = [](const std::string& adaptive) {
    return complaint_about(with("repeats: 2", "adaptive: " + adaptive + "\n  repeats: 2"));
  };
  EXPECT_THAT(complaint("{budget: 96}"), HasSubstr("design.adaptive.budget: '96' cannot be read"));
  EXPECT_THAT(complaint("{budget: 0 trials}"), HasSubstr("96 trials, 2e15 FLOP"));
  EXPECT_THAT(complaint("{start: 1}"), HasSubstr("design.adaptive.start"));
  EXPECT_THAT(complaint("{bacth: 8}"), HasSubstr("batch"));
  EXPECT_THAT(complaint("{until: {confidence: 1}}"), HasSubstr("until.confidence"));
  const std::string replayed =
      "name: r\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\ndesign: {adaptive: {batch: "
      "4}}\nsource: "
      "{replay: {files: x.csv}}\n";
  EXPECT_THAT(complaint_about(replayed), HasSubstr("this campaign replays logs"));
  const std::string command =
      "name: c\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\ndesign: {adaptive: {budget: 1e15 "
      "FLOP}, "
      "volumes: {values: [1K, 2K]}}\nsource: {command: {run: [\"true\"]}}\n";
  EXPECT_THAT(complaint_about(command), HasSubstr("only proxies know how many FLOP they take"));
}

TEST(ParseCampaign, KnowsEveryPolicyAndEveryObjective) {
  for (const std::string& policy : mix::policy_names(core::all_words<entropy::Measure>()))
    EXPECT_EQ(complaint_about(with("preset: [default, uniform,", "preset: [" + policy + ",")),
              "accepted");
  for (const std::string& objective : mix::objective_names()) {
    const bool needs_weights = !mix::find_objective(objective).complaints({}).empty();
    const bool needs_groups = mix::find_objective(objective).needs_groups();
    EXPECT_EQ(
        complaint_about(with("tokens: 20M", "tokens: 20M, objective: " + objective +
                                                (needs_weights ? ", weights: {code: 1}" : "") +
                                                (needs_groups ? ", groups: {text: [prose]}" : ""))),
        "accepted");
  }
}

TEST(ParseCampaign, KnowsWhatAnObjectiveAsks) {
  const auto complaint = [](const std::string& keys) {
    return complaint_about(with("tokens: 20M", "tokens: 20M, " + keys));
  };
  const Campaign campaign = parse_campaign(
      with("tokens: 20M",
           "tokens: 20M, objective: groups, groups: {a: [german, prose]}, reference: best, "
           "less_error: true"),
      "c.yaml");
  EXPECT_THAT(campaign.optimize.group, ElementsAre(0, 1, 0)) << "a set in no group is its own";
  const std::string resolved = resolved_yaml(campaign);
  EXPECT_EQ(resolved_yaml(parse_campaign(resolved, "resolved.yaml")), resolved);
  EXPECT_EQ(complaint("objective: worst, reference: uniform"), "accepted");
  EXPECT_THAT(complaint("objective: groups"), HasSubstr("optimize.groups: no groups are given"));
  EXPECT_THAT(complaint("groups: {a: [code]}"), HasSubstr("objective mean knows no groups"));
  EXPECT_THAT(complaint("objective: groups, groups: {a: [code], b: [code]}"),
              HasSubstr("'code' is in two groups"));
  EXPECT_THAT(complaint("objective: groups, groups: {a: [cods]}"),
              HasSubstr("'cods' is no domain"));
  EXPECT_THAT(complaint("reference: uniform"),
              HasSubstr("optimize.reference: objective mean counts losses as they are"));
  EXPECT_THAT(complaint("less_error: true"), HasSubstr("optimize.less_error"));
  EXPECT_THAT(complaint("objective: worst, reference: bets"), HasSubstr("Did you mean 'best'"));
}

TEST(ParseCampaign, FillsTheOptionsOfTheLayers) {
  const Campaign campaign = parse_campaign(good, "c.yaml");
  EXPECT_EQ(campaign.name, "demo");
  EXPECT_EQ(campaign.seed, 7u);
  EXPECT_THAT(campaign.domains.train, ElementsAre("prose", "code", "german"));
  EXPECT_THAT(campaign.default_mixture, ElementsAre(0.5, 0.3, 0.2));
  EXPECT_THAT(campaign.unique_tokens, ElementsAre(unique_tokens_auto, unique_tokens_auto, 3e9));
  EXPECT_THAT(campaign.corpus.domains[1].train_patterns, ElementsAre("b/*.ml", "c/*.ml"));
  EXPECT_EQ(campaign.design.mixtures.size(), 5u);
  EXPECT_THAT(campaign.design.tokens, ElementsAre(64000, 128000, 1000000));
  EXPECT_EQ(campaign.design.repeats, 2);
  EXPECT_EQ(campaign.design.seeds, plan::SeedChoice::independent);
  EXPECT_EQ(campaign.proxy.width, 96);
  EXPECT_EQ(campaign.fit.seed, 7u);
  EXPECT_THAT(campaign.optimize.cap, ElementsAre(1.0, 0.4, 1.0));
}

TEST(ResolvedYaml, ReadsBackToItself) {
  const std::string resolved = resolved_yaml(parse_campaign(good, "c.yaml"));
  EXPECT_EQ(resolved_yaml(parse_campaign(resolved, "resolved.yaml")), resolved);
  EXPECT_THAT(resolved, HasSubstr("eval_sequences"));  // defaults are written out
}

std::string on_documents(const std::string& first, const std::string& extra = "") {
  return "name: documents\ndomains:\n  web: {share: 0.5, " + first +
         "}\n  books: {read: [cat, books.jsonl], share: 0.5}\n"
         "design: {mixtures: [{preset: [default]}], volumes: {values: [64K]}}\n"
         "source: {proxy: {width: 64}}\n" +
         extra;
}

TEST(ParseCampaign, ReadsDocumentsAndWhatEncodesThem) {
  const std::string text = on_documents(
      "train: web/*.jsonl.zst, text: body, where: {language: [en, de], meta.score: 3}",
      "tokenizer: {train: 4096}\ncorpus: {on_error: skip, max_document: 1M, store: kept}\n");
  const Campaign campaign = parse_campaign(text, "c.yaml");
  const corpus::DomainFiles &web = campaign.corpus.domains[0], &books = campaign.corpus.domains[1];
  EXPECT_EQ(web.text_key, "body");
  EXPECT_EQ(web.where, (corpus::Where{{"language", {"en", "de"}}, {"meta.score", {"3"}}}));
  EXPECT_THAT(books.command, ElementsAre("cat", "books.jsonl"));
  EXPECT_EQ(campaign.corpus.on_error, corpus::OnError::skip);
  EXPECT_EQ(campaign.corpus.max_document, 1'000'000);
  EXPECT_EQ(campaign.corpus.tokenizer.train, 4096);
  EXPECT_EQ(campaign.proxy.vocabulary, 4096);
  EXPECT_EQ(campaign.corpus.shares, campaign.default_mixture);
  const std::string resolved = resolved_yaml(campaign);
  EXPECT_EQ(resolved_yaml(parse_campaign(resolved, "resolved.yaml")), resolved);
  EXPECT_EQ(parse_campaign(resolved, "resolved.yaml").corpus, campaign.corpus);
  // Without such keys the hash of an older campaign is what it was.
  EXPECT_THAT(resolved_yaml(parse_campaign(good, "c.yaml")),
              testing::Not(testing::AnyOf(HasSubstr("tokenizer:"), HasSubstr("on_error"))));
}

TEST(ParseCampaign, ReadsWhichDocumentsAreUsedAndHow) {
  const std::string text = on_documents("train: all.jsonl, by: meta.source, where: {language: en}",
                                        "corpus: {pack: within, fraction: 0.25}\n"
                                        "entropy: {memory: 2B}\n");
  const Campaign campaign = parse_campaign(text, "c.yaml");
  EXPECT_EQ(campaign.corpus.domains[0].where,
            (corpus::Where{{"language", {"en"}}, {"meta.source", {"web"}}}));
  EXPECT_EQ(campaign.corpus.pack, corpus::SequencePacking::within);
  EXPECT_EQ(campaign.corpus.fraction, 0.25);
  EXPECT_EQ(campaign.entropy.memory, 2'000'000'000);
  const std::string resolved = resolved_yaml(campaign);
  EXPECT_EQ(parse_campaign(resolved, "resolved.yaml").corpus, campaign.corpus);
  // How many passes count pairs changes no number.
  Campaign other = campaign;
  other.entropy.memory = 1;
  EXPECT_EQ(resolved_yaml(trained_part(other)), resolved_yaml(trained_part(campaign)));
}

TEST(ParseCampaign, ReadsWhatEndsDocumentsOfTokens) {
  const auto with = [](const std::string& tokens, const std::string& end) {
    return "name: t\n" + tokens +
           "domains: {web: {train: a.bin, share: 0.5}, code: {train: b.bin, share: 0.5}}\n" +
           "corpus: {end_of_document: " + end + "}\n" +
           "design: {mixtures: [{preset: [default]}], volumes: {values: [64K]}}\n"
           "source: {proxy: {width: 64, vocabulary: " +
           (tokens.empty() ? "256" : "50257") + "}}\n";
  };
  const Campaign campaign = parse_campaign(with("tokens: uint16\n", "50256"), "c.yaml");
  EXPECT_EQ(campaign.corpus.end_of_document, 50256);
  EXPECT_EQ(parse_campaign(resolved_yaml(campaign), "r.yaml").corpus, campaign.corpus);
  EXPECT_THAT(complaint_about(with("tokens: uint16\n", "50257")),
              HasSubstr("50257 is no token (tokens are below the vocabulary of 50257)"));
  EXPECT_THAT(complaint_about(with("", "10")), HasSubstr("the files hold texts"));
  EXPECT_THAT(complaint_about(with("tokens: uint16\n", "-2")), HasSubstr("-2"));
}

TEST(ParseCampaign, RefusesWhatDoesNotGoWithDocuments) {
  const auto complaint = [](const std::string& first, const std::string& extra = "") {
    return complaint_about(on_documents(first, extra));
  };
  EXPECT_THAT(complaint("train: a.jsonl, where: {language: []}"), HasSubstr("names no value"));
  EXPECT_THAT(complaint("train: a.jsonl, binary: true, text: body"), HasSubstr("Drop `binary`"));
  EXPECT_THAT(complaint("train: a.jsonl, by: source, where: {source: web}"),
              HasSubstr("asks twice for 'source'"));
  // Every document was taken.
  EXPECT_THAT(complaint("train: a.jsonl, by: ''"), HasSubstr("domains.web.by: names no key"));
  EXPECT_THAT(complaint("train: a.jsonl", "corpus: {pack: inside}\n"),
              HasSubstr("'inside' is no way to cut sequences (there is across and within)"));
  EXPECT_THAT(complaint("train: a.jsonl", "corpus: {fraction: 0}\n"),
              HasSubstr("above 0, at most 1"));
  EXPECT_THAT(complaint("train: a.jsonl", "corpus: {on_error: ignore}\n"),
              HasSubstr("'ignore' is nothing that can be done (there is stop and skip)"));
  EXPECT_THAT(complaint("train: a.jsonl", "tokenizer: {train: 100}\n"), HasSubstr("at least 300"));
  EXPECT_THAT(complaint("train: a.jsonl", "tokenizer: {train: 400, sentencepiece: a.model}\n"),
              HasSubstr("names a model and trains one"));
  EXPECT_THAT(complaint("train: a.bin", "tokenizer: {train: 400}\ntokens: uint16\n"),
              HasSubstr("does not go with files of tokens"));
  // A domain of tokens without files ended in a crash.
  for (const char* key :
       {"read: [cat, a]", "train: a.bin, text: body", "train: a.bin, where: {a: 1}"})
    EXPECT_THAT(complaint(key, "tokens: uint16\n"), HasSubstr("which are about texts")) << key;
}

TEST(ParseCampaign, AcceptsEveryShippedCampaign) {
  for (const auto& entry : std::filesystem::directory_iterator(BIMIX_SOURCE_DIR "/configs")) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_NO_THROW(read_campaign(entry.path())) << entry.path();
  }
}

/// The example as a whole campaign: what it leaves out is filled in.
std::string completed(std::string example) {
  for (const auto& [key, rest] : std::vector<std::pair<std::string, std::string>>{
           {"name:", "name: example\n"},
           {"domains:", "domains: {code: {share: 0.5}, web: {share: 0.5}}\n"},
           {"design:", "design: {mixtures: [{preset: [default]}], volumes: {values: [64K]}}\n"},
           {"source:", "source: {command: {run: [\"true\"]}}\n"}})
    if (("\n" + example).find("\n" + key) == std::string::npos) example += rest;
  return example;
}

// A user copies these: a key that was renamed would be refused there.
TEST(ParseCampaign, AcceptsEveryExampleInTheReadmes) {
  int examples = 0;
  for (const std::string page : {"/README.md", "/configs/README.md"}) {
    std::ifstream file(BIMIX_SOURCE_DIR + page);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string fence = "```yaml\n";
    for (std::size_t at = 0; (at = text.find(fence, at)) != std::string::npos; ++examples) {
      at += fence.size();
      const std::string example = text.substr(at, text.find("```", at) - at);
      EXPECT_EQ(complaint_about(completed(example)), "accepted") << page << "\n" << example;
    }
  }
  EXPECT_EQ(examples, 9);
}

// yaml-cpp would read it byte by byte, and results.h5 and the page would be no UTF-8.
TEST(ParseCampaign, RefusesWhatIsNotUtf8WithItsPlaceAndIconv) {
  EXPECT_THAT(complaint_about("# Gr\xf6\xdf"
                              "e\n" +
                              good),
              testing::StartsWith("c.yaml:1:5: byte 0xf6 is no UTF-8"));
  EXPECT_THAT(complaint_about(with("code:", "caf\xe9:")),
              HasSubstr("`iconv -f LATIN1 -t UTF-8 c.yaml"));
  EXPECT_THAT(complaint_about(std::string("\xff\xfen\0", 4)), HasSubstr("iconv -f UTF-16"));
  EXPECT_THAT(complaint_about(std::string("n\0a\0", 4)), HasSubstr("iconv -f UTF-16LE"));
  EXPECT_THAT(complaint_about(std::string("\x1f\x8b\x08\0", 4)), HasSubstr("gunzip -c c.yaml"));
  EXPECT_EQ(complaint_about("\xef\xbb\xbf# Größe\n" + good), "accepted");
}

TEST(ParseCampaign, EndsWhereYamlStandsStill) {
  for (const char* text : {",\n", "name: a\n,\n", "{name: a},\n", "]\n", "name: a\n}\n"})
    EXPECT_THAT(complaint_about(text), HasSubstr("is not YAML")) << text;
}

TEST(ParseCampaign, RefusesASecondDocument) {
  EXPECT_THAT(complaint_about(good + "---\nname: other\n"),
              HasSubstr("a second document begins (a campaign is one"));
  EXPECT_EQ(complaint_about("---\n" + good + "...\n"), "accepted");
  EXPECT_EQ(complaint_about(good + "---\n"), "accepted");
}

TEST(ParseCampaign, SaysThatATabIsATab) {
  EXPECT_THAT(complaint_about(with("  code:", "\tcode:")),
              AllOf(testing::StartsWith("c.yaml:6:1: a tab stands where YAML wants blanks"),
                    HasSubstr("`sed -i 's/\\t/  /g' c.yaml`")));
  EXPECT_THAT(complaint_about("domains:\n\ta: {share: 1}\n"),
              HasSubstr("c.yaml:2:1: a tab stands"));
  // Where YAML allows one, it is none of our business.
  EXPECT_EQ(complaint_about(with("seed: 7", "seed: 7\t# a note")), "accepted");
}

TEST(ParseCampaign, ShortensWhatWouldFillTheScreen) {
  const std::string endless(5000, 'a');
  for (const std::string& text :
       {with("name: demo", "name: " + endless), with("code:", endless + ":"),
        with("seed: 7", endless + ": 7"), with("layers: 3", "layers: " + endless),
        with("default, uniform", endless)}) {
    EXPECT_NE(complaint_about(text), "accepted");
    EXPECT_LT(complaint_about(text).size(), 1500u);
  }
}

TEST(ParseCampaign, TellsOneFaultOfAMixtureFileOnce) {
  const auto path = std::filesystem::temp_directory_path() / "bimix_bare_mixtures.csv";
  std::ofstream(path) << "0.29,0.41,0.3\n";
  const std::size_t from = good.find("    - preset");
  const std::string groups = good.substr(from, good.find("  volumes") - from);
  const std::string complaint =
      complaint_about(with(groups, "    - file: " + path.string() + "\n"));
  EXPECT_THAT(complaint,
              AllOf(HasSubstr("design.mixtures[0].file: "),
                    HasSubstr("the first line holds 3 numbers parted by commas"),
                    testing::Not(HasSubstr("..")), testing::Not(HasSubstr("names no mixtures"))));
}

TEST(ParseCampaign, KnowsWhatDomainsAreWorth) {
  const std::string rows =
      "{prose: {exams: 0.4, chat: [0.9, 0.05]}, code: {exams: 0.2, chat: 0}, german: {chat: 1, "
      "exams: 0}}";
  const Campaign campaign =
      parse_campaign(with("  repeats: 2", "  utilities: " + rows + "\n  repeats: 2"), "c.yaml");
  EXPECT_THAT(campaign.design.utilities.tasks, ElementsAre("exams", "chat"));
  EXPECT_THAT(campaign.design.utilities.value.values, ElementsAre(0.4, 0.9, 0.2, 0.0, 0.0, 1.0));
  EXPECT_EQ(campaign.design.utilities.sd(0, 1), 0.05);
  EXPECT_TRUE(std::isnan(campaign.design.utilities.sd(0, 0)));
  const std::string resolved = resolved_yaml(campaign);
  EXPECT_EQ(resolved_yaml(parse_campaign(resolved, "resolved.yaml")), resolved);
  const auto complaint = [](const std::string& utilities) {
    return complaint_about(with("  repeats: 2", "  utilities: " + utilities + "\n  repeats: 2"));
  };
  EXPECT_THAT(complaint("{prose: {a: 1}, code: {a: 1}}"), HasSubstr("nothing of domain 'german'"));
  EXPECT_THAT(complaint("{prose: {a: 1}, code: {b: 1}, german: {a: 1}}"),
              HasSubstr("not every domain has the same tasks"));
  EXPECT_THAT(complaint("{prose: {a: 2}, code: {a: 1}, german: {a: 1}}"),
              HasSubstr("out of range"));
  EXPECT_THAT(complaint("{prose: {a: [1]}, code: {a: 1}, german: {a: 1}}"),
              HasSubstr("with its standard error"));
  EXPECT_THAT(complaint("nowhere.csv"), HasSubstr("nowhere.csv"));
}

TEST(ParseCampaign, SuggestsTheNearestKeyWithItsPlace) {
  EXPECT_EQ(complaint_about(with("width: 96", "widht: 96")),
            "c.yaml:19:22: source.proxy.widht: is no known key. Did you mean 'width'.");
}

TEST(ParseCampaign, SuggestsTheNearestKindOfMixtures) {
  EXPECT_THAT(complaint_about(with("- preset:", "- prest:")),
              HasSubstr("is no known key. Did you mean 'preset'"));
  EXPECT_THAT(complaint_about(with("- preset:", "- something:")),
              HasSubstr("is no known key (known here: preset, simplex, dirichlet, grid, list and "
                        "file)"));
}

TEST(ParseCampaign, ListsAllMistakesInOnePass) {
  std::string text = with("share: 0.2", "share: 0.3");
  text.replace(text.find("seed: 7"), 7, "seed: -7");
  text.replace(text.find("repeats: 2"), 10, "repeats: zwei");
  const std::string complaint = complaint_about(text);
  EXPECT_THAT(complaint, HasSubstr("c.yaml:3:1: seed: -7 is out of range"));
  EXPECT_THAT(complaint, HasSubstr("the default shares add up to 1.1"));
  EXPECT_THAT(complaint, HasSubstr("design.repeats: 'zwei' is not a whole number"));
}

TEST(ParseCampaign, HidesNoMistakeBehindAnUnknownWord) {
  const std::string complaint = complaint_about(with("heads: 3", "heads: 5, isa: sse"));
  EXPECT_THAT(complaint, HasSubstr("source.proxy.isa: 'sse' is not known (there is auto, baseline, "
                                   "avx2, avx512, avx512_bf16 and amx)"));
  EXPECT_THAT(complaint, HasSubstr("96 is not a multiple of heads = 5"));
}

TEST(ParseCampaign, NamesThePlaceOfAnUnknownMeasure) {
  EXPECT_THAT(complaint_about(with("seed: 7", "entropy: {measures: [joint, joint]}")),
              HasSubstr("'joint' is given twice"));
  EXPECT_THAT(complaint_about(with("seed: 7", "entropy: {measures: []}")),
              HasSubstr("no measure is given"));
  EXPECT_EQ(complaint_about(with("seed: 7", "entropy: {measures: [joint, shanon]}")),
            "c.yaml:3:11: entropy.measures: 'shanon' is no measure (known are shannon, joint, "
            "conditional and von-neumann). Did you mean 'shannon'.");
  const Campaign campaign =
      parse_campaign(with("seed: 7", "entropy: {measures: [von-neumann, joint]}"), "c.yaml");
  EXPECT_THAT(campaign.entropy.measures,
              ElementsAre(entropy::Measure::von_neumann, entropy::Measure::joint));
}

TEST(ParseCampaign, RefusesWhatItCannotMean) {
  const std::pair<std::string, std::string> cases[] = {
      {with("seed: 7", "seed: 7\nseed: 8"), "this key was given before"},
      {with("share: 0.5", "share: .nan"), "is not a number"},
      {with("share: 0.5", "share: nan"), "nan is out of range"},
      {with("share: 0.5", "share: -0.5"), "-0.5 is out of range"},
      {with("name: demo", "name: ../demo"), "is no name"},
      {with("proxy: {", "command: {run: [x]}\n  proxy: {"), "names several sources"},
      {with("proxy: {layers: 3, width: 96, heads: 3}", "replay: {}"), "names no files"},
      {with("source:", "sauce:"), "Did you mean 'source'"},
      {with("{step: 0.25, floor: 0.03}", "{step: 0}"), "0 is out of range"},
      {with("[64K, 128K, 1e6]", "[128K, 64K]"), "are not ascending"},
      {with("[64K, 128K, 1e6]", "[64K, 1e99]"), "is not a whole number"},
      {with("[64K, 128K, 1e6]", "[64K, 9e18]"), "9000000000000000000 is out of range"},
      {with("entropy-conditional", "entropy-konditional"), "Did you mean 'entropy-conditional'"},
      {with("code:  {", "\"co\\x1bde\":  {"), "not printable"},
      {with("seeds: independent", "seeds: one"), "'one' is no choice"},
      {with("heads: 3", "heads: 5"), "proxy.width"},
      {with("heads: 3", "heads: 3, schedule: wsd"),
       "does not go with volumes along one trajectory"},
      {with("heads: 3", "heads: 3, schedule: cosinus"), "Did you mean 'cosine'"},
      {with("cap: {code: 0.4}", "cap: {kode: 0.4}"), "Did you mean 'code'"},
      {with("{prose: 0.2, code: 0.5, german: 0.3}", "{prose: 0.2, code: 0.5}"), "add up to 0.7"},
      {with("seed: 7", "seed: 7\nfit: {law: bimiks}"), "bimix"},
      {"", "is empty"},
      {"- a\n- b\n", "is no campaign"},
      {"a: [1, 2", "is not YAML"},
      {"just words", "is no campaign"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_THAT(complaint_about(text), HasSubstr(expected));
}

const std::string replayed = R"(
name: logs
domains: {prose: {share: 0.5}, code: {share: 0.5}}
eval_domains: {code: {share_of: code}, Prose: {share_of: prose}, exams: {}, essays: {share_of: prose}}
source: {replay: {files: logs/*.csv, mixtures: m.csv, tokens_per_step: 1M, domains: [a, b]}}
optimize: {objective: weighted, weights: {exams: 1, essays: 2}}
)";

TEST(ParseCampaign, TakesEvaluationSetsOfTheirOwnWithReplay) {
  const Campaign campaign = parse_campaign(replayed, "c.yaml");
  EXPECT_THAT(campaign.domains.train, ElementsAre("prose", "code"));
  EXPECT_THAT(campaign.domains.eval, ElementsAre("code", "Prose", "exams", "essays"));
  EXPECT_THAT(campaign.domains.share_of, ElementsAre(1, 0, -1, 0));
  EXPECT_THAT(campaign.optimize.weights, ElementsAre(0, 0, 1, 2));
  EXPECT_EQ(campaign.replay.tokens_per_step, 1'000'000);
  const Campaign again = parse_campaign(resolved_yaml(campaign), "resolved.yaml");
  EXPECT_EQ(again.domains, campaign.domains);
  EXPECT_EQ(again.replay, campaign.replay);
  EXPECT_EQ(again.optimize.weights, campaign.optimize.weights);
}

TEST(UnitOfLoggedLosses, IsWrittenOnlyWhereItIsSaidSoThatOlderFoldersKeepTheirHash) {
  const auto in = [](const std::string& unit) {
    std::string text = replayed;
    return parse_campaign(
        text.insert(text.find("mixtures: m.csv"), unit.empty() ? "" : "unit: " + unit + ", "),
        "c.yaml");
  };
  EXPECT_EQ(in("").replay.unit, replay::LoggedUnit::automatic);
  EXPECT_EQ(in("").domains.loss_unit, data::LossUnit::nats);
  EXPECT_EQ(resolved_yaml(in("")).find("unit:"), std::string::npos);
  EXPECT_EQ(resolved_yaml(in("auto")), resolved_yaml(in("")));
  EXPECT_EQ(in("log10").domains.loss_unit, data::LossUnit::nats);
  const Campaign bits = in("bits/byte");
  EXPECT_EQ(bits.domains.loss_unit, data::LossUnit::bits_per_byte);
  const Campaign again = parse_campaign(resolved_yaml(bits), "resolved.yaml");
  EXPECT_EQ(again.domains, bits.domains);
  EXPECT_EQ(again.replay, bits.replay);
  // A folder of an older program, which did not know what its losses are counted in, resumes.
  EXPECT_EQ(resolved_yaml(trained_part(bits)), resolved_yaml(trained_part(in(""))));
  EXPECT_NE(resolved_yaml(trained_part(in("bits"))), resolved_yaml(trained_part(in(""))));
}

TEST(UnitOfLoggedLosses, IsOneOfThoseThatThereAre) {
  std::string text = replayed;
  const std::string complaint =
      complaint_about(text.insert(text.find("mixtures: m.csv"), "unit: bits/bite, "));
  EXPECT_THAT(complaint, HasSubstr("source.replay.unit: 'bits/bite' is no choice"));
  EXPECT_THAT(complaint, HasSubstr("bits/byte"));
}

TEST(ParseCampaign, RefusesEvaluationSetsItCannotTie) {
  const auto changed = [](const std::string& piece, const std::string& replacement) {
    std::string text = replayed;
    return complaint_about(text.replace(text.find(piece), piece.size(), replacement));
  };
  EXPECT_THAT(changed("share_of: code", "share_of: cod"),
              HasSubstr("c.yaml:4:23: eval_domains.code.share_of: 'cod' is no domain"));
  EXPECT_THAT(changed("exams: {}", "exams: {share: prose}"), HasSubstr("share"));
  EXPECT_THAT(changed("weights: {exams: 1", "weights: {prose: 1"),
              HasSubstr("'prose' is no domain"));
  EXPECT_THAT(complaint_about(with("seed: 7", "eval_domains: {exams: {}}")),
              HasSubstr("eval_domains: sets of its own are not in this version for a proxy"));
  EXPECT_THAT(complaint_about(with("seed: 7", "eval_domains: other")),
              HasSubstr("eval_domains: is neither same nor a map"));
  EXPECT_THAT(complaint_about(with("seed: 7", "eval_domains: {}")), HasSubstr("eval_domains"));
}

TEST(ParseCampaign, SumsNoSharesThatItCouldNotRead) {
  const std::string complaint = complaint_about(with("share: 0.5", "share: much"));
  EXPECT_THAT(complaint, HasSubstr("'much' is not a number"));
  EXPECT_THAT(complaint, testing::Not(HasSubstr("add up to")));
}

TEST(TrainedPart, LeavesOutWhatIsDerivedFromTrials) {
  const std::string base = with("seed: 7", "seed: 7\nfit: {bootstrap: 5}");
  const auto part = [](const std::string& text) {
    return resolved_yaml(trained_part(parse_campaign(text, "c.yaml")));
  };
  EXPECT_EQ(part(base), part(with("seed: 7", "seed: 7\nfit: {bootstrap: 6}")));
  EXPECT_NE(part(base), part(with("seed: 7", "seed: 8\nfit: {bootstrap: 5}")));
}

/// The campaign with a command instead of the proxy, and these options of it.
std::string with_command(const std::string& options) {
  return with(
      "  proxy: {layers: 3, width: 96, heads: 3}",
      "  command:\n    run: [/usr/bin/python3, train.py, \"{mixture.json}\"]\n    " + options);
}

TEST(ParseCampaign, RefusesOneTableForAllTrialsUnlessItIsToBeRead) {
  const std::string text = with_command("losses: out/loss.csv");
  EXPECT_THAT(complaint_about(text),
              testing::AllOf(HasSubstr("c.yaml:21:5: source.command.losses: 'out/loss.csv' is one "
                                       "file for several trials"),
                             HasSubstr("{dir}/loss.csv")));
  const Campaign old = parse_campaign(text, "resolved.yaml", Look::stored);
  EXPECT_EQ(old.command.losses, "out/loss.csv") << "folders of earlier versions can be read";
}

TEST(TrainedPart, LeavesOutWhereACommandsProgramLies) {
  Campaign campaign = parse_campaign(with_command("retries: 1"), "c.yaml");
  const std::string before = resolved_yaml(trained_part(campaign));
  campaign.command.program = "/opt/env/bin/python3";
  EXPECT_EQ(resolved_yaml(trained_part(campaign)), before);
}

TEST(ParseCampaign, TakesADecayingScheduleWithIndependentVolumes) {
  std::string text = with("axis: trajectory", "axis: independent");
  text.replace(text.find("heads: 3"), 8, "heads: 3, schedule: cosine");
  EXPECT_EQ(parse_campaign(text, "c.yaml").proxy.schedule, proxy::Schedule::cosine);
}

TEST(ParseCampaign, ReadsAReweighting) {
  const auto written = [](const std::string& keys) {
    return resolved_yaml(parse_campaign(with("heads: 3", "heads: 3, " + keys), "c.yaml"));
  };
  const Campaign campaign = parse_campaign(
      with("heads: 3",
           "heads: 3, reweight: linupper, reweight_temperature: 0.4, reweight_after: 50"),
      "c.yaml");
  EXPECT_EQ(campaign.proxy.reweight.score, proxy::LossScore::linupper);
  EXPECT_EQ(campaign.proxy.reweight_temperature, 0.4);
  EXPECT_EQ(campaign.proxy.reweight_after, 50);
  EXPECT_EQ(resolved_yaml(parse_campaign(resolved_yaml(campaign), "c.yaml")),
            resolved_yaml(campaign));
  EXPECT_THAT(written("reweight: quadratic"), HasSubstr("reweight: quadratic"));
  // As it was written before there were words, so that older runs are resumed.
  EXPECT_THAT(written("reweight: 1.50"),
              HasSubstr("    reweight: 1.5\n    reweight_after: 0\n    eval_sequences:"));
  EXPECT_THAT(written("clip: 1"),
              HasSubstr("    reweight: 0\n    reweight_after: 0\n    eval_sequences:"));
}

TEST(ParseCampaign, RefusesAReweightingThatWouldNotHappen) {
  const auto complaint = [](const std::string& keys, const std::string& axis = "trajectory") {
    std::string text = with("axis: trajectory", "axis: " + axis);
    text.replace(text.find("heads: 3"), 8, "heads: 3, " + keys);
    return complaint_about(text);
  };
  EXPECT_EQ(complaint("reweight: linuper, reweight_temperature: 0.5"),
            "c.yaml:19:43: source.proxy.reweight: 'linuper' cannot be read (there is linupper, "
            "quadratic or extremes, as published, or a strength from 0 to 20). Did you mean "
            "'linupper'.");
  EXPECT_THAT(complaint("reweight: 21"), HasSubstr("reweight: 21 is out of range (it must be in"));
  EXPECT_THAT(complaint("reweight: nan"), HasSubstr("reweight: nan is out of range"));
  for (const char* wrong : {"0", "-1", "nan"})
    EXPECT_THAT(
        complaint(std::string("reweight: quadratic, reweight_temperature: ") + wrong),
        HasSubstr(std::string("reweight_temperature: ") + wrong + " is out of range (above 0)"));
  EXPECT_THAT(complaint("reweight: quadratic, reweight_temperature: inf"),
              HasSubstr("it must be positive and finite). Leave it out for 1, or try 0.4"));
  for (const char* other : {"", "reweight: 0, ", "reweight: 1, "})
    EXPECT_THAT(complaint(std::string(other) + "reweight_temperature: 1"),
                HasSubstr("(linupper, quadratic and extremes have a temperature). Leave it out, or "
                          "write reweight: linupper"));
  EXPECT_THAT(complaint("reweight: extremes, reweight_after: -1"),
              HasSubstr("reweight_after: -1 is out of range"));
  // 1e6 tokens are 977 steps of 8 x 128, 64K are 63.
  const std::string late = "reweight: extremes, reweight_after: ";
  EXPECT_THAT(complaint(late + "977"), HasSubstr("reweight_after: 977 steps are not fewer than the "
                                                 "977 of a trial"));
  EXPECT_THAT(complaint(late + "63", "independent"),
              HasSubstr("63 steps are not fewer than the 63 of the shortest trial (only the steps "
                        "behind them are weighed). Try 3, a twentieth"));
  EXPECT_THAT(complaint("model: ngram, reweight: linupper"), HasSubstr("'ngram' weighs no"));
}

TEST(ParseCampaign, TakesAReweightingThatBeginsInTime) {
  EXPECT_NO_THROW(parse_campaign(
      with("heads: 3", "heads: 3, reweight: extremes, reweight_after: 976"), "c.yaml"));
  // A strength may begin too late, as it could before.
  EXPECT_NO_THROW(
      parse_campaign(with("heads: 3", "heads: 3, reweight: 1, reweight_after: 1000"), "c.yaml"));
}

TEST(ParseCampaign, NormalisesOnlyWhenAsked) {
  const std::string wide = with("share: 0.2", "share: 0.7");
  EXPECT_THAT(complaint_about(wide), HasSubstr("normalise: true"));
  const Campaign campaign = parse_campaign("normalise: true\n" + wide, "c.yaml");
  EXPECT_NEAR(campaign.default_mixture[0], 0.5 / 1.5, 1e-15);
}

TEST(ParseCampaign, ReadsMixturesFromAFile) {
  const auto path = std::filesystem::temp_directory_path() / "bimix_mixtures.csv";
  std::ofstream(path) << "code,prose,german\n0.2,0.5,0.3\n";
  const Campaign campaign =
      parse_campaign(with("- simplex: {step: 0.25, floor: 0.03}", "- file: " + path.string()), "c");
  const auto& listed = std::get<plan::ListedMixtures>(campaign.design.mixtures[1]);
  EXPECT_THAT(listed.mixtures[0], ElementsAre(0.5, 0.2, 0.3));
  EXPECT_THAT(complaint_about(with("- simplex: {step: 0.25, floor: 0.03}", "- file: /no/such.csv")),
              HasSubstr("/no/such.csv"));
}

TEST(Tokens, AreBytesUnlessTheCampaignSaysOtherwise) {
  EXPECT_EQ(parse_campaign(good, "c.yaml").corpus.tokens, corpus::TokenFormat());
  const auto tokens_of = [](const std::string& word, const std::string& vocabulary) {
    return parse_campaign(
        "tokens: " + word + "\n" + with("layers: 3", "layers: 3, vocabulary: " + vocabulary),
        "c.yaml");
  };
  const Campaign narrow = tokens_of("uint16", "50257"), wide = tokens_of("uint32", "128256");
  EXPECT_EQ(narrow.corpus.tokens, (corpus::TokenFormat{2, 50257}));
  EXPECT_EQ(narrow.proxy.vocabulary, 50257);
  EXPECT_EQ(wide.corpus.tokens, (corpus::TokenFormat{4, 128256}));
  for (const Campaign& campaign : {narrow, wide}) {
    const std::string resolved = resolved_yaml(campaign);
    const Campaign again = parse_campaign(resolved, "resolved.yaml");
    EXPECT_EQ(again.corpus.tokens, campaign.corpus.tokens);
    EXPECT_EQ(resolved_yaml(again), resolved);
  }
  EXPECT_EQ(tokens_of("bytes", "256").corpus.tokens, corpus::TokenFormat());
}

TEST(Tokens, AreComplainedAboutInWords) {
  const auto complaint = [](const std::string& word, const std::string& proxy) {
    return complaint_about("tokens: " + word + "\n" + with("layers: 3", "layers: 3" + proxy));
  };
  EXPECT_THAT(complaint("uint8", ""), HasSubstr("Did you mean 'uint16'"));
  EXPECT_THAT(complaint("megatron", ", vocabulary: 50257"),
              HasSubstr("c.yaml:1:1: tokens: 'megatron' is not in this version (there is bytes, "
                        "uint16 and uint32). Use bytes for text; a tokenizer's files, such as "
                        "those of Megatron, are uint16 or uint32."));
  EXPECT_THAT(complaint("uint16", ""), HasSubstr("source.proxy.vocabulary: is missing"));
  EXPECT_THAT(complaint("uint16", ", vocabulary: 65537"),
              HasSubstr("65537 is beyond tokens: uint16 (they are below 65536). Say `tokens: "
                        "uint32`"));
  EXPECT_THAT(complaint("bytes", ", vocabulary: 50257"),
              HasSubstr("50257 does not go with tokens: bytes"));
  EXPECT_THAT(complaint("uint32", ", vocabulary: 1048577"), HasSubstr("1048576"));
  EXPECT_EQ(complaint("uint32", ", vocabulary: 1048576"), "accepted");
  EXPECT_THAT(complaint("uint32", ", vocabulary: 1"), HasSubstr("vocabulary"));
}

// A command trains elsewhere: its texts are looked at for their entropies alone.
TEST(Tokens, OfOtherSourcesNeedNoVocabulary) {
  const std::string text =
      "tokens: uint16\n" + with("proxy: {layers: 3, width: 96, heads: 3}",
                                "command: {run: [train], losses: \"{dir}/l.csv\"}");
  EXPECT_EQ(parse_campaign(text, "c.yaml").corpus.tokens, (corpus::TokenFormat{2, 65536}));
}

TEST(WithMoreMixtures, AddsAListAndKeepsAllElse) {
  const std::string text = with("layers: 3", "layers: 3");
  const Campaign before = parse_campaign(text, "c.yaml");
  const std::size_t domains = before.domains.train.size();
  data::Mixture mixture(domains, 0.1);
  mixture.back() = 1.0 - 0.1 * static_cast<double>(domains - 1);
  const Campaign after =
      parse_campaign(with_more_mixtures(text, before.domains.train, {mixture}), "c.yaml");
  Campaign wanted = before;
  wanted.design.mixtures.push_back(plan::ListedMixtures{.mixtures = {mixture}});
  EXPECT_EQ(resolved_yaml(after), resolved_yaml(wanted));
}

// Logs need no design: a first list makes one.
TEST(WithMoreMixtures, MakesADesignWhereThereIsNone) {
  const Campaign after =
      parse_campaign(with_more_mixtures("name: x\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\n"
                                        "source: {replay: {files: logs.csv}}\n",
                                        {"a", "b"}, {{0.25, 0.75}}),
                     "c.yaml");
  ASSERT_EQ(after.design.mixtures.size(), 1u);
}

TEST(ReadCampaign, NamesAFileThatIsNotThere) {
  EXPECT_THROW(read_campaign("/no/such/campaign.yaml"), core::DataError);
}

// Every key that campaign_keys documents is one that the reader knows, for it comes from the same
// description; the blocks written by hand must be complete too.
TEST(CampaignKeys, NamesEveryBlock) {
  for (const char* key :
       {"domains.<name>", "unique_tokens", "dirichlet", "source.proxy", "learning_rate", "uint16",
        "vocabulary", "source.replay", "entropy", "fit", "optimize", "check"})
    EXPECT_THAT(campaign_keys(), HasSubstr(key));
}

const std::string nested = R"(
name: nested
domains:
  web:
    share: 0.6
    train: web/*.jsonl.zst
    where: {language: en}
    by: source
    children:
      forums:
        share: 0.25
        children:
          high: {share: 0.8, by: quality}
          low:  {share: 0.2, train: low/*.jsonl}
      news: {share: 0.75}
  code: {train: code/*.py, share: 0.4}
design:
  mixtures:
    - preset: [default]
    - dirichlet: {count: 8, within: web}
    - dirichlet: {count: 4, among: [web/forums, code]}
  volumes: {values: [64K, 128K]}
source: {proxy: {}}
optimize: {floor: {web: 0.3, code: 0.1}, cap: {web/forums: 0.2}}
)";

std::string nested_with(const std::string& piece, const std::string& replacement) {
  return replaced(nested, piece, replacement);
}

TEST(NestedDomains, HavePartsOfTheirNodesShare) {
  const Campaign campaign = parse_campaign(nested, "c.yaml");
  EXPECT_THAT(campaign.domains.train,
              ElementsAre("web/forums/high", "web/forums/low", "web/news", "code"));
  EXPECT_THAT(campaign.default_mixture,
              ElementsAre(DoubleEq(0.12), DoubleEq(0.03), DoubleEq(0.45), DoubleEq(0.4)));
}

TEST(NestedDomains, OfANodeWithoutAShareHavePartsOfWhatIsAroundIt) {
  const Campaign campaign =
      parse_campaign(nested_with("    share: 0.6\n", "") + "normalise: true\n", "c.yaml");
  // 0.25 x (0.8, 0.2), 0.75 and 0.4 of the whole.
  EXPECT_NEAR(campaign.default_mixture[0], 0.2 / 1.4, 1e-12);
  EXPECT_NEAR(campaign.default_mixture[2], 0.75 / 1.4, 1e-12);
}

TEST(NestedDomains, HaveTheTextsOfTheirNode) {
  const auto& domains = parse_campaign(nested, "c.yaml").corpus.domains;
  EXPECT_THAT(domains[0].train_patterns, ElementsAre("web/*.jsonl.zst"));
  EXPECT_THAT(domains[1].train_patterns, ElementsAre("low/*.jsonl"));
  std::vector<std::string> asked;
  for (const auto& filter : domains[0].where)
    asked.push_back(filter.field + "=" + filter.values.front());
  EXPECT_THAT(asked, ElementsAre("language=en", "source=web", "quality=high"));
  EXPECT_TRUE(domains[3].where.empty());
}

TEST(NestedDomains, GiveTheirNodesFloorsAndCaps) {
  const Campaign campaign = parse_campaign(nested, "c.yaml");
  EXPECT_THAT(
      data::domain_and_node_names(campaign.domains.train),
      ElementsAre("web/forums/high", "web/forums/low", "web/news", "code", "web/forums", "web"));
  EXPECT_THAT(campaign.optimize.floor, ElementsAre(0, 0, 0, 0.1, 0, 0.3));
  EXPECT_THAT(campaign.optimize.cap, ElementsAre(1, 1, 1, 1, 0.2, 1));
}

TEST(NestedDomains, AreTheSameOnceResolved) {
  const Campaign campaign = parse_campaign(nested, "c.yaml");
  const std::string text = resolved_yaml(campaign);
  EXPECT_EQ(resolved_yaml(parse_campaign(text, "resolved.yaml")), text);
  EXPECT_THAT(text, AllOf(HasSubstr("within: web"), HasSubstr("among: [web/forums, code]")));
}

TEST(NestedDomains, AreRefusedWhereTheyDoNotAddUp) {
  EXPECT_THAT(complaint_about(nested_with("news: {share: 0.75}", "news: {share: 0.7}")),
              AllOf(HasSubstr("domains.web.children"), HasSubstr("add up to 0.95")));
  EXPECT_THAT(complaint_about(nested_with("share: 0.6\n", "share: 0.7\n")),
              HasSubstr("the default shares add up to 1.1"));
}

TEST(NestedDomains, AreRefusedWithoutChildrenOrWithTwoMeanings) {
  EXPECT_THAT(complaint_about(nested_with("  code: {train: code/*.py, share: 0.4}",
                                          "  code: {share: 0.4, children: {}}")),
              HasSubstr("has no children"));
  EXPECT_THAT(complaint_about(nested_with("  code: {train: code/*.py, share: 0.4}",
                                          "  web/news: {train: code/*.py, share: 0.4}")),
              HasSubstr("stands there twice"));
  EXPECT_THAT(complaint_about(nested_with("  code: {train: code/*.py, share: 0.4}",
                                          "  web/news/old: {train: code/*.py, share: 0.4}")),
              HasSubstr("is a domain, and 'web/news/old' lies in it"));
}

TEST(NestedDomains, AreRefusedWhereLimitsOfANodeAndOfItsDomainsContradict) {
  EXPECT_THAT(complaint_about(nested_with("floor: {web: 0.3, code: 0.1}, cap: {web/forums: 0.2}",
                                          "floor: {web/forums/high: 0.3}, cap: {web/forums: 0.2}")),
              HasSubstr("0.2 is below 0.3, the floors of what it holds together"));
  EXPECT_THAT(complaint_about(nested_with("cap: {web/forums: 0.2}",
                                          "cap: {web/forums/high: 0.1, web/forums/low: 0.1, "
                                          "web/news: 0.05}")),
              HasSubstr("0.3 is above 0.25, the caps of what it holds together"));
}

TEST(NestedDomains, AreNamedWhereAGroupOrALimitNamesWhatIsNone) {
  EXPECT_THAT(complaint_about(nested_with("within: web", "within: webb")),
              HasSubstr("Did you mean 'web'"));
  EXPECT_THAT(complaint_about(nested_with("floor: {web: 0.3", "floor: {webb: 0.3")),
              HasSubstr("Did you mean 'web'"));
  EXPECT_THAT(complaint_about(
                  nested_with("{count: 8, within: web}", "{count: 8, within: web, among: [code]}")),
              HasSubstr("stands beside `among`"));
  EXPECT_THAT(complaint_about(nested_with("among: [web/forums, code]", "among: [code, code]")),
              HasSubstr("'code' stands there twice"));
  for (const char* order : {"[web, web/forums]", "[web/forums, web]"})
    EXPECT_THAT(
        complaint_about(nested_with("among: [web/forums, code]", std::string("among: ") + order)),
        HasSubstr("'web/forums' lies in 'web', which stands there too"))
        << order;
  EXPECT_THAT(complaint_about(with("around: default, floor: 0.03",
                                   "around: default, floor: 0.03, within: web")),
              HasSubstr("no domain has children"));
}

}  // namespace
}  // namespace bimix::config
