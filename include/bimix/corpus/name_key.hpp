#pragma once

#include <cstdint>
#include <string_view>

namespace bimix::corpus {

/// A domain's name as the number of its random streams: content_hash's first 64 bits. By name, not
/// by index, so that a domain keeps its streams when others come, go or change places.
std::uint64_t name_key(std::string_view name);

}  // namespace bimix::corpus
