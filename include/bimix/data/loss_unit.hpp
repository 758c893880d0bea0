#pragma once

#include <numbers>
#include <string_view>

namespace bimix::data {

/// What losses are measured in. Other units (bits a token, log10, perplexities) are converted where
/// a log is read.
enum class LossUnit : int {
  nats = 0,      ///< a token
  bits_per_byte  ///< of text, for any tokens
};

/// "nats" or "bits per byte", for people.
constexpr std::string_view unit_text(LossUnit unit) {
  return unit == LossUnit::nats ? "nats" : "bits per byte";
}

/// With what it is divided by, as campaigns and results.h5 have it: "nats/token" or "bits/byte".
constexpr const char* unit_symbol(LossUnit unit) {
  return unit == LossUnit::nats ? "nats/token" : "bits/byte";
}

/// The heading of a column of losses in a table for programs.
constexpr const char* loss_column(LossUnit unit) {
  return unit == LossUnit::nats ? "loss_nats" : "loss_bits_per_byte";
}

/// A loss in nats a token as bits a byte of its text. @param bytes_per_token above 0
inline double bits_per_byte(double nats, double bytes_per_token) {
  return nats / (bytes_per_token * std::numbers::ln2);
}

/// A loss above this is hardly one: a blind guess among 400,000 tokens costs 12.9 nats, a blind
/// guess of a byte 8 bits.
constexpr double most_plausible_loss(LossUnit unit) { return unit == LossUnit::nats ? 13.0 : 8.0; }

}  // namespace bimix::data
