#include "metrics.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace bimix::replay {
namespace {

constexpr std::string_view separators = "/_-.:()[],= ";

struct Word {
  std::string text;
  std::size_t begin, end;
  int part;  ///< parts of a name stand between `/`

  bool is(std::initializer_list<std::string_view> list) const {
    return std::find(list.begin(), list.end(), text) != list.end();
  }
};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// CamelCase: between `aB`, and before the last capital of `ABc`.
bool begins_word(std::string_view name, std::size_t at) {
  if (!is_upper(name[at])) return false;
  return is_lower(name[at - 1]) ||
         (is_upper(name[at - 1]) && at + 1 < name.size() && is_lower(name[at + 1]));
}

std::vector<Word> plain_words(std::string_view name) {
  std::vector<Word> words;
  int part = 0;
  bool is_open = false;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (separators.find(name[at]) != std::string_view::npos) {
      if (name[at] == '/') ++part;
      is_open = false;
      continue;
    }
    if (!is_open || begins_word(name, at)) words.push_back({"", at, at, part});
    is_open = true;
    words.back().text += is_upper(name[at]) ? static_cast<char>(name[at] - 'A' + 'a') : name[at];
    words.back().end = at + 1;
  }
  return words;
}

/// Several words that mean one thing.
struct Phrase {
  std::vector<std::string_view> words;
  std::string_view meaning;
};

const std::vector<Phrase>& phrases() {
  static const std::vector<Phrase> known{
      {{"negative", "log", "likelihood"}, "nll"},
      {{"log", "likelihood"}, "likelihood"},
      {{"cross", "entropy"}, "ce"},
      {{"log", "perplexity"}, "logppl"},
      {{"log", "ppl"}, "logppl"},
      {{"bits", "per", "byte"}, "bpb"},
      {{"bits", "per", "token"}, "bits"},
      {{"per", "token"}, "token"},
      {{"held", "out"}, "heldout"},
  };
  return known;
}

std::vector<Word> words_of(std::string_view name) {
  const std::vector<Word> plain = plain_words(name);
  std::vector<Word> words;
  for (std::size_t at = 0; at < plain.size();) {
    const auto begins = [&](const Phrase& phrase) {
      return at + phrase.words.size() <= plain.size() &&
             std::equal(phrase.words.begin(), phrase.words.end(),
                        plain.begin() + static_cast<std::ptrdiff_t>(at),
                        [](std::string_view text, const Word& word) { return text == word.text; });
    };
    const auto phrase = std::find_if(phrases().begin(), phrases().end(), begins);
    const std::size_t length = phrase == phrases().end() ? 1 : phrase->words.size();
    Word word = plain[at];
    if (phrase != phrases().end()) word.text = phrase->meaning;
    word.end = plain[at + length - 1].end;
    words.push_back(std::move(word));
    at += length;
  }
  return words;
}

bool is_evaluation(const Word& word) {
  return word.is({"eval", "evals", "evaluation", "val", "valid", "validation"});
}
/// Words for evaluation that are also names of sets.
bool is_weak_evaluation(const Word& word) { return word.is({"dev", "test", "heldout", "holdout"}); }
bool is_training(const Word& word) { return word.is({"train", "training"}); }
bool is_exact(const Word& word) { return word.is({"ce", "xent", "crossentropy", "nll", "logppl"}); }
bool is_perplexity(const Word& word) { return word.is({"ppl", "perplexity"}); }
bool is_measure(const Word& word) {
  return is_exact(word) || is_perplexity(word) || word.is({"loss", "bpb", "bits", "log10"});
}
bool is_filler(const Word& word) {
  return word.is(
      {"lm", "language", "token", "tokens", "metric", "metrics", "nats", "entropy", "summary"});
}
/// What a loss is not when such a word stands beside it.
bool is_derived(const Word& word) {
  return word.is(
      {"std",       "stddev",     "stdev",  "stderr",    "sem",      "var",    "variance",
       "min",       "minimum",    "max",    "maximum",   "ema",      "sma",    "smooth",
       "smoothed",  "best",       "worst",  "case",      "lower",    "upper",  "bound",
       "ci",        "z",          "aux",    "auxiliary", "moe",      "router", "balance",
       "balancing", "kl",         "reg",    "penalty",   "grad",     "norm",   "delta",
       "diff",      "difference", "excess", "gap",       "ratio",    "ref",    "reference",
       "initial",   "scale",      "count",  "sum",       "time",     "mtp",    "char",
       "chars",     "bpc",        "word",   "document",  "sequence", "example"});
}
bool is_score(const Word& word) {
  return word.is({"acc", "accuracy", "f1", "em", "match", "bleu", "rouge", "auc", "mcc", "score",
                  "reward", "likelihood", "precision", "recall"});
}
bool is_average(const Word& word) { return word.is({"avg", "average", "mean", "macro", "micro"}); }
/// v2, fp32, raw: one more version of the loss before it.
bool is_version(const Word& word) {
  const bool is_numbered = word.text.size() > 1 && word.text.front() == 'v' &&
                           std::all_of(word.text.begin() + 1, word.text.end(),
                                       [](char c) { return c >= '0' && c <= '9'; });
  return is_numbered || word.is({"fp32", "bf16", "fp16", "raw", "unweighted", "unnormalized"});
}

template <class Claim>
bool any_of(const std::vector<Word>& words, const Claim& claim) {
  return std::any_of(words.begin(), words.end(), claim);
}

/// Takes the words off both ends that say what a metric is; what stays names the set.
class Stripped {
 public:
  explicit Stripped(std::vector<Word> words)
      : words_(std::move(words)), is_weak_(!any_of(words_, is_evaluation)), back_(words_.size()) {
    drop_other_axis();
    while (front_ < back_ && take_front()) ++front_;
    while (front_ < back_ && take_back()) --back_;
    drop_name_space();
    drop_variant();
    if (!any_of(taken_, is_measure)) find_measure_inside();
  }

  const std::vector<Word>& taken() const { return taken_; }
  bool is_weak() const { return is_weak_; }
  bool is_derived_loss() const { return is_derived_; }
  bool is_other_version() const { return is_version_; }
  std::vector<Word> middle() const {
    return {words_.begin() + static_cast<std::ptrdiff_t>(front_),
            words_.begin() + static_cast<std::ptrdiff_t>(back_)};
  }

 private:
  bool says_nothing(const Word& word) const {
    return is_evaluation(word) || (is_weak_ && is_weak_evaluation(word)) || is_measure(word) ||
           is_filler(word);
  }
  bool take(const Word& word) {
    taken_.push_back(word);
    return true;
  }
  /// `... vs samples`: the same loss over another axis.
  void drop_other_axis() {
    if (back_ < 2 || words_[back_ - 2].text != "vs" ||
        !words_[back_ - 1].is({"samples", "tokens", "time", "epoch", "epochs", "steps"}))
      return;
    is_derived_ = true;
    back_ -= 2;
  }
  bool take_front() {
    const Word& word = words_[front_];
    if (says_nothing(word)) return take(word);
    if (is_other_model(word)) return is_derived_ = true;
    const bool is_beside = front_ + 1 < back_ && says_nothing(words_[front_ + 1]) &&
                           words_[front_ + 1].part == word.part;
    if (!is_beside || !is_derived(word)) return false;
    return is_derived_ = true;
  }
  bool take_back() {
    const Word& word = words_[back_ - 1];
    if (says_nothing(word)) return take(word);
    const bool follows_measure = back_ >= front_ + 2 && is_measure(words_[back_ - 2]);
    const bool precedes_measure =
        back_ < words_.size() && is_measure(words_[back_]) && words_[back_].part == word.part;
    if (is_derived(word) && (follows_measure || precedes_measure)) return is_derived_ = true;
    if (is_version(word) && follows_measure) return is_version_ = true;
    return is_average(word) && follows_measure;  // over the set's batches
  }
  /// `eval_ema/web/loss`: the loss of averaged weights.
  bool is_other_model(const Word& word) const {
    return word.is({"ema", "sma", "swa", "smoothed"}) && front_ > 0 &&
           is_evaluation(words_[front_ - 1]) && front_ + 1 < back_ &&
           words_[front_ + 1].part != word.part && !says_nothing(words_[front_ + 1]);
  }
  /// `web/loss_median`: the last part begins with the loss of the set before it, and is not that.
  void drop_variant() {
    if (back_ == front_) return;
    std::size_t begin = back_ - 1;
    while (begin > front_ && words_[begin - 1].part == words_[back_ - 1].part) --begin;
    if (begin == front_ || !is_measure(words_[begin])) return;
    taken_.push_back(words_[begin]);
    is_derived_ = true;
    back_ = begin;
  }
  /// `run/eval/web/loss`: what stands before a part that says no more than that this is an
  /// evaluation is no set, if a name follows.
  void drop_name_space() {
    for (std::size_t i = front_ + 1; i + 1 < back_; ++i) {
      const Word& word = words_[i];
      if (is_evaluation(word) && words_[i - 1].part != word.part && words_[i + 1].part != word.part)
        front_ = i + 1;
    }
  }
  /// `web_eval_loss_x`: the name of the set is not parted from the rest.
  void find_measure_inside() {
    for (std::size_t i = front_; i < back_; ++i)
      if (words_[i].text == "loss") taken_.push_back(words_[i]);
    if (back_ > front_ && is_derived(words_[back_ - 1]) && any_of(taken_, is_measure))
      is_derived_ = true;
  }

  std::vector<Word> words_, taken_{};
  bool is_weak_, is_derived_ = false, is_version_ = false;
  std::size_t front_ = 0, back_;
};

LossScale scale_of(const std::vector<Word>& taken) {
  if (any_of(taken, [](const Word& word) { return word.text == "bpb"; }))
    return LossScale::bits_per_byte;
  if (any_of(taken, [](const Word& word) { return word.text == "bits"; })) return LossScale::bits;
  if (any_of(taken, [](const Word& word) { return word.text == "log10"; })) return LossScale::log10;
  return any_of(taken, is_perplexity) ? LossScale::perplexity : LossScale::nats;
}

/// Cross entropies before what may hold more than them, nats before other scales, validation
/// before tests.
int version_of(const Stripped& stripped, LossScale scale) {
  constexpr int unlike_loss = 1, other_version = 2, other_scale = 4, weak = 16;
  return (any_of(stripped.taken(), is_exact) ? 0 : unlike_loss) +
         (stripped.is_other_version() ? other_version : 0) +
         other_scale * static_cast<int>(scale != LossScale::nats) +
         other_scale * static_cast<int>(scale == LossScale::bits_per_byte) +
         (stripped.is_weak() ? weak : 0);
}

Metric::Kind kind_of(const Stripped& stripped, LossScale scale) {
  const std::vector<Word> middle = stripped.middle();
  const auto all = [&](bool (*claim)(const Word&)) {
    return !middle.empty() && std::all_of(middle.begin(), middle.end(), claim);
  };
  if (!any_of(stripped.taken(), is_measure))
    return !middle.empty() && is_score(middle.back()) ? Metric::Kind::score : Metric::Kind::other;
  if (all(is_training)) return Metric::Kind::other;
  if (stripped.is_derived_loss()) return Metric::Kind::derived;
  return scale == LossScale::perplexity ? Metric::Kind::perplexity : Metric::Kind::loss;
}

}  // namespace

Metric metric_of(std::string_view name) {
  const std::vector<Word> words = words_of(name);
  auto evaluation = std::find_if(words.begin(), words.end(), is_evaluation);
  if (evaluation == words.end())
    evaluation = std::find_if(words.begin(), words.end(), is_weak_evaluation);
  if (evaluation == words.end() || std::any_of(words.begin(), evaluation, is_training)) return {};
  const Stripped stripped(words);
  Metric metric{.scale = scale_of(stripped.taken())};
  metric.kind = kind_of(stripped, metric.scale);
  metric.version = version_of(stripped, metric.scale);
  const std::vector<Word> middle = stripped.middle();
  metric.needs_domain =  // eval/time/loss, eval/z/loss
      !middle.empty() && std::all_of(middle.begin(), middle.end(), is_derived);
  metric.set = middle.empty() ? std::string("all")
                              : std::string(name.substr(middle.front().begin,
                                                        middle.back().end - middle.front().begin));
  return metric;
}

Metric plain_metric_of(std::string_view name) {
  const std::vector<Word> words = words_of(name);
  Metric metric{.kind = Metric::Kind::loss, .set = std::string(name)};
  if (words.empty()) return metric;
  const Stripped stripped(words);
  metric.says_loss = any_of(stripped.taken(), is_measure);
  metric.needs_domain = !metric.says_loss;
  metric.scale = scale_of(stripped.taken());
  if (metric.says_loss) metric.kind = kind_of(stripped, metric.scale);
  if (is_score(words.back()) || (words.size() > 1 && is_score(words[words.size() - 2])))
    metric.kind = Metric::Kind::score;  // arc_easy_acc, arc_easy_acc_norm
  return metric;
}

std::string metrics_rule(const std::vector<std::string>& seen, bool are_told) {
  constexpr std::size_t most = 8;
  std::vector<std::string> names;  // each once
  for (const std::string& name : seen)
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  const std::string rule = are_told ? "none is one of the losses that were named"
                                    : "its name has eval or validation and loss, such as "
                                      "eval/arxiv_loss";
  return names.empty() ? rule : rule + "; here are " + core::join_some(names, most);
}

std::optional<std::string> wildcard_match(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos)
    return pattern == name ? std::optional(std::string(name)) : std::nullopt;
  const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  if (name.size() <= head.size() + tail.size() || !name.starts_with(head) || !name.ends_with(tail))
    return std::nullopt;
  return std::string(name.substr(head.size(), name.size() - head.size() - tail.size()));
}

MetricNames::MetricNames(const ReplayOptions& options) {
  for (const std::string& entry : options.losses) {
    const std::size_t equals = entry.find('=');
    Told told{.pattern = std::string(core::trimmed(entry.substr(equals + 1)))};  // npos + 1 is 0
    if (equals != std::string::npos) told.set = core::trimmed(entry.substr(0, equals));
    if (told.pattern.empty() || (equals != std::string::npos && told.set.empty()) ||
        std::count(told.pattern.begin(), told.pattern.end(), '*') > 1)
      throw core::UsageError(
          {.place = "replay.losses",
           .problem = "'" + entry + "' names no metric",
           .rule = "METRIC or SET=METRIC, with at most one * for the set's name",
           .remedy = "Write for example --losses 'eval/*/ce' or --losses web=val_ce"});
    told_.push_back(std::move(told));
  }
}

Metric MetricNames::operator()(const std::string& name) const {
  Metric metric = metric_of(name);
  if (told_.empty()) return metric;
  metric.kind = Metric::Kind::other;
  for (const Told& told : told_) {
    const auto match = wildcard_match(told.pattern, name);
    if (!match) continue;
    const bool is_whole = told.pattern.find('*') == std::string::npos;
    metric.kind = Metric::Kind::loss;
    metric.version = 0;
    metric.needs_domain = false;
    metric.says_loss = plain_metric_of(name).says_loss;
    if (!told.set.empty())
      metric.set = told.set;
    else if (!is_whole || metric.set.empty())
      metric.set = *match;
    break;
  }
  return metric;
}

}  // namespace bimix::replay
