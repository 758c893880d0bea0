#include "results_columns.hpp"
#include "results_format.hpp"
#include "results_groups.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/results.hpp>

namespace bimix::store {
namespace {

/// Texts above this are datasets, not attributes: HDF5 holds no attribute above 64 kB.
constexpr std::size_t attribute_limit = 32 * 1024;

void write_entropy(const GroupWriter& root, const data::EntropyTable& entropy) {
  const GroupWriter group = root.group("entropy");
  group.coordinate("measure", entropy.measures, plain("entropy measure"));
  group.coordinate("train_domain", entropy.domains, plain("training domain"));
  group.write("nats", {"measure", "train_domain"}, entropy.nats.values, {"nats", "entropy"});
  group.write("mixture", {"measure", "train_domain"}, entropy.mixture.values,
              share_of("mixture that the measure implies"));
  if (!entropy.bigrams.empty())
    group.write("bigrams", {"train_domain"}, entropy.bigrams, plain("bigrams counted"));
  if (!entropy.samples.empty())
    group.write("samples", {"train_domain"}, entropy.samples,
                plain("sample vectors of the von Neumann measure"));
  group.attribute("embedding", entropy.embedding);
}

void write_provenance(const GroupWriter& root, const data::RunRecord& record) {
  const GroupWriter group = root.group("provenance");
  const auto write_text = [&](const std::string& name, const std::string& text,
                              const char* long_name) {
    group.write(name, {}, Names{text}, plain(long_name));
  };
  write_text("campaign", record.campaign_text, "campaign as given");
  write_text("resolved", record.resolved_text, "campaign with every default filled in");
  for (const auto& [name, text] : record.stamp.facts)
    if (text.size() <= attribute_limit)
      group.attribute(name, text);
    else
      write_text(name, text, name.c_str());
}

}  // namespace

std::string results_image(const data::RunRecord& record) {
  const data::SweepPlan& plan = record.plan;
  core::require(!plan.trials.empty() && !plan.tokens.empty(), "results have trials and volumes");
  core::require(!plan.domains.train.empty() && !plan.domains.eval.empty(), "results have domains");
  core::require(plan.domains.share_of.size() == plan.domains.eval.size(), "share_of has E entries");
  const hdf5::ImageWriter image;
  {
    const GroupWriter root = image.root();
    root.attribute(version_attribute, results_version);
    root.attribute(title_attribute, plan.name);
    const TrialTable table = trial_table(plan.domains, plan.trials, plan.tokens, record.results);
    write_trials(root, table);
    write_curve(root, table);
    if (!record.entropy.empty()) write_entropy(root, record.entropy.front());
    if (!record.laws.empty()) {
      const GroupWriter laws = root.group("law");
      write_fits_header(laws, record);
      for (const data::LawFit& fit : record.laws) write_law(laws, fit);
    }
    for (const data::MixtureChoice& choice : record.optimum) {
      write_optimum(root, plan.domains, choice);
      write_objective(root, plan.domains, choice);
    }
    write_by_volume(root, record);
    write_check(root, record);
    write_provenance(root, record);
  }
  return image.bytes();
}

void write_results(const std::filesystem::path& path, const data::RunRecord& record, Disk& disk) {
  std::string image;
  try {
    image = sealed(results_image(record));
  } catch (const hdf5::Failure& cause) {
    // The file is made in memory: no disk, no permission and no other process can have done this.
    throw core::InternalError({.place = path.string(),
                               .problem = std::string("HDF5: ") + cause.what(),
                               .rule = "",
                               .remedy = "Please report it; the journal holds all results"});
  }
  write_file_atomically(path, image, disk);
}

}  // namespace bimix::store
