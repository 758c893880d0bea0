#include "long_work.hpp"

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
#include <cstdlib>
#include <limits>
#include <memory>
#include <mutex>
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

/// Tells of a preparation. Its last words come from another thread than the rest.
class Teller {
 public:
  Teller(Screen& screen, fs::path folder) : screen_(screen), folder_(std::move(folder)) {}

  void last_words() {
    const std::lock_guard lock(mutex_);
    screen_.complain(
        fmt::format("{}: stopped while preparing texts: a signal came. What was read "
                    "and encoded is kept; the same command goes on from there.",
                    folder_.string()));
  }

  void begin(const corpus::Preparation& what, bool are_texts) {
    const corpus::TextEstimate texts = what.estimated_texts();  // reads: last words may come
    const std::lock_guard lock(mutex_);
    begin_ = Clock::now();
    has_tokenizer_ = what.has_tokenizer();
    std::uint64_t bytes = 0;
    for (std::size_t unit = 0; unit < what.unit_count(); ++unit) bytes += what.unit_bytes(unit);
    if (!are_texts) {
      screen_.say(
          fmt::format("Looking through {} of tokens for {}", size_text(bytes), folder_.string()));
      return;
    }
    std::string sources = bytes > 0 ? size_text(bytes) + " of files" : "";
    if (what.has_programs())
      sources += std::string(sources.empty() ? "" : " and ") + "what programs print";
    screen_.say(fmt::format("Preparing {} in {}", sources, folder_.string()));
    tell_of_room(texts);
    stage_begin_ = last_ = Clock::now();
  }

  void progress(const spread::PrepareProgress& now) {
    constexpr double every = 0.5;
    const std::lock_guard lock(mutex_);
    if (now.stage != stage_) {
      stage_ = now.stage;
      stage_begin_ = last_ = Clock::now();
      if (now.stage == spread::PrepareStage::settling && has_tokenizer_)
        screen_.progress("  settling what is trained on, and the tokenizer");
      return;
    }
    if (now.done == 0 || seconds_since(last_) < every) return;
    last_ = Clock::now();
    const double rate = static_cast<double>(now.done) / seconds_since(stage_begin_);
    const std::string speed = size_text(static_cast<std::uint64_t>(rate)) + "/s";
    const char* what = now.stage == spread::PrepareStage::reading    ? "read"
                       : now.stage == spread::PrepareStage::encoding ? "encoded"
                                                                     : "in place";
    if (now.all == 0) {
      screen_.progress(fmt::format("  {} {}, {}", size_text(now.done), what, speed));
      return;
    }
    const double left = static_cast<double>(now.all - std::min(now.done, now.all)) / rate;
    screen_.progress(fmt::format("  {} of {} {}, {}, {} left", size_text(now.done),
                                 size_text(now.all), what, speed, core::format_seconds(left)));
  }

  void end() {
    const std::lock_guard lock(mutex_);
    screen_.end_progress();
    screen_.say(fmt::format("  prepared in {}", core::format_seconds(seconds_since(begin_))));
  }

 private:
  /// What it will take of the disk, if that can be foreseen.
  void tell_of_room(const corpus::TextEstimate& texts) {
    std::error_code unknown;
    const auto space = fs::space(folder_, unknown);
    std::string words;
    if (texts.bytes > 0) {
      // A byte of text becomes a byte of the store, and lies beside it until that is complete. A
      // token of a tokenizer takes 2 or 4 bytes, and stands for 2 bytes of text or more as a rule.
      const double needed = 2.0 * static_cast<double>(texts.bytes);
      words = fmt::format(
          "about {} of texts{}; until they are prepared they take {}", size_text(texts.bytes),
          texts.are_filtered ? ", of which `where` or `by` takes some" : "",
          has_tokenizer_ ? "about twice that, more with a small vocabulary" : "twice that");
      if (!unknown && needed > static_cast<double>(space.available))
        screen_.warn(
            fmt::format("{}: {} are free, and about {} may be needed. Say `corpus: "
                        "{{store: FOLDER}}` with a folder on another disk if it fills",
                        folder_.string(), size_text(space.available),
                        size_text(static_cast<std::uint64_t>(needed))));
    }
    if (!unknown)
      words +=
          fmt::format("{}{} are free there", words.empty() ? "" : "; ", size_text(space.available));
    if (!words.empty()) screen_.say("  " + words);
  }

  std::mutex mutex_{};
  Screen& screen_;
  fs::path folder_;
  Clock::time_point begin_{}, stage_begin_{Clock::now()}, last_{Clock::now()};
  spread::PrepareStage stage_ = spread::PrepareStage::reading;
  bool has_tokenizer_ = false;  // which takes its time
};

/// How long nothing was written into the pieces of a store, as its file system says.
double seconds_of_silence(const fs::path& folder) {
  double least = std::numeric_limits<double>::infinity();
  std::error_code gone;
  for (const auto& file : fs::directory_iterator(folder / "pieces", gone))
    least = std::min(least, store::seconds_since_written(file.path()));
  return least;
}

/// Ends this process in words when a signal comes. What was prepared is kept.
LongWork::Hooks ended_by_signal(const par::Comm& comm, Teller& teller) {
  LongWork::Hooks hooks{.is_to_stop = [] { return stop_by_signal().stop_requested(); },
                        .end = [] { std::_Exit(static_cast<int>(core::ExitCode::interrupted)); }};
  if (comm.is_root())
    hooks.last_words = [&teller] { teller.last_words(); };
  else
    hooks.end_after = std::chrono::seconds(2);  // the root has its say first
  return hooks;
}

/// The lock of a store; waits while another process holds it. Where there are no locks, one that
/// was killed seems to hold it for good: it is given up once it has written nothing for much longer
/// than a program that prints texts may be silent.
/// @param silence seconds for which such a program may be silent
std::unique_ptr<store::FolderLock> lock_store(Screen& screen, const fs::path& folder,
                                              double silence) {
  constexpr auto look_every = std::chrono::seconds(1);
  // A tokenizer is trained in silence, too.
  const double given_up_after = std::max(1200.0, 2.0 * silence);
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
  {
    const WatchedWork watch(ended_by_signal(comm, teller));
    spread::prepare_over_ranks(
        comm, campaign.corpus, folder,
        {.begin =
             [&](const corpus::Preparation& what) {
               lock = lock_store(screen, folder, campaign.corpus.silence);
               teller.begin(what, campaign.corpus.tokens.width == 1);
             },
         .progress = [&](const spread::PrepareProgress& now) { teller.progress(now); },
         .end = [&] { teller.end(); }});
  }
  par::collectively(comm, [&] {
    corpus::Selection selection{.seed = campaign.seed, .pack = campaign.corpus.pack};
    for (const corpus::DomainFiles& files : campaign.corpus.domains)
      selection.fraction.push_back(campaign.corpus.fraction * files.fraction);
    corpus = corpus::Corpus::prepared(folder, selection);
  });
  return *corpus;
}

}  // namespace bimix::run
