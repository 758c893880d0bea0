// What every registered log format promises, on a small sample of its own.
#include "support/listed.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/random.hpp>
#include <bimix/core/simplex.hpp>
#include <bimix/replay/loss_log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace bimix::replay {
namespace {

using test::bytes_of;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path samples = std::filesystem::path(BIMIX_SOURCE_DIR) / "tests/samples";

/// A log of two runs and what has to be said about it.
struct Sample {
  std::vector<std::string> files{};
  ReplayOptions options{};
  bool is_text = true;
};

const std::map<std::string, Sample>& sample_of() {
  static const std::map<std::string, Sample> known{
      {"csv-long", {{"two_runs.csv"}}},
      {"csv-wide", {{"two_runs_wide.csv"}}},
      {"json-lines", {{"two_runs.jsonl"}}},
      {"scalefit", {{"two_mixtures_scalefit.csv"}}},
      {"regmix", {{"regmix_mixtures.csv", "regmix_losses.csv"}, {.tokens = 1000}}},
      {"mixing-laws",
       {{"two_runs_mixing_laws.txt"}, {.domains = {"prose", "code"}, .tokens_per_step = 10}}},
      {"run-table",
       {{"run_table/half.csv", "run_table/tilted.jsonl"},
        {.mixtures = "two_runs_mixtures.csv", .tokens_per_step = 10}}},
      {"wandb",
       {{"two_runs_wandb.csv"}, {.mixtures = "two_runs_mixtures.csv", .tokens_per_step = 10}}},
      {"trainer-state",
       {{"trainer/half/trainer_state.json", "trainer/tilted/trainer_state.json"},
        {.mixtures = "two_runs_mixtures.csv", .tokens_per_step = 10}}},
      {"megatron",
       {{"megatron/half.log", "megatron/tilted.log"}, {.mixtures = "two_runs_mixtures.csv"}}},
      {"tensorboard",
       {{"tensorboard/half/events.out.tfevents.1", "tensorboard/tilted/events.out.tfevents.1"},
        {.mixtures = "two_runs_mixtures.csv", .tokens_per_step = 10},
        false}},
      {"mlflow",
       {{"mlruns/0/half/metrics/eval/prose_loss", "mlruns/0/tilted/metrics/eval/prose_loss"},
        {.mixtures = "two_runs_mixtures.csv", .tokens_per_step = 10}}},
      {"printed-lines",
       {{"printed/half.log", "printed/tilted.log"},
        {.mixtures = "two_runs_mixtures.csv", .tokens_per_step = 10}}},
      {"olmix", {{"olmix_ratios.csv", "olmix_metrics.csv"}, {.tokens = 1000}}},
  };
  return known;
}

/// A copy of a sample that a test may change; file by file.
class Log {
 public:
  explicit Log(const Sample& sample) : options_(sample.options) {
    options_.base = folder_.path();
    for (const std::string& name : sample.files) {
      std::filesystem::create_directories((folder_ / name).parent_path());
      files_[name] = bytes_of(samples / name);
      options_.files.push_back(name);
    }
    if (!options_.mixtures.empty())
      folder_.write(options_.mixtures, bytes_of(samples / options_.mixtures));
    restore();
  }

  ReplayOptions& options() { return options_; }
  const ReplayOptions& options() const { return options_; }
  const std::map<std::string, std::string>& files() const { return files_; }

  /// What reading gives: the log, or the complaint.
  struct Outcome {
    LossLog log{};
    std::string complaint{};
  };
  Outcome read() const {
    Outcome outcome;
    try {
      outcome.log = read_logs(options_);
    } catch (const core::Error& error) {
      if (error.exit_code() == core::ExitCode::bug) ADD_FAILURE() << error.what();
      outcome.complaint = error.what();
      EXPECT_FALSE(outcome.complaint.empty());
    }
    return outcome;
  }
  /// The same with one file changed.
  Outcome with(const std::string& name, const std::string& bytes) const {
    folder_.write(name, bytes);
    const Outcome outcome = read();
    folder_.write(name, files_.at(name));
    return outcome;
  }
  /// The same with one file cut, which stays so until it is cut shorter.
  Outcome cut(const std::string& name, std::size_t size) const {
    std::filesystem::resize_file(folder_ / name, size);
    return read();
  }
  void restore() const {
    for (const auto& [name, bytes] : files_) folder_.write(name, bytes);
  }

 private:
  TempFolder folder_{};
  ReplayOptions options_;
  std::map<std::string, std::string> files_{};
};

std::size_t losses_in(const LossLog& log) {
  std::size_t count = 0;
  for (const data::LossCurve& run : log.runs)
    for (const data::LossPoint& point : run.points) count += point.loss_nats.size();
  return count;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

class FormatContract : public testing::TestWithParam<std::string> {
 protected:
  const Sample& sample() const {
    return test::entry_for(
        GetParam(), sample_of(),
        "a log of two runs to `sample_of` in tests/replay/contract_test.cpp, and "
        "its files to tests/samples");
  }
};

/// Formats with lines and numbers that a person can read.
class TextFormatContract : public FormatContract {};

std::vector<std::string> text_formats() {
  std::vector<std::string> names = log_formats();
  std::erase_if(names, [](const std::string& name) {
    const auto sample = sample_of().find(name);  // the last test says which has none
    return sample == sample_of().end() || !sample->second.is_text;
  });
  return names;
}

TEST_P(FormatContract, IsToldByItsContentAlone) {
  const Log log(sample());
  for (const auto& [name, bytes] : log.files()) {
    const auto outcome = log.with(name, bytes);
    ASSERT_EQ(outcome.complaint, "");
    EXPECT_THAT(outcome.log.formats, ElementsAre(GetParam()));
    EXPECT_GE(outcome.log.runs.size(), 2u);
    EXPECT_EQ(outcome.log.domains.share_of.size(), outcome.log.domains.eval.size());
    for (const data::LossCurve& run : outcome.log.runs) {
      EXPECT_EQ(run.mixture.size(), outcome.log.domains.train.size());
      EXPECT_TRUE(core::is_on_simplex(run.mixture));
    }
  }
}

TEST_P(FormatContract, ReadsTheSameByName) {
  Log log(sample());
  const LossLog guessed = read_logs(log.options());
  log.options().format = GetParam();
  const LossLog told = read_logs(log.options());
  EXPECT_EQ(told.domains, guessed.domains);
  EXPECT_EQ(told.notes, guessed.notes);
  EXPECT_EQ(told.fingerprint, guessed.fingerprint);
  EXPECT_EQ(losses_in(told), losses_in(guessed));
}

TEST_P(FormatContract, RefusesAnEmptyFile) {
  Log log(sample());
  for (const std::string& format : {std::string("auto"), GetParam()}) {
    log.options().format = format;
    for (const auto& [name, bytes] : log.files())
      EXPECT_THAT(log.with(name, "").complaint, HasSubstr("the file is empty"));
  }
}

TEST_P(FormatContract, RefusesBinaryJunk) {
  Log log(sample());
  std::string junk = "\x80\xff";
  for (int i = 0; i < 1000; ++i) junk += static_cast<char>((i * 167 + i / 256) % 256);
  for (const std::string& format : {std::string("auto"), GetParam()}) {
    log.options().format = format;
    for (const auto& [name, bytes] : log.files())
      EXPECT_NE(log.with(name, junk).complaint, "") << format;
  }
}

// Cut anywhere, a log gives an error or fewer losses, never more or others in number.
TEST_P(FormatContract, SurvivesACutAtEveryByte) {
  Log log(sample());
  log.options().format = GetParam();
  const std::size_t whole = losses_in(read_logs(log.options()));
  for (const auto& [name, bytes] : log.files()) {
    for (std::size_t end = bytes.size(); end-- > 0;) {
      const auto outcome = log.cut(name, end);
      EXPECT_TRUE(!outcome.complaint.empty() || losses_in(outcome.log) <= whole) << end;
    }
    log.restore();
  }
}

// Of every loss that reads 4.25 in the samples.
TEST_P(TextFormatContract, RefusesLossesThatAreNone) {
  const Log log(sample());
  int tried = 0;
  for (const auto& [name, bytes] : log.files())
    for (const char* loss : {"NaN", "-4.25", "0", "Infinity", "1e999"}) {
      const std::string changed = replaced(bytes, "4.25", loss);
      if (changed == bytes) continue;
      ++tried;
      EXPECT_THAT(log.with(name, changed).complaint, HasSubstr(name + ":")) << loss;
    }
  EXPECT_EQ(tried, 5) << "the sample has no loss of 4.25 in one of its files";
}

TEST_P(TextFormatContract, ReadsAnyLineEndAndAByteOrderMark) {
  const Log log(sample());
  const LossLog plain = read_logs(log.options());
  for (const auto& [name, bytes] : log.files())
    for (const std::string& changed :
         {replaced(bytes, "\n", "\r\n"), "\xEF\xBB\xBF" + bytes, bytes + "\n\n"}) {
      const auto outcome = log.with(name, changed);
      ASSERT_EQ(outcome.complaint, "");
      EXPECT_EQ(outcome.log.domains, plain.domains);
      EXPECT_EQ(outcome.log.notes, plain.notes);
      EXPECT_EQ(losses_in(outcome.log), losses_in(plain));
    }
}

// Random bytes changed, taken out or put in: an error or a log, never anything else.
TEST_P(FormatContract, SurvivesChangedBytes) {
  Log log(sample());
  log.options().format = GetParam();
  core::RandomStream random(1, core::Purpose::test);
  for (int trial = 0; trial < 60; ++trial)
    for (const auto& [name, whole] : log.files()) {
      std::string bytes = whole;
      for (int change = 0; change < 3; ++change) {
        const std::size_t at = random.below(bytes.size());
        const auto byte = static_cast<char>(random.below(256));
        switch (random.below(3)) {
          case 0:
            bytes[at] = byte;
            break;
          case 1:
            bytes.erase(at, 1);
            break;
          default:
            bytes.insert(at, 1, byte);
        }
      }
      log.with(name, bytes);
    }
}

TEST_P(FormatContract, GivesTheSameWhateverTheOrderOfFiles) {
  Log log(sample());
  const LossLog there = read_logs(log.options());
  std::reverse(log.options().files.begin(), log.options().files.end());
  const LossLog back = read_logs(log.options());
  EXPECT_EQ(losses_in(there), losses_in(back));
  EXPECT_EQ(there.domains, back.domains);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  return replaced(info.param, "-", "_");
}

INSTANTIATE_TEST_SUITE_P(Formats, FormatContract, testing::ValuesIn(log_formats()), test_name);
INSTANTIATE_TEST_SUITE_P(Formats, TextFormatContract, testing::ValuesIn(text_formats()), test_name);

TEST(LogFormats, HaveASampleEach) {
  for (const std::string& name : log_formats()) EXPECT_TRUE(sample_of().contains(name)) << name;
}

}  // namespace
}  // namespace bimix::replay
