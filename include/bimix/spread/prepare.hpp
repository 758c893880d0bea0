#pragma once

#include <bimix/corpus/corpus.hpp>
#include <bimix/par/comm.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace bimix::spread {

/// How a preparation tells what it does; called on the root only.
struct PrepareHooks {
  /// Before anything is written, if there is something to prepare. Should another process have
  /// prepared it by the time that this returns, nothing is.
  /// @param bytes of all files, as they are packed
  std::function<void(std::uint64_t bytes)> begin = [](std::uint64_t) {};
  /// @param read bytes of them, by all ranks
  std::function<void(std::uint64_t read)> progress = [](std::uint64_t) {};
  std::function<void()> end = [] {};
};

/// @collective Prepares the texts of a corpus in a folder that all ranks see, unless that is done
/// already. What it writes is the same at any number of ranks; after an interruption it goes on
/// with what was read.
/// @throws as corpus::Preparation, on all ranks
void prepare_over_ranks(const par::Comm& comm, const corpus::CorpusOptions& options,
                        const std::filesystem::path& folder, const PrepareHooks& hooks = {});

}  // namespace bimix::spread
