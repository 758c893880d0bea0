#include "benches.hpp"

#include <bimix/core/random.hpp>
#include <bimix/core/temporary_folder.hpp>
#include <bimix/corpus/bench.hpp>
#include <bimix/data/json.hpp>
#include <bimix/spread/entropy_bench.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace bimix::cli {
namespace {

namespace fs = std::filesystem;

constexpr int usual_vocabulary = 50'257;  // of GPT-2
constexpr std::int64_t token_count = 10'000'000;

/// Words of a text as JSON Lines, as they are and packed by zstd; they go away again.
class OwnDocuments {
 public:
  explicit OwnDocuments(const std::vector<std::uint8_t>& text)
      : folder_("bimix_bench",
                "documents to read are written there first, where no FILE is named") {
    constexpr std::size_t each = 3000;
    // In random order, since a text that repeats would be packed to nothing.
    std::istringstream split(std::string(text.begin(), text.end()));
    const std::vector<std::string> words{std::istream_iterator<std::string>(split), {}};
    core::RandomStream random(1, core::Purpose::bench);
    std::ofstream file(path());
    for (std::size_t all = 0; all < text.size();) {
      std::string document;
      while (document.size() < each) {
        const auto drawn = random.uniform() * static_cast<double>(words.size());
        document += words[static_cast<std::size_t>(drawn)] + ' ';
      }
      file << data::Json{{"text", document}}.dump(-1, ' ', false,
                                                  data::Json::error_handler_t::replace)
           << '\n';
      all += document.size();
    }
    file.close();
    corpus::pack_by_zstd(path(), packed());
  }

  fs::path path() const { return folder_.path() / "words.jsonl"; }
  fs::path packed() const { return folder_.path() / "words.jsonl.zst"; }

 private:
  core::TemporaryFolder folder_;
};

constexpr double mega = 1e-6;

/// What another program reaches in the same run; empty if it reaches nothing.
std::string beside(double rate, double peer, const char* name) {
  if (!(peer > 0)) return "";
  return fmt::format("{:8.0f} by {}: {:.1f} times as much\n", mega * peer, name, rate / peer);
}

std::string text_of(const std::vector<corpus::ReadingSpeed>& read, const spread::PairSpeed& pairs) {
  std::string text;
  for (const corpus::ReadingSpeed& speed : read)
    text += fmt::format(
                "{:8.0f} MB/s of text read, {} documents of {:.1f} MB from a file of {:.1f} MB\n",
                mega * speed.bytes_per_second, speed.documents,
                mega * static_cast<double>(speed.text_bytes),
                mega * static_cast<double>(speed.file_bytes)) +
            beside(speed.bytes_per_second, speed.peer_bytes_per_second, "nlohmann-json");
  return text +
         fmt::format("{:8.0f} M tokens/s whose pairs are counted, of a vocabulary of {}\n",
                     mega * pairs.tokens_per_second, usual_vocabulary) +
         beside(pairs.tokens_per_second, pairs.peer_tokens_per_second, "std::unordered_map");
}

data::Json json_of(const std::vector<corpus::ReadingSpeed>& read, const spread::PairSpeed& pairs) {
  data::Json files = data::Json::array();
  for (const corpus::ReadingSpeed& speed : read)
    files.push_back({{"text_bytes_per_second", speed.bytes_per_second},
                     {"documents", speed.documents},
                     {"text_bytes", speed.text_bytes},
                     {"file_bytes", speed.file_bytes},
                     {"peer_text_bytes_per_second", speed.peer_bytes_per_second}});
  return {{"files", std::move(files)},
          {"tokens_per_second", pairs.tokens_per_second},
          {"peer_tokens_per_second", pairs.peer_tokens_per_second},
          {"vocabulary", usual_vocabulary}};
}

}  // namespace

void add_corpus_bench(CLI::App& app, CLI::App& bench, Context& context, Action& action) {
  struct Flags {
    std::string file, key;
    double seconds = 1.0;
    bool json = false;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = add_command(
      bench, "corpus", "how fast one core takes documents out of a file, and counts pairs",
      "bimix bench corpus web/000.jsonl.zst");
  command->add_option(
      "FILE", flags->file,
      "text or JSON Lines, as it is or packed [words of its manual as JSON Lines, as it "
      "is and packed by zstd]");
  command->add_option("--text", flags->key, "the key that holds the text [text, or else content]");
  command->add_option("--seconds", flags->seconds, "how long to measure each")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "as JSON, on stdout");
  command->callback([&app, &context, &action, flags] {
    action = [&app, &context, flags] {
      std::optional<OwnDocuments> own;
      if (flags->file.empty()) own.emplace(built_in_text(app));
      const std::vector<fs::path> files =
          own ? std::vector{own->path(), own->packed()} : std::vector{fs::path(flags->file)};
      std::vector<corpus::ReadingSpeed> read;
      for (const fs::path& file : files)
        read.push_back(corpus::bench_reading(file, {.text_key = flags->key}, flags->seconds));
      const spread::PairSpeed pairs =
          spread::bench_token_pairs(usual_vocabulary, token_count, flags->seconds);
      context.console.show(flags->json ? json_of(read, pairs).dump(1) : text_of(read, pairs));
      return core::ExitCode::done;
    };
  });
}

}  // namespace bimix::cli
