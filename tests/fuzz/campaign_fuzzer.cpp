// Campaigns: any text is refused with a message or read, and what was read is written and read
// again to the same.

#include "fuzz.hpp"

#include <bimix/config/campaign.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Files that a campaign names are none of its business here.
  std::filesystem::current_path(bimix::fuzz::folder());
  return bimix::fuzz::tolerates([&] {
    const std::string once =
        bimix::config::resolved_yaml(bimix::config::parse_campaign(text, "fuzzed.yaml"));
    FUZZ_REQUIRE(bimix::config::resolved_yaml(bimix::config::parse_campaign(once, "again.yaml")) ==
                 once);
  });
}
