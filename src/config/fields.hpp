#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/core/text.hpp>
#include <bimix/mix/objective.hpp>

#include <limits>

/// The blocks of a campaign whose keys are plain values, each described once. A visitor reads them
/// (Reader), writes them (Writer) or lists them (KeyList, SchemaKeys).
namespace bimix::config {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
/// Above zero.
inline constexpr double positive = std::numeric_limits<double>::min();
inline constexpr int any_int = std::numeric_limits<int>::max();
inline constexpr std::int64_t any_count = std::numeric_limits<std::int64_t>::max();
/// A thousand trillion: beyond all text there is, and sums of volumes stay far within 63 bits.
inline constexpr std::int64_t most_tokens = 1'000'000'000'000'000;

/// Without the domains and what their tokens are.
template <class Visitor>
void describe(Visitor& v, corpus::CorpusOptions& o) {
  v.text("store", o.store,
         "folder for what is prepared of texts; empty: `prepared`, beside the run's folder");
  v.number("eval_fraction", o.eval_fraction, {0.001, 0.5},
           "of a domain without `eval`: the part that is held out");
  v.word("on_error", o.on_error, "of a document that cannot be read: stop, or skip and count");
  v.number("silence", o.silence, {1, 1e6},
           "seconds for which a program of `read` may print nothing before it counts as hung");
  v.count("max_document", o.max_document, {1, 1'000'000'000'000},
          "bytes of a line of JSON Lines, or of a text in a packed file");
  v.count("end_of_document", o.end_of_document, {-1, (1 << 20) - 1},
          "of files of tokens: the token between documents, where no index tells; -1: none");
  v.number("fraction", o.fraction, {positive, 1},
           "of each domain's training tokens to use: documents in a seeded order");
  v.word("pack", o.pack, "sequences go across documents, or stay within each");
}

template <class Visitor>
void describe(Visitor& v, corpus::TokenizerOptions& o) {
  v.text("sentencepiece", o.sentencepiece, "a .model file that texts are encoded by");
  v.whole(
      "train", o.train, {0, 65536},
      "vocabulary of a model to train on a sample of the texts, in the default mixture; 0: none");
}

template <class Visitor>
void describe(Visitor& v, plan::AdaptiveOptions& o) {
  v.whole("start", o.start, {2, 100'000},
          "mixtures it begins with: those above, and others far from them");
  v.whole("batch", o.batch, {1, 100'000}, "mixtures of a round");
  v.parsed("budget", o.budget, "of all rounds: trials, FLOP (of proxies), or a time");
}

template <class Visitor>
void describe(Visitor& v, plan::Until& o) {
  v.number("gain", o.gain, {0, 100},
           "no further round when the best mixture known is within so many nats of the best");
  v.number("confidence", o.confidence, {0.5, 0.999}, "with this probability");
}

template <class Visitor>
void describe(Visitor& v, proxy::ProxyOptions& o) {
  v.text("model", o.model, "transformer, or ngram: counts, tens of times cheaper");
  v.whole("layers", o.layers, {1, 1000}, "transformer blocks");
  v.whole("width", o.width, {2, 65536}, "of the residual stream; a multiple of heads");
  v.whole("heads", o.heads, {1, 1024}, "attention heads");
  v.whole("order", o.order, {1, 32}, "ngram: length of the longest");
  v.whole("vocabulary", o.vocabulary, {2, 1 << 20}, "of the tokenizer; 256 for tokens: bytes");
  v.whole("context", o.context, {1, 1 << 20}, "tokens of a training sequence");
  v.whole("batch", o.batch, {1, 1 << 20}, "sequences of an optimiser step");
  v.target("match_epochs", o.match_target,
           "train on so small a part of each domain that it repeats as a run of `target` tokens on "
           "all");
  v.number("learning_rate", o.learning_rate, {0, 10}, "after warm-up; 0: by width");
  v.whole("warmup_steps", o.warmup_steps, {0, any_int}, "the learning rate rises over these");
  v.word("schedule", o.schedule, "constant; cosine or wsd, with volumes.axis: independent");
  v.number("final_rate", o.final_rate, {0, 1}, "where a decay ends, as part of learning_rate");
  v.number("decay_fraction", o.decay_fraction, {positive, 1}, "wsd: the part of a run that decays");
  v.number("weight_decay", o.weight_decay, {0, 10}, "AdamW");
  v.number("beta1", o.beta1, {0, 1}, "AdamW");
  v.number("beta2", o.beta2, {0, 1}, "AdamW");
  v.number("clip", o.clip, {positive, infinity}, "largest norm of the gradient");
  v.parsed("reweight", o.reweight,
           "weigh sequences as published: linupper, quadratic or extremes; or a number up to 20: "
           "weigh down what is predicted well; 0: all alike");
  v.number("reweight_temperature", o.reweight_temperature, {positive, infinity},
           "of these three: the lower, the more weights differ; 1 unless said");
  v.whole("reweight_after", o.reweight_after, {0, any_int}, "steps before that begins");
  v.whole("eval_sequences", o.eval_sequences, {1, any_int}, "of context tokens, a domain");
  v.word("precision", o.precision,
         "of products: fp32, bf16; auto: bf16 where this machine has fast instructions for it");
  v.whole("micro_batch", o.micro_batch, {0, any_int},
          "sequences whose gradients are summed in turn; 0: chosen");
  v.whole("threads_per_trial", o.threads_per_trial, {1, any_int},
          "share the micro-batches; same bits");
  v.whole("ranks_per_trial", o.ranks_per_trial, {1, any_int},
          "ranks that train one model together; same bits");
  v.text("checkpoint_every", o.checkpoint_every,
         "what a kill may cost: 30s, 2m, 1h; 0s: each step");
  v.word("keep_models", o.keep_models,
         "of ended trials, for --extend to larger volumes: always, never; auto: up to 4 GiB");
  v.word("isa", o.isa,
         "widest instructions to use: auto, baseline, avx2, avx512, avx512_bf16 or amx");
}

template <class Visitor>
void describe(Visitor& v, replay::ReplayOptions& o) {
  v.words("files", o.files, "logs to read; globs are expanded");
  v.text("format", o.format, "auto, or a format's name");
  v.flag("normalise", o.normalise, "divide a run's shares by their sum");
  v.text("mixtures", o.mixtures, "table of the runs' mixtures, where logs have none");
  v.text("pools", o.pools, "table of the domains' unique tokens, perhaps by run");
  v.words("domains", o.domains, "names of shares that a log gives without names");
  v.words("losses", o.losses, "metrics that are losses: METRIC or SET=METRIC, * for the set");
  v.count("tokens_per_step", o.tokens_per_step, {0, most_tokens}, "of logs that count steps");
  v.count("tokens", o.tokens, {0, most_tokens}, "volume of logs that tell none");
  v.count("parameters", o.parameters, {0, most_tokens},
          "keep the runs of this model size; 0: of all");
  v.choice("unit", o.unit, "what the logged losses are in; auto: as the logs say");
}

template <class Visitor>
void describe(Visitor& v, trial::CommandOptions& o) {
  v.words("run", o.run, "program and arguments; {mixture.json} {dir} {id} {seed} {tokens} ...");
  v.text("program", o.program,
         "run instead of the first word of `run`, which is called so in trials; empty: itself");
  v.text("losses", o.losses, "the table that it writes");
  v.text("timeout", o.timeout, "of one attempt: 30m, 6h, 2d; empty: none");
  v.whole("retries", o.retries, {0, 1000}, "further attempts where it exits with 75");
  v.whole("per_node", o.per_node, {0, 1 << 20}, "at most so many at a time on a node; 0: any");
  v.flag("resumes", o.resumes, "goes on from its {dir} after a stop; may be started late");
  v.count("tokens_per_step", o.tokens_per_step, {1, most_tokens}, "volumes are whole multiples");
  v.target(
      "simulate_epochs", o.simulate_target,
      "tell the command, in mixture.json, on which fraction of each domain it repeats as a run "
      "of `target` tokens on all");
}

template <class Visitor>
void describe(Visitor& v, entropy::EntropyOptions& o) {
  v.words("measures", o.measures, "of shannon, joint, conditional, von-neumann");
  v.flag("miller_madow", o.miller_madow, "correct the bias of small samples");
  v.flag("equal_tokens", o.equal_tokens, "compare domains at the size of the smallest");
  v.whole("samples", o.samples, {1, 1 << 24}, "texts a domain for von-neumann");
  v.whole("sample_tokens", o.sample_tokens, {1, 1 << 24}, "length of each");
  v.whole("dimension", o.dimension, {1, 1 << 14}, "of their vectors");
  v.count("memory", o.memory, {1'000'000, any_count},
          "about so many bytes a rank for pairs of tokens; more passes where they take more");
}

template <class Visitor>
void describe(Visitor& v, law::FitOptions& o) {
  v.text("law", o.law, "form of the loss; all compares every law, auto uses the best of them");
  v.word("residual", o.residual, "relative, plain or log");
  v.number("huber", o.huber, {0, infinity},
           "larger residuals count by their size, not its square; 0: none");
  v.number("shrinkage", o.shrinkage, {0, infinity}, "strength of a law's own prior; 0: none");
  v.whole("bootstrap", o.bootstrap, {0, 1'000'000}, "resamples over mixtures");
  v.number("level", o.level, {0, 1}, "of the intervals");
  v.number("min_tokens", o.min_tokens, {0, infinity}, "smaller volumes are not fitted");
  v.whole("folds", o.folds, {0, any_int}, "held-out folds of mixtures; 0: chosen");
}

/// Without the values that are a map over domains (weights, floor, cap).
template <class Visitor>
void describe(Visitor& v, mix::OptimizeOptions& o) {
  v.number("tokens", o.tokens, {0, most_tokens},
           "volume the mixture is for; 0: the target of match_epochs, or the largest trained");
  v.number("parameters", o.model_size, {0, most_tokens},
           "of the model it is for, where logs have several sizes; 0: the largest common one");
  v.text("objective", o.objective, core::join_words(mix::objective_names(), "or").c_str());
  v.number("radius", o.radius, {positive, infinity},
           "of kl and chi-squared: how far weights may go");
  v.text("reference", o.reference,
         "what worst, groups, kl and chi-squared count rises from: a preset, or best: the least "
         "that each set can have");
  v.flag("less_error", o.less_error,
         "count each rise less by the error of its prediction, so that noise is not the worst");
  v.number("repetition", o.repetition, {0, infinity},
           "R*: epochs after which repeated tokens of unique_tokens are worth little; 0: as new");
  v.parsed("max_epochs", o.max_epochs,
           "over unique_tokens: seen (as many as a run gave any domain), none, or a number");
  v.text("prior", o.prior,
         "none, or a preset that the optimum is drawn to as far as the data leave it open");
  v.flag("extrapolate", o.extrapolate, "allow shares outside the range that was tried");
}

template <class Visitor>
void describe(Visitor& v, CheckOptions& o) {
  v.flag("enabled", o.enabled, "train the recommendation and hold it against its prediction");
  v.words("mixtures", o.mixtures,
          "default, optimum, and rivals: presets, mixtures of the design by their labels, "
          "optimum-without-exposure, optimum-repetition(15)");
  v.whole("repeats", o.repeats, {1, 1000}, "fresh seeds");
  v.count("tokens", o.tokens, {0, most_tokens},
          "0: optimize.tokens, or less if nothing ran so long");
}

}  // namespace bimix::config
