#include "results_columns.hpp"
#include "results_groups.hpp"

#include <bimix/core/simplex.hpp>
#include <bimix/data/pools.hpp>
#include <bimix/data/set_names.hpp>

#include <cmath>

namespace bimix::store {

void write_optimum(const GroupWriter& root, const data::DomainSet& domains,
                   const data::MixtureChoice& choice) {
  const GroupWriter group = root.group("optimum");
  train_domains(group, domains);
  eval_domains(group, domains);
  const auto by_train = [&](const char* name, const std::vector<double>& values, const char* what) {
    write_if_any(group, name, {"train_domain"}, values, share_of(what));
  };
  by_train("share", choice.share, "recommended mixture");
  by_train("share_low", choice.share_low, "lower end of the interval of the optimum");
  by_train("share_high", choice.share_high, "upper end of the interval of the optimum");
  by_train("default_share", choice.default_share, "mixture it is compared with");
  by_train("unshrunk_share", choice.unshrunk_share, "optimum before it was drawn to the prior");
  by_train("free_share", choice.free_share, "optimum without floors, caps and epochs");
  by_train("floor", choice.floor, "smallest share allowed");
  by_train("cap", choice.cap, "largest share allowed");
  const auto epochs_of = [&](const data::Mixture& share) {
    return data::epochs(share, choice.tokens, choice.unique_tokens);
  };
  write_if_any(group, "epochs", {"train_domain"}, epochs_of(choice.share),
               plain("how often the recommended mixture goes through each pool"));
  write_if_any(group, "default_epochs", {"train_domain"}, epochs_of(choice.default_share),
               plain("the same of the mixture it is compared with"));
  write_if_any(group, "unique_tokens", {"train_domain"}, choice.unique_tokens,
               {"tokens", "pool to draw from; 0: not known, infinite: endless"});
  write_scalar(group, "max_epochs", choice.max_epochs, plain("that bounded `cap`"));
  write_if_any(group, "weight", {"eval_domain"}, choice.weight, plain("weight in the objective"));
  write_if_any(group, "predicted_nats", {"eval_domain"}, choice.predicted_nats,
               loss_of(domains, "loss predicted at the recommended mixture"));
  write_if_any(group, "predicted_default_nats", {"eval_domain"}, choice.predicted_default_nats,
               loss_of(domains, "loss predicted at the default mixture"));
  write_in_bits(group, "predicted_bits_per_byte", {"eval_domain"}, choice.predicted_nats,
                domains.bytes_per_token);
  write_in_bits(group, "predicted_default_bits_per_byte", {"eval_domain"},
                choice.predicted_default_nats, domains.bytes_per_token);
  if (choice.bootstrap_share.rows > 0) {
    group.coordinate("sample", counted(choice.bootstrap_share.rows), plain("bootstrap sample"));
    group.write("bootstrap_share", {"sample", "train_domain"}, choice.bootstrap_share.values,
                share_of("optimum of each bootstrap law"));
  }
  write_scalar(group, "volume_tokens", choice.tokens,
               {"tokens", "volume the mixture is meant for"});
  if (choice.model_size > 0)
    write_scalar(group, "model_size", choice.model_size,
                 {"parameters", "model the mixture is meant for"});
  write_scalar(group, "objective_nats", choice.objective_nats,
               loss_of(domains, "objective at the recommended mixture"));
  write_scalar(group, "objective_default_nats", choice.objective_default_nats,
               loss_of(domains, "objective at the default mixture"));
  write_scalar(group, "certificate", choice.certificate, plain("how far from the best at most"));
  write_scalar(group, "level", choice.level, plain("what the intervals hold"));
  write_scalar(group, "gain_nats", choice.gain_nats, loss_of(domains, "default minus optimum"));
  write_scalar(group, "gain_expected", choice.gain_expected.value_or(missing),
               loss_of(domains, "mean gain over the bootstrap laws"));
  write_scalar(group, "nearest_distance", choice.nearest_distance.value_or(missing),
               plain("of the nearest mixture that was run: half the sum of differences"));
  write_scalar(group, "gain_beyond_runs", choice.gain_beyond_runs.value_or(missing),
               plain("part of the gain beyond the convex hull of the mixtures that were run"));
  write_scalar(group, "prior_weight", choice.prior_weight,
               plain("how far it was drawn to `prior`"));
  write_scalar(group, "gain_low", choice.gain_low, loss_of(domains, "lower end of its interval"));
  write_scalar(group, "gain_high", choice.gain_high, loss_of(domains, "upper end of its interval"));
  group.attribute("law", choice.law);
  group.attribute("objective", choice.objective);
  group.attribute("certificate_kind", choice.certificate_kind);
  group.attribute("doubt", choice.trust.doubt);
  group.attribute("caution", choice.caution);
  group.attribute("prior", choice.prior);
  group.attribute("nearest_run", choice.nearest_run);
  group.attribute("flags", joined(choice.flags));
}

void write_by_volume(const GroupWriter& root, const data::RunRecord& record) {
  if (record.by_volume.empty()) return;
  const GroupWriter group = root.group("by_volume");
  train_domains(group, record.plan.domains);
  std::vector<std::int64_t> volumes;
  std::vector<double> moved, most_epochs;
  std::vector<std::vector<double>> share, low, high, foreseen;
  for (const data::VolumeOptimum& optimum : record.by_volume) {
    volumes.push_back(std::llround(optimum.tokens));
    share.push_back(optimum.share);
    low.push_back(optimum.share_low);
    high.push_back(optimum.share_high);
    most_epochs.push_back(optimum.most_epochs > 0.0 ? optimum.most_epochs : missing);
    const bool is_foreseen = !optimum.foreseen.empty();
    foreseen.push_back(is_foreseen ? optimum.foreseen
                                   : data::Mixture(optimum.share.size(), missing));
    moved.push_back(is_foreseen ? core::total_variation(optimum.share, optimum.foreseen) : missing);
  }
  group.coordinate("tokens", volumes, {"tokens", "volume the mixture is meant for"});
  const auto write = [&](const char* name, const std::vector<std::vector<double>>& rows,
                         const char* what) {
    group.write(name, {"tokens", "train_domain"}, flattened(rows), share_of(what));
  };
  write("share", share, "recommended mixture");
  write("share_low", low, "lower end of the interval of the optimum");
  write("share_high", high, "upper end of the interval of the optimum");
  write("foreseen", foreseen, "what the law recommends if it has seen smaller volumes only");
  group.write("most_epochs", {"tokens"}, most_epochs,
              plain("epochs of the domain that is gone through most often"));
  group.write("total_variation", {"tokens"}, moved,
              plain("half the sum of differences between share and foreseen"));
}

void write_objective(const GroupWriter& root, const data::DomainSet& domains,
                     const data::MixtureChoice& choice) {
  const GroupWriter group = root.group("objective");
  eval_domains(group, domains);
  std::vector<std::int8_t> counts, averages;
  for (const bool does : choice.objective_words.counts) counts.push_back(does ? 1 : 0);
  for (const std::string& name : domains.eval)
    averages.push_back(data::is_average_name(name) ? 1 : 0);
  group.write("counts", {"eval_domain"}, counts, plain("1: the loss of this set counts"));
  write_if_any(group, "weight", {"eval_domain"}, choice.weight,
               plain("weight of each loss in the mean that is least at the recommended mixture"));
  group.write("is_average", {"eval_domain"}, averages,
              plain("1: the name says that the set is an average over others"));
  group.attribute("kind", choice.objective);
  group.attribute("words", choice.objective_words.whole);
  group.attribute("units", std::string(data::unit_symbol(domains.loss_unit)));
}

}  // namespace bimix::store
