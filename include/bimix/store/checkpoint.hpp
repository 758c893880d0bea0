#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

/// Unfinished trials, one file each in the run folder: DIR/checkpoints/<id>.ckpt. Written by
/// the rank that runs the trial, removed once its result is in the journal. And models that
/// finished ones ended with: DIR/models/<run id>.ckpt. Layout: src/store/FORMAT.md.
namespace bimix::store {

/// What a trial left, and why it cannot be used.
struct ReadCheckpoint {
  std::string bytes{};    ///< empty if there is nothing to go on from
  std::string problem{};  ///< empty unless there is a file that is damaged or of another trial
};

/// @throws nothing for a file that is torn, damaged or foreign: it counts as absent
ReadCheckpoint read_checkpoint(const std::filesystem::path& folder, const std::string& trial);

/// Replaces the trial's checkpoint as a whole.
/// @throws DataError as write_file_atomically does; the old one is then untouched
void write_checkpoint(const std::filesystem::path& folder, const std::string& trial,
                      std::string_view bytes);

/// Removes it, if there is one.
void remove_checkpoint(const std::filesystem::path& folder, const std::string& trial);

/// The checkpoints of a run folder: by trial, the hash of what is in it, as the file says. Of two
/// hashes of one trial the later one is from further on.
std::map<std::string, std::string> saved_checkpoints(const std::filesystem::path& folder);

/// The same for models that are kept. @param run what trials share that differ in volumes only
ReadCheckpoint read_model(const std::filesystem::path& folder, const std::string& run);
void write_model(const std::filesystem::path& folder, const std::string& run,
                 std::string_view bytes);
bool has_model(const std::filesystem::path& folder, const std::string& run);
/// Copies every model that `to` lacks. @throws DataError if one cannot be copied
void copy_models(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace bimix::store
