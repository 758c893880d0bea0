#pragma once

#include <string_view>

namespace bimix {

/// What losses are measured in. Other units (bits a token, log10, perplexities) are converted where
/// a log is read.
enum class LossUnit : int {
  nats = 0,      ///< a token
  bits_per_byte  ///< of text, whatever the tokens are
};

/// "nats" or "bits per byte", for people.
constexpr std::string_view unit_text(LossUnit unit) {
  return unit == LossUnit::nats ? "nats" : "bits per byte";
}

}  // namespace bimix
