#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bimix {

/// The evaluation set that a trainer's metric is the loss of, told by the metric's name; nothing
/// for what is no evaluation loss.
///
/// A name is taken apart at / _ - . : and blanks. It is an evaluation loss if it has one of the
/// words eval, evaluation, val, valid, validation and the word loss, and none of train, training,
/// ppl, perplexity, vs, samples. The set is what stays when such words and lm, ce, cross, entropy,
/// metric, metrics are taken off both ends; "all" if nothing does.
///
///     eval_arxiv_loss -> arxiv     metric/the_pile_arxiv_val_loss -> the_pile_arxiv
///     eval/loss -> all             eval/lm/c4_en-validation/CE loss -> c4_en
std::optional<std::string> evaluation_set(std::string_view metric);

/// The rule in one sentence, for messages.
inline constexpr const char* evaluation_rule =
    "its name has eval or validation and loss, such as eval/arxiv_loss";

}  // namespace bimix
