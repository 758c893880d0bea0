#pragma once

#include <string>
#include <string_view>

namespace bimix::core {

/// 128-bit content hash (XXH3) as 32 lower-case hex digits. Same on every machine.
/// Not cryptographic: it detects changed content, but does not stop an attacker.
std::string content_hash(std::string_view bytes);

}  // namespace bimix::core
