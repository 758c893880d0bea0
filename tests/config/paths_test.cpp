#include "support/temp_folder.hpp"

#include <bimix/config/campaign.hpp>
#include <bimix/core/error.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

namespace bimix::config {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string campaign_of(const std::string& pattern, const std::string& head = "") {
  return head + "name: x   # Größe\ndomains:\n  a: {train: \"" + pattern +
         "\", share: 0.5}\n  b: {train: b.txt, share: 0.5}\n"
         "design: {mixtures: [{preset: [default]}], volumes: {values: [1K]}}\n"
         "source: {proxy: {layers: 1, width: 16, heads: 2}}\n";
}

const std::string replayed =
    "name: x\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\n"
    "source: {replay: {files: [logs/*.csv, more.csv], mixtures: m.csv}}\n";

/// A folder with a campaign's own folder in it; the working directory is the outer one meanwhile.
struct Paths : testing::Test {
  Paths() {
    fs::create_directories(folder / "sub/logs");
    fs::current_path(folder.path());
    for (const char* name : {"sub/a.txt", "sub/b.txt", "outer.txt"}) folder.write(name, "text\n");
  }
  ~Paths() override { fs::current_path(before); }

  Campaign read(const std::string& text, Look look = Look::data) const {
    folder.write("sub/c.yaml", text);
    return read_campaign("sub/c.yaml", look);
  }

  std::string complaint(const std::string& text, Look look = Look::data) const {
    try {
      read(text, look);
    } catch (const core::Error& error) {
      return fmt::format("{}: {}", static_cast<int>(error.exit_code()), error.what());
    }
    return "no complaint";
  }

  fs::path before = fs::current_path();
  test::TempFolder folder;
};

TEST_F(Paths, StartAtTheCampaignsFolder) {
  const Campaign campaign = read(campaign_of("a.txt"));
  EXPECT_EQ(campaign.base, folder / "sub");
  EXPECT_EQ(campaign.corpus.base, folder / "sub");
  EXPECT_EQ(read(campaign_of("../outer.txt")).base, folder / "sub");
}

TEST_F(Paths, StartAtTheBaseIfOneIsNamed) {
  const Campaign campaign = read(campaign_of("sub/a.txt", "base: ..\n"), Look::mixtures);
  EXPECT_EQ(campaign.base, folder.path());
  EXPECT_THAT(complaint(campaign_of("a.txt", "base: nowhere\n")),
              HasSubstr("base: there is no folder " + (folder / "sub/nowhere").string()));
}

TEST_F(Paths, ThatTheWorkingDirectoryHasAreRefusedWithThePatternThatWorks) {
  EXPECT_THAT(complaint(campaign_of("outer.txt")),
              AllOf(HasSubstr("3: sub/c.yaml:3:7: domains.a.train: outer.txt: matches no file"),
                    HasSubstr("write `../outer.txt`")));
  EXPECT_EQ(complaint(campaign_of("../outer.txt")), "no complaint");
}

TEST_F(Paths, AreAllListedThatFindNothing) {
  EXPECT_THAT(complaint(replayed),
              AllOf(HasSubstr("logs/*.csv"), HasSubstr("more.csv"), HasSubstr("m.csv")));
  EXPECT_EQ(complaint(replayed, Look::mixtures), "no complaint");
  EXPECT_THAT(complaint(campaign_of("none/*.txt") + "seed: -1\n"),
              AllOf(HasSubstr("2: "), HasSubstr("none/*.txt"), HasSubstr("seed")));
}

TEST_F(Paths, OfAMixtureFileStartThereToo) {
  std::string text = campaign_of("a.txt");
  text.replace(text.find("{preset: [default]}"), 19, "{file: m.csv}");
  EXPECT_THAT(complaint(text), AllOf(HasSubstr("sub/m.csv"), Not(HasSubstr("names no mixtures"))));
  EXPECT_EQ(complaint(text, Look::nowhere), "no complaint");
  folder.write("m.csv", "a,b\n0.5,0.5\n");
  EXPECT_THAT(complaint(text), HasSubstr("write `../m.csv`"));
  folder.write("sub/m.csv", "a,b\n0.5,0.5\n");
  EXPECT_EQ(complaint(text), "no complaint");
}

TEST_F(Paths, OfAProgramAreLookedForWhereAShellWould) {
  const auto run = [](const std::string& program) {
    return "name: x\ndomains: {a: {share: 0.5}, b: {share: 0.5}}\n"
           "design: {mixtures: [{preset: [default]}], volumes: {values: [1K]}}\n"
           "source: {command: {run: [\"" +
           program + "\", \"{mixture.json}\"], losses: \"{dir}/l.csv\"}}\n";
  };
  EXPECT_EQ(complaint(run("sh"), Look::programs), "no complaint");
  EXPECT_EQ(complaint(run("/bin/sh"), Look::programs), "no complaint");
  EXPECT_THAT(complaint(run("no-such-trainer"), Look::programs),
              AllOf(HasSubstr("source.command.run"), HasSubstr("'no-such-trainer' is no program"),
                    HasSubstr("PATH")));
  EXPECT_THAT(complaint(run("./outer.txt"), Look::programs), HasSubstr("chmod +x"));
  EXPECT_EQ(complaint(run("no-such-trainer"), Look::data), "no complaint");
}

// A copy lies elsewhere and finds the same files; comments and all else stay.
TEST_F(Paths, OfACopyFindTheSameFiles) {
  const Campaign original = read(campaign_of("a.txt"));
  for (const std::string head : {"", "# first\n", "---\n", "\xEF\xBB\xBF", "base: .   # here\n",
                                 "base: '.'\n", "base: \".\"\n"}) {
    const Campaign given = read(campaign_of("a.txt", head));
    const std::string copy = with_base(campaign_of("a.txt", head), given.base);
    EXPECT_THAT(copy, HasSubstr("# Größe")) << head;
    fs::create_directories(folder / "elsewhere/deep");
    const Campaign copied = read_campaign(folder.write("elsewhere/deep/c.yaml", copy), Look::data);
    EXPECT_EQ(resolved_yaml(copied), resolved_yaml(original)) << copy;
    EXPECT_EQ(with_base(copy, copied.base), copy);
  }
  const std::string flow =
      "{name: x, domains: {a: {train: a.txt, share: 0.5}, b: {train: b.txt, "
      "share: 0.5}}, design: {mixtures: [{preset: [default]}], volumes: "
      "{values: [1K]}}, source: {proxy: {layers: 1, width: 16, heads: 2}}}\n";
  folder.write("elsewhere/deep/c.yaml", with_base(flow, read(flow).base));
  EXPECT_EQ(resolved_yaml(read_campaign("elsewhere/deep/c.yaml", Look::data)),
            resolved_yaml(original));
}

TEST_F(Paths, ThatAreAbsoluteNeedNoBase) {
  const std::string a = (folder / "sub/a.txt").string(), b = (folder / "sub/b.txt").string();
  std::string text = campaign_of(a);
  text.replace(text.find("b.txt"), 5, b);
  EXPECT_TRUE(read(text).base.empty());
  EXPECT_THAT(resolved_yaml(read(text)), Not(HasSubstr("base:")));
}

// A tree that was moved, and a run folder of the version before, whose paths start elsewhere.
TEST_F(Paths, DoNotTellRunsApart) {
  const Campaign here = read(campaign_of("a.txt"));
  const Campaign there = read(campaign_of("../sub/a.txt", "base: ../sub\n"));
  EXPECT_NE(resolved_yaml(here), resolved_yaml(there));
  EXPECT_EQ(resolved_yaml(trained_part(here)), resolved_yaml(trained_part(there)));
}

TEST_F(Paths, WithBracketsAreFound) {
  fs::create_directories(folder / "data [x]");
  folder.write("data [x]/a[1].txt", "text\n");
  folder.write("data [x]/b.txt", "text\n");
  folder.write("data [x]/c.yaml", campaign_of("a[1].txt"));
  EXPECT_NO_THROW(read_campaign("data [x]/c.yaml", Look::data));
}

}  // namespace
}  // namespace bimix::config
