#include "support/mpi_test.hpp"
#include "support/packed_text.hpp"

#include <bimix/core/file.hpp>
#include <bimix/corpus/preparation.hpp>
#include <bimix/spread/prepare.hpp>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>

namespace bimix::spread {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder))
    files[entry.path().filename().string()] = core::read_file(entry.path());
  return files;
}

std::string lines_of(const std::string& name, int count) {
  std::string lines;
  for (int n = 0; n < count; ++n)
    lines += fmt::format("{{\"text\": \"{} {} {}\"}}\n", name, n,
                         std::string(static_cast<std::size_t>(n * 31 % 400), 'x'));
  return lines;
}

class PrepareOverRanks : public testing::Test {
 protected:
  PrepareOverRanks() {
    const std::string pid = comm.broadcast(std::to_string(::getpid()));
    folder = fs::temp_directory_path() / ("bimix-prepare-" + pid);
    par::on_root(comm, [&] {
      fs::create_directories(folder);
      for (int n = 0; n < 5; ++n)
        write(folder / fmt::format("a{}.jsonl.zst", n),
              test::zstd_packed(lines_of(fmt::format("a{}", n), 200 + 90 * n)));
      write(folder / "b.jsonl", lines_of("b", 300));
    });
    options.base = folder;
    options.domains = {{.name = "a", .train_patterns = {"a*.jsonl.zst"}},
                       {.name = "b", .train_patterns = {"b.jsonl"}}};
  }
  ~PrepareOverRanks() override {
    comm.barrier();
    if (comm.is_root()) fs::remove_all(folder);
  }

  par::Comm comm = test::world();
  fs::path folder;
  corpus::CorpusOptions options;
};

TEST_F(PrepareOverRanks, WritesWhatOneRankWrites) {
  std::uint64_t all = 0, last = 0;
  int begun = 0, ended = 0;
  const PrepareHooks hooks{.begin = [&](const corpus::Preparation&) { ++begun; },
                           .progress =
                               [&](const PrepareProgress& now) {
                                 if (now.stage != PrepareStage::reading) return;
                                 all = now.all;
                                 last = now.done;
                               },
                           .end = [&] { ++ended; }};
  prepare_over_ranks(comm, options, folder / "together", hooks);
  prepare_over_ranks(comm, options, folder / "together", hooks);
  par::on_root(comm, [&] {
    corpus::prepare(options, folder / "alone");
    EXPECT_EQ(files_in(folder / "together"), files_in(folder / "alone"));
    EXPECT_EQ(begun, 1) << "it was done the second time";
    EXPECT_EQ(ended, 1);
    EXPECT_LE(last, all);
  });
  EXPECT_EQ(corpus::Corpus::prepared(folder / "together").names(),
            (std::vector<std::string>{"a", "b"}));
}

// What a program printed was told as a part of what there is of files: "100 MB of 161 kB".
TEST_F(PrepareOverRanks, TellsNoTotalWhereAProgramPrintsATextOfAnyLength) {
  options.domains[1] = {.name = "b", .command = {"cat", "b.jsonl"}};
  std::uint64_t all = 0;
  const PrepareHooks hooks{.progress = [&](const PrepareProgress& now) {
    if (now.stage == PrepareStage::reading) all = std::max(all, now.all);
  }};
  prepare_over_ranks(comm, options, folder / "printed", hooks);
  EXPECT_EQ(all, 0u);
}

// The other ranks waited for good.
TEST_F(PrepareOverRanks, EndsOnAllRanksWhereOneMeetsADamagedFile) {
  par::on_root(comm, [&] {
    const std::string packed = core::read_file(folder / "a2.jsonl.zst");
    write(folder / "a2.jsonl.zst", packed.substr(0, packed.size() / 2));
  });
  EXPECT_THAT([&] { prepare_over_ranks(comm, options, folder / "torn"); },
              testing::ThrowsMessage<core::Error>(testing::HasSubstr("a2.jsonl.zst")));
  par::on_root(comm,
               [&] { write(folder / "a2.jsonl.zst", test::zstd_packed(lines_of("a2", 380))); });
  prepare_over_ranks(comm, options, folder / "torn");
  par::on_root(comm, [&] {
    corpus::prepare(options, folder / "alone");
    EXPECT_EQ(files_in(folder / "torn"), files_in(folder / "alone"));
  });
}

}  // namespace
}  // namespace bimix::spread
