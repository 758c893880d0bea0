#pragma once

#include <bimix/replay/loss_log.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::replay {

/// What a logged number is.
enum class LossScale {
  nats,           ///< a token
  bits,           ///< a token
  log10,          ///< a token
  perplexity,     ///< exp of nats a token
  bits_per_byte,  ///< of text, whatever the tokens are
};

/// What the name of a metric says.
struct Metric {
  enum class Kind {
    loss,        ///< of an evaluation set
    derived,     ///< a spread, bound, smoothed value or part of such a loss, or over another axis
    perplexity,  ///< of an evaluation set
    score,       ///< of an evaluation set, better when larger
    other        ///< of training, or nothing of the sort
  };
  Kind kind = Kind::other;
  std::string set{};                  ///< "all" where the name names none
  LossScale scale = LossScale::nats;  ///< as the name says; nats where it says nothing
  int version = 0;                    ///< of two losses of one set the lower one is read
  bool says_loss = true;              ///< the name has a word for a loss
  /// Is read only where a training domain has the set's name: the name may say something else.
  bool needs_domain = false;
  bool operator==(const Metric&) const = default;
};

/// Told by the name alone, which is taken apart at / _ - . : ( ) and blanks and at CamelCase. An
/// evaluation loss has a word for evaluation (eval, val, valid, validation; dev, test, heldout
/// where none of these is) and one for a loss (loss, ce, xent, cross entropy, nll, log perplexity,
/// bpb, bits per byte). The set is what stays when such words and lm, language, token, metric are
/// taken off both ends. Words for training make it a training loss where they come before those
/// for evaluation, or are all that stays; anywhere else they are part of the set's name.
///
///     eval_arxiv_loss -> arxiv       metrics/eval/web/LanguageCrossEntropy -> web
///     eval/loss -> all               eval/train_tickets/loss -> train_tickets
Metric metric_of(std::string_view name);

/// The same for a name in a table of evaluations, which need not say so: a loss unless it says that
/// it is something else, though one that needs a domain where it does not say loss. The set is the
/// whole name.
///
///     web -> a loss of web, if there is a domain web     arc_easy_bpb -> of arc_easy_bpb, per byte
///     arc_easy_acc -> a score
Metric plain_metric_of(std::string_view name);

/// A pattern with at most one `*`, which stands for any text. @return what the `*` stands for, the
/// whole name where there is none; nothing if it does not match
std::optional<std::string> wildcard_match(std::string_view pattern, std::string_view name);

/// The metrics of a log under the user's options: with `losses` those and no others.
class MetricNames {
 public:
  /// @throws UsageError for an entry of `losses` that is none
  explicit MetricNames(const ReplayOptions& options);

  Metric operator()(const std::string& name) const;
  bool are_told() const { return !told_.empty(); }

 private:
  struct Told {
    std::string set{};  ///< empty: what the `*` stands for
    std::string pattern{};
  };
  std::vector<Told> told_{};
};

/// For messages about a log in which no metric is read: the rule, with the metrics that are there.
/// @param are_told whether the user named the losses
std::string metrics_rule(const std::vector<std::string>& seen, bool are_told);
inline constexpr const char* metrics_remedy =
    "Name the metrics that are: --losses METRIC, --losses SET=METRIC or --losses 'eval/*/METRIC' "
    "(`losses: [...]` in the campaign's replay)";

}  // namespace bimix::replay
