#pragma once

#include "support/stop_when.hpp"
#include "support/temp_folder.hpp"

#include <bimix/core/error.hpp>
#include <bimix/trial/command_source.hpp>

#include <string>

namespace bimix::test {

inline const data::DomainSet domains{
    .train = {"prose", "co de"}, .eval = {"prose", "co de"}, .share_of = {0, 1}};

inline data::TrialSpec some_spec(int repeat = 0) {
  return {
      .id = "ab12", .mixture = {0.25, 0.75}, .repeat = repeat, .seed = 7, .tokens = {1000, 2000}};
}

/// A trainer in one line of shell; `$1` is the folder of the trial.
inline trial::CommandOptions shell(const std::string& script) {
  return {.run = {"/bin/sh", "-c", script, "trainer", "{dir}"}};
}

inline const std::string good_losses =
    "printf 'run,tokens,domain,share,loss_nats\\n"
    "a,1000,prose,0.25,3.5\\na,1000,co de,0.75,2.5\\n"
    "a,2000,prose,0.25,3.25\\na,2000,co de,0.75,2.25\\n' > \"$1/loss.csv\"";

/// Runs trials in a folder of its own.
struct Ran {
  TempFolder folder{};
  data::TrialResult run(const trial::CommandOptions& options, const trial::TrialHooks& hooks = {},
                        const data::TrialSpec& spec = some_spec()) const {
    return trial::CommandSource(options, domains, folder.path()).run(spec, hooks);
  }
  std::string complaint(const trial::CommandOptions& options,
                        const trial::TrialHooks& hooks = {}) const {
    try {
      run(options, hooks);
    } catch (const core::Error& error) {
      return error.what();
    }
    return "no complaint";
  }
  std::filesystem::path of_trial(const std::string& name) const {
    return folder.path() / "trials" / "ab12" / name;
  }
};

}  // namespace bimix::test
