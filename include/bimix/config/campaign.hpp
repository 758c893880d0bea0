#pragma once

#include <bimix/corpus/corpus.hpp>
#include <bimix/data/records.hpp>
#include <bimix/entropy/entropy.hpp>
#include <bimix/law/options.hpp>
#include <bimix/mix/options.hpp>
#include <bimix/plan/design.hpp>
#include <bimix/proxy/options.hpp>
#include <bimix/replay/loss_log.hpp>
#include <bimix/trial/command_source.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::config {

/// The `check:` block: which mixtures are trained to hold the recommendation against its
/// prediction.
struct CheckOptions {
  bool enabled = true;
  std::vector<std::string> mixtures{"default", "optimum"};
  int repeats = 2;
  std::int64_t tokens = 0;  ///< 0: the smaller of optimize.tokens and the largest trained volume
  bool operator==(const CheckOptions&) const = default;
};

/// `unique_tokens: auto`, before the corpus is measured.
inline constexpr double unique_tokens_auto = -1.0;

enum class SourceKind { proxy, replay, command };

/// A campaign file as option structs of the layers; the YAML ends here.
struct Campaign {
  std::string name{};
  std::uint64_t seed = 1;
  data::DomainSet domains{};
  /// Where relative paths start, absolute: the folder of the campaign's file, or its `base:`. Empty
  /// if it names none.
  std::filesystem::path base{};
  data::Mixture default_mixture{};  ///< K
  data::Pools unique_tokens{};      ///< K; where `auto` is not yet counted unique_tokens_auto
  SourceKind source = SourceKind::proxy;
  corpus::CorpusOptions corpus{};  ///< no domains where no text is named
  proxy::ProxyOptions proxy{};
  replay::ReplayOptions replay{};
  trial::CommandOptions command{};
  plan::DesignOptions design{};
  entropy::EntropyOptions entropy{};
  law::FitOptions fit{};
  mix::OptimizeOptions optimize{};  ///< tokens 0: the largest trained volume
  CheckOptions check{};
};

/// The volume of the run whose repetitions trials are to have; 0: they have those of their own.
std::int64_t epochs_target(const Campaign& campaign);

/// The volume that the recommended mixture is for: optimize.tokens, or epochs_target, or the
/// largest that is trained. @param largest of these; 0: not known
double target_tokens(const Campaign& campaign, double largest);

/// How far a reader of campaigns looks at the files that they name; each one includes those before.
enum class Look {
  stored,    ///< nowhere; of a run folder, whose earlier version may have taken what is now refused
  nowhere,   ///< mixtures from a file that is not there are left out
  mixtures,  ///< mixtures are read from their files
  data,      ///< texts, logs and tables of mixtures must be there
  programs   ///< and the program that trains
};

/// Reads a campaign, checking everything that can be checked without opening data.
/// @param text YAML
/// @param file its name in messages, and where relative paths start
/// @throws UsageError listing every mistake, one a line, each with file, line, column and key; the
///         same as DataError if all that is wrong is that files are missing
Campaign parse_campaign(std::string_view text, const std::string& file, Look look = Look::mixtures);

/// The same from a file. @throws DataError if it cannot be read
Campaign read_campaign(const std::filesystem::path& path, Look look = Look::mixtures);

/// The campaign's text with its `base:` set, so that a copy finds the same files from wherever it
/// lies. All else stays as it was written.
std::string with_base(const std::string& text, const std::filesystem::path& base);

/// The campaign with every default written out, as YAML that parse_campaign reads back to the same
/// campaign.
std::string resolved_yaml(const Campaign& campaign);

/// A campaign with these mixtures as one more `list` of its design. Keys and values stay as they
/// were written; comments are lost.
/// @param text YAML that parse_campaign reads
std::string with_more_mixtures(const std::string& text, const std::vector<std::string>& domains,
                               const std::vector<data::Mixture>& mixtures);

/// The campaign without what is only derived from its trials (fit, optimize, check, unique tokens)
/// and without how trials are run (threads and ranks that share one, what is saved of them,
/// where a command's program lies, how often and how long it is tried), which changes no bit: two
/// campaigns whose trained parts are the same have the same trials.
Campaign trained_part(Campaign campaign);

/// The campaign's form as a JSON Schema (draft 2020-12), for editors. It knows keys, kinds and
/// ranges; what values mean together only parse_campaign knows.
std::string campaign_schema();

/// Every key of a campaign with its meaning and default, for `bimix help campaign`.
std::string campaign_keys();

}  // namespace bimix::config
