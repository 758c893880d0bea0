#pragma once

#include <bimix/config/campaign.hpp>
#include <bimix/corpus/corpus.hpp>
#include <bimix/par/comm.hpp>
#include <bimix/run/screen.hpp>

#include <filesystem>

namespace bimix::run {

/// Where the texts of a campaign are prepared: `corpus.store`, or `prepared` beside the run's
/// folder; in a folder of its own for each campaign and way of reading.
/// @param run_folder empty stands for runs/<name>
std::filesystem::path store_folder(const config::Campaign& campaign,
                                   const std::filesystem::path& run_folder);

/// @collective Opens the corpus of a campaign on every rank. Texts are prepared first, unless they
/// are; if another process is at that, this one waits for it. Tokens are used where they lie.
/// @throws as spread::prepare_over_ranks and corpus::Corpus
corpus::Corpus open_corpus(const par::Comm& comm, Screen& screen, const config::Campaign& campaign,
                           const std::filesystem::path& run_folder);

}  // namespace bimix::run
