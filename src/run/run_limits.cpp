#include <bimix/core/error.hpp>
#include <bimix/core/text.hpp>
#include <bimix/run/run_limits.hpp>

#include <fmt/format.h>

namespace bimix::run {

FailureAllowance parse_failures(const std::string& text) {
  const bool percent = text.ends_with('%');
  const auto amount = core::parse_number(percent ? text.substr(0, text.size() - 1) : text);
  if (!amount || !(*amount >= 0) || (percent && *amount > 100))
    throw core::UsageError(
        core::Complaint{.place = "--max-failures",
                        .problem = fmt::format("'{}' is neither a count nor a percentage", text),
                        .remedy = "For example --max-failures 3 or --max-failures 10%"});
  return {*amount, percent};
}

Shard parse_shard(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto number = core::parse_count(text.substr(0, slash));
  const auto count =
      slash == std::string::npos ? std::nullopt : core::parse_count(text.substr(slash + 1));
  constexpr std::int64_t most = 1 << 20;
  if (!number || !count || *number < 0 || *number >= *count || *count > most)
    throw core::UsageError(
        core::Complaint{.place = "--shard",
                        .problem = fmt::format("'{}' is no part of a whole", text),
                        .rule = "NUMBER/COUNT, numbers from 0",
                        .remedy = "For example --shard 0/8, the first of eight"});
  return {static_cast<std::size_t>(*number), static_cast<std::size_t>(*count)};
}

FailureLimit::FailureLimit(const std::optional<FailureAllowance>& allowed, std::size_t trials)
    : allowed_(allowed), trials_(static_cast<double>(trials)) {}

std::optional<std::string> FailureLimit::reached() const {
  if (!allowed_) {
    if (well_ > 0 || some_work_ || badly_ < hopeless) return std::nullopt;
    return fmt::format("the first {} trials all ended badly", badly_);
  }
  const double limit = allowed_->is_percent ? allowed_->amount / 100 * trials_ : allowed_->amount;
  if (static_cast<double>(badly_) <= limit) return std::nullopt;
  return fmt::format("{} trials ended badly, and --max-failures allows {}{}", badly_,
                     allowed_->amount, allowed_->is_percent ? "%" : "");
}

}  // namespace bimix::run
