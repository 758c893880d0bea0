#include <bimix/law/evaluate.hpp>
#include <bimix/law/law.hpp>
#include <bimix/law/options.hpp>

#include <fmt/format.h>

#include <cmath>

namespace bimix::law {

const core::WordTable<Residual>& word_table(Residual) {
  static const core::WordTable<Residual> table{
      {{Residual::relative, "relative"}, {Residual::plain, "plain"}, {Residual::log, "log"}},
      [](const std::string& word, const std::vector<std::string>&) {
        return core::Complaint{.problem = fmt::format("'{}' is no kind of residual", word),
                               .rule = "relative, plain or log",
                               .remedy = "Choose one of them"};
      }};
  return table;
}

std::vector<core::Complaint> complaints(const FitOptions& options) {
  std::vector<core::Complaint> found;
  if (!wants_every_law(options)) {
    try {
      find_law(options.law);
    } catch (const core::UsageError& error) {
      found.push_back(error.complaint());
    }
  }
  if (!(options.huber >= 0.0) || std::isinf(options.huber))
    found.push_back({"fit.huber", fmt::format("{} is no threshold", options.huber),
                     "a residual beyond which readings count by its size, 0 for none", "Try 0.01"});
  if (!(options.shrinkage >= 0.0) || std::isinf(options.shrinkage))
    found.push_back({"fit.shrinkage", fmt::format("{} is no strength", options.shrinkage),
                     "0 or more; 1 is each law's own", "Use 0 for none"});
  if (options.bootstrap < 0)
    found.push_back({"fit.bootstrap", fmt::format("{} is negative", options.bootstrap),
                     "a number of resamples", "Use 0 for none"});
  if (!(options.level > 0.0 && options.level < 1.0))
    found.push_back({"fit.level", fmt::format("{} is outside (0, 1)", options.level),
                     "the share of resamples an interval holds", "Try 0.9"});
  if (!(options.min_tokens >= 0.0))
    found.push_back({"fit.min_tokens", fmt::format("{} is no volume", options.min_tokens),
                     "training tokens, 0 or more", "Use 0 to fit all volumes"});
  if (options.folds < 0 || options.folds == 1)
    found.push_back({"fit.folds", fmt::format("{} folds leave nothing to hold out", options.folds),
                     "2 or more", "Use 0 for the automatic choice"});
  return found;
}

}  // namespace bimix::law
