#pragma once

#include <bimix/corpus/corpus.hpp>
#include <bimix/corpus/preparation.hpp>
#include <bimix/par/comm.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace bimix::spread {

/// The parts of a preparation that take time.
enum class PrepareStage {
  reading,   ///< files, as they are packed
  settling,  ///< what is trained on, and a tokenizer: no bytes are counted
  encoding,  ///< texts
  copying    ///< texts, to their places
};

/// How far a stage is, by all ranks.
struct PrepareProgress {
  PrepareStage stage = PrepareStage::reading;
  std::uint64_t done = 0;  ///< bytes
  std::uint64_t all = 0;   ///< bytes; 0 if that is not known
};

/// How a preparation tells what it does; called on the root only.
struct PrepareHooks {
  /// Before anything is written, if there is something to prepare. Should another process have
  /// prepared it by the time that this returns, nothing is.
  std::function<void(const corpus::Preparation& what)> begin = [](const corpus::Preparation&) {};
  std::function<void(const PrepareProgress&)> progress = [](const PrepareProgress&) {};
  std::function<void()> end = [] {};
};

/// @collective Prepares the texts of a corpus in a folder that all ranks see, unless that is done
/// already. What it writes is the same at any number of ranks; after an interruption it goes on
/// with what was read and encoded.
/// @throws as corpus::Preparation, on all ranks
void prepare_over_ranks(const par::Comm& comm, const corpus::CorpusOptions& options,
                        const std::filesystem::path& folder, const PrepareHooks& hooks = {});

}  // namespace bimix::spread
