// Journals. Even first byte: the bytes as they are. Odd: each line gets its right checksum, which
// no mutation would find, so that what lies behind it is reached: what fits the domains becomes a
// plan and a result file.

#include "fuzz.hpp"

#include <bimix/core/crc32c.hpp>
#include <bimix/data/trials.hpp>
#include <bimix/store/journal.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>

namespace {

std::string with_checksums(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    // Seeds are whole lines of a journal: theirs is replaced.
    std::string_view body = text.substr(0, end);
    if (body.substr(0, 8) == "{\"crc\":\"" && body.size() > 18) body.remove_prefix(18);
    lines += fmt::format("{{\"crc\":\"{:08x}\",{}\n", bimix::core::crc32c(body), body);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto path = bimix::fuzz::file_of(
      "journal.ndjson", data[0] % 2 == 0 ? std::string(text) : with_checksums(text));
  return bimix::fuzz::tolerates([&] {
    const bimix::store::JournalState state = bimix::store::read_journal(path.parent_path());
    FUZZ_REQUIRE(state.sound_bytes <= std::filesystem::file_size(path));
    const bimix::data::DomainSet domains{{"a", "b"}, {"a", "b"}, {0, -1}};
    require_sound(state, domains, path.parent_path());
    if (state.plan_trials.empty()) return;
    bimix::store::write_results(path.parent_path() / "results.h5",
                                {.plan = plan_of("fuzz", domains, state.plan_trials),
                                 .check_trials = state.check_trials,
                                 .results = state.results,
                                 .entropy = state.entropy});
  });
}
