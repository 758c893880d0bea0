#include <bimix/core/text.hpp>
#include <bimix/run/fit_teller.hpp>

#include <fmt/format.h>

namespace bimix::run {

FitTeller::~FitTeller() {
  if (has_told_) screen_.end_progress();
}

void FitTeller::tell(const spread::FitProgress& at) {
  using Seconds = std::chrono::duration<double>;
  constexpr Seconds patience{2.0}, every{0.5};
  const auto now = now_();
  if (at.done == 0) begin_ = last_ = now;
  const Seconds gone = now - begin_;
  if (at.done == 0 || at.done >= at.all || gone < patience || now - last_ < every) return;
  last_ = now;
  has_told_ = true;
  const double left =
      gone.count() * static_cast<double>(at.all - at.done) / static_cast<double>(at.done);
  screen_.progress(fmt::format("  {}: {:.0f} %, {} left", at.what,
                               100.0 * static_cast<double>(at.done) / static_cast<double>(at.all),
                               core::format_seconds(left)));
}

}  // namespace bimix::run
