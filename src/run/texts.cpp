#include <bimix/core/hash.hpp>
#include <bimix/core/text.hpp>
#include <bimix/core/words.hpp>
#include <bimix/run/texts.hpp>
#include <bimix/spread/prepare.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/store/folder_lock.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <thread>

namespace bimix::run {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::string size_text(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (size < 1e6) return fmt::format("{:.0f} kB", size / 1e3);
  return size < 1e9 ? fmt::format("{:.1f} MB", size / 1e6) : fmt::format("{:.1f} GB", size / 1e9);
}

/// Tells of a preparation.
class Teller {
 public:
  Teller(Screen& screen, fs::path folder) : screen_(screen), folder_(std::move(folder)) {}

  /// @param are_texts or tokens, which are not copied
  void begin(std::uint64_t bytes, bool are_texts) {
    bytes_ = bytes;
    begin_ = last_ = Clock::now();
    if (!are_texts) {
      screen_.say(
          fmt::format("Looking through {} of tokens for {}", size_text(bytes), folder_.string()));
      return;
    }
    std::error_code unknown;
    const auto space = fs::space(folder_, unknown);
    screen_.say(fmt::format(
        "Preparing {} in {}{}", bytes > 0 ? size_text(bytes) + " of texts" : "what programs print",
        folder_.string(),
        unknown ? "" : fmt::format("; {} are free there", size_text(space.available))));
  }
  void progress(std::uint64_t read) {
    constexpr double every = 0.5;
    if (read == 0 || bytes_ == 0 || seconds_since(last_) < every) return;
    last_ = Clock::now();
    const double rate = static_cast<double>(read) / seconds_since(begin_);
    const double left = static_cast<double>(bytes_ - std::min(read, bytes_)) / rate;
    screen_.progress(fmt::format("  {} of {} read, {}/s, {} left", size_text(read),
                                 size_text(bytes_), size_text(static_cast<std::uint64_t>(rate)),
                                 core::format_seconds(left)));
  }
  void end() {
    screen_.end_progress();
    screen_.say(fmt::format("  prepared in {}", core::format_seconds(seconds_since(begin_))));
  }

 private:
  Screen& screen_;
  fs::path folder_;
  std::uint64_t bytes_ = 0;
  Clock::time_point begin_{}, last_{};
};

/// How long nothing was written into the pieces of a store, as its file system says.
double seconds_of_silence(const fs::path& folder) {
  double least = std::numeric_limits<double>::infinity();
  std::error_code gone;
  for (const auto& file : fs::directory_iterator(folder / "pieces", gone))
    least = std::min(least, store::seconds_since_written(file.path()));
  return least;
}

/// The lock of a store; waits while another process holds it. Where there are no locks, one that
/// was killed seems to hold it for good: it is given up once it has written nothing for longer than
/// a program that prints texts may be silent.
std::unique_ptr<store::FolderLock> lock_store(Screen& screen, const fs::path& folder) {
  constexpr auto look_every = std::chrono::seconds(1);
  constexpr double given_up_after = 1200.0;
  for (bool was_told = false;;) {
    try {
      return std::make_unique<store::FolderLock>(folder,
                                                 seconds_of_silence(folder) > given_up_after);
    } catch (const core::DataError& held) {
      if (!fs::is_directory(folder)) throw;
      if (!std::exchange(was_told, true))
        screen.say(fmt::format("Waiting for the texts, which another process prepares in {}",
                               folder.string()));
      std::this_thread::sleep_for(look_every);
    }
  }
}

}  // namespace

fs::path store_folder(const config::Campaign& campaign, const fs::path& run_folder) {
  std::string read;
  for (const corpus::DomainFiles& domain : campaign.corpus.domains) {
    read += domain.name + "\n" + domain.text_key + "\n" + (domain.binary ? "binary\n" : "");
    for (const auto* words : {&domain.train_patterns, &domain.eval_patterns, &domain.command})
      for (const std::string& word : *words) read += word + "\n";
    for (const corpus::FieldFilter& filter : domain.where) {
      read += filter.field;
      for (const std::string& value : filter.values) read += "=" + value;
    }
  }
  const corpus::TokenizerOptions& tokenizer = campaign.corpus.tokenizer;
  read += fmt::format("{} {} {} {} {} {} {} {} {}", campaign.corpus.base.string(), campaign.seed,
                      campaign.corpus.tokens.width, campaign.corpus.end_of_document,
                      tokenizer.sentencepiece, tokenizer.train, campaign.corpus.eval_fraction,
                      campaign.corpus.max_document, core::word_of(campaign.corpus.on_error));
  // A tokenizer is trained on the default mixture.
  if (tokenizer.train > 0) read += fmt::format(" {}", fmt::join(campaign.default_mixture, " "));
  constexpr std::size_t digits = 8;
  const std::string name =
      fmt::format("{}-{}", campaign.name, core::content_hash(read).substr(0, digits));
  if (!campaign.corpus.store.empty()) return campaign.corpus.base / campaign.corpus.store / name;
  const fs::path run = run_folder.empty() ? fs::path("runs") / campaign.name : run_folder;
  // `/.` so that a slash at the end makes no difference.
  return (fs::absolute(run) / ".").lexically_normal().parent_path().parent_path() / "prepared" /
         name;
}

corpus::Corpus open_corpus(const par::Comm& comm, Screen& screen, const config::Campaign& campaign,
                           const fs::path& run_folder) {
  std::optional<corpus::Corpus> corpus;
  const fs::path folder = store_folder(campaign, run_folder);
  std::unique_ptr<store::FolderLock> lock;
  Teller teller(screen, folder);
  spread::prepare_over_ranks(comm, campaign.corpus, folder,
                             {.begin =
                                  [&](std::uint64_t bytes) {
                                    lock = lock_store(screen, folder);
                                    teller.begin(bytes, campaign.corpus.tokens.width == 1);
                                  },
                              .progress = [&](std::uint64_t read) { teller.progress(read); },
                              .end = [&] { teller.end(); }});
  par::collectively(comm, [&] {
    corpus::Selection selection{.seed = campaign.seed, .pack = campaign.corpus.pack};
    for (const corpus::DomainFiles& files : campaign.corpus.domains)
      selection.fraction.push_back(campaign.corpus.fraction * files.fraction);
    corpus = corpus::Corpus::prepared(folder, selection);
  });
  return *corpus;
}

}  // namespace bimix::run
