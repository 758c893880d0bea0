#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <run/shard_settings.hpp>

namespace bimix::run {
namespace {

config::Campaign some_campaign() {
  return config::parse_campaign(R"(
name: shards
domains: {a: {train: a.txt, share: 0.5}, b: {train: b.txt, share: 0.5}}
design: {mixtures: [{preset: [default]}], volumes: {values: [1K]}}
source: {proxy: {layers: 1, width: 16, heads: 1, context: 16, batch: 2}}
)",
                                "c.yaml");
}

std::filesystem::path only_file_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry);
  EXPECT_EQ(files.size(), 1u);
  return files.empty() ? "" : files.front();
}

// Shards on an old and a new node gave results with other bits, which no merge accepted.
TEST(SettledForShards, TakesWhatTheFirstShardChoseWhateverThisMachineWouldChoose) {
  const test::TempFolder folder;
  const proxy::ProxyOptions first = settled_for_shards(folder / "shard-0", some_campaign());
  EXPECT_EQ(settled_for_shards(folder / "shard-1", some_campaign()), first);

  const auto path = only_file_in(folder.path());
  std::string text = core::read_file(path);
  const std::string isa = '"' + core::word_of(first.isa) + '"';
  text.replace(text.find(isa), isa.size(), "\"baseline\"");
  folder.write(path.filename().string(), text);
  EXPECT_EQ(settled_for_shards(folder / "shard-2", some_campaign()).isa, proxy::Isa::baseline);
}

TEST(SettledForShards, KeepsCampaignsApart) {
  const test::TempFolder folder;
  settled_for_shards(folder / "shard-0", some_campaign());
  config::Campaign other = some_campaign();
  other.proxy.width = 32;
  settled_for_shards(folder / "shard-0", other);
  other.check.enabled = false;  // which trains nothing
  settled_for_shards(folder / "shard-0", other);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(SettledForShards, RefusesADamagedFileByName) {
  const test::TempFolder folder;
  settled_for_shards(folder / "shard-0", some_campaign());
  const auto path = only_file_in(folder.path());
  for (const char* damaged :
       {"", R"({"isa":"avx)", R"({"isa":"mmx","precision":"float32","micro_batch":1})",
        R"({"isa":"baseline","precision":"float32","micro_batch":-0.5})"}) {
    folder.write(path.filename().string(), damaged);
    try {
      settled_for_shards(folder / "shard-1", some_campaign());
      FAIL() << damaged << " was accepted";
    } catch (const core::DataError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(path.string()));
      EXPECT_THAT(error.what(), testing::HasSubstr("Remove it if no shard has begun"));
    }
  }
}

}  // namespace
}  // namespace bimix::run
