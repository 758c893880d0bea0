#include "rows.hpp"

#include <bimix/data/domain_tree.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/law/quantile.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

namespace bimix::report {
namespace {

/// What the domains of a node have together, with its interval.
std::vector<std::string> node_row(const data::MixtureChoice& choice, const data::TreeLine& node) {
  const auto sum = [&](std::span<const double> shares) {
    return data::sum_over(node.held, shares);
  };
  std::vector<double> samples;
  for (std::size_t b = 0; b < choice.bootstrap_share.rows; ++b)
    samples.push_back(sum(choice.bootstrap_share.row(b)));
  const law::Interval interval = law::central_interval(samples, choice.level);
  return {node.text, share(sum(choice.share)), range(interval.low, interval.high, 3),
          share(sum(choice.default_share))};
}

}  // namespace

Rows optimum_rows(const data::MixtureChoice& choice, const data::DomainSet& domains,
                  std::size_t deepest) {
  const std::vector<double> chosen =
      data::epochs(choice.share, choice.tokens, choice.unique_tokens);
  const std::vector<double> usual =
      data::epochs(choice.default_share, choice.tokens, choice.unique_tokens);
  const bool knows_epochs = !chosen.empty();
  Rows rows{{"domain", "share", percent_level(choice.level), "default"}};
  if (knows_epochs) rows[0].insert(rows[0].end(), {"epochs", "at default"});
  const std::size_t before_losses = rows[0].size();
  rows[0].insert(rows[0].end(), {"loss", "at default", "change"});
  const bool is_weighted = choice.objective_words.shows_weights;
  const bool knows_bytes = !domains.bytes_per_token.empty();
  if (knows_bytes) rows[0].insert(rows[0].end(), {"bits/byte", "at default"});
  if (is_weighted) rows[0].push_back("weight");
  const auto begin_set = [&](const std::string& set) {  // what has no share
    rows.push_back({set});
    rows.back().resize(before_losses);
  };
  const auto add_losses = [&](double value, double at_default) {
    rows.back().insert(rows.back().end(),
                       {loss(value), loss(at_default), signed_loss(value - at_default)});
  };
  const auto add_set = [&](std::size_t e) {
    add_losses(choice.predicted_nats[e], choice.predicted_default_nats[e]);
    if (knows_bytes)
      for (const double nats : {choice.predicted_nats[e], choice.predicted_default_nats[e]})
        rows.back().push_back(loss(data::bits_per_byte(nats, domains.bytes_per_token[e])));
    if (is_weighted) rows.back().push_back(share(choice.weight[e]));
  };
  std::vector<bool> is_shown(domains.eval.size(), false);
  const auto own_set = [&](std::size_t k) -> std::optional<std::size_t> {
    const auto own = std::find(domains.eval.begin(), domains.eval.end(), domains.train[k]);
    const auto e = static_cast<std::size_t>(own - domains.eval.begin());
    if (own == domains.eval.end() || domains.share_of[e] != static_cast<int>(k))
      return std::nullopt;
    return e;
  };
  for (const data::TreeLine& line : data::tree_lines(domains.train)) {
    if (line.is_node) {
      if (line.depth <= deepest) rows.push_back(node_row(choice, line));
      continue;
    }
    const std::size_t k = line.held.domains.front();
    const auto e = own_set(k);
    if (e) is_shown[*e] = true;
    if (line.depth > deepest) continue;
    rows.push_back({line.text, share(choice.share[k]),
                    range(choice.share_low[k], choice.share_high[k], 3),
                    share(choice.default_share[k])});
    if (knows_epochs) rows.back().insert(rows.back().end(), {epochs(chosen[k]), epochs(usual[k])});
    if (e) add_set(*e);
  }
  for (std::size_t e = 0; e < domains.eval.size(); ++e) {
    if (is_shown[e] || std::isnan(choice.predicted_nats[e])) continue;  // no law: named below
    begin_set(domains.eval[e]);
    add_set(e);
  }
  const std::vector<bool> counts = choice.objective_words.counts;
  if (std::count(counts.begin(), counts.end(), true) > 1) {
    begin_set(choice.objective_words.value);
    add_losses(choice.objective_nats, choice.objective_default_nats);
  }
  return rows;
}

}  // namespace bimix::report
